#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# Collects, on a machine with a network, all that a build on a machine without one needs: this checkout,
# LAMMPS 4Feb2025 (the packages in use), Kokkos 4.5.01, the libraries of spinconv-train and of the tests as
# sources, and MPICH for a machine that has no MPI. Not CUDA, and LibTorch on request only: the target has them.
#
#   bash scripts/bundle.sh OUT.tar.zst [--with-torch [FOLDER]] [--offline] [--fast]
#
# There:  tar xf OUT.tar.zst && bash spinconv-*/install.sh     (a tar without zstd: zstd -dc OUT.tar.zst | tar x)
#
# --with-torch adds LibTorch: that of .venv (scripts/setup.sh installs it), or the one in FOLDER; beside a
# LibTorch with CUDA also the libraries of CUDA that pip installed with it. Files that git does not track are
# left out. Downloads are kept in $XDG_CACHE_HOME/spinconv/sources (~/.cache) for the next time; --offline takes
# what is there and downloads nothing. --fast compresses in seconds, to a file that is a quarter larger.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=scripts/kokkos-source.sh
. "$(dirname "${BASH_SOURCE[0]}")/kokkos-source.sh"
# shellcheck source=scripts/sources.sh
. "$(dirname "${BASH_SOURCE[0]}")/sources.sh"

opt_out=("usage: bash scripts/bundle.sh OUT.tar.zst [--with-torch [FOLDER]] [--offline] [--fast]")
out=""
torch=""
level=19
while [ $# -gt 0 ]; do
  case "$1" in
    --help | -h)
      sed -n '4,/^set -e/{/^set -e/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    --with-torch)
      torch=venv
      if [ $# -gt 1 ] && [ -d "$2" ]; then
        torch="$(cd "$2" && pwd -P)"
        shift
      fi
      ;;
    --offline) offline=yes ;;
    --fast) level=3 ;;
    -*) fail "unknown option '$1'" "${opt_out[@]}" ;;
    *)
      [ -z "$out" ] || fail "two files to write: '$out' and '$1'" "${opt_out[@]}"
      out="$1"
      ;;
  esac
  shift
done
case "$out" in
  "") fail "no file to write" "${opt_out[@]}" ;;
  *.tar.zst) ;;
  *) fail "'$out' does not end in .tar.zst" "${opt_out[@]}" ;;
esac
mkdir -p "$(dirname "$out")" || fail "the folder of $out cannot be made"
out="$(cd "$(dirname "$out")" && pwd -P)/$(basename "$out")"
for tool in git tar xz zstd sha256sum; do
  have "$tool" || fail "$tool, which a bundle is made with, is not here" "apt-get install ${tool/sha256sum/coreutils}"
done
git -C "$root" rev-parse --show-toplevel >/dev/null 2>&1 || fail "$root is not a git checkout" \
  "what git tracks is what a bundle holds: git clone the repository"

name="spinconv-$version"
mkdir -p "$downloads"
stage="$(mktemp -d "$cache/bundle.XXXXXX")"
trap 'rm -rf "$stage" "$out.new"' EXIT
trap 'exit 130' INT TERM
here="$stage/$name"
mkdir -p "$here/deps"
versions=()

# 1. this checkout: what git tracks, as it is now
commit="$(git -C "$root" rev-parse --short=12 HEAD)"
git -C "$root" diff --quiet HEAD || commit+=", with changes"
mkdir "$here/spinconv"
git -C "$root" ls-files -z | while IFS= read -r -d '' tracked; do
  if [ -e "$root/$tracked" ]; then printf '%s\0' "$tracked"; fi
done |
  tar -C "$root" -c --null -T - | tar -x -C "$here/spinconv"
versions+=("spinconv|$version ($commit)|this checkout|MIT; pair style GPL-2.0-only; potentials: spinconv/README.md")

# 2. LAMMPS: its own sources, CMake files, and the packages in use
say "LAMMPS $lammps_tag"
debian_source lammps
packages=()
for option in "${lammps_options[@]}"; do
  case "$option" in -DPKG_*=ON) option="${option#-DPKG_}" && packages+=("${option%=ON}") ;; esac
done
mkdir "$here/lammps" "$stage/lammps"
tar -xJf "$source_file" -C "$stage/lammps" --strip-components=1 --wildcards '*/src' '*/cmake' '*/LICENSE'
mkdir "$here/lammps/src"
mv "$stage/lammps/LICENSE" "$stage/lammps/cmake" "$here/lammps/"
mv "$stage"/lammps/src/*.{h,cpp} "$here/lammps/src/"
for folder in fmt STUBS "${packages[@]}"; do mv "$stage/lammps/src/$folder" "$here/lammps/src/"; done
rm -rf "$stage/lammps" "$here"/lammps/cmake/{packaging,gpu,iwyu,CMakeSettings.json}
versions+=("lammps|$lammps_tag: ${packages[*]}|Debian's source package|GPL-2.0-only")

# 3. Kokkos
say "Kokkos"
unpack_kokkos "$here/kokkos"
rm -rf "$here"/kokkos/{.github,.jenkins,docs,tpls/gtest} \
  "$here"/kokkos/{core,algorithms,containers,simd}/{unit_test,unit_tests,perf_test,performance_tests}
versions+=("kokkos|$(sed -n 's/^set(Kokkos_VERSION_M[AI][JN]OR \([0-9]*\)).*/\1/p' "$here/kokkos/CMakeLists.txt" | paste -sd .).$(sed -n 's/^set(Kokkos_VERSION_PATCH \([0-9]*\)).*/\1/p' "$here/kokkos/CMakeLists.txt") ($(grep -o '^pycompadre==[0-9.]*' "$root/scripts/requirements-kokkos.txt"))|a source package of pip|Apache-2.0 with LLVM exception")

# 4. libraries
# library <name> <licence> <member>...: deps/<name> with these files and folders of it
library() {
  local name="$1" licence="$2" release package file sum top="" member
  shift 2
  debian_entry "$name"
  debian_source "$name"
  mkdir "$here/deps/$name" "$stage/$name"
  tar -xf "$source_file" -C "$stage/$name"
  # a file of Debian's may have one folder above all
  if [ "$(find "$stage/$name" -mindepth 1 -maxdepth 1 | wc -l)" -eq 1 ]; then top="$(ls -A "$stage/$name")/"; fi
  for member in "$@"; do
    mkdir -p "$here/deps/$name/$(dirname "$member")"
    mv "$stage/$name/$top$member" "$here/deps/$name/$member"
  done
  rm -rf "${stage:?}/$name"
  file="${file#"${package}"_}"
  versions+=("$name|${file%.orig.*}|Debian's source package|$licence")
}
say "Libraries"
# not zconf.h: zlib's build would rename it, in the bundle
library zlib Zlib CMakeLists.txt LICENSE README {zconf.h.in,zconf.h.cmakein,zlib.pc.cmakein} \
  {adler32,compress,crc32,deflate,gzclose,gzlib,gzread,gzwrite,infback,inffast,inflate,inftrees,trees,uncompr,zutil}.c \
  {crc32,deflate,gzguts,inffast,inffixed,inflate,inftrees,trees,zlib,zutil}.h zlib.3 zlib.map
# its CMake names this file of Windows on every system, and Debian leaves it out
mkdir "$here/deps/zlib/win32" && : >"$here/deps/zlib/win32/zlib1.rc"
library xz 0BSD CMakeLists.txt cmake COPYING COPYING.0BSD lib src AUTHORS NEWS README THANKS
library libzip BSD-3-Clause CMakeLists.txt cmake LICENSE lib regress/nihtest.conf.in regress/runtest.in cmake-config.h.in cmake-zipconf.h.in libzip.pc.in libzip-config.cmake.in
library yaml-cpp MIT CMakeLists.txt LICENSE include src yaml-cpp-config.cmake.in yaml-cpp.pc.in
library cli11 BSD-3-Clause CMakeLists.txt CLI11.CPack.Description.txt LICENSE README.md cmake include
library nlohmann-json MIT CMakeLists.txt LICENSE.MIT cmake include nlohmann_json.natvis
library googletest BSD-3-Clause CMakeLists.txt LICENSE googletest googlemock
rm -rf "$here"/deps/googletest/google{test,mock}/{test,docs,samples}
library gloo BSD-3-Clause LICENSE gloo
find "$here/deps/gloo/gloo" -type f ! -name '*.h' ! -name 'config.h.in' -delete
find "$here/deps/gloo/gloo" -type d -empty -delete
pip_source vesin requirements-bundle.txt source
mkdir "$here/deps/vesin"
tar -xzf "$source_file" -C "$here/deps/vesin" --strip-components=2 --wildcards 'vesin-*/lib'
tar -xzf "$source_file" -C "$here/deps/vesin" --strip-components=1 --no-wildcards-match-slash --wildcards 'vesin-*/PKG-INFO'
rm -rf "$here"/deps/vesin/{tests,scripts}
versions+=("vesin|$(cat "$here/deps/vesin/VERSION")|a source package of pip|BSD-3-Clause (PKG-INFO)")

# 5. MPICH, as built for pip: for x86-64 with glibc 2.28 or newer
say "MPICH"
pip_source mpich requirements-bundle.txt wheel
"$([ -x "$root/.venv/bin/python3" ] && echo "$root/.venv/bin/python3" || echo python3)" -m zipfile -e "$source_file" "$stage/mpich"
mkdir -p "$here/mpich/bin" "$here/mpich/lib"
mv "$stage"/mpich/*.data/data/include "$here/mpich/"
mv "$stage"/mpich/*.data/data/bin/{mpicc,mpicxx,mpiexec,hydra_pmi_proxy} "$here/mpich/bin/"
mv "$stage"/mpich/*.data/data/lib/{libmpi.so,libmpi.so.12,mpich} "$here/mpich/lib/"
mv "$stage"/mpich/*.dist-info/licenses "$here/mpich/"
rm -f "$here"/mpich/include/mpi_abi.h
chmod +x "$here"/mpich/bin/*
versions+=("mpich|$(sed -n 's/^mpich==\([^ ]*\).*/\1/p' "$root/scripts/requirements-bundle.txt")|pip's package, x86-64|mpich/licenses")

# 6. LibTorch
if [ -n "$torch" ]; then
  if [ "$torch" = venv ]; then
    torch="$("$root/.venv/bin/python3" -c 'import importlib.util as u; print(list(u.find_spec("torch").submodule_search_locations)[0])' 2>/dev/null)" ||
      fail "--with-torch: there is no torch in .venv" "run: bash scripts/setup.sh, or name a folder: --with-torch FOLDER"
  fi
  for file in lib/libtorch_cpu.so include/torch/script.h share/cmake/Torch/TorchConfig.cmake; do
    [ -e "$torch/$file" ] || fail "--with-torch: $torch is not a LibTorch" "it has no $file"
  done
  say "LibTorch: $torch"
  # where pip puts them: the libraries of LibTorch look for those of CUDA beside their own folder
  mkdir -p "$here/libtorch/torch"
  cp -R "$torch/lib" "$torch/include" "$torch/share" "$here/libtorch/torch/"
  rm -rf "$here"/libtorch/torch/lib/{libtorch_python.so,libshm*,*.a}
  if [ -e "$torch/lib/libtorch_cuda.so" ] && [ -d "$torch/../nvidia" ]; then cp -R "$torch/../nvidia" "$here/libtorch/"; fi
  find "$torch/.." -maxdepth 3 -path '*/torch-*.dist-info/*' \( -name 'LICENSE*' -o -name 'NOTICE*' \) -exec cp {} "$here/libtorch/" \;
  versions+=("libtorch|$(cat "$here"/libtorch/torch/include/torch/headeronly/version.h "$here"/libtorch/torch/include/torch/csrc/api/include/torch/version.h 2>/dev/null |
    sed -n 's/^#define TORCH_VERSION "\(.*\)"/\1/p' | head -n 1)|$(basename "$torch")|BSD-3-Clause")
fi

# 7. what is in it, and the checksums that install.sh compares
cat >"$here/install.sh" <<'TEXT'
#!/usr/bin/env bash
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# Builds and installs without a network: bash install.sh --help
exec bash "$(dirname "${BASH_SOURCE[0]}")/spinconv/scripts/install.sh" "$@"
TEXT
{
  echo "# What this bundle holds: name, version, where from, licence (the files are kept beside the sources)."
  printf '%s\n' "${versions[@]}" | sort | awk -F '|' '{ printf "%-14s %-58s %-26s %s\n", $1, $2, $3, $4 }'
} >"$here/VERSIONS"
(cd "$here" && find . -type f ! -name MANIFEST.sha256 -print0 | LC_ALL=C sort -z | xargs -0 sha256sum >"$stage/sums")
mv "$stage/sums" "$here/MANIFEST.sha256"

say "Compressing $(du -sm "$here" | cut -f 1) MB"
tar -C "$stage" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$(git -C "$root" log -1 --format=%ct)" -cf - "$name" |
  zstd -q "-$level" --long=27 -T0 -o "$out.new" -f
mv "$out.new" "$out"
cat "$here/VERSIONS"
say "$out: $(du -k "$out" | awk '{ printf "%.1f", $1 / 1024 }') MB, $(wc -l <"$here/MANIFEST.sha256") files"
echo "    there:  tar xf $(basename "$out") && bash $name/install.sh --help"
