#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# Builds and installs LAMMPS with Kokkos, the plugin with pair styles spinconv and spinconv/kk, and spinconv-train
# from an unpacked bundle (scripts/bundle.sh), without a network. Of the machine it takes LibTorch 2.8 or newer
# (that of the active python3, or of the bundle where it has one), cmake, ninja, a C++ compiler, an MPI if
# mpicxx is there, with --cuda also nvcc, and nothing else. Then it checks what was built.
#
#   bash install.sh [OPTION...]
#
#   --prefix DIR     where to (default: the folder "installed" beside install.sh)
#   --torch DIR      LibTorch, instead of that of the active python3 (python3 -c 'import torch')
#   --cuda ARCH      also for GPUs: compute capability 70, 75, 80, 86, 89 or 90; by the nvcc on PATH or in CUDACXX
#   --mpi WHICH      path of an mpicxx, or bundled (MPICH, for the ranks of one machine), or none
#                    (default: the mpicxx on PATH, else bundled)
#   --few-styles     of LAMMPS's package KOKKOS only the core and what runs with these pair styles as a rule (which:
#                    docs/building.md); other styles of LAMMPS run without Kokkos then. With nvcc it
#                    saves three quarters of the time
#   --jobs N         files to compile at a time (default: by cores and memory)
#   --tests          the test programs too, in DIR/build/spinconv
#   --no-check       without the check (DIR/bin/spinconv-check runs it later, on a node with a GPU say)
#   --changed        take sources of the bundle that were changed after it was made
#
# CXX names another compiler than g++. Started again, it goes on where it was interrupted.
#
# DIR/bin: lmp, spinconv-train, spinconv-check, mpiexec; DIR/plugin: the plugin; DIR/env.sh: source it, and these are
# found; DIR/potentials; DIR/lib, DIR/kokkos, DIR/mpich: libraries; DIR/include, DIR/lib/cmake: libspinconv for other
# programs; DIR/INSTALLED: what was built with what, and the times; DIR/build: logs and objects, to be removed at will.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=scripts/kokkos-source.sh
. "$(dirname "${BASH_SOURCE[0]}")/kokkos-source.sh"

bundle="$(dirname "$root")"
opt_out=("all options: bash install.sh --help")
prefix="$bundle/installed"
torch="" cuda="" mpi=auto jobs="" tests="" check=yes changed="" few_styles=""
while [ $# -gt 0 ]; do
  case "$1" in
    --help | -h)
      sed -n '4,/^set -e/{/^set -e/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    --prefix | --torch | --cuda | --mpi | --jobs)
      [ $# -gt 1 ] || fail "$1 needs a value" "${opt_out[@]}"
      declare "${1#--}=$2"
      shift
      ;;
    --tests) tests=yes ;;
    --few-styles) few_styles=yes ;;
    --no-check) check="" ;;
    --changed) changed=yes ;;
    *) fail "unknown option '$1'" "${opt_out[@]}" ;;
  esac
  shift
done
case "${jobs:-1}" in *[!0-9]* | 0) fail "--jobs $jobs: a number from 1 on is needed" ;; esac
jobs="${jobs:-$(build_jobs)}"
[ -f "$bundle/MANIFEST.sha256" ] || fail "$bundle is not an unpacked bundle: it has no MANIFEST.sha256" \
  "make one on a machine with a network: bash scripts/bundle.sh OUT.tar.zst" \
  "(in a checkout with a network, bash scripts/build.sh builds)"
if ! mkdir -p "$prefix/build" 2>/dev/null || [ ! -w "$prefix/build" ]; then
  fail "$prefix cannot be written to by $(id -un)" "choose another folder: --prefix DIR"
fi
prefix="$(cd "$prefix" && pwd -P)"
case "$prefix" in *[[:space:]]*) fail "the path '$prefix' has a space in it, which LAMMPS's and Kokkos's build do not take" "choose another folder: --prefix DIR" ;; esac
work="$prefix/build"
if have flock; then
  exec 9>"$work/.lock"
  flock -n 9 || fail "another install.sh is at work in $prefix"
fi

# The machine ----------------------------------------------------------------------------------------------

# tool <what it is> <cure> <name>...: the first of these that is there
tool() {
  local what="$1" cure="$2" name
  shift 2
  for name in "$@"; do
    if have "$name"; then
      command -v "$name"
      return
    fi
  done
  fail "$what is not here ($*)" "$cure"
}
cmake="$(tool "CMake, 3.22 or newer," "load it (module load cmake), or: pip install cmake" cmake cmake3)"
ninja="$(tool "ninja, which runs the build," "load it (module load ninja), or: pip install ninja" ninja ninja-build)"
cxx="$(tool "the C++ compiler" "load one (module load gcc), g++ 11 or newer, or name it: CXX=..." "${CXX:-g++}")"
# the C compiler of the same set
cc="${CC:-}"
if [ -z "$cc" ]; then
  name="$(basename "$cxx")"
  case "$name" in *clang++*) name="${name/clang++/clang}" ;; *) name="${name/g++/gcc}" ;; esac
  cc="$(PATH="$(dirname "$cxx"):$PATH" tool "the C compiler that belongs to $cxx" "install it, or name it: CC=..." "$name")"
fi
for name in sha256sum awk sed; do tool "$name" "install it" "$name" >/dev/null; done
cmake_release="$("$cmake" --version | sed -n 's/^cmake version \([0-9.]*\).*/\1/p')"
case "$cmake_release" in
  [012].* | 3.[0-9].* | 3.1[0-9].* | 3.2[01].*) fail "CMake $cmake_release ($cmake) is too old: 3.22 or newer is needed" \
    "load a newer one, or: pip install cmake" ;;
esac

if [ -z "$torch" ]; then
  if [ -d "$bundle/libtorch/torch" ]; then
    torch="$bundle/libtorch/torch"
  else
    python="$(tool "python3, whose LibTorch is used," "activate the environment that has torch, or name a LibTorch: --torch DIR" python3 python)"
    # find_spec does not import it: seconds, and on a login node it may not load
    torch="$("$python" -c 'import importlib.util as u; s = u.find_spec("torch"); print(list(s.submodule_search_locations)[0] if s else "")')"
    [ -n "$torch" ] || fail "the active Python ($("$python" -c 'import sys; print(sys.executable)')) has no torch, whose LibTorch is used" \
      "activate the environment that has it, or name a LibTorch: --torch DIR"
  fi
fi
# as torch.utils.cmake_prefix_path prints it
case "$torch" in */share/cmake | */share/cmake/) torch="$torch/../.." ;; esac
[ -d "$torch" ] || fail "there is no folder '$torch', which LibTorch was to be taken from" "name another: --torch DIR"
torch="$(cd "$torch" && pwd -P)"
for name in share/cmake/Torch/TorchConfig.cmake lib/libtorch_cpu.so include/torch/script.h; do
  [ -e "$torch/$name" ] || fail "$torch is not a LibTorch: it has no $name" \
    "name the folder that has lib, include and share: --torch DIR (of Python: the folder of the package torch)"
done

driver=yes
probe=(-G Ninja "-DCMAKE_MAKE_PROGRAM=$ninja" "-DCMAKE_CXX_COMPILER=$cxx" "-DCMAKE_C_COMPILER=$cc" "-DTorch_DIR=$torch/share/cmake/Torch")
if [ -n "$cuda" ]; then
  SPINCONV_CUDA_ARCH="$cuda"
  cuda_settings
  probe+=("-DSPINCONV_CUDA_ARCH=$cuda_arch" "-DSPINCONV_CUDA_RELEASE=$cuda_release" "-DCMAKE_CUDA_COMPILER=$nvcc")
fi
say "Looking at this machine"
rm -rf "$work/machine"
if ! "$cmake" -S "$root/scripts/install" -B "$work/machine" "${probe[@]}" >"$work/machine.log" 2>&1; then
  # CMake's first message, as one paragraph
  message="$(sed -n '/^CMake Error/,/^Call Stack/{/^CMake Error/d;/^Call Stack/d;/^-- /d;p}' "$work/machine.log" | awk 'NF { $1 = $1; print }' | head -n 30 | paste -sd ' ')"
  fail "${message:-CMake does not work here}" "(all that was said: $work/machine.log)"
fi
# probed <name>
probed() { sed -n "s/^-- spinconv $1=//p" "$work/machine.log"; }
torch_release="$(probed torch)"
if [ "$(probed driver)" = no ]; then driver=""; fi

# mpi_works <mpicxx>
mpi_works() {
  printf '#include <mpi.h>\nint main(int n, char** v) { MPI_Init(&n, &v); return MPI_Finalize(); }\n' >"$work/mpi.cpp"
  MPICH_CXX="$cxx" OMPI_CXX="$cxx" "$1" "$work/mpi.cpp" -o "$work/mpi" >"$work/mpi.log" 2>&1
}
mpicxx="" mpiexec=""
if [ "$mpi" = auto ]; then
  mpi="$(command -v mpicxx || echo bundled)"
  if [ "$mpi" = bundled ] && ! { "$bundle/mpich/bin/mpiexec" --version && mpi_works "$bundle/mpich/bin/mpicxx"; } >"$work/mpiexec.log" 2>&1; then
    mpi=none
    say "No MPI: there is no mpicxx on PATH, and the MPICH of the bundle does not run here ($(uname -m))"
  fi
fi
case "$mpi" in
  none) ;;
  bundled)
    # a copy that is there stays as it is: newer headers would have all compiled again
    if [ ! -d "$prefix/mpich" ]; then
      rm -rf "$prefix/mpich.new"
      cp -R "$bundle/mpich" "$prefix/mpich.new"
      mv "$prefix/mpich.new" "$prefix/mpich"
    fi
    mpicxx="$prefix/mpich/bin/mpicxx" mpiexec="$prefix/mpich/bin/mpiexec"
    mpi_works "$mpicxx" || fail "the MPICH of the bundle, which is for x86-64 with glibc 2.28 or newer, does not work here" \
      "what was said: $work/mpi.log" "load an MPI and leave --mpi out, or: --mpi none"
    ;;
  *)
    mpicxx="$(command -v "$mpi" || true)"
    [ -n "$mpicxx" ] || fail "--mpi $mpi: there is no such program" "valid: a path of mpicxx, bundled, none"
    mpi_works "$mpicxx" || fail "$mpicxx cannot compile and link a program" "what was said: $work/mpi.log" \
      "load another MPI, or: --mpi bundled, --mpi none"
    mpiexec="$(PATH="$(dirname "$mpicxx"):$PATH" command -v mpiexec || true)"
    ;;
esac

if [ -z "$changed" ]; then
  say "Comparing the bundle with its checksums"
  (cd "$bundle" && sha256sum -c --quiet MANIFEST.sha256) >"$work/checksums.log" 2>&1 || {
    grep -v '^sha256sum: WARNING' "$work/checksums.log" | head -n 5 >&2
    fail "files of the bundle are damaged, changed or missing (all: $work/checksums.log)" \
      "unpack it again; if you changed them yourself: --changed"
  }
fi
need_space 3 "$prefix" "the build"

# The parts ------------------------------------------------------------------------------------------------

deps="$work/deps"
toolchain="$("$cxx" --version | head -n 1) $cxx $cc"
launcher=()
if have ccache; then
  export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$bundle}"
  launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache)
  toolchain+=" $(command -v ccache)"
fi
# part <name> <folder of sources> <cmake argument>...: configures, builds and installs, unless that was done with
# the same compiler and arguments; leaves its seconds. Run in a process of its own, with $work/<name>.log.
part() {
  local name="$1" source="$2" install="install_$1" key begin="$SECONDS"
  shift 2
  key="$(printf '%s\n' "$toolchain" "$source" "$@" | sha256sum | cut -c 1-16)"
  if [ -z "$changed" ] && [ "$(cat "$work/$name.done" 2>/dev/null)" = "$key" ]; then
    return
  fi
  rm -f "$work/$name.done"
  if [ "$(cat "$work/$name.key" 2>/dev/null)" != "$key" ]; then
    rm -rf "${work:?}/$name"
    echo "$key" >"$work/$name.key"
  fi
  "$cmake" -G Ninja -S "$source" -B "$work/$name" "-DCMAKE_MAKE_PROGRAM=$ninja" -DCMAKE_BUILD_TYPE=Release "$@"
  local targets=(all)
  if [ "$name" = spinconv ] && [ -n "$tests" ]; then targets+=(spinconv_tests); fi
  "$cmake" --build "$work/$name" -j "$jobs" --target "${targets[@]}"
  if ! declare -F "$install" >/dev/null; then install=install_all; fi
  "$install" "$work/$name"
  echo $((SECONDS - begin)) >"$work/$name.seconds"
  echo "$key" >"$work/$name.done"
}
# install_<name> <folder of its build>, where it is not all that there is to install
install_all() { "$cmake" --install "$1" >/dev/null; }
# static libraries, for the plugin too; old projects with a new CMake
library=("-DCMAKE_C_COMPILER=$cc" "-DCMAKE_CXX_COMPILER=$cxx" "${launcher[@]}" "-DCMAKE_INSTALL_PREFIX=$deps"
  "-DCMAKE_PREFIX_PATH=$deps" -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF
  -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DCMAKE_POLICY_VERSION_MINIMUM=3.5)
install_zlib() { install_all "$1" && rm -f "$deps"/lib/libz.so*; }
zip_parts() {
  part zlib "$bundle/deps/zlib" "${library[@]}" -DZLIB_BUILD_EXAMPLES=OFF
  part libzip "$bundle/deps/libzip" "${library[@]}" "-DZLIB_ROOT=$deps" -DENABLE_BZIP2=OFF -DENABLE_LZMA=OFF -DENABLE_OPENSSL=OFF \
    -DENABLE_GNUTLS=OFF -DENABLE_MBEDTLS=OFF -DENABLE_COMMONCRYPTO=OFF -DBUILD_TOOLS=OFF -DBUILD_REGRESS=OFF -DBUILD_EXAMPLES=OFF -DBUILD_DOC=OFF
}
xz_parts() {
  part xz "$bundle/deps/xz" "${library[@]}" -DXZ_THREADS=no -DXZ_NLS=OFF -DXZ_DOC=OFF -DXZ_TOOL_XZ=OFF -DXZ_TOOL_XZDEC=OFF \
    -DXZ_TOOL_LZMADEC=OFF -DXZ_TOOL_LZMAINFO=OFF -DXZ_TOOL_SCRIPTS=OFF -DXZ_TOOL_SYMLINKS=OFF
}
yaml_parts() {
  part yaml-cpp "$bundle/deps/yaml-cpp" "${library[@]}" -DYAML_CPP_BUILD_TESTS=OFF -DYAML_CPP_BUILD_TOOLS=OFF "-DCMAKE_CXX_FLAGS=-include cstdint"
}
header_parts() {
  part cli11 "$bundle/deps/cli11" "${library[@]}" -DCLI11_BUILD_TESTS=OFF -DCLI11_BUILD_EXAMPLES=OFF -DCLI11_BUILD_DOCS=OFF
  part nlohmann-json "$bundle/deps/nlohmann-json" "${library[@]}" -DJSON_BuildTests=OFF
  if [ -e "$deps/include/gloo/config.h" ]; then
    return
  fi
  mkdir -p "$deps/include"
  cp -R "$bundle/deps/gloo/gloo" "$deps/include/"
  # the header that gloo's own build would write; LibTorch has the library inside
  sed -e 's/@GLOO_VERSION_M[AI][JN]OR@/0/;s/@GLOO_VERSION_PATCH@/0/' -e 's/^#cmakedefine01 GLOO_HAVE_TRANSPORT_TCP$/#define GLOO_HAVE_TRANSPORT_TCP 1/' \
    -e 's/^#cmakedefine01 \(.*\)/#define \1 0/' "$bundle/deps/gloo/gloo/config.h.in" >"$deps/include/gloo/config.h"
}
vesin_parts() { part vesin "$bundle/deps/vesin" "${library[@]}"; }
googletest_parts() { part googletest "$bundle/deps/googletest" "${library[@]}" -DBUILD_GMOCK=ON; }

compiler="$cxx" lammps_compiler="$cxx"
flags=()
linker="-Wl,-rpath-link,$prefix/kokkos/lib"
if [ -n "$cuda" ]; then
  nvcc_wrapper_for "$bundle/kokkos" "$work/nvcc_wrapper"
  export NVCC_WRAPPER_DEFAULT_COMPILER="$cxx"
  compiler="$work/nvcc_wrapper"
  lammps_compiler="$work/lammps_compiler"
  lammps_compiler_for "$compiler" "$cxx" "$lammps_compiler"
  flags=("-DCMAKE_CXX_FLAGS=-include $root/scripts/cuda-for-kokkos.hpp")
  kokkos_options+=(-DKokkos_ENABLE_CUDA=ON "-DKokkos_ARCH_$kokkos_arch=ON")
  if [ -z "$driver" ]; then
    # no driver and no stub of it: it only has to be there for the linker
    CXX="$cxx" driver_for "$bundle/kokkos" "$work/driver"
    flags+=("-DCMAKE_LIBRARY_PATH=$work/driver")
    linker+=" -Wl,--unresolved-symbols=ignore-in-shared-libs"
  fi
  kokkos_launcher=()
else
  kokkos_options+=(-DKokkos_ENABLE_OPENMP=ON)
  kokkos_launcher=("${launcher[@]}")
fi
kokkos_parts() {
  part kokkos "$bundle/kokkos" "${kokkos_options[@]}" "-DCMAKE_CXX_COMPILER=$compiler" "${kokkos_launcher[@]}" "${flags[@]}" -DKokkos_ENABLE_TESTS=OFF \
    -DKokkos_ENABLE_EXAMPLES=OFF "-DCMAKE_INSTALL_PREFIX=$prefix/kokkos" -DCMAKE_INSTALL_LIBDIR=lib "-DCMAKE_INSTALL_RPATH=\$ORIGIN"
}

rpath="\$ORIGIN/../lib:\$ORIGIN/../kokkos/lib"
if [ "$mpi" = bundled ]; then rpath+=":\$ORIGIN/../mpich/lib"; fi
lammps_mpi=(-DBUILD_MPI=OFF)
spinconv_mpi=(-DLAMMPS_MPI_STUBS=ON)
if [ -n "$mpicxx" ]; then
  lammps_mpi=("-DMPI_CXX_COMPILER=$mpicxx" -DMPI_CXX_SKIP_MPICXX=ON)
  spinconv_mpi=("-DMPI_CXX_COMPILER=$mpicxx")
fi
install_lammps() {
  mkdir -p "$prefix/bin" "$prefix/lib"
  cp -P "$1"/liblammps.so* "$prefix/lib/"
  cp "$1/lmp" "$prefix/bin/"
}
lammps_source="$bundle/lammps"
if [ -n "$few_styles" ]; then
  lammps_source="$work/few-styles/lammps"
  few_styles_of "$bundle/lammps" "$lammps_source"
fi
lammps_parts() {
  part lammps "$lammps_source/cmake" "${lammps_options[@]}" "${lammps_mpi[@]}" "-DCMAKE_CXX_COMPILER=$lammps_compiler" "${kokkos_launcher[@]}" "${flags[@]}" \
    "-DKokkos_DIR=$prefix/kokkos/lib/cmake/Kokkos" -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON -DCMAKE_INSTALL_RPATH_USE_LINK_PATH=ON \
    "-DCMAKE_INSTALL_RPATH=$rpath" "-DCMAKE_EXE_LINKER_FLAGS=$linker"
}

install_spinconv() {
  rm -rf "$work/stage"
  "$cmake" --install "$1" --prefix "$work/stage" >/dev/null
  mkdir -p "$prefix/bin" "$prefix/plugin" "$prefix/lib"
  cp "$work/stage/bin/spinconv-train" "$prefix/bin/"
  cp -PR "$work"/stage/lib/{libspinconv.so*,cmake} "$prefix/lib/"
  cp -R "$work/stage/include" "$prefix/"
  cp "$work/stage/lib/spinconv/"*.so "$prefix/plugin/"
  rm -rf "$work/stage"
}
spinconv_parts() {
  local options=("-DCMAKE_CXX_COMPILER=$cxx" "-DCMAKE_C_COMPILER=$cc" "-DTorch_DIR=$torch/share/cmake/Torch" "-DCMAKE_PREFIX_PATH=$deps"
    "-DZLIB_ROOT=$deps" "-DLibLZMA_ROOT=$deps" "-DLIBLZMA_ROOT=$deps" "-DLibZip_ROOT=$deps" "-DVesin_ROOT=$deps" "-DSPINCONV_GLOO_INCLUDE_DIR=$deps/include"
    "-DLAMMPS_SOURCE_DIR=$lammps_source" -DSPINCONV_KOKKOS=ON "-DKokkos_DIR=$prefix/kokkos/lib/cmake/Kokkos" "${spinconv_mpi[@]}"
    "-DSPINCONV_LMP=$prefix/bin/lmp" "-DSPINCONV_MPIEXEC=$mpiexec" -DCMAKE_INSTALL_LIBDIR=lib
    "-DSPINCONV_BUILD_TESTS=$([ -n "$tests" ] && echo ON || echo OFF)" -DSPINCONV_BUILD_BENCH=OFF -DSPINCONV_BUILD_PYTHON=OFF)
  if [ -n "$cuda" ]; then options+=("-DCMAKE_CUDA_COMPILER=$nvcc"); fi
  if [ -z "$driver" ]; then options+=("-DCMAKE_LIBRARY_PATH=$work/driver" "-DCMAKE_EXE_LINKER_FLAGS=-Wl,--unresolved-symbols=ignore-in-shared-libs"); fi
  # another release in the same folder is another LibTorch
  part spinconv "$root" "${options[@]}" "-DSPINCONV_TORCH_RELEASE=$torch_release"
}

# Together: parts of one step do not wait for each other
declare -A running=()
stop() {
  local name
  for name in "${!running[@]}"; do kill -TERM -- "-${running[$name]}" 2>/dev/null || true; done
}
trap 'stop; exit 130' INT
trap 'stop; exit 143' TERM
# together <part>...
together() {
  local name failed=""
  # each in a process group of its own, to be ended with all that it started
  set -m
  for name in "$@"; do
    ("${name}_parts") >"$work/$name.log" 2>&1 9>&- &
    running[$name]=$!
  done
  set +m
  for name in "$@"; do
    if ! wait "${running[$name]}" && [ -z "$failed" ]; then
      failed="$name"
      unset "running[$name]"
      stop
    fi
    unset "running[$name]"
  done
  if [ -n "$failed" ]; then
    { grep -E -A 6 'error:|Error|FAILED:|undefined reference' "$work/$failed.log" || tail -n 30 "$work/$failed.log"; } | tail -n 30 >&2
    fail "$failed could not be built (the end of what was said is above)" "all of it: $work/$failed.log" \
      "run this again: it goes on where it stopped"
  fi
}

begin="$SECONDS"
libraries=(zip xz yaml header vesin)
if [ -n "$tests" ]; then libraries+=(googletest); fi
say "Building the libraries and Kokkos, $jobs files at a time (logs: $work)"
together "${libraries[@]}" kokkos
# a compilation takes up to 2 GB: both at once where that is there
if [ "$(awk '/^MemAvailable:/ { print int($2 / 1024 / 1024 / 4) }' /proc/meminfo)" -ge "$jobs" ]; then
  say "Building LAMMPS, and the plugin and spinconv-train"
  together lammps spinconv
else
  say "Building LAMMPS"
  together lammps
  say "Building the plugin and spinconv-train"
  together spinconv
fi
trap - INT TERM
built=$((SECONDS - begin))

# What is beside them --------------------------------------------------------------------------------------

# written <file>: standard input as an executable file
written() {
  cat >"$1.new"
  chmod +x "$1.new"
  mv "$1.new" "$1"
}
rm -f "$prefix/bin/mpiexec"
if [ -n "$mpiexec" ]; then
  # not a link: mpiexec looks for its helpers beside the name it was called by
  printf '#!/bin/sh\nexec "%s" "$@"\n' "$mpiexec" | written "$prefix/bin/mpiexec"
fi
rm -rf "$prefix/potentials" "$prefix/share"
mkdir -p "$prefix/share/spinconv/check"
cp -R "$root/potentials" "$prefix/"
cp "$root"/scripts/install/check/* "$root/examples/md17/ethanol.data" "$root/examples/train/data/rmd17_ethanol_200.npz" "$prefix/share/spinconv/check/"
written "$prefix/bin/spinconv-check" <"$root/scripts/install/spinconv-check"
written "$prefix/env.sh" <"$root/scripts/install/env.sh"
kokkos_device="-k on t N -sf kk"
if [ -n "$cuda" ]; then kokkos_device="-k on g 1 -sf kk"; fi
{
  echo "SpinConv $version, installed $(date -u '+%Y-%m-%d %H:%M') UTC from $bundle"
  sed -n 's/^spinconv  */checkout  /p' "$bundle/VERSIONS"
  echo "LibTorch  $torch_release, $torch"
  echo "compiler  $("$cxx" --version | head -n 1)$(if have ccache; then echo ", with ccache"; fi)"
  echo "CUDA      ${cuda:+$cuda_release ($nvcc), compute capability }${cuda:-no}"
  echo "MPI       ${mpicxx:-none}"
  echo "KOKKOS    $([ -n "$few_styles" ] && echo "few styles" || echo "all styles") of LAMMPS's package"
  echo "seconds   $built for all that this run built, $jobs files at a time; when each part was built:"
  for name in zlib libzip xz yaml-cpp cli11 nlohmann-json vesin googletest kokkos lammps spinconv; do
    if [ -e "$work/$name.seconds" ]; then printf '  %-14s %5d\n' "$name" "$(cat "$work/$name.seconds")"; fi
  done
} >"$prefix/INSTALLED"
outcome="not run (--no-check)"
status=0
if [ -n "$check" ]; then
  say "Checking (minutes on a busy machine)"
  begin="$SECONDS"
  "$prefix/bin/spinconv-check" || status=$?
  outcome="$([ "$status" -eq 0 ] && echo passed || echo FAILED), $((SECONDS - begin)) s"
fi
echo "check     $outcome" >>"$prefix/INSTALLED"
cat "$prefix/INSTALLED"
[ "$status" -eq 0 ] || fail "the check failed: what was built is not to be used before that is understood" \
  "again: $prefix/bin/spinconv-check"
say "Installed: $prefix"
echo "    next:  source $prefix/env.sh"
echo "           lmp $kokkos_device -in INPUT    (pair_style spinconv; $prefix/potentials)"
echo "           spinconv-train --help"
