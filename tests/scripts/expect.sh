# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Read by the tests of this folder.

failures=0

# wrong <what>
wrong() {
  printf 'FAILED: %s\n' "$1"
  failures=$((failures + 1))
}

# refuses <text> <command>...: it must fail and say the text; line ends count as spaces
refuses() {
  local text="$1" output status=0
  shift
  output="$("$@" 2>&1)" || status=$?
  output="$(tr -s ' \n' ' ' <<<"$output")"
  if [ "$status" -eq 0 ]; then
    wrong "'$*' did not fail; '$text' was to be said"
  elif [[ "$output" != *"$text"* ]]; then
    wrong "'$*' did not say '$text' but: $output"
  else
    printf 'ok: %s\n' "$text"
  fi
}
