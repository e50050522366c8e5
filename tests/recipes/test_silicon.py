# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""examples/silicon: a committee of shipped potentials, trained on stress, at constant pressure, and a vacancy."""

import os
import re
import unittest

from in_folder import InFolder
from pages import source

example = os.path.join(source, "examples", "silicon")
potentials = os.path.join(source, "potentials")


class Silicon(InFolder):
    def run_input(self, name, **variables):
        command = [os.environ["SPINCONV_LMP"], "-in", os.path.join(example, name), "-log", "log.lammps", "-screen", "none"]
        for key, value in {"output": self.folder, **variables}.items():
            command += ["-var", key, str(value)]
        run = self.run_program(*command)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        with open(self.path("log.lammps")) as log:
            return log.read()

    def test_a_committee_at_constant_pressure_agrees(self):
        log = self.run_input("in.npt", folder=potentials, steps=100)
        # it learned stress, and the crystal is what it was trained on
        self.assertNotIn("WARNING", log)
        rows = re.findall(r"(?m)^ +(\d+ +[-\d. e+]+)$", log)
        last = rows[-1].split()
        self.assertEqual(last[0], "100")
        self.assertAlmostEqual(float(last[6]), 5.47, delta=0.03)  # Angstrom
        with open(self.path("deviation.txt")) as file:
            lines = [line.split() for line in file if not line.startswith("#")]
        self.assertEqual([int(line[0]) for line in lines], list(range(0, 101, 10)))
        largest = [float(line[4]) for line in lines]
        self.assertLess(max(largest), 0.2)  # eV/Angstrom
        # four potentials, not one of them four times
        self.assertGreater(max(largest), 1e-3)

    def test_the_vacancy_is_near_that_of_dft(self):
        files = [os.path.join(potentials, f"silicon-{seed}.pt") for seed in (1, 2, 3, 4)]
        for potential in (files[0], " ".join(files)):
            log = self.run_input("in.vacancy", potential=potential, cells=2)
            constant = re.search(r"(?m)^lattice constant (\S+) Angstrom", log)
            self.assertAlmostEqual(float(constant[1]), 5.469, delta=0.01)  # DFT
            relaxed, cut = re.search(r"(?m)^vacancy (\S+) eV relaxed, (\S+) eV as cut", log).groups()
            # DFT: 3.25 for one in a large box
            self.assertAlmostEqual(float(relaxed), 3.25, delta=0.5)
            self.assertLess(float(relaxed), float(cut))


if __name__ == "__main__":
    unittest.main()
