# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""SpinConv graph neural network potentials.

    >>> import spinconv
    >>> potential = spinconv.Potential("md17-ethanol.pt")
    >>> result = potential.evaluate(numbers, positions)
    >>> result.energy, result.forces

``spinconv.ase.SpinConv`` is the calculator for ASE. Energies are in eV, lengths in Angstrom.
"""

import os as _os
import sys as _sys


def _load_core() -> None:
    """Loads LibTorch so that it finds its own BLAS before that of LAMMPS.

    Python opens liblammps with its symbols visible to libraries that come after it, a reference BLAS
    among them, with which double precision takes twice the time. Without LAMMPS libraries are bound
    as usual, since deep binding would bypass an allocator that was preloaded.
    """
    flags = _sys.getdlopenflags()
    deep = getattr(_os, "RTLD_DEEPBIND", 0) if "lammps" in _sys.modules else 0
    _sys.setdlopenflags(flags | deep)
    try:
        from . import _core  # noqa: F401
    finally:
        _sys.setdlopenflags(flags)


_load_core()

from ._core import Error, __version__, atomic_number  # noqa: E402
from .potential import Potential, Result, Structure  # noqa: E402

__all__ = ["Error", "Potential", "Result", "Structure", "__version__", "atomic_number"]
