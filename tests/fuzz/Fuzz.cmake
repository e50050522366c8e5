# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# spinconv-fuzz: readers of files on inputs that were changed at random, and a short seeded run of each.
find_package(CLI11 REQUIRED)
find_package(LibZip REQUIRED)
find_package(ZLIB REQUIRED)

spinconv_sources(sources fuzz/*.cpp)
add_executable(spinconv-fuzz ${sources})
target_include_directories(spinconv-fuzz PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
target_compile_definitions(spinconv-fuzz PRIVATE "SPINCONV_FUZZ_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\"")
target_link_libraries(spinconv-fuzz PRIVATE
  spinconv_train_lib spinconv_test_support CLI11::CLI11 LibZip::LibZip ZLIB::ZLIB)
spinconv_compile_together(spinconv-fuzz)
spinconv_sanitizer_defaults(spinconv-fuzz)

# spinconv_add_fuzz_test(<target> <runs>): some seconds
function(spinconv_add_fuzz_test target runs)
  set(regressions "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/regressions/${target}")
  set(options "")
  if(EXISTS "${regressions}")
    set(options --regressions "${regressions}")
  endif()
  add_test(NAME "fuzz/${target}" COMMAND spinconv-fuzz ${target} --runs ${runs} --seed 1 ${options})
  set_tests_properties("fuzz/${target}" PROPERTIES
    TIMEOUT ${hang} LABELS fuzz ENVIRONMENT "${environment};ASAN_OPTIONS=max_allocation_size_mb=1024"
    WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
endfunction()

spinconv_add_fuzz_test(potential 200)
spinconv_add_fuzz_test(checkpoint 500)
spinconv_add_fuzz_test(pickle 10000)
spinconv_add_fuzz_test(npz 5000)
spinconv_add_fuzz_test(extxyz 5000)
spinconv_add_fuzz_test(qm9 10000)
spinconv_add_fuzz_test(yaml 1000)
spinconv_add_fuzz_test(dump 10000)
spinconv_add_fuzz_test(structure 10000)
spinconv_add_fuzz_test(shard 2000)
