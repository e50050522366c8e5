# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# Read by LAMMPS's CMakeLists.txt at its project() (-DCMAKE_PROJECT_lammps_INCLUDE=...): the headers that its sources
# begin with are compiled once, which is half of what a source costs. Those of Kokkos cost the other sources more
# than they save, so that those of the package KOKKOS have a precompiled header of their own. For g++ and clang++;
# nvcc takes none.
function(spinconv_precompile_lammps)
  get_target_property(others lammps SOURCES)
  set(of_kokkos ${others})
  list(FILTER of_kokkos INCLUDE REGEX "/KOKKOS/[^/]*\\.cpp$")
  list(REMOVE_ITEM others ${of_kokkos})
  add_library(lammps_kokkos OBJECT ${of_kokkos})
  foreach(property INCLUDE_DIRECTORIES COMPILE_DEFINITIONS COMPILE_OPTIONS LINK_LIBRARIES POSITION_INDEPENDENT_CODE)
    get_target_property(value lammps ${property})
    if(value)
      set_target_properties(lammps_kokkos PROPERTIES ${property} "${value}")
    endif()
  endforeach()
  set_target_properties(lammps PROPERTIES SOURCES "${others};$<TARGET_OBJECTS:lammps_kokkos>")
  target_precompile_headers(lammps PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${LAMMPS_SOURCE_DIR}/pointers.h>")
  target_precompile_headers(lammps_kokkos PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${LAMMPS_SOURCE_DIR}/KOKKOS/kokkos_type.h>")
endfunction()

# when the sources are known
cmake_language(DEFER CALL spinconv_precompile_lammps)
