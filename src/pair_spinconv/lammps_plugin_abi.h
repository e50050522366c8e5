// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

// The plugin interface of LAMMPS. A LAMMPS source tree has it in lammpsplugin.h and version.h;
// packages that ship the public headers only (the pip wheel) have neither, so the binary interface
// is declared here.

#ifndef LMP_SPINCONV_LAMMPS_PLUGIN_ABI_H
#define LMP_SPINCONV_LAMMPS_PLUGIN_ABI_H

#if defined(SPINCONV_HAVE_LAMMPSPLUGIN_H)

#include "lammpsplugin.h"
#include "version.h"

#else

// the build system reads it from the LAMMPS it compiles against, e.g. "22 Jul 2025"
#if !defined(SPINCONV_LAMMPS_VERSION)
#error "define SPINCONV_LAMMPS_VERSION as the version string of the LAMMPS that loads the plugin"
#endif
#define LAMMPS_VERSION SPINCONV_LAMMPS_VERSION

extern "C" {
typedef void *(lammpsplugin_factory1) (void *);
typedef void *(lammpsplugin_factory2) (void *, int, char **);

typedef struct {
  const char *version;
  const char *style;
  const char *name;
  const char *info;
  const char *author;
  union {
    lammpsplugin_factory1 *v1;
    lammpsplugin_factory2 *v2;
  } creator;
  void *handle;
} lammpsplugin_t;

typedef void (*lammpsplugin_regfunc)(lammpsplugin_t *, void *);

void lammpsplugin_init(void *lmp, void *handle, void *regfunc);
}

#endif
#endif
