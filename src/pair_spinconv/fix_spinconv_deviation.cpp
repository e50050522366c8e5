// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "fix_spinconv_deviation.h"

#include "error.h"
#include "spinconv_deviation.h"

using namespace LAMMPS_NS;

/* ---------------------------------------------------------------------- */

Fix *FixSpinConvDeviation::create(LAMMPS *lmp, int narg, char **arg)
{
  return new FixSpinConvDeviation(lmp, narg, arg);
}

/* ---------------------------------------------------------------------- */

FixSpinConvDeviation::FixSpinConvDeviation(LAMMPS *lmp, int narg, char **arg) :
    Fix(lmp, narg, arg), deviation(nullptr)
{
  nevery = 1;
  dynamic_group_allow = 1;

  // reads and changes no atoms: the KOKKOS package need copy none
  datamask_read = datamask_modify = 0;
}

/* ---------------------------------------------------------------------- */

int FixSpinConvDeviation::setmask()
{
  return FixConst::PRE_REVERSE | FixConst::MIN_PRE_REVERSE | FixConst::END_OF_STEP;
}

/* ---------------------------------------------------------------------- */

void FixSpinConvDeviation::init()
{
  if (!deviation)
    error->all(FLERR, "Fix {} of style {} is made by pair style spinconv itself: remove it", id,
               style);
}

/* ---------------------------------------------------------------------- */

void FixSpinConvDeviation::setup_pre_reverse(int, int)
{
  deviation->accept();
}

void FixSpinConvDeviation::pre_reverse(int, int)
{
  deviation->accept();
}

void FixSpinConvDeviation::min_pre_reverse(int, int)
{
  deviation->accept();
}

/* ---------------------------------------------------------------------- */

void FixSpinConvDeviation::setup(int)
{
  deviation->begin_run();
}

void FixSpinConvDeviation::min_setup(int)
{
  deviation->begin_run();
}

/* ---------------------------------------------------------------------- */

void FixSpinConvDeviation::end_of_step()
{
  deviation->end_of_step();
}

void FixSpinConvDeviation::post_run()
{
  deviation->end_of_run();
}
