# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# Tests of the scripts that make and install a bundle. No network, nothing is built.
add_test(NAME scripts/Install.SaysWhatAMachineLacks
  COMMAND bash "${CMAKE_CURRENT_SOURCE_DIR}/scripts/install_refuses.sh" "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_BINARY_DIR}/install_refuses")
add_test(NAME scripts/Bundle.HoldsWhatABuildNeeds
  COMMAND bash "${CMAKE_CURRENT_SOURCE_DIR}/scripts/bundle_holds.sh" "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_BINARY_DIR}/bundle_holds")
# it needs downloads of an earlier scripts/bundle.sh: without them it is skipped, and says which is missing
set_tests_properties(scripts/Bundle.HoldsWhatABuildNeeds PROPERTIES SKIP_RETURN_CODE 77)
set_tests_properties(scripts/Install.SaysWhatAMachineLacks scripts/Bundle.HoldsWhatABuildNeeds PROPERTIES LABELS scripts TIMEOUT ${hang})
