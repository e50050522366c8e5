// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "lammps_plugin_abi.h"

#include "comm.h"
#include "lammps.h"
#include "pair_spinconv.h"
#include "utils.h"

#include <cstring>

using namespace LAMMPS_NS;

static Pair *pair_spinconv_creator(LAMMPS *lmp)
{
  return new PairSpinConv(lmp);
}

/* ----------------------------------------------------------------------
   called by the plugin load command, or for each file *plugin.so in LAMMPS_PLUGIN_PATH
------------------------------------------------------------------------- */

extern "C" void lammpsplugin_init(void *ptr, void *handle, void *regfunc)
{
  auto *lmp = static_cast<LAMMPS *>(ptr);

  // class layouts change from one LAMMPS release to the next: a style compiled against another
  // release would crash or, worse, read the wrong members
  if (strcmp(lmp->version, LAMMPS_VERSION) != 0) {
    if (lmp->comm->me == 0)
      utils::logmesg(lmp,
                     "ERROR: pair style spinconv was compiled for LAMMPS version {} and cannot be "
                     "used with LAMMPS version {}. It is not loaded. Compile the plugin against "
                     "this LAMMPS.\n",
                     LAMMPS_VERSION, lmp->version);
    return;
  }

  lammpsplugin_t plugin;
  plugin.version = LAMMPS_VERSION;
  plugin.style = "pair";
  plugin.name = "spinconv";
  plugin.info = "SpinConv graph neural network pair style";
  plugin.author = "the SpinConv for LAMMPS developers";
  plugin.creator.v1 = (lammpsplugin_factory1 *) &pair_spinconv_creator;
  plugin.handle = handle;
  (*(lammpsplugin_regfunc) regfunc)(&plugin, lmp);
}
