#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""The twelve properties of QM9, each learned for the same CPU time, as a table of test errors.

  bench/qm9_table.py DATA OUTPUT_FOLDER [SECONDS [FRAMES]]

DATA is QM9 as .npz (docs/qm9.md). About FRAMES of its molecules are used, at equal distances (default
4000; 0: all): 80 % to train, 10 % each to validate and to test. SECONDS is the CPU time of the optimization of each
target on one thread (default 90); the number of epochs follows from a measured epoch. "composition" is the error of what the elements alone explain, by least squares. spinconv-train is
looked for on PATH (scripts/env.sh).
"""
import json
import os
import sys

import numpy

from training_budget import fit_for, output_of

HARTREE = 27211.386245988  # meV

# the order of Table 7 of Shuaibi et al., arXiv:2106.09575
TARGETS = ["alpha", "gap", "homo", "lumo", "mu", "Cv", "G", "H", "r2", "U", "U0", "zpve"]
CONFIG = """data:
  file: {data}
  target: {target}
  split: {{train: rest, validation: 10%, test: 10%, seed: 1}}
model:
  preset: small
  sphere: harmonics
  l_max: 3
  m_max: 3
  gaussians: 32
  gaussian_width: 1
  cutoff: 4.5
  layers: 2
  hidden_channels: 32
training:
  batch_size: 10
  learning_rate: 4e-3
  optimizer: adam
  schedule: {{warmup_steps: 50}}
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


def main():
    if len(sys.argv) not in (3, 4, 5) or "-h" in sys.argv or "--help" in sys.argv:
        sys.exit(__doc__)
    data, output = (os.path.abspath(p) for p in sys.argv[1:3])
    budget = float(sys.argv[3]) if len(sys.argv) > 3 else 90.0
    frames = int(sys.argv[4]) if len(sys.argv) > 4 else 4000
    file = numpy.load(data)
    step = max(1, len(file["n_atoms"]) // frames) if frames else 1
    print("| target | unit | composition | SpinConv here | epochs |")
    print("|---|---|---|---|---|", flush=True)
    for target in TARGETS:
        folder = os.path.join(output, target)
        os.makedirs(folder, exist_ok=True)
        config = os.path.join(folder, "fit.yaml")
        with open(config, "w") as f:
            f.write(CONFIG.format(data=data, target=target, output=folder))
        epochs = fit_for(config, {"data.frames": f"::{step}"}, budget,
                         {"data.frames": f"::{8 * step}"}, 8.0)
        metadata = json.loads(output_of("info", os.path.join(folder, "model.pt"), "--json"))
        errors = metadata["errors"]["test"]
        print(f"| {target} | {errors['unit']} | "
              f"{composition_error(file, target, step, errors['unit']):.3g} | "
              f"{errors['target_mae']:.3g} | {epochs} |", flush=True)


main()
