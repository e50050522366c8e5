// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_SETTINGS_H
#define LMP_SPINCONV_SETTINGS_H

#include "pointers.h"

#include <string>
#include <vector>

namespace spinconv {
struct EvaluatorOptions;
}

namespace LAMMPS_NS {

/* What the command says, without a look at the potentials:

   pair_style spinconv [precision single|double] [implementation auto|fused|graph]
                       [device auto|cpu|cuda|cuda:N]
                       [halo auto|fold|exchange|deep] [chunk N] [tf32 yes|no]
                       [cuda_graph yes|no] [isotopes yes|no] [warn yes|no] [out_file FILE]
                       [out_freq N] */

struct SpinConvSettings {
  std::string precision;         // "single", "double", empty: as in the file
  std::string implementation;    // "auto", "fused", "graph"
  std::string device;            // "auto", "cpu", "cuda", "cuda:N"
  std::string halo;              // "auto", "fold", "exchange", "deep"
  bigint chunk;                  // edges of a block, 0: all
  bool tf32;                     // matrix products of precision single in TF32
  bool cuda_graph;               // steps are recorded and launched as a whole
  bool isotopes;                 // masses of types need not be those of their elements
  bool warn;                     // of what is not like the training data
  std::string out_file;          // of a committee
  bigint out_freq;               // steps between its lines, 0: no file
  double energy_unit;            // 1 eV in energy units of the simulation

  SpinConvSettings();    // without any option

  // of the arguments after the style. Errors: other units than metal and real, an unknown option or
  // value, with the nearest valid one
  static SpinConvSettings parse(class LAMMPS *, int narg, char **arg);

  // what they are to the evaluator
  spinconv::EvaluatorOptions evaluator_options() const;
};

/* pair_coeff * * FILE [FILE ...] Element1 Element2 ... */

struct SpinConvCoefficients {
  std::vector<std::string> files;    // full paths of the potentials
  char **elements;                   // [ntypes] names, of the arguments; NULL but for one or more

  // Errors: a file that is not there, too many or too few elements, all NULL
  static SpinConvCoefficients parse(class LAMMPS *, int narg, char **arg);
};

}    // namespace LAMMPS_NS

#endif
