// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "support/training_ranges.hpp"

#include "spinconv/potential.hpp"
#include "spinconv/training_ranges_json.hpp"

namespace spinconv::test {

TrainingRanges wide_ranges(const std::vector<std::string>& elements) {
  const std::size_t n = elements.size();
  TrainingRanges r;
  r.elements = elements;
  r.frames = r.not_periodic = 100;
  r.atoms = {1, 1000};
  r.atoms_of_element.assign(n, {0, 1000});
  r.nearest.assign(n * n, 0.5);
  r.neighbors.assign(n, TrainingRanges::Neighbors{0, 100, 8.0});
  r.forces = {20.0, 1.0};
  r.stress = {100, true};
  return r;
}

void set_nearest(TrainingRanges& ranges, std::size_t a, std::size_t b, double distance) {
  const std::size_t n = ranges.elements.size();
  ranges.nearest[a * n + b] = ranges.nearest[b * n + a] = distance;
}

void write_with_ranges(const std::string& from, const std::string& to,
                       const TrainingRanges& ranges) {
  Potential potential = Potential::load(from);
  potential.metadata["trained_on"] = to_json(ranges);
  potential.save(to, potential.metadata.value("precision", "single"));
}

}  // namespace spinconv::test
