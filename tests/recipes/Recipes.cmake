# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# What pages of docs/ and examples print to be copied is run as it stands, by Python's own unittest.
if(NOT SPINCONV_PYTHON OR NOT SPINCONV_BUILD_PLUGIN OR NOT TARGET spinconv_plugin OR NOT TARGET spinconv-train)
  message(STATUS "tests/recipes skipped: they need the plugin, spinconv-train and Python")
  return()
endif()

# spinconv_add_recipe_test(<name> <file> [<class>...])
function(spinconv_add_recipe_test name file)
  add_test(NAME recipes/${name}
    COMMAND "${SPINCONV_PYTHON}" "${CMAKE_CURRENT_SOURCE_DIR}/recipes/${file}.py" ${ARGN})
  set_tests_properties(recipes/${name} PROPERTIES
    LABELS recipes TIMEOUT ${hang} ENVIRONMENT "${environment};PYTHONPATH=${SPINCONV_PYTHON_DIR};OPENBLAS_NUM_THREADS=1")
endfunction()

spinconv_add_recipe_test(ActiveLearning.Inputs test_active_learning Inputs)
spinconv_add_recipe_test(ActiveLearning.Choice test_active_learning Choice)
spinconv_python_package(ase_package ase)
if(TARGET spinconv_python AND ase_package)
  foreach(class Clients ClientsOfACrystal Server)
    spinconv_add_recipe_test(Ipi.${class} test_ipi ${class})
  endforeach()
  # no part of the set-up: where it is installed, the page's input.xml is run too
  find_program(SPINCONV_IPI i-pi)
  mark_as_advanced(SPINCONV_IPI)
  if(SPINCONV_IPI)
    spinconv_add_recipe_test(Ipi.IPi test_ipi IPi)
  endif()
  spinconv_add_recipe_test(ActiveLearning.Label test_active_learning Label)
  spinconv_add_recipe_test(Limits test_limits)
endif()
