#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# From nothing to molecular dynamics: sets up, builds the pair style, runs ethanol in LAMMPS with the shipped
# potential, and builds spinconv-train and the Python package. Arguments go to examples/md17/run.sh.
#
#   bash scripts/quickstart.sh
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

example="$root/examples/md17/run.sh"
[ -f "$example" ] || fail "$example is missing" "the checkout is incomplete: git status shows what was removed"
bash "$root/scripts/build.sh" release spinconv_plugin
say "Running examples/md17: ethanol with potentials/rmd17-ethanol.pt in LAMMPS"
bash "$example" "$@"
say "Ethanol has run, $((SECONDS / 60)) min $((SECONDS % 60)) s after the start; its output is in ${OUTPUT:-$root/output/md17}"
say "Building spinconv-train, the library and the Python package (Ctrl-C and 'bash scripts/build.sh' do it later)"
bash "$root/scripts/build.sh" release

echo
say "Done: set up, built, and ran ethanol molecular dynamics in LAMMPS"
echo "    output:  ${OUTPUT:-$root/output/md17}"
echo "    next:    source scripts/env.sh"
echo "             gives this shell lmp (with pair_style spinconv), mpiexec and spinconv-train"
