# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""The clients of docs/ipi.md as they are printed. The server that asks them is ASE's, and i-PI where there is one."""

import os
import shutil
import subprocess
import sys
import time
import unittest
import warnings

import numpy as np
from ase import Atoms
from ase.calculators.socketio import SocketIOCalculator
from ase.io import read, write
from in_folder import InFolder, seconds
from pages import source, write_out

import spinconv

sys.path.insert(0, os.path.join(source, "tests", "spinconv_python"))
from support import ethanol_potential, ice, water_potential


class WithPage(InFolder):
    """A folder with the files of the page. Sockets have names of the whole machine: each test has its own."""

    changes = ()

    def setUp(self):
        super().setUp()
        self.socket = f"spinconv-test-{os.getpid()}-{self.id().rsplit('.', 1)[-1]}"
        write_out(
            "ipi.md",
            self.folder,
            [
                ('unixsocket="spinconv"', f'unixsocket="{self.socket}"'),
                ("all ipi spinconv", f"all ipi {self.socket}"),
                ("<address>spinconv</address>", f"<address>{self.socket}</address>"),
                *self.changes,
            ],
        )
        for potential in (ethanol_potential, water_potential):
            os.symlink(potential, self.path(os.path.basename(potential)))

    def start(self, *command):
        with open(self.path(f"{os.path.basename(command[-1])}.out"), "w") as output:
            process = subprocess.Popen(command, cwd=self.folder, stdout=output, stderr=subprocess.STDOUT)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def client(self, kind):
        if kind == "python":
            return self.start(sys.executable, "client.py")
        self.convert()
        return self.start(os.environ["SPINCONV_LMP"], "-log", "in.ipi.log", "-in", "in.ipi")

    def convert(self):
        """The command of the page, as read_data's comment has it."""
        with open(self.path("in.ipi")) as file:
            line = next(line for line in file if line.startswith("read_data"))
        command = line.split("#")[1].strip()
        self.assertTrue(command.startswith("spinconv-train convert start.xyz start.data"), line)
        subprocess.run(
            command.replace("spinconv-train", os.environ["SPINCONV_TRAIN_EXE"], 1),
            shell=True, cwd=self.folder, check=True, stdout=subprocess.DEVNULL,
        )

    def wait_for_the_socket(self, server):
        begin = time.monotonic()
        while not os.path.exists(f"/tmp/ipi_{self.socket}"):
            self.assertIsNone(server.poll(), "the server has ended")
            self.assertLess(time.monotonic() - begin, seconds)
            time.sleep(0.05)
        time.sleep(0.2)  # it is bound now, and listens a moment later

    def ask(self, kind, structures):
        """Energy, forces and stress of each structure, by a client of the page."""
        found = []
        atoms = structures[0].copy()
        with SocketIOCalculator(
            unixsocket=self.socket, timeout=seconds, launch_client=lambda *_, **__: self.client(kind)
        ) as atoms.calc:
            for one in structures:
                atoms.set_cell(one.cell)
                atoms.positions = one.positions
                found.append((atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress()))
        return found


class Clients(WithPage):
    """Numbers in double precision, so that a difference is one of units, of order or of sign.

    ASE's client and ASE's server have the same constants. Those of LAMMPS are older: its Hartree is 1e-8
    and its Bohr 1e-9 of theirs away. The limit is a hundred times that, and a thousandth of what a wrong
    constant (Hartree of another year and calorie: 1e-5) or a dropped atom would make.
    """

    changes = [
        ('SpinConv("rmd17-ethanol.pt")', 'SpinConv("rmd17-ethanol.pt", precision="double")'),
        ("pair_style  spinconv\n", "pair_style  spinconv precision double\n"),
    ]
    potential = ethanol_potential

    def structures(self):
        random = np.random.default_rng(5)
        first = read(self.path("start.xyz"))
        shaken, far, across = first.copy(), first.copy(), first.copy()
        shaken.positions += random.uniform(-0.1, 0.1, (9, 3))
        # as the next bead or replica of i-PI may be: elsewhere, turned, and over the border of the cell
        far.rotate(70, (1, 2, 3), center="COP")
        far.positions += random.uniform(-0.05, 0.05, (9, 3)) + [3.0, -2.5, 4.0]
        across.positions += random.uniform(-0.05, 0.05, (9, 3)) + [9.5, 10.5, -10.0]
        return [first, shaken, far, across, first]

    def compare(self, kind, relative, shear=1.0):
        structures = self.structures()
        potential = spinconv.Potential(self.potential, precision="double")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Subprocess exited")  # as lmp does when i-PI has done
            found = self.ask(kind, structures)
        self.assertEqual(len(found), len(structures))
        for one, (energy, forces, stress) in zip(structures, found):
            expected = potential.evaluate(one.numbers, one.positions, one.cell.array, True)
            self.assertAlmostEqual(energy, expected.energy, delta=relative * abs(expected.energy))
            largest = np.abs(expected.forces).max()
            self.assertGreater(largest, 0.1)
            np.testing.assert_allclose(forces, expected.forces, rtol=0, atol=relative * largest)
            self.assertGreater(np.abs(expected.stress).max(), 1e-6)
            wanted = expected.stress * [1, 1, 1, shear, shear, shear]
            np.testing.assert_allclose(stress, wanted, rtol=0, atol=relative * np.abs(wanted).max())

    def test_python_gives_the_numbers_of_the_potential(self):
        self.compare("python", 1e-9)

    def test_lammps_gives_the_numbers_of_the_potential(self):
        # fix ipi leaves one triangle of the virial 0, and ASE takes the mean of both: half, as the page says
        self.compare("lammps", 1e-6, shear=0.5)


class ClientsOfACrystal(Clients):
    """The same inputs with another potential and a tilted cell that changes: its stress counts."""

    changes = [
        ('SpinConv("rmd17-ethanol.pt")', 'SpinConv("water-sample.pt", precision="double")'),
        ("pair_style  spinconv\n", "pair_style  spinconv precision double\n"),
        ("rmd17-ethanol.pt H C O", "water-sample.pt H O"),
        ('"H C O"', '"H O"'),
    ]
    potential = water_potential

    def setUp(self):
        super().setUp()
        write(self.path("start.xyz"), self.structures()[0])

    def structures(self):
        first = ice().repeat((2, 1, 1))
        first.set_cell(first.cell.standard_form()[0], scale_atoms=True)
        first = Atoms(first.numbers, first.positions, cell=first.cell, pbc=True)
        first.rattle(0.03, seed=2)
        strained, sheared = first.copy(), first.copy()
        strained.set_cell(first.cell.array * 1.02, scale_atoms=True)
        shear = np.eye(3)
        shear[1, 0], shear[2, 0], shear[2, 1] = 0.02, -0.01, 0.015
        sheared.set_cell(first.cell.array @ np.diag([0.99, 1.01, 1.0]) @ shear, scale_atoms=True)
        # first vector along x, second in the plane of x and y
        sheared.set_cell(sheared.cell.standard_form()[0], scale_atoms=True)
        return [first, strained, sheared, first]


class Server(WithPage):
    def relax(self, kind):
        server = self.start(sys.executable, "server.py")
        self.wait_for_the_socket(server)
        client = self.client(kind)
        self.assertEqual(server.wait(seconds), 0)
        status = client.wait(seconds)
        atoms = read(self.path("relaxed.xyz"))
        forces = spinconv.Potential(ethanol_potential).evaluate(atoms.numbers, atoms.positions, atoms.cell.array, True).forces
        self.assertLess(np.linalg.norm(forces, axis=1).max(), 0.0501)
        start = read(self.path("start.xyz"))
        self.assertGreater(np.abs(atoms.positions - start.positions).max(), 0.05)
        return status

    def test_relaxes_a_molecule_by_the_python_client(self):
        self.assertEqual(self.relax("python"), 0)

    def test_relaxes_a_molecule_by_lammps(self):
        self.relax("lammps")


class IPi(WithPage):
    """i-PI itself, of the PATH (CMake registers this class only where it is)."""

    changes = [("<total_steps>400<", "<total_steps>40<")]

    def run_with(self, kind):
        server = self.start(shutil.which("i-pi"), "input.xml")
        self.wait_for_the_socket(server)
        client = self.client(kind)
        self.assertEqual(server.wait(seconds), 0)
        status = client.wait(seconds)
        return status, np.loadtxt(self.path("simulation.out"))

    def test_runs_the_input_with_either_client(self):
        status, python = self.run_with("python")
        self.assertEqual(status, 0)
        status, lammps = self.run_with("lammps")
        # the page says so
        self.assertNotEqual(status, 0)
        with open(self.path("in.ipi.out")) as file:
            self.assertIn("Got EXIT message from i-PI", file.read())
        self.assertEqual(python.shape, (5, 6))
        np.testing.assert_allclose(lammps[:, 4], python[:, 4], rtol=1e-7)
        np.testing.assert_allclose(lammps[:, 5], python[:, 5], rtol=1e-4)
        self.assertLess(np.ptp(python[2:, 2]), 0.02)


if __name__ == "__main__":
    unittest.main()
