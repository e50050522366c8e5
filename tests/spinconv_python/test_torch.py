# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""spinconv.torch: the potential as a module of PyTorch."""

import os
import tempfile
import unittest

import numpy as np
import torch
from support import ethanol, ethanol_potential, ice, tiny_potential, triclinic, water_potential

import spinconv
from spinconv.torch import load

VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def call(module, atoms, **options):
    return module(torch.tensor(atoms.positions), torch.tensor(atoms.numbers), torch.tensor(atoms.cell.array),
                  torch.tensor(atoms.pbc), **options)


class Torch(unittest.TestCase):
    def test_gives_what_a_potential_gives(self):
        for path, atoms in ((ethanol_potential, ethanol()), (tiny_potential, triclinic()), (water_potential, ice())):
            with self.subTest(path=os.path.basename(path)):
                expected = spinconv.Potential(path, precision="double").evaluate(
                    atoms.numbers, atoms.positions, atoms.cell.array, atoms.pbc)
                found = call(load(path, precision="double"), atoms)
                self.assertAlmostEqual(found["energy"].item(), expected.energy, delta=1e-9)
                np.testing.assert_allclose(found["energies"], expected.energies, atol=1e-9)
                np.testing.assert_allclose(found["forces"], expected.forces, atol=1e-9)
                self.assertGreater(np.abs(expected.forces).max(), 1e-3)
                if expected.stress is None:
                    self.assertNotIn("stress", found)
                else:
                    np.testing.assert_allclose([found["stress"][i, j] for i, j in VOIGT], expected.stress, atol=1e-9)

    def test_has_the_precision_of_the_file_or_the_one_that_is_asked_for(self):
        atoms = ethanol()
        single, double = (call(load(ethanol_potential, precision=name), atoms)["energy"] for name in (None, "double"))
        self.assertNotEqual(single.item(), double.item())
        self.assertAlmostEqual(single.item(), double.item(), delta=1e-2)
        self.assertEqual(next(load(tiny_potential).parameters()).dtype, torch.float64)

    def test_its_weights_can_be_trained(self):
        module = load(tiny_potential)
        weight = next(module.parameters()).requires_grad_()
        forces = call(module, triclinic(), create_graph=True)["forces"]
        forces.square().sum().backward()
        self.assertGreater(weight.grad.abs().max().item(), 0.0)

    def test_says_what_is_wrong(self):
        with self.assertRaisesRegex(FileNotFoundError, "no potential file of this name.*nowhere.pt"):
            load("nowhere.pt")
        with self.assertRaisesRegex(spinconv.Error, "unknown precision 'doubel'.*double"):
            load(tiny_potential, precision="doubel")
        with tempfile.TemporaryDirectory() as folder:
            damaged = os.path.join(folder, "damaged.pt")
            with open(damaged, "wb") as file:
                file.write(b"no archive")
            with self.assertRaisesRegex(spinconv.Error, "damaged.pt"):
                load(damaged)


if __name__ == "__main__":
    unittest.main()
