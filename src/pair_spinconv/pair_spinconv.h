// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifdef PAIR_CLASS
// clang-format off
PairStyle(spinconv,PairSpinConv);
// clang-format on
#else

#ifndef LMP_PAIR_SPINCONV_H
#define LMP_PAIR_SPINCONV_H

#include "pair.h"
#include "spinconv_rows.h"
#include "spinconv_settings.h"

#include <memory>
#include <string>
#include <vector>

// the evaluator hides LibTorch: none of its headers meet those of LAMMPS

namespace spinconv {
class HaloExchange;
struct Evaluation;
struct EvaluatorOptions;
}    // namespace spinconv

namespace LAMMPS_NS {

class SpinConvDeviation;
class SpinConvForces;
class SpinConvGraph;
class SpinConvListRules;
class SpinConvLog;
class SpinConvPotentials;
class SpinConvRanges;
class SpinConvTiming;

/* SpinConv graph neural network potential; options and potentials are those of SpinConvSettings and
   SpinConvCoefficients.

   The graph has one directed edge s -> t for every pair of atoms, or of an atom and a periodic
   image, that is closer than the cutoff of the potential. A rank has the edges that point to its
   own atoms. On one rank images stand for their owners; on more, the rows that each message layer
   needs of ghosts come from their owners, one cutoff away (SpinConvGraph::Halo). With r = x_t - x_s
   and g = dE/dr of an edge

     f_t -= g,  f_s += g,  virial_ab = -sum r_a g_b

   With several potentials (a committee), energy, forces and virial are the mean. */

class PairSpinConv : public Pair {
 public:
  PairSpinConv(class LAMMPS *);
  ~PairSpinConv() override;

  void compute(int, int) override;
  void finish() override;
  void settings(int, char **) override;
  void coeff(int, char **) override;
  void init_style() override;
  double init_one(int, int) override;
  double memory_usage() override;
  void *extract(const char *, int &) override;
  void *extract_peratom(const char *, int &) override;

  int pack_forward_comm(int, int *, double *, int, int *) override;
  void unpack_forward_comm(int, int, double *) override;
  int pack_reverse_comm(int, int, double *) override;
  void unpack_reverse_comm(int, int *, double *) override;

 protected:
  class RowExchange;    // the core's HaloExchange

  void allocate();
  void choose_halo();
  void load_potentials(const std::vector<std::string> &);
  virtual spinconv::EvaluatorOptions evaluator_options() const;

  // The parts of compute(), in its order. A style whose arrays are elsewhere has its own. m: index
  // of a potential

  virtual void begin_step(int eflag, int vflag);
  virtual void clear_rows();
  virtual void find_rows();
  virtual void build_edges(int m);
  virtual void evaluate(int m);
  virtual void add_energies(int m);
  virtual void add_forces(int m);
  virtual bool read_sums();
  bool complete_rows();
  virtual void add_rows(bool complete);
  virtual void end_step();

  bool check_step();
  double uniform_scale() const;

  // what they find

  virtual double number_of_edges() const;
  virtual const int *row_of_atom() const;    // of the graph
  virtual SpinConvRows rows_of_forces();     // see forces
  virtual const SpinConvGraph &graph_on_host();
  virtual const SpinConvForces &forces_on_host();    // of owned atoms

  void to_ghosts(double *);
  virtual void exchange_rows(const SpinConvRows &, bool forward);

  // settings and coefficients

  SpinConvSettings options;
  std::unique_ptr<SpinConvPotentials> potentials;
  double **scale;    // factor of the energy, see uniform_scale()
  int halo;          // SpinConvGraph::Halo
  std::unique_ptr<spinconv::HaloExchange> exchange;
  std::unique_ptr<SpinConvDeviation> deviation;
  std::unique_ptr<SpinConvListRules> rules;
  std::unique_ptr<SpinConvRanges> ranges;
  bool is_set_up;    // by init_style(), since the potentials were loaded

  // current step

  std::unique_ptr<SpinConvGraph> graph;
  std::unique_ptr<spinconv::Evaluation> result;
  std::unique_ptr<SpinConvForces> forces;
  bool atom_virial;                // atoms get a virial
  bool total_virial;               // virials are needed
  double factor;                   // energy in units of the simulation for 1 eV of one potential
  std::vector<double> energies;    // [npotentials] of this rank, eV, without energy_offset()
  std::vector<double> virials;     // [npotentials][9], eV
  SpinConvRows comm_rows;          // that are exchanged

  std::unique_ptr<SpinConvLog> log;
  std::unique_ptr<SpinConvTiming> timing;
};
}    // namespace LAMMPS_NS

#endif
#endif
