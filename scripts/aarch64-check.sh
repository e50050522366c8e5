#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# Compiles the fused kernels for 64-bit ARM (NEON) and runs all of them by an emulator, on an x86-64 machine with AVX2:
# the numbers of small random models (tests/aarch64), in single and double precision, against those of the AVX2 kernels,
# and gradients against differences. It says nothing of speed. On an ARM machine scripts/test.sh compares the same
# kernels with the operator graph.
#
#   bash scripts/aarch64-check.sh              some minutes; 0 where all numbers agree, else 1
#
# Needs g++ and, on Debian or Ubuntu, the packages g++-aarch64-linux-gnu and qemu-user. No LibTorch, no LAMMPS and no
# other part of the build. SPINCONV_AARCH64_CXX names another cross compiler. All is kept in build/aarch64.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cross="${SPINCONV_AARCH64_CXX:-aarch64-linux-gnu-g++}"
[ "$(uname -m)" = x86_64 ] || fail "this machine is $(uname -m); the check compares with the kernels for x86-64" \
  "on 64-bit ARM run the tests: bash scripts/test.sh release -L unit"
grep -qw avx2 /proc/cpuinfo || fail "this processor has no AVX2, whose kernels the check compares with"
have g++ || fail "there is no g++" "apt install g++"
have "$cross" || fail "there is no $cross" "apt install g++-aarch64-linux-gnu" "or name another one: SPINCONV_AARCH64_CXX=<compiler>"
emulator=""
for name in qemu-aarch64 qemu-aarch64-static; do
  if have "$name"; then emulator="$name"; fi
done
[ -n "$emulator" ] || fail "there is no qemu-aarch64" "apt install qemu-user"

work="$root/build/aarch64"
mkdir -p "$work"
# as cmake/SpinconvCompiler.cmake has them
warnings=(-Wall -Wextra -Werror -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-restrict)
sources=("$root/tests/aarch64/kernels_check.cpp" "$root/src/spinconv/fused/panels.cpp" "$root/src/spinconv/harmonics.cpp")

# build <program> <kernels> <compiler> <option>...: sums of the check itself are rounded alike on both
build() {
  local program="$1" kernels="$2" compiler="$3"
  shift 3
  "$compiler" -std=c++20 -O3 -fPIC "${warnings[@]}" "$@" -I"$root/src" -c "$root/src/spinconv/fused/$kernels.cpp" \
    -o "$work/$kernels.o"
  "$compiler" -std=c++20 -O2 -ffp-contract=off "${warnings[@]}" "$@" -I"$root/src" -I"$root/tests/aarch64" \
    "${sources[@]}" "$work/$kernels.o" -o "$work/$program"
}

say "Compiling for x86-64 ($(g++ --version | head -n 1))"
build check-x86-64 x86_64_v3 g++ -march=x86-64-v3
say "Compiling for 64-bit ARM ($("$cross" --version | head -n 1))"
build check-aarch64 aarch64 "$cross" -static
say "Running on this processor"
"$work/check-x86-64" run "$work/x86-64.txt" || fail "the kernels for AVX2 give wrong numbers"
say "Running by $emulator (a minute or two)"
"$emulator" "$work/check-aarch64" run "$work/aarch64.txt" || fail "the kernels for NEON give wrong numbers"
say "Comparing"
"$work/check-x86-64" compare "$work/x86-64.txt" "$work/aarch64.txt" || fail "the kernels for NEON and AVX2 differ" \
  "all numbers: $work/x86-64.txt and $work/aarch64.txt"
say "The kernels for NEON and AVX2 give the same numbers to rounding"
