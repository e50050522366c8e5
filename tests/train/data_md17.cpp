// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/md17.hpp"

#include <cmath>
#include <limits>

#include "train/data_support.hpp"

namespace spinconv::train {
namespace {

using test::DataTest;
using test::error_of;
using test::npy;
using test::sample;
using test::source_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kcal_per_mol = 0.0433641042;  // eV
const double nan = std::numeric_limits<double>::quiet_NaN();

using Members = std::vector<std::pair<std::string, std::string>>;

std::string text(const std::string& value) {
  return npy<char>("|S" + std::to_string(value.size()), "()", {value.begin(), value.end()});
}

class Md17Test : public DataTest {
 protected:
  // Two frames of H2 with the members that are given instead of, or besides, the usual ones.
  std::string h2(const Members& changes = {}, const std::string& without = "") {
    Members members = {
        {"z.npy", npy<std::uint8_t>("|u1", "(2,)", {1, 1})},
        {"R.npy", npy<double>("<f8", "(2, 2, 3)", {0, 0, 0, 0, 0, 0.7, 0, 0, 0, 0, 0, 0.8})},
        {"E.npy", npy<double>("<f8", "(2, 1)", {-10, -20})},
        {"F.npy", npy<double>("<f8", "(2, 2, 3)", {0, 0, 1, 0, 0, -1, 0, 0, 2, 0, 0, -2})},
        {"e_unit.npy", text("kcal/mol")},
        {"r_unit.npy", text("Ang")}};
    for (const auto& change : changes) {
      std::erase_if(members, [&](const auto& member) { return member.first == change.first; });
      members.push_back(change);
    }
    std::erase_if(members, [&](const auto& member) { return member.first == without + ".npy"; });
    test::write_zip(path("h2.npz"), members);
    return path("h2.npz");
  }

  std::vector<Frame> read(const DataSource& source) {
    record = SourceRecord();
    return read_md17(source, record);
  }

  SourceRecord record;
};

TEST_F(Md17Test, ReadsRealEthanolInElectronvolts) {
  const auto frames = read(source_of(sample("rmd17_ethanol_20.npz")));
  ASSERT_EQ(frames.size(), 20u);
  EXPECT_THAT(frames[19].atomic_numbers, ElementsAre(6, 6, 8, 1, 1, 1, 1, 1, 1));
  ASSERT_TRUE(frames[0].energy);
  // PBE/def2-SVP ethanol is at -4209.6 eV
  EXPECT_NEAR(*frames[0].energy, -4209.6, 0.6);
  ASSERT_EQ(frames[0].forces.size(), 27u);
  double sum = 0.0;
  double largest = 0.0;
  for (std::size_t i = 2; i < 27; i += 3) {
    sum += frames[0].forces[i];
    largest = std::max(largest, std::abs(frames[0].forces[i]));
  }
  EXPECT_NEAR(sum, 0.0, 1e-6);
  EXPECT_GT(largest, 0.1);
  EXPECT_EQ(record.energy_key, "E");
  EXPECT_EQ(record.units_from, "file");
  EXPECT_THAT(record.not_read, ElementsAre("name", "theory", "old_indices"));
}

TEST_F(Md17Test, ReadsTheSameFramesFromBothKeyConventions) {
  const auto md17 = read(source_of(sample("rmd17_ethanol_20.npz")));
  const auto rmd17 = read(source_of(sample("rmd17_ethanol_20_native.npz"), "kcal/mol", "Ang"));
  EXPECT_EQ(record.energy_key, "energies");
  EXPECT_EQ(record.forces_key, "forces");
  EXPECT_EQ(record.units_from, "configuration");
  ASSERT_EQ(md17.size(), rmd17.size());
  for (std::size_t f = 0; f < md17.size(); ++f) {
    EXPECT_EQ(md17[f].atomic_numbers, rmd17[f].atomic_numbers);
    EXPECT_EQ(md17[f].positions, rmd17[f].positions);
    EXPECT_EQ(md17[f].energy, rmd17[f].energy);
    EXPECT_EQ(md17[f].forces, rmd17[f].forces);
  }
}

TEST_F(Md17Test, ReadsOtherLabelsWhenTheyAreNamed) {
  auto source = source_of(sample("rmd17_ethanol_20_native.npz"), "kcal/mol", "Ang");
  const auto revised = read(source);
  source.keys.energy = "old_energies";
  source.keys.forces = "old_forces";
  const auto original = read(source);
  EXPECT_EQ(record.energy_key, "old_energies");
  // other basis set and dispersion: another level of energy
  EXPECT_GT(std::abs(*original[0].energy - *revised[0].energy), 1.0);
  EXPECT_NE(original[0].forces, revised[0].forces);
  source.keys.energy = "old_energy";
  EXPECT_THAT(error_of([&] { read(source); }),
              AllOf(HasSubstr("keys: energy"), HasSubstr("did you mean 'old_energies'?")));
}

TEST_F(Md17Test, RefusesAFileWithoutUnitsAndNamesTheConfigurationKey) {
  EXPECT_THAT(error_of([&] { read(source_of(sample("rmd17_ethanol_20_native.npz"))); }),
              AllOf(HasSubstr("rmd17_ethanol_20_native.npz"), HasSubstr("unit of energy"),
                    HasSubstr("units: {energy: kcal/mol, length: Ang}")));
  EXPECT_THAT(error_of([&] { read(source_of(h2({}, "r_unit"), "kcal/mol")); }),
              HasSubstr("unit of length"));
}

TEST_F(Md17Test, RefusesUnitsThatContradictTheFile) {
  EXPECT_THAT(error_of([&] { read(source_of(h2(), "eV")); }),
              AllOf(HasSubstr("'kcal/mol'"), HasSubstr("'eV'"), HasSubstr("remove")));
  // another name of the same unit is no contradiction
  EXPECT_NO_THROW(read(source_of(h2(), "kcal/mol", "Angstrom")));
}

TEST_F(Md17Test, ConvertsEnergyLengthAndForce) {
  const auto frames = read(source_of(h2({{"r_unit.npy", text("Bohr")}})));
  constexpr double bohr = 0.529177210903;
  EXPECT_NEAR(*frames[1].energy, -20 * kcal_per_mol, 1e-8);
  EXPECT_NEAR(frames[1].positions[5], 0.8 * bohr, 1e-12);
  EXPECT_NEAR(frames[1].forces[5], -2 * kcal_per_mol / bohr, 1e-8);
}

TEST_F(Md17Test, TakesAtomicNumbersOfEachFrame) {
  const auto frames =
      read(source_of(h2({{"z.npy", npy<std::int64_t>("<i8", "(2, 2)", {1, 1, 1, 9})}})));
  EXPECT_THAT(frames[0].atomic_numbers, ElementsAre(1, 1));
  EXPECT_THAT(frames[1].atomic_numbers, ElementsAre(1, 9));
}

TEST_F(Md17Test, TreatsMissingAndNanLabelsAsMissing) {
  const auto bare = read(source_of(h2({}, "F")));
  EXPECT_THAT(bare[0].forces, IsEmpty());
  EXPECT_EQ(record.forces_key, "");
  const auto partly = read(
      source_of(h2({{"E.npy", npy<double>("<f8", "(2,)", {nan, -20})},
                    {"F.npy", npy<double>("<f8", "(2, 2, 3)",
                                          {0, 0, 1, 0, 0, -1, nan, nan, nan, nan, nan, nan})}})));
  EXPECT_FALSE(partly[0].energy);
  EXPECT_TRUE(partly[1].energy);
  EXPECT_EQ(partly[0].forces.size(), 6u);
  EXPECT_THAT(partly[1].forces, IsEmpty());
}

TEST_F(Md17Test, RefusesForcesThatAreNanInPart) {
  const auto file =
      h2({{"F.npy", npy<double>("<f8", "(2, 2, 3)", {0, 0, 1, 0, 0, nan, 0, 0, 2, 0, 0, -2})}});
  EXPECT_THAT(error_of([&] { read(source_of(file)); }),
              AllOf(HasSubstr("array 'F'"), HasSubstr("frame 0")));
}

TEST_F(Md17Test, RefusesPositionsThatAreNotFinite) {
  const auto file =
      h2({{"R.npy", npy<double>("<f8", "(2, 2, 3)", {0, 0, 0, 0, 0, 0.7, 0, 0, 0, 0, nan, 0.8})}});
  EXPECT_THAT(error_of([&] { read(source_of(file)); }),
              AllOf(HasSubstr("array 'R'"), HasSubstr("frame 1"), HasSubstr("atom 1")));
}

TEST_F(Md17Test, ReadsTheLatticeAsColumns) {
  const auto frames = read(
      source_of(h2({{"lattice.npy", npy<double>("<f8", "(3, 3)", {4, 1, 0, 0, 5, 0, 0, 0, 6})}})));
  EXPECT_THAT(frames[0].cell, ElementsAre(4, 0, 0, 1, 5, 0, 0, 0, 6));
  EXPECT_TRUE(frames[0].pbc[0] && frames[0].pbc[1] && frames[0].pbc[2]);
}

TEST_F(Md17Test, NamesTheArrayWhoseShapeDoesNotFit) {
  const auto error_with = [&](const std::string& name, const std::string& bytes) {
    return error_of([&] { read(source_of(h2({{name + ".npy", bytes}}))); });
  };
  EXPECT_THAT(error_with("z", npy<std::uint8_t>("|u1", "(3,)", {1, 1, 1})),
              AllOf(HasSubstr("array 'z'"), HasSubstr("(3,)"), HasSubstr("(2,)")));
  EXPECT_THAT(error_with("R", npy<double>("<f8", "(4, 3)", std::vector<double>(12))),
              AllOf(HasSubstr("array 'R'"), HasSubstr("(frames, atoms, 3)")));
  EXPECT_THAT(error_with("E", npy<double>("<f8", "(3,)", {1, 2, 3})), HasSubstr("array 'E'"));
  EXPECT_THAT(error_with("F", npy<double>("<f8", "(2, 3)", std::vector<double>(6))),
              HasSubstr("array 'F'"));
  EXPECT_THAT(error_with("z", npy<std::uint8_t>("|u1", "(2,)", {1, 0})),
              AllOf(HasSubstr("array 'z'"), HasSubstr("not an atomic number")));
}

TEST_F(Md17Test, NamesWhatIsMissingAndWhatIsThere) {
  EXPECT_THAT(error_of([&] { read(source_of(h2({}, "R"))); }),
              AllOf(HasSubstr("no positions"), HasSubstr("'coords'"), HasSubstr("z, E, F")));
}

TEST_F(Md17Test, RefusesAnSgdmlModelFile) {
  EXPECT_THAT(error_of([&] {
                read(source_of(h2({{"type.npy", text("m")}})));
              }),
              AllOf(HasSubstr("type 'm'"), HasSubstr("not a data set")));
}

TEST_F(Md17Test, RefusesAnUnknownUnitInTheFile) {
  EXPECT_THAT(error_of([&] {
                read(source_of(h2({{"e_unit.npy", text("Kcal/Mol")}})));
              }),
              AllOf(HasSubstr("array 'e_unit'"), HasSubstr("did you mean 'kcal/mol'?")));
}

TEST_F(Md17Test, ACellUnderAnotherNameIsNotPassedBy) {
  for (const char* name : {"cell.npy", "pbc.npy", "Lattice.npy"}) {
    const auto error = error_of([&] {
      read(source_of(h2({{name, npy<double>("<f8", "(3, 3)", {4, 0, 0, 0, 5, 0, 0, 0, 6})}})));
    });
    EXPECT_THAT(error, AllOf(HasSubstr("looks like a cell"), HasSubstr("'lattice'"))) << name;
  }
  // no cell
  read(source_of(h2({{"pbc.npy", npy<double>("<f8", "(3,)", {0, 0, 0})}})));
  EXPECT_THAT(error_of([&] {
                read(source_of(h2(
                    {{"lattice.npy", npy<double>("<f8", "(3, 3)", {4, 0, 0, 0, 5, 0, 0, 0, 0})}})));
              }),
              AllOf(HasSubstr("array 'lattice'"), HasSubstr("vector c is zero")));
}

}  // namespace
}  // namespace spinconv::train
