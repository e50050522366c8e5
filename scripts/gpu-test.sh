#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# On a machine with a GPU: builds LAMMPS, Kokkos and the plugin for CUDA, runs the tests of pair style
# spinconv/kk there, looks for races between the streams of Kokkos and LibTorch, and writes what was found
# into the report of docs/gpu.md.
#
#   SPINCONV_CUDA_ARCH=90 bash scripts/gpu-test.sh [REPORT]     REPORT: docs/gpu.md
#
# SPINCONV_KOKKOS_ROOT: a LAMMPS that scripts/setup-kokkos.sh made (default: it is made, for the compute
# capability SPINCONV_CUDA_ARCH); SPINCONV_KOKKOS_DEVICE: what lmp gets after -k on (default: g 1);
# SPINCONV_TORCH: folder of a LibTorch with CUDA (default: that of .venv).
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

report="${1:-$root/docs/gpu.md}"
begin="<!-- report: begin -->"
end="<!-- report: end -->"
if ! grep -qF "$begin" "$report" || ! grep -qF "$end" "$report"; then
  fail "$report has no report to replace" "it needs the lines '$begin' and '$end'"
fi
export SPINCONV_KOKKOS_DEVICE="${SPINCONV_KOKKOS_DEVICE:-g 1}"
case "$SPINCONV_KOKKOS_DEVICE" in
  g*)
    have nvidia-smi || fail "there is no nvidia-smi: no GPU, or no driver" "scripts/cuda-compile.sh compiles without one"
    device="$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader | head -n 1)"
    export SPINCONV_CUDA_ARCH="${SPINCONV_CUDA_ARCH:-90}"
    ;;
  *) device="no GPU: -k on $SPINCONV_KOKKOS_DEVICE" ;;
esac
bash "$root/scripts/setup.sh"
kokkos="${SPINCONV_KOKKOS_ROOT:-$(bash "$root/scripts/setup-kokkos.sh")}"

build="$root/build/gpu"
mkdir -p "$root/build"
say "Building build/gpu"
options=()
if [ -n "${SPINCONV_TORCH:-}" ]; then options=("-DCMAKE_PREFIX_PATH=$SPINCONV_TORCH"); fi
cmake -G Ninja -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DSPINCONV_KOKKOS=ON "-DSPINCONV_KOKKOS_ROOT=$kokkos" \
  -DSPINCONV_BUILD_TRAIN=OFF -DSPINCONV_BUILD_BENCH=OFF "${options[@]}" >"$build.log" 2>&1 || { tail -n 20 "$build.log" >&2; fail "it could not be configured"; }
cmake --build "$build" -j "${SPINCONV_JOBS:-$(build_jobs)}" --target spinconv_kokkos_plugin spinconv_kokkos_tests

results="$build/report"
rm -rf "$results"
mkdir -p "$results"
say "Running the tests (label kokkos)"
tests=passed
ctest --test-dir "$build" -L kokkos --output-on-failure >"$results/tests.log" 2>&1 || tests=failed
summary="$(grep -E '^[0-9]+% tests passed' "$results/tests.log" || echo "no test ran")"
say "$summary"

# One input again and again: with launches that do not wait, as always, and with launches that do, whose
# order is that of the program. Sums by atomics differ in their last digits and no more.
say "Looking for races"
cat >"$results/in.race" <<INPUT
units metal
atom_style atomic
read_data $root/examples/water/water-192.data
pair_style spinconv precision double
pair_coeff * * $root/potentials/water-sample.pt H O
compute energy all pe/atom
compute stress all stress/atom NULL virial
compute sums all reduce sum c_energy c_stress[1] c_stress[2] c_stress[3]
velocity all create 300 11 loop all
fix nve all nve
timestep 0.00025
thermo_style custom step pe etotal press c_sums[*]
thermo_modify format float %.15g
thermo 1
run 20
INPUT
export LAMMPS_PLUGIN_PATH="$build/kokkos/plugin"
# run_race <name> <launch blocking: 0 or 1> <command before lmp>...
run_race() {
  local name="$1" blocking="$2"
  shift 2
  # shellcheck disable=SC2086  # the device is several words
  CUDA_LAUNCH_BLOCKING="$blocking" "$@" "$build/kokkos/bin/lmp" -k on $SPINCONV_KOKKOS_DEVICE -sf kk -in "$results/in.race" \
    -log "$results/$name.log" >"$results/$name.out" 2>&1 || { tail -n 20 "$results/$name.out" >&2; fail "the run '$name' failed"; }
  sed -n '/^ *Step /,/^Loop time/p' "$results/$name.log" | grep -E '^ *[0-9]' >"$results/$name.thermo"
}
run_race blocking 1
for k in 1 2 3 4 5; do run_race "free-$k" 0; done
difference="$(for k in 1 2 3 4 5; do paste "$results/blocking.thermo" "$results/free-$k.thermo"; done | awk '
  { for (c = 1; c <= NF / 2; c++) { a = $c; d = a - $(c + NF / 2); if (d < 0) d = -d; if (a < 0) a = -a
      if (d / (1 + a) > most) most = d / (1 + a) } }
  END { printf "%.1e", most }')"
races="runs with and without CUDA_LAUNCH_BLOCKING agree to $difference (5 runs of 20 steps, all columns, relative)"
if ! awk -v d="$difference" 'BEGIN { exit !(d < 1e-8) }'; then
  races="RACE SUSPECTED: $races"
  tests=failed
fi
say "$races"
sanitizer="compute-sanitizer is not here"
if have compute-sanitizer && [ "${SPINCONV_KOKKOS_DEVICE#g}" != "$SPINCONV_KOKKOS_DEVICE" ]; then
  sed 's/^run 20/run 1/' "$results/in.race" >"$results/in.short" && mv "$results/in.short" "$results/in.race"
  sanitizer=""
  for tool in memcheck racecheck; do
    run_race "$tool" 0 compute-sanitizer --tool "$tool" --error-exitcode 0
    sanitizer+="$tool: $(grep -E 'SUMMARY' "$results/$tool.out" | tail -n 1 | sed 's/^=* *//'); "
  done
fi

{
  sed "/$begin/q" "$report"
  cat <<TEXT

$(date -u +%Y-%m-%d), commit $(git -C "$root" rev-parse --short HEAD), by \`scripts/gpu-test.sh\`:

| | |
|---|---|
| device | $device |
| Kokkos | \`-k on $SPINCONV_KOKKOS_DEVICE\`, $(sed -n 's/^-- \(Kokkos .*\): .*; LAMMPS.*/\1/p' "$build.log") |
| LibTorch | $(sed -n 's/^-- \(LibTorch .*\): .*/\1/p' "$build.log") |
| tests, \`ctest -L kokkos\` | $summary |
| races | $races |
| compute-sanitizer | $sanitizer |

TEXT
  sed -n "/$end/,\$p" "$report"
} >"$report.new"
mv "$report.new" "$report"
say "Report: $report; logs: $results"
[ "$tests" = passed ] || fail "not all is well: see the report and $results"
