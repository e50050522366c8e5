#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Potentials trained at 300 K, asked at higher temperatures and along a dihedral (docs/md17.md).

  bench/extrapolation.py DATA_FOLDER OUTPUT_FOLDER [EPOCHS [acac|3bpa]]

DATA_FOLDER holds acac/ and 3bpa/ of the BOTNet sets as extended XYZ (.xz): acac_train_300K,
acac_train_600K, acac_test_MD_300K, acac_test_dihedral, 3bpa_300K, 3bpa_mixedT. Trains with
examples/train/extrapolation.yaml, or goes on where it was interrupted, and writes rows of a table
(RMSE, the measure of the papers) and OUTPUT_FOLDER/acac-dihedral.png. spinconv-train is looked for
on PATH (scripts/env.sh); the figure needs matplotlib (.venv/bin/python).
"""
import math
import os
import re
import shutil
import sys

from extxyz_frames import energy_of, frames_of
from training_budget import errors_of, fit_or_resume

CONFIG = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../examples/train/extrapolation.yaml")
BPA = {
    "data.file": "3bpa_300K.extxyz.xz",
    "output.name": "3bpa",
    "output.description": "3-(benzyloxy)pyridin-2-amine in the gas phase, 300 K, wB97X/6-31G(d)",
    "output.citation": "Shuaibi et al. 2021, arXiv:2106.09575 (SpinConv); Kovacs et al. 2021, "
                       "J. Chem. Theory Comput. 17, 7696 (data)",
}


def variance(values):
    mean = sum(values) / len(values)
    return sum((x - mean) ** 2 for x in values) / len(values)


def temperature_groups(frames):
    """The mixed set has its frames in order of temperature (300, 600, 1200 K) and does not say where
    one ends. The two places that split the energies into three normal distributions most likely."""
    energies = [energy_of(frame) for frame in frames]
    shortest = len(frames) // 5

    def misfit(first, last):
        part = energies[first:last]
        return len(part) * math.log(variance(part))

    _, one, two = min((misfit(0, i) + misfit(i, j) + misfit(j, len(frames)), i, j)
                      for i in range(shortest, len(frames) - 2 * shortest)
                      for j in range(i + shortest, len(frames) - shortest))
    return {"300 K": frames[:one], "600 K": frames[one:two], "1200 K": frames[two:]}


def train(name, settings, epochs):
    shutil.copyfile(CONFIG, f"{name}.yaml")
    fit_or_resume(f"{name}.yaml", name, {**settings, "training.epochs": epochs})


def row(name, label, data, *more):
    e = errors_of(f"{name}/{name}.pt", data, *more)
    forces = "" if e["force_rmse_ev_a"] is None else f"{1000 * e['force_rmse_ev_a']:.1f}"
    print(f"| {name} | {label} | {e['n_frames']} | {1000 * e['energy_rmse_ev']:.1f} | {forces} |", flush=True)


def plot_dihedral(reference, predicted, path):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    angle = [float(re.search(r"dihedral_angle=(\S+)", frame[1]).group(1)) for frame in reference]
    true = [energy_of(frame) for frame in reference]
    model = [energy_of(frame) for frame in predicted]
    trained = [min(float(x), 360 - float(x)) for frame in frames_of("acac_train_300K.extxyz.xz")
               for x in re.findall(r"dihedral_angle=(\S+)", frame[1])]
    order = sorted(range(len(angle)), key=lambda k: angle[k])
    zero = min(true)
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(7, 5), sharex=True, layout="constrained",
                                         height_ratios=(3, 1))
    top.plot([angle[k] for k in order], [1000 * (true[k] - zero) for k in order], color="#8C8C8C", lw=4,
             alpha=0.6, label="DFT")
    top.plot([angle[k] for k in order], [1000 * (model[k] - zero) for k in order], color="#0072B2",
             marker=".", label="SpinConv, trained at 300 K")
    top.set_ylabel("energy (meV)")
    top.set_title("Acetylacetone: scan of the dihedral", loc="left", weight="bold")
    top.legend(frameon=False)
    bottom.hist(trained, bins=15, color="#D55E00")
    bottom.set_ylabel("training frames")
    bottom.set_xlabel("dihedral (degrees)")
    for axis in (top, bottom):
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def acac(epochs):
    train("acac", {}, epochs)
    row("acac", "300 K", "acac_test_MD_300K.extxyz.xz")
    row("acac", "600 K", "acac_train_600K.extxyz.xz")
    scan = "acac_test_dihedral.extxyz.xz"
    row("acac", "dihedral scan", scan, "--predictions", "acac/dihedral.extxyz")
    plot_dihedral(frames_of(scan), frames_of("acac/dihedral.extxyz"), "acac-dihedral.png")


def bpa(epochs):
    train("3bpa", BPA, epochs)
    seen = {"\n".join(frame[2:]) for frame in frames_of("3bpa_300K.extxyz.xz")}
    for label, frames in temperature_groups(frames_of("3bpa_mixedT.extxyz.xz")).items():
        path = f"3bpa/test_{label.replace(' ', '')}.extxyz"
        with open(path, "w") as f:
            f.writelines(line + "\n" for frame in frames if "\n".join(frame[2:]) not in seen
                         for line in frame)
        row("3bpa", label, path)


def main():
    if len(sys.argv) < 3 or "-h" in sys.argv or "--help" in sys.argv:
        sys.exit(__doc__)
    data, output = (os.path.abspath(p) for p in sys.argv[1:3])
    epochs = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    runs = {"acac": acac, "3bpa": bpa}
    names = sys.argv[4:] or list(runs)
    for name in names:
        if name not in runs:
            sys.exit(f"extrapolation.py: error: no set '{name}'; there are: {', '.join(runs)}")
    os.makedirs(output, exist_ok=True)
    # relative paths: a potential keeps the command and the configuration
    os.chdir(output)
    for name in names:
        for file in os.listdir(os.path.join(data, name)):
            if file.endswith(".xz") and not os.path.lexists(file):
                os.symlink(os.path.join(data, name, file), file)
    print("| molecule | tested on | frames | energy RMSE, meV | force RMSE, meV/Å |\n|---|---|---|---|---|")
    for name in names:
        runs[name](epochs)


main()
