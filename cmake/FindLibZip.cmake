# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# LibZip::LibZip. libzip's own CMake files demand its command-line tools too, which Debian and Ubuntu
# package separately.

find_path(LibZip_INCLUDE_DIR zip.h)
find_library(LibZip_LIBRARY zip)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibZip
  REQUIRED_VARS LibZip_LIBRARY LibZip_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install libzip-dev (scripts/setup.sh does), or name a prefix with -DLibZip_ROOT=<folder>")
if(LibZip_FOUND AND NOT TARGET LibZip::LibZip)
  add_library(LibZip::LibZip UNKNOWN IMPORTED)
  set_target_properties(LibZip::LibZip PROPERTIES
    IMPORTED_LOCATION "${LibZip_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${LibZip_INCLUDE_DIR}")
  if(LibZip_LIBRARY MATCHES "\\.a$")
    find_package(ZLIB REQUIRED)
    set_target_properties(LibZip::LibZip PROPERTIES INTERFACE_LINK_LIBRARIES ZLIB::ZLIB)
  endif()
endif()
