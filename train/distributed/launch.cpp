// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "distributed/launch.hpp"

#include <charconv>
#include <cstdlib>

#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

class Variables {
 public:
  explicit Variables(const Environment& environment) : environment_(environment) {}

  std::optional<std::string> text(const std::string& name) const {
    auto value = environment_(name);
    return value && value->empty() ? std::nullopt : value;
  }

  bool has(const std::string& name) const { return text(name).has_value(); }

  std::optional<int> number(const std::string& name, int smallest, int largest = 1 << 30) const {
    const auto value = text(name);
    if (!value) {
      return std::nullopt;
    }
    int result = 0;
    const char* const end = value->data() + value->size();
    const auto parsed = std::from_chars(value->data(), end, result);
    if (parsed.ec != std::errc() || parsed.ptr != end || result < smallest || result > largest) {
      throw Error("the environment variable " + name + " is '" + *value +
                  "'; it must be a whole number of at least " + std::to_string(smallest));
    }
    return result;
  }

  int required(const std::string& name, const std::string& because, int smallest) const {
    const auto value = number(name, smallest);
    if (!value) {
      throw Error("the environment variable " + name + " is not set, but " + because +
                  "; start the processes with mpiexec, torchrun or srun, or set it for each");
    }
    return *value;
  }

 private:
  const Environment& environment_;
};

void check(const Launch& launch, const std::string& rank_name, const std::string& size_name) {
  if (launch.rank >= launch.size) {
    throw Error("the environment variable " + rank_name + " is " + std::to_string(launch.rank) +
                ", but " + size_name + " is " + std::to_string(launch.size) +
                "; ranks count from 0");
  }
}

// MASTER_ADDR and MASTER_PORT in place of what was derived.
void read_master(const Variables& variables, Launch& launch) {
  if (const auto host = variables.text("MASTER_ADDR")) {
    launch.master_host = *host;
  }
  if (const auto port = variables.number("MASTER_PORT", 1, 65535)) {
    launch.master_port = *port;
  }
}

void require_master(const Launch& launch) {
  for (const auto& [missing, name] : {std::pair{launch.master_host.empty(), "MASTER_ADDR"},
                                      {launch.master_port == 0, "MASTER_PORT"}}) {
    if (missing) {
      throw Error("there are " + std::to_string(launch.size) + " processes (" + launch.launcher +
                  "), but the environment variable " + name +
                  " is not set; give all of them the host and a free port of rank 0, e.g. "
                  "MASTER_ADDR=127.0.0.1 MASTER_PORT=29500");
    }
  }
}

Launch from_world_size(const Variables& variables, int size) {
  Launch launch;
  launch.launcher = "WORLD_SIZE";
  launch.size = size;
  launch.rank = variables.required("RANK", "WORLD_SIZE is " + std::to_string(size), 0);
  check(launch, "RANK", "WORLD_SIZE");
  read_master(variables, launch);
  require_master(launch);
  const bool loopback =
      launch.master_host == "localhost" || launch.master_host.rfind("127.", 0) == 0;
  launch.local_size = variables.number("LOCAL_WORLD_SIZE", 1).value_or(loopback ? size : 1);
  launch.local_rank = variables.number("LOCAL_RANK", 0).value_or(loopback ? launch.rank : 0);
  return launch;
}

Launch from_pmi(const Variables& variables, int size) {
  Launch launch;
  launch.launcher = "mpiexec";
  launch.size = size;
  launch.rank = variables.required("PMI_RANK", "PMI_SIZE is " + std::to_string(size), 0);
  check(launch, "PMI_RANK", "PMI_SIZE");
  launch.local_size = variables.number("MPI_LOCALNRANKS", 1).value_or(1);
  launch.local_rank = variables.number("MPI_LOCALRANKID", 0).value_or(0);
  read_master(variables, launch);
  if (launch.master_host.empty() && launch.master_port == 0 && variables.has("PMI_FD")) {
    launch.pmi_file = *variables.number("PMI_FD", 0);
  } else {
    require_master(launch);
  }
  return launch;
}

Launch from_open_mpi(const Variables& variables, int size) {
  Launch launch;
  launch.launcher = "mpirun of Open MPI";
  launch.size = size;
  launch.rank = variables.required("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE is set", 0);
  check(launch, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE");
  launch.local_size = variables.number("OMPI_COMM_WORLD_LOCAL_SIZE", 1).value_or(1);
  launch.local_rank = variables.number("OMPI_COMM_WORLD_LOCAL_RANK", 0).value_or(0);
  if (launch.on_one_machine()) {
    launch.master_host = "127.0.0.1";
  }
  read_master(variables, launch);
  require_master(launch);
  return launch;
}

Launch from_slurm(const Variables& variables, int size) {
  Launch launch;
  launch.launcher = "Slurm";
  launch.size = size;
  launch.rank = *variables.number("SLURM_PROCID", 0);
  check(launch, "SLURM_PROCID", "SLURM_NTASKS");
  launch.local_rank = variables.number("SLURM_LOCALID", 0).value_or(0);
  if (const auto hosts = variables.text("SLURM_JOB_NODELIST")) {
    launch.master_host = first_host(*hosts);
    const bool one_host = hosts->find_first_of(",[") == std::string::npos;
    launch.local_size = one_host ? size : variables.number("SLURM_NTASKS_PER_NODE", 1).value_or(1);
  }
  // two jobs on one machine must not meet: a port of the job's own, where none is given
  const int job = variables.number("SLURM_JOB_ID", 0).value_or(0);
  const int step = variables.number("SLURM_STEP_ID", 0).value_or(0);
  launch.master_port = 20000 + (job * 7 + step) % 12000;
  read_master(variables, launch);
  require_master(launch);
  return launch;
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

Launch launch_from(const Environment& environment) {
  const Variables variables(environment);
  if (const auto size = variables.number("WORLD_SIZE", 1)) {
    return *size == 1 ? Launch{} : from_world_size(variables, *size);
  }
  // The script of a batch job has the variables of its first task, but is no task itself: srun
  // gives each task a step.
  const bool batch_script =
      variables.text("ENVIRONMENT") == "BATCH" && !variables.has("SLURM_STEP_ID");
  std::optional<int> slurm_size;
  if (variables.has("SLURM_PROCID") && !batch_script) {
    slurm_size = variables.number("SLURM_NTASKS", 1);
  }
  if (const auto size = variables.number("PMI_SIZE", 1)) {
    // srun sets PMI_RANK as well, with another protocol behind PMI_FD than mpiexec
    const bool same =
        slurm_size == size && variables.text("SLURM_PROCID") == variables.text("PMI_RANK");
    if (!same) {
      return *size == 1 ? Launch{} : from_pmi(variables, *size);
    }
  }
  if (const auto size = variables.number("OMPI_COMM_WORLD_SIZE", 1)) {
    return *size == 1 ? Launch{} : from_open_mpi(variables, *size);
  }
  if (slurm_size && *slurm_size > 1) {
    return from_slurm(variables, *slurm_size);
  }
  return {};
}

std::string first_host(const std::string& node_list) {
  // up to the first comma outside brackets
  std::string first;
  int depth = 0;
  for (const char c : node_list) {
    depth += (c == '[') - (c == ']');
    if (c == ',' && depth == 0) {
      break;
    }
    first += c;
  }
  // each bracket is replaced by the first number of it
  std::string host;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (first[i] != '[') {
      host += first[i];
      continue;
    }
    const std::size_t end = first.find(']', i);
    host += first.substr(i + 1, first.find_first_of(",-]", i) - i - 1);
    if (end == std::string::npos) {
      break;
    }
    i = end;
  }
  return host;
}

}  // namespace spinconv::train
