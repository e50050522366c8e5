# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# SpinConv with both ends of the edge and directed messages, TorchScript as in harmonics.py, whose
# names these are; methods of edge frames are in edge_frames.py. Parameters and constants are
# registered by spinconv2_definition.cpp.
#
# C channels of products, Ce <= C directed channels. A layer sees the harmonics of both atoms of an edge
# in one frame, so that their relative roll, the dihedral angles, is part of what it knows; what it says
# of each order is kept as a message with a direction. Edges are sorted by target.


def prepare(self, used: Tensor) -> Dict[str, Tensor]:
    """All weights in the form in which the edges use them, for the elements `used` [U]."""
    w: Dict[str, Tensor] = {}
    pair = self.pairs_of(used)[2]
    w["distance_gain"] = self.distance_gain.index_select(0, pair)
    w["distance_offset"] = self.distance_offset.index_select(0, pair)
    w["radial"] = self.radial_weight
    w["radial_pair"] = self.radial_pair.index_select(0, pair)
    # numbers of the rows of each order m > 0, and of those of both ends of an edge
    rows = [(self.l_max + 1 - m) * self.message_channels for m in range(1, self.m_max + 1)]
    both_ends = [2 * size for size in rows]
    zero = self.roll_zero.unbind(0)
    bias = self.roll_bias.unbind(0)
    orders = self.roll_orders.unbind(0)
    first_weight = self.first_weight.unbind(0)
    second_weight = self.second_weight.unbind(0)
    second_bias = self.second_bias.unbind(0)
    out = self.message_out.unbind(0)
    out_bias = self.message_out_bias.unbind(0)
    energy = self.energy_weight.unbind(0)
    energy_bias = self.energy_bias.index_select(1, used).unbind(0)
    energy_out = self.energy_out.unbind(0)
    for k in range(self.layers):
        w["roll.{}.0".format(k)] = zero[k]
        w["roll_bias.{}".format(k)] = bias[k]
        parts = torch.split_with_sizes(orders[k], both_ends, 0)
        for m in range(1, self.m_max + 1):
            w["roll.{}.{}".format(k, m)] = parts[m - 1]
        w["first.{}".format(k)] = first_weight[k]
        w["second.{}".format(k)] = second_weight[k]
        w["second_bias.{}".format(k)] = second_bias[k]
        w["out.{}".format(k)] = out[k]
        w["out_bias.{}".format(k)] = out_bias[k]
        w["energy.{}".format(k)] = energy[k]
        w["energy_bias.{}".format(k)] = energy_bias[k]
        w["energy_out.{}".format(k)] = energy_out[k]
    if self.layers > 1:
        gate = self.directed_gate.unbind(0)
        gate_bias = self.directed_gate_bias.unbind(0)
        directed = self.directed_out.unbind(0)
        for k in range(self.layers - 1):
            w["gate.{}".format(k)] = gate[k]
            w["gate_bias.{}".format(k)] = gate_bias[k]
            parts = torch.split_with_sizes(directed[k], rows, 1)
            for m in range(1, self.m_max + 1):
                w["directed.{}.{}".format(k, m)] = parts[m - 1]
    w["element_energy"] = self.element_energy.index_select(0, used)
    w["reference_energies"] = self.reference_energies.index_select(0, used)
    w["repulsion"] = self.repulsion_pairs.index_select(0, pair)
    return w


def shared(self, vectors: Tensor, pair: Tensor, slot: Tensor, width: int, owned: int,
           w: Dict[str, Tensor]) -> Dict[str, Tensor]:
    """What the stages have in common. vectors [E,3] -> rotation [E,Q], harmonics [N,S,W], and all
    radial maps rho(d) = g(d) W + V[pair], by one product: start and start2 [E,D], of each layer
    degree [E,(L+1)*M] and bias [E,D]. With a repulsion of pairs its energy, too [N], eV, float64."""
    d = torch.linalg_vector_norm(vectors, 2, [1])
    out: Dict[str, Tensor] = {}
    if self.has_repulsion:
        table = torch.zeros([owned * width], dtype=d.dtype, device=d.device)
        table = table.index_copy(0, slot, 0.5 * self.repulsion(d, w["repulsion"].index_select(0, pair)))
        out["repulsion"] = table.view(owned, width).sum(1)
    # the model's precision begins here: geometry is rounded once
    vectors = vectors.to(self.rotation_table)
    d = d.to(self.rotation_table)
    rotation = self.rotations(vectors)
    out["rotation"] = rotation
    out["harmonics"] = self.harmonics_of_atoms(rotation, d, slot, width, owned)
    radial = torch.mm(self.gaussians(d, pair, w), w["radial"])
    radial = radial + w["radial_pair"].index_select(0, pair)
    parts = radial.split_with_sizes(self.radial_sizes, 1)
    out["start"] = parts[0]
    out["start2"] = parts[1]
    for k in range(self.layers):
        out["degree.{}".format(k)] = parts[2 + 2 * k]
        out["bias.{}".format(k)] = parts[3 + 2 * k]
    return out


def repulsion(self, d: Tensor, pair: Tensor) -> Tensor:
    """[E] eV of distances [E], s/d phi(d/a) f(d/r) with s, 1/a and r in the rows of `pair` [E,3]: see
    repulsion.hpp. Without a contribution, and a gradient, from r on."""
    radius = pair.select(1, 2)
    x = d * pair.select(1, 1)
    phi = (0.18175 * torch.exp(-3.19980 * x) + 0.50986 * torch.exp(-0.94229 * x)
           + 0.28022 * torch.exp(-0.40290 * x) + 0.02817 * torch.exp(-0.20162 * x))
    u = torch.clamp(d / radius, max=1.0)
    u6 = torch.pow(u, 6)
    f = 1.0 - u6 * (28.0 - u * (48.0 - 21.0 * u))
    return pair.select(1, 0) / d * phi * f


def initial_messages(self, shared: Dict[str, Tensor], w: Dict[str, Tensor]) -> Tensor:
    """h [E,M] = W_o silu(W_s silu(rho_1) + rho_2) + c."""
    x = torch.silu(torch.mm(torch.silu(shared["start"]), self.start_weight) + shared["start2"])
    return torch.addmm(self.start_out_bias, x, self.start_out)


def coefficients(self, k: int, h: Tensor, slot: Tensor, width: int,
                 shared: Dict[str, Tensor]) -> Tensor:
    """[N,S*M]: n_avg^-1/2 sum_e f(d) sum_l Y_lm(-n) (h * rho_kl(d)) of the messages into each owned
    atom, for layer k."""
    edges = h.size(0)
    harmonics = shared["harmonics"]
    owned = harmonics.size(0)
    channels = self.message_channels
    x = h.unsqueeze(1) * shared["degree.{}".format(k)].view(edges, self.l_max + 1, channels)
    x = x.view(edges, (self.l_max + 1) * channels)
    table = torch.zeros([owned * width, x.size(1)], dtype=x.dtype, device=x.device)
    table = table.index_copy(0, slot, x).view(owned, width, x.size(1))
    by_degree = harmonics.split_with_sizes(self.degree_sizes, 1)
    columns = table.split(channels, 2)
    parts: List[Tensor] = []
    for l in range(self.l_max + 1):
        parts.append(torch.bmm(by_degree[l], columns[l]))
    a = torch.cat(parts, 1)
    return a.reshape(owned, a.size(1) * channels)


def turned(self, a: Tensor, rotation: Tensor) -> List[Tensor]:
    """a [E,S,C] in the frame of each edge: rows m = 0 [E,L+1,C], then for each order +m, then -m,
    [E,2(L+1-m),C]."""
    edges = a.size(0)
    blocks = rotation.split_with_sizes(self.block_sizes, 1)
    degrees = a.split_with_sizes(self.degree_sizes, 1)
    rows: List[Tensor] = [degrees[0]]
    for l in range(1, self.l_max + 1):
        size = 2 * l + 1
        rows.append(torch.bmm(blocks[l].view(edges, self.block_sizes[l] // size, size), degrees[l]))
    return torch.cat(rows, 1).index_select(1, self.order_rows).split_with_sizes(self.order_sizes, 1)


def turned_back(self, orders: List[Tensor], rotation: Tensor) -> Tensor:
    """sqrt(2l+1) D^T of rows of the orders 1, 2, .. [E,2(L+1-m),M] -> [E,S*M]; rows of the order 0
    are zero."""
    edges = rotation.size(0)
    channels = orders[0].size(2)
    rows = torch.cat(orders, 1).index_select(1, self.directed_rows) * self.directed_factors.unsqueeze(1)
    by_degree = rows.split_with_sizes(self.directed_sizes, 1)
    blocks = rotation.split_with_sizes(self.block_sizes, 1)
    parts: List[Tensor] = [torch.zeros([edges, 1, channels], dtype=rows.dtype, device=rows.device)]
    for l in range(1, self.l_max + 1):
        size = 2 * l + 1
        # the row m = 0 is in the middle of the block
        block = blocks[l].view(edges, self.block_sizes[l] // size, size)
        half = block.size(1) // 2
        block = torch.cat([block.narrow(1, 0, half), block.narrow(1, half + 1, half)], 1)
        parts.append(torch.bmm(block.transpose(1, 2), by_degree[l]))
    return torch.cat(parts, 1).view(edges, (self.l_max + 1) * (self.l_max + 1) * channels)


def update(self, k: int, h: Tensor, rows: Tensor, source: Tensor, target: Tensor, slot: Tensor,
           width: int, shared: Dict[str, Tensor],
           w: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
    """Message layer k: h [E,M] and the coefficients of all rows [R,S*M], those of owned atoms
    first -> h [E,M], and, but for the last layer, what its directed messages add to the
    coefficients of owned atoms [N,S*M]."""
    edges = h.size(0)
    channels = self.message_channels
    size = rows.size(1) // channels
    # both ends of the edge in its frame
    a = torch.cat([rows.index_select(0, source).view(edges, size, channels),
                   rows.index_select(0, target).view(edges, size, channels)], 2)
    orders = self.turned(a, shared["rotation"])
    y = orders[0].reshape(edges, (self.l_max + 1) * 2 * channels)
    x: List[Tensor] = [torch.silu(torch.addmm(w["roll_bias.{}".format(k)], y,
                                              w["roll.{}.0".format(k)]))]
    # u+ v+ + u- v-: the same whatever the roll of the frame and its handedness. Divided by the length
    # of v, so that a message grows no faster than those it is made of: the product alone would square
    # what is unusual in each layer
    waves: List[Tensor] = []
    for m in range(1, self.m_max + 1):
        y = orders[m].reshape(2 * edges, (self.l_max + 1 - m) * 2 * channels)
        y = torch.mm(y, w["roll.{}.{}".format(k, m)]).view(edges, 2, 2 * self.product_channels)
        u, v = y.chunk(2, 2)
        x.append((u * v).sum(1) * torch.rsqrt(1.0 + (v * v).sum(1)))
        waves.append(u)
    x.append(h)
    z = torch.mm(torch.cat(x, 1), w["first.{}".format(k)]) + shared["bias.{}".format(k)]
    z = torch.silu(torch.addmm(w["second_bias.{}".format(k)], torch.silu(z),
                               w["second.{}".format(k)]))
    h = h + torch.addmm(w["out_bias.{}".format(k)], z, w["out.{}".format(k)])
    owned = shared["harmonics"].size(0)
    if k + 1 == self.layers:
        return h, torch.zeros([owned, rows.size(1)], dtype=h.dtype, device=h.device)
    gates = torch.addmm(w["gate_bias.{}".format(k)], z, w["gate.{}".format(k)])
    gates_of = gates.split(self.directed_channels, 1)
    directed: List[Tensor] = []
    for m in range(1, self.m_max + 1):
        y = waves[m - 1].narrow(2, 0, self.directed_channels) * gates_of[m - 1].unsqueeze(1)
        y = torch.mm(y.reshape(2 * edges, self.directed_channels),
                     w["directed.{}.{}".format(k, m)])
        directed.append(y.view(edges, 2 * (self.l_max + 1 - m), channels))
    back = self.turned_back(directed, shared["rotation"])
    # f(d) / sqrt(n_avg) is the first harmonic
    a = self.per_atom(back, slot, width, shared["harmonics"].narrow(1, 0, 1))
    return h, a.view(owned, rows.size(1))


def layer_energies(self, k: int, h: Tensor, slot: Tensor, width: int, shared: Dict[str, Tensor],
                   own_types: Tensor, w: Dict[str, Tensor]) -> Tensor:
    """What layer k says of the energies of owned atoms, scale * w^T silu(R s + b[a]) with
    s = sum f(d) h / sqrt(n_avg); the last one adds the energies of the elements and, where there
    is one, that of the repulsion. eV, float64 [N]."""
    s = self.per_atom(h, slot, width, shared["harmonics"].narrow(1, 0, 1)).squeeze(1)
    x = torch.mm(s, w["energy.{}".format(k)])
    x = torch.silu(x + w["energy_bias.{}".format(k)].index_select(0, own_types))
    x = torch.mm(x, w["energy_out.{}".format(k)]).squeeze(1)
    reference = w["reference_energies"]
    # total energies need float64: reference energies are far larger than what the network gives
    e = x.to(reference) * self.energy_scale
    if k + 1 == self.layers:
        own = w["element_energy"].to(reference) * (0.02 * self.energy_scale) + reference
        e = e + own.index_select(0, own_types)
        if self.has_repulsion:
            e = e + shared["repulsion"]
    return e


def sort_edges(self, source: Tensor, target: Tensor, types: Tensor, elements: int) -> Tensor:
    """Permutation [E] of the edges that the methods want: by target; stable."""
    return torch.argsort(target, stable=True)


def energies_of(self, vectors: Tensor, source: Tensor, target: Tensor, types: Tensor, owned: int,
                elements: int, w: Dict[str, Tensor]) -> Tensor:
    """Energies [N] (eV, float64) of owned atoms from sorted edges, whose sources are owned atoms."""
    device = vectors.device
    neighbors = torch.bincount(target, minlength=owned)
    width = 1
    if target.size(0) > 0:
        width = max(int(neighbors.max()), 1)
    slot = self.slots(target, neighbors, width)
    pair = types.index_select(0, source) * elements + types.index_select(0, target)
    own_types = types.narrow(0, 0, owned)
    shared = self.shared(vectors, pair, slot, width, owned, w)
    h = self.initial_messages(shared, w)
    energies = torch.zeros([owned], dtype=self.reference_energies.dtype, device=device)
    harmonics = shared["harmonics"]
    directed = torch.zeros([owned, harmonics.size(1) * self.message_channels],
                           dtype=harmonics.dtype, device=device)
    for k in range(self.layers):
        rows = self.coefficients(k, h, slot, width, shared) + directed
        h, more = self.update(k, h, rows, source, target, slot, width, shared, w)
        directed = directed + more
        energies = energies + self.layer_energies(k, h, slot, width, shared, own_types, w)
    return energies


def forward(self, vectors: Tensor, source: Tensor, target: Tensor, types: Tensor) -> Tensor:
    """Energies of all atoms [N] (eV) of a structure whose edges name owned atoms only, as in
    harmonics.py."""
    elements = self.element_count
    order = self.sort_edges(source, target, types, elements)
    w = self.prepare(torch.arange(elements, device=types.device))
    return self.energies_of(vectors.index_select(0, order), source.index_select(0, order),
                            target.index_select(0, order), types, types.size(0), elements, w)
