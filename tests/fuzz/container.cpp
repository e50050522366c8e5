// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "fuzz/container.hpp"

#include <zip.h>
#include <zlib.h>

#include <cstdint>
#include <stdexcept>

namespace spinconv::fuzz {
namespace {

// Little endian.
void put(std::string& out, std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) {
    out += static_cast<char>(value >> (8 * i));
  }
}

// What the header of a member and its entry in the directory have in common.
std::string description(const std::string& name, const std::string& bytes) {
  const auto checksum = crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  std::string out;
  put(out, 20, 2);  // version needed
  put(out, 0, 2);   // flags
  put(out, 0, 2);   // stored
  put(out, 0, 4);   // time
  put(out, checksum, 4);
  put(out, bytes.size(), 4);
  put(out, bytes.size(), 4);
  put(out, name.size(), 2);
  put(out, 0, 2);  // extra field
  return out;
}

}  // namespace

Members unzip(const std::string& bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* const source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t* const archive =
      source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error);
  if (archive == nullptr) {
    throw std::runtime_error(std::string("not a zip archive: ") + zip_error_strerror(&error));
  }
  Members members;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive, 0); ++i) {
    zip_stat_t stat;
    zip_file_t* const member = zip_fopen_index(archive, static_cast<zip_uint64_t>(i), 0);
    if (member == nullptr || zip_stat_index(archive, static_cast<zip_uint64_t>(i), 0, &stat) != 0) {
      throw std::runtime_error("a member of the archive cannot be read");
    }
    std::string content(stat.size, '\0');
    const auto count = zip_fread(member, content.data(), content.size());
    zip_fclose(member);
    if (count != static_cast<zip_int64_t>(content.size())) {
      throw std::runtime_error(std::string("the member ") + stat.name + " cannot be read");
    }
    members.emplace_back(stat.name, std::move(content));
  }
  zip_discard(archive);
  return members;
}

std::string zip(const Members& members) {
  std::string out, directory;
  for (const auto& [name, bytes] : members) {
    const std::string common = description(name, bytes);
    put(directory, 0x02014b50, 4);
    put(directory, 20, 2);  // version made by
    directory += common;
    put(directory, 0, 2);  // comment
    put(directory, 0, 2);  // disk
    put(directory, 0, 2);  // attributes
    put(directory, 0, 4);
    put(directory, out.size(), 4);
    directory += name;
    put(out, 0x04034b50, 4);
    out += common + name + bytes;
  }
  const std::size_t directory_from = out.size();
  out += directory;
  put(out, 0x06054b50, 4);
  put(out, 0, 4);  // disks
  put(out, members.size(), 2);
  put(out, members.size(), 2);
  put(out, directory.size(), 4);
  put(out, directory_from, 4);
  put(out, 0, 2);  // comment
  return out;
}

}  // namespace spinconv::fuzz
