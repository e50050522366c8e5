// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "spinconv_kokkos_styles.h"

#include "kokkos_type.h"
#include "lammps.h"
#include "spinconv_compat_kokkos.h"
#include "utils.h"

#include <regex>
#include <sstream>

using namespace LAMMPS_NS;

static_assert(
    std::is_same_v<SpinConvPositionsKokkos<LMPDeviceType>::non_const_value_type, double> &&
        std::is_same_v<decltype(AtomKokkos::k_f)::value_type, double>,
    "pair style spinconv/kk needs LAMMPS's KOKKOS package in double precision");

#if defined(KOKKOS_ENABLE_HIP) || defined(KOKKOS_ENABLE_SYCL) || defined(KOKKOS_ENABLE_OPENMPTARGET)
#error "pair style spinconv/kk knows the Kokkos backends Serial, OpenMP, Threads and CUDA"
#endif

/* ----------------------------------------------------------------------
   backends this file is compiled with, in the words of Kokkos::print_configuration()
------------------------------------------------------------------------- */

static std::string compiled_backends()
{
  std::string names;
#if defined(KOKKOS_ENABLE_CUDA)
  names += " CUDA";
#endif
#if defined(KOKKOS_ENABLE_OPENMP)
  names += " OPENMP";
#endif
#if defined(KOKKOS_ENABLE_SERIAL)
  names += " SERIAL";
#endif
#if defined(KOKKOS_ENABLE_THREADS)
  names += " THREADS";
#endif
  return names;
}

/* ----------------------------------------------------------------------
   the Kokkos that is running is part of lmp; its headers are part of this file
------------------------------------------------------------------------- */

std::string LAMMPS_NS::spinconv_kokkos_problem(LAMMPS *lmp)
{
  if (!lmp->kokkos || !Kokkos::is_initialized())
    return "Kokkos is not running: start lmp with -k on t 1 (CPU) or -k on g 1 (GPU), or use pair "
           "style spinconv";

  std::ostringstream text;
  Kokkos::print_configuration(text);
  const std::string running = text.str();

  std::smatch found;
  std::string version = "unknown";
  if (std::regex_search(running, found, std::regex("Kokkos Version: *([0-9.]+)")))
    version = found[1];
  const std::string compiled = fmt::format("{}.{}.{}", KOKKOS_VERSION / 10000,
                                           KOKKOS_VERSION % 10000 / 100, KOKKOS_VERSION % 100);
  if (version != compiled)
    return fmt::format("it was compiled with Kokkos {}, but this lmp has Kokkos {}: compile the "
                       "plugin against the Kokkos of this lmp (SPINCONV_KOKKOS)",
                       compiled, version);

  std::string backends;
  for (const char *name : {"CUDA", "OPENMP", "SERIAL", "THREADS"})
    if (std::regex_search(running, std::regex(std::string("KOKKOS_ENABLE_") + name + ": yes")))
      backends += std::string(" ") + name;
  if (backends != compiled_backends())
    return fmt::format("it was compiled with the Kokkos backends{}, but those of this lmp are{}: "
                       "compile the plugin against the Kokkos of this lmp (SPINCONV_KOKKOS)",
                       compiled_backends(), backends);
  return "";
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> SpinConvPlaceKokkos LAMMPS_NS::spinconv_kokkos_place()
{
#if defined(KOKKOS_ENABLE_CUDA)
  if constexpr (std::is_same_v<DeviceType, Kokkos::Cuda>) {
    const Kokkos::Cuda space;
    return {fmt::format("cuda:{}", space.cuda_device()), (void *) space.cuda_stream()};
  }
#endif
  return {"cpu", nullptr};
}

namespace LAMMPS_NS {
template SpinConvPlaceKokkos spinconv_kokkos_place<LMPDeviceType>();
#ifdef LMP_KOKKOS_GPU
template SpinConvPlaceKokkos spinconv_kokkos_place<LMPHostType>();
#endif
}    // namespace LAMMPS_NS
