// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
