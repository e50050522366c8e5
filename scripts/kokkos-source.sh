# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables of the scripts that read this
# Read by setup-kokkos.sh, cuda-compile.sh, bundle.sh and install.sh, after common.sh: how LAMMPS and Kokkos are built.

lammps_tag=20250204  # its release, 4 Feb 2025
# Kokkos 4.5.01, which belongs to it
kokkos_options=(
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_STANDARD=17 -DBUILD_SHARED_LIBS=ON
  -DKokkos_ENABLE_SERIAL=ON)
# what the tests need and no more: each package takes its time to compile
lammps_options=(
  -DCMAKE_BUILD_TYPE=Release "-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG" -DCMAKE_CXX_STANDARD=17 -DBUILD_SHARED_LIBS=ON
  -DBUILD_MPI=ON -DBUILD_OMP=ON -DLAMMPS_SIZES=smallbig -DEXTERNAL_KOKKOS=ON
  -DPKG_KOKKOS=ON -DPKG_PLUGIN=ON -DPKG_MOLECULE=ON -DPKG_MC=ON -DPKG_REPLICA=ON
  -DWITH_GZIP=OFF -DWITH_JPEG=OFF -DWITH_PNG=OFF -DWITH_FFMPEG=OFF -DWITH_CURL=OFF)

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
    *) fail "unknown compute capability '$cuda_arch'" "valid: 70, 75, 80, 86, 89, 90 (those Kokkos 4.5.01 knows)" ;;
  esac
  nvcc="${CUDACXX:-$(command -v nvcc || true)}"
  [ -n "$nvcc" ] || fail "nvcc is not on PATH" "install the CUDA toolkit, or name it: CUDACXX=/path/to/nvcc"
  cuda_release="$("$nvcc" --version | sed -n 's/.*release \([0-9.]*\),.*/\1/p')"
  if [ "${cuda_release%%.*}" -ge 13 ] && [ "$cuda_arch" -lt 75 ]; then
    fail "CUDA $cuda_release does not know compute capability $cuda_arch" "choose a newer one, 80 say"
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

# driver_for <folder of Kokkos> <folder>: there libcuda.so, what of the driver's library the linker wants to see, for a
# machine that has neither a driver nor the toolkit's stub of it. Nothing in it works. It has the functions that Kokkos
# calls by the names that the header gives them: a linker leaves a library out that has none that is asked for.
driver_for() {
  [ ! -e "$2/libcuda.so" ] || return 0
  mkdir -p "$2"
  { echo '#include <cuda.h>' && grep -rhoE '\bcu[A-Z][A-Za-z0-9]*' "$1/core/src" | sort -u | sed 's/^/spinconv_function /'; } >"$2/names.cpp"
  "${CXX:-g++}" -E -P "-I$(cuda_include)" "$2/names.cpp" | sed -n 's/^spinconv_function \([A-Za-z0-9_]*\)$/extern "C" void \1() {}/p' | sort -u >"$2/driver.cpp"
  "${CXX:-g++}" -shared -fPIC "$2/driver.cpp" -Wl,-soname,libcuda.so.1 -o "$2/libcuda.so"
}

# cuda_include: the folder of cuda.h that the nvcc of cuda_settings uses
cuda_include() {
  "$nvcc" -M -x cu /dev/null 2>/dev/null | tr -s ' ' '\n' | sed -n 's|/cuda_runtime\.h$||p' | head -n 1
}

# lammps_compiler_for <nvcc_wrapper> <host compiler> <file>: as that file a compiler for LAMMPS that leaves to the host
# compiler alone what includes nothing of Kokkos: nine in ten of the files outside of src/KOKKOS, each of
# which nvcc would go through twice. A file that it takes wrongly for one of these does not compile: Kokkos's
# headers end with an error there.
lammps_compiler_for() {
  cat >"$3" <<TEXT
#!/usr/bin/env bash
nvcc="$1" host="$2"
TEXT
  cat >>"$3" <<'TEXT'
source=""
for argument in "$@"; do
  case "$argument" in
    */src/KOKKOS/*) ;;
    */lammps/src/*.cpp) source="$argument" ;;
  esac
done
if [ -z "$source" ] || grep -qiE '^ *# *include *[<"][^>"]*(kokkos|style_)' "$source"; then exec "$nvcc" "$@"; fi
# without the options of nvcc
arguments=()
while [ $# -gt 0 ]; do
  case "$1" in
    -extended-lambda | --extended-lambda | -Wext-lambda-captures-this | -expt-* | --expt-* | -arch=* | --generate-code=*) ;;
    -Xcudafe | -gencode | -arch) shift ;;
    -include)
      case "$2" in */cuda-for-kokkos.hpp) ;; *) arguments+=("$1" "$2") ;; esac
      shift
      ;;
    *) arguments+=("$1") ;;
  esac
  shift
done
exec "$host" "${arguments[@]}"
TEXT
  chmod +x "$3"
}

# few_styles_of <folder of LAMMPS> <folder>: as that folder LAMMPS with a package KOKKOS of few styles: the core, and
# what dynamics and minimizations with pair styles of this project use as a rule. LAMMPS finds styles by their
# headers, and runs those that it does not find there without Kokkos; but an atom_style has to have it.
few_styles_of() {
  local keep file style
  keep='fix_(nh|nve|nvt|npt|nph|langevin|setforce|momentum|minimize|property_atom)|compute_temp|atom_vec_.*'
  keep+='|pair_(hybrid(_overlay)?|lj_cut)|region_(block|sphere)'
  # files that are there already stay as they are: a newer date would have them compiled again
  mkdir -p "$2"
  cp -Rnp "$1/." "$2/"
  for file in "$2"/src/KOKKOS/*_kokkos.{cpp,h}; do
    style="$(basename "${file%_kokkos.*}")"
    if [[ "$style" =~ ^(pair|bond|angle|dihedral|improper|fix|compute|atom_vec|region)_ ]] && ! [[ "$style" =~ ^($keep)$ ]]; then rm "$file"; fi
  done
}
