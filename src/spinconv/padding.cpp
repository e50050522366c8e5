// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/padding.hpp"

#include <algorithm>
#include <numeric>

namespace spinconv {

bool Padding::cover(const EdgeCounts& counts) {
  if (atoms_ != counts.types) {
    atoms_ = counts.types;
    sizes_ = {std::vector<std::int64_t>(counts.pairs.size(), 0), counts.types, 0};
    for (auto& n : sizes_.types) {
      ++n;  // the atom that edges are left over for
    }
  }
  bool grown = sizes_.neighbors == 0;
  const auto make_room = [&](std::int64_t& size, std::int64_t needed) {
    if (size < needed) {
      size = needed + needed / 4 + 1;
      grown = true;
    }
  };
  make_room(sizes_.neighbors, std::max<std::int64_t>(counts.neighbors, 1));
  for (std::size_t p = 0; p < counts.pairs.size(); ++p) {
    make_room(sizes_.pairs[p], counts.pairs[p]);
  }
  return grown;
}

std::int64_t Padding::edges() const {
  return std::accumulate(sizes_.pairs.begin(), sizes_.pairs.end(), std::int64_t{0});
}

GraphTensors Padding::filled(const GraphTensors& real, const EdgeCounts& counts) const {
  const auto elements = static_cast<std::int64_t>(atoms_.size());
  std::vector<std::int64_t> source, target;
  for (std::size_t p = 0; p < counts.pairs.size(); ++p) {
    const std::int64_t more = sizes_.pairs[p] - counts.pairs[p];
    const auto pair = static_cast<std::int64_t>(p);
    source.insert(source.end(), more, real.n_targets + pair / elements);
    target.insert(target.end(), more, real.n_targets + pair % elements);
  }
  const auto place = real.types.device();
  const auto after = [&](const torch::Tensor& first, const std::vector<std::int64_t>& rest) {
    return torch::cat({first, torch::tensor(rest, torch::kInt64).to(place)});
  };
  std::vector<std::int64_t> types(atoms_.size());
  std::iota(types.begin(), types.end(), std::int64_t{0});
  GraphTensors all;
  all.source = after(real.source, source);
  all.target = after(real.target, target);
  all.types = after(real.types.narrow(0, 0, real.n_targets), types);
  all.n_targets = real.n_targets + elements;
  return all;
}

torch::Tensor Padding::vectors(double cutoff, const torch::Device& device) const {
  const auto along_x = torch::tensor({2.0 * cutoff, 0.0, 0.0}, torch::kFloat64);
  return along_x.expand({edges(), 3}).contiguous().to(device);
}

}  // namespace spinconv
