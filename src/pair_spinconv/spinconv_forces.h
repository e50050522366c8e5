// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_FORCES_H
#define LMP_SPINCONV_FORCES_H

#include <vector>

namespace LAMMPS_NS {

/* What potentials give atoms and ghosts, in ordinary memory: of each atom 3 numbers of the force by
   each potential, then, if atoms get a virial, its 9 components by all together; in eV. */

class SpinConvForces {
 public:
  // all zero
  void clear(int natoms, int npotentials, bool atom_virial);

  // direct forces [nowned*3] on owned atoms by potential m
  void add_atoms(int m, const class SpinConvGraph &graph, const std::vector<double> &forces);
  // Forces and virials of edges from their gradients [nedges*3] by potential m; virial [9], of all
  // of them, is added to, null: not needed. Its components are xx yy zz xy xz yz yx zx zy.
  void add_edges(int m, const class SpinConvGraph &graph, const std::vector<double> &gradients,
                 double *virial);

  // times factor to the arrays of the first n atoms, of which the last two may be null
  void add_to(int n, double factor, double *const *f, double *const *vatom,
              double *const *cvatom) const;

  std::vector<double> of_atoms;    // [natoms][width]
  int width = 0;

 private:
  int npotentials = 0;
  bool atom_virial = false;
};

}    // namespace LAMMPS_NS

#endif
