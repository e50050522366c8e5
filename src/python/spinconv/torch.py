# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Potentials as TorchScript modules of PyTorch, for what needs the graph itself: training on top of a potential,
energies of many structures at once on a GPU, a part of a larger model.

    >>> from spinconv.torch import load
    >>> potential = load("rmd17-ethanol.pt")
    >>> result = potential(positions, numbers)
    >>> result["energy"], result["forces"]

For energies and forces alone `spinconv.Potential` is many times faster.
"""

from __future__ import annotations

import os
import tempfile

import torch

from . import _core
from .potential import Path, existing_file

__all__ = ["load"]


def load(path: Path, device: str | torch.device = "cpu", precision: str | None = None) -> torch.jit.ScriptModule:
    """The module that ``spinconv-train export`` writes of a potential file, loaded (docs/potential_file.md).

    Its calls are ``forward(positions, numbers, cell=None, pbc=None, create_graph=False)`` with tensors [n, 3] in
    Angstrom, [n] of atomic numbers, [3, 3] (lattice vectors as rows) and [3], and ``from_edges(vectors, source,
    target, numbers, create_graph=False)``; both give a dict of float64 tensors: energy (eV), energies [n], forces
    [n, 3] = -dE/dr (eV/Angstrom), virial [3, 3] and, where it is periodic in all directions, stress [3, 3]
    (eV/Angstrom^3, positive under tension). Its weights ask for no gradients: ``requires_grad_()`` and
    ``create_graph=True`` attach results to them.

    `precision` is that of the model's arithmetic, "single" or "double", and None that of the file. Do not change it
    afterwards: constants are rounded once, when the module is made. Raises FileNotFoundError where there is no such
    file and `spinconv.Error` for one that is damaged.
    """
    name = existing_file(path)
    with tempfile.TemporaryDirectory(prefix="spinconv-") as folder:
        module = os.path.join(folder, "module.ts")
        _core.write_module_file(name, module, precision)
        return torch.jit.load(module, map_location=device)
