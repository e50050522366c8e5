// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace spinconv::train {

// Tell `value` of the process that has one (rank 0; the others give "") to all processes that
// mpiexec has started, through the socket that it gave each (PMI_FD; the text protocol PMI 1, which
// MPICH and its kin speak). Every process has to call it, once. Throws spinconv::Error.
std::string share_through_pmi(int file, const std::string& value);

}  // namespace spinconv::train
