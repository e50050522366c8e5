#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# The first minutes on a GPU: builds, checks that the device gives what the CPU gives, measures, and reports,
# in at most 9 minutes. In an unpacked bundle (scripts/bundle.sh), without a network:
#
#   bash scripts/gpu-first-minutes.sh --out DIR
#
# or with what was built before, and without a GPU:
#
#   bash scripts/gpu-first-minutes.sh --install DIR [--device host]
#
# --help tells the rest; docs/gpu.md what each step shows. Needs Python 3.8 or newer, of which nothing but the
# standard library. Ends with 0 where every step passed or cannot run here, 1 where one failed or ran out of
# its time, 3 where one was not run.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# the one with LibTorch, which install.sh would take
python=python3
if [ -x "$root/.venv/bin/python3" ]; then python="$root/.venv/bin/python3"; fi
have "$python" || fail "there is no python3"
exec "$python" "$root/scripts/gpu_minutes" "$@"
