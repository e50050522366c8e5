# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Source this (bash or zsh): puts spinconv-train, lmp and mpiexec of this checkout on PATH and its plugin
# on LAMMPS_PLUGIN_PATH, where lmp finds it by itself. Nothing else is changed.
#
#   source scripts/env.sh

_spinconv_env() {
  local file build
  if [ -n "${BASH_VERSION:-}" ]; then
    file="${BASH_SOURCE[0]}"
  elif [ -n "${ZSH_VERSION:-}" ]; then
    file="$1"
  else
    echo "scripts/env.sh: error: source it from bash or zsh" >&2
    return 1
  fi
  build="$(cd "$(dirname "$file")/.." && pwd -P)/build/release"
  if [ ! -e "$build/plugin/spinconvplugin.so" ]; then
    echo "scripts/env.sh: error: not built yet ($build); run: bash scripts/build.sh" >&2
    return 1
  fi
  case ":$PATH:" in
    *":$build/bin:"*) ;;
    *) export PATH="$build/bin:$PATH" ;;
  esac
  case ":${LAMMPS_PLUGIN_PATH:-}:" in
    *":$build/plugin:"*) ;;
    *) export LAMMPS_PLUGIN_PATH="$build/plugin${LAMMPS_PLUGIN_PATH:+:$LAMMPS_PLUGIN_PATH}" ;;
  esac
}

if [ -n "${BASH_VERSION:-}" ] && [ "${BASH_SOURCE[0]}" = "$0" ]; then
  echo "scripts/env.sh: error: source it, so that it can change this shell: source scripts/env.sh" >&2
  exit 1
fi
# in zsh $0 is the sourced file here, and the function's name inside the function
_spinconv_env "$0"
_spinconv_status=$?
unset -f _spinconv_env
# leaves the status for the caller without leaving the variable
eval "unset _spinconv_status; (exit $_spinconv_status)"
