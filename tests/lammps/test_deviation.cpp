// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>

#include "lammps/deviations.hpp"
#include "lammps/structures.hpp"
#include "support/test_models.hpp"

// The deviation of a committee, wherever it is given (out_file, compute pair, fix pair), is that of the
// configuration that thermo and dump show, however many others were evaluated in the step.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void write_members(const TemporaryFolder& folder) {
  for (int m = 0; m < 2; ++m) {
    testing::write_random_potential(folder / ("m" + std::to_string(m) + ".pt"),
                                    testing::small_config(), 20 + m);
  }
}

// Random weights know no repulsion: it keeps atoms from falling into each other.
InputOptions committee(const std::string& options = "out_freq 1") {
  return {.before_box = "atom_modify map array\n",
          .pair = "pair_style hybrid/overlay lj/cut 4.0 spinconv precision double " + options +
                  "\npair_coeff * * spinconv m0.pt m1.pt H C O\npair_coeff * * lj/cut 0.05 1.6\n"};
}

const std::string outputs =
    "fix spread all pair 1 spinconv deviation 1\ncompute spread all pair spinconv\n"
    "variable moved equal ${start_pe}-pe\n"
    "thermo 1\n";

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

// `commands` with outputs of every step. `columns` come before those of the deviation.
Run run_with_outputs(const TemporaryFolder& folder, const Structure& structure,
                     const std::string& commands, const std::string& columns = "pe", int ranks = 0) {
  for (const char* file : {"run.dump", "model_devi.out"}) {
    std::filesystem::remove(folder / file);
  }
  const auto result = run_lammps_well(
      folder,
      setup(folder, structure, committee()) +
          "velocity all create 300 11 loop all\n"
          "fix spread all pair 1 spinconv deviation 1\ncompute spread all pair spinconv\n"
          "dump run all custom 1 run.dump id type x y z f_spread\n"
          "dump_modify run sort id format float %.17g\n" +
          commands.substr(0, commands.find("RUN")) + thermo(columns + " c_spread[*]") + "thermo 1\n" +
          commands.substr(commands.find("RUN") + 4),
      {.ranks = ranks});
  Run run{read_dump(folder / "run.dump"), steps_of_dump(folder / "run.dump"), {},
          read_deviations(folder / "model_devi.out"), result.process.output};
  for (const auto& table : result.thermo) {
    run.thermo.names = table.names;
    run.thermo.rows.insert(run.thermo.rows.end(), table.rows.begin(), table.rows.end());
  }
  return run;
}

// The same of single configurations that nothing came before.
std::vector<Run> evaluate_alone(const TemporaryFolder& folder, const Structure& box,
                                const std::vector<Table>& atoms) {
  std::string input;
  for (std::size_t k = 0; k < atoms.size(); ++k) {
    Structure structure = box;
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
    input += "clear\n" + setup(folder, structure, committee("out_freq 1 out_file " + name + ".out"));
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
    runs.push_back({read_dump(folder / (name + ".dump")), {0}, result.thermo.at(k),
                    read_deviations(folder / (name + ".out")), ""});
  }
  return runs;
}

// Each step of the dump: its line in the file, its row of thermo and its atoms.
void expect_deviations_of_what_is_shown(const TemporaryFolder& folder, const Structure& box,
                                        const Run& run) {
  ASSERT_EQ(run.steps.size(), run.atoms.size());
  ASSERT_EQ(run.lines.size(), run.steps.size());
  const auto alone = evaluate_alone(folder, box, run.atoms);
  std::set<double> largest;
  for (std::size_t k = 0; k < run.steps.size(); ++k) {
    SCOPED_TRACE("step " + std::to_string(int(run.steps[k])));
    EXPECT_EQ(run.lines[k][0], run.steps[k]);
    const auto& expected = alone[k].lines.at(0);
    for (std::size_t c = 1; c < 7; ++c) {
      EXPECT_NEAR(run.lines[k].at(c), expected.at(c), 3e-6 * expected[c] + 1e-12) << "column " << c;
    }
    largest.insert(expected[4]);
    const auto at = std::find(run.thermo.column("Step").begin(), run.thermo.column("Step").end(),
                              run.steps[k]);
    (void)at;
    std::size_t row = 0;
    while (row < run.thermo.rows.size() && run.thermo.column("Step")[row] != run.steps[k]) {
      ++row;
    }
    ASSERT_LT(row, run.thermo.rows.size());
    EXPECT_NEAR(run.thermo.column("PotEng")[row], alone[k].thermo.first("PotEng"), 1e-8);
    for (const std::string name : {"c_spread[1]", "c_spread[2]", "c_spread[3]"}) {
      EXPECT_NEAR(run.thermo.column(name)[row], alone[k].thermo.first(name), 1e-9) << name;
    }
    EXPECT_LT(largest_difference(run.atoms[k], alone[k].atoms.at(0), {"id", "type", "f_spread"}), 1e-9);
  }
  EXPECT_GT(largest.size(), 2u) << "nothing has moved";
}

struct Way {
  std::string name, commands;  // up to RUN, which is where the thermo output is chosen
  std::string columns = "pe";
  std::string must_have = "";  // in the output: something happened
  friend void PrintTo(const Way& w, std::ostream* out) { *out << w.name; }
};

class DeviationOf : public ::testing::TestWithParam<Way> {};

const std::vector<Way> all_ways = {
    {"Dynamics", "fix nve all nve\nRUN\nrun 4\nrun 3\n"},
    {"MultipleTimesteps",
     "fix nve all nve\nRUN\nrun_style respa 2 2 pair 2\nrun 4\n"},
    {"Rerun",
     "fix nve all nve\nRUN\nrun 4\n"},
    {"MinimizationByCg", "RUN\nmin_style cg\nminimize 0 0 6 1000\n"},
    {"MinimizationBySd", "RUN\nmin_style sd\nminimize 0 0 6 1000\n"},
    {"MinimizationByHftn", "RUN\nmin_style hftn\nminimize 0 0 4 1000\n"},
    {"MinimizationByFire", "RUN\nmin_style fire\nminimize 0 0 8 1000\n"},
    {"MinimizationThatConverges", "RUN\nmin_style cg\nminimize 1e-3 0 100 1000\n"},
    {"MinimizationAndDynamics",
     "fix nve all nve\nRUN\nminimize 0 0 3 100\nrun 3\nminimize 0 0 3 100\n"},
    {"GrandCanonicalMoves",
     "fix nve all nve\nfix mc all gcmc 1 4 4 1 35771 4e4 -8.0 0.6 full_energy overlap_cutoff 1.0\n"
     "compute_modify thermo_temp dynamic/dof yes\nRUN\nrun 12\n",
     "pe f_mc[3] f_mc[5]"},
    {"AtomSwaps",
     "fix nve all nve\nfix mc all atom/swap 1 3 35771 2e3 ke no types 1 2\nRUN\nrun 10\n", "pe f_mc[1] f_mc[2]"},
    {"SemiGrandCanonicalFlips",
     "fix nve all nve\nfix mc all sgcmc 2 0.6 5e3 0.1 0.2 randseed 4711\nRUN\nrun 8\n", "pe f_mc[1] f_mc[2]"},
    {"HybridMonteCarlo",
     "fix nve all nve\nfix mc all hmc 2 35771 900\nRUN\nrun 24\n", "pe f_mc[1] f_mc[2]"},
    {"PerturbedEnergies",
     "fix nve all nve\nvariable more equal 0.5\ncompute fep all fep 300 pair spinconv scale * * v_more\nRUN\n"
     "run 4\n",
     "pe c_fep[1]"},
    {"NumericalForces", "fix nve all nve\nfix forces all numdiff 2 1e-4\nRUN\nrun 4\n"},
};

INSTANTIATE_TEST_SUITE_P(Commands, DeviationOf, ::testing::ValuesIn(all_ways),
                         [](const auto& info) { return info.param.name; });

TEST_P(DeviationOf, EachStepIsThatOfWhatThermoAndDumpShow) {
  const TemporaryFolder folder;
  write_members(folder);
  const auto run = run_with_outputs(folder, packed_cell(), GetParam().commands, GetParam().columns);
  expect_deviations_of_what_is_shown(folder, packed_cell(), run);
}

}  // namespace
}  // namespace spinconv::test
