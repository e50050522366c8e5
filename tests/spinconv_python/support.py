# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Structures and potentials of the tests of the Python module."""

import os

import numpy as np
from ase import Atoms
from ase.io import read

source = os.environ["SPINCONV_SOURCE_DIR"]
ethanol_potential = f"{source}/potentials/rmd17-ethanol.pt"  # H C O, fused kernels where there are some
malonaldehyde_potential = f"{source}/potentials/rmd17-malonaldehyde.pt"  # H C O
water_potential = f"{source}/potentials/water-sample.pt"  # H O
tiny_potential = f"{source}/tests/force-styles/tiny.pt"  # H C O, random weights, double precision


def ethanol():
    atoms = read(f"{source}/tests/data/ethanol_methanol_4.extxyz", 2)
    return Atoms(atoms.numbers, atoms.positions)


def triclinic():
    """Twelve atoms in a cell thinner than twice the cutoff, in the orientation of LAMMPS."""
    random = np.random.default_rng(7)
    cell = np.array([[5.1, 0, 0], [1.3, 4.7, 0], [-0.8, 0.9, 5.6]])
    grid = np.array([[i / 3, j / 2, k / 2] for i in range(3) for j in range(2) for k in range(2)])
    atoms = Atoms("H4C5O3", scaled_positions=grid, cell=cell, pbc=True)
    atoms.positions += random.uniform(-0.25, 0.25, (12, 3))
    return atoms


def ice():
    """Two molecules of ice with ordered protons: oxygen as carbon in diamond, all dipoles along x."""
    a = 6.36
    bonds = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * a / 4
    hydrogen = bonds / np.linalg.norm(bonds[0]) * 0.97
    second = bonds[0]
    positions = [0 * second, hydrogen[0], hydrogen[1], second, second - hydrogen[2], second - hydrogen[3]]
    return Atoms("OH2OH2", positions, cell=np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]]) * a / 2, pbc=True)
