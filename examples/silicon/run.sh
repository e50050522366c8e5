#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
set -euo pipefail

usage() {
  cat <<'TEXT'
Crystalline silicon by a committee of four potentials (potentials/silicon-1.pt to silicon-4.pt).

  bash examples/silicon/run.sh [npt|vacancy|both] [STEPS]

  npt      64 atoms at constant pressure: the mean lattice constant, and what the four disagree by
  vacancy  the lattice constant at rest and the energy of a vacancy in 216 atoms: by each of the four, and by their mean
  STEPS    of npt, of 2 fs, a multiple of 10 (default 1500)

Environment: TEMPERATURE=K (default 300), PRESSURE=BAR (default 0), CELLS=N cubic cells along each axis (default 2 for npt, 3 for
vacancy), SEED=N (default 1), OUTPUT=FOLDER (default output/silicon).
TEXT
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
# shellcheck source=examples/common.sh
. "$here/../common.sh"

kind="${1:-both}"
steps="${2:-1500}"
case "$kind" in npt | vacancy | both) ;; *) fail "'$kind' is none of npt, vacancy, both (--help tells more)" ;; esac
[[ "$steps" =~ ^[1-9][0-9]*$ ]] && [ $((steps % 10)) -eq 0 ] || fail "STEPS is '$steps'; it must be a multiple of 10"
[ $# -le 2 ] || fail "too many arguments: $* (--help tells more)"
need lmp

output="$(realpath -m "${OUTPUT:-$root/output/silicon}")"
potentials="$root/potentials"
mkdir -p "$output"
cd "$here"
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"

if [ "$kind" != vacancy ]; then
  rm -f "$output"/npt.{log,dump} "$output/deviation.txt"
  echo "==> lmp -in in.npt: $steps steps of 2 fs"
  run_lammps "$output/npt.log" lmp -in in.npt -var folder "$potentials" -var output "$output" -var steps "$steps" \
    -var temperature "${TEMPERATURE:-300}" -var pressure "${PRESSURE:-0}" -var seed "${SEED:-1}" -var cells "${CELLS:-2}"
  # the second half of the run: step, temperature, lattice constant, mean and largest deviation of a force
  awk -v half=$((steps / 2)) '
    /^ *Step +Time/ { rows = 1; next }
    /^Loop time/ { rows = 0 }
    rows && $1 > half { n++; t += $3; a += $7 }
    END { printf "mean temperature %.0f K, lattice constant %.4f Angstrom\n", t / n, a / n }' "$output/npt.log"
  awk -v half=$((steps / 2)) '
    !/^#/ && $1 > half { n++; mean += $7; if ($5 > most) most = $5 }
    END { printf "deviation of the four, eV/Angstrom: mean over atoms %.4f, largest of an atom %.4f\n", mean / n, most }' "$output/deviation.txt"
fi
if [ "$kind" != npt ]; then
  for files in silicon-1.pt silicon-2.pt silicon-3.pt silicon-4.pt "silicon-1.pt silicon-2.pt silicon-3.pt silicon-4.pt"; do
    paths=""
    for file in $files; do paths+="$potentials/$file "; done
    log="$output/vacancy-${files%%.*}.log"
    name="$files"
    if [ "$files" != "${files%% *}" ]; then
      log="$output/vacancy-committee.log"
      name="the mean of the four"
    fi
    rm -f "$log"
    run_lammps "$log" lmp -in in.vacancy -var potential "${paths% }" -var output "$output" -var cells "${CELLS:-3}"
    echo "$name"
    grep -E '^(lattice constant|vacancy) ' "$log" | sed 's/^/    /'
  done
fi
echo "$output: the logs, and of npt npt.dump and deviation.txt"
