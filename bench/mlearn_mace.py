#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""MACE on the frames that bench/mlearn.py wrote, for so many minutes of CPU time on one core, and its errors by group.

  bench/mlearn_mace.py OUTPUT_FOLDER ELEMENT [MINUTES]

OUTPUT_FOLDER is that of bench/mlearn.py. Model and settings are those of bench/peers.py, with the stress in the loss;
the schedule has the length of the run (MINUTES: 8). Ten of the training frames validate. MACE is installed as
bench/peers.py says. The model, for bench/materials.py, and the Python to run that with are printed.
"""
import glob
import os
import re
import shutil
import sys

import numpy as np

import peers
from extxyz_frames import energy_of, forces_of, frames_of, matrix_of, write

VALIDATION = 10


def renamed(frame):
    """With the keys that MACE wants labels under."""
    comment = re.sub(r"\bforces:R:3", "REF_forces:R:3", frame[1])
    comment = re.sub(r"(^| )(energy|stress)=", r"\1REF_\2=", comment)
    return [frame[0], comment, *frame[2:]]


def fit(programs, folder, epochs):
    """[CPU seconds] until each epoch was done."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    settings = {"name": "model", "model": "MACE", "train_file": "../mace_train.extxyz", "valid_file": "../mace_valid.extxyz",
                "E0s": "average", "r_max": 5.0, "num_channels": 64, "max_L": 0, "batch_size": 5, "max_num_epochs": epochs,
                "start_stage_two": max(1, round(0.8 * epochs)), "ema_decay": 0.99, "default_dtype": "float32",
                "loss": "stress", "compute_stress": True, "device": "cpu", "seed": 1, "plot": False}

    def curve():
        with open(f"{folder}/fit.log") as f:
            return re.findall(r"Epoch \d+: .*loss=", f.read())
    command = [f"{programs}/mace_run_train", "--ema", "--amsgrad", "--stage_two"]
    at = peers.run([*command, *(f"--{key}={value}" for key, value in settings.items())], folder, "fit.log", curve)
    if len(at) != epochs:
        sys.exit(f"mlearn_mace.py: error: {epochs} epochs were asked for, the log has {len(at)}: see {folder}/fit.log")
    return [cpu for cpu, _ in at]


def row(name, programs, folder, model, path):
    write([renamed(frame) for frame in frames_of(path)], f"{folder}/labelled.extxyz")
    peers.run([f"{programs}/mace_eval_configs", "--configs=labelled.extxyz", f"--model={model}", "--compute_stress",
               "--default_dtype=float32", "--output=predicted.extxyz"], folder, "test.log")
    energies, forces, stresses = [], [], []
    for truth, found in zip(frames_of(path), frames_of(f"{folder}/predicted.extxyz")):
        columns = re.search(r"Properties=(\S+)", found[1])[1].split(":")
        at = sum(int(size) for size in columns[2:columns.index("MACE_forces"):3])
        energy = float(re.search(r"MACE_energy=(\S+)", found[1])[1])
        energies.append((energy - energy_of(truth)) / (len(truth) - 2))
        forces += [np.array(line.split()[at:at + 3], dtype=float) for line in found[2:]] - forces_of(truth),
        stresses.append(matrix_of(found, "MACE_stress") - matrix_of(truth, "stress"))
    forces = np.concatenate(forces)
    print(f"| {name} | {len(energies)} | {1e3 * np.abs(energies).mean():.2f} | {1e3 * np.abs(forces).mean():.1f} | "
          f"{1e3 * np.sqrt((forces ** 2).mean()):.1f} | {160.2177 * np.abs(stresses).mean():.3f} |", flush=True)


def main():
    if len(sys.argv) < 3 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    output, element = os.path.abspath(sys.argv[1]), sys.argv[2]
    seconds = 60 * float(sys.argv[3] if len(sys.argv) > 3 else 8)
    if not os.path.exists(f"{output}/{element}_test.extxyz"):
        sys.exit(f"mlearn_mace.py: error: no {output}/{element}_test.extxyz: bench/mlearn.py writes it")
    programs = peers.environment("mace")
    frames = [renamed(frame) for frame in frames_of(f"{output}/{element}_train.extxyz")]
    order = np.random.default_rng(1).permutation(len(frames))
    for name, chosen in (("valid", order[:VALIDATION]), ("train", order[VALIDATION:])):
        write([frames[i] for i in chosen], f"{output}/mace_{name}.extxyz")
    folder = f"{output}/{element}-mace"
    first, second = fit(programs, f"{output}/{element}-mace-pilot", 2)
    epochs = max(2, round((seconds - first) / (second - first)) + 1)
    used = fit(programs, folder, epochs)[-1]
    # a run of two epochs has no second stage
    model = next(m for m in ("model_stagetwo.model", "model.model") if os.path.exists(f"{folder}/{m}"))
    print(f"{epochs} epochs, {used:.0f} CPU s: {folder}/{model}; Python: {programs}/python\n")
    print("| frames | number | energy, meV/atom | force, meV/Å | force, RMSE | stress, GPa |\n|---|---|---|---|---|---|")
    row(f"{element}, MACE, all", programs, folder, model, f"{output}/{element}_test.extxyz")
    for path in sorted(glob.glob(f"{output}/{element}_*.extxyz")):
        group = os.path.basename(path)[len(element) + 1:-len(".extxyz")]
        if group not in ("train", "test"):
            row(group, programs, folder, model, path)


main()
