// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace spinconv::train {

// Everything that a training needs to go on as if it had never stopped.
struct Checkpoint {
  nlohmann::json state;  // counters, schedule, best, running sums, configuration
  std::vector<torch::Tensor> weights, averaged, best;
  std::vector<torch::Tensor> first_moment, second_moment,
      largest_second_moment;          // Adam; third empty
                                      // without amsgrad
  std::vector<torch::Tensor> tables;  // those of the module's definition
  std::int64_t optimizer_steps = 0;

  // Written to a temporary name and renamed: an interruption leaves the last good file.
  void save(const std::string& path) const;
  // Throws spinconv::Error naming the file and the cure: missing, a folder, damaged, of another
  // version. `cure` is that of a file that cannot be used.
  static Checkpoint load(const std::string& path,
                         const std::string& cure = "begin again without --resume");
};

}  // namespace spinconv::train
