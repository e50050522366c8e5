#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Histograms of the interatomic distances of ethanol in DFT molecular dynamics, for plot.py.

  python make_dft_distances.py rmd17_ethanol_train_01.npz dft_distances.csv

The frames of rMD17 (CC0-1.0) were drawn at random from the MD17 trajectory, Born-Oppenheimer molecular
dynamics with classical nuclei and PBE+vdW-TS (`old_energies`, `old_forces`).

Temperature: MD17 states 500 K, which its kinetic energy has when it is shared among all 3 N = 27 degrees of
freedom. The molecule neither moves nor turns, so its 21 vibrations are at 643 K. Equipartition on the frames,
<-F.u (r - <r>)> = k T <1 + 2 (r - <r>) / r> for an atom at the end of a bond of length r and direction u, gives
that temperature too; this script prints it.

Level: the labels that potentials learn from, `energies`, are PBE/def2-SVP, whose bonds differ by up to 0.02
Angstrom. Two histograms come out: the frames as they are, and with the weights
exp(-(energies - old_energies) / kT) that turn averages over the PBE+vdW-TS ensemble into averages over the
PBE/def2-SVP ensemble.
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

TEMPERATURE = 500 * 27 / 21  # K, of the vibrations in MD17
BOLTZMANN = 0.0019872043  # kcal/mol/K

# Angstrom: first edge, last edge, width
BOND_BINS = (0.8, 1.8, 0.02)
ALL_BINS = (0.8, 4.4, 0.02)


def histograms(positions, weights=None):
    """positions [frames, 9, 3], Angstrom, weights [frames] -> {name: (edges [bins + 1], density [bins], mean)}
    with the probability density in 1/Angstrom and the mean distance in Angstrom."""
    if weights is None:
        weights = np.ones(len(positions))
    first, second = np.triu_indices(len(ATOMIC_NUMBERS), 1)
    result = {}
    for name, pairs in {**BONDS, ALL_PAIRS: list(zip(first, second))}.items():
        i, j = np.array(pairs).T
        distances = np.linalg.norm(positions[:, i] - positions[:, j], axis=-1)
        low, high, width = ALL_BINS if name == ALL_PAIRS else BOND_BINS
        if np.mean((distances < low) | (distances > high)) > 0.001:
            raise SystemExit(f"{name}: distances from {distances.min():.2f} to {distances.max():.2f} A "
                             f"lie outside {low} to {high} A: this is not an ethanol molecule")
        edges = np.linspace(low, high, round((high - low) / width) + 1)
        repeated = np.repeat(weights[:, None], len(pairs), axis=1)
        density, _ = np.histogram(distances, edges, weights=repeated, density=True)
        result[name] = (edges, density, np.average(distances, weights=repeated))
    return result


def bond_temperature(positions, forces, bond):
    """Temperature in K of a bond by equipartition, and its standard error. Forces in kcal/mol/Angstrom."""
    i, j = bond
    vector = positions[:, j] - positions[:, i]
    length = np.linalg.norm(vector, axis=-1)
    stretch = length - length.mean()
    work = -(forces[:, j] * vector).sum(-1) / length * stretch
    scale = (1 + 2 * stretch / length).mean() * BOLTZMANN
    return work.mean() / scale, work.std() / np.sqrt(len(work)) / scale


def read_csv(path):
    """The file that main() writes -> {name: (edges [bins + 1], densities [bins, 2])},
    the densities as sampled and reweighted."""
    rows = {}
    for line in Path(path).read_text().splitlines():
        if line and not line.startswith(("#", "distribution")):
            name, *numbers = line.split(",")
            rows.setdefault(name, []).append([float(x) for x in numbers])
    result = {}
    for name, values in rows.items():
        table = np.array(values)
        result[name] = (np.append(table[:, 0], table[-1, 1]), table[:, 2:])
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("npz", help="rMD17 ethanol as published, with old_energies; Angstrom, kcal/mol")
    parser.add_argument("csv", help="file to write")
    arguments = parser.parse_args()

    data = np.load(arguments.npz)
    missing = [key for key in ("nuclear_charges", "coords", "energies", "old_energies", "old_forces") if key not in data]
    if missing:
        raise SystemExit(f"{arguments.npz} has no array {missing[0]}: take rMD17's own file (rmd17-npz/"
                         "rmd17_ethanol_train_01.npz), which has the labels of both levels")
    if data["nuclear_charges"].tolist() != ATOMIC_NUMBERS:
        raise SystemExit(f"{arguments.npz} holds another molecule: atomic numbers {data['nuclear_charges'].tolist()}")
    positions = data["coords"]
    difference = data["energies"].ravel() - data["old_energies"].ravel()
    weights = np.exp(-(difference - difference.min()) / (BOLTZMANN * TEMPERATURE))
    effective = weights.sum() ** 2 / (weights**2).sum()

    temperatures = np.array([bond_temperature(positions, data["old_forces"], bond)
                             for bonds in BONDS.values() for bond in bonds])
    precision = temperatures[:, 1] ** -2.0
    mean, error = np.average(temperatures[:, 0], weights=precision), precision.sum() ** -0.5
    print(f"temperature of the bonds by equipartition: {mean:.0f} +- {error:.0f} K; taken: {TEMPERATURE:.0f} K")

    sampled, reweighted = histograms(positions), histograms(positions, weights)
    lines = [f"# Interatomic distances of ethanol at {TEMPERATURE:.0f} K in DFT, probability density in 1/Angstrom. "
             f"From {len(positions)} frames of rMD17 ({Path(arguments.npz).name}, CC0-1.0) by",
             "# make_dft_distances.py: the frames as sampled (PBE+vdW-TS), and reweighted to PBE/def2-SVP "
             f"(effective number of frames {effective:.0f}).",
             "distribution,lower_edge_A,upper_edge_A,pbe_ts,pbe_def2_svp"]
    for name, (edges, density, _) in sampled.items():
        other = reweighted[name][1]
        filled = np.flatnonzero(density)
        for k in range(filled[0], filled[-1] + 1):
            lines.append(f"{name},{edges[k]:.2f},{edges[k + 1]:.2f},{density[k]:.4f},{other[k]:.4f}")
    Path(arguments.csv).write_text("\n".join(lines) + "\n")
    for name in BONDS:
        print(f"{name}: mean {sampled[name][2]:.4f} A as sampled, {reweighted[name][2]:.4f} A reweighted")
    print(f"{arguments.csv}: {len(positions)} frames, effective number after reweighting {effective:.0f}")


if __name__ == "__main__":
    main()
