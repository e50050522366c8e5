# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""spinconv.ase.SpinConv under the methods of ASE."""

import copy
import os
import pickle
import tempfile
import unittest

import numpy as np
from ase import units
from ase.calculators.calculator import PropertyNotImplementedError
from ase.filters import FrechetCellFilter
from ase.io import Trajectory, read, write
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution, Stationary
from ase.md.verlet import VelocityVerlet
from ase.mep import NEB
from ase.optimize import BFGS, FIRE
from ase.phonons import Phonons
from ase.vibrations import Vibrations
from support import ethanol, ethanol_potential, ice, malonaldehyde_potential, tiny_potential, triclinic, water_potential

import spinconv
from spinconv.ase import SpinConv


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)


def ethanol_of(angle=None, fmax=0.002):
    """Relaxed in double precision, from H-O-C-C at `angle` if there is one."""
    atoms = ethanol()
    atoms.calc = SpinConv(ethanol_potential, precision="double")
    if angle is not None:
        carbons = [i for i, number in enumerate(atoms.numbers) if number == 6]
        oxygen = atoms.numbers.tolist().index(8)
        near, far = sorted(carbons, key=lambda i: atoms.get_distance(i, oxygen))
        hydrogen = min((i for i in range(9) if atoms.numbers[i] == 1), key=lambda i: atoms.get_distance(i, oxygen))
        torsion = (far, near, oxygen, hydrogen)
        atoms.set_dihedral(*torsion, angle, indices=[hydrogen])
    assert BFGS(atoms, logfile=None).run(fmax=fmax, steps=500)
    if angle is not None:
        assert abs(atoms.get_dihedral(*torsion) - angle) < 5
    return atoms


class Properties(InFolder):
    def test_are_those_of_the_potential(self):
        atoms = triclinic()
        expected = spinconv.Potential(tiny_potential).evaluate(atoms.numbers, atoms.positions, atoms.cell, atoms.pbc)
        atoms.calc = SpinConv(tiny_potential)
        self.assertEqual(set(atoms.calc.implemented_properties), {"energy", "free_energy", "energies", "forces", "stress"})
        self.assertEqual(atoms.get_potential_energy(), expected.energy)
        self.assertEqual(atoms.get_potential_energy(force_consistent=True), expected.energy)
        np.testing.assert_array_equal(atoms.get_potential_energies(), expected.energies)
        np.testing.assert_array_equal(atoms.get_forces(), expected.forces)
        np.testing.assert_array_equal(atoms.get_stress(), expected.stress)
        self.assertEqual(atoms.get_stress(voigt=False)[1, 2], expected.stress[3])

    def test_that_are_missing_say_why(self):
        atoms = ethanol()
        atoms.calc = SpinConv(ethanol_potential)
        with self.assertRaisesRegex(PropertyNotImplementedError, "all three directions are periodic"):
            atoms.get_stress()
        with self.assertRaises(PropertyNotImplementedError):
            atoms.get_dipole_moment()
        self.assertLess(atoms.get_potential_energy(), 0.0)

    def test_follow_changes_of_atoms_and_parameters(self):
        atoms = ethanol()
        atoms.calc = SpinConv(ethanol_potential)
        before = atoms.get_potential_energy()
        atoms.positions[0, 0] += 0.01
        changed = atoms.get_potential_energy()
        self.assertNotEqual(changed, before)
        atoms.calc.set(precision="double")
        self.assertEqual(atoms.calc.potential.info[0]["precision"], "double")
        self.assertNotEqual(atoms.get_potential_energy(), changed)
        with self.assertRaises(FileNotFoundError):
            atoms.calc.set(path="nowhere.pt")
        self.assertEqual(atoms.calc.parameters["path"], ethanol_potential)

    def test_of_a_committee_have_deviations(self):
        atoms = ethanol()
        atoms.calc = SpinConv(ethanol_potential, committee=[malonaldehyde_potential])
        atoms.get_forces()
        two = [SpinConv(file).get_potential_energy(ethanol()) for file in (ethanol_potential, malonaldehyde_potential)]
        self.assertAlmostEqual(atoms.calc.results["energy_deviation"], abs(two[0] - two[1]) / 2, delta=1e-6)
        self.assertEqual(atoms.calc.results["force_deviations"].shape, (9,))

    def test_are_written_and_read(self):
        atoms = triclinic()
        atoms.calc = SpinConv(tiny_potential, committee=[ethanol_potential])
        atoms.get_stress()
        write("atoms.extxyz", atoms)
        np.testing.assert_allclose(read("atoms.extxyz").get_forces(), atoms.get_forces(), atol=1e-7)
        write("atoms.traj", atoms)
        np.testing.assert_array_equal(read("atoms.traj").get_stress(), atoms.get_stress())


class Copies(unittest.TestCase):
    def test_give_the_same_bits(self):
        calculator = SpinConv(ethanol_potential, precision="double", committee=[tiny_potential])
        expected = calculator.get_forces(ethanol())
        for other in (
            pickle.loads(pickle.dumps(calculator)),
            copy.deepcopy(calculator),
            SpinConv(**calculator.todict()),
        ):
            other.reset()
            np.testing.assert_array_equal(other.get_forces(ethanol()), expected)


class Relaxation(InFolder):
    def test_of_a_crystal_and_its_cell(self):
        atoms = ice()
        atoms.calc = SpinConv(water_potential, precision="double")
        start = atoms.get_potential_energy()
        self.assertTrue(BFGS(FrechetCellFilter(atoms), logfile=None).run(fmax=0.005, steps=100))
        self.assertLess(atoms.get_potential_energy(), start - 0.02)
        self.assertLess(np.abs(atoms.get_stress()).max() * atoms.get_volume(), 0.005 * len(atoms))
        self.assertLess(np.abs(atoms.get_forces()).max(), 0.005)
        self.assertAlmostEqual(atoms.get_volume() / 2, 31.2, delta=1.0)


class NormalModes(InFolder):
    def test_of_a_molecule(self):
        atoms = ethanol_of(fmax=0.0005)
        vibrations = Vibrations(atoms, delta=0.01)
        vibrations.run()
        modes = vibrations.get_frequencies()
        self.assertLess(np.abs(modes[:6]).max(), 30.0)  # translations and rotations
        self.assertLess(np.abs(modes.imag[6:]).max(), 1e-9)
        self.assertGreater(modes[6].real, 150.0)
        self.assertTrue(np.all((modes.real[-6:-1] > 2800) & (modes.real[-6:-1] < 3200)))  # C-H
        self.assertTrue(3600 < modes[-1].real < 3850)  # O-H

    def test_of_a_crystal_by_supercells(self):
        atoms = ice()
        atoms.calc = SpinConv(water_potential, precision="double")
        BFGS(FrechetCellFilter(atoms), logfile=None).run(fmax=0.005, steps=100)
        # displaced with all of its images an atom shows the modes at the point Gamma
        vibrations = Vibrations(atoms, delta=0.005)
        vibrations.run()
        phonons = Phonons(atoms, SpinConv(water_potential, precision="double"), supercell=(2, 1, 1), delta=0.005)
        phonons.run()
        phonons.read()
        at_gamma = phonons.band_structure([[0, 0, 0]], verbose=False)[0] / units.invcm
        expected = vibrations.get_frequencies()
        np.testing.assert_allclose(at_gamma[3:], expected.real[3:], atol=0.5)
        self.assertLess(np.abs(at_gamma[:3]).max(), 10.0)
        self.assertTrue(np.all((at_gamma[-4:] > 3000) & (at_gamma[-4:] < 3700)))  # O-H
        at_border = phonons.band_structure([[0.5, 0, 0]], verbose=False)[0] / units.invcm
        self.assertGreater(at_border[0], 20.0)


class Dynamics(InFolder):
    def moving(self):
        atoms = ethanol()
        MaxwellBoltzmannDistribution(atoms, temperature_K=300, rng=np.random.default_rng(3))
        Stationary(atoms)
        return atoms

    def test_keeps_the_energy(self):
        atoms = self.moving()
        atoms.calc = SpinConv(ethanol_potential, precision="double")
        energies = []
        dynamics = VelocityVerlet(atoms, 0.5 * units.fs)
        dynamics.attach(lambda: energies.append(atoms.get_total_energy()), interval=5)
        dynamics.run(4000)  # 2 ps
        time = np.arange(len(energies)) * 2.5e-3
        drift, _ = np.polyfit(time, np.array(energies) / len(atoms), 1)
        self.assertLess(abs(drift), 5e-5)  # eV/atom/ps
        self.assertLess(np.std(energies) / len(atoms), 1e-3)
        self.assertGreater(np.std(energies), 0.0)

    def test_goes_on_from_a_file_with_the_same_bits(self):
        straight = self.moving()
        straight.calc = SpinConv(ethanol_potential)
        VelocityVerlet(straight, units.fs).run(40)
        first = self.moving()
        first.calc = SpinConv(ethanol_potential)
        with Trajectory("md.traj", "w", first) as file:
            VelocityVerlet(first, units.fs).run(20)
            file.write()
        second = read("md.traj")
        second.calc = SpinConv(**first.calc.todict())
        VelocityVerlet(second, units.fs).run(20)
        np.testing.assert_array_equal(second.positions, straight.positions)
        np.testing.assert_array_equal(second.get_momenta(), straight.get_momenta())


class Barrier(InFolder):
    def test_of_a_torsion(self):
        ends = ethanol_of(60.0), ethanol_of(180.0)
        images = [ends[0]] + [ends[0].copy() for _ in range(5)] + [ends[1]]
        calculator = SpinConv(ethanol_potential, precision="double")
        for image in images:
            image.calc = calculator
        band = NEB(images, climb=True, method="improvedtangent", allow_shared_calculator=True)
        band.interpolate("idpp")
        self.assertTrue(FIRE(band, logfile=None).run(fmax=0.03, steps=400))
        energies = np.array([image.get_potential_energy() for image in images])
        self.assertTrue(0 < energies.argmax() < 6)
        # what LAMMPS finds (examples/md17/expected/neb.txt)
        self.assertAlmostEqual(energies.max() - energies[0], 0.0655, delta=0.005)
        self.assertAlmostEqual(energies.max() - energies[-1], 0.0494, delta=0.005)


if __name__ == "__main__":
    unittest.main()
