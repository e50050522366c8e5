// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_DEVIATION_H
#define LMP_SPINCONV_DEVIATION_H

#include "pointers.h"

#include <cstdio>
#include <string>
#include <vector>

namespace LAMMPS_NS {

/* How far the n potentials of a committee are from each other, as DP-GEN defines it
   (Zhang et al., Comput. Phys. Commun. 253, 107206 (2020)). <> is the mean over the potentials:

     force    of atom i    d_i = sqrt(< |f_i - <f_i>|^2 >)
     virial   component c  d_c = sqrt(< (W_c - <W_c>)^2 >) / natoms

   in units of the simulation. A file gets a line with the largest, the smallest and the mean value
   every few steps (the mean of the virial is the root of the mean square).

   A step may have many evaluations: trials of Monte Carlo moves, a line search, perturbed energies
   of a compute. The one that thermo and dump show is known by what LAMMPS does next; an internal
   fix (FixSpinConvDeviation) tells. */

class SpinConvDeviation : protected Pointers {
 public:
  explicit SpinConvDeviation(class LAMMPS *lmp);
  ~SpinConvDeviation() override;

  void write_to(const std::string &file, bigint every);

  // before a run of a committee: the file is opened, and emptied, if it is not open, and the fix is
  // the last one; an error if the file cannot be written. Collective.
  void init(const std::string &fix_id);
  void remove_fix();    // where the potential is one, or is gone

  // After each evaluation, collective: complete forces of owned atoms by each potential, virials
  // [npotentials][9] of this rank, both in eV, without the factor to units of the simulation; row
  // of an atom, -1: the potentials do not know it. energy: was asked for, as for thermo output.
  void evaluated(const class SpinConvForces &forces, const int *row, std::vector<double> virials,
                 double factor, bool energy);

  // called by the fix, all collective
  void accept();         // what was evaluated last is what the step shows
  void begin_run();      // the first step of a run was evaluated, and is over
  void end_of_step();    // the step is over: its line is written
  void end_of_run();

  std::vector<double> of_atom;    // [nlocal], 0 for atoms that the potential does not know
  double shown[3];                // force of the step: largest, mean, smallest; 0 but on rank 0
  int flag;                       // for fix pair
  bigint asked;                   // step in which fix pair asked for of_atom, -1: none

 private:
  struct Summary {
    double max = 0.0, min = 0.0, mean = 0.0;
  };

  // of one evaluation
  struct Line {
    bigint step = -1;    // -1: none
    Summary virial, force;
  };

  std::string file;
  bigint every;
  FILE *fp;
  std::string fix_id;
  std::vector<char> counts;    // [nlocal] atom has a potential

  Line evaluation;    // the last one, until it is accepted
  Line accepted;      // of the step
  Line written;
  bool open_step;    // a step of dynamics is under way
  class Fix *hmc;    // fix hmc, which may end a step with atoms where they were before
  bigint hmc_accepted;
  Line hmc_saved;    // of the atoms that it would restore

  void from_forces(const class SpinConvForces &forces, int nmodels, const int *row, double factor);
  Summary spread_of_forces() const;
  Summary spread_of_virials(const std::vector<double> &virials, int nmodels) const;
  bool is_step() const;
  bool is_line() const;
  bool is_hmc_step() const;
  bool is_new(const Line &line) const;
  static std::string text_of(const Line &line);
  void show(const Line &line);
  void write();
  void print(const std::string &text);
  void check(bool well) const;
  void update_fix_pair();
  void follow_hmc();
};

}    // namespace LAMMPS_NS

#endif
