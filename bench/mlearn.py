#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Potentials of elemental crystals from the mlearn sets (Zuo et al. 2020), and their errors by group.

  bench/mlearn.py DATA_FOLDER OUTPUT_FOLDER ELEMENT [EPOCHS [SEEDS]]

DATA_FOLDER holds mlearn_ELEMENT_train.extxyz.xz and, of Li and Si, mlearn_ELEMENT_test.extxyz.xz (energy, forces,
stress). Of the others every tenth training frame is for the test. Shear stresses that stand at each other's place are
put where they belong (docs/materials.md). Trains with examples/train/mlearn.yaml, energies of isolated atoms from the
measured cohesive energies and, of Ge and Mo, a larger weight of energies, or goes on where it was interrupted, once for
each seed (SEEDS: 1, or 1,2,3,4 for a committee); prints a row for each group of test frames. spinconv-train is
looked for on PATH (scripts/env.sh).
"""
import os
import sys

from extxyz_frames import energy_of, frames_of, group_of, matrix_of, with_matrix, write
from training_budget import errors_of, finished, fit_or_resume

CONFIG = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../examples/train/mlearn.yaml")

# groups whose labels have the stress yz at the place of xz, and xz at that of yz
EXCHANGED = {
    "Ge": ("AIMD-NVT", "Surface", "Vacancy"),
    "Li": (),
    "Mo": ("AIMD-NVT", "Elastic", "Surface", "Vacancy"),
    "Si": ("AIMD-NVT", "Surface", "Vacancy"),
}
ENERGY_WEIGHT = {"Ge": "10", "Mo": "10"}  # with 1 their slabs are not learned (docs/materials.md)
COHESIVE = {"Ge": 3.85, "Li": 1.63, "Mo": 6.82, "Si": 4.63}  # eV/atom, measured (Kittel, Introduction to Solid State Physics)


def mended(frame, element):
    """With its shear stresses where they belong."""
    if group_of(frame) not in EXCHANGED[element]:
        return frame
    stress = matrix_of(frame, "stress")
    xz, yz = stress[0, 2], stress[1, 2]
    stress[0, 2] = stress[2, 0] = yz
    stress[1, 2] = stress[2, 1] = xz
    return with_matrix(frame, "stress", stress)


def isolated_atom(element, frames):
    """Energy of an atom alone (eV), which no frame has: that of the crystal in the frames and the cohesive energy."""
    return min(energy_of(frame) / (len(frame) - 2) for frame in frames) + COHESIVE[element]


def split(data, element):
    """Training frames, those of the test left out, and test frames."""
    def read(path):
        return [mended(frame, element) for frame in frames_of(path)]

    train = read(os.path.join(data, f"mlearn_{element}_train.extxyz.xz"))
    published = os.path.join(data, f"mlearn_{element}_test.extxyz.xz")
    test = read(published) if os.path.exists(published) else train[5::10]
    tested = {(len(frame), round(energy_of(frame), 5)) for frame in test}
    return [frame for frame in train if (len(frame), round(energy_of(frame), 5)) not in tested], test


HEADER = "| frames | number | energy, meV/atom | force, meV/Å | force, RMSE | stress, GPa |\n|---|---|---|---|---|---|"


def print_row(name, n, energy, force, rmse, stress):
    """Errors in eV/atom, eV/Angstrom and eV/Angstrom^3, the last one None where there is none."""
    print(f"| {name} | {n} | {1000 * energy:.2f} | {1000 * force:.1f} | {1000 * rmse:.1f} | "
          f"{'' if stress is None else f'{160.2177 * stress:.3f}'} |", flush=True)


def row(name, e):
    print_row(name, e["n_frames"], e["energy_mae_per_atom_ev"], e["force_mae_ev_a"], e["force_rmse_ev_a"],
              e.get("stress_mae_ev_a3"))


def main():
    if len(sys.argv) < 4 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    if sys.argv[3] not in EXCHANGED:
        sys.exit(f"mlearn.py: error: {sys.argv[3]} is none of {', '.join(EXCHANGED)}")
    data, output, element = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3]
    changed = {"training.epochs": sys.argv[4]} if len(sys.argv) > 4 else {}
    if element in ENERGY_WEIGHT:
        changed["training.loss.energy_weight"] = ENERGY_WEIGHT[element]
    seeds = sys.argv[5].split(",") if len(sys.argv) > 5 else ["1"]
    os.makedirs(output, exist_ok=True)
    os.chdir(output)
    train, test = split(data, element)
    write(train, f"{element}_train.extxyz")
    write(test, f"{element}_test.extxyz")
    changed["training.isolated_atoms"] = f"{{{element}: {isolated_atom(element, train):.3f}}}"
    config = f"{element}.yaml"
    with open(CONFIG) as f, open(config, "w") as to:
        to.write(f.read().replace("ELEMENT", element))
    print(HEADER)
    for seed in seeds:
        folder = f"{element}-{seed}"
        settings = {**changed, "training.seed": seed}
        potential = f"{folder}/mlearn-{element}.pt"
        if not finished(potential):
            fit_or_resume(config, folder, settings)
        errors = errors_of(potential, f"{element}_test.extxyz")
        row(f"{element}, seed {seed}, all", errors)
        if seed == seeds[0]:
            for group, of_group in errors["per_group"].items():
                row(group, of_group)


if __name__ == "__main__":
    main()
