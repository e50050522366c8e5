// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// Files of users and of LAMMPS: configurations, dumps and logs, structures of `convert`.
#include <nlohmann/json.hpp>

#include "data/extxyz_writer.hpp"
#include "data/lammps_data.hpp"
#include "data/lammps_dump.hpp"
#include "data/lammps_log.hpp"
#include "data/ocp_reference.hpp"
#include "fuzz/frames.hpp"
#include "fuzz/target.hpp"
#include "spinconv/error.hpp"
#include "spinconv/json_text.hpp"
#include "trainer/fit_config.hpp"

namespace spinconv::fuzz {
namespace {

using train::FitConfig;
using Words = std::vector<std::string>;

const Words yaml_words = {"data:",       "model:",
                          "training:",   "output:",
                          "loss:",       "schedule:",
                          "split:",      "units:",
                          "keys:",       "target:",
                          "validation:", "test:",
                          "file:",       "frames:",
                          "folder:",     "elements:",
                          "cutoff:",     "layers:",
                          "experts:",    "l_max:",
                          "m_max:",      "precision",
                          "epochs:",     "seed:",
                          "energy:",     "name:",
                          "unit:",       "key:",
                          "- ",          ": ",
                          "? ",          "[",
                          "]",           "{",
                          "}",           "[[",
                          "{{",          "&a ",
                          "*a",          "<<: *a",
                          "!!str ",      "!!binary ",
                          "|\n",         ">\n",
                          "---\n",       "...\n",
                          "%YAML 1.2\n", "# ",
                          "\t",          "\"",
                          "'",           "~",
                          "null",        "true",
                          "false",       "yes",
                          ".inf",        ".nan",
                          "0x1F",        "0o17",
                          "1_000",       "\xef\xbb\xbf",
                          "\r\n",        "harmonics",
                          "grid",        "direct",
                          "small",       "paper",
                          "alpha",       "10%"};

const char* const full_yaml =
    "data:\n"
    "  file: frames.extxyz\n"
    "  units: {energy: eV, length: Bohr}\n"
    "  keys: {energy: E, forces: F, stress: S}\n"
    "  reference: last\n"
    "  max_energy: 10\n"
    "  max_force: 50.5\n"
    "  frames: ':100'\n"
    "  target: {name: charge, unit: e, key: q}\n"
    "  validation: {file: v.extxyz, frames: \"-50:\"}\n"
    "  test: t.extxyz\n"
    "  split: {train: 80%, validation: 10, test: rest, seed: 7}\n"
    "  prefetch: 2\n"
    "model:\n"
    "  preset: medium\n"
    "  elements: [H, C, O]\n"
    "  reference_energies: [-13.6, .5, 1e3]\n"
    "  sphere: grid\n"
    "  forces: gradient\n"
    "  latitudes: 6\n"
    "training:\n"
    "  epochs: 10\n"
    "  loss: {type: huber, huber_delta: 0.01}\n"
    "  schedule: {type: plateau, plateau_factor: 0.5}\n"
    "output: {folder: runs/a, name: a, description: \"two\\nlines\", license: 'it''s'}\n";

// Without what the reader refuses in it.
const char* const plain_yaml =
    "data:\n"
    "  file: frames.extxyz\n"
    "  validation: {file: v.extxyz, frames: \"-50:\"}\n"
    "  split: {train: 80%, seed: 7}\n"
    "model: {preset: grid, elements: [H, C], reference_energies: [-13.6, .5]}\n"
    "training:\n"
    "  epochs: 10\n"
    "  loss: &loss {type: huber, huber_delta: 0.01}\n"
    "  schedule: {type: plateau, plateau_factor: 0.5}\n"
    "output: {folder: runs/a, name: a, description: \"two\\nlines\"}\n";

}  // namespace

Target yaml_target() {
  Target t;
  t.name = "yaml";
  t.what = "configurations of fit (.yaml)";
  t.largest = std::size_t{1} << 16;
  t.samples = [] {
    std::vector<Sample> samples;
    for (const auto& name : ModelConfig::preset_names()) {
      samples.emplace_back(train::commented_preset(name));
    }
    samples.emplace_back(source_file("examples/train/quick.yaml"));
    samples.emplace_back(full_yaml);
    samples.emplace_back(plain_yaml);
    samples.emplace_back("{data: {file: a.npz}, output: {folder: b}}");
    return samples;
  };
  t.change = [largest = t.largest](const Sample& sample, const Sample& other, Random& random) {
    return change_bytes(sample, other, yaml_words, random, largest);
  };
  t.read = [](const std::string& bytes, const std::string& folder, bool) {
    const auto config = FitConfig::read(input_file(folder, "input.yaml", bytes), {});
    // config.yaml of a training is what --resume reads
    const std::string text = config.to_yaml();
    const std::string path = input_file(folder, "again.yaml", text);
    try {
      require(FitConfig::read(path, {}).to_yaml() == text,
              "another configuration, written and read again");
    } catch (const Error& error) {
      require(false, std::string("what was written is refused: ") + error.what());
    }
  };
  return t;
}

namespace {

const char* const structure_json =
    R"({"atomic_numbers":[8,1],"positions":[0.1,0,0,0.9,0.2,0],"cell":[4,0,0,1,5,0,0,0.5,6],)"
    R"("pbc":[true,true,true],"box":{"cell":[4,0,0,1,5,0,0,0.5,6],"rotation":[1,0,0,0,1,0,0,0,1],)"
    R"("basis":[1,0,0,0,1,0,0,0,1],"origin":[0,0,0]},"elements":["H","O"],"tags":[0,2],)"
    R"("fixed":[1,0],"system":"random7"})";

const char* const orthogonal_dump =
    "ITEM: UNITS\nmetal\n"
    "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS pp pp pp\n"
    "0.0 4.0\n-1.5e0 5\n0 6\nITEM: ATOMS id element x y z fx fy fz\n"
    "2 H 1 2 3 0.1 0.2 0.3\n1 O 0 0 0 -0.1 -0.2 -0.3\n"
    "ITEM: TIMESTEP\n10\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS pp pp pp\n"
    "0.0 4.0\n-1.5e0 5\n0 6\nITEM: ATOMS id element x y z fx fy fz\n"
    "1 O 0 0 0 -0.1 -0.2 -0.3\n2 H 1 2 3 0.1 0.2 0.3\n";

const char* const tilted_dump =
    "ITEM: UNITS\nmetal\nITEM: TIMESTEP\n5\nITEM: TIME\n0.0025\nITEM: NUMBER OF ATOMS\n2\n"
    "ITEM: BOX BOUNDS xy xz yz pp pp pp\n0.0 5.0 1\n0.0 5.5 0\n0 6 0.5\n"
    "ITEM: ATOMS id type element xs ys zs\n1 2 O 0 0 0\n2 1 H 0.5 0.25 0.125\n";

const char* const lammps_log =
    "LAMMPS (22 Jul 2025)\nunits metal\nStep Temp PotEng TotEng\n   0   300  -7.5  -7.4\n"
    "   10  290.1 -7.6e0 -7.4\nLoop time of 0.1 on 1 procs\n";

const Words dump_words = {"ITEM: TIMESTEP\n",
                          "ITEM: NUMBER OF ATOMS\n",
                          "ITEM: BOX BOUNDS pp pp pp\n",
                          "ITEM: BOX BOUNDS xy xz yz pp ss fs\n",
                          "ITEM: BOX BOUNDS abc origin pp pp pp\n",
                          "ITEM: ATOMS id element x y z\n",
                          "ITEM: UNITS\n",
                          "ITEM: ",
                          "metal\n",
                          "real\n",
                          " id",
                          " type",
                          " element",
                          " x y z",
                          " xu yu zu",
                          " xs ys zs",
                          " fx fy fz",
                          " xy xz yz",
                          "Step",
                          "PotEng",
                          "H",
                          "O",
                          "Xx",
                          "\n",
                          "\r\n",
                          " "};

std::vector<train::Frame> frames_of(const std::string& path, const train::DumpOptions& options) {
  train::LammpsDump dump(path, options);
  std::vector<train::Frame> frames;
  for (train::Frame frame; dump.next(frame);) {
    train::to_extxyz(frame);
    frames.push_back(frame);
  }
  return frames;
}

}  // namespace

Target dump_target() {
  Target t;
  t.name = "dump";
  t.what = "text dumps and logs of LAMMPS (convert)";
  t.largest = std::size_t{1} << 16;
  t.samples = [] {
    std::vector<Sample> samples;
    for (const char* text : {orthogonal_dump, tilted_dump, lammps_log}) {
      samples.emplace_back(text);
    }
    return samples;
  };
  t.change = [largest = t.largest](const Sample& sample, const Sample& other, Random& random) {
    return change_bytes(sample, other, dump_words, random, largest);
  };
  t.read = [](const std::string& bytes, const std::string& folder, bool) {
    static const auto original =
        train::LammpsStructure::from_json(nlohmann::json::parse(structure_json), "sample");
    const std::string path = input_file(folder, "input.dump", bytes);
    static const train::LammpsLog log(input_file(folder, "sample.log", lammps_log));
    if (bytes.find("PotEng") != std::string::npos) {
      const train::LammpsLog changed(path);
      changed.energy(0, 2);
      changed.energy(10, 2);
      return;
    }
    train::DumpOptions plain, whole;
    plain.units = "metal";
    whole.original = &original;
    whole.log = &log;
    std::optional<Error> refused;
    for (const auto& options : {plain, whole}) {
      try {
        check_frames(frames_of(path, options));
      } catch (const Error& error) {
        refused = error;
      }
    }
    if (refused) {
      throw *refused;
    }
  };
  return t;
}

Target structure_target() {
  Target t;
  t.name = "structure";
  t.what = "structures that convert writes, reference outputs of the published code (.json)";
  t.largest = std::size_t{1} << 16;
  t.samples = [] {
    std::vector<Sample> samples;
    samples.emplace_back(structure_json);
    samples.emplace_back(source_file("tests/data/ocp/d_tiny_force_n2_he.json"));
    samples.emplace_back(source_file("tests/data/ocp/c_energy_only_n2_he.json"));
    return samples;
  };
  t.change = [largest = t.largest](const Sample& sample, const Sample& other, Random& random) {
    static const Words words = {"\"positions\"",
                                "\"cell\"",
                                "\"pbc\"",
                                "\"atomic_numbers\"",
                                "\"edges\"",
                                "\"fixed\"",
                                "\"tags\"",
                                "\"system\"",
                                "\"box\"",
                                "\"elements\"",
                                "\"basis\"",
                                "null",
                                "true",
                                "[",
                                "]",
                                "{",
                                "}",
                                ",",
                                ":",
                                "\"",
                                "[[",
                                "1e999",
                                "\"H\""};
    return change_bytes(sample, other, words, random, largest);
  };
  t.read = [](const std::string& bytes, const std::string& folder, bool) {
    train::DataSource source;
    source.path = input_file(folder, "input.json", bytes);
    nlohmann::json json;
    try {
      json = parse_json(bytes, source.path);
    } catch (const nlohmann::json::exception& error) {
      throw Error(source.path + ": " + error.what());
    }
    if (json.is_object() && json.contains("box")) {
      const auto structure = train::LammpsStructure::from_json(json, source.path);
      check_frame(structure.frame);
      structure.data_file();
      structure.include_file();
      train::DumpOptions options;
      options.original = &structure;
      for (const auto& frame : frames_of(input_file(folder, "input.dump", tilted_dump), options)) {
        check_frame(frame);
      }
      return;
    }
    train::SourceRecord record;
    const auto frame = train::read_ocp_reference(source, record);
    check_frames({frame});
    if (frame.edges) {
      for (std::size_t e = 0; e < frame.edges->source.size(); ++e) {
        const auto n = static_cast<std::int32_t>(frame.size());
        require(frame.edges->source[e] >= 0 && frame.edges->source[e] < n &&
                    frame.edges->target[e] >= 0 && frame.edges->target[e] < n,
                "an edge of an atom that is not there");
      }
    }
  };
  return t;
}

}  // namespace spinconv::fuzz
