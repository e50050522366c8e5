# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Source this (bash or zsh): puts lmp, spinconv-train and mpiexec of this installation on PATH and its plugin on
# LAMMPS_PLUGIN_PATH, where lmp finds it by itself. Nothing else is changed.

_spinconv_env() {
  local file prefix
  if [ -n "${BASH_VERSION:-}" ]; then
    file="${BASH_SOURCE[0]}"
  elif [ -n "${ZSH_VERSION:-}" ]; then
    file="$1"
  else
    echo "env.sh: error: source it from bash or zsh" >&2
    return 1
  fi
  prefix="$(cd "$(dirname "$file")" && pwd -P)"
  case ":$PATH:" in
    *":$prefix/bin:"*) ;;
    *) export PATH="$prefix/bin:$PATH" ;;
  esac
  case ":${LAMMPS_PLUGIN_PATH:-}:" in
    *":$prefix/plugin:"*) ;;
    *) export LAMMPS_PLUGIN_PATH="$prefix/plugin${LAMMPS_PLUGIN_PATH:+:$LAMMPS_PLUGIN_PATH}" ;;
  esac
}

if [ -n "${BASH_VERSION:-}" ] && [ "${BASH_SOURCE[0]}" = "$0" ]; then
  echo "env.sh: error: this file must be sourced:  source ${BASH_SOURCE[0]}" >&2
  exit 1
fi
# in zsh $0 is the sourced file here, and the function's name inside the function
_spinconv_env "$0"
unset -f _spinconv_env
