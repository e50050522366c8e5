#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
set -euo pipefail

usage() {
  cat <<'TEXT'
Trains a small ethanol potential on 160 frames of rMD17 (half a minute), checks it on 20 others, and
runs molecular dynamics with it in LAMMPS.

  bash examples/train/run.sh [STEPS]

  STEPS  of the molecular dynamics, 0.5 fs each, at 643 K; default 2000

Environment: OUTPUT=FOLDER (default output/train).
TEXT
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
# shellcheck source=examples/common.sh
. "$here/../common.sh"
need spinconv-train

[ $# -le 1 ] || fail "too many arguments: $* (--help tells more)"
steps="${1:-2000}"
[[ "$steps" =~ ^[1-9][0-9]*$ ]] || fail "STEPS is '$steps'; it must be a whole number, at least 1"

output="$(realpath -m "${OUTPUT:-$root/output/train}")"
potential="$output/ethanol-quick.pt"

cd "$here"
echo "==> spinconv-train fit quick.yaml"
# one thread: the matrices of so small a model are not worth sharing between cores
spinconv-train --threads 1 fit quick.yaml --set "output.folder=$output" --overwrite
echo
echo "==> spinconv-train info $potential"
spinconv-train info "$potential" | sed -n '1,/^$/p'
POTENTIAL="$potential" OUTPUT="$output" bash "$root/examples/md17/run.sh" nvt "$steps"
echo "$output: potential (ethanol-quick.pt), learning curve (log.csv), report (report.html)"
