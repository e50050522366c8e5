// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "fuzz/target.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "fuzz/mutation.hpp"
#include "support/temporary_folder.hpp"

namespace spinconv::fuzz {

const std::vector<Target>& targets() {
  static const std::vector<Target> all = {
      potential_target(), checkpoint_target(), pickle_target(), npz_target(),       extxyz_target(),
      qm9_target(),       yaml_target(),       dump_target(),   structure_target(), shard_target()};
  return all;
}

std::string source_file(const std::string& path) {
  const char* const root = std::getenv("SPINCONV_SOURCE_DIR");
  return test::read_bytes((root != nullptr ? std::string(root) : SPINCONV_FUZZ_SOURCE_DIR) + "/" +
                          path);
}

std::string input_file(const std::string& folder, const std::string& name,
                       const std::string& bytes) {
  const std::string path = folder + "/" + name;
  test::write_bytes(path, bytes);
  return path;
}

std::string change_bytes(const Sample& sample, const Sample& other,
                         const std::vector<std::string>& words, Random& random,
                         std::size_t largest) {
  return mutate(sample.bytes, other.bytes, words, random, largest);
}

std::string change_archive(
    const Sample& sample, const Sample& other, Random& random,
    const std::function<std::size_t(const std::string& name)>& weight,
    const std::function<std::string(const std::string& name, const std::string& bytes,
                                    const std::string& other)>& change) {
  Members members = sample.members;
  std::size_t sum = 0;
  for (const auto& [name, bytes] : members) {
    sum += weight(name);
  }
  std::size_t left = random.below(sum);
  std::size_t chosen = 0;
  while (chosen + 1 < members.size() && left >= weight(members[chosen].first)) {
    left -= weight(members[chosen++].first);
  }
  auto& [name, bytes] = members[chosen];
  switch (random.below(24)) {
    case 0:
      members.erase(members.begin() + static_cast<std::ptrdiff_t>(chosen));
      break;
    case 1: {
      const auto copy = members[random.below(members.size())];
      members.push_back(copy);
      break;
    }
    case 2:
      name = mutate(name, "", {}, random, 64);
      break;
    case 3:
      bytes.swap(members[random.below(members.size())].second);
      break;
    case 4:
      if (!other.members.empty()) {
        bytes = other.members[random.below(other.members.size())].second;
      }
      break;
    default: {
      const auto same = std::find_if(other.members.begin(), other.members.end(),
                                     [&](const auto& m) { return m.first == name; });
      bytes = change(name, bytes, same == other.members.end() ? "" : same->second);
    }
  }
  return zip(members);
}

void require(bool holds, const std::string& what) {
  if (!holds) {
    throw std::logic_error(what);
  }
}

}  // namespace spinconv::fuzz
