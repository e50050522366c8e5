#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# What scripts/bundle.sh refuses, and that a bundle is complete, made from downloads that are there already.
#   bundle_holds.sh <checkout> <folder to work in>
set -euo pipefail
source="$1" work="$2"
# shellcheck source=tests/scripts/expect.sh
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
rm -rf "$work"
mkdir -p "$work"
cd "$work"
bundle=(bash "$source/scripts/bundle.sh")

refuses "no file to write usage:" "${bundle[@]}"
refuses "'out.zip' does not end in .tar.zst" "${bundle[@]}" out.zip
refuses "unknown option '--foo'" "${bundle[@]}" --foo
refuses "two files to write: 'a.tar.zst' and 'b.tar.zst'" "${bundle[@]}" a.tar.zst b.tar.zst
refuses "and nothing is downloaded (--offline)" env XDG_CACHE_HOME="$work/empty" "${bundle[@]}" out.tar.zst --offline
[ "$failures" -eq 0 ] || exit 1

# a LibTorch as pip lays it out: folders among what is of no use without Python
mkdir -p site/torch/{lib/libshm,include/torch,share/cmake/Torch}
touch site/torch/lib/{libtorch_cpu.so,libtorch_python.so,libshm/manager,libshm.so} site/torch/include/torch/script.h site/torch/share/cmake/Torch/TorchConfig.cmake
if ! "${bundle[@]}" out.tar.zst --offline --fast --with-torch site/torch >log 2>&1; then
  cat log
  if grep -q 'nothing is downloaded (--offline)' log; then
    echo "NOT TESTED: whether a bundle is complete. Its sources have not been downloaded on this machine (bash scripts/bundle.sh OUT.tar.zst)"
    exit 77
  fi
  exit 1
fi
zstd -dcq out.tar.zst | tar -x
cd spinconv-*
here="$PWD"
sha256sum -c --quiet MANIFEST.sha256 || wrong "checksums"
[ "$(find . -type f ! -name MANIFEST.sha256 | wc -l)" -eq "$(wc -l <MANIFEST.sha256)" ] || wrong "files that MANIFEST.sha256 does not have"

# the checkout, file by file as it is
while IFS= read -r -d '' file; do
  [ ! -e "$source/$file" ] || cmp -s "$source/$file" "spinconv/$file" || wrong "spinconv/$file is missing or another"
done < <(git -C "$source" ls-files -z)
# LAMMPS's packages in use and no other, Kokkos, the libraries; each with its licence
for file in lammps/src/{lammps.cpp,version.h,STUBS/mpi.h,fmt/format.h,KOKKOS/kokkos.cpp,PLUGIN/plugin.cpp,MOLECULE/bond_harmonic.cpp,MC/fix_gcmc.cpp,REPLICA/neb.cpp} \
  lammps/cmake/CMakeLists.txt kokkos/core/src/Kokkos_Core.hpp kokkos/bin/nvcc_wrapper deps/gloo/gloo/{algorithm.h,config.h.in} \
  deps/{zlib/zlib.h,xz/src/liblzma/api/lzma.h,libzip/lib/zip.h,yaml-cpp/include/yaml-cpp/yaml.h,cli11/include/CLI/CLI.hpp} \
  deps/{nlohmann-json/include/nlohmann/json.hpp,googletest/googletest/include/gtest/gtest.h,vesin/include/vesin.h} \
  mpich/bin/{mpicxx,mpiexec,hydra_pmi_proxy} mpich/include/mpi.h mpich/lib/libmpi.so.12 VERSIONS install.sh \
  lammps/LICENSE kokkos/{LICENSE,example/CMakeLists.txt,benchmarks/CMakeLists.txt} deps/{zlib,libzip,yaml-cpp,cli11,googletest,gloo}/LICENSE deps/nlohmann-json/LICENSE.MIT deps/xz/COPYING.0BSD mpich/licenses/LICENSE; do
  [ -s "$file" ] || wrong "$file is missing"
done
[ -e libtorch/torch/lib/libtorch_cpu.so ] && [ -e libtorch/torch/include/torch/script.h ] || wrong "LibTorch is not complete"
[ ! -e libtorch/torch/lib/libshm ] && [ ! -e libtorch/torch/lib/libtorch_python.so ] || wrong "Python's part of LibTorch is there"
[ ! -e lammps/src/KSPACE ] || wrong "a package of LAMMPS that is not in use"
for name in lammps kokkos zlib xz libzip yaml-cpp cli11 nlohmann-json googletest gloo vesin mpich spinconv; do
  grep -q "^$name  *[0-9]" VERSIONS || wrong "VERSIONS has no $name"
done
[ -x mpich/bin/mpiexec ] || wrong "mpich/bin/mpiexec is no program"
# it starts: as far as the LibTorch that is not there
refuses "there is no folder '/nowhere', which LibTorch was to be taken from" bash "$here/install.sh" --torch /nowhere

[ "$failures" -eq 0 ] || exit 1
rm -rf "$work"
echo "a bundle is complete"
