#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# The order of install.sh, with a CMake that is made up and writes down what it is asked for: what failed is built again
# and nothing else is, what depends on LibTorch follows LibTorch, and the folder that results.
#   install_goes_on.sh <checkout> <folder to work in>
set -euo pipefail
source="$1" work="$2"
# shellcheck source=tests/scripts/expect.sh
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
unset VIRTUAL_ENV CC CUDACXX SPINCONV_CUDA_ARCH
export CXX=g++
rm -rf "$work"
mkdir -p "$work/bundle/spinconv/examples/md17" "$work/bundle/spinconv/examples/train/data" "$work/bin"
cd "$work"
cp -R "$source/scripts" "$source/cmake" "$source/CMakeLists.txt" bundle/spinconv/
mkdir bundle/spinconv/potentials
touch bundle/spinconv/potentials/a.pt bundle/spinconv/examples/md17/ethanol.data bundle/spinconv/examples/train/data/rmd17_ethanol_200.npz
mkdir -p bundle/deps/gloo/gloo bundle/lammps/src/KOKKOS
touch bundle/lammps/src/KOKKOS/{atom,comm,pair_lj_cut,pair_morse,pair_hybrid,fix_nve,fix_shake,atom_vec_full}_kokkos.{cpp,h}
printf '#cmakedefine01 GLOO_USE_CUDA\n#cmakedefine01 GLOO_HAVE_TRANSPORT_TCP\n#define GLOO_VERSION_MAJOR @GLOO_VERSION_MAJOR@\n' >bundle/deps/gloo/gloo/config.h.in
echo "spinconv       1 (abc)   this checkout" >bundle/VERSIONS
(cd bundle && sha256sum VERSIONS >MANIFEST.sha256)
mkdir -p torch/{lib,include/torch,share/cmake/Torch}
touch torch/share/cmake/Torch/TorchConfig.cmake torch/include/torch/script.h torch/lib/libtorch_cpu.so
echo 2.13.0 >release

cat >bin/cmake <<'TEXT'
#!/usr/bin/env bash
set -e
here="$(cd "$(dirname "$0")/.." && pwd)"
case "$1" in
  --version) echo "cmake version 3.25.1" ;;
  --build)
    name="$(basename "$2")"
    echo "build $name" >>"$here/calls"
    if [ -e "$here/fails-$name" ]; then
      echo "FAILED: $name.cpp.o"
      echo "$name.cpp:1: error: this does not compile"
      exit 1
    fi
    if [ "$name" = lammps ]; then touch "$2/lmp" "$2/liblammps.so.0"; fi
    ;;
  --install)
    echo "install $(basename "$2")" >>"$here/calls"
    if [ "${3:-}" = --prefix ]; then
      mkdir -p "$4/bin" "$4/lib/spinconv" "$4/lib/cmake/SpinConv" "$4/include/spinconv"
      touch "$4/lib/libspinconv.so" "$4/lib/cmake/SpinConv/SpinConvConfig.cmake" "$4/include/spinconv/spinconv.h"
      touch "$4/bin/spinconv-train" "$4/lib/spinconv/spinconv_pair.so" "$4/lib/spinconv/spinconvplugin.so"
    fi
    ;;
  *)
    while [ $# -gt 0 ]; do
      case "$1" in -B) mkdir -p "$2" && folder="$2" ;; esac
      shift
    done
    echo "configure $(basename "$folder")" >>"$here/calls"
    if [ "$(basename "$folder")" = machine ]; then printf -- '-- spinconv torch=%s\n-- spinconv compiler=GNU\n' "$(cat "$here/release")"; fi
    ;;
esac
TEXT
printf '#!/bin/sh\nexit 1\n' >bin/ninja
chmod +x bin/cmake bin/ninja
install=(env "PATH=$work/bin:$PATH" bash bundle/spinconv/scripts/install.sh --torch torch --mpi none --no-check --prefix there)
# calls <expected>: what was built since the last time, in any order
calls() {
  local got
  got="$(sed -n 's/^build //p' calls | LC_ALL=C sort | paste -sd ' ')"
  [ "$got" = "$1" ] || wrong "built: '$got', expected: '$1'"
  rm -f calls
}

touch fails-lammps
refuses "lammps.cpp:1: error: this does not compile install.sh: error: lammps could not be built" "${install[@]}"
# spinconv may have been ended in the middle, as it is built beside LAMMPS
sed -i '/spinconv/d' calls
calls "cli11 kokkos lammps libzip nlohmann-json vesin xz yaml-cpp zlib"
rm -f fails-lammps there/build/spinconv.done
"${install[@]}" >log 2>&1 || wrong "the second time: $(cat log)"
calls "lammps spinconv"
for file in bin/lmp bin/spinconv-train bin/spinconv-check lib/liblammps.so.0 plugin/spinconvplugin.so plugin/spinconv_pair.so env.sh potentials/a.pt \
  share/spinconv/check/expected.txt share/spinconv/check/ethanol.data INSTALLED build/deps/include/gloo/config.h; do
  [ -e "there/$file" ] || wrong "there is no $file"
done
[ ! -e there/bin/mpiexec ] || wrong "an mpiexec without MPI"
[ "$(cat there/build/deps/include/gloo/config.h)" = "$(printf '#define GLOO_USE_CUDA 0\n#define GLOO_HAVE_TRANSPORT_TCP 1\n#define GLOO_VERSION_MAJOR 0')" ] ||
  wrong "gloo/config.h: $(cat there/build/deps/include/gloo/config.h)"
grep -q '^LibTorch  2.13.0' there/INSTALLED || wrong "INSTALLED: $(cat there/INSTALLED)"
"${install[@]}" >log 2>&1 || wrong "the third time: $(cat log)"
touch calls
calls ""
echo 2.11.0 >release
"${install[@]}" >log 2>&1 || wrong "with another LibTorch: $(cat log)"
calls "spinconv"
"${install[@]}" --tests >log 2>&1 || wrong "with --tests: $(cat log)"
calls "googletest spinconv"
# styles that are left out of a copy; the bundle stays as it is
"${install[@]}" --few-styles >log 2>&1 || wrong "with --few-styles: $(cat log)"
calls "lammps spinconv"
got="$(cd there/build/few-styles/lammps/src/KOKKOS && echo *.h)"
[ "$got" = "atom_kokkos.h atom_vec_full_kokkos.h comm_kokkos.h fix_nve_kokkos.h pair_hybrid_kokkos.h pair_lj_cut_kokkos.h" ] || wrong "few styles: $got"
[ -e bundle/lammps/src/KOKKOS/pair_morse_kokkos.cpp ] || wrong "--few-styles has changed the bundle"
for file in lib/libspinconv.so lib/cmake/SpinConv/SpinConvConfig.cmake include/spinconv/spinconv.h; do
  [ -e "there/$file" ] || wrong "$file was not installed"
done
# what was installed is found
got="$(bash -c 'source there/env.sh && source there/env.sh && echo "$PATH|$LAMMPS_PLUGIN_PATH"' | sed "s|$work|W|g")"
[[ "$got" == "W/there/bin:"*"|W/there/plugin" ]] || wrong "env.sh: $got"

[ "$failures" -eq 0 ] || exit 1
cd /
rm -rf "$work"
