// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "lammps/predictions.hpp"
#include "lammps/structures.hpp"
#include "support/test_models.hpp"

// Potentials whose forces are not a gradient, and those that were imported from published
// checkpoints.
namespace spinconv::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string published(const std::string& name) {
  return required_environment("SPINCONV_SOURCE_DIR") + "/tests/data/ocp/" + name;
}

void run_trainer(const TemporaryFolder& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), required_environment("SPINCONV_TRAIN_EXE"));
  const auto result = run_process(arguments, folder.path());
  ASSERT_EQ(result.exit_code, 0) << result.output;
}

// Commands up to the pair style for the data file that 'spinconv-train convert' wrote.
std::string setup_converted(const std::string& boundary,
                            const std::string& data = "structure.data") {
  return "units metal\natom_style atomic\nboundary " + boundary + "\nread_data " + data +
         "\ninclude " + data +
         ".in\npair_style spinconv precision double\npair_coeff * * model.pt ${elements}\n"
         "neighbor 0.5 bin\n";
}

const std::string dump_with_elements =
    "write_dump all custom forces.dump id element x y z fx fy fz modify sort id element "
    "${elements} format float %.17g\n";

struct Reference {
  double energy = 0.0;
  std::vector<std::vector<double>> forces;  // none: of an energy-only model
};

Reference read_reference(const std::string& file) {
  std::ifstream in(file);
  const auto output = nlohmann::json::parse(in).at("outputs").at("float64_pole0");
  Reference r;
  r.energy = output.at("energy_denormalised").get<double>();
  if (output.contains("forces_denormalised") && !output["forces_denormalised"].is_null()) {
    output["forces_denormalised"].get_to(r.forces);
  }
  return r;
}

class PublishedModel : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Checkpoints, PublishedModel,
                         ::testing::Values("c_energy_only", "d_tiny_force", "d2_tiny_grad",
                                           "e_sph_force", "f_mixed"),
                         [](const auto& info) { return info.param; });

// Where the reference is in LAMMPS's orientation: direct forces of the reference have random
// rotations of each atom, so that their energies alone can be compared.
TEST_P(PublishedModel, GivesTheReferenceOnOneTwoAndFourRanks) {
  const TemporaryFolder folder;
  run_trainer(folder, {"import-ocp", published(GetParam() + ".pt"), "model.pt"});
  std::vector<std::string> systems, inputs;
  std::vector<Reference> references;
  for (const std::string system : {"water_dimer", "ethanol", "n2_he"}) {
    const auto file = published(GetParam() + "_" + system + ".json");
    if (!std::filesystem::exists(file)) {
      continue;
    }
    run_trainer(folder, {"convert", file, system + ".data"});
    systems.push_back(system);
    references.push_back(read_reference(file));
    inputs.push_back(setup_converted("s s s", system + ".data") + thermo("pe") + "run 0\n" +
                     write_dump("forces.dump"));
  }
  for (const int ranks : {0, 2, 4}) {
    const auto results = run_each_well(folder, inputs, {.ranks = ranks});
    const auto forces = read_dump(folder / "forces.dump");
    for (std::size_t k = 0; k < systems.size(); ++k) {
      SCOPED_TRACE(systems[k] + ", ranks " + std::to_string(ranks));
      EXPECT_NEAR(results[k].thermo.at(0).first("PotEng"), references[k].energy, 1e-9);
      if (GetParam() != "d2_tiny_grad") {
        continue;
      }
      ASSERT_EQ(forces.at(k).rows.size(), references[k].forces.size());
      for (std::size_t i = 0; i < references[k].forces.size(); ++i) {
        for (std::size_t axis = 0; axis < 3; ++axis) {
          EXPECT_NEAR(forces[k].column(force_columns[axis])[i], references[k].forces[i][axis],
                      1e-9);
        }
      }
    }
    std::filesystem::remove(folder / "forces.dump");
  }
}

// The energy of an atom is its own, whether others are near, far or not there at all; on ranks
// without atoms too.
TEST_P(PublishedModel, TakesAnIsolatedAtomAndNone) {
  const TemporaryFolder folder;
  run_trainer(folder, {"import-ocp", published(GetParam() + ".pt"), "model.pt"});
  const auto input = [&](const std::string& atoms, const std::string& commands = "") {
    return "units metal\natom_style atomic\nboundary f f f\n"
           "region box block 0 60 0 20 0 20\ncreate_box 2 box\nmass 1 14.007\nmass 2 4.0026\n" +
           atoms +
           "pair_style spinconv precision double\npair_coeff * * model.pt N He\n"
           "compute energy all pe/atom\n" +
           commands + thermo("pe") + "run 0\n" + write_dump("atoms", "id fx fy fz c_energy");
  };
  const std::string isolated = "create_atoms 2 single 50 10 10\n";
  const std::string molecule =
      "create_atoms 1 single 5 10 10\ncreate_atoms 1 single 5.1 10.2 11.1\n";
  write_bytes(folder / "isolated.extxyz", "1\nProperties=species:S:1:pos:R:3 energy=0\nHe 0 0 0\n");
  run_trainer(folder, {"evaluate", "model.pt", "isolated.extxyz", "--precision", "double",
                       "--predictions", "predictions.extxyz"});
  const double of_trainer = read_predictions(folder / "predictions.extxyz").at(0).energy;
  const bool direct = GetParam()[0] == 'e' || GetParam()[0] == 'f' || GetParam() == "d_tiny_force";
  for (const int ranks : {0, 3}) {
    SCOPED_TRACE(ranks);
    std::filesystem::remove(folder / "atoms");
    const auto results = run_each_well(
        folder,
        {input(molecule + isolated), input(isolated), input(isolated, "delete_atoms group all\n")},
        {.ranks = ranks});
    const auto alone = results.at(1).thermo.at(0).first("PotEng");
    const auto none = results.at(2).thermo.at(0).first("PotEng");
    const auto atoms = read_dump(folder / "atoms");
    const double energy = atoms.at(0).column("c_energy").at(2);
    EXPECT_NEAR(atoms.at(1).column("c_energy").at(0), energy, 1e-11);
    EXPECT_GT(std::abs(energy), 1e-3);
    for (const auto& axis : force_columns) {
      EXPECT_NEAR(atoms.at(1).column(axis).at(0), atoms.at(0).column(axis).at(2), 1e-11);
      if (!direct) {
        EXPECT_EQ(atoms.at(1).column(axis).at(0), 0.0);
      }
    }
    EXPECT_NEAR(of_trainer, alone, 1e-11);
    // the published models have an energy that belongs to no atom
    EXPECT_NEAR(alone - energy, none, 1e-11);
  }
}

// A real slab with neighbors left out (max_neighbors): its cell is turned into LAMMPS's, which
// changes a published energy a little, so spinconv-train evaluates the turned structure.
TEST_P(PublishedModel, AgreesWithTheTrainerOnASlab) {
  const TemporaryFolder folder;
  run_trainer(folder, {"import-ocp", published(GetParam() + ".pt"), "model.pt"});
  run_trainer(folder, {"convert", published(GetParam() + "_oc20_slab.json"), "structure.data"});
  // the deep halo of a cutoff of 6 Angstrom would be some gigabytes
  const std::vector<int> rank_counts = GetParam() == "f_mixed" ? std::vector{0, 2} : std::vector{0};
  for (const int ranks : rank_counts) {
    SCOPED_TRACE(ranks);
    std::filesystem::remove(folder / "forces.dump");
    const auto result = run_lammps_well(
        folder, setup_converted("p p p") + thermo("pe") + "run 0\n" + dump_with_elements,
        {.ranks = ranks});
    run_trainer(folder, {"convert", "forces.dump", "turned.extxyz", "--units", "metal"});
    run_trainer(folder, {"evaluate", "model.pt", "turned.extxyz", "--precision", "double",
                         "--predictions", "predictions.extxyz", "--json", "errors.json"});
    const auto prediction = read_predictions(folder / "predictions.extxyz").at(0);
    EXPECT_NEAR(result.thermo.at(0).first("PotEng"), prediction.energy, 1e-9);
    std::ifstream in(folder / "errors.json");
    const auto errors = nlohmann::json::parse(in);
    EXPECT_LT(errors.at("force_max_error_ev_a").get<double>(), 1e-9);
  }
}

TEST(PairSpinconvPublished, TellsWhatSuchAModelIsNot) {
  const TemporaryFolder folder;
  const auto log_of = [&](const std::string& name) {
    run_trainer(folder, {"import-ocp", published(name + ".pt"), "model.pt"});
    run_trainer(folder, {"convert", published(name + "_water_dimer.json"), "structure.data"});
    return run_lammps_well(folder, setup_converted("s s s") + "run 0\n").process.output;
  };
  EXPECT_THAT(log_of("d2_tiny_grad"),
              AllOf(HasSubstr("model.pt are an estimate at fixed directions of edges"),
                    HasSubstr("energy and forces of model.pt jump")));
  EXPECT_THAT(log_of("d_tiny_force"),
              AllOf(HasSubstr("forces of model.pt are not the gradient of its energy"),
                    HasSubstr("energy and forces of model.pt jump")));
}

// Random weights, H C O, of the kind that `change` makes.
template <class Change>
void write_variant(const TemporaryFolder& folder, ModelConfig config, const Change& change) {
  change(config);
  write_random_potential(folder / "test.pt", config);
}

TEST(PairSpinconvDirectForces, AreThoseOfOneRankOnMore) {
  for (const int rotations : {1, 5, 24}) {
    SCOPED_TRACE(rotations);
    const TemporaryFolder folder;
    write_variant(folder, small_config(), [&](ModelConfig& c) {
      c.forces = "direct";
      c.force_rotations = rotations;
    });
    std::vector<Table> forces;
    for (const int ranks : {0, 2, 4}) {
      std::vector<std::string> inputs;
      for (const std::string newton : {"on", "off"}) {
        inputs.push_back(setup(folder, packed_cell(), {.before_box = "newton " + newton + "\n"}) +
                         thermo("pe press") + "run 0\n" +
                         write_dump("forces." + std::to_string(ranks)));
      }
      for (const auto& result : run_each_well(folder, inputs, {.ranks = ranks})) {
        EXPECT_EQ(result.thermo.at(0).first("Press"), 0.0);  // no kinetic part, no virial
      }
      for (auto& table : read_dump(folder / ("forces." + std::to_string(ranks)))) {
        forces.push_back(std::move(table));
        EXPECT_LT(largest_difference(forces.back(), forces.front(), force_columns), 1e-11);
      }
    }
    ASSERT_EQ(forces.size(), 6u);
    EXPECT_GT(largest_magnitude(forces.front(), force_columns), 1e-3);
  }
}

TEST(PairSpinconvDirectForces, AreRefusedWhereAVirialIsNeeded) {
  const TemporaryFolder folder;
  write_variant(folder, small_config(), [](ModelConfig& c) { c.forces = "direct"; });
  const auto refusal = [&](const std::string& commands) {
    const auto result = run_lammps(folder, setup(folder, packed_cell()) + commands, {.ranks = 2});
    EXPECT_NE(result.process.exit_code, 0);
    EXPECT_FALSE(result.process.timed_out);
    return result.process.output;
  };
  EXPECT_THAT(refusal("compute s all stress/atom NULL virial\ncompute t all reduce sum c_s[1]\n"
                      "thermo_style custom step c_t\nrun 0\n"),
              HasSubstr("has no virial of atoms: remove compute stress/atom"));
  EXPECT_THAT(
      refusal("velocity all create 100 5\nfix b all npt temp 100 100 0.1 iso 0 0 1\nrun 2\n"),
      HasSubstr("has no virial, by which fix npt changes the box"));
}

TEST(PairSpinconvGrid, NeedsADeepHaloOnMoreRanks) {
  const TemporaryFolder folder;
  write_variant(folder, small_grid_config(), [](ModelConfig&) {});
  const auto with = [&](const std::string& options) {
    return setup(folder, packed_cell(), {.pair = pair_commands(options)});
  };
  const auto refused = run_lammps(folder, with("halo exchange") + "run 0\n", {.ranks = 2});
  EXPECT_NE(refused.process.exit_code, 0);
  EXPECT_THAT(refused.process.output, HasSubstr("use halo auto or deep"));
  const auto chunked = run_lammps(folder, with("chunk 100") + "run 0\n");
  EXPECT_THAT(chunked.process.output, HasSubstr("leave chunk out"));
  std::vector<Table> forces;
  for (const int ranks : {0, 2, 3}) {
    const auto file = "forces." + std::to_string(ranks) + ".dump";
    const auto result =
        run_lammps_well(folder, with("") + "run 0\n" + write_dump(file), {.ranks = ranks});
    EXPECT_THAT(result.process.output, ranks > 0 ? HasSubstr("in a halo of 3 cutoffs")
                                                 : HasSubstr("folded onto their owners"));
    forces.push_back(read_dump(folder / file).back());
    EXPECT_LT(largest_difference(forces.back(), forces.front(), force_columns), 1e-9);
  }
  EXPECT_GT(largest_magnitude(forces.front(), force_columns), 1e-3);
}

}  // namespace
}  // namespace spinconv::test
