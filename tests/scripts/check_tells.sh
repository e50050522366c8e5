#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# spinconv-check on the programs of this build, laid out as install.sh lays them out: all agrees with the expected
# numbers, and what does not is said.   check_tells.sh <checkout> <folder to work in> <lmp> <plugin folder> <spinconv-train> <mpiexec>
set -euo pipefail
source="$1" work="$2" lmp="$3" plugin="$4" train="$5" mpiexec="$6"
# shellcheck source=tests/scripts/expect.sh
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
rm -rf "$work"
mkdir -p "$work/bin" "$work/share/spinconv/check"
cp "$source/scripts/install/env.sh" "$work/"
cp "$source/scripts/install/spinconv-check" "$work/bin/"
cp "$source"/scripts/install/check/* "$source/examples/md17/ethanol.data" "$source/examples/train/data/rmd17_ethanol_200.npz" "$work/share/spinconv/check/"
ln -s "$lmp" "$work/bin/lmp"
ln -s "$train" "$work/bin/spinconv-train"
ln -s "$plugin" "$work/plugin"
ln -s "$source/potentials" "$work/potentials"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$mpiexec" >"$work/bin/mpiexec"
chmod +x "$work/bin/mpiexec"
cd "$work"
unset LAMMPS_PLUGIN_PATH

bin/spinconv-check "t 1" >right.txt || wrong "spinconv-check fails"
cat right.txt
[ "$(grep -c '^  ok ' right.txt || true)" -eq 7 ] || wrong "not all of the 7 checks were run"
# each kind of number, wrong by a little
expected=share/spinconv/check/expected.txt
sed -i.good -e 's/-4209\.56947/-4209.56948/' -e 's/^force_mae_ev_a 0\.00088/force_mae_ev_a 0.00098/' "$expected"
if bin/spinconv-check "t 1" >wrong.txt; then wrong "wrong numbers pass"; fi
cat wrong.txt
for text in "lmp, spinconv: ethanol, 20 steps, energies as expected (largest difference: 1.0e-05, limit 1e-6 eV)" "expected 0.0009874557850880576"; do
  grep '^  FAILED ' wrong.txt | grep -qF "$text" || wrong "'$text' was not said"
done
[ "$(grep -c '^  ok ' wrong.txt || true)" -eq 5 ] || wrong "more than these two fails"
mv "$expected.good" "$expected"
# a program that does not run
printf '#!/bin/sh\necho broken >&2\nexit 1\n' >"$work/lmp"
chmod +x "$work/lmp"
ln -sf "$work/lmp" bin/lmp
refuses "FAILED lmp, spinconv broken" bin/spinconv-check "t 1"

[ "$failures" -eq 0 ] || exit 1
rm -rf "$work"
