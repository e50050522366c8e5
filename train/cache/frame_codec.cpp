// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "cache/frame_codec.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "cache/append_bytes.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

static_assert(std::endian::native == std::endian::little, "caches are little endian");

// Every frame begins with this; what follows is in the order of append_frame().
struct Header {
  std::uint32_t atoms = 0;
  std::uint32_t flags = 0;
  std::uint32_t system_size = 0;  // bytes
  std::uint32_t source_size = 0;
  std::uint64_t edges = 0;
  std::int64_t frame_number = 0;
};

// of Header::flags
constexpr std::uint32_t has_cell = 1;
constexpr std::uint32_t periodic_a = 2;
constexpr std::uint32_t periodic_b = 4;
constexpr std::uint32_t periodic_c = 8;
constexpr std::uint32_t has_energy = 16;
constexpr std::uint32_t has_forces = 32;
constexpr std::uint32_t has_stress = 64;
constexpr std::uint32_t has_tags = 128;
constexpr std::uint32_t has_fixed = 256;
constexpr std::uint32_t has_frame_number = 512;
constexpr std::uint32_t has_edges = 1024;
// At the end of a frame: where they are missing its bytes are those of builds that did not know
// them, and these pass them by.
constexpr std::uint32_t has_temperature = 2048;
constexpr std::uint32_t has_config_type = 4096;

constexpr std::uint32_t periodic[3] = {periodic_a, periodic_b, periodic_c};

class Input {
 public:
  Input(std::span<const char> bytes, const std::string& where) : left_(bytes), where_(where) {
    take(&header, 1);
  }

  template <class T>
  void take(T* values, std::size_t count) {
    require(count, sizeof(T));
    if (count > 0) {
      std::memcpy(values, left_.data(), count * sizeof(T));
    }
    left_ = left_.subspan(count * sizeof(T));
  }
  template <class T>
  std::vector<T> take_vector(std::size_t count) {
    require(count, sizeof(T));  // before memory is asked for
    std::vector<T> values(count);
    take(values.data(), count);
    return values;
  }
  void skip(std::size_t count, std::size_t size) {
    require(count, size);
    left_ = left_.subspan(count * size);
  }
  bool has(std::uint32_t flag) const { return (header.flags & flag) != 0; }

  Header header;

 private:
  void require(std::size_t count, std::size_t size) const {
    if (count > left_.size() / size) {
      throw Error(where_ +
                  ": a frame has fewer bytes than it says; make the cache anew (prepare "
                  "--overwrite)");
    }
  }

  std::span<const char> left_;
  const std::string& where_;
};

}  // namespace

void append_frame(const Frame& frame, const NeighborEdges* edges, std::string& out) {
  // A new member of Frame stops the compiler here: it has to be written and read below, and the
  // version of the format (manifest.hpp) raised where frames without it would have other bytes.
  const auto& [atomic_numbers, positions, cell, pbc, energy, forces, stress, tags, fixed, system,
               frame_number, temperature, config_type, listed_edges, orientations, source] = frame;
  if (listed_edges || !orientations.empty()) {
    throw Error(source +
                ": reference outputs list edges and orientations of their own, which a "
                "cache does not hold; give this file to the command itself");
  }
  const std::size_t n = frame.size();
  Header header;
  header.atoms = static_cast<std::uint32_t>(n);
  header.system_size = static_cast<std::uint32_t>(system.size());
  header.source_size = static_cast<std::uint32_t>(source.size());
  header.edges = edges != nullptr ? edges->size() : 0;
  header.frame_number = frame_number.value_or(0);
  const bool with_cell = std::any_of(cell.begin(), cell.end(), [](double x) { return x != 0.0; });
  header.flags = (with_cell ? has_cell : 0u) | (energy ? has_energy : 0u) |
                 (forces.empty() ? 0u : has_forces) | (stress ? has_stress : 0u) |
                 (tags.empty() ? 0u : has_tags) | (fixed.empty() ? 0u : has_fixed) |
                 (frame_number ? has_frame_number : 0u) | (edges != nullptr ? has_edges : 0u) |
                 (temperature ? has_temperature : 0u) |
                 (config_type.empty() ? 0u : has_config_type);
  for (std::size_t d = 0; d < 3; ++d) {
    header.flags |= pbc[d] ? periodic[d] : 0u;
  }
  append_bytes(out, &header, 1);
  if (with_cell) {
    append_bytes(out, cell.data(), cell.size());
  }
  if (energy) {
    append_bytes(out, &*energy, 1);
  }
  if (stress) {
    append_bytes(out, stress->data(), stress->size());
  }
  append_bytes(out, positions.data(), 3 * n);
  if (!forces.empty()) {
    append_bytes(out, forces.data(), 3 * n);
  }
  if (edges != nullptr) {
    append_bytes(out, edges->vectors.data(), 3 * edges->size());
    append_bytes(out, edges->source.data(), edges->size());
    append_bytes(out, edges->target.data(), edges->size());
  }
  if (!tags.empty()) {
    const std::vector<std::int32_t> numbers(tags.begin(), tags.end());
    append_bytes(out, numbers.data(), n);
  }
  const std::vector<std::uint8_t> numbers(atomic_numbers.begin(), atomic_numbers.end());
  append_bytes(out, numbers.data(), n);
  if (!fixed.empty()) {
    append_bytes(out, fixed.data(), n);
  }
  out += system;
  out += source;
  if (temperature) {
    append_bytes(out, &*temperature, 1);
  }
  if (!config_type.empty()) {
    const auto size = static_cast<std::uint32_t>(config_type.size());
    append_bytes(out, &size, 1);
    out += config_type;
  }
  out.resize((out.size() + 7) / 8 * 8, '\0');
}

Frame decode_frame(std::span<const char> bytes, const std::string& where) {
  Input input(bytes, where);
  const Header& header = input.header;
  const std::size_t n = header.atoms;
  Frame frame;
  for (std::size_t d = 0; d < 3; ++d) {
    frame.pbc[d] = (header.flags & periodic[d]) != 0;
  }
  if (input.has(has_cell)) {
    input.take(frame.cell.data(), frame.cell.size());
  }
  if (input.has(has_energy)) {
    input.take(&frame.energy.emplace(), 1);
  }
  if (input.has(has_stress)) {
    input.take(frame.stress.emplace().data(), 6);
  }
  frame.positions = input.take_vector<double>(3 * n);
  if (input.has(has_forces)) {
    frame.forces = input.take_vector<double>(3 * n);
  }
  if (input.has(has_edges)) {
    input.skip(header.edges, 3 * sizeof(double) + 2 * sizeof(std::int32_t));
  }
  if (input.has(has_tags)) {
    const auto tags = input.take_vector<std::int32_t>(n);
    frame.tags.assign(tags.begin(), tags.end());
  }
  const auto numbers = input.take_vector<std::uint8_t>(n);
  frame.atomic_numbers.assign(numbers.begin(), numbers.end());
  if (n == 0 || std::any_of(numbers.begin(), numbers.end(),
                            [](int z) { return z < 1 || z > max_atomic_number; })) {
    throw Error(where +
                ": a frame without atoms, or with one of no element; make the cache anew "
                "(prepare --overwrite)");
  }
  if (input.has(has_fixed)) {
    frame.fixed = input.take_vector<char>(n);
  }
  const auto system = input.take_vector<char>(header.system_size);
  frame.system.assign(system.begin(), system.end());
  const auto source = input.take_vector<char>(header.source_size);
  frame.source.assign(source.begin(), source.end());
  if (input.has(has_temperature)) {
    input.take(&frame.temperature.emplace(), 1);
  }
  if (input.has(has_config_type)) {
    std::uint32_t size = 0;
    input.take(&size, 1);
    const auto name = input.take_vector<char>(size);
    frame.config_type.assign(name.begin(), name.end());
  }
  if (input.has(has_frame_number)) {
    frame.frame_number = header.frame_number;
  }
  return frame;
}

NeighborEdges decode_edges(std::span<const char> bytes, const std::string& where) {
  Input input(bytes, where);
  if (!input.has(has_edges)) {
    throw Error(where + ": a frame without edges; make the cache anew (prepare --overwrite)");
  }
  const std::size_t doubles = (input.has(has_cell) ? 9 : 0) + (input.has(has_energy) ? 1 : 0) +
                              (input.has(has_stress) ? 6 : 0) +
                              (input.has(has_forces) ? 6 : 3) * std::size_t{input.header.atoms};
  input.skip(doubles, sizeof(double));
  NeighborEdges edges;
  edges.vectors = input.take_vector<double>(3 * input.header.edges);
  edges.source = input.take_vector<std::int32_t>(input.header.edges);
  edges.target = input.take_vector<std::int32_t>(input.header.edges);
  for (const auto* ends : {&edges.source, &edges.target}) {
    for (const std::int32_t atom : *ends) {
      if (atom < 0 || static_cast<std::uint32_t>(atom) >= input.header.atoms) {
        throw Error(where +
                    ": an edge of an atom that its frame does not have; make the cache anew "
                    "(prepare --overwrite)");
      }
    }
  }
  return edges;
}

}  // namespace spinconv::train
