// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "spinconv_settings.h"

#include "atom.h"
#include "error.h"
#include "universe.h"
#include "update.h"
#include "utils.h"

#include "spinconv/error.hpp"
#include "spinconv/evaluator.hpp"
#include "spinconv/implementation_name.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

using namespace LAMMPS_NS;

static constexpr char SYNTAX[] =
    "pair_style spinconv [precision single|double] [implementation auto|fused|graph] "
    "[device auto|cpu|cuda|cuda:N] "
    "[halo auto|fold|exchange|deep] [chunk N] [tf32 yes|no] [cuda_graph yes|no] "
    "[isotopes yes|no] [warn yes|no] [out_file FILE] [out_freq N]";

static constexpr char COEFF_SYNTAX[] = "pair_coeff * * FILE [FILE ...] Element1 Element2 ...";

/* ----------------------------------------------------------------------
   the value if it is one of these, else an error that names the nearest
------------------------------------------------------------------------- */

static std::string one_of(LAMMPS *lmp, const std::string &key, const std::string &value,
                          const std::vector<std::string> &valid)
{
  if (std::find(valid.begin(), valid.end(), value) == valid.end())
    lmp->error->all(FLERR, "Pair style spinconv: {}",
                    spinconv::unknown_name_message(key, value, valid));
  return value;
}

/* ---------------------------------------------------------------------- */

static bigint count(LAMMPS *lmp, const std::string &key, const std::string &value, bigint least)
{
  if (!utils::is_integer(value) || value.size() > 15 || std::stoll(value) < least)
    lmp->error->all(FLERR,
                    "Pair style spinconv: option {} is '{}': it must be a whole number, at least "
                    "{}",
                    key, value, least);
  return std::stoll(value);
}

/* ---------------------------------------------------------------------- */

static double unit_of_energy(LAMMPS *lmp)
{
  const char *const units = lmp->update->unit_style;
  if (strcmp(units, "real") == 0)
    return utils::get_conversion_factor(utils::ENERGY, utils::METAL2REAL);
  if (strcmp(units, "metal") != 0)
    lmp->error->all(
        FLERR,
        "Pair style spinconv computes in eV and Angstrom and works with units metal or real, "
        "not with units {}",
        units);
  return 1.0;
}

/* ---------------------------------------------------------------------- */

SpinConvSettings::SpinConvSettings() :
    implementation("auto"), device("auto"), halo("auto"), chunk(0), tf32(false), cuda_graph(false),
    isotopes(false), warn(true), out_file("model_devi.out"), out_freq(100), energy_unit(1.0)
{
}

/* ---------------------------------------------------------------------- */

SpinConvSettings SpinConvSettings::parse(LAMMPS *lmp, int narg, char **arg)
{
  SpinConvSettings settings;
  settings.energy_unit = unit_of_energy(lmp);
  // replicas must not write into one file
  const auto *const universe = lmp->universe;
  if (universe->existflag) settings.out_file += fmt::format(".{}", universe->iworld);

  const std::vector<std::string> keys = {"precision", "implementation", "device",     "halo",
                                         "chunk",     "tf32",           "cuda_graph", "isotopes",
                                         "warn",      "out_file",       "out_freq"};
  for (int iarg = 0; iarg < narg; iarg += 2) {
    const std::string key = arg[iarg];
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      lmp->error->all(FLERR, "Pair style spinconv: {}. Syntax: {}",
                      spinconv::unknown_name_message("option", key, keys), SYNTAX);
    if (iarg + 1 == narg)
      lmp->error->all(FLERR, "Pair style spinconv: option {} has no value. Syntax: {}", key,
                      SYNTAX);

    const std::string value = arg[iarg + 1];
    const auto is_yes = [&] {
      return one_of(lmp, key, value, {"yes", "no"}) == "yes";
    };
    if (key == "precision")
      settings.precision = one_of(lmp, key, value, {"single", "double"});
    else if (key == "implementation")
      settings.implementation = one_of(lmp, key, value, {"auto", "fused", "graph"});
    else if (key == "halo")
      settings.halo = one_of(lmp, key, value, {"auto", "fold", "exchange", "deep"});
    else if (key == "chunk")
      settings.chunk = count(lmp, key, value, 1);
    else if (key == "tf32")
      settings.tf32 = is_yes();
    else if (key == "cuda_graph")
      settings.cuda_graph = is_yes();
    else if (key == "isotopes")
      settings.isotopes = is_yes();
    else if (key == "warn")
      settings.warn = is_yes();
    else if (key == "out_freq")
      settings.out_freq = count(lmp, key, value, 0);
    else if (key == "out_file")
      settings.out_file = value;
    else if (utils::strmatch(value, "^cuda:\\d+$"))
      settings.device = value;
    else
      settings.device = one_of(lmp, key, value, {"auto", "cpu", "cuda", "cuda:0"});
  }
  return settings;
}

/* ---------------------------------------------------------------------- */

spinconv::EvaluatorOptions SpinConvSettings::evaluator_options() const
{
  spinconv::EvaluatorOptions of_evaluators;
  if (precision == "single") of_evaluators.precision = spinconv::Precision::single_;
  if (precision == "double") of_evaluators.precision = spinconv::Precision::double_;
  of_evaluators.implementation = spinconv::implementation_named(implementation);
  of_evaluators.device = device;
  of_evaluators.chunk = chunk;
  of_evaluators.tf32 = tf32;
  of_evaluators.record_steps = cuda_graph;
  return of_evaluators;
}

/* ----------------------------------------------------------------------
   the last arguments are the elements, one for each type
------------------------------------------------------------------------- */

SpinConvCoefficients SpinConvCoefficients::parse(LAMMPS *lmp, int narg, char **arg)
{
  const int ntypes = lmp->atom->ntypes;
  if (narg < 4)
    lmp->error->all(FLERR,
                    "Pair style spinconv: pair_coeff needs a potential file and one element for "
                    "each atom type: {}",
                    COEFF_SYNTAX);

  // the first argument that looks like an element tells a wrong number of them from a lost file
  int first = 3;
  while (first < narg - 1 && strcmp(arg[first], "NULL") != 0 &&
         !utils::strmatch(arg[first], "^[A-Z][a-z]?$"))
    first++;
  if (narg - first != ntypes)
    lmp->error->all(
        FLERR,
        "Pair style spinconv: pair_coeff names {} element(s) ({}), but there are {} atom "
        "type(s): give one element or NULL for each type, in the order of the types: {}",
        narg - first, utils::join_words(std::vector<std::string>(arg + first, arg + narg), " "),
        ntypes, COEFF_SYNTAX);

  SpinConvCoefficients coefficients;
  coefficients.elements = arg + first;
  for (int iarg = 2; iarg < first; iarg++) {
    const std::string path = utils::get_potential_file_path(arg[iarg]);
    if (path.empty()) {
      const char *const folders = getenv("LAMMPS_POTENTIALS");
      lmp->error->all(
          FLERR,
          "Pair style spinconv: cannot open potential file {}: it is neither there nor in "
          "the folders of the environment variable LAMMPS_POTENTIALS ({})",
          arg[iarg], folders ? folders : "not set");
    }
    coefficients.files.push_back(path);
  }

  if (std::all_of(arg + first, arg + narg, [](const char *name) {
        return strcmp(name, "NULL") == 0;
      }))
    lmp->error->all(FLERR, "Pair style spinconv: all atom types are mapped to NULL: {}",
                    COEFF_SYNTAX);
  return coefficients;
}
