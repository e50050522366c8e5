// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "spinconv/error.hpp"

namespace spinconv::test {

// The text of the spinconv::Error that `call` throws; "" and a failed test if it throws none.
inline std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no spinconv::Error";
  return "";
}

}  // namespace spinconv::test
