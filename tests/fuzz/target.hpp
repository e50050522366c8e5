// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fuzz/container.hpp"
#include "fuzz/random.hpp"

namespace spinconv::fuzz {

// An input, and what is in it where it is a zip archive.
struct Sample {
  explicit Sample(std::string content, bool is_archive = false)
      : bytes(std::move(content)), members(is_archive ? unzip(bytes) : Members()) {}

  std::string bytes;
  Members members;
};

// One kind of file that the program reads.
struct Target {
  std::string name;
  std::string what;  // for --list
  // Inputs larger than this are cut, bytes.
  std::size_t largest = std::size_t{1} << 20;
  // Small valid files of every form.
  std::function<std::vector<Sample>()> samples;
  // A changed `sample`; `other` is another one.
  std::function<std::string(const Sample& sample, const Sample& other, Random& random)> change;
  // Reads an input, in `folder`, as the program would, and uses what it has read. spinconv::Error
  // is how an input is refused; any other exception is a finding, as are a crash, a run that does
  // not end and memory that does not. `whole`: with what costs too much for every input.
  std::function<void(const std::string& bytes, const std::string& folder, bool whole)> read;
};

const std::vector<Target>& targets();

// of targets()
Target potential_target();
Target checkpoint_target();
Target pickle_target();
Target npz_target();
Target extxyz_target();
Target qm9_target();
Target yaml_target();
Target dump_target();
Target structure_target();
Target shard_target();

// A file of the source tree, by its path in it.
std::string source_file(const std::string& path);
// The input as a file; its path.
std::string input_file(const std::string& folder, const std::string& name,
                       const std::string& bytes);

// mutate() for text and plain binary formats.
std::string change_bytes(const Sample& sample, const Sample& other,
                         const std::vector<std::string>& words, Random& random,
                         std::size_t largest);
// One member of an archive changed by `change`, or members dropped, doubled, renamed or exchanged;
// `weight` says how often a member is the one.
std::string change_archive(
    const Sample& sample, const Sample& other, Random& random,
    const std::function<std::size_t(const std::string& name)>& weight,
    const std::function<std::string(const std::string& name, const std::string& bytes,
                                    const std::string& other)>& change);

// Throws std::logic_error: what a reader has let through cannot be used.
void require(bool holds, const std::string& what);

}  // namespace spinconv::fuzz
