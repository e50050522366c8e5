# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# Source lists, what is compiled together, and the embedding of the model's graph.

# spinconv_sources(<variable> <pattern>...)  sorted sources below the current folder
function(spinconv_sources variable)
  list(TRANSFORM ARGN PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  file(GLOB_RECURSE found CONFIGURE_DEPENDS ${ARGN})
  set(${variable} "${found}" PARENT_SCOPE)
endfunction()

# spinconv_compile_together(<target>): its sources are compiled twelve at a time, as one. The headers of LibTorch, and those of
# GoogleTest, nlohmann-json and yaml-cpp, cost a file many times what the file itself does, most of it in templates
# that they leave to the end of it, which a precompiled header does not save. Sources with options of their own stay
# alone. -DCMAKE_UNITY_BUILD=OFF compiles each alone.
function(spinconv_compile_together target)
  if(NOT DEFINED CMAKE_UNITY_BUILD)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
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
  set(${variable} "${output}" PARENT_SCOPE)
endfunction()
