// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

namespace spinconv::train {

// What a log.lammps says about the energies of a dump: the column PotEng of its thermo tables
// (thermo_modify line one, multi or yaml), the unit style, whether energies are those of an atom
// (thermo_modify norm yes), and how many atoms a run had.
class LammpsLog {
 public:
  // Throws spinconv::Error: no table with the columns Step and PotEng; two different unit styles.
  explicit LammpsLog(const std::string& path);

  const std::string& path() const { return path_; }
  // As the command `units` of the input, which the log echoes, says; empty: it is not there.
  const std::string& units() const { return units_; }
  std::size_t steps() const { return energies_.size(); }

  struct Energy {
    double value = 0.0;                // PotEng as it stands there
    double resolution = 0.0;           // of its last digit
    bool per_atom = false;             // thermo_modify norm yes
    std::optional<long> atoms;         // column Atoms, at this step
    std::optional<long> atoms_at_end;  // of its run
    std::size_t line = 0;
    std::string other;  // where the step stands with another energy: "line 90: -3.5"
  };
  // Of the whole system at this step, in the units of the log; no value: the step is not there.
  // `atoms`: those of the dump. Throws spinconv::Error: several runs give the step different
  // energies; the log has another number of atoms (column Atoms).
  std::optional<double> energy(long step, std::size_t atoms) const;
  // Atoms at the end of the run that gave the step, where known.
  std::optional<long> atoms_of_run(long step) const;

 private:
  friend class LogParser;

  std::string path_;
  std::string units_;
  std::map<long, Energy> energies_;
};

}  // namespace spinconv::train
