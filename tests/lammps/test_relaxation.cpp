// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <sstream>

#include "lammps/structures.hpp"

// The relaxation of examples/oc20: a real slab from extended XYZ into LAMMPS and back.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;

struct OcFrame {
  double energy = NAN;
  std::vector<Vector> positions;
  std::vector<bool> fixed;
};

// Extended XYZ with the columns species, pos, move_mask first.
std::vector<OcFrame> read_frames(const std::string& path) {
  std::vector<OcFrame> frames;
  std::istringstream stream(read_bytes(path));
  for (std::string line; std::getline(stream, line);) {
    OcFrame frame;
    const int n = std::stoi(line);
    std::getline(stream, line);
    const auto at = line.find(" energy=");
    if (at != std::string::npos) {
      frame.energy = std::stod(line.substr(at + 8));
    }
    for (int i = 0; i < n; ++i) {
      std::getline(stream, line);
      std::istringstream words(line);
      std::string species, free;
      Vector x{};
      words >> species >> x[0] >> x[1] >> x[2] >> free;
      frame.positions.push_back(x);
      frame.fixed.push_back(free == "F");
    }
    frames.push_back(frame);
  }
  return frames;
}

class Relaxation : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Minimizers, Relaxation, ::testing::Values("cg", "fire"),
                         [](const auto& info) { return info.param; });

TEST_P(Relaxation, LowersTheEnergyAndKeepsFixedAtomsFixed) {
  const TemporaryFolder folder;
  const std::string examples = required_environment("SPINCONV_SOURCE_DIR") + "/examples/oc20/";
  const auto convert = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {required_environment("SPINCONV_TRAIN_EXE"), "convert"});
    const auto result = run_process(arguments, folder.path());
    ASSERT_EQ(result.exit_code, 0) << result.output;
  };
  convert({examples + "relaxations.extxyz", "slab.data", "--frame", "0"});
  const auto result = run_lammps_well(
      folder, read_bytes(examples + "in.relax"),
      {.arguments = {"-var", "data", "slab.data", "-var", "potential",
                     required_environment("SPINCONV_SOURCE_DIR") + "/potentials/oc20-sample.pt",
                     "-var", "output", "relax", "-var", "style", GetParam(), "-var", "iterations",
                     "30"}});
  EXPECT_THAT(result.process.output, HasSubstr("Stopping criterion"));
  convert({"relax.dump", "relaxed.extxyz", "--cell", "slab.data.json", "--log", "log.lammps"});

  const auto initial = read_frames(examples + "relaxations.extxyz").at(0);
  const auto frames = read_frames(folder / "relaxed.extxyz");
  ASSERT_GT(frames.size(), 5u);
  EXPECT_LT(frames.back().energy, frames.front().energy - 0.05);
  EXPECT_LT(result.thermo.at(0).last("c_fmax"), 0.5 * result.thermo.at(0).first("c_fmax"));
  double moved = 0.0;
  std::size_t fixed = 0;
  for (std::size_t i = 0; i < initial.positions.size(); ++i) {
    EXPECT_LT(norm(frames.front().positions[i] - initial.positions[i]), 1e-8) << i;
    const double distance = norm(frames.back().positions[i] - initial.positions[i]);
    if (initial.fixed[i]) {
      EXPECT_LT(distance, 1e-8) << i;
      ++fixed;
    } else {
      moved = std::max(moved, distance);
    }
  }
  EXPECT_GT(fixed, 0u);
  EXPECT_LT(fixed, initial.fixed.size());
  EXPECT_GT(moved, 0.02);
}

}  // namespace
}  // namespace spinconv::test
