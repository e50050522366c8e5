#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""The twelve properties of QM9, each learned for the same CPU time, as a table of test errors.

  bench/qm9_table.py DATA OUTPUT_FOLDER [SECONDS [FRAMES [TARGET...]]]

DATA is QM9 as .npz (docs/qm9.md). About FRAMES of its molecules are used, at equal distances (default
4000; 0: all): 80 % to train, 10 % each to validate and to test. SECONDS is the CPU time of the optimization of each
target on one thread (default 90); the number of epochs follows from a measured epoch. TARGETs: all twelve. What is finished in
OUTPUT_FOLDER is not trained again, and what was interrupted goes on. "composition" is the error of what the elements alone
explain, by least squares. spinconv-train is looked for on PATH (scripts/env.sh).
"""
import os
import sys

import numpy

from training_budget import epochs_for, finished, fit_or_resume, info_of

HARTREE = 27211.386245988  # meV

# the order of Table 7 of Shuaibi et al., arXiv:2106.09575
TARGETS = ["alpha", "gap", "homo", "lumo", "mu", "Cv", "G", "H", "r2", "U", "U0", "zpve"]
CONFIG = """data:
  file: {data}
  target: {target}
  split: {{train: rest, validation: 10%, test: 10%, seed: 1}}
model:
  preset: small
training:
  batch_size: 8
  learning_rate: 4e-3
  ema_decay: 0.998
  schedule: {{type: cosine, warmup_steps: 100}}
output:
  folder: {output}
  name: model
"""


def composition_error(file, target, step, unit):
    """Mean absolute error of the least squares of a target on the composition, of all molecules used."""
    ends = numpy.cumsum(file["n_atoms"])
    counts = numpy.array([[numpy.count_nonzero(atoms == z) for z in (1, 6, 7, 8, 9)] + [1]
                          for atoms in numpy.split(file["z"], ends[:-1])[::step]])
    values = file[target][::step] * (HARTREE if unit == "meV" else 1.0)
    solution = numpy.linalg.lstsq(counts, values, rcond=None)[0]
    return numpy.abs(counts @ solution - values).mean()


def train(folder, settings, budget, part, factor):
    """Trains fit.yaml of a folder, or goes on; the metadata of the potential, and the number of epochs."""
    config, plan = os.path.join(folder, "fit.yaml"), os.path.join(folder, "epochs.txt")
    if os.path.exists(plan):
        with open(plan) as f:
            epochs = f.read().strip()
    else:
        epochs = str(epochs_for(config, settings, budget, part, factor))
        with open(plan, "w") as f:
            f.write(f"{epochs}\n")
    potential = os.path.join(folder, "model.pt")
    if not finished(potential):
        fit_or_resume(config, folder, {**settings, "training.epochs": epochs})
    return info_of(potential), epochs


def main():
    if len(sys.argv) < 3 or "-h" in sys.argv or "--help" in sys.argv:
        sys.exit(__doc__)
    data, output = (os.path.abspath(p) for p in sys.argv[1:3])
    budget = float(sys.argv[3]) if len(sys.argv) > 3 else 90.0
    frames = int(sys.argv[4]) if len(sys.argv) > 4 else 4000
    targets = sys.argv[5:] or TARGETS
    for target in set(targets) - set(TARGETS):
        sys.exit(f"qm9_table.py: error: no target {target}; valid: {' '.join(TARGETS)}")
    file = numpy.load(data)
    step = max(1, len(file["n_atoms"]) // frames) if frames else 1
    print("| target | unit | composition | SpinConv here | epochs |")
    print("|---|---|---|---|---|", flush=True)
    for target in targets:
        folder = os.path.join(output, target)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "fit.yaml"), "w") as f:
            f.write(CONFIG.format(data=data, target=target, output=folder))
        metadata, epochs = train(folder, {"data.frames": f"::{step}"}, budget, {"data.frames": f"::{8 * step}"}, 8.0)
        errors = metadata["errors"]["test"]
        print(f"| {target} | {errors['unit']} | "
              f"{composition_error(file, target, step, errors['unit']):.3g} | "
              f"{errors['target_mae']:.3g} | {epochs} |", flush=True)


main()
