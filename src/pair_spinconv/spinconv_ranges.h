// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_RANGES_H
#define LMP_SPINCONV_RANGES_H

#include "pointers.h"

#include <map>
#include <string>
#include <vector>

namespace LAMMPS_NS {

/* Whether a run is like what the potentials were trained on, as far as their files say: the
   distances of each pair of elements, the volume per atom of a system that is periodic in all
   directions, and fixes that change the box by a pressure although no stress was learned. Each is
   told once for the potentials.

   A step may have many evaluations: trials of Monte Carlo moves, a line search. The last one of a
   step counts, so that what it shows is told with the next step or at the end of the run. Several
   ranks tell it when they meet anyway, in steps with a new neighbor list or with sums of energies
   or virials. */

class SpinConvRanges : protected Pointers {
 public:
  explicit SpinConvRanges(class LAMMPS *lmp);

  // potentials were loaded; names: [n] elements that the types of rows count. active false: look at
  // nothing
  void loaded(const class SpinConvPotentials &potentials, char **names, int n, bool active);
  // at the begin of a run
  void check_barostats();

  // Before an evaluation. Collective where ranks meet in it.
  void begin_evaluation(bool meet);
  void look_at_volume(const class SpinConvListRules &rules);
  void look_at_edges(const class SpinConvGraph &graph);    // of this rank
  void end_run();                                          // collective

  // [n*n] squared distances below which two atoms are of interest to look_at_edges(), Angstrom^2,
  // 0: none; others have another number. They differ between ranks until these meet.
  const std::vector<double> &limits() const { return limitsq; }
  int limits_number() const { return number; }

 private:
  // what a file says
  struct Source {
    std::string file;
    double cutoff;
    double least_volume, most_volume;    // per atom, with the margin, Angstrom^3; 0, infinity: any
    std::string volumes;                 // the range for a message, empty: none
    bool has_stress;
  };
  // of a pair of elements
  struct Trained {
    double nearest = 0.0;    // Angstrom, infinity: never within the cutoff
    int source = -1;         // whose file says so, -1: none does
  };
  // two atoms that are too near; IDs are 0 where atoms have none
  struct Event {
    double step, rsq, low, high;
    bool operator<(const Event &) const;
  };
  typedef std::map<int, Event> Events;    // by pair of elements

  bool active;
  int nelements;
  std::vector<std::string> elements;
  std::vector<Source> sources;
  std::vector<Trained> trained;    // [nelements*nelements], of a <= b
  std::vector<double> limitsq;
  int number;
  int untold;     // pairs that may still be told, on all ranks
  int watched;    // pairs with a limit, on this rank
  bool barostat_told, volume_told;

  bigint step;       // of the last evaluation
  Events found;      // in it
  Events counted;    // in steps that are over, until ranks meet
  int dense;         // source whose volumes it does not have, -1: none
  double volume;     // its volume per atom

  void set_limit(int pair, double limitsq);
  void end_step();
  void tell();
  Events of_all_ranks() const;
  void tell_pair(int pair, const Event &) const;
  void tell_volume();
};

}    // namespace LAMMPS_NS

#endif
