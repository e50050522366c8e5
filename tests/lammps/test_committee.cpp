// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>

#include "lammps/deviations.hpp"
#include "lammps/structures.hpp"
#include "support/test_models.hpp"

// Several potentials in one pair_coeff: their mean, and how far they are from each other.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;

constexpr int members = 3;

void write_members(const TemporaryFolder& folder) {
  for (int m = 0; m < members; ++m) {
    auto config = small_spinconv2_config();
    config.cutoff = m == 2 ? 3.5 : 4.0;  // they need not agree on it
    write_random_potential(folder / ("m" + std::to_string(m) + ".pt"), config, 10 + m);
  }
}

const std::string outputs =
    "compute pressure all pressure NULL virial\n"
    "compute energy all pe/atom\n" +
    thermo("pe c_pressure[*]");
const std::string dump_columns = "id type x y z fx fy fz c_energy";

InputOptions pair_of(const std::string& files, const std::string& options = "") {
  return {.pair = pair_commands(options, "H C O", files)};
}

struct Output {
  Table thermo, atoms;
};

Output run_members(const TemporaryFolder& folder, const std::string& files, int ranks,
                   const std::string& commands = "") {
  std::filesystem::remove(folder / "atoms.dump");
  const auto result =
      run_lammps_well(folder,
                      setup(folder, triclinic_cell(), pair_of(files, "out_freq 1")) + outputs +
                          commands + "run 0\n" + write_dump("atoms.dump", dump_columns),
                      {.ranks = ranks});
  return {result.thermo.at(0), read_dump(folder / "atoms.dump").at(0)};
}

TEST(PairSpinconvCommittee, IsTheMeanOfItsMembersAndWritesTheirSpread) {
  const TemporaryFolder folder;
  write_members(folder);
  std::vector<Output> single;
  for (int m = 0; m < members; ++m) {
    single.push_back(run_members(folder, "m" + std::to_string(m) + ".pt", 0));
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "model_devi.out"));

  for (const int ranks : {1, 2}) {
    SCOPED_TRACE(ranks);
    const auto both = run_members(folder, "m0.pt m1.pt m2.pt", ranks);
    for (const auto& name : both.thermo.names) {
      double mean = 0.0;
      for (const auto& s : single) {
        mean += s.thermo.first(name) / members;
      }
      EXPECT_NEAR(both.thermo.first(name), mean, 1e-11 * (1.0 + std::abs(mean))) << name;
    }
    const std::size_t n = both.atoms.rows.size();
    std::vector<double> deviation(n, 0.0);
    for (const std::string name : {"fx", "fy", "fz", "c_energy"}) {
      for (std::size_t i = 0; i < n; ++i) {
        double mean = 0.0;
        for (const auto& s : single) {
          mean += s.atoms.column(name).at(i) / members;
        }
        EXPECT_NEAR(both.atoms.column(name).at(i), mean, 1e-11);
        if (name != "c_energy") {
          for (const auto& s : single) {
            deviation[i] += std::pow(s.atoms.column(name).at(i) - mean, 2) / members;
          }
        }
      }
    }
    double largest = 0.0, smallest = 1e9, sum = 0.0;
    for (auto& d : deviation) {
      d = std::sqrt(d);
      largest = std::max(largest, d);
      smallest = std::min(smallest, d);
      sum += d;
    }
    // virial, xx yy zz and twice each of xy xz yz, for each atom
    const double to_ev = triclinic_cell().volume() / nktv2p / double(n);
    double most = 0.0, least = 1e9, squares = 0.0;
    for (int c = 1; c <= 6; ++c) {
      const std::string name = "c_pressure[" + std::to_string(c) + "]";
      double mean = 0.0, spread = 0.0;
      for (const auto& s : single) {
        mean += s.thermo.first(name) / members;
      }
      for (const auto& s : single) {
        spread += std::pow((s.thermo.first(name) - mean) * to_ev, 2) / members;
      }
      most = std::max(most, std::sqrt(spread));
      least = std::min(least, std::sqrt(spread));
      squares += spread * (c > 3 ? 2 : 1) / 9.0;
    }
    const auto lines = read_deviations(folder / "model_devi.out");
    ASSERT_EQ(lines.size(), 1u);
    const std::vector<double> expected = {0,       most,     least,          std::sqrt(squares),
                                          largest, smallest, sum / double(n)};
    ASSERT_EQ(lines[0].size(), expected.size());
    ASSERT_GT(largest, 2 * smallest);
    for (std::size_t k = 0; k < expected.size(); ++k) {
      EXPECT_NEAR(lines[0][k], expected[k], 1e-6 * (1e-3 + expected[k])) << k;
    }
  }
  EXPECT_THAT(read_bytes(folder / "model_devi.out"),
              HasSubstr("max_devi_v         min_devi_v         avg_devi_v         max_devi_f"));
}

TEST(PairSpinconvCommittee, GivesTheSpreadOfEachAtomToOtherCommands) {
  const TemporaryFolder folder;
  write_members(folder);
  for (const int ranks : {0, 2}) {
    std::filesystem::remove(folder / "spread.dump");
    const auto result = run_lammps_well(
        folder,
        setup(folder, triclinic_cell(), pair_of("m0.pt m1.pt m2.pt", "out_freq 2 out_file a.out")) +
            "fix spread all pair 1 spinconv deviation 1\n"
            "compute spread all pair spinconv\n"
            "compute most all reduce max f_spread\ncompute least all reduce min f_spread\n"
            "compute mean all reduce ave f_spread\n" +
            thermo("pe c_spread[*] c_most c_mean c_least") + "fix nve all nve\nthermo 1\nrun 4\n" +
            write_dump("spread.dump", "id f_spread"),
        {.ranks = ranks});
    const auto& table = result.thermo.at(0);
    ASSERT_EQ(table.rows.size(), 5u);
    for (std::size_t step = 1; step < 5; ++step) {
      EXPECT_GT(table.column("c_most").at(step), 1e-3);
      for (const auto& [pair, reduced] : std::map<std::string, std::string>{
               {"c_spread[1]", "c_most"}, {"c_spread[2]", "c_mean"}, {"c_spread[3]", "c_least"}}) {
        EXPECT_NEAR(table.column(pair).at(step), table.column(reduced).at(step), 1e-12) << pair;
      }
    }
    const auto lines = read_deviations(folder / "a.out");
    ASSERT_EQ(lines.size(), 3u);  // steps 0, 2, 4
    EXPECT_EQ(lines[1][0], 2.0);
    EXPECT_NEAR(lines[2][4], table.column("c_most").at(4), 1e-6);
    EXPECT_EQ(read_dump(folder / "spread.dump").at(0).rows.size(), 6u);
  }
}

TEST(PairSpinconvCommittee, OfOneFileTwiceHasNoSpreadAndMayWriteNothing) {
  const TemporaryFolder folder;
  write_members(folder);
  const auto twice = run_members(folder, "m0.pt m0.pt", 0);
  const auto once = run_members(folder, "m0.pt", 0);
  EXPECT_NEAR(twice.thermo.first("PotEng"), once.thermo.first("PotEng"), 1e-12);
  EXPECT_EQ(read_deviations(folder / "model_devi.out").at(0).at(4), 0.0);
  std::filesystem::remove(folder / "model_devi.out");
  run_lammps_well(
      folder, setup(folder, triclinic_cell(), pair_of("m0.pt m1.pt", "out_freq 0")) + "run 0\n");
  EXPECT_FALSE(std::filesystem::exists(folder / "model_devi.out"));
}

TEST(PairSpinconvCommittee, OfEachReplicaWritesAFileOfItsOwn) {
  const TemporaryFolder folder;
  write_members(folder);
  run_lammps_well(folder,
                  setup(folder, triclinic_cell(), pair_of("m0.pt m1.pt", "out_freq 1")) + "run 0\n",
                  {.arguments = {"-partition", "2x1"}, .ranks = 2});
  for (const std::string name : {"model_devi.out.0", "model_devi.out.1"}) {
    EXPECT_EQ(read_deviations(folder / name).size(), 1u) << name;
  }
}

}  // namespace
}  // namespace spinconv::test
