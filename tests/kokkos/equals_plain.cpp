// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <algorithm>

#include "kokkos/kokkos_runs.hpp"
#include "lammps/systems.hpp"

// pair_style spinconv/kk is pair_style spinconv: for the systems, routes, settings and outputs of
// the plain style.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;

const System& slab = systems[1];

struct Potential {
  TemporaryFolder folder;
  std::string file = folder / "system.pt";

  explicit Potential(const System& system) : Potential(config_of(system)) {}
  explicit Potential(const ModelConfig& config) { write_random_potential(file, config); }
};

class KokkosIsPlain : public ::testing::TestWithParam<System> {};

INSTANTIATE_TEST_SUITE_P(Systems, KokkosIsPlain, ::testing::ValuesIn(systems_and_architectures()),
                         [](const auto& info) { return info.param.name; });

TEST_P(KokkosIsPlain, InEveryOutputOnRanksAndThreads) {
  const Potential potential(GetParam());
  const auto plain = expect_kokkos_is_plain(input_of(GetParam(), potential.file), all_ways());
  ASSERT_GT(largest_magnitude(plain.atoms.at(0), force_columns), 0.01);
}

TEST(KokkosIsPlain, InEitherSettingOfNewtonAndOfTheNeighborList) {
  const Potential potential(slab);
  std::vector<KokkosOptions> ways;
  for (const std::string package :
       {"newton on neigh half", "newton off neigh half", "newton off neigh full"}) {
    ways.push_back({.package = package});
    ways.push_back({.ranks = 2, .package = package});
  }
  expect_kokkos_is_plain(input_of(slab, potential.file), ways);
}

TEST(KokkosIsPlain, InEverySettingOfTheCommunication) {
  const Potential potential(slab);
  std::vector<KokkosOptions> ways;
  for (const std::string comm : {"device", "host", "no"}) {
    ways.push_back({.package = "comm " + comm});
    ways.push_back({.ranks = 2, .package = "comm " + comm});
    ways.push_back({.ranks = 2, .package = "comm " + comm + " newton off"});
  }
  expect_kokkos_is_plain(input_of(slab, potential.file), ways);
}

TEST(KokkosIsPlain, ByEachRouteToTheGhosts) {
  const Potential potential(slab);
  for (const std::string options : {"halo exchange", "halo deep chunk 20000", "chunk 50"}) {
    SCOPED_TRACE(options);
    expect_kokkos_is_plain(input_of(slab, potential.file, options),
                           {{}, {.ranks = 2}, {.ranks = 2, .package = "comm device"}});
  }
}

TEST(KokkosIsPlain, ForBricksAndTiles) {
  const Potential potential(slab);
  const auto expected = expect_kokkos_is_plain(input_of(slab, potential.file), {});
  for (const std::string after :
       {"comm_style tiled\nbalance 1.0 rcb\n", "balance 1.0 shift xyz 20 1.0\n"}) {
    SCOPED_TRACE(after);
    const TemporaryFolder folder;
    const auto found =
        outputs_of(folder, run_kokkos_well(folder, input_of(slab, potential.file, "", "", after),
                                           {.ranks = 3, .package = "comm device"}));
    expect_same(found, expected);
  }
}

TEST(KokkosIsPlain, ForTiltedAndThinBoxes) {
  auto tilted = thin_cell();
  tilted.xy = tilted.lx;
  tilted.yz = -tilted.ly;
  tilted.xz = -tilted.lx;
  for (const auto& structure : {thin_cell(), triclinic_cell(), tilted}) {
    const TemporaryFolder data;
    std::string input = setup(data, structure, {.before_box = "box tilt large\n"});
    input.replace(input.find("read_data "), 10, "read_data " + (data / ""));
    input.replace(input.find("* * test.pt"), 11, "* * " + (data / "test.pt"));
    expect_kokkos_is_plain(input + "run 0\n" + write_dump("atoms.dump"), one_and_two_ranks());
  }
}

TEST(KokkosIsPlain, ForRanksWithoutAtomsAndWithoutEdges) {
  const TemporaryFolder folder;
  auto structure = ethanol();
  structure.lx = 100.0;
  structure.types.push_back(3);
  structure.positions.push_back({70.0, 5.0, 5.0});
  const std::string end =
      "compute energy all pe/atom\nrun 0\n" + write_dump("atoms.dump", "id fx fy fz c_energy");
  const auto plain = outputs_of(folder, run_lammps_well(folder, setup(folder, structure) + end));
  for (const std::string package : {"comm no", "comm device"}) {
    const auto found = outputs_of(
        folder, run_kokkos_well(
                    folder, setup(folder, structure, {.before_box = "processors 4 1 1\n"}) + end,
                    {.ranks = 4, .package = package}));
    expect_same(found, plain);
  }
  const auto none = run_kokkos_well(
      folder, setup(folder, structure) + "delete_atoms group all\nrun 0\n", {.ranks = 2});
  EXPECT_EQ(none.thermo.at(0).first("PotEng"), 0.0);
}

TEST(KokkosIsPlain, ForTypesMappedToNull) {
  const System& water = systems[0];
  const Potential potential(water);
  const std::string input =
      "units metal\natom_style atomic\nread_data " + required_environment("SPINCONV_SOURCE_DIR") +
      "/" + water.data +
      " extra/atom/types 1\nmass 3 10.0\nregion slice block INF INF INF INF 0 1.5\n"
      "group others region slice\nset group others type 3\n"
      "pair_style hybrid/overlay lj/cut 5.0 spinconv precision double\n"
      "pair_coeff * * lj/cut 0.01 2.0\npair_coeff * * spinconv " +
      potential.file + " H O NULL\nneighbor 0.4 bin\n" + thermo("pe press") + "run 0\n" +
      write_dump("atoms.dump");
  expect_kokkos_is_plain(input, {{}, {.ranks = 2}, {.ranks = 2, .package = "comm device"}});
}

TEST(KokkosIsPlain, ForEveryKindOfModel) {
  auto variants = decomposed_variants();
  variants.push_back({"grid", small_grid_config()});
  for (const auto& variant : variants) {
    SCOPED_TRACE(variant.name);
    const TemporaryFolder data;
    write_random_potential(data / "test.pt", variant.config);
    // one of them has a single element for all types
    std::string pair =
        "pair_style spinconv precision double isotopes yes\npair_coeff * * " + (data / "test.pt");
    for (std::size_t type = 0; type < 3; ++type) {
      pair += " " + variant.config.elements[std::min(type, variant.config.elements.size() - 1)];
    }
    std::string input = setup(data, triclinic_cell(), {.pair = pair + "\n"});
    input.replace(input.find("read_data "), 10, "read_data " + (data / ""));
    const auto plain =
        expect_kokkos_is_plain(input + "run 0\n" + write_dump("atoms.dump"), one_and_two_ranks());
    ASSERT_GT(largest_magnitude(plain.atoms.at(0), force_columns), 1e-3);
  }
}

TEST(KokkosIsPlain, InSinglePrecisionToItsRounding) {
  auto config = small_config();
  config.l_max = config.m_max = 2;
  config.message_channels = 3;  // an odd number of floats in a row
  const Potential potential(config);
  const TemporaryFolder data;
  std::string input = setup(data, triclinic_cell(),
                            {.pair = "pair_style spinconv precision single\npair_coeff * * " +
                                     potential.file + " H C O\n"});
  input.replace(input.find("read_data "), 10, "read_data " + (data / ""));
  expect_kokkos_is_plain(input + "run 0\n" + write_dump("atoms.dump"),
                         {{}, {.ranks = 2}, {.ranks = 2, .package = "comm device"}}, 2e-5);
}

}  // namespace
}  // namespace spinconv::test
