# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# The lmp and mpiexec that belong to the LAMMPS found: SPINCONV_LMP, SPINCONV_MPIEXEC (both may be
# empty). The build's bin folder gets a starter of each beside spinconv-train, so that this one folder
# on PATH gives these programs and nothing else of the virtual environment.

set(python_bin "")
if(SPINCONV_PYTHON)
  get_filename_component(python_bin "${SPINCONV_PYTHON}" DIRECTORY)
endif()
find_program(SPINCONV_LMP lmp HINTS "${python_bin}" DOC "lmp that loads the plugin (tests, env.sh)")
find_program(SPINCONV_MPIEXEC mpiexec HINTS "${python_bin}" DOC "mpiexec that starts it")

file(MAKE_DIRECTORY "${SPINCONV_BIN_DIR}")
foreach(program lmp mpiexec)
  string(TOUPPER "SPINCONV_${program}" variable)
  set(starter "${SPINCONV_BIN_DIR}/${program}")
  file(REMOVE "${starter}")
  if(${variable})
    # not a link: mpiexec looks for its helpers beside the name it was called by
    file(WRITE "${starter}" "#!/bin/sh\nexec \"${${variable}}\" \"$@\"\n")
    file(CHMOD "${starter}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  endif()
endforeach()
