// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "data/neighbors.hpp"
#include "data/ocp_reference.hpp"
#include "import/ocp_conversion.hpp"
#include "spinconv/pickle.hpp"
#include "support/error_text.hpp"
#include "support/temporary_folder.hpp"
#include "train/trainer_support.hpp"
#include "trainer/predictor.hpp"

// Published checkpoints: the same energies and forces as the published code's, file by file.
namespace spinconv::train::test {
namespace {

namespace core = spinconv::test;
namespace fs = std::filesystem;
using core::error_of;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string data(const std::string& name) {
  return core::environment("SPINCONV_SOURCE_DIR") + "/tests/data/ocp/" + name;
}

struct Difference {
  double energy = 0.0, force = 0.0;  // relative to 1 + |E|, eV; eV/Angstrom
};

// Of a potential in double precision from what a file of reference outputs says.
Difference difference(const Model& model, const std::string& file, const std::string& key = "") {
  DataSource source;
  source.path = file;
  source.keys.energy = key;
  SourceRecord record;
  const Frame frame = read_ocp_reference(source, record);
  const PreparedFrame prepared = prepare_frame(frame, model.config());
  const Frame* const f = &frame;
  const PreparedFrame* const p = &prepared;
  Difference d;
  Predictor predictor(model, nullptr);
  evaluate_frames(predictor, {&f, 1}, {&p, 1}, [&](std::size_t, const FramePrediction& found) {
    d.energy = std::abs(found.energy - *frame.energy) / (1.0 + std::abs(*frame.energy));
    for (std::size_t k = 0; k < frame.forces.size(); ++k) {
      d.force = std::max(d.force, std::abs(found.forces[k] - frame.forces[k]));
    }
  });
  return d;
}

Model imported(const std::string& checkpoint, const OcpConversion& options = {}) {
  Potential potential = convert_ocp(OcpCheckpoint::read(checkpoint), options);
  for (auto& p : potential.model.parameters()) {
    p.set_requires_grad(false);
  }
  return std::move(potential.model);
}

class ImportOcpOf : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Checkpoints, ImportOcpOf,
                         ::testing::Values("c_energy_only", "d_tiny_force", "d2_tiny_grad",
                                           "e_sph_force", "f_mixed"),
                         [](const auto& info) { return info.param; });

TEST_P(ImportOcpOf, GivesTheEnergiesAndForcesOfThePublishedCode) {
  const Model model = imported(data(GetParam() + ".pt"));
  for (const char* system : {"water_dimer", "ethanol", "n2_he", "cu111_co", "oc20_slab"}) {
    const auto file = data(GetParam() + "_" + system + ".json");
    if (!fs::exists(file)) {
      continue;  // an isolated atom crashes the published code of some
    }
    const auto d = difference(model, file);
    EXPECT_LT(d.energy, 1e-11) << file;
    EXPECT_LT(d.force, 1e-10) << file;
  }
}

TEST(ImportOcp, TheLargeCheckpointAgreesWhereItIsThere) {
  const std::string folder = core::environment("SPINCONV_REFERENCE_DIR");
  if (folder.empty()) {
    GTEST_SKIP() << "set SPINCONV_REFERENCE_DIR to a folder with a_full_force/checkpoint.pt";
  }
  const Model model = imported(folder + "/a_full_force/checkpoint.pt");
  for (const char* system : {"water_dimer", "ethanol", "cu111_co", "oc20_slab"}) {
    const auto d = difference(model, folder + "/a_full_force/" + system + ".json");
    EXPECT_LT(d.energy, 1e-11) << system;
    EXPECT_LT(d.force, 1e-10) << system;
  }
}

TEST(ImportOcp, GradientForcesAreTheExactDerivativeOfThePublishedEnergy) {
  OcpConversion options;
  options.forces = "gradient";
  const Model model = imported(data("d2_tiny_grad.pt"), options);
  for (const char* system : {"water_dimer", "ethanol", "n2_he", "oc20_slab"}) {
    const auto d =
        difference(model, data(std::string("d2_tiny_grad_") + system + ".json"), "full_gradient");
    EXPECT_LT(d.force, 1e-10) << system;
  }
}

TEST(ImportOcp, FewerElementsGiveTheSameNumbers) {
  OcpConversion options;
  options.elements = {"O", "H"};
  const Model model = imported(data("d_tiny_force.pt"), options);
  EXPECT_EQ(model.config().elements, options.elements);
  const auto d = difference(model, data("d_tiny_force_water_dimer.json"));
  EXPECT_LT(d.energy, 1e-12);
  EXPECT_LT(d.force, 1e-12);
  options.elements = {"Og"};
  EXPECT_THAT(error_of([&] { imported(data("d_tiny_force.pt"), options); }), HasSubstr("Og"));
}

// Neighbors are chosen as each version of the published code chose them.
TEST(ImportOcp, GraphsOfOlderVersionsAreThose) {
  for (const std::string name : {"d_tiny_force", "f_mixed"}) {
    const Model model = imported(data(name + ".pt"));
    std::ifstream in(data(name + "_oc20_slab_graphs.json"));
    const auto json = nlohmann::json::parse(in);
    DataSource source;
    source.path = data(name + "_oc20_slab.json");
    SourceRecord record;
    Frame frame = read_ocp_reference(source, record);
    const ListedEdges last = *frame.edges;
    frame.edges.reset();
    const NeighborEdges all = build_edges(frame, model.config().cutoff);
    using Edge = std::array<long, 5>;
    const auto as_set = [&](const NeighborEdges& edges) {
      std::set<Edge> set;
      for (std::size_t e = 0; e < edges.size(); ++e) {
        const auto v = &edges.vectors[3 * e];
        set.insert({edges.source[e], edges.target[e], std::lround(1e6 * v[0]),
                    std::lround(1e6 * v[1]), std::lround(1e6 * v[2])});
      }
      return set;
    };
    const auto listed = [&](const ListedEdges& edges) {
      NeighborEdges result;
      for (std::size_t e = 0; e < edges.source.size(); ++e) {
        result.source.push_back(edges.source[e]);
        result.target.push_back(edges.target[e]);
        for (int d = 0; d < 3; ++d) {
          double x =
              frame.positions[3 * edges.target[e] + d] - frame.positions[3 * edges.source[e] + d];
          for (int k = 0; k < 3; ++k) {
            x -= edges.shift[e][k] * frame.cell[3 * k + d];
          }
          result.vectors.push_back(x);
        }
      }
      return as_set(result);
    };
    const int count = model.config().max_neighbors;
    EXPECT_EQ(as_set(select_ocp_edges(frame, all, count, OcpGraph::last)), listed(last)) << name;
    for (const std::string version : {"v003", "lmdb50"}) {
      ListedEdges edges;
      for (const auto& e : json["variants"][version]["edges"]) {
        edges.source.push_back(e[0]);
        edges.target.push_back(e[1]);
        edges.shift.push_back({e[2], e[3], e[4]});
      }
      EXPECT_EQ(as_set(select_ocp_edges(frame, all, count, ocp_graph(version))), listed(edges))
          << name << " " << version;
      frame.edges = edges;
      const PreparedFrame prepared = prepare_frame(frame, model.config());
      const Frame* const f = &frame;
      const PreparedFrame* const p = &prepared;
      Predictor predictor(model, nullptr);
      evaluate_frames(predictor, {&f, 1}, {&p, 1}, [&](std::size_t, const FramePrediction& found) {
        EXPECT_NEAR(found.energy,
                    json["variants"][version]["outputs"]["energy_denormalised"].get<double>(),
                    1e-9);
      });
      frame.edges.reset();
    }
  }
  EXPECT_THAT(error_of([] { ocp_graph("lmdb5"); }), HasSubstr("lmdb50"));
}

TEST(ImportOcp, TheCommandImportsEvaluatesAndWarns) {
  const core::TemporaryFolder folder;
  const std::string exe = core::environment("SPINCONV_TRAIN_EXE");
  const auto import =
      core::run_command({exe, "import-ocp", data("d_tiny_force.pt"), folder / "x.pt"});
  ASSERT_EQ(import.exit_code, 0) << import.output;
  EXPECT_THAT(import.output, AllOf(HasSubstr("not the gradient"), HasSubstr("force-centric"),
                                   HasSubstr("2.88732")));
  for (const char* system : {"water_dimer", "oc20_slab"}) {
    const auto evaluation = core::run_command(
        {exe, "--threads", "1", "evaluate", "--potential", folder / "x.pt", "--data",
         data(std::string("d_tiny_force_") + system + ".json"), "--json", folder / "out.json"});
    ASSERT_EQ(evaluation.exit_code, 0) << evaluation.output;
    std::ifstream in(folder / "out.json");
    const auto json = nlohmann::json::parse(in);
    EXPECT_LT(json["energy_mae_ev"].get<double>(), 1e-9);
    EXPECT_LT(json["force_max_error_ev_a"].get<double>(), 1e-9);
  }
}

TEST(ImportOcp, WhatIsNoCheckpointIsRefusedWithACure) {
  const core::TemporaryFolder folder;
  const auto refusal = [&](const std::string& bytes) {
    core::write_bytes(folder / "x.pt", bytes);
    return error_of([&] { OcpCheckpoint::read(folder / "x.pt"); });
  };
  EXPECT_THAT(error_of([&] { OcpCheckpoint::read(folder / "none.pt"); }),
              HasSubstr("does not exist"));
  EXPECT_THAT(error_of([&] { OcpCheckpoint::read(folder.path()); }), HasSubstr("is a folder"));
  EXPECT_THAT(refusal(""), HasSubstr("empty"));
  EXPECT_THAT(refusal("hello world"), HasSubstr("not a checkpoint"));
  EXPECT_THAT(refusal(std::string("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15)),
              AllOf(HasSubstr("before 1.6"), HasSubstr("torch.save(torch.load")));
  const std::string whole = core::read_bytes(data("d2_tiny_grad.pt"));
  for (const double share : {0.05, 0.5, 0.99}) {
    EXPECT_THAT(refusal(whole.substr(0, static_cast<std::size_t>(share * double(whole.size())))),
                HasSubstr("x.pt"));
  }
  core::write_random_potential(folder / "potential.pt", core::small_config());
  EXPECT_THAT(error_of([&] { OcpCheckpoint::read(folder / "potential.pt"); }),
              HasSubstr("TorchScript"));
}

// A byte of the pickle that is wrong gives an error or another value, never a crash.
TEST(ImportOcp, DamagedPicklesAreErrors) {
  const std::string good(
      "\x80\x02}q\x00(X\x01\x00\x00\x00"
      "aq\x01K\x05X\x01\x00\x00\x00"
      "bq\x02]q\x03(G?\xf0\x00\x00\x00\x00\x00\x00\x88N\x8a\x02\xff\x7f"
      "eX\x01\x00\x00\x00"
      "cccollections\nOrderedDict\nq\x04)Rq\x05X\x01\x00\x00\x00kK\x01su.",
      92);
  const auto value = pickle::parse(good, "good");
  ASSERT_NE(value->find("a"), nullptr);
  EXPECT_EQ(value->find("a")->integer, 5);
  ASSERT_EQ(value->find("b")->items.size(), 4u);
  EXPECT_EQ(value->find("b")->items[0]->real, 1.0);
  EXPECT_EQ(value->find("b")->items[3]->integer, 32767);
  EXPECT_EQ(value->find("c")->find("k")->integer, 1);
  int errors = 0;
  for (std::size_t k = 0; k < good.size(); ++k) {
    for (const int flip : {0x01, 0x10, 0x80, 0xff}) {
      std::string bad = good;
      bad[k] = static_cast<char>(bad[k] ^ flip);
      try {
        pickle::parse(bad, "bad");
      } catch (const Error& e) {
        EXPECT_THAT(e.what(), HasSubstr("bad"));
        ++errors;
      }
    }
    EXPECT_THAT(error_of([&] { pickle::parse(good.substr(0, k), "cut"); }), HasSubstr("cut"));
  }
  EXPECT_GT(errors, 50);
}

// Values may hold each other, themselves and any number of others.
TEST(ImportOcp, PicklesOfAnyDepthAreReadAndFreed) {
  constexpr std::size_t depth = 500000;
  const auto value = pickle::parse(
      "\x80\x02" + std::string(depth, ']') + std::string(depth - 1, 'a') + ".", "deep");
  ASSERT_EQ(value->items.size(), 1u);
  EXPECT_EQ(value->items[0]->items.size(), 1u);
  const auto ring = pickle::parse(std::string("\x80\x02]q\x00h\x00"
                                              "a.",
                                              9),
                                  "ring");
  ASSERT_EQ(ring->items.size(), 1u);
  EXPECT_EQ(ring->items[0], ring.get());
}

}  // namespace
}  // namespace spinconv::train::test
