// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/mixed_precision.hpp"

#include <ATen/autocast_mode.h>

namespace spinconv::train {

MixedPrecision::MixedPrecision(bool on, torch::Device device) : on_(on), device_(device.type()) {
  if (on_) {
    type_before_ = at::autocast::get_autocast_dtype(device_);
    at::autocast::set_autocast_dtype(device_, torch::kBFloat16);
    at::autocast::set_autocast_enabled(device_, true);
    at::autocast::increment_nesting();
  }
}

MixedPrecision::~MixedPrecision() {
  if (on_) {
    // weights were cast once for all of their uses; the next step has others
    if (at::autocast::decrement_nesting() == 0) {
      at::autocast::clear_cache();
    }
    at::autocast::set_autocast_enabled(device_, false);
    at::autocast::set_autocast_dtype(device_, type_before_);
  }
}

}  // namespace spinconv::train
