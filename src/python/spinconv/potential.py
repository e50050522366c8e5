# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Potentials and what they give for a structure, as arrays of NumPy."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Union

import numpy as np
import numpy.typing as npt

from . import _core

Floats = npt.NDArray[np.float64]
Path = Union[str, "os.PathLike[str]"]


class StructureLike(Protocol):
    """What `Potential.evaluate_batch` takes: a `Structure`, an ``ase.Atoms``, or anything with these."""

    @property
    def numbers(self) -> npt.ArrayLike: ...
    @property
    def positions(self) -> npt.ArrayLike: ...
    @property
    def cell(self) -> Any: ...
    @property
    def pbc(self) -> Any: ...


class Structure(NamedTuple):
    """Atoms as the arguments of `Potential.evaluate`."""

    numbers: npt.ArrayLike
    positions: npt.ArrayLike
    cell: npt.ArrayLike | None = None
    pbc: bool | Sequence[bool] | None = None


@dataclass(frozen=True)
class Result:
    """What a potential gives for n atoms; of a committee, the means over its potentials.

    The arrays are the caller's: later evaluations do not change them. Components of `virial` and
    `stress` are in the order xx, yy, zz, yz, xz, xy (Voigt's, as ASE has it). With r -> (1 + e) r
    for atoms and cell of volume V:

        forces = -dE/dr,  virial = -dE/de,  stress = (1/V) dE/de = -virial / V

    so that the stress of a crystal under tension is positive, as in ASE.
    """

    energy: float
    """eV"""
    energies: Floats
    """[n] eV, of the atoms; their sum is `energy`, less what the potential adds once to a structure"""
    forces: Floats | None
    """[n, 3] eV/Angstrom; None if not asked for"""
    virial: Floats | None
    """[6] eV; None if forces were not asked for, and with direct forces, which have none"""
    stress: Floats | None
    """[6] eV/Angstrom^3; None where `virial` is, and unless all three directions are periodic"""
    energy_deviation: float | None
    """eV, of a committee: sqrt(<(E - <E>)^2>), < > the mean over its potentials; None of one potential"""
    force_deviations: Floats | None
    """[n] eV/Angstrom, of a committee: sqrt(<|F - <F>|^2>) of each atom; None where there is none"""


def existing_file(path: Path) -> str:
    """The path as text; FileNotFoundError where nothing is there."""
    name = os.fspath(path)
    if not os.path.exists(name):
        raise FileNotFoundError(
            errno.ENOENT, f"there is no potential file of this name (current folder: {os.getcwd()})", name
        )
    return name


class Potential:
    """A potential, or a committee of potentials for the same elements.

    Parameters
    ----------
    path
        potential file
    device
        "cpu", "cuda", "cuda:N", or "auto": cuda where there is one
    precision
        "single" or "double" arithmetic; None: the one recorded in the file
    committee
        further potential files: results are means over all, with deviations
    implementation
        "auto"; "graph", the operators that define the potential; or "fused", kernels that give the
        same faster, for models with ``sphere: spinconv2`` on a CPU, which "auto" takes where there are some
    threads
        of LibTorch, for the whole process; 0: as they are
    chunk
        edges that are evaluated at a time: less memory, 1.6 to 2 times the work; 0: all at once
    skin
        Angstrom by which the neighbor list reaches beyond the cutoff. Results do not depend on it.
    elements
        symbols of those that structures will hold; None: all that the potential knows

    Raises
    ------
    FileNotFoundError
        there is no such file
    spinconv.Error
        a file that is damaged or no potential of energies, an unknown element, option or device
    ValueError
        potentials of a committee that know different elements, unless `elements` names common ones

    A potential can be pickled and copied: the copy loads the files again. Threads may share one, and
    take turns; evaluations of several potentials run at the same time, since Python's lock is
    released in them.
    """

    def __init__(
        self,
        path: Path,
        device: str = "cpu",
        precision: str | None = None,
        *,
        committee: Sequence[Path] = (),
        implementation: str = "auto",
        threads: int = 0,
        chunk: int = 0,
        skin: float = 1.0,
        elements: Sequence[str] | None = None,
    ) -> None:
        if isinstance(committee, (str, os.PathLike)):
            raise TypeError(f"committee is the path {os.fspath(committee)!r}; it is a list of paths: committee=[...]")
        if isinstance(elements, str):
            elements = elements.split()
        paths = [existing_file(one) for one in (path, *committee)]
        options: dict[str, Any] = dict(
            device=device, precision=precision, implementation=implementation, threads=threads, chunk=chunk, skin=skin
        )
        self._arguments: dict[str, Any] = dict(
            options,
            path=paths[0],
            committee=tuple(paths[1:]),
            elements=None if elements is None else tuple(elements),
        )
        self._core = _core.Calculator(paths=paths, elements=list(elements or ()), **options)
        self._info = self._core.potentials()
        if elements is None:
            _require_same_elements(self._info)

    def evaluate(
        self,
        numbers: npt.ArrayLike,
        positions: npt.ArrayLike,
        cell: npt.ArrayLike | None = None,
        pbc: bool | Sequence[bool] | None = None,
        *,
        forces: bool = True,
    ) -> Result:
        """Energy, forces and stress of a structure.

        Parameters
        ----------
        numbers
            [n] atomic numbers, integers (used without a copy as int32)
        positions
            [n, 3] Angstrom, inside the cell or anywhere (used without a copy as float64 in C order)
        cell
            [3, 3] whose rows are the lattice vectors, or [3], the edges of a rectangular one, in
            Angstrom; a direction that is not periodic needs none
        pbc
            whether each lattice vector is a period, or one bool for all three; to be given with a cell
        forces
            False: energies alone, in less than half the time

        Successive calls for atoms that moved little share their neighbor list; any other structure may follow.

        Raises ValueError for arrays of a wrong shape or kind, spinconv.Error for an element that the
        potential does not know, atoms at the same place, positions that are not finite and a cell
        without volume, and MemoryError. The potential can be used further.
        """
        arrays = _arrays(numbers, positions, cell, pbc)
        return Result(*self._core.evaluate(*arrays, forces))

    def evaluate_batch(self, structures: Iterable[StructureLike], *, forces: bool = True) -> list[Result]:
        """The results of `evaluate` for structures, one after the other.

        A structure is a `Structure`, an ``ase.Atoms``, or anything with `numbers`, `positions`, `cell` and `pbc`.
        An error names the structure, counted from 0.
        """
        results = []
        for index, one in enumerate(structures):
            try:
                results.append(self.evaluate(one.numbers, one.positions, one.cell, one.pbc, forces=forces))
            except (_core.Error, ValueError, TypeError) as error:
                raise type(error)(f"structure {index}: {error}") from error
        return results

    @property
    def info(self) -> list[dict[str, Any]]:
        """Of each potential: `path`, `elements`, `cutoff` (Angstrom), `precision`, `device`, `implementation`,
        `direct_forces` and `smooth` (bool), `summary` (some lines of text), and `metadata`, the data of the file:
        its training, errors, licence and citation."""
        return self._info

    @property
    def elements(self) -> list[str]:
        """Symbols of the elements that structures may hold."""
        asked = self._arguments["elements"]
        return list(self._info[0]["elements"] if asked is None else asked)

    @property
    def cutoff(self) -> float:
        """Angstrom, the longest of the potentials."""
        return max(one["cutoff"] for one in self._info)

    @property
    def has_direct_forces(self) -> bool:
        """Forces (of any of the potentials) are no derivative of the energy; there is no virial and no stress."""
        return any(one["direct_forces"] for one in self._info)

    @property
    def neighbor_list_builds(self) -> int:
        """How often pairs of atoms have been looked for."""
        return self._core.neighbor_list_builds()

    def __reduce__(self) -> tuple[Any, ...]:
        return _potential_of, (self._arguments,)

    def __repr__(self) -> str:
        first = self._info[0]
        paths = ", ".join(repr(one["path"]) for one in self._info)
        return (
            f"<spinconv.Potential {paths}: {' '.join(self.elements)}, cutoff {self.cutoff:g} Angstrom, "
            f"{first['precision']} precision, device {first['device']}, implementation {first['implementation']}>"
        )


def _potential_of(arguments: dict[str, Any]) -> Potential:
    return Potential(**arguments)


def _require_same_elements(info: list[dict[str, Any]]) -> None:
    first = info[0]
    for other in info[1:]:
        if set(other["elements"]) != set(first["elements"]):
            common = [symbol for symbol in first["elements"] if symbol in other["elements"]]
            cure = (
                f"for structures of common elements, name those: elements={common!r}"
                if common
                else "no element is common to them"
            )
            raise ValueError(
                "the potentials of a committee know different elements: "
                f"{first['path']!r} {' '.join(first['elements'])}, {other['path']!r} {' '.join(other['elements'])}; {cure}"
            )


def _arrays(
    numbers: npt.ArrayLike, positions: npt.ArrayLike, cell: npt.ArrayLike | None, pbc: bool | Sequence[bool] | None
) -> tuple[npt.NDArray[np.int32], Floats, Floats, tuple[bool, bool, bool]]:
    """As the core takes them; what is so already is not copied."""
    given = np.asarray(numbers)
    if given.ndim != 1:
        raise ValueError(f"numbers has the shape {given.shape}; it is one atomic number for each atom: [n]")
    if given.dtype.kind not in "iu" and given.size > 0:
        raise ValueError(
            f"numbers has the type {given.dtype}; atomic numbers are integers (spinconv.atomic_number('Cl') is 17)"
        )
    kinds = np.ascontiguousarray(given, dtype=np.int32)
    if not np.array_equal(kinds, given):
        raise ValueError("numbers holds some that are no atomic numbers: they need more than 32 bits")
    n = len(kinds)
    places = _floats("positions", positions)
    if places.shape != (n, 3) and not (n == 0 and places.size == 0):
        raise ValueError(f"positions has the shape {places.shape}; with {n} atomic numbers it is ({n}, 3)")
    vectors = np.zeros((3, 3)) if cell is None else _floats("cell", cell)
    if vectors.shape == (3,):
        vectors = np.diag(vectors)
    if vectors.shape != (3, 3):
        raise ValueError(
            f"cell has the shape {vectors.shape}; it is (3, 3), whose rows are the lattice vectors, or (3,) for the "
            "edges of a rectangular one"
        )
    if pbc is None:
        if cell is not None:
            raise ValueError("there is a cell; say which of its vectors are periods: pbc=True, or one bool for each")
        pbc = False
    periods = np.asarray(pbc)
    if periods.shape not in ((), (3,)) or periods.dtype.kind != "b":
        raise ValueError(f"pbc is {pbc!r}; it is True, False, or three of these")
    first, second, third = (bool(one) for one in np.broadcast_to(periods, 3))
    return kinds, places.reshape(n, 3), np.ascontiguousarray(vectors), (first, second, third)


def _floats(name: str, values: npt.ArrayLike) -> Floats:
    given = np.asarray(values)
    if given.dtype.kind not in "fiu":
        raise ValueError(f"{name} has the type {given.dtype}; it is an array of real numbers, in Angstrom")
    return np.ascontiguousarray(given, dtype=np.float64)
