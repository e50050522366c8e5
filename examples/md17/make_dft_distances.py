#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Histograms of the interatomic distances of DFT frames of ethanol, for plot.py.

  python make_dft_distances.py rmd17_ethanol_train.npz dft_distances.csv

The frames are those of rMD17 (CC0-1.0): drawn at random from the whole of the MD17 trajectory, Born-
Oppenheimer molecular dynamics at 500 K with classical nuclei (PBE+vdW-TS).
"""

import argparse
from pathlib import Path

import numpy as np

# atoms in the order of MD17: C C O H H H H H H; the last H is bound to O
BONDS = {
    "O-H": [(2, 8)],
    "C-C": [(0, 1)],
    "C-O": [(0, 2)],
    "C-H": [(0, 3), (0, 4), (1, 5), (1, 6), (1, 7)],
}
ALL_PAIRS = "all pairs"
ATOMIC_NUMBERS = [6, 6, 8, 1, 1, 1, 1, 1, 1]

# Angstrom: first edge, last edge, width
BOND_BINS = (0.8, 1.8, 0.02)
ALL_BINS = (0.8, 4.4, 0.02)


def histograms(positions):
    """positions [frames, 9, 3], Angstrom -> {name: (edges [bins + 1], counts [bins])}."""
    first, second = np.triu_indices(len(ATOMIC_NUMBERS), 1)
    result = {}
    for name, pairs in {**BONDS, ALL_PAIRS: list(zip(first, second))}.items():
        i, j = np.array(pairs).T
        distances = np.linalg.norm(positions[:, i] - positions[:, j], axis=-1)
        low, high, width = ALL_BINS if name == ALL_PAIRS else BOND_BINS
        edges = np.linspace(low, high, round((high - low) / width) + 1)
        counts, _ = np.histogram(distances, edges)
        if counts.sum() < 0.999 * distances.size:
            raise SystemExit(f"{name}: distances from {distances.min():.2f} to {distances.max():.2f} A "
                             f"lie outside {low} to {high} A: this is not an ethanol molecule")
        result[name] = (edges, counts)
    return result


def read_csv(path):
    """The file that main() writes -> as histograms()."""
    rows = {}
    for line in Path(path).read_text().splitlines():
        if line and not line.startswith(("#", "distribution")):
            name, low, high, count = line.split(",")
            rows.setdefault(name, []).append((float(low), float(high), int(count)))
    result = {}
    for name, values in rows.items():
        low, high, counts = np.array(values).T
        result[name] = (np.append(low, high[-1]), counts)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("npz", help="rMD17 or MD17 ethanol, positions in Angstrom")
    parser.add_argument("csv", help="file to write")
    arguments = parser.parse_args()

    data = np.load(arguments.npz)
    keys = ("z", "R") if "R" in data else ("nuclear_charges", "coords")
    if any(key not in data for key in keys):
        raise SystemExit(f"{arguments.npz} has no arrays R and z (MD17) or coords and nuclear_charges (rMD17)")
    if data[keys[0]].tolist() != ATOMIC_NUMBERS:
        raise SystemExit(f"{arguments.npz} holds another molecule: atomic numbers {data[keys[0]].tolist()}")
    positions = data[keys[1]]

    lines = [f"# Interatomic distances of {len(positions)} DFT frames of ethanol at 500 K, from "
             f"{Path(arguments.npz).name} (CC0-1.0), made by make_dft_distances.py",
             "distribution,lower_edge_A,upper_edge_A,count"]
    for name, (edges, counts) in histograms(positions).items():
        filled = np.flatnonzero(counts)
        for k in range(filled[0], filled[-1] + 1):
            lines.append(f"{name},{edges[k]:.2f},{edges[k + 1]:.2f},{counts[k]}")
    Path(arguments.csv).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
