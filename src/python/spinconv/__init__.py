# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""SpinConv graph neural network potentials.

    >>> import spinconv
    >>> potential = spinconv.Potential("rmd17-ethanol.pt")
    >>> result = potential.evaluate(numbers, positions)
    >>> result.energy, result.forces

``spinconv.ase.SpinConv`` is the calculator for ASE, ``spinconv.torch.load`` gives a potential as a module of
PyTorch. Energies are in eV, lengths in Angstrom.
"""

import importlib as _importlib
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
        _importlib.import_module("spinconv._core")
    except ModuleNotFoundError as error:
        there = [name for name in _os.listdir(_os.path.dirname(__file__)) if name.startswith("_core.c")]
        raise ImportError(
            f"spinconv was compiled for another Python ({', '.join(there) or 'there is no _core'}), not for this "
            f"{_sys.version.split()[0]}: use that one, or make a wheel for this one (docs/sharing.md)"
        ) from error
    finally:
        _sys.setdlopenflags(flags)


_load_core()

from ._core import Error, __version__, atomic_number  # noqa: E402
from .potential import Potential, Result, Structure  # noqa: E402

__all__ = ["Error", "Potential", "Result", "Structure", "__version__", "atomic_number"]
