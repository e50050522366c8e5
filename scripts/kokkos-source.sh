# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables of the scripts that read this
# Read by setup-kokkos.sh and cuda-compile.sh, after common.sh.

# fetch_kokkos <folder>: the source of Kokkos as that folder, which appears when it is complete. pip reads
# the description of a source package before it hands it over, for which it needs setuptools; these stay
# out of .venv.
fetch_kokkos() {
  local folder="$1" tools="$1.pip"
  say "Downloading Kokkos (6 MB)"
  rm -rf "$tools" "$folder.new"
  "$root/.venv/bin/python3" -m venv "$tools"
  if ! { "$tools/bin/python3" -m pip install -q --disable-pip-version-check setuptools wheel &&
    "$tools/bin/python3" -m pip download -q --disable-pip-version-check --no-deps --no-build-isolation \
      --no-binary :all: --require-hashes -r "$root/scripts/requirements-kokkos.txt" -d "$tools"; } >&2; then
    fail "pip could not download the source of Kokkos (its message is above)" "is there a network? run this again" \
      "${opt_out[@]}"
  fi
  mkdir -p "$folder.new"
  tar -xzf "$tools"/pycompadre-*.tar.gz -C "$folder.new" --strip-components=2 --wildcards '*/kokkos'
  rm -rf "$tools"
  mv "$folder.new" "$folder"
}

# cuda_settings: from SPINCONV_CUDA_ARCH (default: 90) and CUDACXX the variables nvcc, cuda_release, cuda_arch,
# kokkos_arch, and nvcc on PATH
cuda_settings() {
  cuda_arch="${SPINCONV_CUDA_ARCH:-90}"
  case "$cuda_arch" in
    70) kokkos_arch=VOLTA70 ;;
    75) kokkos_arch=TURING75 ;;
    80) kokkos_arch=AMPERE80 ;;
    86) kokkos_arch=AMPERE86 ;;
    89) kokkos_arch=ADA89 ;;
    90) kokkos_arch=HOPPER90 ;;
    *) fail "SPINCONV_CUDA_ARCH is '$cuda_arch'" "valid: 70, 75, 80, 86, 89, 90 (those Kokkos 4.5.01 knows)" ;;
  esac
  nvcc="${CUDACXX:-$(command -v nvcc || true)}"
  [ -n "$nvcc" ] || fail "nvcc is not on PATH" "install the CUDA toolkit, or name it: CUDACXX=/path/to/nvcc bash scripts/${0##*/}"
  cuda_release="$("$nvcc" --version | sed -n 's/.*release \([0-9.]*\),.*/\1/p')"
  if [ "${cuda_release%%.*}" -ge 13 ] && [ "$cuda_arch" -lt 75 ]; then
    fail "CUDA $cuda_release does not know compute capability $cuda_arch" "choose a newer one: SPINCONV_CUDA_ARCH=80"
  fi
  PATH="$(dirname "$nvcc"):$PATH"
  export PATH
}

# nvcc_wrapper_for <folder of Kokkos> <file>: Kokkos's compiler for the architecture of cuda_settings, as that file
nvcc_wrapper_for() {
  sed "s/^default_arch=.*/default_arch=sm_$cuda_arch/" "$1/bin/nvcc_wrapper" >"$2"
  chmod +x "$2"
  NVCC_WRAPPER_DEFAULT_COMPILER="$(command -v "${CXX:-g++}")"
  export NVCC_WRAPPER_DEFAULT_COMPILER
}
