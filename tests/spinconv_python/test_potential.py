# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""spinconv.Potential: numbers, arrays, committees, threads."""

import copy
import pickle
import threading
import time
import unittest

import numpy as np
from support import ethanol, ethanol_potential, malonaldehyde_potential, tiny_potential, triclinic, water_potential

import spinconv
from spinconv.potential import _arrays


def evaluate(potential, atoms, **options):
    return potential.evaluate(atoms.numbers, atoms.positions, atoms.cell.array, atoms.pbc, **options)


class Numbers(unittest.TestCase):
    def test_forces_and_stress_are_derivatives_of_the_energy(self):
        potential = spinconv.Potential(tiny_potential)
        atoms = triclinic()
        result = evaluate(potential, atoms)
        step = 1e-4

        def slope(change):
            energies = []
            for sign in (1, -1):
                changed = atoms.copy()
                change(changed, sign * step)
                energies.append(evaluate(potential, changed, forces=False).energy)
            return (energies[0] - energies[1]) / (2 * step)

        for i, d in ((0, 0), (5, 1), (11, 2)):

            def move(changed, by, i=i, d=d):
                changed.positions[i, d] += by

            self.assertAlmostEqual(result.forces[i, d], -slope(move), delta=1e-7)
        for component, (a, b) in enumerate(((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))):

            def strain(changed, by, a=a, b=b):
                e = np.zeros((3, 3))
                e[a, b] += by / 2
                e[b, a] += by / 2
                changed.set_cell(changed.cell.array @ (np.eye(3) + e), scale_atoms=True)

            self.assertAlmostEqual(result.stress[component], slope(strain) / atoms.get_volume(), delta=1e-9)
        np.testing.assert_allclose(result.virial, -result.stress * atoms.get_volume(), rtol=1e-13)
        self.assertGreater(np.abs(result.stress).max(), 1e-3)
        self.assertAlmostEqual(result.energies.sum(), result.energy, delta=1e-10)

    def test_energies_alone_are_the_same(self):
        potential = spinconv.Potential(ethanol_potential)
        atoms = ethanol()
        alone = evaluate(potential, atoms, forces=False)
        self.assertEqual(alone.energy, evaluate(potential, atoms).energy)
        self.assertIsNone(alone.forces)
        self.assertIsNone(alone.virial)

    def test_a_molecule_has_a_virial_and_no_stress(self):
        result = evaluate(spinconv.Potential(ethanol_potential), ethanol())
        self.assertIsNone(result.stress)
        self.assertEqual(result.virial.shape, (6,))

    def test_precision_and_implementation_are_chosen(self):
        atoms = ethanol()
        double = spinconv.Potential(ethanol_potential, precision="double", implementation="graph")
        self.assertEqual((double.info[0]["precision"], double.info[0]["implementation"]), ("double", "graph"))
        single = spinconv.Potential(ethanol_potential, precision="single")
        difference = np.abs(evaluate(double, atoms).forces - evaluate(single, atoms).forces).max()
        self.assertGreater(difference, 0.0)
        self.assertLess(difference, 1e-3)

    def test_info_says_what_the_file_says(self):
        potential = spinconv.Potential(water_potential)
        info = potential.info[0]
        self.assertEqual(info["path"], water_potential)
        self.assertEqual(potential.elements, ["H", "O"])
        self.assertEqual(potential.cutoff, info["metadata"]["model"]["cutoff"])
        self.assertIn("Liquid water", info["metadata"]["description"])
        self.assertIn("H O", info["summary"])
        self.assertFalse(potential.has_direct_forces)
        self.assertIn("water-sample.pt", repr(potential))

    def test_no_atoms_have_no_energy(self):
        result = spinconv.Potential(tiny_potential).evaluate([], [])
        self.assertEqual((result.energy, result.forces.shape, result.energies.shape), (0.0, (0, 3), (0,)))


class Arrays(unittest.TestCase):
    def test_what_is_as_the_core_takes_it_is_not_copied(self):
        atoms = triclinic()
        numbers = atoms.numbers.astype(np.int32)
        cell = atoms.cell.array
        taken = _arrays(numbers, atoms.positions, cell, True)
        for given, used in zip((numbers, atoms.positions, cell), taken):
            self.assertTrue(np.shares_memory(given, used))

    def test_other_kinds_and_orders_give_the_same_bits(self):
        potential = spinconv.Potential(tiny_potential)
        atoms = triclinic()
        expected = evaluate(potential, atoms)
        for numbers, positions, cell, pbc in (
            (atoms.numbers.tolist(), atoms.positions.tolist(), atoms.cell, [True] * 3),
            (atoms.numbers.astype(np.uint8), np.asfortranarray(atoms.positions), atoms.cell.array[:, :], True),
            (np.repeat(atoms.numbers, 2)[::2], np.repeat(atoms.positions, 2, axis=1)[:, ::2], atoms.cell.array, np.True_),
        ):
            result = potential.evaluate(numbers, positions, cell, pbc)
            self.assertEqual(result.energy, expected.energy)
            np.testing.assert_array_equal(result.forces, expected.forces)
            np.testing.assert_array_equal(result.stress, expected.stress)

    def test_three_edges_are_a_rectangular_cell(self):
        potential = spinconv.Potential(tiny_potential)
        atoms = ethanol()
        edges = [6.0, 7.0, 8.0]
        short = potential.evaluate(atoms.numbers, atoms.positions, edges, True)
        np.testing.assert_array_equal(
            short.stress, potential.evaluate(atoms.numbers, atoms.positions, np.diag(edges), True).stress
        )

    def test_results_stay_when_others_follow(self):
        potential = spinconv.Potential(tiny_potential)
        first = evaluate(potential, triclinic())
        kept = copy.deepcopy(first)
        evaluate(potential, ethanol())
        np.testing.assert_array_equal(first.forces, kept.forces)
        np.testing.assert_array_equal(first.energies, kept.energies)

    def test_a_batch_gives_what_its_structures_give_alone(self):
        potential = spinconv.Potential(tiny_potential)
        atoms = ethanol()
        batch = [atoms, spinconv.Structure(atoms.numbers, atoms.positions), triclinic()]
        results = potential.evaluate_batch(batch)
        self.assertEqual(len(results), 3)
        self.assertEqual(results[0].energy, results[1].energy)
        for one, result in zip((atoms, atoms, triclinic()), results):
            np.testing.assert_array_equal(result.forces, evaluate(potential, one).forces)
        self.assertIsNone(potential.evaluate_batch(batch, forces=False)[2].forces)


class Committees(unittest.TestCase):
    files = (ethanol_potential, malonaldehyde_potential, tiny_potential)

    def test_give_means_and_deviations_of_their_potentials(self):
        atoms = ethanol()
        atoms.set_cell(np.diag([7.0, 6.0, 6.5]))
        atoms.pbc = True
        alone = [evaluate(spinconv.Potential(file, precision="double"), atoms) for file in self.files]
        committee = spinconv.Potential(self.files[0], precision="double", committee=self.files[1:])
        result = evaluate(committee, atoms)
        energies = np.array([one.energy for one in alone])
        forces = np.array([one.forces for one in alone])
        self.assertAlmostEqual(result.energy, energies.mean(), delta=1e-9)
        self.assertAlmostEqual(result.energy_deviation, energies.std(), delta=1e-9)
        np.testing.assert_allclose(result.forces, forces.mean(axis=0), rtol=0, atol=1e-10)
        np.testing.assert_allclose(
            result.force_deviations, np.sqrt(((forces - forces.mean(axis=0)) ** 2).sum(axis=2).mean(axis=0)), rtol=1e-9
        )
        np.testing.assert_allclose(result.stress, np.mean([one.stress for one in alone], axis=0), rtol=0, atol=1e-12)
        self.assertEqual(len(committee.info), 3)
        self.assertEqual(committee.cutoff, max(one["cutoff"] for one in committee.info))

    def test_one_potential_has_no_deviations(self):
        result = evaluate(spinconv.Potential(tiny_potential), ethanol())
        self.assertIsNone(result.energy_deviation)
        self.assertIsNone(result.force_deviations)

    def test_of_potentials_with_common_elements_take_these(self):
        committee = spinconv.Potential(tiny_potential, committee=[water_potential], elements=["H", "O"])
        self.assertEqual(committee.elements, ["H", "O"])
        result = committee.evaluate([8, 1, 1], [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
        self.assertGreater(result.energy_deviation, 0.0)


class Copies(unittest.TestCase):
    def test_give_the_same_bits(self):
        potential = spinconv.Potential(ethanol_potential, precision="double", skin=0.5)
        expected = evaluate(potential, ethanol()).forces
        for other in (pickle.loads(pickle.dumps(potential)), copy.deepcopy(potential)):
            self.assertIsNot(other, potential)
            self.assertEqual(other.info[0]["precision"], "double")
            np.testing.assert_array_equal(evaluate(other, ethanol()).forces, expected)


class Threads(unittest.TestCase):
    def test_others_run_while_a_structure_is_evaluated(self):
        potential = spinconv.Potential(ethanol_potential, precision="double", implementation="graph")
        atoms = triclinic().repeat((3, 3, 3))
        started, ended = threading.Event(), threading.Event()

        def work():
            started.set()
            evaluate(potential, atoms)
            ended.set()

        thread = threading.Thread(target=work)
        thread.start()
        started.wait()
        turns = 0
        while not ended.is_set():
            time.sleep(0.001)
            turns += 1
        thread.join()
        # with Python's lock held there would be one or two
        self.assertGreater(turns, 10)

    def test_share_a_potential(self):
        potential = spinconv.Potential(tiny_potential)
        structures = [triclinic(), ethanol(), triclinic().repeat((2, 1, 1))]
        expected = [evaluate(potential, one).forces for one in structures]
        wrong = []

        def work(turn):
            for k in range(30):
                which = (turn + k) % 3
                if not np.array_equal(evaluate(potential, structures[which]).forces, expected[which]):
                    wrong.append(which)

        threads = [threading.Thread(target=work, args=(turn,)) for turn in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
