// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "kokkos/kokkos_runs.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <sstream>

namespace spinconv::test {
namespace {

std::string device() {
  const char* name = std::getenv("SPINCONV_KOKKOS_DEVICE");
  return name ? name : "";
}

LammpsOptions lammps_options(const KokkosOptions& options) {
  std::string text = "-k on ";
  text += on_a_gpu() ? device() : "t " + std::to_string(options.threads);
  text += " -sf kk";
  if (!options.package.empty()) {
    text += " -pk kokkos " + options.package;
  }
  std::istringstream words(text);
  LammpsOptions lammps{.ranks = options.ranks, .variables = options.variables};
  lammps.arguments.assign(std::istream_iterator<std::string>(words), {});
  lammps.arguments.insert(lammps.arguments.end(), options.arguments.begin(),
                          options.arguments.end());
  return lammps;
}

void expect_same_tables(const std::vector<Table>& found, const std::vector<Table>& expected,
                        double tolerance, const std::string& what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (std::size_t t = 0; t < found.size(); ++t) {
    ASSERT_EQ(found[t].names, expected[t].names) << what;
    ASSERT_EQ(found[t].rows.size(), expected[t].rows.size()) << what;
    for (const auto& name : found[t].names) {
      const auto values = expected[t].column(name);
      double largest = 0.0;
      for (const double value : values) {
        largest = std::max(largest, std::abs(value));
      }
      EXPECT_LE(largest_difference(found[t].column(name), values), tolerance * (1.0 + largest))
          << what << " " << t << ", column " << name;
    }
  }
}

}  // namespace

std::string KokkosOptions::name() const {
  return std::to_string(ranks) + " ranks, " + std::to_string(threads) + " threads, " + package;
}

bool on_a_gpu() {
  return !device().empty();
}

LammpsResult run_kokkos(const TemporaryFolder& folder, const std::string& input,
                        const KokkosOptions& options) {
  return run_lammps(folder, input, lammps_options(options));
}

LammpsResult run_kokkos_to_message(const TemporaryFolder& folder, const std::string& input,
                                   const KokkosOptions& options, const std::string& message) {
  return run_lammps_to_message(folder, input, lammps_options(options), message);
}

LammpsResult run_kokkos_well(const TemporaryFolder& folder, const std::string& input,
                             const KokkosOptions& options) {
  return run_lammps_well(folder, input, lammps_options(options));
}

Outputs outputs_of(const TemporaryFolder& folder, const LammpsResult& result) {
  Outputs outputs{result.thermo, {}, result.process.output};
  if (std::filesystem::exists(folder / "atoms.dump")) {
    outputs.atoms = read_dump(folder / "atoms.dump");
    std::filesystem::remove(folder / "atoms.dump");
  }
  return outputs;
}

void expect_same(const Outputs& found, const Outputs& expected, double tolerance) {
  expect_same_tables(found.thermo, expected.thermo, tolerance, "thermo");
  expect_same_tables(found.atoms, expected.atoms, tolerance, "atoms");
}

Outputs expect_kokkos_is_plain(const std::string& input, const std::vector<KokkosOptions>& ways,
                               double tolerance) {
  const TemporaryFolder folder;
  const auto plain = outputs_of(folder, run_lammps_well(folder, input));
  for (const auto& way : ways) {
    SCOPED_TRACE(way.name());
    const auto found = outputs_of(folder, run_kokkos_well(folder, input, way));
    // in the log's neighbor lists, without the suffix under pair_style hybrid
    EXPECT_THAT(found.log, ::testing::ContainsRegex(
                               "pair spinconv[^\n]*, perpetual[^\n]*\n[^\n]*full,[^\n]* kokkos_"));
    expect_same(found, plain, tolerance);
  }
  return plain;
}

std::vector<KokkosOptions> all_ways() {
  return {{}, {.threads = 2}, {.ranks = 2}, {.ranks = 2, .threads = 2}};
}

std::vector<KokkosOptions> one_and_two_ranks() {
  return {{}, {.ranks = 2}};
}

}  // namespace spinconv::test
