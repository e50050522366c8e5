// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

// The plugin that LAMMPS loads. It opens the library with the pair style, which lies beside it, so
// that LibTorch finds its own symbols before those of LAMMPS: liblammps exports the reference BLAS
// (dgemm_ and others), which would otherwise replace LibTorch's, at less than half of the speed in
// double precision.

#include "../lammps_plugin_abi.h"

#include "comm.h"
#include "info.h"
#include "lammps.h"
#include "utils.h"

#include <dlfcn.h>
#include <string>

using namespace LAMMPS_NS;

typedef void (*init_function)(void *, void *, void *);

extern "C" void lammpsplugin_init(void *ptr, void *handle, void *regfunc)
{
  auto *lmp = static_cast<LAMMPS *>(ptr);

#if defined(SPINCONV_KOKKOS)
  // its symbols would be missing
  if (!Info::has_accelerator_feature("KOKKOS", "precision", "double")) {
    if (lmp->comm->me == 0)
      utils::logmesg(
          lmp, "ERROR: this plugin of pair style spinconv is for a LAMMPS with the KOKKOS "
               "package in double precision, which this lmp has not. It is not loaded. Use "
               "the plugin that was compiled for this lmp, or compile it (SPINCONV_KOKKOS=OFF)"
               "\n");
    return;
  }
#endif

  Dl_info here;
  std::string file = SPINCONV_PAIR_LIBRARY;
  if (dladdr((void *) &lammpsplugin_init, &here) && here.dli_fname) {
    const std::string self = here.dli_fname;
    file = self.substr(0, self.rfind('/') + 1) + file;
  }

  // the address sanitizer replaces functions that deep binding would take from elsewhere
#if defined(__SANITIZE_ADDRESS__)
  constexpr int BINDING = 0;
#else
  constexpr int BINDING = RTLD_DEEPBIND;
#endif
  // never closed: LibTorch cannot be unloaded, and a second plugin load finds it again
  void *const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | BINDING);
  void *const init = library ? dlsym(library, "lammpsplugin_init") : nullptr;
  if (!init) {
    if (lmp->comm->me == 0)
      utils::logmesg(lmp, "ERROR: pair style spinconv cannot be loaded: {}\n", dlerror());
    return;
  }
  ((init_function) init)(ptr, handle, regfunc);
}
