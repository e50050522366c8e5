#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""What the frames of an mlearn set (Zuo et al. 2020) say of a crystal, by DFT and by potentials: elastic constants
from the stress of strained cells, the surface energies of slabs, and which of its groups have shear stresses at each
other's place.

  bench/mlearn_crystal.py DATA_FOLDER ELEMENT [POTENTIAL...]

Potentials are those of spinconv-train, which is looked for on PATH (scripts/env.sh); they are evaluated on the same
frames, most of which are training frames of theirs: bench/materials.py computes what LAMMPS makes of them. Atoms of
strained cells are where the strain moves them, so that C44 of a diamond lattice is that of atoms held. The last rows
are the mean differences of the stresses xz and yz (GPa) from the labels as they stand, and with the two exchanged.
"""
import os
import sys
import tempfile

import numpy as np

from extxyz_frames import energy_of, forces_of, frames_of, group_of, matrix_of, write
from training_budget import output_of

GPA = 160.2176634  # of an eV/Angstrom^3
EV_A2_IN_J_M2 = 16.02176634
SMALL = 0.07  # strains that a cubic follows
BASIS = {2: 2, 54: 2, 64: 8}  # atoms of a cube in frames of so many


def cubic_edge(frame):
    """Edge of a cell that is a cube, or None."""
    cell = matrix_of(frame, "Lattice")
    return cell[0, 0] if np.allclose(cell, np.eye(3) * cell[0, 0], atol=1e-6) else None


def unstrained(frames):
    """The frame, of a whole number of cubic cells, that the strained ones are of: most of their edges are its own."""
    whole = [frame for frame in frames if cubic_edge(frame)]
    edges = np.concatenate([np.diag(matrix_of(frame, "Lattice")) for frame in frames])
    return max(whole, key=lambda frame: np.sum(np.abs(edges - cubic_edge(frame)) < 1e-4))


def derivative(points):
    """At no strain, and what is there without it, of a cubic through [strain, value]."""
    strain, value = np.array([p for p in points if abs(p[0]) < SMALL]).T
    fit = np.polynomial.Polynomial.fit(strain, value, 3)
    return fit.deriv()(0.0), fit(0.0)


def elastic(frames, energies, stresses):
    """Lattice constant without stress (Angstrom), C11, C12, C44 (GPa) of frames, energies (eV), stresses [3,3].

    C11 and C12 are of the stress under stretches; C44 is of energies, E / V = C44 g^2 / 2 for a shear g = 2 e_xy, since
    shear stresses of these sets stand at the wrong place (Mo) or have the wrong sign (Li) in some frames."""
    reference = unstrained(frames)
    edge, n = cubic_edge(reference), len(reference) - 2
    along, across, shear = [], [], []
    for frame, energy, stress in zip(frames, energies, stresses):
        if len(frame) - 2 != n:
            continue
        deformation = matrix_of(frame, "Lattice") / edge
        strain = (deformation @ deformation.T - np.eye(3)) / 2  # of Green and Lagrange
        sheared = np.abs(strain[np.triu_indices(3, 1)])
        stretches = np.sqrt(1 + 2 * np.diag(strain)) - 1
        stretched = np.flatnonzero(np.abs(stretches) > 1e-4)
        if sheared.max() > 1e-4:
            if np.sum(sheared > 1e-4) == 1:
                shear.append((2 * sheared.max(), energy / edge ** 3))
        elif len(stretched) <= 1:
            for i in stretched if len(stretched) else range(3):  # no strain belongs to every axis
                along.append((stretches[i], stress[i, i]))
                across += [(stretches[i], stress[j, j]) for j in range(3) if j != i]
            if not len(stretched):
                shear.append((0.0, energy / edge ** 3))
    (c11, rest), (c12, _) = derivative(along), derivative(across)
    strain, energy = np.array([p for p in shear if p[0] < SMALL]).T
    c44 = 2 * np.polynomial.Polynomial.fit(strain ** 2, energy, 1).deriv()(0.0)
    cells = round((n / BASIS[n]) ** (1 / 3))
    # a stress of `rest` is gone after a strain of -rest / 3 B along each axis
    return edge / cells * (1 - rest / (c11 + 2 * c12)), GPA * c11, GPA * c12, GPA * c44


def surfaces(slabs, energies, bulk):
    """Energies in J/m^2 of slabs with two surfaces each; their longest cell vector stands on these."""
    found = []
    for frame, energy in zip(slabs, energies):
        cell = matrix_of(frame, "Lattice")
        height = np.argmax(np.linalg.norm(cell, axis=1))
        area = np.linalg.norm(np.cross(*np.delete(cell, height, axis=0)))
        found.append(EV_A2_IN_J_M2 * (energy - (len(frame) - 2) * bulk) / (2 * area))
    return np.array(found)


def shear_differences(labels, stresses):
    """GPa, of stresses [3,3] from labels: as these stand, and with xz and yz exchanged."""
    labels, stresses = (GPA * np.array(each)[:, [0, 1], 2] for each in (labels, stresses))
    return np.abs(labels - stresses).mean(), np.abs(labels[:, ::-1] - stresses).mean()


def main():
    if len(sys.argv) < 3 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    path = os.path.join(sys.argv[1], f"mlearn_{sys.argv[2]}_train.extxyz.xz")
    if not os.path.exists(path):
        sys.exit(f"mlearn_crystal.py: error: no {path}: the folder has the sets of Li, Mo, Si and Ge")
    frames = frames_of(path)
    strained = [frame for frame in frames if group_of(frame) == "Elastic"]
    slabs = [frame for frame in frames if group_of(frame) == "Surface"]
    others = [frame for frame in frames if group_of(frame) not in ("Elastic", "Surface")]
    groups = np.array([group_of(frame) for frame in [*strained, *slabs, *others]])
    # atoms at rest in the cell that others are strained from
    still = min((frame for frame in strained if cubic_edge(frame)),
                key=lambda frame: (np.abs(forces_of(frame)).max() > 0.05, energy_of(frame) / (len(frame) - 2)))
    columns = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, labelled in (("DFT", None), *((p, p) for p in sys.argv[3:])):
            chosen = [*strained, *slabs, *others, still]
            if labelled:
                write(chosen, f"{folder}/frames.extxyz")
                output_of("evaluate", labelled, f"{folder}/frames.extxyz", "--predictions", f"{folder}/predicted.extxyz")
                chosen = frames_of(f"{folder}/predicted.extxyz")
            bulk = energy_of(chosen[-1]) / (len(still) - 2)
            energies, stresses = [energy_of(frame) for frame in chosen], np.array([matrix_of(frame, "stress") for frame in chosen])
            if not labelled:
                labels = stresses
            columns[name] = (elastic(strained, energies, stresses), surfaces(slabs, energies[len(strained):], bulk),
                             {group: shear_differences(labels[:-1][groups == group], stresses[:-1][groups == group])
                              for group in sorted(set(groups))})
    print(f"| {sys.argv[2]} | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for row, (label, digits) in enumerate((("lattice constant, Å", 3), ("C11, GPa", 1), ("C12, GPa", 1), ("C44, atoms held, GPa", 1))):
        print(f"| {label} | {' | '.join(f'{found[row]:.{digits}f}' for found, *_ in columns.values())} |")
    truth = columns["DFT"][1]
    print(f"| {len(slabs)} surfaces, J/m² | {' | '.join(f'{x.min():.2f} to {x.max():.2f}' for _, x, _ in columns.values())} |")
    print(f"| mean difference from DFT, J/m² | {' | '.join(f'{np.abs(x - truth).mean():.3f}' for _, x, _ in columns.values())} |")
    for group in columns["DFT"][2]:
        print(f"| xz and yz, {group}: as they stand; exchanged | {' | '.join('{:.3f}; {:.3f}'.format(*shear[group]) for *_, shear in columns.values())} |")


main()
