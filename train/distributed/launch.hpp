// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace spinconv::train {

// Which of how many processes this is, and where rank 0 listens.
struct Launch {
  int rank = 0;
  int size = 1;
  int local_rank = 0;       // among those of this machine
  int local_size = 1;       // 1 where the launcher does not say
  std::string launcher;     // for messages: "mpiexec", "WORLD_SIZE", "Slurm", ...; empty: none
  std::string master_host;  // empty: rank 0 tells the others through mpiexec (pmi.hpp)
  int master_port = 0;
  int pmi_file = -1;  // PMI_FD, where master_host is empty

  bool on_one_machine() const { return local_size == size; }
};

// Value of a variable; no value where it is not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;
Environment process_environment();

// What a launcher has set, the first of
//   RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT (LOCAL_RANK, LOCAL_WORLD_SIZE): torchrun, or by hand
//   PMI_RANK, PMI_SIZE (PMI_FD, MPI_LOCALRANKID, MPI_LOCALNRANKS):             mpiexec of MPICH
//   OMPI_COMM_WORLD_RANK, ..._SIZE, ..._LOCAL_RANK, ..._LOCAL_SIZE, MASTER_PORT: mpirun of Open MPI
//   SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID, SLURM_JOB_NODELIST:             srun
// MASTER_ADDR and MASTER_PORT replace what is derived otherwise. Without any: one process. Throws
// spinconv::Error naming the variable that is missing or no number.
Launch launch_from(const Environment& environment);

// The first host of a Slurm list: "gpu[003-7,9],login" -> "gpu003".
std::string first_host(const std::string& node_list);

}  // namespace spinconv::train
