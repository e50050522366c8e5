#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# Sets up, builds and runs the tests.
#
#   bash scripts/test.sh [PRESET [CTEST ARGUMENT...]]    e.g. scripts/test.sh release -L unit
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

preset="${1:-release}"
shift || true
bash "$root/scripts/build.sh" "$preset"
cd "$root"
say "Running the tests of build/$preset (by hand: ctest --preset $preset; a shell with the programs: source scripts/env.sh)"
exec ctest --preset "$preset" -j "$(build_jobs)" "$@"
