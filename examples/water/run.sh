#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
set -euo pipefail

usage() {
  cat <<'TEXT'
Molecular dynamics of liquid water with pair_style spinconv on one or several MPI ranks, time step 0.5 fs.

  bash examples/water/run.sh [RANKS] [STEPS]

  RANKS  MPI ranks (default 1); each takes a part of the box
  STEPS  a multiple of 20 (default 2000, 1 ps)

Environment: REPLICATE=N copies of the box of 192 atoms along each axis (default 1), POTENTIAL=FILE (default
potentials/water-sample.pt), OUTPUT=FOLDER (default output/water), SEED=N (default 1), TEMPERATURE=K
(default 330), PRECISION=single|double (default single).
TEXT
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
# shellcheck source=examples/common.sh
. "$here/../common.sh"

ranks="${1:-1}"
steps="${2:-2000}"
[[ "$ranks" =~ ^[1-9][0-9]*$ ]] || fail "RANKS is '$ranks'; it must be a whole number, at least 1 (--help tells more)"
[[ "$steps" =~ ^[1-9][0-9]*$ ]] && [ $((steps % 20)) -eq 0 ] || fail "STEPS is '$steps'; it must be a multiple of 20"
[ $# -le 2 ] || fail "too many arguments: $* (--help tells more)"

potential="$(realpath -m "${POTENTIAL:-$root/potentials/water-sample.pt}")"
output="$(realpath -m "${OUTPUT:-$root/output/water}")"
[ -f "$potential" ] || fail "no potential $potential; name one: POTENTIAL=FILE bash $0"
mkdir -p "$output"
cd "$here"

variables=(-var potential "$potential" -var output "$output" -var steps "$steps" -var replicate "${REPLICATE:-1}"
  -var seed "${SEED:-1}" -var temperature "${TEMPERATURE:-330}" -var precision "${PRECISION:-single}")
# what an earlier run left is not to be taken for this one's
rm -f "$output"/{nvt.log,nvt.dump,rdf.txt,water.png}
# one thread for each rank, unless the user says otherwise
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
echo "==> mpiexec -n $ranks lmp -in in.nvt: $steps steps of 0.5 fs"
run_lammps "$output/nvt.log" mpiexec -n "$ranks" lmp -in in.nvt "${variables[@]}"
grep -E '^(SpinConv graph|SpinConv memory|Loop time|Performance)' "$output/nvt.log"

draw "$output"
echo "$output: nvt.log, nvt.dump, rdf.txt, water.png"
