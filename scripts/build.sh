#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# Sets up (scripts/setup.sh), configures and builds.
#
#   bash scripts/build.sh [PRESET [TARGET...]]     PRESET: release (default), debug, asan, tsan
#
# SPINCONV_JOBS=N compiles N files at a time (default: by cores and memory). SPINCONV_KOKKOS_ROOT=FOLDER,
# a folder that scripts/setup-kokkos.sh made, adds pair style spinconv/kk for the LAMMPS there; empty
# leaves it out again; not set: as before.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

preset="${1:-release}"
shift || true
case "$preset" in
  release | debug | asan | tsan) ;;
  *) fail "unknown preset '$preset'" "valid: release, debug, asan, tsan" ;;
esac

bash "$root/scripts/setup.sh"

build="$root/build/$preset"
cache="$build/CMakeCache.txt"
if [ -f "$cache" ]; then
  if ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
    say "Removing build/$preset: it was made in another folder"
    rm -rf "$build"
  elif [ "$root/.venv/.spinconv-complete" -nt "$cache" ]; then
    say "Configuring anew: .venv is newer than build/$preset"
    rm -f "$cache"
  fi
fi
if [ ! -d "$build" ]; then
  need_space 3 "$root" "a build"
fi

cd "$root"
say "Configuring build/$preset"
options=()
if [ -n "${SPINCONV_KOKKOS_ROOT+set}" ]; then
  options=("-DSPINCONV_KOKKOS_ROOT=$SPINCONV_KOKKOS_ROOT" "-DSPINCONV_KOKKOS=$([ -n "$SPINCONV_KOKKOS_ROOT" ] && echo ON || echo OFF)")
elif [ -f "$cache" ]; then
  # the cache of built LAMMPS was cleared
  kokkos="$(sed -n 's/^SPINCONV_KOKKOS_ROOT:PATH=//p' "$cache")"
  if [ -n "$kokkos" ] && [ ! -d "$kokkos" ]; then
    say "Leaving out pair style spinconv/kk: $kokkos is gone (scripts/setup-kokkos.sh makes it)"
    options=(-DSPINCONV_KOKKOS=OFF -DSPINCONV_KOKKOS_ROOT=)
  fi
fi
cmake --preset "$preset" "${options[@]}"
jobs="${SPINCONV_JOBS:-$(build_jobs)}"
say "Building build/$preset, $jobs files at a time (the first time takes minutes)"
targets=()
if [ $# -gt 0 ]; then targets=(--target "$@"); fi
cmake --build --preset "$preset" -j "$jobs" "${targets[@]}"
say "Built: build/$preset"
