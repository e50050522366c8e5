# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""What docs/limits.md says of the shipped potentials."""

import os
import sys
import unittest

import numpy as np
from ase import Atoms
from ase.io import read, write
from in_folder import InFolder
from pages import source, write_out

import spinconv

sys.path.insert(0, os.path.join(source, "tests", "spinconv_python"))
from support import ethanol, ethanol_potential, ice, water_potential

folder_of_potentials = os.path.join(source, "potentials")


# of version 0.1.0: harmonics, without ranges
earlier_potential = os.path.join(source, "tests", "data", "alpha_0.1.0.pt")


def potential(name):
    return os.path.join(folder_of_potentials, name)


def first_frame(molecule):
    data = np.load(os.path.join(source, "tests", "data", "rmd17", f"rmd17_{molecule}_test_20.npz"))
    return Atoms(data["z"], data["R"][0])


def evaluate(file, atoms):
    return spinconv.Potential(file).evaluate(atoms.numbers, atoms.positions)


class Files(InFolder):
    def info(self, file):
        return self.run_program(os.environ["SPINCONV_TRAIN_EXE"], "info", file).stdout

    def test_hold_ranges_where_they_are_not_of_an_earlier_version(self):
        self.assertNotIn("trained distances: nearest", self.info(earlier_potential))
        names = [name for name in sorted(os.listdir(folder_of_potentials)) if name.endswith(".pt")]
        self.assertGreater(len(names), 10)
        for name in names:
            self.assertIn("trained distances: nearest", self.info(potential(name)), name)
            # as it says of pressures
            metadata = spinconv.Potential(potential(name)).info[0]["metadata"]
            self.assertEqual(metadata["trained_on"]["stress"]["learned"], name.startswith("silicon-"), name)


class ShortDistances(InFolder):
    def export(self, file, out):
        return self.run_program(os.environ["SPINCONV_TRAIN_EXE"], "export", file, out, "--repulsion", "zbl")

    def test_have_a_hole_without_repulsion_and_a_wall_with_it(self):
        self.assertEqual(self.export(potential("rmd17-malonaldehyde.pt"), "with-zbl.pt").returncode, 0)
        os.symlink(potential("rmd17-malonaldehyde.pt"), self.path("rmd17-malonaldehyde.pt"))
        write_out("limits.md", self.folder)
        atoms = first_frame("malonaldehyde")
        write(self.path("molecule.xyz"), atoms, format="extxyz")
        carbon, hydrogen = min(
            ((i, j) for i in range(9) for j in range(9) if (atoms.numbers[i], atoms.numbers[j]) == (6, 1)),
            key=lambda pair: atoms.get_distance(*pair),
        )
        with open(os.path.join(source, "docs", "limits.md")) as page:
            self.assertIn(f"scan.py {carbon} {hydrogen} rmd17-malonaldehyde.pt with-zbl.pt", page.read())
        run = self.run_program(sys.executable, "scan.py", str(carbon), str(hydrogen), "rmd17-malonaldehyde.pt", "with-zbl.pt")
        self.assertEqual(run.returncode, 0, run.stderr)
        rows = np.array([[float(word) for word in line.split()] for line in run.stdout.splitlines()])
        alone, repelled = (dict(zip(rows[:, 0], rows[:, column])) for column in (1, 2))
        self.assertLess(alone[0.1], alone[0.5])
        self.assertLess(max(alone.values()), 20.0)
        self.assertGreater(repelled[0.5], 20.0)
        self.assertGreater(repelled[0.3], 2 * repelled[0.5])
        self.assertGreater(repelled[0.1], 2 * repelled[0.3])
        # nothing is changed where the frames were
        self.assertEqual(rows[5][1], 0.0)
        self.assertEqual(rows[5][2], 0.0)

    def test_repulsion_is_refused_for_the_earlier_model(self):
        run = self.export(earlier_potential, "none.pt")
        self.assertEqual(run.returncode, 1)
        self.assertIn("is of sphere harmonics", run.stderr)
        self.assertFalse(os.path.exists(self.path("none.pt")))


class Warnings(InFolder):
    def run_lammps(self, text):
        atoms = first_frame("toluene")
        atoms.set_cell(np.diag([20.0] * 3))
        atoms.center()
        atoms.pbc = True
        write(self.path("toluene.extxyz"), atoms)
        convert = self.run_program(os.environ["SPINCONV_TRAIN_EXE"], "convert", "toluene.extxyz", "toluene.data")
        self.assertEqual(convert.returncode, 0, convert.stderr)
        with open(self.path("in.test"), "w") as file:
            file.write(f"""
                units metal
                atom_style atomic
                read_data toluene.data
                pair_style spinconv
                pair_coeff * * {potential("rmd17-toluene.pt")} H C
                timestep 0.00025
                {text}
                """)
        run = self.run_program(os.environ["SPINCONV_LMP"], "-in", "in.test", "-log", "log.test")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        with open(self.path("log.test")) as log:
            return log.read()

    def test_tell_of_a_run_that_is_too_hot(self):
        hot = "velocity all create {} 1\nfix 1 all nve\nrun 100"
        warning = r"WARNING: .*nearer than any . and . that .*rmd17-toluene.pt was trained on"
        self.assertRegex(self.run_lammps(hot.format(4000)), warning)
        self.assertNotIn("WARNING", self.run_lammps(hot.format(300)))

    def test_tell_of_a_barostat_without_stress(self):
        log = self.run_lammps("velocity all create 300 1\nfix 1 all npt temp 300 300 0.1 iso 0 0 1\nrun 0")
        self.assertRegex(log, "WARNING: .*fix npt changes the box by the pressure, but .*was trained without stress")


class Claims(unittest.TestCase):
    def test_broken_bonds_cost_far_too_little(self):
        atoms = ethanol()
        oxygen = atoms.numbers.tolist().index(8)
        hydrogens = [i for i in range(9) if atoms.numbers[i] == 1]
        hydrogen = min(hydrogens, key=lambda i: atoms.get_distance(i, oxygen))
        stretched = atoms.copy()
        stretched.set_distance(oxygen, hydrogen, 5.0, fix=0)
        carbons = [i for i in range(9) if atoms.numbers[i] == 6]
        near, far = sorted(carbons, key=lambda i: atoms.get_distance(i, oxygen))
        group = [far] + [i for i in hydrogens if atoms.get_distance(i, far) < 1.3]
        apart = atoms.copy()
        apart.set_distance(near, far, 5.0, fix=0, indices=group)
        bound = evaluate(ethanol_potential, atoms).energy
        for one, energy in ((stretched, 0.69), (apart, 1.28)):
            self.assertAlmostEqual(evaluate(ethanol_potential, one).energy - bound, energy, delta=0.02)

    def test_another_composition_has_an_energy_of_no_meaning(self):
        frames = read(os.path.join(source, "tests", "data", "ethanol_methanol_4.extxyz"), ":2")
        for atoms in frames:
            self.assertEqual(str(atoms.symbols.get_chemical_formula()), "CH4O")
            result = evaluate(ethanol_potential, atoms)
            self.assertAlmostEqual(result.energy - atoms.get_potential_energy(), 370.5, delta=0.5)
            self.assertAlmostEqual(np.abs(result.forces - atoms.get_forces()).mean(), 0.045, delta=0.002)

    def test_two_molecules_and_single_atoms_are_guesses(self):
        atoms = ethanol()
        two = atoms + Atoms(atoms.numbers, atoms.positions + [0.0, 0.0, 5.0])
        self.assertAlmostEqual(two.get_all_distances()[:9, 9:].min(), 1.92, delta=0.01)
        energy = evaluate(ethanol_potential, two).energy - 2 * evaluate(ethanol_potential, atoms).energy
        self.assertAlmostEqual(energy, 0.16, delta=0.01)
        for element, energy in (("H", -616), ("C", -204), ("O", -101)):
            self.assertAlmostEqual(evaluate(ethanol_potential, Atoms(element, [[0, 0, 0]])).energy, energy, delta=1)

    def test_energies_are_sums_over_atoms(self):
        water = spinconv.Potential(water_potential, precision="double")
        one = ice()
        many = one.repeat((2, 2, 3))
        energies = [water.evaluate(a.numbers, a.positions, a.cell.array, True).energy for a in (one, many)]
        self.assertAlmostEqual(energies[1] / (12 * energies[0]), 1.0, delta=1e-13)


if __name__ == "__main__":
    unittest.main()
