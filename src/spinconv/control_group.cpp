// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/control_group.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

namespace spinconv {
namespace {

// A hierarchy of groups as it is mounted here.
struct Hierarchy {
  bool unified = false;  // cgroup v2
  std::string root;      // the group that is seen at the mount point
  std::string mount_point;
};

// What the two versions call the same.
struct Names {
  std::vector<std::string> limits;
  std::string usage, reclaimable;
};
const Names names_v1{{"memory.limit_in_bytes"}, "memory.usage_in_bytes", "total_inactive_file"};
// a group above memory.high is slowed down until it is below
const Names names_v2{{"memory.max", "memory.high"}, "memory.current", "inactive_file"};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) {
    parts.push_back(part);
  }
  return parts;
}

bool names_memory(const std::string& list) {
  const auto names = split(list, ',');
  return std::find(names.begin(), names.end(), "memory") != names.end();
}

// mountinfo writes a blank, a tab, a line end and a backslash as \ooo.
std::string unescaped(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\' && i + 3 < text.size() &&
                         std::all_of(text.begin() + i + 1, text.begin() + i + 4,
                                     [](char c) { return c >= '0' && c <= '7'; });
    result += escaped ? static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8)) : text[i];
    i += escaped ? 3 : 0;
  }
  return result;
}

// The hierarchies that limit memory. Lines of proc/self/mountinfo:
//   36 35 98:0 /root /mount/point options [more]... - type source super,options
std::vector<Hierarchy> hierarchies(const std::string& mountinfo) {
  std::vector<Hierarchy> result;
  std::ifstream file(mountinfo);
  for (std::string line; std::getline(file, line);) {
    const auto fields = split(line, ' ');
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 5 || fields.end() - dash < 4) {
      continue;
    }
    const bool unified = dash[1] == "cgroup2";
    if (unified || (dash[1] == "cgroup" && names_memory(dash[3]))) {
      result.push_back({unified, unescaped(fields[3]), unescaped(fields[4])});
    }
  }
  return result;
}

// The group of this process. Lines of proc/self/cgroup: 0::/path of v2, N:controllers:/path of v1.
std::optional<std::string> group_in(const std::string& cgroup, bool unified) {
  std::ifstream file(cgroup);
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) {
      continue;
    }
    const auto controllers = line.substr(first + 1, second - first - 1);
    if (unified ? controllers.empty() && line.rfind("0:", 0) == 0 : names_memory(controllers)) {
      return line.substr(second + 1);
    }
  }
  return std::nullopt;
}

// The path of a group below the mount point, "" for the one that is mounted. A group that is not
// below it (seen from inside a container with the paths outside) counts as that one.
std::string below(const std::string& group, const std::string& root) {
  const std::string top = root == "/" ? "" : root;
  if (group.rfind(top + "/", 0) != 0 || group.find("/..") != std::string::npos) {
    return "";
  }
  const auto path = group.substr(top.size());
  return path == "/" ? "" : path;
}

// A file with one number; nothing for what stands for no limit: "max", and the largest multiple of
// a page that version 1 has.
std::optional<std::int64_t> number_in(const std::string& path) {
  constexpr std::int64_t no_limit = std::int64_t{1} << 62;
  std::ifstream file(path);
  std::int64_t value = 0;
  return file >> value && value < no_limit ? std::optional(value) : std::nullopt;
}

// The number after `key` in a file of "key number" lines; 0 where there is none.
std::int64_t entry_in(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  std::string name;
  for (std::int64_t value = 0; file >> name >> value;) {
    if (name == key) {
      return value;
    }
  }
  return 0;
}

std::optional<std::int64_t> left_in(const std::string& folder, const Names& names) {
  const auto usage = number_in(folder + "/" + names.usage);
  if (!usage) {
    return std::nullopt;
  }
  const std::int64_t used =
      std::max<std::int64_t>(*usage - entry_in(folder + "/memory.stat", names.reclaimable), 0);
  std::optional<std::int64_t> left;
  for (const auto& limit : names.limits) {
    if (const auto most = number_in(folder + "/" + limit)) {
      left = std::min(left.value_or(*most), std::max<std::int64_t>(*most - used, 0));
    }
  }
  return left;
}

}  // namespace

std::optional<std::int64_t> control_group_memory(const std::string& root) {
  std::optional<std::int64_t> least;
  for (const auto& hierarchy : hierarchies(root + "/proc/self/mountinfo")) {
    const auto group = group_in(root + "/proc/self/cgroup", hierarchy.unified);
    if (!group) {
      continue;
    }
    const std::string top = root + hierarchy.mount_point;
    for (std::string path = below(*group, hierarchy.root);; path.erase(path.rfind('/'))) {
      const auto left = left_in(top + path, hierarchy.unified ? names_v2 : names_v1);
      if (left) {
        least = std::min(least.value_or(*left), *left);
      }
      if (path.empty()) {
        break;
      }
    }
  }
  return least;
}

}  // namespace spinconv
