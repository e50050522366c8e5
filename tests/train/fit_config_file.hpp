// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/command.hpp"
#include "support/error_text.hpp"
#include "support/temporary_folder.hpp"
#include "trainer/fit_config.hpp"

namespace spinconv::train::test {

inline const std::string minimal = "data: {file: a.extxyz}\noutput: {folder: out}\n";

// A configuration in a file.
class FitConfigFile : public ::testing::Test {
 protected:
  FitConfig read(const std::string& yaml, const std::vector<std::string>& overrides = {}) const {
    spinconv::test::write_bytes(path(), yaml);
    return FitConfig::read(path(), overrides);
  }
  std::string refusal(const std::string& yaml,
                      const std::vector<std::string>& overrides = {}) const {
    return spinconv::test::error_of([&] { read(yaml, overrides); });
  }
  std::string path() const { return folder_ / "fit.yaml"; }
  // "file:line: ", with which an editor or a person finds the place
  std::string at(int line) const { return path() + ":" + std::to_string(line) + ": "; }

  spinconv::test::TemporaryFolder folder_;
};

}  // namespace spinconv::train::test
