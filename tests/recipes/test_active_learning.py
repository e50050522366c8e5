# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""The recipe of docs/active_learning.md: the run that halts, the choice of frames, their labels."""

import os
import re
import sys
import unittest

from in_folder import InFolder
from pages import printed, source, write_out

example = os.path.join(source, "examples", "active_learning")
# two that are fast; that of aspirin knows the bonds of ethanol, too, and differs more than members of a committee do
potentials = [os.path.join(source, "potentials", name) for name in ("rmd17-ethanol.pt", "rmd17-aspirin.pt")]


class WithText(InFolder):
    def text(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)

    def run_lammps(self, text, **variables):
        """An input as it is printed, with values for its index variables."""
        self.write("in.test", text)
        arguments = [word for name, value in variables.items() for word in ("-var", name, str(value))]
        run = self.run_program(os.environ["SPINCONV_LMP"], "-in", "in.test", "-log", "log.test", *arguments)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return self.text("log.test")

    def deviations(self, name):
        """(step, largest deviation of a force) of each line of a file of deviations, from the last
        reset_timestep on: before it is the minimization."""
        found = []
        for line in self.text(name).splitlines():
            if not line.startswith("#"):
                row = line.split()
                if found and int(row[0]) <= found[-1][0]:
                    found = []
                found.append((int(row[0]), float(row[4])))
        return [(step, spread) for step, spread in found if step > 0]


class Inputs(WithText):
    def test_the_page_has_the_inputs_of_the_example(self):
        for name, block in printed("active_learning.md").items():
            if name.startswith("in."):
                with open(os.path.join(example, name)) as file:
                    self.assertIn(block, file.read(), name)

    def explore(self, **variables):
        return self.run_lammps(
            printed("active_learning.md")["in.explore"],
            molecule=os.path.join(source, "examples", "md17", "ethanol.data"),
            committee=" ".join(potentials), name="run", temperature=600, **variables,
        )

    def test_a_run_halts_where_the_committee_disagrees_and_not_before(self):
        # a run without a limit says where one has to halt: at the first deviation above all before it
        log = self.explore(limit=1e9, steps=600)
        self.assertNotIn("Fix halt condition", log)
        after = self.deviations("run.devi")
        self.assertEqual([step for step, _ in after], list(range(10, 601, 10)))
        records = [
            (step, 0.5 * (spread + before))
            for number, (step, spread) in enumerate(after[1:], 1)
            if spread > 1.05 * (before := max(earlier for _, earlier in after[:number]))
        ]
        # not a multiple of 20: a fix that looks less often would pass it
        first, limit = next((step, limit) for step, limit in reversed(records) if step % 20 != 0)
        self.assertLess(first, 600)

        log = self.explore(limit=repr(limit), steps=600)
        met = re.search(r"Fix halt condition for fix-id stop met on step (\d+) with value ([\d.e-]+)", log)
        self.assertIsNotNone(met, log[-2000:])
        self.assertEqual(int(met[1]), first)
        self.assertGreater(float(met[2]), limit)
        halted = self.deviations("run.devi")
        # the same run up to there, and nothing behind it
        self.assertEqual(halted[-1][0], first)
        self.assertTrue(all(spread <= limit for _, spread in halted[:-1]))
        # the frame at which it halted is the last one of the dump, with its spread
        steps = re.findall(r"ITEM: TIMESTEP\n(\d+)\n", self.text("run.dump"))
        self.assertEqual(int(steps[-1]), first)
        columns = [float(line.split()[-1]) for line in self.text("run.dump").splitlines()[-9:]]
        self.assertAlmostEqual(max(columns), float(met[2]), delta=1e-5 * limit)

    def test_the_spread_of_frames_that_are_there_is_that_of_the_run(self):
        self.explore(limit=1e9, steps=100)
        expected = dict(self.deviations("run.devi"))
        text = printed("active_learning.md")["in.spread"]
        data = "../md17/ethanol.data"
        self.assertIn(data, text)
        self.run_lammps(
            text.replace(data, os.path.join(source, "examples", "md17", "ethanol.data")),
            committee=" ".join(potentials), frames="run.dump",
        )
        found = dict(self.deviations("spread.devi"))
        self.assertEqual(found.keys(), expected.keys())
        for step, spread in expected.items():
            # single precision, of positions with ten digits
            self.assertAlmostEqual(found[step], spread, delta=1e-3 * spread + 1e-4)


class Choice(WithText):
    """choose.py on dumps whose spreads are known."""

    def dump(self, name, spreads):
        frames = [
            f"ITEM: TIMESTEP\n{10 * number}\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS pp pp pp\n0 20\n0 20\n0 20\n"
            f"ITEM: ATOMS id element x y z f_spread\n1 O 1.0 2.0 {number}.5 {0.5 * spread}\n2 H 1.0 2.9 {number}.5 {spread}\n"
            for number, spread in enumerate(spreads)
        ]
        self.write(name, "ITEM: UNITS\nmetal\n" + "".join(frames))

    def choose(self, *arguments):
        run = self.run_program(sys.executable, os.path.join(example, "choose.py"), *arguments)
        return run.returncode, [int(step) for step in re.findall(r"ITEM: TIMESTEP\n(\d+)\n", run.stdout)], run

    def test_takes_the_largest_spreads_between_the_limits_and_apart(self):
        self.dump("a.dump", [0.1, 0.9, 0.8, 0.2, 0.7, 5.0])
        self.dump("b.dump", [0.3, 0.05, 0.6])
        self.assertEqual(self.choose("a.dump", "--number", "2")[1], [10, 50])
        self.assertEqual(self.choose("a.dump", "--number", "2", "--below", "2")[1], [10, 20])
        self.assertEqual(self.choose("a.dump", "--number", "2", "--below", "2", "--apart", "20")[1], [10, 40])
        # steps of different dumps are not near each other
        self.assertEqual(self.choose("a.dump", "b.dump", "--number", "3", "--below", "2", "--apart", "20")[1], [10, 40, 20])
        status, steps, run = self.choose("a.dump", "--number", "9", "--above", "0.75", "--below", "2")
        self.assertEqual((status, steps), (0, [10, 20]))
        self.assertIn("only 2 of the 9 frames", run.stderr)
        self.assertIn("2 of 6 frames, spread 0.800 to 0.900", run.stderr)

    def test_takes_any_frames_with_a_seed(self):
        self.dump("a.dump", [0.01 * number for number in range(50)])
        one, same, other = (self.choose("a.dump", "--number", "10", "--random", seed)[1] for seed in "112")
        self.assertEqual(one, same)
        self.assertNotEqual(one, other)
        self.assertEqual(len(set(one)), 10)
        self.assertLess(min(one), 250)

    def test_what_it_writes_becomes_frames(self):
        self.dump("a.dump", [0.1, 0.9])
        self.dump("b.dump", [0.8])
        run = self.choose("a.dump", "b.dump", "--number", "2")[2]
        self.write("chosen.dump", run.stdout)
        converted = self.run_program(os.environ["SPINCONV_TRAIN_EXE"], "convert", "chosen.dump", "chosen.extxyz")
        self.assertEqual(converted.returncode, 0, converted.stderr)
        lines = self.text("chosen.extxyz").splitlines()
        self.assertEqual(len(lines), 8)
        self.assertEqual(lines[2].split()[:4], ["O", "1", "2", "1.5"])
        self.assertEqual(lines[7].split()[:4], ["H", "1", "2.9", "0.5"])

    def test_refuses_what_is_no_dump_with_deviations(self):
        self.dump("a.dump", [0.1, 0.9])
        whole = self.text("a.dump")
        self.write("half.dump", whole[: whole.rindex("2 H")])
        self.write("other.dump", whole.replace("f_spread", "fx"))
        self.write("text.dump", "no dump\n")
        for arguments, expected in (
            (("nowhere.dump",), "nowhere.dump: No such file"),
            (("text.dump",), "text.dump: no 'ITEM: TIMESTEP'"),
            (("half.dump",), r"half.dump:14: 1 of 2 atoms: the file ends early"),
            (("other.dump",), r"other.dump:11: no column f_spread, but id element x y z fx"),
            (("a.dump", "--above", "2"), "none of 2 frames is between.*largest spread is 0.9"),
        ):
            with self.subTest(arguments):
                status, steps, run = self.choose(*arguments, "--number", "1")
                self.assertEqual((status, steps), (1, []))
                self.assertRegex(run.stderr, expected)


class Label(WithText):
    def test_labels_of_the_page_are_those_of_the_potential(self):
        from ase.io import read

        write_out("active_learning.md", self.folder)
        os.symlink(potentials[0], self.path("rmd17-ethanol.pt"))
        with open(os.path.join(source, "tests", "data", "ethanol_methanol_4.extxyz")) as file:
            lines = file.read().splitlines(keepends=True)
        ethanol = next(number for number, line in enumerate(lines) if line.strip() == "9")
        # positions alone, as convert writes them
        self.write("chosen.extxyz", "".join(lines[ethanol:]))
        run = self.run_program(sys.executable, "label.py")
        self.assertEqual(run.returncode, 0, run.stderr)
        command = self.run_program(
            os.environ["SPINCONV_TRAIN_EXE"], "evaluate", "rmd17-ethanol.pt", "labelled.extxyz", "--json", "errors.json"
        )
        self.assertEqual(command.returncode, 0, command.stderr)
        self.assertEqual(len(read(self.path("labelled.extxyz"), ":")), 2)
        error = float(re.search(r'"force_mae_ev_a": ([\d.e-]+)', self.text("errors.json"))[1])
        self.assertLess(error, 1e-5)
        self.assertLess(float(re.search(r'"energy_mae_ev": ([\d.e-]+)', self.text("errors.json"))[1]), 1e-3)


if __name__ == "__main__":
    unittest.main()
