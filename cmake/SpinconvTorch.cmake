# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# Finds LibTorch and makes the target spinconv_torch. Looked for in this order: -DTorch_DIR=...,
# -DCMAKE_PREFIX_PATH=<libtorch> (or the path that torch.utils.cmake_prefix_path prints), the torch
# wheel of SPINCONV_PYTHON, the system's folders.
#
# find_package(Torch) is not used: for a LibTorch built with CUDA it demands the whole CUDA toolkit,
# which a program that only calls the C++ API does not need.

set(SPINCONV_TORCH_TESTED 2.13)
set(SPINCONV_TORCH_MINIMUM 2.8)  # all sources were compiled with its headers

set(torch_hints ${Torch_DIR} ${CMAKE_PREFIX_PATH})
spinconv_python_package(torch_wheel torch)
find_path(SPINCONV_TORCH_CMAKE_DIR TorchConfig.cmake
          HINTS ${torch_hints} ${torch_wheel}
          PATH_SUFFIXES . Torch cmake/Torch share/cmake/Torch lib/cmake/Torch
          DOC "folder of TorchConfig.cmake")
if(NOT SPINCONV_TORCH_CMAKE_DIR)
  message(FATAL_ERROR
    "LibTorch was not found. Either run scripts/setup.sh (installs it into .venv), or name yours: "
    "-DCMAKE_PREFIX_PATH=<libtorch folder>, or the path printed by\n"
    "  python3 -c 'import torch; print(torch.utils.cmake_prefix_path)'")
endif()
get_filename_component(torch_root "${SPINCONV_TORCH_CMAKE_DIR}/../../.." ABSOLUTE)

find_path(SPINCONV_TORCH_INCLUDE_DIR torch/script.h HINTS "${torch_root}/include" NO_CMAKE_PATH)
set(torch_includes "${SPINCONV_TORCH_INCLUDE_DIR}" "${SPINCONV_TORCH_INCLUDE_DIR}/torch/csrc/api/include")

set(torch_version "")
foreach(header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
  if(NOT torch_version AND EXISTS "${SPINCONV_TORCH_INCLUDE_DIR}/${header}")
    file(STRINGS "${SPINCONV_TORCH_INCLUDE_DIR}/${header}" lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
    string(REGEX MATCHALL "[0-9]+" numbers "${lines}")
    string(REPLACE ";" "." torch_version "${numbers}")
  endif()
endforeach()
if(torch_version VERSION_LESS SPINCONV_TORCH_MINIMUM)
  message(FATAL_ERROR "LibTorch '${torch_version}' in ${torch_root} is too old: ${SPINCONV_TORCH_MINIMUM} or newer is "
                      "needed (${SPINCONV_TORCH_TESTED} is what the tests run with)")
elseif(NOT torch_version MATCHES "^${SPINCONV_TORCH_TESTED}\\.")
  message(STATUS "LibTorch ${torch_version}: the tests are run with ${SPINCONV_TORCH_TESTED}")
endif()

set(torch_libraries "")
# torch_cuda and c10_cuda are there only in a CUDA build; torch pulls them in, so they are not named here
foreach(name torch torch_cpu c10)
  find_library(SPINCONV_LIB_${name} ${name} HINTS "${torch_root}/lib" NO_CMAKE_PATH)
  mark_as_advanced(SPINCONV_LIB_${name})
  if(NOT SPINCONV_LIB_${name})
    message(FATAL_ERROR "${torch_root}/lib has no lib${name}: the LibTorch there is incomplete. Install it again "
                        "(scripts/setup.sh repairs the one in .venv)")
  endif()
  list(APPEND torch_libraries "${SPINCONV_LIB_${name}}")
endforeach()

file(STRINGS "${SPINCONV_LIB_c10}" cxx11_symbols REGEX "NSt7__cxx1112basic_string" LIMIT_COUNT 1)
if(NOT cxx11_symbols AND CMAKE_SYSTEM_NAME STREQUAL "Linux" AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "the LibTorch in ${torch_root} is built with the old C++ ABI (_GLIBCXX_USE_CXX11_ABI=0) and "
                      "cannot be linked with LAMMPS. Take a build named 'cxx11-abi', or any pip wheel from 2.7 on")
endif()
set(torch_device "CPU")
if(EXISTS "${torch_root}/lib/libtorch_cuda.so")
  set(torch_device "CPU and CUDA")
endif()
message(STATUS "LibTorch ${torch_version} (${torch_device}): ${torch_root}")

add_library(spinconv_torch INTERFACE)
target_include_directories(spinconv_torch SYSTEM INTERFACE ${torch_includes})
# libtorch itself has no symbols of its own: --as-needed would drop it, and the CUDA backend with it
target_link_options(spinconv_torch INTERFACE "LINKER:--no-as-needed")
# The standard library before it: LibTorch 2.11 exports another one's std::filesystem, half of it without what it calls,
# and a program that finds that one first crashes in remove_all().
if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang" AND NOT CMAKE_CXX_FLAGS MATCHES "stdlib=libc")
  target_link_options(spinconv_torch INTERFACE -lstdc++)
endif()
target_link_libraries(spinconv_torch INTERFACE ${torch_libraries})
spinconv_install_rpath(${torch_libraries})
