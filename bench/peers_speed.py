#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Steps of molecular dynamics in a second on one core: MACE through ASE, as its documentation runs it, and SpinConv in LAMMPS.

  bench/peers_speed.py OUTPUT_FOLDER [--rounds 3] [--seconds 10]

OUTPUT_FOLDER holds what bench/peers.py trained there: its runs of mace and of spinconv models are measured, the longest of
each, in single precision, as one ethanol molecule of examples/md17 and as 27 of them in a periodic box of 18 Angstrom.
Programs take turns for --rounds, each for about --seconds, start and neighbor lists of the first step not counted; the
fastest round counts. MACE's virtual environment is the one of bench/peers.py; lmp with the plugin is looked for on PATH
(source scripts/env.sh).
"""
import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
DATA = os.path.join(ROOT, "examples", "md17", "ethanol.data")
BOX, COPIES, STEP = 6.0, 3, 0.5  # Angstrom, along each axis, fs
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}

MACE = """
import sys, time
import ase.io, ase.units
from ase.md.verlet import VelocityVerlet
from mace.calculators import MACECalculator
atoms = ase.io.read(sys.argv[1])
atoms.calc = MACECalculator(model_paths=sys.argv[2], device="cpu", default_dtype="float32")
run = VelocityVerlet(atoms, float(sys.argv[4]) * ase.units.fs).run
run(5)
begin, steps = time.perf_counter(), 0
while time.perf_counter() - begin < float(sys.argv[3]):
    run(5)
    steps += 5
print("steps/s", steps / (time.perf_counter() - begin))
"""
LAMMPS = """
units metal
atom_style atomic
read_data {data}
{box}
pair_style spinconv precision single implementation {implementation}
pair_coeff * * {potential} H C O
fix integrate all nve
timestep {step}
run 5
run {steps}
"""


def fail(message, hint):
    sys.exit(f"peers_speed.py: error: {message}\n  {hint}")


def structures(folder):
    """Name -> (atoms, commands of LAMMPS, extended XYZ)."""
    elements, rows = {"1": "H", "2": "C", "3": "O"}, []
    with open(DATA) as f:
        for line in f.read().split("Atoms", 1)[1].splitlines()[1:]:
            if line.strip():
                _, kind, *position = line.split("#")[0].split()
                rows.append((elements[kind], [float(x) for x in position]))
    box = [f"{10 - BOX / 2} {10 + BOX / 2}"] * 3
    change = "change_box all " + " ".join(f"{axis} final {edges}" for axis, edges in zip("xyz", box))
    made = {}
    for name, copies, commands in (("molecule", 1, ""), ("27 molecules", COPIES, f"{change}\nreplicate {COPIES} {COPIES} {COPIES}")):
        path = os.path.join(folder, f"{copies}.extxyz")
        shifts = [(i, j, k) for i in range(copies) for j in range(copies) for k in range(copies)]
        side = BOX * copies
        with open(path, "w") as f:
            lattice = f'Lattice="{side} 0 0 0 {side} 0 0 0 {side}" pbc="T T T"' if copies > 1 else 'pbc="F F F"'
            f.write(f"{len(rows) * len(shifts)}\n{lattice} Properties=species:S:1:pos:R:3\n")
            for shift in shifts:
                for element, position in rows:
                    f.write(element + " " + " ".join(str(x + BOX * n) for x, n in zip(position, shift)) + "\n")
        made[name] = (len(rows) * len(shifts), commands, path)
    return made


def run(command, what):
    done = subprocess.run(command, env={**os.environ, **ONE_THREAD}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        fail(f"{what} stopped", "its last lines: " + "\n  ".join(done.stdout.splitlines()[-5:]))
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0:
        fail("--rounds and --seconds are positive numbers", "see --help")
    longest = {}
    for path in glob.glob(os.path.join(options.output, "*", "result.json")):
        with open(path) as f:
            result = json.load(f)
        known = longest.get(result["model"])
        if known is None or result["cpu_seconds"] > known[0]:
            longest[result["model"]] = (result["cpu_seconds"], os.path.dirname(path), result["force_mae_mev_a"])
    if not any(name.startswith("spinconv") for name in longest):
        fail(f"{options.output} holds no run of bench/peers.py", "run it first: bench/peers.py TRAIN TEST OUTPUT_FOLDER")
    if not shutil.which("lmp"):
        fail("lmp is not there", "source scripts/env.sh")
    runs = []  # name, force error, f(structure, steps or seconds) -> steps/s
    with tempfile.TemporaryDirectory() as folder:
        for name, (_, trained, error) in sorted(longest.items()):
            if name.startswith("mace"):
                venvs = glob.glob(os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                                               "spinconv", "peers", "mace-*", "complete"))
                if not venvs:
                    fail("MACE is not installed", "bench/peers.py does it")
                python = os.path.join(os.path.dirname(venvs[0]), "bin", "python")
                model = os.path.join(trained, "model_stagetwo.model")
                model = model if os.path.exists(model) else os.path.join(trained, "model.model")

                def mace(structure, python=python, model=model):
                    text = run([python, "-c", MACE, structure[2], model, str(options.seconds), str(STEP)], "MACE")
                    return float(re.search(r"^steps/s (\S+)", text, re.M)[1])
                runs.append((name, error, mace))
            elif name.startswith("spinconv"):
                for implementation in ("graph", "fused") if name.startswith("spinconv2") else ("graph",):
                    def lammps(structure, trained=trained, implementation=implementation):
                        def steps_per_second(steps):
                            with open(os.path.join(folder, "in.lammps"), "w") as f:
                                f.write(LAMMPS.format(data=DATA, box=structure[1], potential=os.path.join(trained, "model.pt"),
                                                      implementation=implementation, step=STEP / 1000, steps=steps))
                            text = run(["lmp", "-in", f.name, "-log", "none", "-nocite"], "lmp")
                            return float(re.findall(r"([\d.]+) timesteps/s", text)[-1])
                        return steps_per_second(max(10, int(options.seconds * steps_per_second(20))))
                    runs.append((f"{name}, {implementation}", error, lammps))
        print("| structure | model | force MAE, meV/A | steps/s | us an atom and step |\n|---|---|---|---|---|")
        for title, structure in structures(folder).items():
            best = dict.fromkeys((name for name, _, _ in runs), 0.0)
            for _ in range(options.rounds):
                for name, _, speed in runs:
                    best[name] = max(best[name], speed(structure))
            for name, error, _ in runs:
                print(f"| {title}, {structure[0]} atoms | {name} | {error:.1f} | {best[name]:.4g} | "
                      f"{1e6 / best[name] / structure[0]:.3g} |", flush=True)


main()
