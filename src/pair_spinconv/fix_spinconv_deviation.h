// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifdef FIX_CLASS
// clang-format off
FixStyle(SPINCONV/DEVIATION,FixSpinConvDeviation);
// clang-format on
#else

#ifndef LMP_FIX_SPINCONV_DEVIATION_H
#define LMP_FIX_SPINCONV_DEVIATION_H

#include "fix.h"

namespace LAMMPS_NS {

/* Internal, of a committee: tells SpinConvDeviation which evaluation of a step is the one that
   thermo and dump show, and when the step is over. Integrators and minimizers call pre_reverse()
   after each of their own evaluations, which trials of other fixes and computes do without or come
   before. */

class FixSpinConvDeviation : public Fix {
 public:
  static Fix *create(LAMMPS *, int, char **);
  FixSpinConvDeviation(class LAMMPS *, int, char **);

  int setmask() override;
  void init() override;
  void setup_pre_reverse(int, int) override;
  void pre_reverse(int, int) override;
  void min_pre_reverse(int, int) override;
  void setup(int) override;
  void min_setup(int) override;
  void end_of_step() override;
  void post_run() override;

  class SpinConvDeviation *deviation;    // of the pair style, which deletes this fix before it goes
};

}    // namespace LAMMPS_NS

#endif
#endif
