#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
set -euo pipefail

usage() {
  cat <<'TEXT'
Adsorbates on slabs of OC20 with pair_style spinconv.

  bash examples/oc20/run.sh [relax|neb]

  relax  three adsorbates from their initial structures of OC20, subsurface atoms fixed, until the largest
         force on an atom is below 0.05 eV/A; the result as extended XYZ, beside what DFT found (default)
  neb    an oxygen atom on Au-Na hops to another site: nudged elastic band with 7 replicas on 7 MPI ranks

Environment: POTENTIAL=FILE (default potentials/oc20-sample.pt), OUTPUT=FOLDER (default output/oc20),
STYLE=cg|fire|... (min_style, default cg), FMAX=eV/A (default 0.05), ITERATIONS=N (at most, default 200),
DATA=FILE.extxyz (relax: first and last frames of relaxations, with sid and move_mask; default
relaxations.extxyz).
TEXT
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
# shellcheck source=examples/common.sh
. "$here/../common.sh"
need spinconv-train

which="${1:-relax}"
case "$which" in
  relax | neb) ;;
  *) fail "unknown run '$which'; valid: relax, neb (--help tells more)" ;;
esac
[ $# -le 1 ] || fail "too many arguments: $* (--help tells more)"

potential="$(realpath -m "${POTENTIAL:-$root/potentials/oc20-sample.pt}")"
output="$(realpath -m "${OUTPUT:-$root/output/oc20}")"
data="$(realpath -m "${DATA:-$here/relaxations.extxyz}")"
[ -f "$potential" ] || fail "no potential $potential; name one: POTENTIAL=FILE bash $0"
[ -f "$data" ] || fail "no data $data; name them: DATA=FILE bash $0"
mkdir -p "$output"
cd "$here"

relax() { # <system> <number of its first frame>
  local name="$output/$1"
  # what an earlier run left is not to be taken for this one's
  rm -f "$name".*
  spinconv-train convert "$data" "$name.data" --frame "$2" >"$name.convert.txt"
  run_lammps "$name.log" lmp -in in.relax -var data "$name.data" -var potential "$potential" -var output "$name" \
    -var style "${STYLE:-cg}" -var fmax "${FMAX:-0.05}" -var iterations "${ITERATIONS:-200}"
  spinconv-train convert "$name.dump" "$name.extxyz" --cell "$name.data.json" --log "$name.log" >>"$name.convert.txt"
  printf '%-15s %s\n' "$1" "$(grep -h 'Stopping criterion' "$name.log" | sed 's/^ *//')"
}

relax_all() {
  echo "==> lmp -in in.relax, min_style ${STYLE:-cg}"
  local number=0 last="" system
  # the comment of every frame names its system; the first of a system is where its relaxation begins
  while read -r system; do
    if [ "$system" != "$last" ]; then
      relax "$system" "$number"
      systems+=("$system")
    fi
    last="$system"
    number=$((number + 1))
  done < <(grep -o 'sid=[^ ]*' "$data" | cut -c5-)
}

hop() {
  echo "==> mpiexec -n 7 lmp -partition 7x1 -in in.neb"
  rm -f "$output"/neb.*
  spinconv-train convert hop.extxyz "$output/neb.data" >"$output/neb.convert.txt"
  # replicas on shared cores: threads would only wait for each other
  run_lammps "$output/neb.log" env OMP_NUM_THREADS=1 mpiexec -n 7 lmp -partition 7x1 -in in.neb \
    -var data "$output/neb.data" -var potential "$potential" -var output "$output/neb" \
    -plog "$output/neb.log" -pscreen none
  # columns 7 and 8 of the last line: the barrier seen from either end
  tail -n 1 "$output/neb.log" | awk '{printf "barrier %.3f eV forwards, %.3f eV backwards, largest force of a replica %.3f eV/A\n", $7, $8, $2}'
}

systems=()
if [ "$which" = relax ]; then
  relax_all
  for system in "${systems[@]}"; do cat "$output/$system.extxyz"; done >"$output/relaxed.extxyz"
  for task in is2rs is2re; do
    echo "==> spinconv-train evaluate --task $task"
    spinconv-train evaluate "$potential" "$data" --task "$task" --reference last \
      --relaxed "$output/relaxed.extxyz" --json "$output/$task.json" | sed -n '/^IS2/,/^figures/p' | grep -v '^figures'
  done
  draw "$output" relax "$data" "${systems[@]}"
else
  hop
  draw "$output" neb
fi

echo "$output: logs (*.log), trajectories (*.extxyz, *.dump), figures (*.png)"
