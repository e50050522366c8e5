# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# What is said at configure time of the LAMMPS that spinconv/kk is compiled for.
#   cmake -DSOURCE=<checkout> -DWORK=<folder> -P kokkos_releases.cmake

# check(<release> <buffer of KokkosBase> <exit status is 0> <text that is said>)
function(check release buffer well text)
  set(base "class KokkosBase {
  virtual int pack_forward_comm_kokkos(int, ${buffer} &,
                                       int, int *) {return 0;};
  virtual int pack_reverse_comm_kokkos(int, int, DAT::tdual_xfloat_1d &) {return 0;};
};
")
  file(REMOVE_RECURSE "${WORK}")
  file(WRITE "${WORK}/KOKKOS/kokkos_base.h" "${base}")
  execute_process(
    COMMAND "${CMAKE_COMMAND}" "-DLAMMPS_INCLUDE=${WORK}" "-DLAMMPS_VERSION=${release}" -P "${SOURCE}/cmake/SpinconvKokkosRelease.cmake"
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  string(FIND "${output}" "${text}" at)
  if((well AND NOT status EQUAL 0) OR (NOT well AND status EQUAL 0) OR at LESS 0)
    message(SEND_ERROR "LAMMPS ${release}, ${buffer}: status ${status}, '${text}' expected:\n${output}")
  endif()
  file(REMOVE_RECURSE "${WORK}")
endfunction()

set(known "has been compiled against LAMMPS 4 Feb 2025 and 4 Jul 2026")
check("4 Feb 2025" "DAT::tdual_int_1d, DAT::tdual_xfloat_1d" TRUE "${known}; this one is 4 Feb 2025")
check("4 Jul 2026" "DAT::tdual_int_1d, DAT::tdual_double_1d" TRUE "${known}; this one is 4 Jul 2026")
check("10 Sep 2025" "DAT::tdual_int_1d, DAT::tdual_double_1d" TRUE "; this one is 10 Sep 2025")
# other dates are said and tried
check("29 Aug 2024" "DAT::tdual_int_1d, DAT::tdual_xfloat_1d" TRUE "CMake Warning")
check("1 Aug 2026" "DAT::tdual_int_1d, DAT::tdual_double_1d" TRUE "This one is 1 Aug 2026")
# another interface is an error before the compiler's
check("2 Aug 2023" "DAT::tdual_int_2d, int, DAT::tdual_xfloat_1d" FALSE "${known}. This one is 2 Aug 2023")
check("4 Jul 2030" "DAT::tdual_int_1d, DAT::tdual_other_1d" FALSE "-DSPINCONV_KOKKOS=OFF")
