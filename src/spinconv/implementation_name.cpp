// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/implementation_name.hpp"

#include "spinconv/error.hpp"

namespace spinconv {

Implementation implementation_named(const std::string& name) {
  if (name == "auto") {
    return Implementation::automatic;
  }
  if (name == "fused") {
    return Implementation::fused;
  }
  if (name == "graph") {
    return Implementation::graph;
  }
  throw Error(unknown_name_message("implementation", name, {"auto", "fused", "graph"}));
}

Precision precision_named(const std::string& name) {
  if (name == "single") {
    return Precision::single_;
  }
  if (name == "double") {
    return Precision::double_;
  }
  throw Error(unknown_name_message("precision", name, {"single", "double"}));
}

}  // namespace spinconv
