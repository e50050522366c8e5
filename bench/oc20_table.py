#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Variants of the model trained for the same CPU time on OC20 trajectories, as a table.

  bench/oc20_table.py TRAINING_FOLDER HELD_OUT_FOLDER OUTPUT_FOLDER [SECONDS [TRAININGS]]

The folders hold trajectories of one system each (.extxyz.xz, raw energies). Every 8th frame is
learned; every 8th frame from the 4th on and the held-out systems are for the test. SECONDS is the
CPU time of the optimization of each variant on one thread (default 120); the number of epochs follows
from a measured epoch. Each variant is trained TRAININGS times (default 3) with seeds of their own; cells
have the mean and, after it, half of what lies between the lowest and the highest. What an interrupted run
has finished is kept in OUTPUT_FOLDER. spinconv-train is looked for on PATH (scripts/env.sh).
"""
import json
import math
import os
import re
import sys

import numpy

from extxyz_frames import forces_of, frames_of
from training_budget import epochs_for, errors_of, fit, info_of, run

PAPER = {"model.sphere": "harmonics", "model.l_max": "3", "model.m_max": "3", "model.gaussians": "32",
         "model.gaussian_width": "1"}
VARIANTS = [
    ("both ends, Muon", {"training.optimizer": "muon", "training.loss.type": "norm"}),
    ("harmonics, energy-centric", PAPER),
    ("harmonics, no convolution, energy-centric", {**PAPER, "model.roll": "none"}),
    ("grid 12 x 8, energy-centric", {"model.preset": "grid"}),
    ("grid 12 x 8, no convolution, energy-centric", {"model.preset": "grid", "model.roll": "none"}),
    ("harmonics, force-centric, 1 rotation", {**PAPER, "model.forces": "direct"}),
    ("harmonics, force-centric, 5 rotations",
     {**PAPER, "model.forces": "direct", "model.force_rotations": "5"}),
    ("harmonics, force-only, 5 rotations",
     {**PAPER, "model.forces": "direct", "model.force_rotations": "5", "training.loss.energy_weight": "0"}),
    ("grid 12 x 8, force-centric, 1 rotation", {"model.preset": "grid", "model.forces": "direct"}),
    ("grid 12 x 8, force-centric, 5 rotations",
     {"model.preset": "grid", "model.forces": "direct", "model.force_rotations": "5"}),
]
CONFIG = """data:
  file: {train}
  reference: last
  max_energy: 10
  max_force: 50
  frames: "::8"
  split: {{train: rest, validation: 0}}
model:
  preset: small
  cutoff: 4.5
  layers: 2
  hidden_channels: 32
training:
  batch_size: 1
  learning_rate: 3e-3
  optimizer: adam
  schedule: {{warmup_steps: 50}}
  loss: {{type: l1, energy_weight: 1, force_weight: 100}}
output:
  folder: {output}
  name: model
"""
SELECTION = ["--reference", "last", "--max-energy", "10", "--max-force", "50"]
DRAWS = 8


def spread(potential, data, folder, rotations):
    """Root mean square over atoms of the standard deviation of a force component over DRAWS draws of
    the rotations, in meV/A."""
    draws = []
    for seed in range(1, DRAWS + 1):
        path = os.path.join(folder, "predictions.extxyz")
        run("evaluate", potential, data, *SELECTION, "--frames", "::4", "--force-rotations",
            rotations, "--force-seed", str(seed), "--predictions", path)
        draws.append(numpy.concatenate([forces_of(frame) for frame in frames_of(path)]))
    return 1000.0 * numpy.sqrt(numpy.var(draws, axis=0, ddof=1).mean())


def errors(potential, data, frames):
    return errors_of(potential, data, *SELECTION, "--frames", frames, "--task", "s2ef")["s2ef"]


def trained(folder, name, settings, train, held_out, budget, seed, epochs):
    """Figures of one training, kept in its folder. epochs: None where the budget is to be measured."""
    kept = os.path.join(folder, "figures.json")
    if os.path.exists(kept):
        with open(kept) as f:
            return json.load(f)
    os.makedirs(folder, exist_ok=True)
    config = os.path.join(folder, "fit.yaml")
    with open(config, "w") as f:
        f.write(CONFIG.format(train=train, output=folder))
    settings = {**settings, "training.seed": str(seed)}
    if epochs is None:
        epochs = epochs_for(config, settings, budget, {"data.frames": "::32"}, 4.0)
    fit(config, settings, epochs)
    potential = os.path.join(folder, "model.pt")
    same = errors(potential, train, "4::8")
    figures = {"epochs": epochs, "parameters": info_of(potential)["parameters"],
               "force": 1000 * same["force_mae_ev_a"], "cosine": same["force_cos"],
               "energy": math.nan if "force-only" in name else same["energy_mae_ev"]}
    for system in sorted(os.listdir(held_out)):
        other = errors(potential, os.path.join(held_out, system), "::4")
        figures[f"force {system}"] = 1000 * other["force_mae_ev_a"]
        figures[f"cosine {system}"] = other["force_cos"]
    figures["spread"] = 0.0
    if "model.forces" in settings:
        rotations = settings.get("model.force_rotations", "1")
        figures["spread"] = spread(potential, held_out, folder, rotations)
    with open(kept, "w") as f:
        json.dump(figures, f)
    return figures


def cell(trainings, key, digits):
    values = [figures[key] for figures in trainings]
    if math.isnan(values[0]):
        return "-"
    half = (max(values) - min(values)) / 2
    return f"{sum(values) / len(values):.{digits}f}" + (f" ± {half:.{digits}f}" if half > 0 else "")


def main():
    if len(sys.argv) not in (4, 5, 6) or "-h" in sys.argv or "--help" in sys.argv:
        sys.exit(__doc__)
    train, held_out, output = (os.path.abspath(p) for p in sys.argv[1:4])
    budget = float(sys.argv[4]) if len(sys.argv) > 4 else 120.0
    count = int(sys.argv[5]) if len(sys.argv) > 5 else 3
    systems = sorted(os.listdir(held_out))
    names = [system.split(".")[0] for system in systems]
    print("| model | parameters | epochs | force MAE | cosine | energy MAE | "
          + " | ".join(f"{name}: force MAE | cosine" for name in names) + " | spread over rotations |")
    print("|" + "---|" * (7 + 2 * len(names)), flush=True)
    for name, settings in VARIANTS:
        folder = os.path.join(output, re.sub("[^a-z0-9]+", "-", name.lower()))
        trainings, epochs = [], None
        for seed in range(1, count + 1):
            trainings.append(trained(os.path.join(folder, str(seed)), name, settings, train, held_out,
                                     budget, seed, epochs))
            epochs = trainings[0]["epochs"]
        others = " | ".join(f"{cell(trainings, f'force {system}', 1)} | {cell(trainings, f'cosine {system}', 3)}"
                            for system in systems)
        print(f"| {name} | {trainings[0]['parameters']} | {epochs} | {cell(trainings, 'force', 1)} | "
              f"{cell(trainings, 'cosine', 3)} | {cell(trainings, 'energy', 2)} | {others} | "
              f"{cell(trainings, 'spread', 1)} |", flush=True)


main()
