#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""How far below the shortest distances of training frames those of other frames from the same trajectory are: the
margin that the warnings of pair_style spinconv need.

  bench/warning_margin.py FOLDER_OF_RMD17 [CUTOFF]

FOLDER_OF_RMD17 has rmd17_MOLECULE_train.npz and _test.npz, as for bench/rmd17.sh. For each pair of elements that comes
within CUTOFF (default 5 Angstrom): its shortest distance in the training frames, how many test frames have a
shorter one, and by how many percent the shortest of these is shorter. Needs numpy.
"""
import glob
import os
import sys

import numpy as np

SYMBOLS = {1: "H", 6: "C", 7: "N", 8: "O"}


def shortest(path):
    """{(Z, Z'): shortest distance of these elements in each frame}"""
    data = np.load(path)
    numbers, positions = [data[a] if a in data else data[b] for a, b in (("z", "nuclear_charges"), ("R", "coords"))]
    first, second = np.triu_indices(len(numbers), 1)
    distances = np.linalg.norm(positions[:, first] - positions[:, second], axis=2)
    pairs = np.sort(np.stack([numbers[first], numbers[second]], axis=1), axis=1)
    return {tuple(pair): distances[:, (pairs == pair).all(axis=1)].min(axis=1) for pair in np.unique(pairs, axis=0)}


def main():
    if len(sys.argv) not in (2, 3) or "-h" in sys.argv or "--help" in sys.argv:
        sys.exit(__doc__)
    cutoff = float(sys.argv[2]) if len(sys.argv) == 3 else 5.0
    found = []
    print(f"{'molecule':15} {'pair':5} {'trained':>8} {'frames below':>13} {'deepest, %':>11}")
    for path in sorted(glob.glob(os.path.join(sys.argv[1], "rmd17_*_train.npz"))):
        molecule = os.path.basename(path)[len("rmd17_"):-len("_train.npz")]
        tested = shortest(path.replace("_train.npz", "_test.npz"))
        for pair, distances in shortest(path).items():
            trained = distances.min()
            if trained >= cutoff:
                continue
            below, deepest = (tested[pair] < trained).sum(), 100 * (1 - tested[pair].min() / trained)
            found.append((below, deepest))
            name = "-".join(SYMBOLS[z] for z in pair)
            print(f"{molecule:15} {name:5} {trained:8.3f} {below:7d}/{len(tested[pair])} {max(deepest, 0):11.1f}")
    if not found:
        sys.exit(f"warning_margin.py: error: no rmd17_*_train.npz in '{sys.argv[1]}'")
    print(f"{len(found)} pairs, {sum(below > 0 for below, _ in found)} with a shorter distance in test frames, the deepest "
          f"by {max(deepest for _, deepest in found):.1f} %")


main()
