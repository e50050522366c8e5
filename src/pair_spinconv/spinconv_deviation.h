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
   every few steps (the mean of the virial is the root of the mean square). */

class SpinConvDeviation : protected Pointers {
 public:
  explicit SpinConvDeviation(class LAMMPS *lmp);
  ~SpinConvDeviation() override;

  struct Summary {
    double max = 0.0, min = 0.0, mean = 0.0;
  };

  // the file is opened, and emptied, at its first line
  void write_to(const std::string &file, bigint every);
  bool is_step() const;

  // rows[i*width + 3*m ..]: force of potential m on owned atom i, complete
  void from_forces(const std::vector<double> &rows, int width, int nmodels, const int *row,
                   double factor);
  Summary forces() const;      // over all ranks; collective
  // virials[m*9 + c] of this rank, factor included; collective
  Summary virials(std::vector<double> virials, int nmodels) const;
  void write(const Summary &virial, const Summary &force);

  std::vector<double> of_atom;    // [nlocal], 0 for atoms that the potential does not know
  int flag;                       // for fix pair

 private:
  std::string file;
  bigint every;
  bigint last;    // step of the last line
  FILE *fp;
  std::vector<char> counts;    // [nlocal] atom has a potential
};

}    // namespace LAMMPS_NS

#endif
