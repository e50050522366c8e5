// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include "spinconv/fused/choice.hpp"

namespace spinconv::test {

// Tests of fused kernels, skipped on a processor that has none.
class FusedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (fused::instruction_sets().empty()) {
      GTEST_SKIP() << "this processor has no fused multiply-add";
    }
  }
};

}  // namespace spinconv::test
