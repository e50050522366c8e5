// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <sstream>

#include "lammps/structures.hpp"
#include "support/test_models.hpp"

// What the log says of memory, and what happens where there is too little of it.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// 216 atoms with some 40 edges each and a model that takes about 60 kB for an edge.
std::string large_input(const TemporaryFolder& folder, const std::string& options) {
  auto config = small_config();
  config.hidden_channels = 256;
  config.message_channels = 32;
  config.l_max = config.m_max = 5;
  config.layers = 3;
  config.cutoff = 4.5;
  write_random_potential(folder / "large.pt", config);
  const InputOptions pair{.pair = pair_commands(options, "H C O", "large.pt")};
  return setup(folder, packed_cell(), pair) + "replicate 3 3 3\nrun 0\n" +
         print_value("energy", "pe");
}

// lmp in a shell that limits the address space to so many kB.
CommandResult run_limited(const TemporaryFolder& folder, const std::string& input, long kilobytes) {
  write_bytes(folder / "in.lammps", input);
  return run_process(
      {"/bin/bash", "-c",
       "ulimit -v " + std::to_string(kilobytes) + "; exec \"$SPINCONV_LMP\" -in in.lammps -nocite"},
      folder.path(), {{"LAMMPS_PLUGIN_PATH", required_environment("LAMMPS_PLUGIN_PATH")}});
}

// The largest address space, in kB, that lmp had at the end of `input`.
long peak_of(const TemporaryFolder& folder, const std::string& input) {
  const auto result = run_lammps_well(folder, input + "shell 'grep VmPeak /proc/$PPID/status'\n");
  const auto at = result.process.output.find("VmPeak:");
  if (at == std::string::npos) {
    throw std::runtime_error("no VmPeak in\n" + result.process.output);
  }
  return std::stol(result.process.output.substr(at + 7));
}

TEST(PairSpinconvMemory, TheLogSaysWhatAnAtomTakesAndHowManyFit) {
  const TemporaryFolder folder;
  for (const int ranks : {0, 2}) {
    const auto result =
        run_lammps_well(folder, setup(folder, triclinic_cell()) + "run 0\n", {.ranks = ranks});
    const auto& output = result.process.output;
    const auto at = output.find("SpinConv memory: ");
    ASSERT_NE(at, std::string::npos) << output;
    const std::string line = output.substr(at, output.find('\n', at) - at);
    EXPECT_GT(std::stod(line.substr(17)), 0.01) << line;  // MB
    EXPECT_THAT(line, HasSubstr("MB per atom; of "));
    EXPECT_THAT(line,
                HasSubstr("shared by " + std::to_string(std::max(ranks, 1)) + " rank(s), about "));
    EXPECT_THAT(output, Not(HasSubstr("WARNING: Pair style spinconv")));
  }
}

TEST(PairSpinconvMemory, TooLittleIsToldBeforeAndCaughtAndBlocksOfEdgesFit) {
  const TemporaryFolder folder;
  const std::string whole = large_input(folder, ""), blocks = large_input(folder, "chunk 500");
  const long needed = peak_of(folder, whole), less = peak_of(folder, blocks);
  ASSERT_LT(less, needed - 200000);
  const long limit = less + (needed - less) / 4;

  const auto failed = run_limited(folder, whole, limit);
  EXPECT_FALSE(failed.timed_out);
  EXPECT_NE(failed.exit_code, 0);
  EXPECT_LT(failed.exit_code, 128) << failed.output;
  const std::string start = "out of memory while evaluating ";
  const auto at = failed.output.find(start);
  ASSERT_NE(at, std::string::npos) << failed.output;
  const long edges = std::stol(failed.output.substr(at + start.size()));
  EXPECT_GT(edges, 2000);
  const std::string fewer = std::to_string(edges / 4);
  EXPECT_THAT(
      failed.output,
      HasSubstr("edges of 216 atoms; evaluate fewer edges at a time (chunk " + fewer + ")"));
  EXPECT_THAT(failed.output, HasSubstr("WARNING: Pair style spinconv: "));
  EXPECT_THAT(failed.output, HasSubstr("use option chunk " + fewer));

  const auto fits = run_limited(folder, blocks, limit);
  EXPECT_EQ(fits.exit_code, 0) << fits.output;
  const auto energy = fits.output.find("value energy -");
  ASSERT_NE(energy, std::string::npos) << fits.output;
  EXPECT_NEAR(std::stod(fits.output.substr(energy + 13)),
              run_lammps_well(folder, whole).value("energy"), 1e-9);
}

}  // namespace
}  // namespace spinconv::test
