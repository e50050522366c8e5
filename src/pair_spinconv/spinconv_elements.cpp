// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "spinconv_elements.h"

#include "atom.h"
#include "error.h"
#include "input.h"
#include "lammps.h"
#include "variable.h"

#include "spinconv/elements.hpp"

#include <string>

using namespace LAMMPS_NS;

static constexpr char NAMES_CURE[] =
    "name the elements in the order of the types, or, if it is meant so (isotopes, repartitioned "
    "masses, labels that only look like elements), add isotopes yes to pair_style spinconv";

/* ---------------------------------------------------------------------- */

void LAMMPS_NS::spinconv_check_elements(LAMMPS *lmp, const int *map, char *const *elements)
{
  const Atom *const atom = lmp->atom;
  for (int type = 1; type <= atom->ntypes; type++) {
    if (map[type] < 0 || !atom->mass) continue;
    const std::string element = elements[map[type]];
    const auto number = spinconv::find_atomic_number(element);
    const double mass = atom->mass[type];
    if (!number || atom->mass_setflag[type] == 0 || spinconv::is_mass_of(mass, *number)) continue;
    const int nearest = spinconv::nearest_element(mass);
    lmp->error->all(
        FLERR,
        "Pair style spinconv: pair_coeff says that type {} is {}, whose mass is {}, but mass "
        "{} is {}{}: {}",
        type, element, spinconv::atomic_mass(*number), type, mass,
        spinconv::is_mass_of(mass, nearest) ? ", as of " + spinconv::element_symbol(nearest) : "",
        NAMES_CURE);
  }
  if (!atom->labelmapflag) return;
  for (int number = 1; number <= spinconv::max_atomic_number; number++) {
    const std::string symbol = spinconv::element_symbol(number);
    auto *const variable = lmp->input->variable;
    if (variable->compute_equal("is_typelabel(atom," + symbol + ")") == 0.0) continue;
    const int type = (int) variable->compute_equal("label2type(atom," + symbol + ")");
    if (map[type] >= 0 && symbol != elements[map[type]])
      lmp->error->all(
          FLERR, "Pair style spinconv: pair_coeff says that type {} is {}, but its label is {}: {}",
          type, elements[map[type]], symbol, NAMES_CURE);
  }
}
