// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "lammps_plugin_abi.h"

#include "comm.h"
#include "lammps.h"
#include "pair_spinconv.h"
#include "utils.h"

#if defined(SPINCONV_KOKKOS)
#include "spinconv_kokkos_styles.h"
#endif

#include <cstring>

using namespace LAMMPS_NS;

static Pair *pair_spinconv_creator(LAMMPS *lmp)
{
  return new PairSpinConv(lmp);
}

/* ---------------------------------------------------------------------- */

static void register_pair(LAMMPS *lmp, void *handle, void *regfunc, const char *name, void *creator)
{
  lammpsplugin_t plugin;
  plugin.version = LAMMPS_VERSION;
  plugin.style = "pair";
  plugin.name = name;
  plugin.info = "SpinConv graph neural network pair style";
  plugin.author = "the SpinConv for LAMMPS developers";
  plugin.creator.v1 = (lammpsplugin_factory1 *) creator;
  plugin.handle = handle;
  (*(lammpsplugin_regfunc) regfunc)(&plugin, lmp);
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

  register_pair(lmp, handle, regfunc, "spinconv", (void *) &pair_spinconv_creator);

#if defined(SPINCONV_KOKKOS)
  // without -k on there is nothing to compare, and the styles say so when they are used
  const std::string problem = lmp->kokkos ? spinconv_kokkos_problem(lmp) : "";
  if (!problem.empty()) {
    if (lmp->comm->me == 0)
      utils::logmesg(lmp, "ERROR: pair style spinconv/kk cannot be used: {}. It is not loaded.\n",
                     problem);
    return;
  }
  register_pair(lmp, handle, regfunc, "spinconv/kk", (void *) &spinconv_kokkos_creator);
  register_pair(lmp, handle, regfunc, "spinconv/kk/device", (void *) &spinconv_kokkos_creator);
  register_pair(lmp, handle, regfunc, "spinconv/kk/host", (void *) &spinconv_kokkos_host_creator);
#endif
}
