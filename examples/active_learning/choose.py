#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Frames of LAMMPS dumps that are worth a calculation: those on which a committee disagrees most.

    python3 choose.py explore-1.dump explore-2.dump --number 20 --above 0.1 --apart 100 > chosen.dump

A dump has the column f_spread, the deviation of the force on each atom (docs/active_learning.md); the spread
of a frame is the largest of them. Chosen are the frames with the largest spread that are above --above and
below --below, and at least --apart steps from each other in a dump. --random SEED takes any frames instead,
as often from one dump as it has frames: what a choice has to be compared with.
"""

import argparse
import random
import sys
from typing import NamedTuple


class Frame(NamedTuple):
    dump: str
    step: int
    spread: float  # eV/Angstrom in units metal
    text: str


def fail(message):
    sys.exit(f"choose.py: error: {message}")


def frames_of(path, column):
    """The frames of a text dump, each with its lines as they are."""
    try:
        with open(path) as file:
            lines = file.readlines()
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    starts = [number for number, line in enumerate(lines) if line.startswith("ITEM: TIMESTEP")]
    if not starts:
        fail(f"{path}: no 'ITEM: TIMESTEP'; it takes text dumps of LAMMPS (dump custom)")
    head = lines[: starts[0]]  # ITEM: UNITS, which is there once
    frames = []
    for begin, end in zip(starts, starts[1:] + [len(lines)]):
        block = lines[begin:end]
        atoms = next((number for number, line in enumerate(block) if line.startswith("ITEM: ATOMS")), None)
        if atoms is None:
            fail(f"{path}:{begin + 1}: the frame has no 'ITEM: ATOMS': the file ends early")
        columns = block[atoms].split()[2:]
        if column not in columns:
            fail(f"{path}:{begin + atoms + 1}: no column {column}, but {' '.join(columns)}; name it with --column")
        # what follows them is the ITEM: UNITS of another dump, where files were put end to end
        n_atoms = int(block[3])
        rows = block[atoms + 1 : atoms + 1 + n_atoms]
        try:
            spread = max(float(row.split()[columns.index(column)]) for row in rows)
        except (ValueError, IndexError):
            fail(f"{path}:{begin + 1}: the frame is damaged or empty: not a number in column {column} of each atom")
        if len(rows) != n_atoms:
            fail(f"{path}:{begin + 1}: {len(rows)} of {n_atoms} atoms: the file ends early")
        frames.append(Frame(path, int(block[1]), spread, "".join([*head, *block[: atoms + 1], *rows])))
    return frames


def chosen(candidates, number, apart):
    """The first `number` of the candidates that are far enough from those before them."""
    taken = []
    for frame in candidates:
        if len(taken) == number:
            break
        if all(one.dump != frame.dump or abs(one.step - frame.step) >= apart for one in taken):
            taken.append(frame)
    return taken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dumps", nargs="+", metavar="DUMP")
    parser.add_argument("--number", type=int, required=True, metavar="N", help="how many frames")
    parser.add_argument("--above", type=float, default=0.0, metavar="X", help="smallest spread, eV/Angstrom")
    parser.add_argument("--below", type=float, default=float("inf"), metavar="X", help="largest spread")
    parser.add_argument("--apart", type=int, default=0, metavar="STEPS", help="between two frames of one dump")
    parser.add_argument("--random", type=int, metavar="SEED", help="any frames, whatever their spread")
    parser.add_argument("--column", default="f_spread", metavar="NAME", help="of the deviation (default: f_spread)")
    given = parser.parse_args()
    if given.number < 1:
        parser.error("--number is at least 1")

    frames = [frame for dump in given.dumps for frame in frames_of(dump, given.column)]
    if given.random is None:
        candidates = [frame for frame in frames if given.above < frame.spread < given.below]
        candidates.sort(key=lambda frame: -frame.spread)
    else:
        candidates = frames[:]
        random.Random(given.random).shuffle(candidates)
    taken = chosen(candidates, given.number, given.apart)
    if not taken:
        largest = max(frame.spread for frame in frames)
        fail(f"none of {len(frames)} frames is between --above and --below; the largest spread is {largest:.3g} eV/Angstrom")
    for frame in sorted(taken, key=lambda frame: (given.dumps.index(frame.dump), frame.step)):
        sys.stdout.write(frame.text)
    spreads = [frame.spread for frame in taken]
    print(
        f"{len(taken)} of {len(frames)} frames, spread {min(spreads):.3f} to {max(spreads):.3f} eV/Angstrom, "
        f"of {len({frame.dump for frame in taken})} dumps",
        file=sys.stderr,
    )
    if len(taken) < given.number:
        print(f"choose.py: only {len(taken)} of the {given.number} frames that were asked for", file=sys.stderr)


if __name__ == "__main__":
    main()
