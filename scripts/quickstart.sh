#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# From nothing to molecular dynamics: sets up, builds, and runs ethanol in LAMMPS with the shipped
# potential. Arguments go to examples/md17/run.sh.
#
#   bash scripts/quickstart.sh
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

bash "$root/scripts/build.sh" release
# shellcheck source=scripts/env.sh
. "$root/scripts/env.sh"

example="$root/examples/md17/run.sh"
[ -f "$example" ] || fail "$example is missing" "the checkout is incomplete: git status shows what was removed"
say "Running examples/md17: ethanol with potentials/md17-ethanol.pt in LAMMPS"
bash "$example" "$@"

echo
say "Done: set up, built, and ran ethanol molecular dynamics in LAMMPS"
echo "    output:  ${OUTPUT:-$root/output/md17}"
echo "    next:    source scripts/env.sh"
echo "             gives this shell lmp (with pair_style spinconv), mpiexec and spinconv-train"
