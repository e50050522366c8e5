# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""The systems that are run: structures of the examples and tests, with potentials that are shipped."""
import glob
import os
import random

from programs import ROOT, read_npz

SYMBOLS = {1: "H", 6: "C", 7: "N", 8: "O"}
MASSES = {"H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999}


class System:
    """data: file for read_data; elements: of its types; potential: a file; copies: along the axes."""

    def __init__(self, name, title, data, elements, potential, copies=(1, 1, 1)):
        self.name, self.title = name, title
        self.data, self.elements, self.potential, self.copies = data, elements, potential, copies
        self.atoms = atoms_in(data) * copies[0] * copies[1] * copies[2]

    def box(self):
        """Commands up to the atoms. Boxes of slabs are tilted by much."""
        text = f"units metal\natom_style atomic\nbox tilt large\nread_data {self.data}\n"
        if self.copies != (1, 1, 1):
            text += "replicate {} {} {}\n".format(*self.copies)
        return text

    def pair(self, options):
        return f"pair_style spinconv {options}\npair_coeff * * {self.potential} {self.elements}\nneighbor 1.0 bin\n"


def atoms_in(data):
    with open(data) as file:
        for line in file:
            words = line.split()
            if len(words) == 2 and words[1] == "atoms":
                return int(words[0])
    raise ValueError(f"{data} has no line 'N atoms'")


def potential(name):
    return os.path.join(ROOT, "potentials", name + ".pt")


def water(copies=(1, 1, 1)):
    data = os.path.join(ROOT, "examples", "water", "water-192.data")
    n = 192 * copies[0] * copies[1] * copies[2]
    return System(f"water-{n}", f"water, {n} atoms", data, "H O", potential("water-sample"), copies)


def ethanol():
    data = os.path.join(ROOT, "examples", "md17", "ethanol.data")
    return System("ethanol", "ethanol", data, "H C O", potential("rmd17-ethanol"))


def small_slab():
    data = os.path.join(ROOT, "tests", "data", "slab_oc20.data")
    return System("slab-33", "oxygen on Au-Na, 33 atoms", data, "Au Na O", potential("oc20-sample"))


SLAB_MASSES = {"C": 12.011, "Ca": 40.078, "H": 1.008, "O": 15.999, "Pb": 207.2}


def example_slab(job):
    """The first structure of examples/oc20 whose cell has right angles."""
    source = os.path.join(ROOT, "examples", "oc20", "relaxations.extxyz")
    data = os.path.join(job.folder, "slab.data")
    with open(source) as file:
        while True:
            count = int(file.readline())
            comment = file.readline()
            atoms = [file.readline().split() for _ in range(count)]
            cell = [float(word) for word in comment.split('Lattice="')[1].split('"')[0].split()]
            if not any(cell[k] for k in (1, 2, 3, 5, 6, 7)):
                break
    elements = sorted({atom[0] for atom in atoms})
    with open(data, "w") as file:
        file.write(f"of {os.path.basename(source)}\n\n{count} atoms\n{len(elements)} atom types\n\n"
                   f"0 {cell[0]!r} xlo xhi\n0 {cell[4]!r} ylo yhi\n0 {cell[8]!r} zlo zhi\n\nMasses\n\n")
        file.writelines(f"{k + 1} {SLAB_MASSES[e]}\n" for k, e in enumerate(elements))
        file.write("\nAtoms # atomic\n\n")
        file.writelines(f"{k + 1} {elements.index(atom[0]) + 1} {' '.join(atom[1:4])}\n" for k, atom in enumerate(atoms))
    return System("slab", f"{'-'.join(elements)} slab, {count} atoms", data, " ".join(elements), potential("oc20-sample"))


def molecule(job, name, potential_name):
    """A molecule of rMD17, the first frame of its test data, in a box of 24 Angstrom."""
    source = os.path.join(ROOT, "tests", "data", "rmd17", f"rmd17_{name}_test_20.npz")
    (_, numbers), (shape, positions) = read_npz(source, ["z", "R"])
    elements = [element for element in ("H", "C", "N", "O") if element in {SYMBOLS[z] for z in numbers}]
    data = os.path.join(job.folder, name + ".data")
    count = shape[1]
    middle = [sum(positions[3 * i + a] for i in range(count)) / count for a in range(3)]
    with open(data, "w") as file:
        file.write(f"{name}, first frame of {os.path.basename(source)}\n\n{count} atoms\n{len(elements)} atom types\n\n"
                   "0 24 xlo xhi\n0 24 ylo yhi\n0 24 zlo zhi\n\nMasses\n\n")
        file.writelines(f"{k + 1} {MASSES[e]}\n" for k, e in enumerate(elements))
        file.write("\nAtoms # atomic\n\n")
        for i in range(count):
            place = " ".join(repr(positions[3 * i + a] - middle[a] + 12.0) for a in range(3))
            file.write(f"{i + 1} {elements.index(SYMBOLS[numbers[i]]) + 1} {place}\n")
    return System(name, name, data, " ".join(elements), potential(potential_name))


def silicon(job, name):
    """64 atoms of the crystal, each moved a little."""
    data = os.path.join(job.folder, "silicon.data")
    a = 5.47
    moves = random.Random(1)
    corners = [(0, 0, 0), (0, .5, .5), (.5, 0, .5), (.5, .5, 0)]
    places = [[i + x + s, j + y + s, k + z + s] for i in range(2) for j in range(2) for k in range(2)
              for x, y, z in corners for s in (0, .25)]
    with open(data, "w") as file:
        file.write(f"silicon, {len(places)} atoms\n\n{len(places)} atoms\n1 atom types\n\n"
                   f"0 {2 * a} xlo xhi\n0 {2 * a} ylo yhi\n0 {2 * a} zlo zhi\n\nMasses\n\n1 28.0855\n\nAtoms # atomic\n\n")
        for k, place in enumerate(places):
            file.write(f"{k + 1} 1 {' '.join(repr(a * x + moves.uniform(0, 0.2)) for x in place)}\n")
    return System(name, f"silicon, {len(places)} atoms", data, "Si", potential(name))


def of_potential(job, path):
    """A structure for a potential that is shipped."""
    name = os.path.splitext(os.path.basename(path))[0]
    if name == "rmd17-ethanol":
        return ethanol()
    if name == "water-sample":
        return water()
    if name == "oc20-sample":
        return small_slab()
    if name.startswith("silicon-"):
        return silicon(job, name)
    if name == "rmd17-ten":
        return molecule(job, "paracetamol", name)
    if name.startswith("rmd17-"):
        return molecule(job, name[len("rmd17-"):], name)
    raise ValueError(f"no structure is known for potentials/{name}.pt: add one to systems.py")


def shipped_potentials():
    return sorted(glob.glob(os.path.join(ROOT, "potentials", "*.pt")))


# Of the tests of Kokkos, no shipped potential knows this one: weights as the first epoch of a training leaves them.
ALLOY = os.path.join(ROOT, "tests", "data", "alloy_MoNb.data")


def alloy(potential_file):
    return System("alloy", "Mo-Nb alloy, 16 atoms", ALLOY, "Mo Nb", potential_file)


def write_alloy_training(path):
    """Frames of the alloy with small displacements and labels drawn at random, to train a potential of it."""
    numbers = random.Random(1)
    cell, atoms, section = {}, [], ""
    with open(ALLOY) as file:
        for line in file:
            words = line.split("#")[0].split()
            if line.startswith(("Masses", "Atoms", "Velocities")):
                section = words[0]
            elif words[2:] in (["xlo", "xhi"], ["ylo", "yhi"], ["zlo", "zhi"]):
                cell[words[2][0]] = float(words[1]) - float(words[0])
            elif words[3:] == ["xy", "xz", "yz"]:
                cell["tilt"] = [float(word) for word in words[:3]]
            elif section == "Atoms" and len(words) >= 5:
                atoms.append(("Mo Nb".split()[int(words[1]) - 1], [float(word) for word in words[2:5]]))
    xy, xz, yz = cell.get("tilt", (0.0, 0.0, 0.0))
    with open(path, "w") as file:
        for _ in range(4):
            file.write(f'{len(atoms)}\nLattice="{cell["x"]} 0 0 {xy} {cell["y"]} 0 {xz} {yz} {cell["z"]}" '
                       f'Properties=species:S:1:pos:R:3:forces:R:3 energy={numbers.uniform(-1, 1)} pbc="T T T"\n')
            for element, place in atoms:
                moved = " ".join(f"{x + numbers.uniform(-0.05, 0.05):.8f}" for x in place)
                forces = " ".join(f"{numbers.uniform(-1, 1):.6f}" for _ in range(3))
                file.write(f"{element} {moved} {forces}\n")
