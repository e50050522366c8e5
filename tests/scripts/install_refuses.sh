#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# What install.sh says of a machine that lacks something, with tools and LibTorches that are made up where a real one
# would have to be installed.   install_refuses.sh <checkout> <folder to work in>
set -euo pipefail
source="$1" work="$2"
# shellcheck source=tests/scripts/expect.sh
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
unset VIRTUAL_ENV CXX CC CUDACXX SPINCONV_CUDA_ARCH
rm -rf "$work"
mkdir -p "$work/bundle/spinconv" "$work/bin"
cd "$work"

# a bundle with nothing to build in it, and one file to look after
cp -R "$source/scripts" "$source/cmake" "$source/CMakeLists.txt" bundle/spinconv/
echo text >bundle/file
(cd bundle && sha256sum file >MANIFEST.sha256)
install=("$BASH" "$work/bundle/spinconv/scripts/install.sh")

# a PATH with the tools of this machine that are named here
tools=(bash sh sed awk grep cut tr head tail paste tee cat cp mv rm mkdir dirname basename uname df nproc id sha256sum date env sort
  cmake ninja g++ gcc c++ cc as ld ar ranlib nm strip flock uniq wc chmod touch ls expr)
for name in "${tools[@]}"; do
  if path="$(command -v "$name")"; then ln -sf "$path" "bin/$name"; fi
done
# without <name>...: install.sh with a PATH that lacks these; the rest are its arguments, after --
without() {
  local name
  rm -rf "$work/few"
  cp -R "$work/bin" "$work/few"
  while [ "$1" != -- ]; do
    rm -f "$work/few/$1"
    shift
  done
  shift
  PATH="$work/few" "${install[@]}" "$@"
}
# made <file> <text>: a program
made() {
  printf '#!/bin/sh\n%s\n' "$2" >"$1"
  chmod +x "$1"
}
# torch <folder> <minor release> <text of libc10> [<text of libc10_cuda>]
torch() {
  mkdir -p "$1/lib" "$1/include/torch/headeronly" "$1/share/cmake/Torch"
  touch "$1/share/cmake/Torch/TorchConfig.cmake" "$1/include/torch/script.h" "$1"/lib/libtorch{,_cpu}.so
  printf '#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR %s\n#define TORCH_VERSION_PATCH 0\n' "$2" >"$1/include/torch/headeronly/version.h"
  echo "$3" >"$1/lib/libc10.so"
  if [ $# -gt 3 ]; then
    touch "$1/lib/libtorch_cuda.so"
    echo "$4" >"$1/lib/libc10_cuda.so"
  fi
}
new_abi=_ZNSt7__cxx1112basic_stringIcE
torch good 13 $new_abi
torch old 7 $new_abi
torch abi 13 _ZNSs
torch cuda 13 $new_abi libcudart.so.12
torch renamed 13 $new_abi libcudart-d0da41ae.so.11.0

# arguments
refuses "unknown option '--foo' all options: bash install.sh --help" "${install[@]}" --foo
refuses "--torch needs a value" "${install[@]}" --torch
refuses "--jobs 0: a number from 1 on is needed" "${install[@]}" --jobs 0
refuses "is not an unpacked bundle: it has no MANIFEST.sha256 make one on a machine with a network" bash "$source/scripts/install.sh"
refuses "has a space in it" "${install[@]}" --prefix "$work/a folder" --torch good

# tools
refuses "CMake, 3.22 or newer, is not here (cmake cmake3)" without cmake -- --torch good
refuses "ninja, which runs the build, is not here" without ninja -- --torch good
refuses "the C++ compiler is not here (g++) load one" without g++ -- --torch good
refuses "the C++ compiler is not here (g++-99)" env CXX=g++-99 "${install[@]}" --torch good
refuses "the C compiler that belongs to" without gcc -- --torch good
made old-cmake 'echo "cmake version 3.16.3"'
ln -sf "$work/old-cmake" bin/cmake
refuses "CMake 3.16.3" without -- --torch good
ln -sf "$(command -v cmake)" bin/cmake

# LibTorch
refuses "python3, whose LibTorch is used, is not here" without --
# shellcheck disable=SC2016  # of the program that is made
made bin/python3 'case "$2" in *executable*) echo /some/python3 ;; *) echo ;; esac'
refuses "the active Python (/some/python3) has no torch, whose LibTorch is used activate the environment that has it, or name a LibTorch: --torch DIR" without --
rm bin/python3
refuses "there is no folder '/nowhere'" "${install[@]}" --torch /nowhere
refuses "is not a LibTorch: it has no share/cmake/Torch/TorchConfig.cmake" "${install[@]}" --torch bin
refuses "LibTorch '2.7.0' in $work/old is too old: 2.8 or newer is needed" "${install[@]}" --torch old
refuses "is built with the old C++ ABI" "${install[@]}" --torch abi

# CUDA; nvcc says its release here, and does not get to compile
made nvcc 'echo "Cuda compilation tools, release 13.0, V13.0.88"'
nvcc=(env "CUDACXX=$work/nvcc" "${install[@]}")
refuses "nvcc is not on PATH" without nvcc -- --torch cuda --cuda 90
refuses "unknown compute capability '91' valid: 70," "${nvcc[@]}" --torch cuda --cuda 91
refuses "CUDA 13.0 does not know compute capability 70" "${nvcc[@]}" --torch cuda --cuda 70
refuses "the LibTorch in $work/good is a build for CPUs, without CUDA" "${nvcc[@]}" --torch good --cuda 90
refuses "nvcc is that of CUDA 13.0, but the LibTorch in $work/cuda was built with CUDA 12" "${nvcc[@]}" --torch cuda --cuda 90
refuses "the LibTorch in $work/renamed was built with CUDA 11" "${nvcc[@]}" --torch renamed --cuda 90

# MPI
refuses "--mpi /nowhere/mpicxx: there is no such program" "${install[@]}" --torch good --mpi /nowhere/mpicxx
made mpicxx 'exit 1'
refuses "mpicxx cannot compile and link a program" "${install[@]}" --torch good --mpi "$work/mpicxx"

# the bundle itself
echo other >bundle/file
refuses "file: FAILED install.sh: error: files of the bundle are damaged, changed or missing" "${install[@]}" --torch good --mpi none
rm bundle/file
refuses "files of the bundle are damaged, changed or missing" "${install[@]}" --torch good --mpi none

[ "$failures" -eq 0 ] || exit 1
rm -rf "$work"
