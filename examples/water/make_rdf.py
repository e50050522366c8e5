#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Radial distribution functions O-O, O-H, H-H of extended XYZ frames of water -> water_rdf.csv.

  python make_rdf.py water_deepmd.extxyz.xz water_rdf.csv
"""

import argparse
import csv
import lzma
import re
from pathlib import Path

import numpy as np

PAIRS = (("O", "O"), ("O", "H"), ("H", "H"))


def frames(path):
    """(length of the cubic box, symbols, positions) of each frame."""
    text = lzma.open(path, "rt").read() if path.suffix == ".xz" else path.read_text()
    lines = text.splitlines()
    start = 0
    while start < len(lines) and lines[start].strip():
        n = int(lines[start])
        cell = [float(x) for x in re.search(r'Lattice="([^"]*)"', lines[start + 1]).group(1).split()]
        rows = [line.split() for line in lines[start + 2:start + 2 + n]]
        yield cell[0], np.array([r[0] for r in rows]), np.array([r[1:4] for r in rows], dtype=float)
        start += n + 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frames", type=Path)
    parser.add_argument("csv", type=Path)
    arguments = parser.parse_args()

    edges = np.linspace(0.0, 6.0, 121)
    shells = 4.0 / 3.0 * np.pi * (edges[1:] ** 3 - edges[:-1] ** 3)
    sums, count = {pair: np.zeros(len(shells)) for pair in PAIRS}, 0
    for length, symbols, positions in frames(arguments.frames):
        count += 1
        for a, b in PAIRS:
            first, second = positions[symbols == a], positions[symbols == b]
            d = first[:, None] - second[None]
            d -= length * np.round(d / length)
            r = np.linalg.norm(d, axis=2)
            number = np.histogram(r[r > 1e-6], edges)[0]
            partners = len(second) - (a == b)
            sums[a, b] += number / (len(first) * partners / length**3 * shells)
    with arguments.csv.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["r"] + [f"{a}-{b}" for a, b in PAIRS])
        for k, r in enumerate(0.5 * (edges[1:] + edges[:-1])):
            writer.writerow([f"{r:.3f}"] + [f"{sums[pair][k] / count:.5f}" for pair in PAIRS])
    print(f"{count} frames -> {arguments.csv}")


if __name__ == "__main__":
    main()
