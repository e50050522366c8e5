# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# Whether pair style spinconv/kk compiles against a release of LAMMPS: the interface of its KOKKOS package
# changes, and the compiler's messages would not say so. By cmake -P, with LAMMPS_INCLUDE and LAMMPS_VERSION,
# the check alone.

# what src/kokkos has been compiled against (docs/gpu.md)
set(SPINCONV_KOKKOS_OLDEST "4 Feb 2025")
set(SPINCONV_KOKKOS_NEWEST "4 Jul 2026")

# spinconv_release_date(<variable> <release>): 4 Feb 2025 as 20250204, or 0
function(spinconv_release_date variable release)
  set(${variable} 0 PARENT_SCOPE)
  set(months Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)
  if(release MATCHES "^([0-9]+) ([A-Z][a-z][a-z]) (20[0-9][0-9])")
    list(FIND months "${CMAKE_MATCH_2}" month)
    math(EXPR date "${CMAKE_MATCH_3} * 10000 + (${month} + 1) * 100 + ${CMAKE_MATCH_1}")
    set(${variable} ${date} PARENT_SCOPE)
  endif()
endfunction()

# spinconv_check_kokkos_release(<src folder of LAMMPS> <its release>)
function(spinconv_check_kokkos_release include release)
  set(known "LAMMPS ${SPINCONV_KOKKOS_OLDEST} and ${SPINCONV_KOKKOS_NEWEST}")
  set(base "")
  if(EXISTS "${include}/KOKKOS/kokkos_base.h")
    file(READ "${include}/KOKKOS/kokkos_base.h" base)
  endif()
  string(REGEX REPLACE "[ \t\r\n]+" " " base "${base}")
  if(NOT base MATCHES "pack_forward_comm_kokkos\\(int, DAT::tdual_int_1d, DAT::tdual_(xfloat|double)_1d &"
     OR NOT base MATCHES "pack_reverse_comm_kokkos\\(int, int, DAT::tdual_(xfloat|double)_1d &")
    message(FATAL_ERROR "pair style spinconv/kk has been compiled against ${known}. This one is ${release}, and KokkosBase in "
                        "its KOKKOS/kokkos_base.h (${include}) is another: take one of these releases, or leave spinconv/kk "
                        "out with -DSPINCONV_KOKKOS=OFF")
  endif()
  spinconv_release_date(date "${release}")
  spinconv_release_date(oldest "${SPINCONV_KOKKOS_OLDEST}")
  spinconv_release_date(newest "${SPINCONV_KOKKOS_NEWEST}")
  if(date LESS oldest OR date GREATER newest)
    message(WARNING "pair style spinconv/kk has been compiled against ${known}. This one is ${release}: what the compiler does "
                    "not know in src/kokkos is a difference between the releases. -DSPINCONV_KOKKOS=OFF leaves spinconv/kk out")
  else()
    message(STATUS "spinconv/kk has been compiled against ${known}; this one is ${release}")
  endif()
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  spinconv_check_kokkos_release("${LAMMPS_INCLUDE}" "${LAMMPS_VERSION}")
endif()
