# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# What pages of docs/ and examples print to be copied is run as it stands, by Python's own unittest.
if(NOT SPINCONV_PYTHON OR NOT SPINCONV_BUILD_PLUGIN OR NOT TARGET spinconv_plugin OR NOT TARGET spinconv-train)
  message(STATUS "tests/recipes skipped: they need the plugin, spinconv-train and Python")
  return()
endif()

spinconv_add_unittest(recipes ActiveLearning.Inputs recipes/test_active_learning Inputs)
spinconv_add_unittest(recipes ActiveLearning.Choice recipes/test_active_learning Choice)
spinconv_add_unittest(recipes Silicon recipes/test_silicon)
spinconv_python_package(ase_package ase)
if(TARGET spinconv_python AND ase_package)
  foreach(class Clients ClientsOfACrystal Server)
    spinconv_add_unittest(recipes Ipi.${class} recipes/test_ipi ${class})
  endforeach()
  # no part of the set-up: where it is installed, the page's input.xml is run too
  find_program(SPINCONV_IPI i-pi)
  mark_as_advanced(SPINCONV_IPI)
  if(SPINCONV_IPI)
    spinconv_add_unittest(recipes Ipi.IPi recipes/test_ipi IPi)
  endif()
  spinconv_add_unittest(recipes ActiveLearning.Label recipes/test_active_learning Label)
  spinconv_add_unittest(recipes Limits recipes/test_limits)
endif()
