# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# Source lists, the precompiled header of LibTorch, and the embedding of the model's graph.

# spinconv_sources(<variable> <pattern>...)  sorted sources below the current folder
function(spinconv_sources variable)
  list(TRANSFORM ARGN PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  file(GLOB_RECURSE found CONFIGURE_DEPENDS ${ARGN})
  set(${variable} "${found}" PARENT_SCOPE)
endfunction()

# Whether `file` includes a LibTorch header, itself or through own headers.
function(spinconv_reaches_torch variable file)
  get_property(known GLOBAL PROPERTY "SPINCONV_REACHES_TORCH_${file}" SET)
  if(NOT known)
    set_property(GLOBAL PROPERTY "SPINCONV_REACHES_TORCH_${file}" FALSE)  # ends include cycles
    file(STRINGS "${file}" includes REGEX "^#include")
    set(reaches FALSE)
    get_filename_component(folder "${file}" DIRECTORY)
    foreach(line IN LISTS includes)
      if(line MATCHES "[<\"](torch|ATen|c10)/")
        set(reaches TRUE)
      elseif(line MATCHES "\"([^\"]+)\"")
        foreach(base "${folder}" "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/train" "${PROJECT_SOURCE_DIR}/tests")
          if(NOT reaches AND EXISTS "${base}/${CMAKE_MATCH_1}")
            spinconv_reaches_torch(reaches "${base}/${CMAKE_MATCH_1}")
          endif()
        endforeach()
      endif()
    endforeach()
    set_property(GLOBAL PROPERTY "SPINCONV_REACHES_TORCH_${file}" ${reaches})
  endif()
  get_property(reaches GLOBAL PROPERTY "SPINCONV_REACHES_TORCH_${file}")
  set(${variable} ${reaches} PARENT_SCOPE)
endfunction()

# spinconv_precompile(<target>): LibTorch's headers as a precompiled header, shared by all targets, for
# the sources that include them. The others are left out: mapping the header costs seconds too.
function(spinconv_precompile target)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    if(source MATCHES "\\.cpp$" AND EXISTS "${source}")
      spinconv_reaches_torch(reaches "${source}")
      if(NOT reaches)
        set_source_files_properties("${source}" PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
      endif()
    endif()
  endforeach()
  if(target STREQUAL "spinconv_core")
    target_precompile_headers(${target} PRIVATE <torch/torch.h> <torch/script.h>)
  else()
    target_precompile_headers(${target} REUSE_FROM spinconv_core)
  endif()
endfunction()

# spinconv_embed_text(<variable> <symbol> <file>...): a generated source that defines
# `extern const char* const spinconv::<symbol>` as the files' text, one after the other.
function(spinconv_embed_text variable symbol)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cpp")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${output}" "-DSYMBOL=${symbol}" "-DINPUTS=${ARGN}"
            -P "${PROJECT_SOURCE_DIR}/cmake/EmbedText.cmake"
    DEPENDS ${ARGN} "${PROJECT_SOURCE_DIR}/cmake/EmbedText.cmake"
    COMMENT "Embedding ${symbol}"
    VERBATIM)
  set_source_files_properties("${output}" PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  set(${variable} "${output}" PARENT_SCOPE)
endfunction()
