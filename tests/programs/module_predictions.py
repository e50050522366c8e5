# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Evaluate the frames of `spinconv-train evaluate --predictions` by a module of `spinconv-train export`.

python module_predictions.py MODULE.ts PREDICTIONS.extxyz
Exit status 0 where energies, forces and stresses agree to 1e-10.
"""
import re
import sys

import torch

SYMBOLS = {"H": 1, "C": 6, "O": 8, "Na": 11, "Au": 79}


def frames(path: str):
    with open(path) as file:
        lines = file.read().splitlines()
    while lines:
        count = int(lines[0])
        header = {k: v.strip('"') for k, v in re.findall(r'(\w+)=("[^"]*"|\S+)', lines[1])}
        columns, at = {}, 0
        fields = header["Properties"].split(":")
        for name, kind, width in zip(fields[0::3], fields[1::3], fields[2::3]):
            columns[name] = [row.split()[at:at + int(width)] for row in lines[2:2 + count]]
            at += int(width)
        yield header, columns
        lines = lines[2 + count:]


def numbers(words):
    return torch.tensor([[float(x) for x in row] for row in words], dtype=torch.float64)


def main() -> int:
    torch.set_num_threads(1)
    module = torch.jit.load(sys.argv[1])
    worst, count, stresses = 0.0, 0, 0
    for header, columns in frames(sys.argv[2]):
        cell, pbc = None, torch.tensor([c == "T" for c in header.get("pbc", "F F F").split()])
        if "Lattice" in header:
            cell = numbers([header["Lattice"].split()]).view(3, 3)
        z = torch.tensor([SYMBOLS[s] for (s,) in columns["species"]])
        result = module(numbers(columns["pos"]), z, cell, pbc)
        pairs = [(result["energy"], torch.tensor(float(header["energy"]), dtype=torch.float64)),
                 (result["forces"], numbers(columns["forces"]))]
        if bool(pbc.all()):
            stresses += 1
            pairs.append((result["stress"].reshape(9), numbers([header["stress"].split()])[0]))
        for a, b in pairs:
            worst = max(worst, float((a - b.to(a)).abs().max()))
        count += 1
    print(f"{count} frames, {stresses} stresses: differ by {worst:.1e}")
    return 0 if count and worst < 1e-10 else 1


if __name__ == "__main__":
    sys.exit(main())
