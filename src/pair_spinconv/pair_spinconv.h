// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifdef PAIR_CLASS
// clang-format off
PairStyle(spinconv,PairSpinConv);
// clang-format on
#else

#ifndef LMP_PAIR_SPINCONV_H
#define LMP_PAIR_SPINCONV_H

#include "pair.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// the evaluator hides LibTorch: none of its headers meet those of LAMMPS

namespace spinconv {
class Evaluator;
class HaloExchange;
struct Evaluation;
struct EvaluatorOptions;
}    // namespace spinconv

namespace LAMMPS_NS {

/* SpinConv graph neural network potential

   pair_style spinconv [precision single|double] [device auto|cpu|cuda|cuda:N]
                       [halo auto|fold|exchange|deep] [chunk N] [tf32 yes|no]
                       [cuda_graph yes|no] [isotopes yes|no] [out_file FILE] [out_freq N]
   pair_coeff * * FILE ... Element1 Element2 ...

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
  // rows of doubles or floats (two in a double) in a communication of LAMMPS
  struct CommRows {
    void *data;
    int width;           // numbers of a row
    bool single;         // floats
    const int *index;    // row of an atom, null: the atom itself
    int size() const { return single ? (width + 1) / 2 : width; }
    size_t bytes() const { return (size_t) width * (single ? sizeof(float) : sizeof(double)); }
  };
  class RowExchange;    // the core's HaloExchange

  void allocate();
  std::vector<std::string> potential_files(int, char **) const;
  void load_potentials();
  void choose_halo();
  void warn_of_potentials();
  virtual spinconv::EvaluatorOptions evaluator_options() const;
  void check_step();
  void check_unchanged_graph();
  void check_elements();
  void to_ghosts(double *);
  double uniform_scale() const;
  void evaluate(int);
  void add_atoms(int);
  void add_edges(int, bool);
  bool complete_rows();
  void add_rows(bool, bool, double);
  void report_deviation(double);
  void log_graph();
  void log_memory(bigint, bigint, bigint);
  int ranks_on_node(int &) const;

  // settings and coefficients

  std::string precision;             // "single", "double", empty: as in the file
  std::string device;                // "auto", "cpu", "cuda", "cuda:N"
  std::string halo_option;           // "auto", "fold", "exchange", "deep"
  bigint chunk;                      // edges of a block, 0: all
  bool tf32;                         // matrix products of precision single in TF32
  bool cuda_graph;                   // steps are recorded and launched as a whole
  bool isotopes;                     // masses of types need not be those of their elements
  std::vector<std::string> files;    // full paths of the potentials
  double energy_unit;                // 1 eV in energy units of the simulation
  double **scale;                    // factor of the energy, see uniform_scale()
  int halo;                          // SpinConvGraph::Halo
  bool direct_forces;                // of one potential or more: no virial
  double cutoff;                     // the largest of the potentials
  std::vector<std::unique_ptr<spinconv::Evaluator>> evaluators;
  std::unique_ptr<spinconv::HaloExchange> exchange;
  std::unique_ptr<class SpinConvDeviation> deviation;
  std::unique_ptr<class SpinConvListRules> rules;
  bool rules_checked;                  // the next two are set, since init_style()
  std::vector<int> element_of_type;    // map, and -1 for types that are excluded from all
  int absent_bits;                     // masks of atoms that are excluded from all others
  bool is_set_up;                      // by init_style(), since the potentials were loaded

  // current step

  std::unique_ptr<class SpinConvGraph> graph;
  std::unique_ptr<spinconv::Evaluation> result;
  // [nlocal+nghost][width]: 3 numbers of the force for each potential, then, if atoms get a virial,
  // its 9 components; of single edges, in eV, without the scale
  std::vector<double> rows;
  int width;
  std::vector<double> virials;    // [npotentials][9], eV
  CommRows comm_rows;

  // statistics of the current run

  bool announced;    // graph size was logged since the potential was loaded
  bigint nevaluations;
  double nedges_sum;    // over the evaluations
  double time_edges;    // seconds
  std::vector<double> evaluator_times() const;
  std::vector<double> time_start;    // of the evaluators, see evaluator_times()
};
}    // namespace LAMMPS_NS

#endif
#endif
