# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Two LAMMPS instances in one process, each with a potential of its own: prints their energies.

  python instances.py DATA FIRST.pt SECOND.pt
"""

import sys

from lammps import lammps

data, first, second = sys.argv[1:]


def start(potential):
    lmp = lammps(cmdargs=["-screen", "none", "-log", "none", "-nocite"])
    lmp.commands_string(f"""
        units metal
        atom_style atomic
        read_data {data}
        pair_style spinconv precision double
        pair_coeff * * {potential} H C O
        run 0 post no""")
    return lmp


def energy(lmp, commands="run 0 post no"):
    lmp.commands_string(commands)
    return lmp.get_thermo("pe")


a = start(first)
b = start(second)
before = energy(a), energy(b)
# used in turns, and one after the other has gone
for _ in range(2):
    assert (energy(a), energy(b)) == before
a.close()
assert energy(b) == before[1]

# an error is an exception, after which the instance is still there
try:
    b.command("pair_coeff * * missing.pt H C O")
except Exception as error:
    assert "missing.pt" in str(error), error
else:
    raise SystemExit("a missing potential raised no exception")
b.command(f"pair_coeff * * {first} H C O")
assert energy(b) == before[0]

# LibTorch of Python in the same process
import torch  # noqa: E402

assert float(torch.ones(3).sum()) == 3.0
c = start(second)
assert energy(c) == before[1]
print(f"value first {before[0]!r}")
print(f"value second {before[1]!r}")
