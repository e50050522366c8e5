// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "fuzz/random.hpp"

namespace spinconv::fuzz {

// What bytes become by one to some changes drawn from `random`: flipped bits, bytes inserted,
// deleted, copied and repeated, parts of `other` (another input of the same format), words of the
// format, numbers replaced by extreme ones, an early end. At most `largest` bytes.
std::string mutate(std::string bytes, const std::string& other,
                   const std::vector<std::string>& words, Random& random, std::size_t largest);

}  // namespace spinconv::fuzz
