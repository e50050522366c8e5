# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""What the module says of wrong input: the cause and the cure."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import numpy as np
from support import ethanol, ethanol_potential, tiny_potential, triclinic, water_potential

import spinconv
from spinconv.ase import SpinConv


class Errors(unittest.TestCase):
    def assert_says(self, kind, text, call, *arguments, **options):
        with self.assertRaisesRegex(kind, text):
            call(*arguments, **options)

    def test_of_files(self):
        self.assert_says(FileNotFoundError, "no potential file.*nowhere.pt", spinconv.Potential, "nowhere.pt")
        self.assert_says(
            FileNotFoundError, "second.pt", spinconv.Potential, tiny_potential, committee=["second.pt"]
        )
        self.assert_says(spinconv.Error, "not a potential file", spinconv.Potential, __file__)
        with tempfile.TemporaryDirectory() as folder, open(tiny_potential, "rb") as whole:
            path = os.path.join(folder, "half.pt")
            with open(path, "wb") as half:
                half.write(whole.read()[:20000])
            self.assert_says(spinconv.Error, "half.pt", spinconv.Potential, path)

    def test_of_a_module_for_another_python(self):
        with tempfile.TemporaryDirectory() as folder:
            package = os.path.join(folder, "spinconv")
            shutil.copytree(os.path.dirname(spinconv.__file__), package, ignore=shutil.ignore_patterns("_core*", "__pycache__"))
            open(os.path.join(package, "_core.cpython-39-x86_64-linux-gnu.so"), "w").close()
            run = subprocess.run(
                [sys.executable, "-c", "import spinconv"], env={"PYTHONPATH": folder}, capture_output=True, text=True
            )
            self.assertEqual(run.returncode, 1)
            self.assertRegex(run.stderr, r"ImportError: .*another Python \(_core.cpython-39.*make a wheel")

    def test_of_options(self):
        for options, text in (
            ({"precision": "float64"}, "unknown precision 'float64'.*single, double"),
            ({"device": "gpu"}, "gpu"),
            ({"implementation": "fsued"}, "fused"),
            ({"threads": -1}, "threads"),
            ({"skin": -1.0}, "skin"),
            ({"elements": ["H", "Cl"]}, "Cl"),
            ({"elements": "H Xx"}, "Xx"),
        ):
            with self.subTest(options):
                self.assert_says(spinconv.Error, text, spinconv.Potential, tiny_potential, **options)
        self.assert_says(
            TypeError, "list of paths", spinconv.Potential, tiny_potential, committee=ethanol_potential
        )
        self.assert_says(TypeError, "unknown parameter 'presicion'.*precision", SpinConv, tiny_potential, presicion=1)

    def test_of_committees_with_different_elements(self):
        self.assert_says(
            ValueError,
            r"different elements: .*rmd17-ethanol.pt' H C O, .*water-sample.pt' H O; .*elements=\['H', 'O'\]",
            spinconv.Potential,
            ethanol_potential,
            committee=[water_potential],
        )

    def test_of_arrays(self):
        evaluate = spinconv.Potential(tiny_potential).evaluate
        one = [[0.0, 0.0, 0.0]]
        for arguments, text in (
            (([6, 1], one), r"positions has the shape \(1, 3\); with 2 atomic numbers it is \(2, 3\)"),
            (([6], [0.0, 0.0, 0.0]), r"positions has the shape \(3,\)"),
            (([[6]], one), r"numbers has the shape \(1, 1\)"),
            (([6.0], one), "atomic numbers are integers"),
            ((["C"], one), "atomic numbers are integers"),
            (([2**40], one), "32 bits"),
            (([6], [[0, 0, 1j]]), "real numbers"),
            (([6], one, np.eye(2) * 9, True), r"cell has the shape \(2, 2\)"),
            (([6], one, [9, 9, 9]), "pbc=True"),
            (([6], one, [9, 9, 9], [True, True]), "three of these"),
            (([6], one, [9, 9, 9], "xyz"), "three of these"),
        ):
            with self.subTest(text):
                self.assert_says(ValueError, text, evaluate, *arguments)

    def test_of_structures_after_which_a_potential_goes_on(self):
        potential = spinconv.Potential(tiny_potential)
        expected = potential.evaluate(ethanol().numbers, ethanol().positions).energy
        one = [[0.0, 0.0, 0.0]]
        for arguments, text in (
            (([17], one), "element Cl is not in the potential file .*tiny.pt', which knows: H C O; take a potential"),
            (([0], one), "atomic number 0 is not an element"),
            (([6], [[0, np.nan, 0]]), "atom 0 .* not finite"),
            (([6, 6], one * 2), "0.000000 Angstrom apart"),
            (([6], one, None, True), "lattice vectors of the periodic directions"),
            (([6], one, np.zeros((3, 3)), True), "lattice vectors of the periodic directions"),
        ):
            with self.subTest(text):
                self.assert_says(spinconv.Error, text, potential.evaluate, *arguments)
                self.assertEqual(potential.evaluate(ethanol().numbers, ethanol().positions).energy, expected)
        self.assert_says(
            spinconv.Error,
            "structure 1: atom 0: element Cl",
            potential.evaluate_batch,
            [triclinic(), spinconv.Structure([17], one)],
        )
        self.assert_says(spinconv.Error, "did you mean|Cl", spinconv.atomic_number, "CL")


if __name__ == "__main__":
    unittest.main()
