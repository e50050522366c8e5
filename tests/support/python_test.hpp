// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/command.hpp"
#include "support/temporary_folder.hpp"

namespace spinconv::test {

// Tests by a program of tests/programs, skipped where no Python was configured.
class PythonTest : public ::testing::Test {
 protected:
  explicit PythonTest(const std::string& program)
      : program_(environment("SPINCONV_SOURCE_DIR") + "/tests/programs/" + program) {}

  void SetUp() override {
    if (environment("SPINCONV_PYTHON").empty()) {
      GTEST_SKIP() << "no Python was configured (SPINCONV_PYTHON)";
    }
  }

  CommandResult run(std::vector<std::string> words) const {
    words.insert(words.begin(), {environment("SPINCONV_PYTHON"), program_});
    return run_command(words);
  }
  CommandResult run_cases() const {
    write_bytes(folder_ / "cases.json", cases_.dump());
    return run({folder_ / "cases.json"});
  }

  const std::string program_;
  TemporaryFolder folder_;
  nlohmann::json cases_ = nlohmann::json::array();
};

}  // namespace spinconv::test
