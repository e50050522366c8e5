// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "support/command.hpp"
#include "support/temporary_folder.hpp"

// Runs the real lmp on an input text and reads what it wrote. The environment names the programs:
// SPINCONV_LMP, SPINCONV_MPIEXEC, SPINCONV_TRAIN_EXE; LAMMPS_PLUGIN_PATH the plugin's folder.
namespace spinconv::test {

// Columns by name, for one run command's thermodynamic output or one dump snapshot.
struct Table {
  std::vector<std::string> names;
  std::vector<std::vector<double>> rows;

  std::size_t column_index(const std::string& name) const;  // throws where there is none
  std::vector<double> column(const std::string& name) const;
  double first(const std::string& name) const { return rows.front().at(column_index(name)); }
  double last(const std::string& name) const { return rows.back().at(column_index(name)); }
};

struct LammpsOptions {
  std::vector<std::string> arguments = {};
  int ranks = 0;                                      // 0: without mpiexec
  std::map<std::string, std::string> variables = {};  // environment
  bool with_citations = false;                        // without -nocite
};

struct LammpsResult {
  CommandResult process;
  std::vector<Table> thermo;             // one for each run command
  std::map<std::string, double> values;  // lines "value NAME NUMBER" that the input printed

  bool succeeded() const { return process.exit_code == 0 && !process.timed_out; }
  double value(const std::string& name) const;  // throws where it was not printed
  std::vector<double> value_list(const std::string& prefix, std::size_t count) const;
};

// Write `input` into the folder and run lmp there. The result says whether that went well.
LammpsResult run_lammps(const TemporaryFolder& folder, const std::string& input,
                        const LammpsOptions& options = {});

// As run_lammps of an input that one rank ends with `message`: again, up to five times, where
// mpiexec has ended the ranks before it passed the message on.
LammpsResult run_lammps_to_message(const TemporaryFolder& folder, const std::string& input,
                                   const LammpsOptions& options, const std::string& message);

// As run_lammps, but throws with the program's output where lmp failed.
LammpsResult run_lammps_well(const TemporaryFolder& folder, const std::string& input,
                             const LammpsOptions& options = {});

// As run_lammps_well of each input, but all in one process, which saves its start; between two of
// them is the command clear. Each result has the output of its own input.
std::vector<LammpsResult> run_each_well(const TemporaryFolder& folder,
                                        const std::vector<std::string>& inputs,
                                        const LammpsOptions& options = {});

// Snapshots of a text dump (style custom), atoms in the order of the file.
std::vector<Table> read_dump(const std::string& path);

}  // namespace spinconv::test
