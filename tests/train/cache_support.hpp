// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <random>
#include <sstream>
#include <string>

namespace spinconv::train::test {

// Extended XYZ of frames of 2 to 9 atoms and several compositions; some periodic along all or two
// directions, some without an energy, some without forces, some with stress, fixed atoms and
// systems.
inline std::string mixed_extxyz(int frames, std::uint64_t seed = 7) {
  std::mt19937_64 random(seed);
  const auto uniform = [&] { return double(random() >> 11) / double(1ULL << 53) - 0.5; };
  std::ostringstream out;
  out.precision(12);
  const char* const symbols[] = {"H", "C", "O", "Cu"};
  for (int f = 0; f < frames; ++f) {
    const int n = 2 + f % 8;
    const bool has_forces = f % 5 != 3;
    const bool catalyst = f % 3 == 1;
    out << n << "\nProperties=species:S:1:pos:R:3" << (catalyst ? ":move_mask:L:1:tags:I:1" : "")
        << (has_forces ? ":forces:R:3" : "");
    if (f % 7 != 4) {
      out << " energy=" << -3.0 * n + uniform();
    }
    if (f % 4 == 2) {
      out << " Lattice=\"6.1 0 0 0.3 5.9 0 0 -0.2 7.0\" pbc=\"T T " << (f % 8 == 2 ? "T" : "F")
          << "\"";
      if (f % 8 == 2) {
        out << " stress=\"0.1 0 0 0 0.2 0 0 0 0.3\"";
      }
    } else {
      out << " pbc=\"F F F\"";
    }
    out << " sid=s" << f / 6 << " fid=" << f % 6 << "\n";
    for (int i = 0; i < n; ++i) {
      out << symbols[(i + f / 8) % 4];
      for (int k = 0; k < 3; ++k) {
        out << " " << 1.3 * (k == 0 ? i % 3 : k == 1 ? i / 3 : 0) + 0.2 * uniform();
      }
      if (catalyst) {
        out << (i == 0 ? " F 0" : " T 2");
      }
      for (int k = 0; has_forces && k < 3; ++k) {
        out << " " << uniform();
      }
      out << "\n";
    }
  }
  return out.str();
}

}  // namespace spinconv::train::test
