// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_LOG_H
#define LMP_SPINCONV_LOG_H

#include "pointers.h"

namespace LAMMPS_NS {

/* What the log says of the potentials, and of the graph and its memory once for them; with warnings
   of what a user may not expect. */

class SpinConvLog : protected Pointers {
 public:
  explicit SpinConvLog(class LAMMPS *lmp) : Pointers(lmp), graph_known(false) {}

  // which potentials were loaded
  void loaded(const class SpinConvPotentials &potentials);
  // in what they are not as other pair styles
  void properties(const class SpinConvPotentials &potentials);

  // size of the graph, how ghosts get their messages, and memory; once for potentials. halo:
  // SpinConvGraph::Halo; chunk: edges of a block, 0: all. Collective.
  bool needs_graph() const { return !graph_known; }
  void graph(const class SpinConvGraph &graph, int halo, const class SpinConvPotentials &potentials,
             bigint chunk);

 private:
  bool graph_known;    // was logged since the potentials were loaded

  void memory_use(bigint natoms, bigint nedges, bigint neighbors,
                  const class SpinConvPotentials &potentials, bigint chunk);
};

}    // namespace LAMMPS_NS

#endif
