#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""One potential for the ten molecules of rMD17, its errors molecule by molecule, and what it is worth as the
beginning of an eleventh molecule's (docs/md17.md).

  bench/rmd17_together.py DATA_FOLDER OUTPUT_FOLDER [EPOCHS [ACAC_FOLDER]]

DATA_FOLDER has rmd17_MOLECULE_train.npz and rmd17_MOLECULE_test.npz (split 01). Trains with examples/train/rmd17.yaml
on 950 frames of each molecule, or goes on where it was interrupted (EPOCHS: 20). With ACAC_FOLDER, which has
acac_train_300K.extxyz.xz and acac_test_MD_300K.extxyz.xz of BOTNet's set, it then learns 50 frames of
acetylacetone, from the potential of the ten and from random weights, twice as many epochs each time (25, 50, 100).
spinconv-train is looked for on PATH (scripts/env.sh).
"""
import os
import sys

from training_budget import errors_of, fit_or_resume, output_of

CONFIG = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../examples/train/rmd17.yaml")
MOLECULES = ["aspirin", "azobenzene", "benzene", "ethanol", "malonaldehyde", "naphthalene", "paracetamol",
             "salicylic", "toluene", "uracil"]


def train(folder, settings):
    """Trains into a folder, or goes on."""
    config = f"{folder}.yaml"
    if not os.path.exists(config):
        with open(CONFIG) as f:
            # one file of all molecules; tests are evaluated one by one
            lines = [line for line in f if not line.startswith("  test: ")]
        with open(config, "w") as f:
            f.writelines(lines)
    fit_or_resume(config, folder, settings)


def errors(potential, data):
    e = errors_of(potential, data)
    return 1000 * e["force_mae_ev_a"], 1000 * e["energy_mae_ev"]


def together(data, epochs):
    for name in MOLECULES:
        for part in ("train", "test"):
            file = f"rmd17_{name}_{part}.npz"
            if not os.path.lexists(file):
                os.symlink(os.path.join(data, file), file)
    if not os.path.exists("frames"):
        output_of("prepare", *(f"rmd17_{name}_train.npz" for name in MOLECULES), "frames")
    train("together", {"data.file": "frames", "data.split": "{train: rest, validation: 500, seed: 1}",
                       "training.epochs": epochs, "output.name": "rmd17",
                       "output.description": "ten molecules in the gas phase, trajectories at 500 K, PBE/def2-SVP"})
    print("| molecule | F | E |\n|---|---|---|")
    for name in MOLECULES:
        force, energy = errors("together/rmd17.pt", f"rmd17_{name}_test.npz")
        print(f"| {name} | {force:.2f} | {energy:.2f} |", flush=True)


def eleventh(data):
    for part in ("train_300K", "test_MD_300K"):
        file = f"acac_{part}.extxyz.xz"
        if not os.path.lexists(file):
            os.symlink(os.path.join(data, file), file)
    print("\n| begun with | learning rate | epochs | F | E |\n|---|---|---|---|---|")
    for beginning, rate, init in (("the ten", "1e-3", "together/rmd17.pt"), ("random weights", "4e-3", None)):
        for epochs in (25, 50, 100):
            folder = f"acac-{'ten' if init else 'random'}-{epochs}"
            train(folder, {"data.file": "acac_train_300K.extxyz.xz", "training.epochs": epochs,
                           "data.split": "{train: 45, validation: 5, seed: 1}", "training.learning_rate": rate,
                           "training.schedule.warmup_steps": 50, "output.name": "acac",
                           "output.description": "acetylacetone in the gas phase, PBE+D3/def2-SVP",
                           **({"model.init": init} if init else {})})
            force, energy = errors(f"{folder}/acac.pt", "acac_test_MD_300K.extxyz.xz")
            print(f"| {beginning} | {rate} | {epochs} | {force:.2f} | {energy:.2f} |", flush=True)


def main():
    if len(sys.argv) < 3 or "-h" in sys.argv or "--help" in sys.argv:
        sys.exit(__doc__)
    data, output = (os.path.abspath(p) for p in sys.argv[1:3])
    acac = os.path.abspath(sys.argv[4]) if len(sys.argv) > 4 else None
    os.makedirs(output, exist_ok=True)
    # relative paths: a potential keeps the command and the configuration
    os.chdir(output)
    together(data, int(sys.argv[3]) if len(sys.argv) > 3 else 20)
    if acac:
        eleventh(acac)


main()
