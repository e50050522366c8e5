# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# vesin::vesin, the neighbor list library, from its pip wheel or -DVesin_ROOT=<prefix>.

spinconv_python_package(vesin_wheel vesin)
find_path(Vesin_INCLUDE_DIR vesin.h HINTS "${vesin_wheel}/include")
find_library(Vesin_LIBRARY vesin HINTS "${vesin_wheel}/lib")
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Vesin
  REQUIRED_VARS Vesin_LIBRARY Vesin_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "run scripts/setup.sh (installs it into .venv), or pip install vesin, or name a prefix with -DVesin_ROOT=<folder>")
if(Vesin_FOUND AND NOT TARGET vesin::vesin)
  # what a static one needs too
  add_library(vesin::vesin UNKNOWN IMPORTED)
  set_target_properties(vesin::vesin PROPERTIES
    IMPORTED_LOCATION "${Vesin_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${Vesin_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS}")
endif()
