// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "lammps/structures.hpp"
#include "lammps/systems.hpp"

// Inputs in which atoms change their types while the neighbor list stays as it is. Each prints the
// energy ("now") and a force on atom 3 ("fnow") as they are after the change, and what a fresh
// set-up of the same atoms gives ("fresh", "ffresh").
namespace spinconv::test {

inline const std::string fresh_energy = "run 0 post no\n" + print_value("fresh", "pe") +
                                        print_value("ffresh", "fx[3]");

// An alloy with the potential test.pt of its folder; no list is built but by a set-up.
inline std::string alloy_input(const TemporaryFolder& folder, const std::string& options) {
  const System& alloy = systems[2];
  testing::write_random_potential(folder / "test.pt", config_of(alloy));
  return "units metal\natom_style atomic\natom_modify map array\nbox tilt large\nread_data " +
         environment("SPINCONV_SOURCE_DIR") + "/" + alloy.data +
         "\npair_style spinconv precision double " + options + "\npair_coeff * * test.pt " +
         alloy.elements + "\nneighbor 0.5 bin\nneigh_modify delay 1000 every 1000 check no\n" +
         thermo("pe") + "thermo 1\n";
}

struct TypeChange {
  std::string name;
  std::string commands;
};

inline const std::vector<TypeChange> type_changes = {
    {"SetThenPreNo", "run 0 post no\nset atom 3*5 type 1\nset atom 7 type 2\nrun 1 pre no post no\n" +
                         print_value("now", "pe") + print_value("fnow", "fx[3]")},
    {"EveryWithCommands", "run 2 post no every 1 \"set atom 3*5 type 1\" \"set atom 7 type 2\"\n" +
                              print_value("now", "pe") + print_value("fnow", "fx[3]")},
    {"FixSgcmc", "fix mc all sgcmc 1 0.3 30000.0 0.3\nrun 2 post no\nrun 1 pre no post no\n"
                 "variable flips equal f_mc[1]\n" +
                     print_value("flips", "v_flips") +
                     "unfix mc\nrun 1 pre no post no\n" + print_value("now", "pe") +
                     print_value("fnow", "fx[3]")},
    {"FixAtomSwap",
     "fix mc all atom/swap 1 5 4711 30000.0 ke no types 1 2\nrun 2 post no\n"
     "variable flips equal f_mc[2]\n" +
         print_value("flips", "v_flips") + print_value("now", "pe") +
         print_value("fnow", "fx[3]") + "unfix mc\n"},
};

}  // namespace spinconv::test
