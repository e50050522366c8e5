# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__version__: str

class Error(RuntimeError): ...

def atomic_number(symbol: str) -> int: ...
def write_module_file(potential_file: str, module_file: str, precision: str | None) -> None: ...

_Floats = npt.NDArray[np.float64]

class Calculator:
    def __init__(
        self,
        *,
        paths: Sequence[str],
        device: str,
        precision: str | None,
        implementation: str,
        threads: int,
        chunk: int,
        skin: float,
        elements: Sequence[str],
    ) -> None: ...
    def evaluate(
        self,
        numbers: npt.NDArray[np.int32],
        positions: _Floats,
        cell: _Floats,
        pbc: Sequence[bool],
        forces: bool,
    ) -> tuple[
        float, _Floats, _Floats | None, _Floats | None, _Floats | None, float | None, _Floats | None
    ]: ...
    def potentials(self) -> list[dict[str, Any]]: ...
    def knows(self, number: int) -> bool: ...
    def neighbor_list_builds(self) -> int: ...
