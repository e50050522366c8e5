#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# Compiles and links for CUDA, on a machine with nvcc and no GPU needed: the plugin with pair style
# spinconv/kk (Kokkos with CUDA, the core with the stream that Kokkos and LibTorch share, src/kokkos by
# nvcc) and spinconv-train with NCCL. Runs nothing. The sources and headers are those of scripts/setup-kokkos.sh.
#
#   bash scripts/cuda-compile.sh               CUDACXX names another nvcc than that on PATH
#
# SPINCONV_CUDA_ARCH: compute capabilities, one after the other ("80 90"; default: 90); SPINCONV_CUDA_TORCH: folder of a
# LibTorch with CUDA (default: pip's torch of scripts/requirements-torch.txt, a download of 500 MB; and up to
# 1.2 GB for the headers of NCCL and of what it needs, which pip's installed torch has beside it). All is kept in
# build/cuda.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=scripts/kokkos-source.sh
. "$(dirname "${BASH_SOURCE[0]}")/kokkos-source.sh"
# shellcheck source=scripts/sources.sh
. "$(dirname "${BASH_SOURCE[0]}")/sources.sh"

opt_out=()
read -r -a architectures <<<"${SPINCONV_CUDA_ARCH:-90}"
for SPINCONV_CUDA_ARCH in "${architectures[@]}"; do cuda_settings; done

# headers only: the LAMMPS for CPUs has them
root_of_lammps="$(env -u SPINCONV_CUDA_ARCH bash "$root/scripts/setup-kokkos.sh")"
work="$root/build/cuda"
mkdir -p "$work"
need_space 6 "$work" "LibTorch with CUDA and the build"
jobs="${SPINCONV_JOBS:-$(build_jobs)}"
log="$work/log.txt"
: >"$log"

# quietly <what> <command>...
quietly() {
  local what="$1"
  shift
  say "$what"
  if ! "$@" >>"$log" 2>&1; then
    grep -E "error|Error" "$log" | tail -n 20 >&2 || true
    fail "$what failed" "all of its output: $log"
  fi
}

# 1. LibTorch: the libraries and headers of the wheel, which need not run here
torch="${SPINCONV_CUDA_TORCH:-$work/torch}"
if [ ! -d "$torch" ]; then
  version="$(sed -n 's/^torch==//p' "$root/scripts/requirements-torch.txt")"
  rm -rf "$work/torch.new"
  mkdir -p "$work/torch.new"
  # ===: without it pip would take a CPU build of that version where one is known to it
  quietly "Downloading LibTorch $version with CUDA (500 MB)" "$root/.venv/bin/python3" -m pip download -q \
    --disable-pip-version-check --no-deps -d "$work/torch.new" "torch===$version"
  "$root/.venv/bin/python3" - "$work/torch.new" <<'PY'
import glob, sys, zipfile
folder, = sys.argv[1:]
with zipfile.ZipFile(glob.glob(folder + "/torch-*.whl")[0]) as wheel:
    wheel.extractall(folder, [n for n in wheel.namelist() if n.startswith(("torch/lib/", "torch/include/", "torch/share/"))])
PY
  mv "$work/torch.new/torch" "$torch"
  rm -rf "$work/torch.new"
fi
[ -e "$torch/lib/libc10_cuda.so" ] || fail "$torch is a LibTorch without CUDA" "name one with: SPINCONV_CUDA_TORCH=<folder>"

# The headers that LibTorch's header of NCCL includes, from pip's packages where the toolkit has no more
# than the compiler, and no such packages are beside LibTorch
packages=(nvidia-nccl-cu13)
if [ ! -e "$(dirname "$nvcc")/../include/cusparse.h" ]; then packages+=(nvidia-cublas nvidia-cusolver nvidia-cusparse); fi
include=()
if [ ! -e "$torch/../nvidia/nccl/include/nccl.h" ]; then include=("-DSPINCONV_NCCL_INCLUDE_DIR=$work/include"); fi
if [ ${#include[@]} -gt 0 ] && [ ! -d "$work/include" ]; then
  rm -rf "$work/include.new"
  quietly "Downloading headers: ${packages[*]} (up to 1.2 GB)" "$root/.venv/bin/python3" -m pip download -q --disable-pip-version-check \
    --no-deps -d "$work/include.new" "${packages[@]}"
  "$root/.venv/bin/python3" - "$work/include.new" <<'PY'
import glob, os, sys, zipfile
folder, = sys.argv[1:]
for path in glob.glob(folder + "/*.whl"):
    with zipfile.ZipFile(path) as wheel:
        for name in wheel.namelist():
            if "/include/" in name and not name.endswith("/"):
                with open(os.path.join(folder, os.path.basename(name)), "wb") as f:
                    f.write(wheel.read(name))
    os.remove(path)
PY
  mv "$work/include.new" "$work/include"
fi

# require_symbols <file> <symbol>...
require_symbols() {
  local file="$1" symbol
  shift
  for symbol in "$@"; do
    nm -C "$file" | grep -F "$symbol" >/dev/null || fail "$file has no $symbol"
  done
}

# compile: for the architecture of cuda_settings
compile() {
  local here="$work/sm_$cuda_arch" old_forms="-include $root/scripts/cuda-for-kokkos.hpp"
  local plugin="$here/build-plugin/plugin/spinconv_pair.so" train="$here/build-plugin/bin/spinconv-train"
  mkdir -p "$here"

  # 2. Kokkos. A machine without a GPU has no driver library, which only has to be there for the linker.
  nvcc_wrapper_for "$work/kokkos" "$here/nvcc_wrapper"
  quietly "Configuring Kokkos for CUDA $cuda_release, compute capability $cuda_arch" \
    cmake -G Ninja -S "$work/kokkos" -B "$here/build-kokkos" -DCMAKE_BUILD_TYPE=Release \
    "-DCMAKE_CXX_COMPILER=$here/nvcc_wrapper" "-DCMAKE_CXX_FLAGS=$old_forms" -DCMAKE_CXX_STANDARD=17 \
    -DKokkos_ENABLE_CUDA=ON -DKokkos_ENABLE_SERIAL=ON "-DKokkos_ARCH_$kokkos_arch=ON" -DKokkos_ENABLE_TESTS=OFF \
    "-DCMAKE_LIBRARY_PATH=$work/driver" "-DCMAKE_INSTALL_PREFIX=$here/kokkos-installed"
  quietly "Compiling Kokkos (minutes)" cmake --build "$here/build-kokkos" -j "$jobs" --target install

  # 3. the plugin and the trainer. What the libraries of LibTorch need themselves is not here.
  quietly "Configuring the plugin and spinconv-train" \
    cmake -G Ninja -S "$root" -B "$here/build-plugin" -DCMAKE_BUILD_TYPE=Release -DSPINCONV_KOKKOS=ON \
    "-DLAMMPS_SOURCE_DIR=$root_of_lammps/lammps" "-DMPI_CXX_COMPILER=$root/.venv/bin/mpicxx" \
    "-DKokkos_DIR=$here/kokkos-installed/lib/cmake/Kokkos" "-DCMAKE_PREFIX_PATH=$torch" \
    "-DCMAKE_CUDA_COMPILER=$nvcc" "-DCMAKE_CUDA_FLAGS=$old_forms" "-DCMAKE_LIBRARY_PATH=$work/driver" \
    "${include[@]}" -DCMAKE_EXE_LINKER_FLAGS=-Wl,--unresolved-symbols=ignore-in-shared-libs \
    -DSPINCONV_BUILD_TRAIN=ON -DSPINCONV_BUILD_TESTS=OFF -DSPINCONV_BUILD_BENCH=OFF
  quietly "Compiling and linking the plugin and spinconv-train (minutes)" cmake --build "$here/build-plugin" -j "$jobs"

  require_symbols "$plugin" c10::cuda::getStreamFromExternal at::cuda::CUDAGraph::capture_begin "PairSpinConvKokkos<Kokkos::Cuda>::compute"
  # allreduce itself is virtual
  require_symbols "$train" "c10d::ProcessGroupNCCL::ProcessGroupNCCL("
  say "Compiled and linked, not run: Kokkos 4.5.01, CUDA $cuda_release, compute capability $cuda_arch, $(g++ --version | head -n 1), $torch"
  say "    $plugin"
  say "    $train"
}

[ -d "$work/kokkos" ] || unpack_kokkos "$work/kokkos"
driver_for "$work/kokkos" "$work/driver"
for SPINCONV_CUDA_ARCH in "${architectures[@]}"; do
  cuda_settings
  compile
done
