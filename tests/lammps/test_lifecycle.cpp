// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>

#include "lammps/structures.hpp"
#include "support/occurrences.hpp"

namespace spinconv::test {
namespace {

using ::testing::HasSubstr;

const std::string energy = "run 0 post no\n" + print_value("energy", "pe");

std::string coefficients(const std::string& file) {
  return "pair_coeff * * " + file + " H C O\n";
}

double energy_of(const TemporaryFolder& folder, const LammpsBox& structure,
                 const std::string& pair) {
  return run_lammps_well(folder, setup(folder, structure, {.pair = pair}) + energy).value("energy");
}

TEST(PairSpinconv, TheLogNamesThePotentialAndWhereTheTimeWent) {
  const TemporaryFolder folder;
  const auto result =
      run_lammps_well(folder, setup(folder, triclinic_cell()) + "fix nve all nve\nrun 5\n");
  const auto& output = result.process.output;
  for (const std::string text : {"test.pt", "H C O", "cutoff 4 Angstrom", "double precision",
                                 "device cpu", "6 atoms", "edges per atom", "folded", "Edges  ",
                                 "Graph forward", "Graph backward", "6 evaluations"}) {
    EXPECT_THAT(output, HasSubstr(text));
  }
}

TEST(PairSpinconv, PairCoeffGivenAgainReplacesThePotential) {
  const TemporaryFolder folder;
  write_potential(folder, "other.pt", 2);
  const double first = energy_of(folder, triclinic_cell(), InputOptions{}.pair);
  const double other =
      energy_of(folder, triclinic_cell(), "pair_style spinconv\n" + coefficients("other.pt"));
  ASSERT_GT(std::abs(first - other), 1e-3);

  const auto both = run_lammps_well(
      folder, setup(folder, triclinic_cell()) + "run 0 post no\n" + print_value("first", "pe") +
                  coefficients("other.pt") + "run 0 post no\n" + print_value("other", "pe") +
                  coefficients("test.pt") + "run 0 post no\n" + print_value("again", "pe"));
  EXPECT_NEAR(both.value("first"), first, 1e-12);
  EXPECT_NEAR(both.value("other"), other, 1e-12);
  EXPECT_NEAR(both.value("again"), first, 1e-12);
}

TEST(PairSpinconv, PairStyleGivenAgainKeepsThePotentialAndTakesTheNewOptions) {
  const TemporaryFolder folder;
  const auto result = run_lammps_well(
      folder, setup(folder, triclinic_cell()) + "run 0 post no\n" + print_value("before", "pe") +
                  "pair_style spinconv precision single\nrun 0 post no\n" +
                  print_value("single", "pe") + "pair_style spinconv\nrun 0 post no\n" +
                  print_value("after", "pe"));
  EXPECT_NE(result.value("single"), result.value("before"));
  EXPECT_NEAR(result.value("single"), result.value("before"), 1e-4);
  EXPECT_EQ(result.value("after"), result.value("before"));  // the file is in double
}

TEST(PairSpinconv, AnotherStyleInBetweenAndClearLeaveNothingBehind) {
  const TemporaryFolder folder;
  const double expected = energy_of(folder, triclinic_cell(), InputOptions{}.pair);
  const auto result = run_lammps_well(
      folder, setup(folder, triclinic_cell()) + "run 0\npair_style lj/cut 5.0\n" +
                  "pair_coeff * * 0.01 2.0\nrun 0\n" + InputOptions{}.pair + "run 0\n" +
                  print_value("back", "pe") + "clear\n" + setup(folder, triclinic_cell()) +
                  "run 0\n" + print_value("cleared", "pe"));
  EXPECT_EQ(result.value("back"), expected);
  EXPECT_EQ(result.value("cleared"), expected);
}

TEST(PairSpinconv, ElementsAreMappedByNameAndTypesMayShareOne) {
  const TemporaryFolder folder;
  const auto structure = triclinic_cell();
  const double expected = energy_of(folder, structure, InputOptions{}.pair);

  auto renumbered = structure;
  for (auto& type : renumbered.types) {
    type = type % 3 + 1;  // H 1 -> 2, C 2 -> 3, O 3 -> 1
  }
  const auto coefficients = [](const std::string& elements) {
    return "pair_style spinconv isotopes yes\npair_coeff * * test.pt " + elements + "\n";
  };
  EXPECT_NEAR(energy_of(folder, renumbered, coefficients("O H C")), expected, 1e-12);

  auto carbon = structure;
  for (auto& type : carbon.types) {
    type = type == 3 ? 2 : type;
  }
  const double all_carbon = energy_of(folder, carbon, InputOptions{}.pair);
  EXPECT_NEAR(energy_of(folder, structure, coefficients("H C C")), all_carbon, 1e-12);
  EXPECT_GT(std::abs(all_carbon - expected), 1e-3);
}

TEST(PairSpinconv, AtomsNeedNoIds) {
  const TemporaryFolder folder;
  write_potential(folder, "test.pt");
  const auto energy_with = [&](const std::string& ids) {
    return run_lammps_well(folder,
                           "units metal\natom_modify id " + ids +
                               "\nlattice sc 2.5\nregion box block 0 2 0 2 0 2\ncreate_box 3 box\n"
                               "create_atoms 1 box\nmass 1 1.008\nmass 2 12.011\nmass 3 15.999\n" +
                               InputOptions{}.pair + "run 0\n" + print_value("energy", "pe"))
        .value("energy");
  };
  EXPECT_EQ(energy_with("no"), energy_with("yes"));
}

TEST(PairSpinconv, PotentialsAreFoundInTheFoldersOfLammpsPotentials) {
  const TemporaryFolder folder;
  const TemporaryFolder library;
  write_potential(library, "library.pt");
  const auto result =
      run_lammps_well(folder,
                      setup(folder, triclinic_cell(),
                            {.pair = "pair_style spinconv\n" + coefficients("library.pt")}) +
                          "run 0\n",
                      {.variables = {{"LAMMPS_POTENTIALS", library.path().string()}}});
  EXPECT_THAT(result.process.output, HasSubstr(library / "library.pt"));
}

TEST(PairSpinconv, FixAdaptScalesEnergyForcesAndStressTogether) {
  const TemporaryFolder folder;
  const std::string columns = "pe press fnorm";
  const auto result =
      run_lammps_well(folder, setup(folder, triclinic_cell()) + thermo(columns) +
                                  "run 0\nfix scale all adapt 1 pair spinconv scale * * v_half\n"
                                  "variable half equal 0.5\nrun 0\n");
  for (const auto& name : {"PotEng", "Press", "Fnorm"}) {
    EXPECT_NEAR(result.thermo.at(1).first(name), 0.5 * result.thermo.at(0).first(name),
                1e-12 * std::abs(result.thermo.at(0).first(name)))
        << name;
  }
}

TEST(PairSpinconv, BondedAtomsKeepTheirEdgesWhenSpecialBondsAreOne) {
  const TemporaryFolder folder;
  const double expected = energy_of(folder, triclinic_cell(), InputOptions{}.pair);
  write_bytes(folder / "bonded.data", triclinic_cell().data_file({{1, 2}, {1, 3}}));
  const auto result = run_lammps_well(
      folder,
      "units metal\natom_style bond\nspecial_bonds lj/coul 1 1 1\nread_data bonded.data\n"
      "bond_style zero\nbond_coeff *\n" +
          InputOptions{}.pair + energy);
  EXPECT_NEAR(result.value("energy"), expected, 1e-12);
}

TEST(PairSpinconv, ThePluginCanBeUnloadedAndLoadedAgain) {
  const TemporaryFolder folder;
  const std::string plugin = required_environment("LAMMPS_PLUGIN_PATH") + "/spinconvplugin.so";
  const auto result = run_lammps_well(
      folder, setup(folder, triclinic_cell()) + "run 0 post no\n" + print_value("before", "pe") +
                  "plugin unload pair spinconv\nplugin load " + plugin + "\n" +
                  InputOptions{}.pair + "run 0 post no\n" + print_value("after", "pe") +
                  "plugin unload pair spinconv\n");
  EXPECT_EQ(result.value("before"), result.value("after"));
}

const std::string paper =
    "arXiv.2106.09575\n";  // ends the line that names it in lists of citations

TEST(PairSpinconv, LammpsListsThePaperOfTheModelOnce) {
  const TemporaryFolder folder;
  // the list has it whatever becomes of the style that gave it
  const auto result = run_lammps_well(
      folder,
      setup(folder, triclinic_cell()) + "run 0\n" + "pair_style none\n" + InputOptions{}.pair +
          "run 0\n" + "clear\n" + setup(folder, triclinic_cell()) + "run 0\n",
      {.arguments = {"-cite", "papers.bib"}, .with_citations = true});
  EXPECT_EQ(occurrences(result.process.output, paper), 1);
  const std::string list = read_bytes(folder / "papers.bib");
  EXPECT_EQ(occurrences(list, paper), 1);
  EXPECT_EQ(occurrences(list, "@Misc{Shuaibi2021,"), 1);
  EXPECT_THAT(list, HasSubstr("Rotation Invariant Graph Neural Networks using Spin Convolutions"));

  const auto without = run_lammps_well(folder, setup(folder, triclinic_cell()) + "run 0\n");
  EXPECT_EQ(occurrences(without.process.output, "2106.09575"), 0);
}

TEST(PairSpinconv, TheCitationOutlivesThePlugin) {
  const TemporaryFolder folder;
  for (const int ranks : {0, 2}) {
    SCOPED_TRACE(ranks);
    // no run after it: LAMMPS writes the list when it ends
    const auto result =
        run_lammps_well(folder, setup(folder, triclinic_cell()) + "plugin unload pair spinconv\n",
                        {.ranks = ranks, .with_citations = true});
    EXPECT_EQ(occurrences(result.process.output, paper), 1);
    EXPECT_EQ(occurrences(read_bytes(folder / "log.lammps"), "@Misc{Shuaibi2021,"), 1);
  }
}

TEST(PairSpinconv, ThePluginIsNotLoadedIntoAnotherLammpsVersion) {
  const TemporaryFolder folder;
  const std::string built = required_environment("LAMMPS_PLUGIN_PATH");
  std::string library = read_bytes(built + "/spinconv_pair.so");
  // the version the plugin was compiled for, which the log of a plain run names
  const auto plain = run_lammps_well(folder, "print hello\n");
  const auto open = plain.process.output.find("LAMMPS (");
  ASSERT_NE(open, std::string::npos);
  const auto version = plain.process.output.substr(
      open + 8, plain.process.output.find_first_of("-)", open) - open - 8);
  const std::string host = version.substr(0, version.find_last_not_of(' ') + 1);
  std::string other = host;
  other.back() = other.back() == '9' ? '8' : '9';
  std::size_t replaced = 0;
  for (auto at = library.find(host); at != std::string::npos; at = library.find(host, at)) {
    library.replace(at, host.size(), other);
    ++replaced;
  }
  ASSERT_GT(replaced, 0u) << host;
  std::filesystem::create_directory(folder.path() / "plugins");
  write_bytes(folder / "plugins/spinconv_pair.so", library);
  std::filesystem::copy_file(built + "/spinconvplugin.so", folder / "plugins/spinconvplugin.so");
  const auto result =
      run_lammps(folder, setup(folder, triclinic_cell()) + "run 0\n",
                 {.variables = {{"LAMMPS_PLUGIN_PATH", (folder.path() / "plugins").string()}}});
  EXPECT_NE(result.process.exit_code, 0);
  EXPECT_FALSE(result.process.timed_out);
  EXPECT_THAT(result.process.output, HasSubstr("compiled for LAMMPS version " + other));
  EXPECT_THAT(result.process.output, HasSubstr("Compile the plugin against this LAMMPS"));
}

}  // namespace
}  // namespace spinconv::test
