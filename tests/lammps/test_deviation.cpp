// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "lammps/deviations.hpp"
#include "lammps/structures.hpp"
#include "support/test_models.hpp"

// The deviation of a committee, wherever it is given (out_file, compute pair, fix pair), is that of
// the configuration that thermo and dump show, however many others were evaluated in the step.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void write_small_members(const TemporaryFolder& folder) {
  auto config = small_spinconv2_config();
  config.cutoff = 3.0;
  for (int m = 0; m < 2; ++m) {
    write_random_potential(folder / ("m" + std::to_string(m) + ".pt"), config, 20 + m);
  }
}

// Random weights know no repulsion: it keeps atoms from falling into each other.
InputOptions committee(const std::string& options = "out_freq 1") {
  return {.before_box = "atom_modify map array\n",
          .pair = "pair_style hybrid/overlay lj/cut 3.0 spinconv precision double " + options +
                  "\npair_coeff * * spinconv m0.pt m1.pt H C O\npair_coeff * * lj/cut 0.05 1.6\n"};
}

struct Run {
  std::vector<Table> atoms;  // each snapshot of the dump, with its step
  std::vector<double> steps;
  Table thermo;  // of all runs
  std::vector<std::vector<double>> lines;
  std::string output;
};

std::vector<double> steps_of_dump(const std::string& path) {
  std::vector<double> steps;
  std::istringstream stream(read_bytes(path));
  for (std::string line; std::getline(stream, line);) {
    if (line == "ITEM: TIMESTEP") {
      std::getline(stream, line);
      steps.push_back(std::stod(line));
    }
  }
  return steps;
}

struct ShownWay {
  std::string name;
  std::string fixes = "";  // before the thermo output is chosen, with these columns
  std::string columns = "pe";
  std::string runs;
  bool large = false;
  bool fix_pair = true;

  friend void PrintTo(const ShownWay& w, std::ostream* out) { *out << w.name; }
};

// A cell, or 27 of them in a box that is not tilted, for fix sgcmc and fix hmc.
LammpsBox box_of(const ShownWay& way) {
  const auto cell = packed_cell();
  if (!way.large) {
    return cell;
  }
  LammpsBox box;
  box.lx = 3 * cell.lx;
  box.ly = 3 * cell.ly;
  box.lz = 3 * cell.lz;
  for (int k = 0; k < 27; ++k) {
    for (std::size_t i = 0; i < cell.types.size(); ++i) {
      const auto& p = cell.positions[i];
      box.types.push_back(cell.types[i]);
      box.positions.push_back(
          {p[0] + (k % 3) * cell.lx, p[1] + (k / 3 % 3) * cell.ly, p[2] + (k / 9) * cell.lz});
    }
  }
  return box;
}

// With outputs of every step, the columns of `way` before those of the deviation.
Run run_with_outputs(const TemporaryFolder& folder, const ShownWay& way, int ranks) {
  for (const char* file : {"run.dump", "model_devi.out"}) {
    std::filesystem::remove(folder / file);
  }
  const auto result = run_lammps_well(
      folder,
      setup(folder, box_of(way), committee()) +
          "velocity all create 300 11 loop all\n"
          "fix spread all pair 1 spinconv deviation 1\ncompute spread all pair spinconv\n"
          "dump run all custom 1 run.dump id type x y z f_spread\n"
          "dump_modify run sort id format float %.17g\n" +
          way.fixes + thermo(way.columns + " c_spread[*]") + "thermo 1\n" + way.runs,
      {.ranks = ranks});
  Run run{read_dump(folder / "run.dump"),
          steps_of_dump(folder / "run.dump"),
          {},
          read_deviations(folder / "model_devi.out"),
          result.process.output};
  for (const auto& table : result.thermo) {
    run.thermo.names = table.names;
    run.thermo.rows.insert(run.thermo.rows.end(), table.rows.begin(), table.rows.end());
  }
  return run;
}

// The same of single configurations that nothing came before.
std::vector<Run> evaluate_alone(const TemporaryFolder& folder, const LammpsBox& box,
                                const std::vector<Table>& atoms) {
  std::string input;
  for (std::size_t k = 0; k < atoms.size(); ++k) {
    LammpsBox structure = box;
    structure.types.clear();
    structure.positions.clear();
    structure.ids.clear();
    const auto& table = atoms[k];
    for (const auto& row : table.rows) {
      structure.ids.push_back(long(row[table.column_index("id")]));
      structure.types.push_back(int(row[table.column_index("type")]));
      structure.positions.push_back({row[table.column_index("x")], row[table.column_index("y")],
                                     row[table.column_index("z")]});
    }
    const std::string name = "alone" + std::to_string(k);
    for (const char* end : {".dump", ".out"}) {
      std::filesystem::remove(folder / (name + end));
    }
    input +=
        "clear\n" + setup(folder, structure, committee("out_freq 1 out_file " + name + ".out"));
    const auto data = folder / "structure.data";
    std::filesystem::rename(data, folder / (name + ".data"));
    input.replace(input.rfind("structure.data"), 14, name + ".data");
    input += "fix spread all pair 1 spinconv deviation 1\ncompute spread all pair spinconv\n" +
             thermo("pe c_spread[*]") + "run 0\n" +
             write_dump(name + ".dump", "id type x y z f_spread");
  }
  const auto result = run_lammps_well(folder, input);
  std::vector<Run> runs;
  for (std::size_t k = 0; k < atoms.size(); ++k) {
    const std::string name = "alone" + std::to_string(k);
    runs.push_back({read_dump(folder / (name + ".dump")),
                    {0},
                    result.thermo.at(k),
                    read_deviations(folder / (name + ".out")),
                    ""});
  }
  return runs;
}

// Each step of the dump: its line in the file, its row of thermo and its atoms.
void expect_deviations_of_what_is_shown(const TemporaryFolder& folder, const ShownWay& way,
                                        const Run& run) {
  ASSERT_EQ(run.steps.size(), run.atoms.size());
  ASSERT_EQ(run.lines.size(), run.steps.size());
  const auto alone = evaluate_alone(folder, box_of(way), run.atoms);
  std::set<double> largest;
  for (std::size_t k = 0; k < run.steps.size(); ++k) {
    SCOPED_TRACE("step " + std::to_string(int(run.steps[k])));
    EXPECT_EQ(run.lines[k][0], run.steps[k]);
    const auto& expected = alone[k].lines.at(0);
    for (std::size_t c = 1; c < 7; ++c) {
      EXPECT_NEAR(run.lines[k].at(c), expected.at(c), 3e-6 * expected[c] + 1e-12) << "column " << c;
    }
    largest.insert(expected[4]);
    const auto steps = run.thermo.column("Step");
    const auto row =
        std::size_t(std::find(steps.begin(), steps.end(), run.steps[k]) - steps.begin());
    ASSERT_LT(row, steps.size());
    EXPECT_NEAR(run.thermo.column("PotEng")[row], alone[k].thermo.first("PotEng"), 1e-8);
    for (const std::string name : {"c_spread[1]", "c_spread[2]", "c_spread[3]"}) {
      EXPECT_NEAR(run.thermo.column(name)[row], alone[k].thermo.first(name), 1e-9) << name;
    }
    EXPECT_LT(largest_difference(run.atoms[k], alone[k].atoms.at(0), {"id", "type"}), 0.5);
    if (way.fix_pair) {
      EXPECT_LT(largest_difference(run.atoms[k], alone[k].atoms.at(0), {"f_spread"}), 1e-9);
    }
  }
  EXPECT_GT(largest.size(), 2u) << "nothing has moved";
}

class DeviationOf : public ::testing::TestWithParam<ShownWay> {};

const std::string nve = "fix nve all nve\n";

const std::vector<ShownWay> all_ways = {
    {.name = "Dynamics", .fixes = nve, .runs = "run 4\nrun 3\n"},
    // fix pair knows nothing of run_style respa
    {.name = "MultipleTimesteps",
     .fixes = nve,
     .runs = "run_style respa 2 2 pair 2\nrun 4\n",
     .fix_pair = false},
    {.name = "MinimizationByCg", .runs = "min_style cg\nminimize 0 0 6 1000\n"},
    {.name = "MinimizationBySd", .runs = "min_style sd\nminimize 0 0 6 1000\n"},
    {.name = "MinimizationByHftn", .runs = "min_style hftn\nminimize 0 0 4 1000\n"},
    {.name = "MinimizationByFire", .runs = "min_style fire\nminimize 0 0 8 1000\n"},
    {.name = "MinimizationThatConverges", .runs = "min_style cg\nminimize 1e-6 0 100 1000\n"},
    {.name = "MinimizationAndDynamics",
     .fixes = nve,
     .runs = "minimize 0 0 3 100\nrun 3\nminimize 0 0 3 100\n"},
    {.name = "GrandCanonicalMoves",
     .fixes = nve + "timestep 0.00005\nfix mc all gcmc 1 4 4 1 35771 4e4 -8.0 0.6 full_energy "
                    "overlap_cutoff 1.0\n"
                    "compute_modify thermo_temp dynamic/dof yes\n",
     .columns = "pe f_mc[3] f_mc[4] f_mc[5] f_mc[6]",
     .runs = "run 12\n"},
    {.name = "AtomSwaps",
     .fixes = nve + "fix mc all atom/swap 1 3 35771 2e3 ke no types 1 2\n",
     .columns = "pe f_mc[1] f_mc[2]",
     .runs = "run 10\n"},
    {.name = "SemiGrandCanonicalFlips",
     .fixes = nve + "fix mc all sgcmc 2 0.02 5e3 0.1 0.2 randseed 4711\nneigh_modify every 1 delay "
                    "0 check no\n",
     .columns = "pe f_mc[1] f_mc[2]",
     .runs = "run 4\n",
     .large = true},
    {.name = "HybridMonteCarlo",
     .fixes = nve + "timestep 0.004\nfix mc all hmc 2 35771 900\n",
     .columns = "pe f_mc[1] f_mc[2]",
     .runs = "run 16\n",
     .large = true},
    {.name = "PerturbedEnergies",
     .fixes =
         nve + "variable more equal 0.5\ncompute fep all fep 300 pair spinconv scale * * v_more\n",
     .columns = "pe c_fep[1]",
     .runs = "run 4\n"},
    {.name = "NumericalForces",
     .fixes = nve + "fix forces all numdiff 2 1e-4\n",
     .runs = "run 4\n"},
};

INSTANTIATE_TEST_SUITE_P(Commands, DeviationOf, ::testing::ValuesIn(all_ways),
                         [](const auto& info) { return info.param.name; });

TEST_P(DeviationOf, EachStepIsThatOfWhatThermoAndDumpShow) {
  const TemporaryFolder folder;
  write_small_members(folder);
  const auto run = run_with_outputs(folder, GetParam(), 0);
  expect_deviations_of_what_is_shown(folder, GetParam(), run);
  if (GetParam().name == "HybridMonteCarlo") {
    // both ends of a trajectory were there
    const auto accepted = run.thermo.last("f_mc[1]"), attempted = run.thermo.last("f_mc[2]");
    EXPECT_GT(accepted, 0.0);
    EXPECT_LT(accepted, attempted);
  }
}

TEST(PairSpinconvDeviation, OfMonteCarloMovesAndMinimizationOnTwoRanks) {
  const TemporaryFolder folder;
  write_small_members(folder);
  for (const auto& way : all_ways) {
    if (way.name == "GrandCanonicalMoves" || way.name == "MinimizationByCg") {
      SCOPED_TRACE(way.name);
      expect_deviations_of_what_is_shown(folder, way, run_with_outputs(folder, way, 2));
    }
  }
}

TEST(PairSpinconvDeviation, OfTheSameStepInTheNextRunIsWrittenWhereTheAtomsAreOthers) {
  const TemporaryFolder folder;
  write_small_members(folder);
  const auto lines_of = [&](const std::string& runs) {
    run_lammps_well(folder, setup(folder, packed_cell(), committee()) + runs);
    return read_deviations(folder / "model_devi.out");
  };
  EXPECT_EQ(lines_of("run 0\nrun 0\nfix nve all nve\nrun 1\nrun 1\n").size(), 3u);
  const auto moved = lines_of("run 0\ndisplace_atoms all random 0.1 0.1 0.1 5\nrun 0\n");
  ASSERT_EQ(moved.size(), 2u);
  EXPECT_EQ(moved[1][0], 0.0);
  EXPECT_NE(moved[1][4], moved[0][4]);
}

TEST(PairSpinconvDeviation, LeavesNoTraceForOnePotential) {
  const TemporaryFolder folder;
  write_small_members(folder);
  const auto base = setup(folder, packed_cell(),
                          {.pair = "pair_style spinconv\npair_coeff * * m0.pt m1.pt H C O\n"});
  const auto result =
      run_lammps_well(folder, base +
                                  "run 0\ninfo fixes\npair_coeff * * m0.pt H C O\nrun 0\n"
                                  "print AFTERWARDS\ninfo fixes\n");
  const auto& log = result.process.output;
  const auto at = log.rfind("AFTERWARDS");
  EXPECT_THAT(log.substr(0, at), HasSubstr("SPINCONV/DEVIATION"));
  EXPECT_THAT(log.substr(at), Not(HasSubstr("SPINCONV/DEVIATION")));
}

// At set-up, and on all ranks.
TEST(PairSpinconvDeviation, WhoseFileCannotBeWrittenIsAnErrorThatNamesIt) {
  const TemporaryFolder folder;
  write_small_members(folder);
  for (const int ranks : {0, 2}) {
    for (const auto& [file, why] :
         {std::pair<std::string, std::string>{"/dev/full", "No space left"},
          {"nowhere/devi.out", "No such file"}}) {
      SCOPED_TRACE(file);
      const auto result =
          run_lammps(folder,
                     setup(folder, packed_cell(), committee("out_freq 100 out_file " + file)) +
                         "fix nve all nve\nthermo 1\nrun 5\n",
                     {.ranks = ranks});
      EXPECT_FALSE(result.process.timed_out);
      EXPECT_NE(result.process.exit_code, 0);
      EXPECT_THAT(result.process.output, HasSubstr("ERROR: Pair style spinconv"));
      EXPECT_THAT(result.process.output,
                  HasSubstr("cannot write the file " + file + " of option out_file: " + why));
      EXPECT_THAT(result.process.output,
                  Not(HasSubstr("Per MPI rank memory")));  // no step was made
    }
  }
}

TEST(PairSpinconvDeviation, OfTwoCommitteesInOneFileIsRefused) {
  const TemporaryFolder folder;
  write_small_members(folder);
  const auto result =
      run_lammps(folder, setup(folder, packed_cell(),
                               {.pair = "pair_style hybrid/overlay spinconv spinconv\n"
                                        "pair_coeff * * spinconv 1 m0.pt m1.pt H C O\n"
                                        "pair_coeff * * spinconv 2 m1.pt m0.pt H C O\n"}) +
                             "run 0\n");
  EXPECT_NE(result.process.exit_code, 0);
  EXPECT_THAT(result.process.output,
              HasSubstr("two committees would write to the same file model_devi.out"));
}

}  // namespace
}  // namespace spinconv::test
