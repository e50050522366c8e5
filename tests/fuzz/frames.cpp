// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "fuzz/frames.hpp"

#include <algorithm>
#include <cmath>

#include "data/dataset.hpp"
#include "fuzz/target.hpp"
#include "spinconv/elements.hpp"

namespace spinconv::fuzz {

void check_frame(const train::Frame& frame) {
  const std::size_t n = frame.size();
  require(n > 0, "a frame without atoms");
  require(frame.positions.size() == 3 * n, "positions of another number of atoms");
  require(frame.forces.empty() || frame.forces.size() == 3 * n,
          "forces of another number of atoms");
  require(frame.tags.empty() || frame.tags.size() == n, "tags of another number of atoms");
  require(frame.fixed.empty() || frame.fixed.size() == n, "marks of another number of atoms");
  require(std::all_of(frame.atomic_numbers.begin(), frame.atomic_numbers.end(),
                      [](int z) { return z >= 1 && z <= max_atomic_number; }),
          "an atomic number that is none");
}

void check_frames(const std::vector<train::Frame>& frames) {
  require(!frames.empty(), "no frames and no error");
  for (const auto& frame : frames) {
    check_frame(frame);
    require(std::all_of(frame.positions.begin(), frame.positions.end(),
                        [](double x) { return std::isfinite(x); }),
            "a position that is not finite");
    require(std::all_of(frame.cell.begin(), frame.cell.end(),
                        [](double x) { return std::isfinite(x); }),
            "a cell that is not finite");
    require(!frame.energy || std::isfinite(*frame.energy), "an energy that is not finite");
  }
  require(!train::summarize(frames).text({}).empty(), "no summary");
}

}  // namespace spinconv::fuzz
