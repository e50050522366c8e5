# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# Build type, language level, warnings, sanitizers and the compiler cache. Own targets link
# spinconv_options.

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, RelWithDebInfo or Debug" FORCE)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 11)
  message(FATAL_ERROR "g++ ${CMAKE_CXX_COMPILER_VERSION} is too old for C++20 as used here: g++ 11 or newer is "
                      "needed (choose one with -DCMAKE_CXX_COMPILER=g++-12)")
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# spinconv_install_rpath(<library file>...): installed programs find these libraries where they are now.
# CMAKE_INSTALL_RPATH_USE_LINK_PATH leaves out what lies in the source tree, as .venv does.
macro(spinconv_install_rpath)
  foreach(library ${ARGN})
    get_filename_component(library_folder "${library}" DIRECTORY)
    if(NOT library_folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
      list(APPEND CMAKE_INSTALL_RPATH "${library_folder}")
    endif()
  endforeach()
  list(REMOVE_DUPLICATES CMAKE_INSTALL_RPATH)
endmacro()

# what a user runs lies in these folders of the build (scripts/env.sh names the first two)
set(SPINCONV_BIN_DIR "${PROJECT_BINARY_DIR}/bin")
set(SPINCONV_PLUGIN_DIR "${PROJECT_BINARY_DIR}/plugin")
set(SPINCONV_PYTHON_DIR "${PROJECT_BINARY_DIR}/python")

find_package(Threads REQUIRED)

add_library(spinconv_options INTERFACE)
# -fPIC for all: the static libraries go into shared ones, too.
# Languages are named since nvcc, where it is used (SpinconvKokkos), has its own way to take them.
target_compile_options(spinconv_options INTERFACE
  $<$<NOT:$<COMPILE_LANGUAGE:CUDA>>:-fPIC> $<$<NOT:$<COMPILE_LANGUAGE:CUDA>>:-Wall> $<$<NOT:$<COMPILE_LANGUAGE:CUDA>>:-Wextra>
  $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-fPIC>)
target_compile_definitions(spinconv_options INTERFACE "SPINCONV_VERSION=\"${PROJECT_VERSION}\"")
target_link_libraries(spinconv_options INTERFACE Threads::Threads)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 11 to 13 see these in correct uses of std::string and of LibTorch's inline functions (GCC bug
  # 105651 and its kind); the sanitizer builds catch the real ones
  target_compile_options(spinconv_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wno-array-bounds> $<$<COMPILE_LANGUAGE:CXX>:-Wno-stringop-overflow>
    $<$<COMPILE_LANGUAGE:CXX>:-Wno-stringop-overread> $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()

if(SPINCONV_SANITIZE)
  string(REPLACE ";" "," sanitizers "${SPINCONV_SANITIZE}")
  target_compile_options(spinconv_options INTERFACE -fsanitize=${sanitizers} -fno-omit-frame-pointer)
  target_link_options(spinconv_options INTERFACE -fsanitize=${sanitizers})
endif()

# spinconv_sanitizer_defaults(<program>): options and suppressions of the sanitizers, where there are any
function(spinconv_sanitizer_defaults target)
  if(SPINCONV_SANITIZE)
    set(defaults "${PROJECT_SOURCE_DIR}/tests/sanitizers/defaults.cpp")
    target_sources(${target} PRIVATE "${defaults}")
  endif()
endfunction()

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(SPINCONV_CCACHE ccache DOC "compiler cache; empty: none")
  if(SPINCONV_CCACHE)
    # the base folder lets several checkouts share the cache
    set(CMAKE_CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND}" -E env
        "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}"
        "${SPINCONV_CCACHE}")
  endif()
endif()
