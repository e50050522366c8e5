# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# The form of the sources, and the scripts that make, install and check a bundle. No network, nothing is compiled.
add_test(NAME scripts/Install.SaysWhatAMachineLacks
  COMMAND bash "${CMAKE_CURRENT_SOURCE_DIR}/scripts/install_refuses.sh" "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_BINARY_DIR}/install_refuses")
add_test(NAME scripts/Install.GoesOnWhereItStopped
  COMMAND bash "${CMAKE_CURRENT_SOURCE_DIR}/scripts/install_goes_on.sh" "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_BINARY_DIR}/install_goes_on")
add_test(NAME scripts/Bundle.HoldsWhatABuildNeeds
  COMMAND bash "${CMAKE_CURRENT_SOURCE_DIR}/scripts/bundle_holds.sh" "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_BINARY_DIR}/bundle_holds")
# it needs downloads of an earlier scripts/bundle.sh: without them it is skipped, and says which is missing
set_tests_properties(scripts/Bundle.HoldsWhatABuildNeeds PROPERTIES SKIP_RETURN_CODE 77)
add_test(NAME scripts/Configure.TakesTheRightPython
  COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${PROJECT_SOURCE_DIR}" "-DWORK=${CMAKE_CURRENT_BINARY_DIR}/which_python"
          -P "${CMAKE_CURRENT_SOURCE_DIR}/cmake/which_python.cmake")
add_test(NAME scripts/Style COMMAND bash "${PROJECT_SOURCE_DIR}/scripts/check-style.sh")
set_tests_properties(scripts/Style PROPERTIES SKIP_RETURN_CODE 77)
set_tests_properties(scripts/Configure.TakesTheRightPython scripts/Style scripts/Install.SaysWhatAMachineLacks scripts/Install.GoesOnWhereItStopped scripts/Bundle.HoldsWhatABuildNeeds PROPERTIES LABELS scripts TIMEOUT ${hang})
if(TARGET spinconv_kokkos AND TARGET spinconv-train AND SPINCONV_MPIEXEC AND NOT SPINCONV_SANITIZE)
  add_test(NAME scripts/Check.TellsRightNumbersFromWrongOnes
    COMMAND bash "${CMAKE_CURRENT_SOURCE_DIR}/scripts/check_tells.sh" "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_BINARY_DIR}/check_tells"
            "${SPINCONV_KOKKOS_LMP}" "${SPINCONV_KOKKOS_PLUGIN_DIR}" "${SPINCONV_BIN_DIR}/spinconv-train" "${SPINCONV_MPIEXEC}")
  set_tests_properties(scripts/Check.TellsRightNumbersFromWrongOnes PROPERTIES LABELS scripts TIMEOUT ${hang}
    ENVIRONMENT "OMP_NUM_THREADS=1;OMP_WAIT_POLICY=passive;GOMP_SPINCOUNT=0;MPIR_CVAR_POLLS_BEFORE_YIELD=1")
endif()
