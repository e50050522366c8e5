# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# libspinconv: the core with Calculator, its C interface and a neighbor list, for programs other than
# LAMMPS; installed with its headers and a CMake package: find_package(SpinConv), SpinConv::spinconv.
include(CMakePackageConfigHelpers)

set(spinconv_public_headers atoms_view.hpp calculator.hpp edge_counts.hpp edge_list.hpp elements.hpp
  error.hpp evaluator.hpp exchange.hpp graph.hpp spinconv.h training_ranges.hpp)
set(interface_folder "${PROJECT_SOURCE_DIR}/src/spinconv")
set(symbols "${interface_folder}/spinconv.map")

add_library(spinconv SHARED $<TARGET_OBJECTS:spinconv_calculator>)
add_library(SpinConv::spinconv ALIAS spinconv)
set_target_properties(spinconv PROPERTIES
  VERSION "${PROJECT_VERSION}" SOVERSION "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}"
  LINKER_LANGUAGE CXX LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib" LINK_DEPENDS "${symbols}")
target_link_libraries(spinconv PRIVATE spinconv_core vesin::vesin)
# nothing of what it holds is seen by, or taken from, another library of the process
target_link_options(spinconv PRIVATE "LINKER:--version-script=${symbols}")
target_include_directories(spinconv INTERFACE
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/SpinConv")
install(TARGETS spinconv EXPORT SpinConvTargets LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT SpinConvTargets NAMESPACE SpinConv:: DESTINATION "${package_folder}")
list(TRANSFORM spinconv_public_headers PREPEND "${interface_folder}/" OUTPUT_VARIABLE header_files)
install(FILES ${header_files} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/spinconv")

# where the package looks last; libspinconv's own search path names the same folders
get_filename_component(recorded_torch "${SPINCONV_LIB_torch_cpu}" DIRECTORY)
set(recorded_vesin "")
if(NOT Vesin_LIBRARY MATCHES "\\.a$")
  get_filename_component(recorded_vesin "${Vesin_LIBRARY}" DIRECTORY)
endif()
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/SpinConvConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/package/SpinConvConfig.cmake" INSTALL_DESTINATION "${package_folder}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/SpinConvConfigVersion.cmake"
  VERSION "${PROJECT_VERSION}" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/package/SpinConvConfig.cmake"
  "${PROJECT_BINARY_DIR}/package/SpinConvConfigVersion.cmake" DESTINATION "${package_folder}")
include(SpinconvApiPages)
