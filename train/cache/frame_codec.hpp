// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

#include "data/frame.hpp"
#include "data/neighbors.hpp"

namespace spinconv::train {

// A frame, and its edges where given, as bytes that are appended to `out`: numbers as they are in
// memory (little endian), so that they come back bit by bit; a whole number of 8 bytes. Throws
// spinconv::Error for reference outputs (listed edges, orientations), which are no data to train
// on.
void append_frame(const Frame& frame, const NeighborEdges* edges, std::string& out);

// What append_frame() wrote. `where` names the bytes in messages. Throws spinconv::Error where they
// are no frame; the second one also where it has no edges.
Frame decode_frame(std::span<const char> bytes, const std::string& where);
NeighborEdges decode_edges(std::span<const char> bytes, const std::string& where);

}  // namespace spinconv::train
