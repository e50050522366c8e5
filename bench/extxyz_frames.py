# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Frames of extended XYZ files as lines of text."""
import lzma
import re

import numpy as np


def frames_of(path):
    """Frames of an extended XYZ file, each a list of lines."""
    with lzma.open(path, "rt") if path.endswith(".xz") else open(path) as f:
        lines = f.read().splitlines()
    frames, at = [], 0
    while at < len(lines):
        end = at + int(lines[at]) + 2
        frames.append(lines[at:end])
        at = end
    return frames


def energy_of(frame, key="energy"):
    return float(re.search(rf"(?:^|\s){key}=(\S+)", frame[1]).group(1))


def group_of(frame):
    return re.search(r'config_type="?([^" ]+)', frame[1]).group(1)


def matrix_of(frame, key):
    """Nine numbers in quotation marks, as [3,3]: a cell (rows are its vectors, Angstrom), a stress (eV/Angstrom^3).
    ASE writes some as JSON."""
    numbers = re.search(rf'{key}="([^"]*)"', frame[1]).group(1)
    return np.array(re.findall(r"[-+.\deE]+", numbers.removeprefix("_JSON")), dtype=float).reshape(3, 3)


def with_matrix(frame, key, matrix):
    """The frame with another matrix there, as matrix_of reads it."""
    numbers = " ".join(f"{value:.10g}" for value in matrix.ravel())
    return [frame[0], re.sub(rf'{key}="[^"]*"', f'{key}="{numbers}"', frame[1]), *frame[2:]]


def forces_of(frame, key="forces"):
    """[N,3], wherever their columns are."""
    columns = re.search(r"Properties=(\S+)", frame[1]).group(1).split(":")
    at = sum(int(size) for size in columns[2:columns.index(key):3])
    return np.array([line.split()[at:at + 3] for line in frame[2:]], dtype=float)


def write(frames, path):
    with open(path, "w") as f:
        f.write("\n".join(line for frame in frames for line in frame) + "\n")
