# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# Tests of a build with sanitizers: programs that are not ours and load what is (lmp, Python) get the
# sanitizer's runtime preloaded, and some tests are left out. defaults.cpp has the options.

set(sanitizer_left_out "")
if(SPINCONV_SANITIZE MATCHES "address")
  # These limit or measure the memory of a process, of which the sanitizer takes a multiple.
  set(sanitizer_left_out "PairSpinconvMemory.*")
  set(preload "")
  foreach(library libasan.so libubsan.so)
    execute_process(COMMAND "${CMAKE_CXX_COMPILER}" -print-file-name=${library}
      OUTPUT_VARIABLE file OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(EXISTS "${file}")
      string(APPEND preload "${file} ")
    endif()
  endforeach()
  string(STRIP "${preload}" preload)
  # Leaks: Python, MPI and LAMMPS keep memory until they end, with no own code in the stack.
  foreach(program LMP PYTHON)
    if(SPINCONV_${program})
      string(TOLOWER ${program} name)
      set(starter "${CMAKE_CURRENT_BINARY_DIR}/sanitized-${name}")
      file(WRITE "${starter}" "#!/bin/sh\nLD_PRELOAD='${preload}' ASAN_OPTIONS=detect_leaks=0:\"$ASAN_OPTIONS\" \
UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 exec \"${SPINCONV_${program}}\" \"$@\"\n")
      file(CHMOD "${starter}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
      list(FILTER environment EXCLUDE REGEX "^SPINCONV_${program}=")
      list(APPEND environment "SPINCONV_${program}=${starter}")
    endif()
  endforeach()
endif()
