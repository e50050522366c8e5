# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""The calculator for ASE.

    >>> from spinconv.ase import SpinConv
    >>> atoms.calc = SpinConv("rmd17-ethanol.pt")
    >>> atoms.get_forces()
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Sequence
from typing import Any

from ase import Atoms
from ase.calculators.calculator import Calculator, PropertyNotImplementedError, all_changes

from .potential import Path, Potential, Result


class SpinConv(Calculator):
    """A SpinConv potential, or a committee of them, as calculator of ASE.

    `path`, `device`, `precision`, `committee` and further parameters are those of `spinconv.Potential`.
    With ``forces`` or anything else asked for, all is worked out at once: energy, free_energy (the
    same), energies of the atoms, forces, and stress where all three directions are periodic. Units,
    signs and the order of the stress are ASE's: eV, Angstrom, positive under tension, xx yy zz yz xz xy.

    Of a committee, `results` has besides the means ``energy_deviation`` (eV) and ``force_deviations``
    (eV/Angstrom, [n]), see `spinconv.Result`.

    The parameters say all that the results depend on: a calculator that is made of them again, copied
    or pickled gives the same numbers to the last bit, whatever was calculated before.
    """

    implemented_properties = ["energy", "free_energy", "energies", "forces", "stress"]
    default_parameters = {
        name: one.default for name, one in inspect.signature(Potential).parameters.items() if name != "path"
    }
    # nothing is evaluated for changes that a potential does not see
    ignored_changes = {"initial_charges", "initial_magmoms"}

    def __init__(
        self,
        path: Path,
        device: str = "cpu",
        precision: str | None = None,
        committee: Sequence[Path] = (),
        *,
        atoms: Atoms | None = None,
        **parameters: Any,
    ) -> None:
        self._potential: Potential | None = None
        super().__init__(
            atoms=atoms, path=path, device=device, precision=precision, committee=committee, **parameters
        )

    def set(self, **parameters: Any) -> dict[str, Any]:
        """Change parameters; the potential is loaded again, and results are forgotten.

        Raises what `spinconv.Potential` raises, and TypeError for a name that is no parameter; the
        calculator is then as it was.
        """
        known = {"path", *self.default_parameters}
        unknown = sorted(set(parameters) - known)
        if unknown:
            raise TypeError(f"unknown parameter {unknown[0]!r} of SpinConv; it has: {', '.join(sorted(known))}")
        wanted = {**self.parameters, **parameters}
        # as text, which files of ASE can hold
        wanted["path"] = os.fspath(wanted["path"])
        if not isinstance(wanted["committee"], (str, os.PathLike)):
            wanted["committee"] = tuple(os.fspath(one) for one in wanted["committee"])
        if self._potential is None or wanted != self.parameters:
            self._potential = Potential(**wanted)
        changed = super().set(**{name: wanted[name] for name in ("path", "committee", *parameters)})
        if changed:
            self.reset()
        return changed

    @property
    def potential(self) -> Potential:
        """The potential that is evaluated."""
        assert self._potential is not None
        return self._potential

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = all_changes,
    ) -> None:
        super().calculate(atoms, properties, system_changes)
        found = self.potential.evaluate(self.atoms.numbers, self.atoms.positions, self.atoms.cell.array, self.atoms.pbc)
        self.results = _results_of(found)
        if "stress" in properties and found.stress is None:
            raise PropertyNotImplementedError(
                "direct forces have no stress"
                if self.potential.has_direct_forces
                else f"there is no stress unless all three directions are periodic; pbc is {self.atoms.pbc.tolist()}"
            )


def _results_of(found: Result) -> dict[str, Any]:
    results = {
        "energy": found.energy,
        "free_energy": found.energy,
        "energies": found.energies,
        "forces": found.forces,
        "stress": found.stress,
        "energy_deviation": found.energy_deviation,
        "force_deviations": found.force_deviations,
    }
    return {name: value for name, value in results.items() if value is not None}
