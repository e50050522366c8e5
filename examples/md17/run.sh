#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
set -euo pipefail

usage() {
  cat <<'TEXT'
One ethanol molecule with pair_style spinconv: molecular dynamics (time step 0.5 fs), relaxation, and
the barrier of a turn of its OH group.

  bash examples/md17/run.sh [nve|nvt|both|minimize|neb] [STEPS]

  nve       constant energy at 300 K, double precision: is the energy conserved?
  nvt       constant temperature, 643 K as in MD17, single precision: are the bonds those of DFT?
  both      these two, one after the other (default)
  minimize  from a shaken molecule to its minimum
  neb       nudged elastic band with 8 replicas on 8 MPI ranks, about a minute on two cores
  STEPS     of nve and nvt; default: 1000 (nve) and 5000 (nvt), about a minute together

Environment: POTENTIAL=FILE (default potentials/rmd17-ethanol.pt), OUTPUT=FOLDER (default output/md17),
SEED=N (default 1), TEMPERATURE=K, PRECISION=single|double.
TEXT
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
# shellcheck source=examples/common.sh
. "$here/../common.sh"

which="${1:-both}"
steps="${2:-}"
case "$which" in
  nve | nvt | both | minimize | neb) ;;
  *) fail "unknown run '$which'; valid: nve, nvt, both, minimize, neb (--help tells more)" ;;
esac
[[ "$steps" =~ ^([1-9][0-9]*)?$ ]] || fail "STEPS is '$steps'; it must be a whole number, at least 1"
[ $# -le 2 ] || fail "too many arguments: $* (--help tells more)"

potential="$(realpath -m "${POTENTIAL:-$root/potentials/rmd17-ethanol.pt}")"
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
  run_lammps "$output/$1.log" lmp -in "in.$1" "${variables[@]}"
  grep -E '^(Loop time|Performance)' "$output/$1.log" | tail -n 2
}

relax() {
  echo "==> lmp -in in.minimize"
  run_lammps "$output/minimize.log" lmp -in in.minimize -var potential "$potential" -var output "$output"
  grep -E 'Stopping criterion' "$output/minimize.log"
}

find_barrier() {
  echo "==> mpiexec -n 8 lmp -partition 8x1 -in in.neb"
  # replicas on shared cores: threads would only wait for each other
  run_lammps "$output/neb.log" env OMP_NUM_THREADS=1 mpiexec -n 8 lmp -partition 8x1 -in in.neb \
    -var potential "$potential" -var output "$output" -plog "$output/neb.log" -pscreen none
  # columns 7 and 8 of the last line: the barrier seen from either end
  tail -n 1 "$output/neb.log" | awk '{printf "barrier %.4f eV forwards, %.4f eV backwards, largest force of a replica %.4f eV/A\n", $7, $8, $2}'
}

# what an earlier run left is not to be taken for this one's
case "$which" in
  nve | nvt | both) rm -f "$output"/{nve,nvt}.{log,dump,png} ;;
  *) rm -f "$output/$which".* ;;
esac
case "$which" in nve | both) simulate nve 1000 ;; esac
case "$which" in nvt | both) simulate nvt 5000 ;; esac
if [ "$which" = minimize ]; then relax; fi
if [ "$which" = neb ]; then find_barrier; fi

draw "$output" "$which"
echo "$output: logs (*.log), trajectories (*.dump), figures (*.png)"
