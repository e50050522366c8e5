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
struct Evaluation;
}    // namespace spinconv

namespace LAMMPS_NS {

/* SpinConv graph neural network potential

   pair_style spinconv [precision single|double] [device auto|cpu|cuda|cuda:N]
   pair_coeff * * FILE Element1 Element2 ...

   The graph has one directed edge s -> t for every pair of atoms, or of an atom and a periodic
   image, that is closer than the cutoff of the potential. The MPI rank owns all atoms (more than
   one rank is refused), so that every image stands for its owner and the energy of the periodic
   system is exact for any size of the box. With r = x_t - x_s, g = dE/dr for each edge

     f_t -= g,  f_s += g,  virial_ab = -sum r_a g_b */

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

 protected:
  void allocate();
  void load_potential();
  void check_unchanged_graph();
  double uniform_scale() const;
  void find_owners();
  void build_edges();
  void evaluate();
  void tally_forces(double);
  void tally_virial(double);
  std::string suspects() const;

  // settings and coefficients

  std::string precision;                     // "single", "double", empty: as in the file
  std::string device;                        // "auto", "cpu", "cuda", "cuda:N"
  std::string potential_file;                // full path
  std::vector<std::string> type_elements;    // element of each atom type
  double energy_unit;                        // 1 eV in energy units of the simulation
  double **scale;                            // factor of the energy, see uniform_scale()
  std::unique_ptr<spinconv::Evaluator> evaluator;

  // graph of the current step

  std::vector<int> owner;              // owned atom each owned or ghost atom stands for
  std::vector<std::int32_t> types;     // [nlocal] index of the atom type, from 0
  std::vector<std::int32_t> source;    // [nedges] owned atom
  std::vector<std::int32_t> target;    // [nedges] owned atom
  std::vector<double> vectors;         // [nedges*3] x_t - x_s, Angstrom
  std::unique_ptr<spinconv::Evaluation> result;

  // statistics of the current run

  bool announced;    // graph size was logged since the potential was loaded
  bigint nevaluations;
  double nedges_sum;       // over the evaluations
  double time_edges;       // seconds
  double time_start[3];    // of the evaluator: prepare, forward, backward
};
}    // namespace LAMMPS_NS

#endif
#endif
