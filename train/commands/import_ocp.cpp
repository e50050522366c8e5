// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <filesystem>
#include <iostream>

#include "commands/commands.hpp"
#include "import/ocp_conversion.hpp"
#include "spinconv/atomic_file.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {

int import_ocp(const ImportOptions& options) {
  require_writable(options.potential);
  const auto checkpoint = OcpCheckpoint::read(options.checkpoint);
  OcpConversion conversion;
  conversion.forces = options.forces;
  if (!options.elements.empty()) {
    conversion.elements = parse_element_list(options.elements, "--elements");
  }
  Potential potential = convert_ocp(checkpoint, conversion);
  const auto& c = potential.model.config();
  potential.metadata["name"] = std::filesystem::path(options.potential).stem().string();
  potential.metadata["description"] = "imported from a checkpoint of the published SpinConv code";
  potential.save(options.potential, options.precision);

  std::cout << describe(potential);
  std::cout << "  imported: " << checkpoint.state.size() << " tensors";
  if (checkpoint.epoch) {
    std::cout << ", epoch " << *checkpoint.epoch;
  }
  std::cout << "; energy = " << c.energy_scale << " * sum of atoms + " << c.energy_offset
            << " eV for each structure\n";
  if (c.has_direct_forces()) {
    std::cout << "warning: forces come from a force block (force-centric), averaged over "
              << c.force_rotations
              << " fixed rotations: they are not the gradient of the energy, and there is no "
                 "virial. Use it for relaxations; in molecular dynamics the energy is not "
                 "conserved\n";
  } else if (c.forces == "distance") {
    std::cout << "warning: forces are the published estimate, which holds the directions of edges "
                 "fixed: not the gradient of the energy. In molecular dynamics the energy is not "
                 "conserved. --forces gradient gives the exact gradient\n";
  }
  std::cout << "warning: the energy of a published model jumps where neighbors enter or leave (no "
               "envelope, at most "
            << c.max_neighbors
            << " of them) and depends a little on the orientation\n"
               "potential: "
            << options.potential << "\n";
  return 0;
}

}  // namespace spinconv::train
