// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "lammps/structures.hpp"

// Runs of one input with the plain styles and with the styles of the KOKKOS package, by the lmp
// that has both. SPINCONV_KOKKOS_DEVICE, e.g. "g 1", takes the place of the threads of a host.
namespace spinconv::test {

struct KokkosOptions {
  int ranks = 0;  // 0: without mpiexec
  int threads = 1;
  std::string package = {};  // of package kokkos, e.g. "newton off neigh full"
  std::vector<std::string> arguments = {};
  std::map<std::string, std::string> variables = {};

  std::string name() const;  // for messages
};

// SPINCONV_KOKKOS_DEVICE names one.
bool on_a_gpu();

// The same with -k on ... -sf kk.
LammpsResult run_kokkos(const TemporaryFolder& folder, const std::string& input,
                        const KokkosOptions& options = {});
LammpsResult run_kokkos_to_message(const TemporaryFolder& folder, const std::string& input,
                                   const KokkosOptions& options, const std::string& message);
LammpsResult run_kokkos_well(const TemporaryFolder& folder, const std::string& input,
                             const KokkosOptions& options = {});

// What a run leaves: thermodynamic tables, and the snapshots of atoms.dump if it wrote one.
struct Outputs {
  std::vector<Table> thermo, atoms;
  std::string log;
};
Outputs outputs_of(const TemporaryFolder& folder, const LammpsResult& result);

// Every number of the two, within tolerance * (1 + the largest value of its column).
void expect_same(const Outputs& found, const Outputs& expected, double tolerance = 1e-10);

// `input` by the plain styles on one rank, and by those of Kokkos in each way: the same. The input
// writes its atoms to atoms.dump. Returns what the plain styles gave.
Outputs expect_kokkos_is_plain(const std::string& input, const std::vector<KokkosOptions>& ways,
                               double tolerance = 1e-10);

// One rank and two, one thread and two.
std::vector<KokkosOptions> all_ways();

// Two ranks or one, one thread.
std::vector<KokkosOptions> one_and_two_ranks();

}  // namespace spinconv::test
