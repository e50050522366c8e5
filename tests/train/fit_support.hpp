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

  // `data` are the lines of that section.
  std::string config(const std::string& data, const std::string& training = "") const {
    spinconv::test::write_bytes(folder_ / "fit.yaml", "data:\n" + data + R"(
model: {cutoff: 3.0, layers: 1, message_channels: 4, hidden_channels: 8, l_max: 1, m_max: 1,
        product_channels: 4, gaussians: 6}
training: {epochs: 2, batch_size: 4, precision: double)" + training +
                                                          R"(}
output:
  folder: )" + (folder_ / "run") + R"(
  name: p
)");
    return folder_ / "fit.yaml";
  }
  std::string ethanol(const std::string& training = "") const {
    return config("  file: " + sample("rmd17_ethanol_20.npz") +
                      "\n  split: {train: 6, validation: 2, test: 3}",
                  training);
  }

  // `fit` of the configuration that config() wrote last.
  spinconv::test::CommandResult fit(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"fit", folder_ / "fit.yaml"});
    return run(more);
  }

  // The same, ended by SIGTERM as soon as the log has so many lines (the first is the header).
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
