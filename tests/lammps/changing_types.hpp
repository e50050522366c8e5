// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "lammps/structures.hpp"
#include "support/test_models.hpp"

// Inputs in which atoms change their types while the neighbor list stays as it is. Each prints the
// energy ("now") and a force on atom 3 ("fnow") as they are after the change, and what a fresh
// set-up of the same atoms gives ("fresh", "ffresh").
namespace spinconv::test {

inline const std::string fresh_energy =
    "run 0 post no\n" + print_value("fresh", "pe") + print_value("ffresh", "fx[3]");

// 8 atoms with the potential test.pt of their folder; no list is built but by a set-up.
inline std::string changing_input(const TemporaryFolder& folder, const std::string& options) {
  auto structure = packed_cell();
  structure.xy = structure.yz = 0.0;
  auto config = small_spinconv2_config();
  config.cutoff = 3.2;
  config.layers = 1;  // a deep halo of it is small
  write_random_potential(folder / "test.pt", config);
  return setup(folder, structure,
               {.before_box = "atom_modify map array\n", .pair = pair_commands(options)}) +
         "neigh_modify delay 1000 every 1000 check no\nthermo 1\n";
}

struct TypeChange {
  std::string name;
  std::string commands;
  bool one_rank = false;  // all that the fix can do with this pair style
};

inline const std::vector<TypeChange> type_changes = {
    {"SetThenPreNo",
     "run 0 post no\nset atom 3*5 type 1\nset atom 7 type 2\nrun 1 pre no post no\n" +
         print_value("now", "pe") + print_value("fnow", "fx[3]")},
    {"EveryWithCommands", "run 2 post no every 1 \"set atom 3*5 type 1\" \"set atom 7 type 2\"\n" +
                              print_value("now", "pe") + print_value("fnow", "fx[3]")},
    // flips come after the forces of a step, every other step
    {"FixSgcmc",
     "fix mc all sgcmc 2 0.5 30000.0 0.3 -0.2 window_size 1.0 window_moves 1\nrun 2 post no\n"
     "run 1 pre no post no\nvariable flips equal f_mc[1]\n" +
         print_value("flips", "v_flips") + print_value("now", "pe") + print_value("fnow", "fx[3]") +
         "unfix mc\n",
     true},
    {"FixAtomSwap",
     "fix mc all atom/swap 1 5 4711 30000.0 ke no types 1 2\nrun 2 post no\n"
     "variable flips equal f_mc[2]\n" +
         print_value("flips", "v_flips") + print_value("now", "pe") + print_value("fnow", "fx[3]") +
         "unfix mc\n"},
};

}  // namespace spinconv::test
