#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# The programs of this folder, configured and built against an install tree, give the numbers of spinconv-train.
#   run.sh <checkout> <build folder> <folder to work in> <cmake> <spinconv-train> <C compiler> <C++ compiler> <LibTorch's lib>
set -euo pipefail
source="$1" build="$2" work="$3" cmake="$4" train="$5" cc="$6" cxx="$7" torch="$8"
# shellcheck source=tests/scripts/expect.sh
. "$source/tests/scripts/expect.sh"
rm -rf "$work"
mkdir -p "$work"
cd "$work"

"$cmake" --install "$build" --prefix "$work/first" >install.log || { cat install.log; exit 1; }
# nothing may point at where it was installed
mv first prefix
package="$(dirname "$(find prefix -name SpinConvConfig.cmake)")"
if grep -rnF -e "$work" -e "$build" "$package" prefix/include; then wrong "the package names the folders above"; fi
if [ -e "$build/bin/spinconv-train" ]; then prefix/bin/spinconv-train --version >version.log 2>&1 || wrong "the installed spinconv-train does not start: $(cat version.log)"; fi
if grep -rnE '# *include *[<"](torch|ATen|c10|vesin)' prefix/include; then wrong "a header needs LibTorch's"; fi

# configured <folder> <argument>...: the programs, in a build folder
configured() {
  local folder="$1"
  shift
  "$cmake" -S "$source/tests/consumer" -B "$folder" "-DCMAKE_C_COMPILER=$cc" "-DCMAKE_CXX_COMPILER=$cxx" "-DSpinConv_DIR=$work/$package" "$@"
}
{ configured programs && "$cmake" --build programs; } >programs.log 2>&1 || { cat programs.log; exit 1; }

# reference <structures.extxyz> <potential> <name>: what spinconv-train says of the first one, without its labels
reference() {
  awk 'NR == 1 { n = $1; print }
    NR == 2 { if (match($0, /Lattice="[^"]*"/)) printf "%s pbc=\"T T T\" ", substr($0, RSTART, RLENGTH); else printf "pbc=\"F F F\" "
              print "Properties=species:S:1:pos:R:3 energy=0.0" }
    NR > 2 && NR <= n + 2 { print $1, $2, $3, $4 }' "$1" >"$3.extxyz"
  "$train" evaluate --potential "$2" --data "$3.extxyz" --predictions "$3.predicted" --precision double >"$3.log" || { cat "$3.log"; exit 1; }
  awk 'NR == 2 { match($0, /energy=[^ ]*/); print "energy", substr($0, RSTART + 7, RLENGTH - 7)
         if (match($0, /stress="[^"]*"/)) { split(substr($0, RSTART + 8, RLENGTH - 9), t, " "); stress = "stress " t[1] " " t[5] " " t[9] " " t[6] " " t[3] " " t[2] } }
    NR > 2 { print "force", $5, $6, $7 }
    END { if (stress) print stress }' "$3.predicted" >"$3.expected"
}

# same <expected> <found>: the words, and the numbers to 1e-10
same() {
  paste "$1" "$2" | awk '
    NF % 2 || NF < 4 { bad = 1 }
    { h = NF / 2; if ($1 != $(h + 1)) bad = 1
      for (c = 2; c <= h; c++) { d = $c - $(c + h); if (d < 0) d = -d; if (!(d <= most)) most = d
                                 s = $c < 0 ? -$c : $c; if ($1 == "force" && s > size) size = s } }
    END { printf "%d lines, largest difference %.1e, largest force %.3g\n", NR, most, size; exit bad || NR < 3 || !(most <= 1e-10) || size < 0.01 }'
}

ethanol="$source/potentials/rmd17-ethanol.pt" oc20="$source/potentials/oc20-sample.pt"
# the examples' structure of ethanol, atoms in order: H C O are types 1 2 3
awk 'NF == 7 && $6 == "#" { split("H C O", symbol); row[++n] = symbol[$2] " " $3 " " $4 " " $5 } END { print n; print "a molecule"; for (i = 1; i <= n; i++) print row[i] }' \
  "$source/examples/md17/ethanol.data" >ethanol.source
reference ethanol.source "$ethanol" ethanol
reference "$source/examples/oc20/relaxations.extxyz" "$oc20" slab
grep -q '^stress ' slab.expected || wrong "there is no stress to compare"
for program in energy_cpp energy_c; do
  for name in ethanol slab; do
    potential="$ethanol"
    if [ "$name" = slab ]; then potential="$oc20"; fi
    if "programs/$program" "$potential" "$name.extxyz" >"$name.$program" && same "$name.expected" "$name.$program"; then
      printf 'ok: %s, %s\n' "$program" "$name"
    else
      wrong "$program does not give what spinconv-train gives of $name"
    fi
  done
  refuses "nowhere.pt" "programs/$program" nowhere.pt ethanol.extxyz
  refuses "element Sr is not in the potential file" "programs/$program" "$ethanol" slab.extxyz
done

# no copy of LibTorch's code, or of our own insides, is there for others to find
if command -v nm >/dev/null; then
  library="$(find prefix -name 'libspinconv.so')"
  if nm -DC --defined-only "$library" | grep -E ' [A-Za-z] (at|c10|torch|nlohmann|vesin|spinconv::(Model|train|NeighborList))'; then wrong "libspinconv shows more than its interface"; fi
fi

# LibTorch in another place, and none
mkdir -p moved/share/cmake/Torch
ln -s "$torch" moved/lib
{ configured elsewhere "-DTorch_DIR=$work/moved/share/cmake/Torch" && "$cmake" --build elsewhere --target energy_c -v; } >elsewhere.log 2>&1 || { cat elsewhere.log; exit 1; }
grep -q "$work/moved/lib/libtorch_cpu" elsewhere.log || wrong "the LibTorch of Torch_DIR is not taken"
{ elsewhere/energy_c "$ethanol" ethanol.extxyz >elsewhere.found && same ethanol.expected elsewhere.found; } || wrong "a program with LibTorch in another place"
mkdir -p other/lib other/include/torch/headeronly other/share/cmake/Torch
ln -s "$torch"/lib*.so* other/lib/
printf '#define TORCH_VERSION_MAJOR 1\n#define TORCH_VERSION_MINOR 99\n' >other/include/torch/headeronly/version.h
refuses "works with its release alone" configured release "-DTorch_DIR=$work/other/share/cmake/Torch"

[ "$failures" -eq 0 ] || exit 1
