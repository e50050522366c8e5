#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
set -euo pipefail

usage() {
  cat <<'TEXT'
A data set larger than memory: makes one of rattled real frames, turns it into a cache
(spinconv-train prepare), trains from it and evaluates it for a while, and prints the largest memory
that each of these took.

  bash bench/large_data.sh SIZE FOLDER        SIZE of the cache in GB; FOLDER for all files, which may
                                              be removed afterwards
Environment:
  SECONDS_EACH=N  that training and evaluation run before they are interrupted (default 60)
  DATA=FILE       extended XYZ, whose frames are rattled (default: OC20, tests/data)
  CUTOFF=A        Angstrom (default 3)
  EDGES=1         store the edges too

A block of about 50 MB of text is written once and given to `prepare` as often as SIZE asks for, so
that FOLDER needs little more than SIZE. A cache that is there is completed or used as it is.
spinconv-train and python3 (with numpy) are looked for on PATH (scripts/env.sh).
TEXT
}

fail() {
  printf 'large_data.sh: error: %s\n' "$1" >&2
  exit 1
}

case "${1:-}" in -h | --help) usage && exit ;; esac
[ $# = 2 ] || fail "SIZE and FOLDER are wanted (--help tells more)"
[[ "$1" =~ ^[0-9]+(\.[0-9]+)?$ ]] || fail "SIZE is '$1'; it must be a number of GB"
size="$1"
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
data="${DATA:-$root/tests/data/oc20_random1000100_3.extxyz.xz}"
data="$(realpath "$data")"
cutoff="${CUTOFF:-3}"
limit="${SECONDS_EACH:-60}"
edges=()
[ "${EDGES:-}" != 1 ] || edges=(--edges)
for tool in spinconv-train python3 timeout; do
  command -v "$tool" > /dev/null || fail "$tool is not on PATH; source scripts/env.sh"
done
mkdir -p "$2"
cd "$2"

# runs a command and prints its largest memory; status 124 and 130 are an end that was asked for
measured() {
  python3 - "$@" <<'PY'
import resource, subprocess, sys, time
name, command = sys.argv[1], sys.argv[2:]
start = time.time()
status = subprocess.run(command).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{name}: {time.time() - start:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of CPU, "
      f"largest memory {used.ru_maxrss / 1e6 * 1.024:.2f} GB", flush=True)
sys.exit(0 if status in (0, 124, 130) else status)
PY
}

if [ ! -f block.extxyz ]; then
  python3 - "$data" <<'PY'
import lzma, os, sys
import numpy as np
opener = lzma.open if sys.argv[1].endswith(".xz") else open
frames, lines = [], opener(sys.argv[1], "rt").read().splitlines()
while lines:
    n = int(lines[0])
    frames.append((lines[1], lines[2:n + 2]))
    del lines[:n + 2]
    if len(frames) == 100:
        break
random = np.random.default_rng(1)
size = k = 0
with open("block.part", "w") as out:
    while size < 50e6:
        comment, atoms = frames[k % len(frames)]
        k += 1
        text = [str(len(atoms)), comment]
        for atom, shift in zip(atoms, random.normal(0.0, 0.05, (len(atoms), 3))):
            words = atom.split()
            # species and position come first in the files this is for
            moved = ["%.6f" % (float(x) + d) for x, d in zip(words[1:4], shift)]
            text.append(" ".join([words[0]] + moved + words[4:]))
        text = "\n".join(text) + "\n"
        size += len(text)
        out.write(text)
os.replace("block.part", "block.extxyz")
PY
fi

spinconv-train prepare block.extxyz one --cutoff "$cutoff" "${edges[@]}" > /dev/null
bytes=$(du -sb one | cut -f1)
count=$(python3 -c "import math; print(max(1, math.ceil($size * 1e9 / $bytes)))")
blocks=()
for ((i = 0; i < count; ++i)); do blocks+=(block.extxyz); done
measured prepare spinconv-train prepare "${blocks[@]}" cache --cutoff "$cutoff" "${edges[@]}" | grep -v "^  from "
du -sh cache

cat > fit.yaml <<YAML
data: {file: cache, split: {train: rest, validation: 1000, test: 0}}
model: {preset: small, cutoff: $cutoff, layers: 1}
training: {epochs: 1, batch_size: 8}
output: {folder: run}
YAML
measured fit timeout -s INT "$limit" spinconv-train fit fit.yaml --overwrite 2>&1 | tail -n 20
printf 'steps of 8 frames: %s\n' "$(grep -ao '"step":[0-9]*' run/checkpoint.pt | head -n 1 | cut -d: -f2)"
# a potential of a few frames, to evaluate with
spinconv-train fit fit.yaml --overwrite --set output.folder=few data.frames=:200 data.split.validation=0 > /dev/null 2>&1
measured evaluate timeout -s INT "$limit" spinconv-train evaluate few/spinconv.pt cache 2>&1 | tail -n 5
