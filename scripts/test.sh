#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# Sets up, builds and runs the tests.
#
#   bash scripts/test.sh [PRESET [CTEST ARGUMENT...]]    e.g. scripts/test.sh release -L unit
#
# PRESET: release (default), debug, asan (all suites but kokkos with address and undefined-behaviour
# sanitizers), tsan (the trainer's tests of threads and ranks with the thread sanitizer).
#
# The first time a LAMMPS with Kokkos is built for the tests of pair style spinconv/kk
# (scripts/setup-kokkos.sh, about 6 minutes on 2 cores); SPINCONV_WITHOUT_KOKKOS=1 leaves these tests out.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

preset="${1:-release}"
shift || true
kokkos=""
case "$preset" in asan | tsan) SPINCONV_WITHOUT_KOKKOS=1 ;; esac
if [ -z "${SPINCONV_WITHOUT_KOKKOS:-}" ]; then
  # its last line is the folder; the rest goes to stderr
  kokkos="$(bash "$root/scripts/setup-kokkos.sh")" || exit 1
fi
targets=(all spinconv_tests)
if [ "$preset" = tsan ]; then targets=(); fi  # its preset names them
SPINCONV_KOKKOS_ROOT="$kokkos" bash "$root/scripts/build.sh" "$preset" "${targets[@]}"
cd "$root"
say "Running the tests of build/$preset (by hand: ctest --preset $preset; a shell with the programs: source scripts/env.sh)"
if [ -z "$kokkos" ]; then say "Without the tests of spinconv/kk (SPINCONV_WITHOUT_KOKKOS, asan or tsan)"; fi
exec ctest --preset "$preset" -j "$(build_jobs)" "$@"
