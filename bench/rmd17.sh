#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# Potentials for molecules of rMD17, one after another, with examples/train/rmd17.yaml, and a row of
# docs/md17.md for each: errors on the 1000 test frames. What is finished is not trained again; what was
# interrupted goes on.
#
#   bash bench/rmd17.sh DATA_FOLDER OUTPUT_FOLDER MOLECULE[:EPOCHS[+EPOCHS]]...
#
# uracil:50+30 begins anew after 50 epochs, with the weights it has come to and half the learning rate, for 30
# more (docs/md17.md). EPOCHS: 50, one stage. Environment: BATCH_SIZE, by default that of the configuration;
# 2 learns more in the same time from molecules of nine atoms.
#
# DATA_FOLDER has rmd17_MOLECULE_train.npz and rmd17_MOLECULE_test.npz (split 01). One thread, or
# OMP_NUM_THREADS. spinconv-train is looked for on PATH (scripts/env.sh).
set -euo pipefail
if [ $# -lt 3 ]; then
  sed -n 's/^# \{0,1\}//p' "$0" | sed -n '3,15p'
  exit 1
fi
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
data="$(cd "$1" && pwd -P)"
mkdir -p "$2"
output="$(cd "$2" && pwd -P)"
shift 2
threads="${OMP_NUM_THREADS:-1}"
batch="${BATCH_SIZE:-}"
[[ "$batch" =~ ^([1-9][0-9]*)?$ ]] || { echo "rmd17.sh: error: BATCH_SIZE is '$batch'; it must be a whole number, at least 1" >&2; exit 1; }
train() { # <folder>, whose configuration is <folder>.yaml
  local mode=()
  # an interrupted training has a potential too, but no errors on test frames
  if [ -e "$1/$name.pt" ] && spinconv-train info "$1/$name.pt" --json | grep -q '"test": {'; then return; fi
  if [ -e "$1/checkpoint.pt" ]; then mode=(--resume); fi
  spinconv-train --threads "$threads" fit "$1.yaml" "${mode[@]}"
}
for item in "$@"; do
  molecule="${item%%:*}"
  epochs=50
  if [ "$item" != "$molecule" ]; then epochs="${item#*:}"; fi
  second=0
  case "$epochs" in *+*) second="${epochs#*+}" ;; esac
  name="rmd17-$molecule"
  folder="$name"
  # relative paths: the potential keeps the command and the configuration
  cd "$output"
  ln -sf "$data/rmd17_${molecule}_train.npz" "$data/rmd17_${molecule}_test.npz" .
  sed "s/MOLECULE/$molecule/g; s/^  epochs: [0-9]*/  epochs: ${epochs%%+*}/" "$root/examples/train/rmd17.yaml" >"$name.yaml"
  if [ -n "$batch" ]; then sed -i "s/^  batch_size: [0-9]*/  batch_size: $batch/" "$name.yaml"; fi
  train "$name"
  if [ "$second" != 0 ]; then
    folder="$name-second"
    sed "s/^  epochs: [0-9]*/  epochs: $second/; s/^  learning_rate: .*/  learning_rate: 2.0e-3/
         s/^  folder: .*/  folder: $folder/; s|^model:|model:\n  init: $name/$name.pt|" "$name.yaml" >"$folder.yaml"
    train "$folder"
  fi
  # fit has evaluated the test frames at its end, and the potential keeps what it found
  spinconv-train info "$folder/$name.pt" --json | python3 -c '
import json, sys
e = json.load(sys.stdin)["errors"]["test"]
force, energy = 1000 * e["force_mae_ev_a"], 1000 * e["energy_mae_ev"]
print(f"| {sys.argv[1]} | {sys.argv[2]} | {force:.2f} | {energy:.2f} |")' "$molecule" "$epochs"
done
