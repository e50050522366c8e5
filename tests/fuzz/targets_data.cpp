// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// Files with structures and labels: NumPy archives, extended XYZ, the text of QM9.
#include <cmath>
#include <cstdint>
#include <cstring>

#include "data/dataset.hpp"
#include "data/extxyz_writer.hpp"
#include "fuzz/frames.hpp"
#include "fuzz/mutation.hpp"
#include "fuzz/target.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"

namespace spinconv::fuzz {
namespace {

using train::DataSource;
using train::Frame;
using Words = std::vector<std::string>;

// A .npy file, format version 1.
std::string npy(const std::string& dtype, const std::string& shape, const std::string& data,
                bool fortran = false) {
  std::string header = "{'descr': '" + dtype +
                       "', 'fortran_order': " + (fortran ? "True" : "False") +
                       ", 'shape': " + shape + ", }";
  header.resize((header.size() + 10 + 1 + 63) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size() & 0xff) +
         static_cast<char>(header.size() >> 8) + header + data;
}

template <class T>
std::string as_bytes(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// n numbers about as large as positions.
template <class T>
std::string numbers(std::size_t n) {
  std::vector<T> values(n);
  for (std::size_t i = 0; i < n; ++i) {
    values[i] = static_cast<T>(0.7 * static_cast<double>(i % 17) - 2.0);
  }
  return as_bytes(values);
}

std::string utf32(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += std::string{c, '\0', '\0', '\0'};
  }
  return out;
}

const Words npy_words = {
    "'descr'", "'shape'", "'fortran_order'", "True",  "False", "'<f8'", "'<f4'", "'<i8'",
    "'|i1'",   "'<u8'",   "'<U0'",           "'|S0'", "'<U4'", "'>f8'", "(",     ")",
    "()",      "(0,)",    "(0, 3)",          ",",     "'",     "L"};

}  // namespace

Target npz_target() {
  Target t;
  t.name = "npz";
  t.what = "NumPy archives: MD17, rMD17, sGDML, QM9 (.npz)";
  t.samples = [] {
    std::vector<Sample> samples;
    samples.emplace_back(source_file("tests/data/rmd17_ethanol_20.npz"), true);
    samples.emplace_back(source_file("tests/data/qm9_16.npz"), true);
    const std::string kcal = npy("<U8", "()", utf32("kcal/mol")),
                      angstrom = npy("|S3", "()", "Ang");
    const auto add = [&](const Members& members) { samples.emplace_back(zip(members), true); };
    add({{"R.npy", npy("<f8", "(2, 3, 3)", numbers<double>(18))},
         {"z.npy", npy("|u1", "(3,)", "\x08\x01\x01")},
         {"E.npy", npy("<f8", "(2, 1)", numbers<double>(2))},
         {"F.npy", npy("<f4", "(2, 3, 3)", numbers<float>(18))},
         {"e_unit.npy", kcal},
         {"r_unit.npy", angstrom},
         {"type.npy", npy("<U1", "()", utf32("d"))},
         {"lattice.npy", npy("<f8", "(3, 3)", as_bytes<double>({9, 0, 0, 0, 9, 0, 0, 0, 9}))}});
    add({{"coords.npy", npy("<f4", "(2, 2, 3)", numbers<float>(12), true)},
         {"nuclear_charges.npy", npy("<i8", "(2, 2)", as_bytes<std::int64_t>({1, 6, 8, 1}))},
         {"energies.npy", npy("<f8", "(2,)", numbers<double>(2))},
         {"forces.npy", npy("<f8", "(2, 2, 3)", numbers<double>(12), true)},
         {"e_unit.npy", kcal},
         {"r_unit.npy", angstrom}});
    add({{"n_atoms.npy", npy("<i8", "(2,)", as_bytes<std::int64_t>({1, 2}))},
         {"z.npy", npy("|i1", "(3,)", "\x06\x01\x01")},
         {"R.npy", npy("<f8", "(3, 3)", numbers<double>(9))},
         {"alpha.npy", npy("<f8", "(2,)", numbers<double>(2))},
         {"r_unit.npy", angstrom}});
    return samples;
  };
  t.change = [largest = t.largest](const Sample& sample, const Sample& other, Random& random) {
    if (random.one_in(4)) {
      return change_bytes(sample, other, {"PK\x01\x02", "PK\x03\x04", "PK\x05\x06"}, random,
                          largest);
    }
    return change_archive(
        sample, other, random, [](const std::string&) -> std::size_t { return 1; },
        [&](const std::string&, const std::string& bytes, const std::string& same) {
          const std::size_t header = std::min<std::size_t>(128, bytes.size());
          if (random.one_in(2)) {  // the header is a small part of what is large
            return mutate(bytes.substr(0, header), same, npy_words, random, 4096) +
                   bytes.substr(header);
          }
          return mutate(bytes, same, npy_words, random, largest);
        });
  };
  t.read = [](const std::string& bytes, const std::string& folder, bool) {
    DataSource source;
    source.path = input_file(folder, "input.npz", bytes);
    try {
      check_frames(train::read_frames(source));
    } catch (const Error&) {
      source.target = {"alpha", "bohr^3", ""};  // of QM9
      check_frames(train::read_frames(source));
    }
  };
  return t;
}

namespace {

const Words xyz_words = {"Lattice=\"",
                         "Properties=species:S:1:pos:R:3",
                         ":forces:R:3",
                         ":force:R:3",
                         ":tags:I:1",
                         ":move_mask:L:1",
                         ":move_mask:L:3",
                         ":Z:I:1",
                         ":x:R:9999",
                         "pbc=\"T T F\"",
                         "pbc=[True, False, True]",
                         "energy=",
                         "Energy=",
                         "stress=\"",
                         "virial={",
                         "sid=",
                         "fid=",
                         "\"",
                         "'",
                         "{",
                         "}",
                         "[",
                         "]",
                         "=",
                         ":",
                         "\\",
                         "\t",
                         "\r\n",
                         "\n",
                         " ",
                         "H",
                         "Uuo",
                         "h",
                         "T",
                         "F"};

const char* const periodic_xyz =
    "2\n"
    "Lattice=\"4.1 0 0 0.3 3.9 0 0 -0.2 5.0\" pbc=\"T T T\" "
    "Properties=species:S:1:pos:R:3:move_mask:L:3:tags:I:1:forces:R:3 energy=-7.5 "
    "stress=\"0.1 0 0 0 0.2 0 0 0 0.3\" sid=random7 fid=3 other='a b'\n"
    "Cu 0 0 0 F F F 0 0.1 0.2 -0.3\n"
    "O 1.9 1e-1 1.2 T T F 2 -0.1 -0.2 0.3\n"
    "1\n"
    "Properties=Z:I:1:pos:R:3 virial={1 0 0 0 1 0 0 0 1} Lattice=\"3 0 0 0 3 0 0 0 3\" Energy=nan\n"
    "29 0 0 0\n";

}  // namespace

Target extxyz_target() {
  Target t;
  t.name = "extxyz";
  t.what = "extended XYZ (.extxyz, .extxyz.xz)";
  t.largest = std::size_t{1} << 17;
  t.samples = [] {
    std::vector<Sample> samples;
    samples.emplace_back(source_file("tests/data/ethanol_methanol_4.extxyz"));
    samples.emplace_back(source_file("tests/data/qm9_3.extxyz"));
    samples.emplace_back(source_file("tests/data/oc20_random1000100_3.extxyz.xz"));
    samples.emplace_back(periodic_xyz);
    samples.emplace_back("2\nplain XYZ\nH 0 0 0\nH 0 0 0.74\n\n");
    return samples;
  };
  t.change = [largest = t.largest](const Sample& sample, const Sample& other, Random& random) {
    return change_bytes(sample, other, xyz_words, random, largest);
  };
  t.read = [](const std::string& bytes, const std::string& folder, bool) {
    const bool is_packed = bytes.compare(0, 4,
                                         "\xfd"
                                         "7zX") == 0;
    DataSource source;
    source.path = input_file(folder, is_packed ? "input.extxyz.xz" : "input.extxyz", bytes);
    const auto frames = train::read_frames(source);
    check_frames(frames);
    // what was read is written, and read again
    std::string text;
    for (const auto& frame : frames) {
      text += train::to_extxyz(frame);
    }
    source.path = input_file(folder, "again.extxyz", text);
    require(train::read_frames(source).size() == frames.size(),
            "another number of frames, written and read again");
    source.reference = "last";
    source.max_force = 1.0;
    source.slice.start = -2;
    try {
      check_frames(train::read_frames(source));
    } catch (const Error&) {  // no energies, or nothing left
    }
  };
  return t;
}

Target qm9_target() {
  Target t;
  t.name = "qm9";
  t.what = "original text of QM9 (.xyz)";
  t.largest = std::size_t{1} << 16;
  t.samples = [] {
    const std::string methane = source_file("tests/data/qm9_methane.xyz");
    std::vector<Sample> samples;
    samples.emplace_back(methane);
    samples.emplace_back(methane + methane);
    samples.emplace_back(
        "1\ngdb 9\t1. 2. 3. 0. 1.2*^-6 -0.3 0.1 0.4 9.1 0.02 -4.0 -4.0 -4.0 -4.0 3.1\n"
        "O\t1.0*^-3\t-2.5\t0.\t-0.1\n1600.\nO\tO\nInChI=1S/H2O/h1H2\tInChI=1S/H2O/h1H2\n");
    return samples;
  };
  t.change = [largest = t.largest](const Sample& sample, const Sample& other, Random& random) {
    return change_bytes(
        sample, other,
        {"gdb", "gdb ", "*^", "*^-6", "1.0*^400", "\t", "\n", "\r\n", " ", "H", "C", "InChI="},
        random, largest);
  };
  t.read = [](const std::string& bytes, const std::string& folder, bool) {
    DataSource source;
    source.path = input_file(folder, "input.xyz", bytes);
    source.target = {"U0", "eV", ""};
    source.energy_unit = "Hartree";  // where it is taken for plain extended XYZ
    check_frames(train::read_frames(source));
  };
  return t;
}

}  // namespace spinconv::fuzz
