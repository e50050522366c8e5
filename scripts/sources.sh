# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2154  # variables of the scripts that read this
# Read by the scripts that need the source of another project, after common.sh: downloads with the checksums
# of debian-sources.txt, requirements-kokkos.txt and requirements-bundle.txt, kept in $downloads for the next
# time. The array opt_out of the caller is what its errors end with.

cache="${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/spinconv"
downloads="$cache/sources"
offline=""  # not empty: what is not there is an error

# not_offline <file>
not_offline() {
  [ -z "$offline" ] || fail "$1 is not in $downloads, and nothing is downloaded (--offline)" "run this without --offline where there is a network"
}

# has_sum <file> <SHA256>
has_sum() { [ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d ' ' -f 1)" = "$2" ]; }

# debian_entry <name>: sets release, package, file, sum
debian_entry() {
  read -r _ release package file sum < <(grep "^$1 " "$root/scripts/debian-sources.txt") ||
    fail "scripts/debian-sources.txt has no line '$1'"
}

# debian_source <name>: downloads it unless it is there; its path is $source_file. The archives are those that
# apt is configured for; the index of another release is read with lists of its own, so that the system's
# stay as they are.
debian_source() {
  local release package file sum
  debian_entry "$1"
  source_file="$downloads/$file"
  if has_sum "$source_file" "$sum"; then
    return
  fi
  not_offline "$file"
  have apt-get || fail "the source of $1 comes from Debian's archive by apt-get, which is not here" "${opt_out[@]}"
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg apt="$downloads/apt" archive uri="" found_sum=""
  [ -e "$keyring" ] || fail "$keyring, which Debian signs its archive with, is not here" \
    "install it: apt-get install debian-archive-keyring" "${opt_out[@]}"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  local options=(-o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root
    -o APT::Get::List-Cleanup=0 -o Acquire::Retries=3)
  # shellcheck disable=SC2016  # apt's own variables
  while read -r archive; do
    echo "deb-src [signed-by=$keyring] $archive $release main" >"$apt/sources.list"
    say "Looking for $file in Debian $release"
    if apt-get "${options[@]}" update -q >"$apt/log" 2>&1; then
      read -r uri _ _ found_sum < <(apt-get "${options[@]}" source --print-uris "$package" 2>>"$apt/log" |
        tr -d "'" | grep -F " $file ") && break
    fi
  done < <(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' |
    awk '$1 == "Debian" && $2 == "Debian" && !seen[$3]++ { print $3 }')
  if [ -z "$uri" ]; then
    [ ! -e "$apt/log" ] || tail -n 5 "$apt/log" >&2
    fail "$file was not found in the Debian archives that apt is configured for" \
      "is there a network? run apt-get update, then this again" "${opt_out[@]}"
  fi
  [ "$found_sum" = "SHA256:$sum" ] || fail "Debian's index has another sum of $file: $found_sum" \
    "scripts/debian-sources.txt has SHA256:$sum" "${opt_out[@]}"
  say "Downloading $file"
  # checks the sum
  /usr/lib/apt/apt-helper "${options[@]}" download-file "$uri" "$source_file" "$found_sum" >&2 ||
    fail "$file could not be downloaded (the message is above)" "run this again" "${opt_out[@]}"
  rm -rf "$apt"
}

# pip_source <requirement's name> <requirements file> source|wheel: downloads it unless it is there; its path is
# $source_file. pip reads the description of a source package before it hands it over, for which it needs
# setuptools; these stay out of .venv.
pip_source() {
  local line sum kind=(--only-binary :all:) tools="$downloads/pip-$1" candidate python="$root/.venv/bin/python3"
  line="$(grep "^$1==" "$root/scripts/$2")" || fail "scripts/$2 has no line '$1'"
  sum="${line##*sha256:}"
  for candidate in "$downloads/$1"-*; do
    if has_sum "$candidate" "$sum"; then
      source_file="$candidate"
      return
    fi
  done
  not_offline "${line%% *}"
  [ -x "$python" ] || python=python3
  have "$python" || fail "python3, whose pip downloads the source of $1, is not here" "${opt_out[@]}"
  say "Downloading ${line%% *}"
  rm -rf "$tools"
  mkdir -p "$downloads"
  "$python" -m venv "$tools" >&2 || fail "$python has no modules venv and ensurepip" "apt-get install python3-venv" "${opt_out[@]}"
  echo "$line" >"$tools/requirements.txt"
  if [ "$3" = source ]; then kind=(--no-build-isolation --no-binary :all:); fi
  if ! { "$tools/bin/python3" -m pip install -q --disable-pip-version-check setuptools wheel &&
    "$tools/bin/python3" -m pip download -q --disable-pip-version-check --no-deps "${kind[@]}" \
      --require-hashes -r "$tools/requirements.txt" -d "$tools/got"; } >&2; then
    fail "pip could not download ${line%% *} (its message is above)" "is there a network? run this again" \
      "${opt_out[@]}"
  fi
  for candidate in "$tools/got/$1"-*; do
    source_file="$downloads/${candidate##*/}"
    mv "$candidate" "$source_file"
  done
  rm -rf "$tools"
}

# unpack_lammps <folder>: sources, CMake files and licence of LAMMPS as that folder, which appears when it is complete
unpack_lammps() {
  debian_source lammps
  rm -rf "$1.new"
  mkdir -p "$1.new"
  tar -xJf "$source_file" -C "$1.new" --strip-components=1 --wildcards '*/src' '*/cmake' '*/LICENSE'
  mv "$1.new" "$1"
}

# unpack_kokkos <folder>: the source of Kokkos as that folder, which appears when it is complete
unpack_kokkos() {
  pip_source pycompadre requirements-kokkos.txt source
  rm -rf "$1.new"
  mkdir -p "$1.new"
  tar -xzf "$source_file" -C "$1.new" --strip-components=2 --wildcards '*/kokkos'
  mv "$1.new" "$1"
}
