# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# Target spinconv_api_pages: pages of libspinconv's public headers (header_files) in docs/html of the build folder,
# where Doxygen is installed.
find_package(Doxygen QUIET)
if(NOT DOXYGEN_FOUND)
  return()
endif()
set(DOXYGEN_PROJECT_NAME "SpinConv")
set(DOXYGEN_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/docs")
set(DOXYGEN_STRIP_FROM_PATH "${PROJECT_SOURCE_DIR}/src")
set(DOXYGEN_USE_MDFILE_AS_MAINPAGE "${PROJECT_SOURCE_DIR}/docs/library.md")
# the headers have ordinary comments
set(DOXYGEN_INPUT_FILTER "awk -f ${PROJECT_SOURCE_DIR}/cmake/doxygen-comments.awk")
set(DOXYGEN_EXTRACT_ALL YES)
set(DOXYGEN_USE_MATHJAX YES)
set(DOXYGEN_HAVE_DOT NO)
set(DOXYGEN_QUIET YES)
set(DOXYGEN_WARNINGS NO)
set(DOXYGEN_SHOW_INCLUDE_FILES NO)
doxygen_add_docs(spinconv_api_pages ${header_files} "${PROJECT_SOURCE_DIR}/docs/library.md"
  COMMENT "Pages of the public headers: ${PROJECT_BINARY_DIR}/docs/html/index.html")
