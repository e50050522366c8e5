#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""What potentials say of atoms that come nearer than in their training: repulsion, or a hole.

  bench/wall_scan.py STRUCTURE POTENTIAL [POTENTIAL...]

STRUCTURE: a file of spinconv-train (.extxyz, .npz), whose first frame is taken. For each pair of elements the
nearest two atoms are moved towards each other along the line between them; printed are energies (eV) over that of
the structure. spinconv-train is looked for on PATH (scripts/env.sh); needs numpy.
"""
import os
import sys
import tempfile

import numpy as np

from extxyz_frames import energy_of, frames_of
from training_budget import output_of

DISTANCES = np.arange(0.3, 1.01, 0.1)  # of the one in the structure


def nearest_pairs(symbols, positions):
    """{"H-O": (i, j, distance)}"""
    pairs = {}
    for i in range(len(symbols)):
        for j in range(i):
            name = "-".join(sorted((symbols[i], symbols[j])))
            distance = np.linalg.norm(positions[i] - positions[j])
            if name not in pairs or distance < pairs[name][2]:
                pairs[name] = (i, j, distance)
    return pairs


def written(path, comment, symbols, all_positions):
    with open(path, "w") as f:
        for positions in all_positions:
            f.write(f"{len(symbols)}\n{comment}\n")
            for symbol, r in zip(symbols, positions):
                f.write(f"{symbol} {r[0]:.10f} {r[1]:.10f} {r[2]:.10f}\n")


def main():
    if len(sys.argv) < 3 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    structure, potentials = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        first, moved, predicted = (os.path.join(folder, f"{name}.extxyz") for name in ("first", "moved", "predicted"))
        output_of("evaluate", potentials[0], structure, "--frames", "0:1", "--predictions", first)
        lines = frames_of(first)[0]
        if 'pbc="T' in lines[1] or "Lattice=" in lines[1]:
            sys.exit("wall_scan.py: error: periodic structures are not read; give a molecule")
        symbols = [line.split()[0] for line in lines[2:]]
        positions = np.array([[float(x) for x in line.split()[1:4]] for line in lines[2:]])
        for name, (i, j, distance) in sorted(nearest_pairs(symbols, positions).items()):
            along = (positions[i] - positions[j]) / distance
            steps = []
            for factor in DISTANCES:
                step = positions.copy()
                step[i] = positions[j] + along * distance * factor
                steps.append(step)
            written(moved, 'Properties=species:S:1:pos:R:3 pbc="F F F"', symbols, steps)
            columns = []
            for potential in potentials:
                output_of("evaluate", potential, moved, "--predictions", predicted)
                energies = np.array([energy_of(frame) for frame in frames_of(predicted)])
                columns.append(energies - energies[-1])
            print(f"| {name}, Å | " + " | ".join(potentials) + " |\n|" + "---|" * (len(potentials) + 1))
            for k, factor in enumerate(DISTANCES):
                print(f"| {factor * distance:.2f} | " + " | ".join(f"{column[k]:.2f}" for column in columns) + " |")
            print()


main()
