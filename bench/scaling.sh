#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
set -euo pipefail

usage() {
  cat <<'TEXT'
Strong scaling of pair_style spinconv: water on 1 rank and on several, in turns, and the bytes that
are sent in a step. Times of a busy machine differ from run to run: compare the rows of one call.

  bash bench/scaling.sh [RANKS ...]        default: 1 2

Environment:
  REPLICATE=N     copies of the 192-atom box along each axis (default 2: 1536 atoms)
  STEPS=N         of each run (default 10)
  ROUNDS=N        runs of each number of ranks, in turns; the fastest counts (default 3)
  PRECISION=single|double   (default double)
  OPTIONS=...     further options of pair_style, for example OPTIONS="chunk 5000"
  POTENTIAL=FILE  (default potentials/water-sample.pt)
TEXT
}

fail() {
  printf 'scaling.sh: error: %s\n' "$1" >&2
  exit 1
}

for argument in "$@"; do
  case "$argument" in
    -h | --help) usage && exit ;;
    *) [[ "$argument" =~ ^[1-9][0-9]*$ ]] || fail "RANKS is '$argument'; it must be a whole number, at least 1 (--help tells more)" ;;
  esac
done
[ $# -gt 0 ] || set -- 1 2

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
root="$(cd "$here/.." && pwd -P)"
# shellcheck source=scripts/env.sh
. "$root/scripts/env.sh"
counter="$root/build/release/bench/libspinconv_mpi_bytes.so"
[ -f "$counter" ] || fail "$counter is missing: build with bash scripts/build.sh release"
potential="$(realpath -m "${POTENTIAL:-$root/potentials/water-sample.pt}")"
[ -f "$potential" ] || fail "no potential $potential; name one that knows H and O: POTENTIAL=FILE"
steps="${STEPS:-10}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1

run() { # <ranks> <steps> <log>
  mpiexec -n "$1" -genv LD_PRELOAD "$counter" lmp -in "$here/in.scaling" -nocite -screen none -log "$3" \
    -var data "$root/examples/water/water-192.data" -var potential "$potential" -var replicate "${REPLICATE:-2}" \
    -var precision "${PRECISION:-double}" -var options "${OPTIONS:-}" -var steps "$2" -var every "$steps" 2> "$3.bytes" ||
    { grep -A3 '^ERROR' "$3" >&2; fail "lmp stopped on $1 rank(s)"; }
}

for ((round = 1; round <= ${ROUNDS:-3}; round++)); do
  for ranks in "$@"; do
    run "$ranks" "$steps" "$folder/$ranks.$round.log"
    printf 'round %d, %d rank(s): %s\n' "$round" "$ranks" "$(grep '^Loop time' "$folder/$ranks.$round.log")"
  done
done

echo
printf '%5s  %12s  %8s  %10s  %14s  %10s\n' ranks 's a step' speed-up exchange 'MB sent a step' 'messages'
for ranks in "$@"; do
  fastest="$(awk '/^Loop time/ {print $4}' "$folder/$ranks".*.log | sort -g | head -n 1)"
  if [ "$ranks" = "$1" ]; then reference="$fastest"; fi
  last="$folder/$ranks.${ROUNDS:-3}.log"
  # what a run of no steps sends is not part of a step
  run "$ranks" 0 "$folder/$ranks.zero.log"
  sent="$(awk -v steps="$steps" 'FNR == NR {if (/^mpi_bytes/) {m += $3; b += $4} next} /^mpi_bytes/ {m -= $3; b -= $4}
    END {printf "%.3f %.0f", b / steps / 1048576, m / steps}' "$last.bytes" "$folder/$ranks.zero.log.bytes")"
  exchange="$(awk -F'|' '/^  Exchange/ {print $5 + 0}' "$last")"
  awk -v r="$ranks" -v t="$fastest" -v t1="$reference" -v n="$steps" -v x="$exchange" -v sent="$sent" \
    'BEGIN {split(sent, s, " "); printf "%5d  %12.4f  %8.2f  %8.1f %%  %14s  %10s\n", r, t / n, t1 / t, x, s[1], s[2]}'
done
echo
echo "thermo of the last step, which must not depend on the number of ranks:"
for ranks in "$@"; do
  grep -B1 '^Loop time' "$folder/$ranks.1.log" | head -n 1
done
