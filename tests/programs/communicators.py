# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""LAMMPS on parts of MPI_COMM_WORLD: rank 0 runs one potential, the other ranks together another one.

  mpiexec -n 3 python communicators.py DATA FIRST.pt SECOND.pt
"""

import sys

from mpi4py import MPI
from lammps import lammps

data, first, second = sys.argv[1:]
world = MPI.COMM_WORLD
part = min(world.rank, 1)
comm = world.Split(part, world.rank)

lmp = lammps(comm=comm, cmdargs=["-screen", "none", "-log", "none", "-nocite"])
lmp.commands_string(f"""
    units metal
    atom_style atomic
    atom_modify map array
    read_data {data}
    pair_style spinconv precision double
    pair_coeff * * {[first, second][part]} H C O
    fix nve all nve
    run {3 + 4 * part} post no
    run 0 post no""")
forces = lmp.gather_atoms("f", 1, 3)
energy = lmp.get_thermo("pe")
if comm.rank == 0:
    print(f"value energy{part} {energy!r}\nvalue ranks{part} {comm.size}\nvalue force{part} {forces[4]!r}", flush=True)
world.Barrier()
lmp.close()
