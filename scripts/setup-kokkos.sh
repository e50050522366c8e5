#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# Builds the LAMMPS with Kokkos that the tests of pair style spinconv/kk run: LAMMPS 4Feb2025 from the
# source package of Debian 13, Kokkos 4.5.01 from a source package of pip, backends Serial and OpenMP. Of the
# package KOKKOS it has the styles that few_styles_of (scripts/kokkos-source.sh) names.
# About 6 minutes on 2 cores, once: it is kept outside the checkout, for all checkouts. The last line
# of the output is its folder.
#
#   bash scripts/setup-kokkos.sh
#
# Kept in $XDG_CACHE_HOME/spinconv (~/.cache/spinconv). SPINCONV_JOBS=N compiles N files at a time.
# SPINCONV_CUDA_ARCH=90 (a compute capability) builds with the backends Serial and CUDA, by the nvcc on PATH
# or CUDACXX; that takes much longer. SPINCONV_KOKKOS_SERIAL=1 builds with the
# backend Serial alone.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=scripts/kokkos-source.sh
. "$(dirname "${BASH_SOURCE[0]}")/kokkos-source.sh"
# shellcheck source=scripts/sources.sh
. "$(dirname "${BASH_SOURCE[0]}")/sources.sh"

compiler="${CXX:-g++}"
toolchain="$("$compiler" --version | head -n 1)"
if [ -n "${SPINCONV_CUDA_ARCH:-}" ]; then
  cuda_settings
  toolchain+=", CUDA $cuda_release"
  kokkos_options+=(-DKokkos_ENABLE_CUDA=ON "-DKokkos_ARCH_$kokkos_arch=ON")
  flags=("-DCMAKE_CXX_FLAGS=-include $root/scripts/cuda-for-kokkos.hpp")
  headers=()
else
  if [ "${SPINCONV_KOKKOS_SERIAL:-0}" != 1 ]; then kokkos_options+=(-DKokkos_ENABLE_OPENMP=ON); fi
  flags=()
  headers=("-DCMAKE_PROJECT_lammps_INCLUDE=$root/scripts/precompile-lammps.cmake")
fi
kokkos_options+=(-DKokkos_ENABLE_TESTS=OFF -DKokkos_ENABLE_EXAMPLES=OFF)

key="$({
  printf '%s\n' "$lammps_tag" "${kokkos_options[@]}" "${lammps_options[@]}" "$toolchain"
  declare -f few_styles_of
  [ -n "${SPINCONV_CUDA_ARCH:-}" ] || cat "$root/scripts/precompile-lammps.cmake"
  grep -v '^#' "$root/scripts/requirements-kokkos.txt"
  grep '^mpich' "$root/scripts/requirements.txt"
} | sha256sum | cut -c 1-12)"
result="$cache/lammps-kokkos-$key"
work="$result.unfinished"
venv="$root/.venv"
jobs="${SPINCONV_JOBS:-$(build_jobs)}"

opt_out=("or leave the Kokkos variant out: SPINCONV_WITHOUT_KOKKOS=1 bash scripts/test.sh"
  "(with a LAMMPS of your own: docs/building.md, section \"The Kokkos variant\")")

# build_part <name> <source> <log> <cmake argument>...
build_part() {
  local name="$1" source="$2" log="$work/$1.log"
  shift 2
  say "Building $name, $jobs files at a time (log: $log)"
  if ! { cmake -G Ninja -S "$source" -B "$work/build-$name" "-DCMAKE_CXX_COMPILER=$compiler" "${flags[@]}" "$@" &&
    cmake --build "$work/build-$name" -j "$jobs"; } >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    fail "$name could not be built (the end of the log is above)" "run this again: it goes on where it stopped" \
      "${opt_out[@]}"
  fi
}

install_lammps() {
  local build="$work/build-lammps" stage="$work/result/lammps"
  rm -rf "$stage"
  mkdir -p "$stage/bin" "$stage/lib" "$stage/src/KOKKOS"
  cp "$build/lmp" "$stage/bin/"
  cp -P "$build"/liblammps.so* "$stage/lib/"
  # what a plugin is compiled against
  cp "$work/lammps/LICENSE" "$stage/"
  cp "$work"/lammps/src/*.h "$stage/src/"
  cp "$work"/lammps/src/KOKKOS/*.h "$stage/src/KOKKOS/"
  cp -R "$work/lammps/src/fmt" "$stage/src/"
}

build_all() {
  need_space 3 "$cache" "LAMMPS with Kokkos"
  mkdir -p "$work"
  [ -d "$work/lammps-whole" ] || unpack_lammps "$work/lammps-whole"
  few_styles_of "$work/lammps-whole" "$work/lammps"
  [ -d "$work/kokkos" ] || unpack_kokkos "$work/kokkos"
  if [ -n "${SPINCONV_CUDA_ARCH:-}" ]; then
    nvcc_wrapper_for "$work/kokkos" "$work/nvcc_wrapper"
    compiler="$work/nvcc_wrapper"
  fi
  # libraries are found from where they are, in whichever folder this is in the end
  build_part kokkos "$work/kokkos" "${kokkos_options[@]}" "-DCMAKE_INSTALL_PREFIX=$work/result/kokkos" \
    -DCMAKE_INSTALL_LIBDIR=lib "-DCMAKE_INSTALL_RPATH=\$ORIGIN"
  cmake --install "$work/build-kokkos" >>"$work/kokkos.log" 2>&1
  build_part lammps "$work/lammps/cmake" "${lammps_options[@]}" "${headers[@]}" "-DKokkos_DIR=$work/result/kokkos/lib/cmake/Kokkos" \
    "-DMPI_CXX_COMPILER=$venv/bin/mpicxx" -DMPI_CXX_SKIP_MPICXX=ON -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON \
    "-DCMAKE_INSTALL_RPATH=\$ORIGIN/../lib:\$ORIGIN/../../kokkos/lib" \
    "-DCMAKE_EXE_LINKER_FLAGS=-Wl,-rpath-link,$work/result/kokkos/lib"
  install_lammps
  LD_LIBRARY_PATH="$venv/lib" "$work/result/lammps/bin/lmp" -help >"$work/help.txt" 2>&1 ||
    fail "the LAMMPS that was built does not run: $(head -n 3 "$work/help.txt")" "${opt_out[@]}"
  # complete as soon as it has its name
  mv "$work/result" "$result"
  rm -rf "$work"
}

if [ ! -d "$result" ]; then
  bash "$root/scripts/setup.sh" >&2
  mkdir -p "$cache"
  # two checkouts at once would build in the same folder
  exec 8>"$result.lock"
  if have flock; then
    flock -n 8 || { say "Waiting for the same build of another checkout" && flock 8; } >&2
  fi
  if [ ! -d "$result" ]; then
    build_all >&2
    say "LAMMPS with Kokkos: $result" >&2
  fi
fi
echo "$result"
