# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Frames of extended XYZ files as lines of text."""
import lzma
import re


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


def energy_of(frame):
    return float(re.search(r"(?:^| )energy=(\S+)", frame[1]).group(1))
