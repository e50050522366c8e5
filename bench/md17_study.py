#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""What makes SpinConv learn from 1000 frames: one change at a time, trained for as many epochs.

  bench/md17_study.py TRAIN.npz TEST.npz OUTPUT_FOLDER [EPOCHS [VARIANT...]]

Each variant trains on 950 frames for EPOCHS (default 6) with a schedule of that length. Writes rows
of a table to standard output, with the cost of an epoch relative to that of the first variant, both
measured side by side; OUTPUT_FOLDER/NAME holds configuration, log and potential, and
OUTPUT_FOLDER/curves.png the learning curves. VARIANT: names from the list in this file; those already
in OUTPUT_FOLDER are not trained again. spinconv-train is looked for on PATH (scripts/env.sh); the
figure needs matplotlib.
"""
import csv
import os
import sys

from training_budget import errors_of, fit, info_of, planned_step

PAPER = {"model.sphere": "harmonics", "model.gaussians": "32"}
VARIANTS = {
    "base": {},
    "seed 2": {"training.seed": "2"},
    "seed 3": {"training.seed": "3"},
    "Adam": {"training.optimizer": "adam"},
    "Adam, paper's blocks": {"training.optimizer": "adam", **PAPER},
    "paper's blocks": PAPER,
    "l_max 3": {"model.l_max": "3"},
    "l_max 2": {"model.l_max": "2"},
    "m_max 1": {"model.m_max": "1"},
    "2 layers": {"model.layers": "2"},
    "l_max 3, 2 layers": {"model.l_max": "3", "model.layers": "2"},
    "D 128": {"model.hidden_channels": "128"},
    "M, C 24, l_max 3": {"model.message_channels": "24", "model.product_channels": "24", "model.l_max": "3"},
    "D 128, M, C, Ce 32": {"model.hidden_channels": "128", "model.message_channels": "32",
                           "model.product_channels": "32", "model.directed_channels": "32"},
    "cutoff 4": {"model.cutoff": "4"},
    "32 Gaussians": {"model.gaussians": "32"},
    "batch 2": {"training.batch_size": "2"},
    "batch 5": {"training.batch_size": "5"},
    "L1 loss": {"training.loss.type": "l1"},
    "Huber loss": {"training.loss.type": "huber"},
    "energy weight 10": {"training.loss.energy_weight": "10"},
    "learning rate 2e-3": {"training.learning_rate": "2e-3"},
    "learning rate 8e-3": {"training.learning_rate": "8e-3"},
    "plateau schedule": {"training.schedule.type": "plateau", "training.schedule.plateau_factor": "0.5",
                         "training.schedule.plateau_patience": "1"},
    "EMA 0.99": {"training.ema_decay": "0.99"},
    "3 iterations": {"training.muon_iterations": "3"},
    "4 iterations": {"training.muon_iterations": "4"},
    "gradients not clipped": {"training.muon_clip": "0"},
}
CONFIG = """data:
  file: {train}
  split: {{train: 950, validation: 50, seed: 1}}
model:
  preset: medium
training:
  seed: 1
  batch_size: 1
  learning_rate: 4.0e-3
  ema_decay: 0.998
  loss: {{type: norm, energy_weight: 1, force_weight: 100}}
  schedule: {{type: cosine, warmup_steps: 200}}
output:
  folder: {output}
  name: model
"""


def learning_curve(folder):
    """Validation force MAE in meV/A after each epoch."""
    with open(os.path.join(folder, "log.csv")) as f:
        return [1000 * float(row["validation_force_mae_ev_a"]) for row in csv.DictReader(f)]


def milestones(values):
    """Of a learning curve, what it has come to at a quarter, a half and the end of the training."""
    at = [max(0, round(len(values) * part) - 1) for part in (0.25, 0.5, 1.0)]
    return [f"{values[i]:.1f}" for i in at]


def relative_cost(config, settings):
    """Time of a frame in training over that of the base, the fastest of three taken in turns."""
    best = {}
    for _ in range(3):
        for name, changed in (("base", {}), ("variant", settings)):
            seconds, frames, _ = planned_step(config, changed)
            best[name] = min(best.get(name, 1e9), seconds / frames)
    return best["variant"] / best["base"]


def row(name, config, folder, train, test, epochs):
    with open(config, "w") as f:
        f.write(CONFIG.format(train=train, output=folder))
    cost = relative_cost(config, VARIANTS[name])
    fit(config, VARIANTS[name], epochs)
    potential = os.path.join(folder, "model.pt")
    e = errors_of(potential, test)
    parameters = info_of(potential)["parameters"]
    quarter, half, end = milestones(learning_curve(folder))
    return (f"| {name} | {parameters} | {cost:.2f} | {quarter} | {half} | {end} | "
            f"{1000 * e['force_mae_ev_a']:.2f} | {1000 * e['energy_mae_ev']:.2f} |\n")


def plot(curves, path):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    figure, axis = plt.subplots(figsize=(9, 5), layout="constrained")
    for k, (name, values) in enumerate(sorted(curves.items(), key=lambda item: -item[1][-1])):
        axis.plot(range(1, len(values) + 1), values, color=plt.colormaps["viridis"](k / max(1, len(curves) - 1)),
                  label=f"{values[-1]:.1f}  {name}")
    axis.set_yscale("log")
    axis.set_xlabel("epoch")
    axis.set_ylabel("validation force MAE (meV/Å)")
    figure.legend(title="at the end", frameon=False, fontsize=8, loc="outside right upper")
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def main():
    if len(sys.argv) < 4 or "-h" in sys.argv or "--help" in sys.argv:
        sys.exit(__doc__)
    train, test, output = (os.path.abspath(p) for p in sys.argv[1:4])
    epochs = int(sys.argv[4]) if len(sys.argv) > 4 else 6
    names = sys.argv[5:] or list(VARIANTS)
    unknown = [name for name in names if name not in VARIANTS]
    if unknown:
        sys.exit(f"md17_study.py: error: no variant {unknown[0]}; there are: {', '.join(VARIANTS)}")
    print("| variant | parameters | time of an epoch | validation F at 1/4 | 1/2 | end | "
          "test force MAE, meV/A | test energy MAE, meV |\n|---|---|---|---|---|---|---|---|",
          flush=True)
    curves = {}
    for name in names:
        folder = os.path.join(output, name.replace(" ", "-"))
        row_file = os.path.join(folder, "row.md")
        if not os.path.exists(row_file):
            os.makedirs(folder, exist_ok=True)
            text = row(name, os.path.join(folder, "fit.yaml"), folder, train, test, epochs)
            with open(row_file, "w") as f:
                f.write(text)
        with open(row_file) as f:
            print(f.read(), end="", flush=True)
        curves[name] = learning_curve(folder)
    plot(curves, os.path.join(output, "curves.png"))


main()
