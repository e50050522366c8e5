# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Read by the other scripts: messages, checks, places.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"

say() { printf '==> %s\n' "$*"; }

# fail <what is wrong> [<cure>...]
fail() {
  printf '\n%s: error: %s\n' "${0##*/}" "$1" >&2
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# need_space <GB> <folder> <for what>
need_space() {
  local free_kb
  free_kb="$(df -Pk "$2" | awk 'NR == 2 { print $4 }')"
  if [ "$free_kb" -lt $(($1 * 1024 * 1024)) ]; then
    fail "only $((free_kb / 1024)) MB are free on the disk of $2; $3 needs about $1 GB" \
      "free some space there, or put the checkout on another disk"
  fi
}

# Compilations at a time: a file that includes LibTorch takes up to 2 GB of memory.
build_jobs() {
  local cores memory
  cores="$(nproc)"
  memory="$(awk '/^MemAvailable:/ { print int($2 / 1024 / 1024 / 2) }' /proc/meminfo)"
  [ "$memory" -ge 1 ] || memory=1
  echo $((cores < memory ? cores : memory))
}

# Compiler cache, shared by all checkouts of one version.
version="$(sed -n 's/^project(spinconv VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")"
export CCACHE_DIR="${CCACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/spinconv/ccache-$version}"
