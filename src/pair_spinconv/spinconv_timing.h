// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_TIMING_H
#define LMP_SPINCONV_TIMING_H

#include "pointers.h"

#include <array>

namespace LAMMPS_NS {

/* Where the time of a run went: a table in the log at its end. */

class SpinConvTiming : protected Pointers {
 public:
  explicit SpinConvTiming(class LAMMPS *lmp);

  void begin_run(const class SpinConvPotentials &potentials);
  // around what makes rows and edges
  void begin_edges();
  void end_edges();
  // one step was evaluated, with this many edges for all potentials together
  void evaluated(double nedges);
  // the table, unless nothing was evaluated. Collective.
  void report(const class SpinConvPotentials &potentials) const;

 private:
  // seconds: edges (which evaluators know nothing of), then as in spinconv::EvaluationTimes
  static constexpr int N = 5;
  typedef std::array<double, N> Sections;

  bigint nevaluations;
  double sum_edges;    // over the evaluations
  double started;      // begin_edges()
  double time_edges;
  Sections before;    // of the evaluators, when the run began

  static Sections of_evaluators(const class SpinConvPotentials &potentials);
};

}    // namespace LAMMPS_NS

#endif
