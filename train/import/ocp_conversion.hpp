// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "import/ocp_checkpoint.hpp"
#include "spinconv/potential.hpp"

namespace spinconv::train {

struct OcpConversion {
  // Empty: the estimator of the checkpoint ("direct" for random rotations, "distance" for its
  // gradient at fixed directions, "gradient" where it has energies alone). "gradient" makes any of
  // them the gradient of its energy.
  std::string forces;
  std::vector<std::string> elements;  // to keep; empty: all that the checkpoint has
};

// The checkpoint as a potential of the same energies and forces, but for two things that the
// published code leaves to chance: the longitude of a pole is 0 (there: that of rounding errors),
// and direct forces have one set of rotations (there: new ones in each call). Throws
// spinconv::Error: a variant that was never released, tensors that are missing or of another shape.
Potential convert_ocp(const OcpCheckpoint& checkpoint, const OcpConversion& options = {});

}  // namespace spinconv::train
