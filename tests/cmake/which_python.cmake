# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# Whose packages a configuration takes: .venv of the checkout, an active virtual environment, the first python3 on PATH.
#   cmake -DSOURCE=<checkout> -DWORK=<folder> -P which_python.cmake

if(DEFINED CHILD)
  set(PROJECT_SOURCE_DIR "${WORK}/checkout")
  include("${SOURCE}/cmake/SpinconvPython.cmake")
  message("found ${SPINCONV_PYTHON}")
  return()
endif()

function(python folder)
  file(WRITE "${WORK}/${folder}/bin/python3" "#!/bin/sh\n")
  file(CHMOD "${WORK}/${folder}/bin/python3" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
endfunction()

# check(<folder that is to be found> <setting of the environment...>)
function(check folder)
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -E env ${ARGN} "PATH=${WORK}/path/bin:/usr/bin:/bin"
            "${CMAKE_COMMAND}" -DCHILD=1 "-DSOURCE=${SOURCE}" "-DWORK=${WORK}" -P "${CMAKE_CURRENT_LIST_FILE}"
    OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(FIND "${output}" "found ${WORK}/${folder}/bin/python3" at)
  if(at LESS 0)
    message(SEND_ERROR "${ARGN}: ${folder} expected:\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
python(path)
python(environment)
# none active: not /bin, which is where an empty folder of one would be
check(path --unset=VIRTUAL_ENV)
check(environment "VIRTUAL_ENV=${WORK}/environment")
python(checkout/.venv)
check(checkout/.venv "VIRTUAL_ENV=${WORK}/environment")
file(REMOVE_RECURSE "${WORK}")
