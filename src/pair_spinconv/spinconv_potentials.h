// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_POTENTIALS_H
#define LMP_SPINCONV_POTENTIALS_H

#include "pointers.h"

#include <memory>
#include <string>
#include <vector>

// the evaluator hides LibTorch: none of its headers meet those of LAMMPS

namespace spinconv {
class Evaluator;
struct EvaluatorOptions;
}    // namespace spinconv

namespace LAMMPS_NS {

/* The potentials of pair_coeff: one, or the several of a committee, with what holds for all. */

class SpinConvPotentials : protected Pointers {
 public:
  explicit SpinConvPotentials(class LAMMPS *lmp);
  ~SpinConvPotentials() override;

  // in place of those that were there; ranks and replicas of a node take its devices in turn.
  // Error: a file is not a potential, or cannot be used with the options; there is none then.
  // Collective.
  void load(const std::vector<std::string> &paths, spinconv::EvaluatorOptions options);

  int size() const { return evaluators.size(); }
  bool exchange() const;    // all work with rows that are exchanged between ranks
  int layers() const;       // the most message layers of one
  int row_size() const;     // doubles of the largest row

  std::vector<std::unique_ptr<spinconv::Evaluator>> evaluators;
  std::vector<std::string> files;    // their full paths
  double cutoff;                     // the largest, Angstrom
  bool direct_forces;                // of one or more: no virial
  int nranks_node;                   // ranks of this world on this node

 private:
  int place_on_node();
};

}    // namespace LAMMPS_NS

#endif
