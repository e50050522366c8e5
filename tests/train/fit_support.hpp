// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "spinconv/potential.hpp"
#include "support/command.hpp"
#include "support/temporary_folder.hpp"
#include "train/data_support.hpp"

namespace spinconv::train::test {

// Sizes of a model that trains in a moment.
inline const std::string small_sizes =
    "cutoff: 3.0, layers: 1, message_channels: 4, hidden_channels: 8, l_max: 1, m_max: 1, "
    "product_channels: 4, gaussians: 6";

// The program itself, on a model that trains frames of ethanol in a moment.
class FitProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(std::filesystem::exists(program_))
        << "SPINCONV_TRAIN_EXE does not name spinconv-train: '" << program_ << "'";
  }

  spinconv::test::CommandResult run(std::vector<std::string> words) const {
    words.insert(words.begin(), program_);
    return spinconv::test::run_command(words);
  }

  // `data` are the lines of that section, the others what stands in their braces.
  std::string write_config(const std::string& data, const std::string& training,
                           const std::string& output = "name: p",
                           const std::string& model = small_sizes) const {
    spinconv::test::write_bytes(folder_ / "fit.yaml",
                                "data:\n" + data + "\nmodel: {" + model + "}\ntraining: {" +
                                    training + "}\noutput: {folder: " + (folder_ / "run") + ", " +
                                    output + "}\n");
    return folder_ / "fit.yaml";
  }
  std::string config(const std::string& data, const std::string& training = "") const {
    return write_config(data, "epochs: 2, batch_size: 4, precision: double" + training);
  }
  static std::string ethanol_data(const std::string& split = "train: 6, validation: 2, test: 3") {
    return "  file: " + sample("rmd17_ethanol_20.npz") + "\n  split: {" + split + "}";
  }
  std::string ethanol(const std::string& training = "") const {
    return config(ethanol_data(), training);
  }

  // `fit` of the configuration that config() wrote last.
  spinconv::test::CommandResult fit(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"fit", folder_ / "fit.yaml"});
    return run(more);
  }

  // The same into a folder of its own, on so many ranks of mpiexec.
  spinconv::test::CommandResult fit_into(const std::string& folder,
                                         std::vector<std::string> more = {}, int ranks = 1) const {
    std::vector<std::string> words;
    if (ranks > 1) {
      words = {mpiexec_, "-n", std::to_string(ranks)};
    }
    words.insert(words.end(), {program_, "fit", folder_ / "fit.yaml", "--set",
                               "output.folder=" + (folder_ / folder)});
    words.insert(words.end(), more.begin(), more.end());
    return spinconv::test::run_command(words);
  }

  // As fit(), ended by SIGTERM as soon as the log has so many lines (the first is the header).
  spinconv::test::CommandResult fit_until(int lines, std::vector<std::string> more = {}) const {
    spinconv::test::write_bytes(
        folder_ / "stop.sh",
        "log=$1; lines=$2; shift 2\n"
        "\"$@\" & pid=$!\n"
        "count() { cat \"$log\" 2>/dev/null | wc -l; }\n"
        "while kill -0 $pid && [ $(count) -lt $lines ]; do sleep 0.01; done\n"
        "kill -TERM $pid; wait $pid\n");
    more.insert(more.begin(), {"sh", folder_ / "stop.sh", in_run("log.csv"), std::to_string(lines),
                               program_, "fit", folder_ / "fit.yaml"});
    return spinconv::test::run_command(more);
  }

  std::string in_run(const std::string& name) const { return folder_ / ("run/" + name); }

  const std::string program_ = spinconv::test::environment("SPINCONV_TRAIN_EXE");
  const std::string mpiexec_ = spinconv::test::environment("SPINCONV_MPIEXEC");
  spinconv::test::TemporaryFolder folder_;
};

inline void expect_same_weights(const std::string& a, const std::string& b) {
  const auto x = Potential::load(a), y = Potential::load(b);
  const auto p = x.model.parameters(), q = y.model.parameters();
  ASSERT_EQ(p.size(), q.size());
  for (std::size_t i = 0; i < p.size(); ++i) {
    EXPECT_TRUE(torch::equal(p[i], q[i])) << i;
  }
}

}  // namespace spinconv::train::test
