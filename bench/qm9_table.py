#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Properties of QM9, each learned from all molecules of a file but 2000, as a table of test errors.

  bench/qm9_table.py DATA OUTPUT_FOLDER EPOCHS [BATCH_SIZE [DEVICE [TARGET...]]]

DATA is QM9 as .npz (docs/qm9.md); 1000 molecules validate and 1000 are for the test. BATCH_SIZE: 8; DEVICE: cpu (default) or cuda;
TARGETs: all twelve. What is finished in OUTPUT_FOLDER is not trained again, and what was interrupted goes on. "composition" is the
error of what the elements alone explain, by least squares over the whole file. spinconv-train is looked for on PATH (scripts/env.sh).
"""
import os
import sys

import numpy

from training_budget import finished, fit_or_resume, info_of

HARTREE = 27211.386245988  # meV

# the order of Table 7 of Shuaibi et al., arXiv:2106.09575
TARGETS = ["alpha", "gap", "homo", "lumo", "mu", "Cv", "G", "H", "r2", "U", "U0", "zpve"]
CONFIG = """data:
  file: {data}
  target: {target}
  split: {{train: rest, validation: 1000, test: 1000, seed: 1}}
model:
  preset: small
training:
  seed: 1
  learning_rate: 4e-3
  ema_decay: 0.998
  schedule: {{type: cosine, warmup_steps: 200}}
output:
  name: {target}
"""


def compositions(file):
    """Numbers of atoms of each element, and 1, of each molecule."""
    ends = numpy.cumsum(file["n_atoms"])
    return numpy.array([[numpy.count_nonzero(atoms == z) for z in (1, 6, 7, 8, 9)] + [1]
                        for atoms in numpy.split(file["z"], ends[:-1])])


def composition_error(counts, values):
    """Mean absolute error of the least squares of a target on the composition."""
    solution = numpy.linalg.lstsq(counts, values, rcond=None)[0]
    return numpy.abs(counts @ solution - values).mean()


def main():
    if len(sys.argv) < 4 or "-h" in sys.argv or "--help" in sys.argv:
        sys.exit(__doc__)
    data, output = (os.path.abspath(p) for p in sys.argv[1:3])
    settings = {"training.epochs": sys.argv[3], "training.batch_size": sys.argv[4] if len(sys.argv) > 4 else "8",
                "training.device": sys.argv[5] if len(sys.argv) > 5 else "cpu"}
    targets = sys.argv[6:] or TARGETS
    for target in set(targets) - set(TARGETS):
        sys.exit(f"qm9_table.py: error: no target {target}; valid: {' '.join(TARGETS)}")
    file = numpy.load(data)
    counts = compositions(file)
    print("| target | unit | composition | SpinConv here |")
    print("|---|---|---|---|", flush=True)
    for target in targets:
        folder = os.path.join(output, target)
        os.makedirs(folder, exist_ok=True)
        config, potential = os.path.join(folder, "fit.yaml"), os.path.join(folder, f"{target}.pt")
        with open(config, "w") as f:
            f.write(CONFIG.format(data=data, target=target))
        if not finished(potential):
            fit_or_resume(config, folder, settings)
        errors = info_of(potential)["errors"]["test"]
        values = file[target] * (HARTREE if errors["unit"] == "meV" else 1.0)
        print(f"| {target} | {errors['unit']} | {composition_error(counts, values):.3g} | "
              f"{errors['target_mae']:.3g} |", flush=True)


main()
