# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# Read by CTest when it lists its tests. One test for each suite of a GoogleTest program: what it takes to load LibTorch,
# 0.4 s, is more than most tests of a suite take.

# spinconv_add_suites(<program> <label> <filter of GoogleTest: what is left out> <seconds after which a test hangs>
#                     <folder to run in> <environment>), a list
function(spinconv_add_suites program label left_out hang folder environment)
  if(NOT EXISTS "${program}")
    add_test("${label}/NOT_BUILT" "${program}")
    return()
  endif()
  set(list "${program}.suites")
  if(NOT EXISTS "${list}" OR NOT "${list}" IS_NEWER_THAN "${program}" OR NOT "${list}" IS_NEWER_THAN "${CMAKE_CURRENT_LIST_FILE}")
    execute_process(COMMAND "${program}" --gtest_list_tests "--gtest_filter=*-${left_out}"
      OUTPUT_VARIABLE lines RESULT_VARIABLE status TIMEOUT ${hang})
    if(NOT status EQUAL 0)
      message(FATAL_ERROR "${program} --gtest_list_tests: ${status}\n${lines}")
    endif()
    file(WRITE "${list}" "${lines}")
  endif()
  # "SUITE.", before the lines of its tests, which begin with a space
  file(STRINGS "${list}" suites REGEX "^[A-Za-z0-9_/]+\\.( +#.*)?$")
  foreach(suite IN LISTS suites)
    string(REGEX REPLACE "\\..*" "" suite "${suite}")
    add_test("${label}/${suite}" "${program}" "--gtest_filter=${suite}.*-${left_out}")
    set_tests_properties("${label}/${suite}" PROPERTIES
      TIMEOUT ${hang} LABELS ${label} WORKING_DIRECTORY "${folder}" ENVIRONMENT "${environment}")
  endforeach()
endfunction()
