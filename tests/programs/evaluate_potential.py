# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Evaluate a potential file with torch.jit.load() alone and compare with what C++ wrote.

python evaluate_potential.py POTENTIAL EXPECTED.json
EXPECTED: n_atoms, types, source, target, vectors (r_target - r_source), atomic_energies, forces.
Exit status 0 where energies and forces agree to 1e-10.
"""
import json
import sys

import torch


def main() -> int:
    torch.set_num_threads(1)
    extra = {"spinconv.json": ""}
    model = torch.jit.load(sys.argv[1], _extra_files=extra)
    metadata = json.loads(extra["spinconv.json"])
    with open(sys.argv[2]) as file:
        expected = json.load(file)
    dtype = torch.float64
    vectors = torch.tensor(expected["vectors"], dtype=dtype).view(-1, 3).requires_grad_(True)
    source = torch.tensor(expected["source"])
    target = torch.tensor(expected["target"])
    types = torch.tensor(expected["types"])
    energies = model(vectors, source, target, types)
    (gradient,) = torch.autograd.grad(energies.sum(), vectors)
    forces = torch.zeros(expected["n_atoms"], 3, dtype=dtype)
    forces.index_add_(0, target, gradient, alpha=-1)
    forces.index_add_(0, source, gradient)
    energy_error = (energies - torch.tensor(expected["atomic_energies"], dtype=dtype)).abs().max()
    force_error = (forces - torch.tensor(expected["forces"], dtype=dtype)).abs().max()
    print("elements", *metadata["model"]["elements"])
    print(f"energies differ by {energy_error:.1e} eV, forces by {force_error:.1e} eV/A")
    return 0 if energy_error < 1e-10 and force_error < 1e-10 else 1


if __name__ == "__main__":
    sys.exit(main())
