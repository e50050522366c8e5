// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// Files with weights: potentials, checkpoints of the published code and the pickles in them.
#include <zlib.h>

#include <memory>

#include "fuzz/mutation.hpp"
#include "fuzz/target.hpp"
#include "import/ocp_checkpoint.hpp"
#include "import/ocp_conversion.hpp"
#include "spinconv/error.hpp"
#include "spinconv/pickle.hpp"
#include "spinconv/potential.hpp"
#include "support/test_models.hpp"
#include "support/training_ranges.hpp"

namespace spinconv::fuzz {
namespace {

using Words = std::vector<std::string>;

// A literal with the zeros in it.
template <std::size_t n>
std::string binary(const char (&text)[n]) {
  return {text, n - 1};
}

const Words metadata_words = {"\"format_version\"",
                              "\"model\"",
                              "\"crc32\"",
                              "\"targets\"",
                              "\"name\"",
                              "\"unit\"",
                              "\"elements\"",
                              "\"cutoff\"",
                              "\"layers\"",
                              "\"l_max\"",
                              "\"m_max\"",
                              "\"sphere\"",
                              "\"harmonics\"",
                              "\"grid\"",
                              "\"forces\"",
                              "\"gradient\"",
                              "\"direct\"",
                              "\"distance\"",
                              "\"training\"",
                              "\"trained_on\"",
                              "\"nearest_distance\"",
                              "\"H-H\"",
                              "\"errors\"",
                              "\"data\"",
                              "\"license\"",
                              "\"citation\"",
                              "\"created\"",
                              "null",
                              "true",
                              "false",
                              "{}",
                              "[]",
                              "[[]]",
                              "\"\"",
                              "\"H\"",
                              "\\u0000",
                              "\\ud800",
                              "1e999",
                              "-1",
                              ",",
                              ":",
                              "{",
                              "}",
                              "[",
                              "]"};

// Operations of pickles, and names that checkpoints use.
const Words pickle_words = {binary("\x80\x02"),
                            "}q",
                            "]q",
                            "(",
                            ")",
                            "t",
                            "u",
                            "e",
                            "a",
                            "s",
                            "h\x01",
                            "q\x01",
                            "N",
                            "\x88",
                            "\x85",
                            "\x86",
                            "\x87",
                            "\x8a\x01\x7f",
                            binary("\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\x00"),
                            binary("J\xff\xff\xff\x7f"),
                            binary("K\x00"),
                            "R",
                            "Q",
                            "b",
                            "2",
                            "0",
                            "1",
                            ".",
                            "I-1\n",
                            "F1e400\n",
                            "L123456789012345678901234567890L\n",
                            "ctorch._utils\n_rebuild_tensor_v2\n",
                            "ctorch._utils\n_rebuild_parameter\n",
                            "ctorch\nFloatStorage\n",
                            "ctorch\nDoubleStorage\n",
                            "ctorch\nBoolStorage\n",
                            "ctorch\nBFloat16Storage\n",
                            "ccollections\nOrderedDict\n",
                            binary("X\x05\x00\x00\x00model"),
                            binary("X\x08\x00\x00\x00spinconv"),
                            binary("X\x0a\x00\x00\x00state_dict"),
                            binary("X\x06\x00\x00\x00"
                                   "config"),
                            binary("X\x0b\x00\x00\x00normalizers"),
                            binary("X\xff\xff\xff\xff")};

// The potential files of `config` as samples.
void add_potential(std::vector<Sample>& samples, const ModelConfig& config) {
  const test::TemporaryFolder folder;
  test::write_random_potential(folder / "small.pt", config, 3, "single");
  test::write_with_ranges(folder / "small.pt", folder / "small.pt",
                          test::wide_ranges(config.elements));
  samples.emplace_back(test::read_bytes(folder / "small.pt"), true);
}

// One input of `n`, always the same ones: LibTorch takes 100 times the reading to compile a graph.
bool is_one_of(std::size_t n, const std::string& bytes) {
  return crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()) % n == 0;
}

}  // namespace

Target potential_target() {
  Target t;
  t.name = "potential";
  t.what = "potential files (.pt)";
  t.samples = [] {
    std::vector<Sample> samples;
    samples.emplace_back(source_file("tests/force-styles/tiny.pt"), true);
    auto config = test::small_config({"H", "O"});
    config.layers = 1;
    config.message_channels = config.experts = config.embedding_channels = 2;
    config.hidden_channels = 4;
    config.l_max = config.m_max = 1;
    add_potential(samples, config);
    config.forces = "direct";
    add_potential(samples, config);
    auto both_ends = test::small_spinconv2_config({"H", "O"});
    both_ends.message_channels = both_ends.product_channels = both_ends.directed_channels = 2;
    both_ends.hidden_channels = 4;
    both_ends.l_max = both_ends.m_max = 1;
    add_potential(samples, both_ends);
    auto grid = test::small_grid_config();
    grid.layers = 1;
    add_potential(samples, grid);
    return samples;
  };
  t.change = [largest = t.largest](const Sample& sample, const Sample& other, Random& random) {
    if (random.one_in(3)) {
      return change_bytes(sample, other, {"PK\x01\x02", "PK\x03\x04", "PK\x05\x06"}, random,
                          largest);
    }
    return change_archive(
        sample, other, random,
        [](const std::string& name) -> std::size_t {
          return name.ends_with("spinconv.json") ? 100 : name.ends_with(".pkl") ? 10 : 1;
        },
        [&](const std::string& name, const std::string& bytes, const std::string& same) {
          return mutate(bytes, same, name.ends_with(".json") ? metadata_words : pickle_words,
                        random, largest);
        });
  };
  t.read = [](const std::string& bytes, const std::string& folder, bool whole) {
    const auto file = input_file(folder, "input.pt", bytes);
    Potential::read_metadata(file);
    if (!whole && !is_one_of(16, bytes)) {
      return;
    }
    const auto potential = Potential::load(file);
    require(!describe(potential).empty(), "a potential without a description");
    require(potential.model.config().elements.size() > 0, "a potential without elements");
  };
  return t;
}

Target checkpoint_target() {
  Target t;
  t.name = "checkpoint";
  t.what = "checkpoints of the published code (import-ocp)";
  t.samples = [] {
    std::vector<Sample> samples;
    for (const char* name : {"d2_tiny_grad", "d_tiny_force", "c_energy_only", "f_mixed"}) {
      samples.emplace_back(source_file(std::string("tests/data/ocp/") + name + ".pt"), true);
    }
    return samples;
  };
  t.change = [largest = t.largest](const Sample& sample, const Sample& other, Random& random) {
    if (random.one_in(4)) {
      return change_bytes(sample, other, {"PK\x01\x02", "PK\x03\x04", "PK\x05\x06"}, random,
                          largest);
    }
    return change_archive(
        sample, other, random,
        [](const std::string& name) -> std::size_t { return name.ends_with(".pkl") ? 1000 : 1; },
        [&](const std::string& name, const std::string& bytes, const std::string& same) {
          return mutate(bytes, same, name.ends_with(".pkl") ? pickle_words : Words(), random,
                        largest);
        });
  };
  t.read = [](const std::string& bytes, const std::string& folder, bool whole) {
    const auto checkpoint = train::OcpCheckpoint::read(input_file(folder, "input.pt", bytes));
    require(checkpoint.config.is_object(), "a config that is none");
    for (const auto& [name, tensor] : checkpoint.state) {
      require(tensor.defined(), "a weight that is none");
    }
    if (whole || is_one_of(64, bytes)) {
      train::OcpConversion all, one;
      one.elements = {"H"};
      one.forces = "gradient";
      for (const auto* options : {&all, &one}) {
        try {
          train::convert_ocp(checkpoint, *options);
        } catch (const Error&) {  // refused: the other one may not be
        }
      }
    }
  };
  return t;
}

Target pickle_target() {
  Target t;
  t.name = "pickle";
  t.what = "pickles of checkpoints, without the archive around them";
  t.largest = std::size_t{1} << 16;
  t.samples = [] {
    std::vector<Sample> samples;
    for (const char* name : {"d2_tiny_grad", "c_energy_only", "f_mixed"}) {
      for (const auto& [member, bytes] :
           unzip(source_file(std::string("tests/data/ocp/") + name + ".pt"))) {
        if (member.ends_with("data.pkl")) {
          samples.emplace_back(bytes);
        }
      }
    }
    // all kinds of values by protocols 0, 2 and 4
    samples.emplace_back("(dp0\nVa\np1\n(lp2\nI1\naF2.5\naL3L\naNasS'b'\n(I01\nI00\ntp3\ns.");
    samples.emplace_back(
        binary("\x80\x02}q\x00(X\x01\x00\x00\x00"
               "a]q\x01(K\x01J\xff\xff\xff\xff\x8a\x01\x7f"
               "G?\xf0\x00\x00\x00\x00\x00\x00\x88\x89Ne"
               "X\x01\x00\x00\x00"
               "bccollections"
               "\nOrderedDict\n)R}bu."));
    samples.emplace_back(
        binary("\x80\x04\x95\x20\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01"
               "a\x94K\x01K\x02K\x03\x87"
               "\x94\x8c\x01"
               "b\x94\x8f\x94(K\x01K\x02\x90u."));
    return samples;
  };
  t.change = [largest = t.largest](const Sample& sample, const Sample& other, Random& random) {
    return change_bytes(sample, other, pickle_words, random, largest);
  };
  t.read = [](const std::string& bytes, const std::string&, bool) {
    const auto value = pickle::parse(bytes, "input");
    require(value != nullptr, "no value");
    value->find("config");
  };
  return t;
}

}  // namespace spinconv::fuzz
