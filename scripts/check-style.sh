#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# Checks the form of the sources that git knows: clang-format, shellcheck, licence lines, white space, lengths, sizes
# (docs/development.md, "Style"). Part of scripts/test.sh; a hook of pre-commit, too.
#
#   bash scripts/check-style.sh [--fix]    --fix: lets clang-format change what it finds
#
# clang-format and shellcheck of .venv (scripts/setup.sh), or of PATH. Ends with 77 where there is no git checkout.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

how=(--dry-run -Werror)
case "${1:-}" in
  "") ;;
  --fix) how=(-i) ;;
  *) fail "unknown option '$1'" "usage: bash scripts/check-style.sh [--fix]" ;;
esac
cd "$root"
if [ ! -e .git ] || ! have git; then
  echo "check-style.sh: not a git checkout: nothing is checked"
  exit 77
fi
PATH="$root/.venv/bin:$PATH"
for tool in clang-format shellcheck; do
  have "$tool" || fail "$tool is neither in .venv nor on PATH" "bash scripts/setup.sh installs it"
done

findings=0
found() { # <cause>: of the file names on standard input
  local file
  while IFS= read -r file; do
    printf '%s: %s\n' "$file" "$1"
    findings=$((findings + 1))
  done
}

# also a checkout that belongs to somebody else
mapfile -t files < <(git -c safe.directory="$root" ls-files)
if [ "${#files[@]}" -eq 0 ]; then
  echo "check-style.sh: git lists no files (its message is above): nothing is checked"
  exit 77
fi
mapfile -t cpp < <(printf '%s\n' "${files[@]}" | grep -E '\.(cpp|hpp|h)$')
mapfile -t sources < <(printf '%s\n' "${files[@]}" | grep -E '(\.(cpp|hpp|h|py|cmake|sh)|CMakeLists\.txt)$')
mapfile -t shell < <(grep -lE '^(#!.*[/ ](ba)?sh$|# shellcheck shell=)' -- "${files[@]}")
mapfile -t text < <(printf '%s\n' "${files[@]}" | grep -vE '^tests/data/|/expected/|/?LICENSE|\.(xyz|extxyz)$' | xargs -d '\n' grep -lI '')

# releases of clang-format disagree with each other: this one is what the sources have
wanted=14
[[ "$(clang-format --version)" == *"version $wanted."* ]] || fail "$(clang-format --version) formats otherwise than $wanted" "bash scripts/setup.sh installs $wanted into .venv"
clang-format "${how[@]}" "${cpp[@]}" || findings=$((findings + 1))
shellcheck -x "${shell[@]}" || findings=$((findings + 1))

found "no line 'SPDX-License-Identifier: MIT' (or GPL-2.0-only)" < <(grep -LE 'SPDX-License-Identifier: (MIT|GPL-2\.0-only)' -- "${sources[@]}")
found "a tab; indent by spaces" < <(grep -lP '\t' -- "${sources[@]}")
found "white space at the end of a line" < <(grep -lP '[ \t]+$' -- "${text[@]}")
found "a merge conflict" < <(grep -lE '^(<<<<<<<|>>>>>>>) ' -- "${text[@]}")
found "more than 10 MB; keep it outside the repository" < <(find "${files[@]}" -size +10240k)
# one class, and rules that belong together
long='^src/spinconv/fused/tangent\.hpp$'
found "more than 600 lines: has it one subject?" < <(wc -l -- "${cpp[@]}" | awk '$1 > 600 && $2 != "total" { print $2 }' | grep -vE "$long")

[ "$findings" -eq 0 ] || fail "the form of the sources: see above" "bash scripts/check-style.sh --fix lets clang-format mend what it can"
echo "${#files[@]} files are in form"
