#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
set -euo pipefail

usage() {
  cat <<'TEXT'
Active learning of ethanol by a committee of three potentials. They begin with 25 frames of 300 K and
run at TEMPERATURE until they disagree; the frames where they do are computed and trained on, too.
The part of the electronic structure code is played by a potential, rmd17-ethanol.pt, so that a round
takes seconds. Beside it the same number of frames that were chosen at random. 4 minutes on one core.

  bash examples/active_learning/run.sh [TEMPERATURE]

  TEMPERATURE  of the runs of the committee and of the test frames, K; default 600

Environment: OUTPUT=FOLDER (default output/active_learning), NUMBER=N frames to compute (default 20),
LIMIT=X largest deviation of a force that a run goes on with, eV/Angstrom (default 0.2), SEED=N (default 1).
TEXT
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
# shellcheck source=examples/common.sh
. "$here/../common.sh"

[ $# -le 1 ] || fail "too many arguments: $* (--help tells more)"
temperature="${1:-600}"
[[ "$temperature" =~ ^[1-9][0-9]*$ ]] || fail "TEMPERATURE is '$temperature'; it must be a whole number of K, at least 1"
number="${NUMBER:-20}"
[[ "$number" =~ ^[1-9][0-9]*$ ]] || fail "NUMBER is '$number'; it must be a whole number, at least 1"
seed="${SEED:-1}"
[[ "$seed" =~ ^[1-9][0-9]{0,5}$ ]] || fail "SEED is '$seed'; it must be a whole number from 1 to 999999"
limit="${LIMIT:-0.2}"
[[ "$limit" =~ ^[0-9]*\.?[0-9]+$ ]] || fail "LIMIT is '$limit'; it must be a number, eV/Angstrom"
need spinconv-train
command -v python3 >/dev/null || fail "no python3, which choose.py needs"

reference="$root/potentials/rmd17-ethanol.pt"
output="$(realpath -m "${OUTPUT:-$root/output/active_learning}")"
members=(1 2 3)
runs=(1 2 3 4 5 6)
mkdir -p "$output"
cd "$here"
# what an earlier run left is not to be taken for this one's
rm -rf "$output"/committee-* "$output"/*.{dump,devi,log,extxyz,txt}

# label <frames.dump> <frames.extxyz>: energies and forces; where a user's electronic structure code goes
label() {
  spinconv-train convert "$1" "$output/unlabelled.extxyz" >/dev/null
  spinconv-train --threads 1 evaluate "$reference" "$output/unlabelled.extxyz" --predictions "$2" >/dev/null 2>&1 ||
    fail "$1 cannot be labelled: spinconv-train evaluate $reference $output/unlabelled.extxyz"
}

sample() { # <name> <temperature> <steps> <seed>
  run_lammps "$output/$1.log" lmp -in in.sample -var potential "$reference" -var output "$output" -var name "$1" \
    -var temperature "$2" -var steps "$3" -var seed "$4"
  label "$output/$1.dump" "$output/$1.extxyz"
}

# train <name> <frames.extxyz> [<name to begin with>]: a committee, committee-<name>-<member>.pt
train() {
  local member folder options
  for member in "${members[@]}"; do
    folder="$output/committee-$1-$member"
    options=(--set "data.file=$2" "training.seed=$((100 * seed + member))" "output.folder=$folder" "output.name=$member")
    if [ -n "${3:-}" ]; then
      # half of the learning rate: what is known shall not be forgotten
      options+=(training.learning_rate=0.002 --init "$output/committee-$3-$member/$member.pt")
    fi
    spinconv-train --threads 1 fit train.yaml "${options[@]}" >"$folder.log" 2>&1 || fail "spinconv-train fit stopped; its log is $folder.log"
  done
}

files_of() { # <name>
  local member
  for member in "${members[@]}"; do printf '%s ' "$output/committee-$1-$member/$member.pt"; done
}

# explore <name>: runs of the committee, each from the same molecule with other velocities
explore() {
  local run log met
  for run in "${runs[@]}"; do
    log="$output/explore-$1-$run.log"
    run_lammps "$log" lmp -in in.explore -var committee "$(files_of "$1")" -var output "$output" -var name "explore-$1-$run" \
      -var temperature "$temperature" -var seed "$((1000 * seed + run))" -var limit "$limit"
    met="$(sed -n 's/^Fix halt condition .* met on step \([0-9]*\) with value \([0-9]*\.[0-9]\{1,4\}\).*/halt at step \1, deviation \2 eV\/A/p' "$log")"
    printf '  run %d: %s\n' "$run" "${met:-all 3000 steps}"
  done
}

# look <name>: errors of the members, deviation of the committee, on the test frames
look() {
  local member
  for member in "${members[@]}"; do
    spinconv-train --threads 1 evaluate "$output/committee-$1-$member/$member.pt" "$output/test.extxyz" \
      --json "$output/errors.json" >/dev/null 2>&1 || fail "spinconv-train evaluate stopped"
    grep -oE '^ *"(force_mae_ev_a|force_max_error_ev_a|energy_mae_per_atom_ev)": [0-9.e-]*' "$output/errors.json" | head -n 3
  done >"$output/errors-$1.txt"
  run_lammps "$output/spread-$1.log" lmp -in in.spread -var committee "$(files_of "$1")" -var output "$output" \
    -var frames "$output/test.dump" -var name "spread-$1"
  # columns of the file of deviations: 5 largest, 7 mean deviation of a force
  awk -v name="$1" '
    /force_mae/ {force += $2 / 3} /energy_mae/ {energy += $2 / 3} /force_max/ {if ($2 > worst) worst = $2}
    NF >= 7 && !/^#/ {n++; mean += $7; largest += $5; if ($5 > most) most = $5}
    END {printf "%-10s %8.1f %8.0f %8.2f %12.1f %12.1f %8.0f\n", name, 1e3 * force, 1e3 * worst, 1e3 * energy, 1e3 * mean / n, 1e3 * largest / n, 1e3 * most}
  ' "$output/errors-$1.txt" "$output/spread-$1.devi" >>"$output/table.txt"
}

echo "==> frames to begin with (300 K) and to test with ($temperature K), by rmd17-ethanol.pt"
sample initial 300 2500 "$seed"
sample test "$temperature" 10000 "$((seed + 500))"
printf '  %d and %d frames\n' "$(grep -c Lattice "$output/initial.extxyz")" "$(grep -c Lattice "$output/test.extxyz")"

echo "==> committee before: ${#members[@]} potentials of the frames to begin with"
train before "$output/initial.extxyz"
look before

echo "==> its runs at $temperature K, to a deviation of $limit eV/A"
explore before

echo "==> choose.py: the frames with the largest deviation, and as many at random"
python3 choose.py "$output"/explore-before-?.dump --number "$number" --apart 50 >"$output/chosen.dump"
python3 choose.py "$output"/explore-before-?.dump --number "$number" --apart 50 --random "$seed" >"$output/random.dump"
for way in chosen random; do
  label "$output/$way.dump" "$output/$way.extxyz"
  cat "$output/initial.extxyz" "$output/$way.extxyz" >"$output/train-$way.extxyz"
  echo "==> committee $way: the one before goes on with these frames, too"
  train "$way" "$output/train-$way.extxyz" before
  look "$way"
done

echo "==> runs of committee chosen at $temperature K"
explore chosen
echo
echo "on the test frames  error of a force      energy   deviation of a force (meV/A)"
echo "                 mean  largest     mean         mean  mean of the      largest"
echo "committee       meV/A    meV/A  meV/atom               largest of a frame"
cat "$output/table.txt"
echo
echo "$output: potentials (committee-*/*.pt), deviations (*.devi), trajectories (*.dump), frames (*.extxyz)"
