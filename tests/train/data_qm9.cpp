// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/qm9.hpp"

#include <cmath>

#include "data/dataset.hpp"
#include "data/target.hpp"
#include "data/units.hpp"
#include "train/data_support.hpp"

namespace spinconv::train {
namespace {

using test::content_of;
using test::DataTest;
using test::error_of;
using test::sample;
using ::testing::AllOf;
using ::testing::HasSubstr;

const double hartree = energy_unit_in_ev("Hartree");

class Qm9Test : public DataTest {
 protected:
  std::vector<Frame> read(const std::string& path, const std::string& target,
                          const std::string& energy_unit = "") {
    DataSource source = test::source_of(path, energy_unit);
    source.target = named_target(target, "test");
    return read_frames(source, &record);
  }
  std::string error_with(const std::string& path, const std::string& target) {
    return error_of([&] { read(path, target); });
  }

  SourceRecord record;
};

TEST_F(Qm9Test, MoleculesOfDifferentSizesLieEndToEndInTheNpz) {
  const auto frames = read(sample("qm9_16.npz"), "alpha");
  ASSERT_EQ(frames.size(), 16u);
  EXPECT_EQ(frames[0].size(), 6u);
  EXPECT_EQ(frames[1].size(), 9u);
  EXPECT_EQ(frames[0].atomic_numbers, (std::vector<int>{6, 8, 1, 1, 1, 1}));  // methanol
  EXPECT_FLOAT_EQ(static_cast<float>(frames[0].positions[1]), 1.3904698f);
  EXPECT_EQ(frames[0].energy, 16.97);
  EXPECT_TRUE(frames[0].forces.empty());
  EXPECT_FALSE(frames[0].pbc[0]);
  EXPECT_THAT(record.text(), AllOf(HasSubstr("target: alpha (bohr^3) from alpha"),
                                   HasSubstr("Hartree"), HasSubstr("not read: mu homo")));
  EXPECT_THAT(summarize(frames).text(named_target("alpha", "")),
              AllOf(HasSubstr("alpha: all"), HasSubstr("bohr^3")));
}

TEST_F(Qm9Test, EveryPropertyHasItsUnit) {
  const auto value = [&](const std::string& name) {
    return *read(sample("qm9_16.npz"), name)[3].energy;  // number 32 of QM9
  };
  EXPECT_DOUBLE_EQ(value("homo"), -0.2683 * hartree);
  EXPECT_DOUBLE_EQ(value("gap"), 0.2855 * hartree);
  EXPECT_DOUBLE_EQ(value("U0"), -188.042067 * hartree);
  EXPECT_DOUBLE_EQ(value("zpve"), 0.063305 * hartree);
  EXPECT_DOUBLE_EQ(value("mu"), 4.4361);
  EXPECT_DOUBLE_EQ(value("Cv"), 14.488);
  EXPECT_DOUBLE_EQ(value("r2"), 295.6635);
  for (const auto& name : qm9_target_names()) {
    EXPECT_NO_THROW(value(name)) << name;
    const auto shown = shown_unit(*qm9_target(name));
    EXPECT_EQ(shown.factor, qm9_target(name)->unit == "eV" ? 1e3 : 1.0);
  }
  EXPECT_EQ(qm9_target_names().size(), 12u);
}

TEST_F(Qm9Test, ExtendedXyzHasTheSameNumbersOnceItsUnitIsSaid) {
  const auto npz = read(sample("qm9_16.npz"), "homo");
  const auto xyz = read(sample("qm9_3.extxyz"), "homo", "Hartree");
  EXPECT_EQ(xyz[0].energy, npz[3].energy);
  EXPECT_EQ(xyz[0].atomic_numbers, npz[3].atomic_numbers);
  EXPECT_EQ(read(sample("qm9_3.extxyz"), "mu")[0].energy, 4.4361);
  EXPECT_THAT(error_with(sample("qm9_3.extxyz"), "homo"),
              AllOf(HasSubstr("Hartree"), HasSubstr("units: {energy: Hartree}")));
  DataSource source = test::source_of(sample("qm9_3.extxyz"));
  source.target = {"rotation", "GHz", "A"};
  EXPECT_EQ(read_frames(source)[0].energy, 32.19893);
  source.target.key = "AA";
  EXPECT_THAT(error_of([&] { read_frames(source); }), AllOf(HasSubstr("'AA'"), HasSubstr("A, B")));
}

TEST_F(Qm9Test, TheOriginalTextIsRead) {
  auto frames = read(sample("qm9_methane.xyz"), "Cv");
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].atomic_numbers, (std::vector<int>{6, 1, 1, 1, 1}));
  EXPECT_EQ(frames[0].positions[4], -0.0060313176);
  EXPECT_EQ(frames[0].energy, 6.469);
  EXPECT_EQ(record.format, "QM9 text");
  const std::string text = content_of(sample("qm9_methane.xyz"));
  // several molecules in one file, and the powers of ten of Mathematica
  std::string changed = text;
  changed.replace(changed.find("0.002150416"), 11, "2.1504*^-6");
  frames = read(write("two.xyz", text + changed), "U0");
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_DOUBLE_EQ(*frames[1].energy, -40.47893 * hartree);
  EXPECT_EQ(frames[1].positions[3], 2.1504e-6);
  EXPECT_EQ(frames[1].source, path("two.xyz") + ":1");
}

TEST_F(Qm9Test, DamagedTextIsNamedByItsLine) {
  const std::string text = content_of(sample("qm9_methane.xyz"));
  const auto error_of_text = [&](const std::string& content) {
    return error_with(write("a.xyz", content), "mu");
  };
  for (std::size_t end = text.find("gdb") + 150; end < text.find("InChI"); end += 40) {
    EXPECT_THAT(error_of_text(text.substr(0, end)), HasSubstr("a.xyz:")) << end;
  }
  auto other = text;
  other.replace(other.find("1.4637511618"), 12, "1.46x7511618");
  EXPECT_THAT(error_of_text(other), AllOf(HasSubstr("a.xyz:5"), HasSubstr("1.46x7511618")));
  other = text;
  other.replace(other.find("\nH"), 2, "\nQq");
  EXPECT_THAT(error_of_text(other), HasSubstr("a.xyz:4"));
  EXPECT_THAT(error_of_text(text + "many\n"), AllOf(HasSubstr("a.xyz:11"), HasSubstr("'many'")));
}

TEST_F(Qm9Test, APropertyHasToBeNamedAndBeThere) {
  EXPECT_THAT(error_with(sample("qm9_16.npz"), "energy"),
              AllOf(HasSubstr("data.target"), HasSubstr("alpha gap homo lumo")));
  EXPECT_THAT(error_with(sample("qm9_16.npz"), "alhpa"), HasSubstr("did you mean 'alpha'"));
  DataSource source = test::source_of(sample("qm9_16.npz"));
  source.keys.energy = "u0";
  EXPECT_THAT(error_of([&] { read_frames(source); }), HasSubstr("did you mean"));
  source.keys.energy = "U0";  // an energy after all
  EXPECT_DOUBLE_EQ(*read_frames(source)[3].energy, -188.042067 * hartree);
}

TEST_F(Qm9Test, ArraysThatDoNotFitAreNamed) {
  const auto member = [](const std::string& name, const std::string& bytes) {
    return std::pair{name + ".npy", bytes};
  };
  const auto write_arrays = [&](std::int64_t second, std::size_t labels, std::int64_t z, double x) {
    test::write_zip(path("q.npz"),
                    {member("n_atoms", test::npy<std::int64_t>("<i8", "(2,)", {1, second})),
                     member("z", test::npy<std::int64_t>("<i8", "(3,)", {1, 6, z})),
                     member("R", test::npy<double>("<f8", "(3, 3)", {0, 0, 0, 1, 1, 1, x, 2, 2})),
                     member("mu", test::npy<double>("<f8", "(" + std::to_string(labels) + ",)",
                                                    std::vector<double>(labels, 1.0)))});
  };
  const auto error_of_arrays = [&](std::int64_t second, std::size_t labels, std::int64_t z,
                                   double x = 0.5) {
    write_arrays(second, labels, z, x);
    return error_with(path("q.npz"), "mu");
  };
  write_arrays(2, 2, 8, 0.5);
  EXPECT_NO_THROW(read(path("q.npz"), "mu"));
  EXPECT_THAT(error_of_arrays(3, 2, 8), AllOf(HasSubstr("array 'z'"), HasSubstr("(4,)")));
  EXPECT_THAT(error_of_arrays(0, 2, 8), HasSubstr("0 atoms"));
  EXPECT_THAT(error_of_arrays(2, 3, 8), AllOf(HasSubstr("array 'mu'"), HasSubstr("(3,)")));
  EXPECT_THAT(error_of_arrays(2, 2, 0), HasSubstr("element 2 is 0"));
  EXPECT_THAT(error_of_arrays(2, 2, 8, NAN), HasSubstr("molecule 1"));
}

TEST_F(Qm9Test, ForcesOfTheEnergyAreNoLabelsOfAnotherTarget) {
  DataSource source = test::source_of(sample("ethanol_methanol_4.extxyz"));
  source.target = {"something", "e", "energy"};
  const auto frames = read_frames(source);
  EXPECT_TRUE(frames[0].forces.empty());
  EXPECT_EQ(frames[0].energy, -3142.2563665078364);
  source = test::source_of(sample("rmd17_ethanol_20.npz"));
  source.target = {"something", "e", "E"};
  EXPECT_TRUE(read_frames(source)[0].forces.empty());
}

// The sample's array 'units' says "...; homo,lumo,gap,zpve,U0,U,H,G Hartree; ...".
TEST_F(Qm9Test, TheUnitsThatAFileSaysAreItsUnits) {
  EXPECT_THAT(error_of([&] { read(sample("qm9_16.npz"), "homo", "eV"); }),
              AllOf(HasSubstr("array 'units' says Hartree"), HasSubstr("'eV'")));
  EXPECT_EQ(read(sample("qm9_16.npz"), "alpha", "eV")[0].energy, 16.97);  // no energy
  const auto member = [](const std::string& name, const std::string& bytes) {
    return std::pair{name + ".npy", bytes};
  };
  const auto with_unit = [&](const std::string& array, const std::string& unit) {
    std::string text(unit);
    test::write_zip(path("q.npz"),
                    {member("n_atoms", test::npy<std::int64_t>("<i8", "(1,)", {1})),
                     member("z", test::npy<std::int64_t>("<i8", "(1,)", {1})),
                     member("R", test::npy<double>("<f8", "(1, 3)", {0, 0, 0})),
                     member("gap", test::npy<double>("<f8", "(1,)", {0.5})),
                     member(array, test::npy<char>("|S" + std::to_string(text.size()), "()",
                                                   std::vector<char>(text.begin(), text.end())))});
    return path("q.npz");
  };
  EXPECT_EQ(read(with_unit("e_unit", "eV"), "gap")[0].energy, 0.5);
  EXPECT_EQ(read(with_unit("units", "gap,homo eV; mu D"), "gap")[0].energy, 0.5);
  EXPECT_EQ(read(with_unit("units", "homo eV; mu D"), "gap")[0].energy, 0.5 * hartree);
  EXPECT_THAT(error_of([&] { read(with_unit("e_unit", "quux"), "gap"); }), HasSubstr("quux"));
  EXPECT_NO_THROW(read(with_unit("r_unit", "Bohr"), "gap"));
}

}  // namespace
}  // namespace spinconv::train
