#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""MACE on the frames that bench/mlearn.py wrote, for so many minutes of CPU time on one core, and its errors by group.

  bench/mlearn_mace.py OUTPUT_FOLDER ELEMENT [MINUTES]

OUTPUT_FOLDER is that of bench/mlearn.py. Model and settings are those of bench/peers.py, with the stress in the loss;
the schedule has the length of the run (MINUTES: 8). Ten of the training frames validate. MACE is installed as
bench/peers.py says. The model, for bench/materials.py, and the Python to run that with are printed.
"""
import os
import re
import shutil
import sys

import numpy as np

import peers
from extxyz_frames import energy_of, forces_of, frames_of, group_of, matrix_of, write
from mlearn import HEADER, print_row

VALIDATION = 10


def renamed(frame):
    """With the keys that MACE wants labels under."""
    comment = re.sub(r"\bforces:R:3", "REF_forces:R:3", frame[1])
    comment = re.sub(r"(^| )(energy|stress)=", r"\1REF_\2=", comment)
    return [frame[0], comment, *frame[2:]]


def fit(folder, data, epochs):
    """[CPU seconds] until each epoch was done, of train.extxyz in `data`."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    command, curve, _ = peers.mace(folder, data, epochs, {"max_L": 0, "loss": "stress", "compute_stress": True}, None, None)
    at = peers.run(command, folder, "fit.log", curve)
    if len(at) != epochs:
        sys.exit(f"mlearn_mace.py: error: {epochs} epochs were asked for, the log has {len(at)}: see {folder}/fit.log")
    return [cpu for cpu, _ in at]


def print_rows(element, programs, folder, model, path):
    """Errors on the frames of a file: of all, and of each group."""
    truth = frames_of(path)
    write([renamed(frame) for frame in truth], f"{folder}/labelled.extxyz")
    peers.run([f"{programs}/mace_eval_configs", "--configs=labelled.extxyz", f"--model={model}", "--compute_stress",
               "--default_dtype=float32", "--output=predicted.extxyz"], folder, "test.log")
    errors = {"all": []}
    for frame, found in zip(truth, frames_of(f"{folder}/predicted.extxyz")):
        error = (abs(energy_of(found, "MACE_energy") - energy_of(frame)) / (len(frame) - 2),
                 forces_of(found, "MACE_forces") - forces_of(frame),
                 np.abs(matrix_of(found, "MACE_stress") - matrix_of(frame, "stress")).mean())
        for group in ("all", group_of(frame)):
            errors.setdefault(group, []).append(error)
    for group, of_group in errors.items():
        energies, forces, stresses = zip(*of_group)
        forces = np.concatenate(forces)
        print_row(f"{element}, MACE, {group}", len(energies), np.mean(energies), np.abs(forces).mean(),
                  np.sqrt((forces ** 2).mean()), np.mean(stresses))


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
    data, folder = f"{output}/{element}-mace-data", f"{output}/{element}-mace"
    os.makedirs(data, exist_ok=True)
    for name, chosen in (("valid", order[:VALIDATION]), ("train", order[VALIDATION:])):
        write([frames[i] for i in chosen], f"{data}/{name}.extxyz")
    first, second = fit(f"{output}/{element}-mace-pilot", data, 2)
    epochs = max(2, round((seconds - first) / (second - first)) + 1)
    used = fit(folder, data, epochs)[-1]
    # a run of two epochs has no second stage
    model = next(m for m in ("model_stagetwo.model", "model.model") if os.path.exists(f"{folder}/{m}"))
    print(f"{epochs} epochs, {used:.0f} CPU s: {folder}/{model}; Python: {programs}/python\n")
    print(HEADER)
    print_rows(element, programs, folder, model, f"{output}/{element}_test.extxyz")


main()
