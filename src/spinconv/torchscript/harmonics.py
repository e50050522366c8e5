# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# The model on spheres of harmonics, once: TorchScript that the C++ core compiles with
# Module.define(). What is trained is what is saved in a potential file and what runs in LAMMPS.
# Parameters and constants are registered by harmonic_definition.cpp; names there and here are the
# same. Methods of edge frames are in edge_frames.py.
#
# An edge e = (s -> t) has the vector v = r_t - r_s (Angstrom), d = |v|, n = v / d.
# E edges, N owned atoms, R rows (owned atoms, then ghosts), U elements in use, P = U*U ordered
# element pairs (index of s * U + index of t), K layers, M message channels, D hidden channels,
# S = (L+1)^2 harmonics, G groups of channels. Edges are sorted by pair (sort_edges) everywhere.
# Every method is a plain differentiable function; equations: Shuaibi et al. 2021, sections 3.1-3.3,
# with spherical harmonics in place of the grid.


def mixed(self, gate: Tensor, experts: Tensor, bias: Tensor) -> Tuple[Tensor, Tensor]:
    """Experts merged for each pair: W_p = sum_b w_pb W_b, c_p = sum_b w_pb c_b (the mix does not
    depend on the edge, so it is taken out of the sum over edges). gate [P,B], experts [B,I,O]."""
    size = experts.size(1) * experts.size(2)
    merged = torch.mm(gate, experts.reshape(-1, size)).view(-1, experts.size(1), experts.size(2))
    return merged, torch.mm(gate, bias)


def gates(self, name: str, k: int, used: Tensor) -> Tensor:
    """softmax over the experts for every pair of the elements `used` [U] -> [P,B]."""
    source = self.gate_source[k].index_select(0, used)
    target = self.gate_target[k].index_select(0, used)
    x = source.unsqueeze(1) + target.unsqueeze(0) + self.gate_bias[k]
    x = torch.silu(x).view(-1, x.size(2))
    return torch.softmax(torch.addmm(self.gate_out_bias[k], x, self.gate_out[k]), 1)


def prepare(self, used: Tensor) -> Dict[str, Tensor]:
    """All weights in the form in which the edges use them, for the elements `used` [U] (indices of
    the model's elements). Depends on parameters only: an engine calls it once."""
    w: Dict[str, Tensor] = {}
    count = used.size(0)
    pair = self.pairs_of(used)[2]
    w["distance_gain"] = self.distance_gain.index_select(0, pair)
    w["distance_offset"] = self.distance_offset.index_select(0, pair)
    distance = self.distance_weight.unbind(0)
    distance_bias = self.distance_bias.unbind(0)
    for k in range(self.layers + 1):
        w["distance.{}".format(k)] = distance[k]
        w["distance_bias.{}".format(k)] = distance_bias[k]
    w["start"], w["start_bias"] = self.mixed(
        self.gates("start", 0, used), self.start_experts, self.start_expert_bias)
    order0 = self.roll_weight_0.unbind(0)
    order0_bias = self.roll_bias.unbind(0)
    first_experts = self.first_experts.unbind(0)
    first_bias = self.first_expert_bias.unbind(0)
    first_out = self.first_out.unbind(0)
    first_out_bias = self.first_out_bias.unbind(0)
    second_experts = self.second_experts.unbind(0)
    second_bias = self.second_expert_bias.unbind(0)
    second_out = self.second_out.unbind(0)
    second_out_bias = self.second_out_bias.unbind(0)
    norm_weight = self.norm_weight.unbind(0)
    norm_bias = self.norm_bias.unbind(0)
    real = self.roll_weight_real.unbind(0)
    imag = self.roll_weight_imag.unbind(0)
    for k in range(self.layers):
        w["roll.{}.0".format(k)] = order0[k]
        w["roll_bias.{}".format(k)] = order0_bias[k]
        begin = 0
        for m in range(1, self.m_max + 1):
            n = self.l_max + 1 - m
            size = n * (self.message_channels // self.channel_groups)
            w["roll.{}.{}".format(k, m)] = torch.cat(
                [real[k].narrow(1, begin, size), imag[k].narrow(1, begin, size)], 2)
            begin += size
        a, b = self.mixed(self.gates("first", 1 + 2 * k, used), first_experts[k], first_bias[k])
        w["first.{}".format(k)] = a
        w["first_bias.{}".format(k)] = b
        w["first_out.{}".format(k)] = first_out[k]
        w["first_out_bias.{}".format(k)] = first_out_bias[k]
        a, b = self.mixed(self.gates("second", 2 + 2 * k, used), second_experts[k], second_bias[k])
        w["second.{}".format(k)] = a
        w["second_bias.{}".format(k)] = b
        w["second_out.{}".format(k)] = second_out[k]
        w["second_out_bias.{}".format(k)] = second_out_bias[k]
        w["norm_weight.{}".format(k)] = norm_weight[k]
        w["norm_bias.{}".format(k)] = norm_bias[k]
    # the energy block mixes by the atom's own element: the pairs (a, a)
    own = torch.arange(count, device=used.device) * (count + 1)
    gate = self.gates("energy", 1 + 2 * self.layers, used).index_select(0, own)
    w["energy"], w["energy_bias"] = self.mixed(gate, self.energy_experts, self.energy_expert_bias)
    w["reference_energies"] = self.reference_energies.index_select(0, used)
    return w


def sort_edges(self, source: Tensor, target: Tensor, types: Tensor, elements: int) -> Tensor:
    """Permutation [E] that sorts edges by element pair; stable."""
    pair = types.index_select(0, source) * elements + types.index_select(0, target)
    return torch.argsort(pair, stable=True)


def layout(self, source: Tensor, target: Tensor, types: Tensor, owned: int,
           elements: int) -> Tuple[Tensor, List[int], Tensor, int, Tensor, List[int]]:
    """Index tables of sorted edges: pair [E], edges of each pair, slot [E] of an edge in the table
    [N*W] that lists the edges of each target in a row of width W, W, atoms sorted by type [N],
    atoms of each type."""
    pair = types.index_select(0, source) * elements + types.index_select(0, target)
    pair_counts: List[int] = torch.bincount(pair, minlength=elements * elements).tolist()
    neighbors = torch.bincount(target, minlength=owned)
    width = 1
    if target.size(0) > 0:
        width = max(int(neighbors.max()), 1)
    slot = self.slots(target, neighbors, width)
    own_types = types.narrow(0, 0, owned)
    atom_order = torch.argsort(own_types, stable=True)
    type_counts: List[int] = torch.bincount(own_types, minlength=elements).tolist()
    return pair, pair_counts, slot, width, atom_order, type_counts


def edge_basis(self, vectors: Tensor, pair: Tensor, slot: Tensor, width: int, owned: int,
               w: Dict[str, Tensor]) -> Dict[str, Tensor]:
    """What the layers share. vectors [E,3] -> rotation [E,Q], gaussians [E,B_d], and `harmonics`
    [N,S,W]: f(d) Y(-n) / sqrt(n_avg) of the edges that point to each atom."""
    d = torch.linalg_vector_norm(vectors, 2, [1])
    # the model's precision begins here: geometry is rounded once
    vectors = vectors.to(self.rotation_table)
    d = d.to(self.rotation_table)
    rotation = self.rotations(vectors)
    basis: Dict[str, Tensor] = {}
    if not self.roll_pooling:
        basis["roll_cos"], basis["roll_sin"] = self.roll_of_mean_neighbor(
            vectors, d, slot, width, owned)
    basis["rotation"] = rotation
    basis["gaussians"] = self.gaussians(d, pair, w)
    basis["harmonics"] = self.harmonics_of_atoms(rotation, d, slot, width, owned)
    return basis


def roll_of_mean_neighbor(self, vectors: Tensor, d: Tensor, slot: Tensor, width: int,
                          owned: int) -> Tuple[Tensor, Tensor]:
    """cos(m a), sin(m a) [E,m_max] for m = 1.., a the azimuth of the target's mean neighbor
    sum f(d) (r_t - r_s) in the edge frame of rotations(). Singular where it lies on the edge."""
    table = torch.zeros([owned * width, 3], dtype=vectors.dtype, device=vectors.device)
    table = table.index_copy(0, slot, vectors * self.envelope(d).unsqueeze(1))
    mean = table.view(owned, width, 3).sum(1)
    mean = mean.index_select(0, torch.floor_divide(slot, width))
    fixed = vectors.detach()
    n = fixed / torch.linalg_vector_norm(fixed, 2, [1], True)
    e_x, e_y = self.frame_axes(n)
    moved = vectors / torch.linalg_vector_norm(vectors, 2, [1], True) - n
    w_x = (moved * e_y).sum(1)
    w_y = -(moved * e_x).sum(1)
    along = (n * mean).sum(1)
    x = (e_x * mean).sum(1) + w_y * along
    y = (e_y * mean).sum(1) - w_x * along
    squared = x * x + y * y
    positive = squared > 0
    one = torch.ones_like(x)
    rho = torch.sqrt(torch.where(positive, squared, one))
    c = torch.where(positive, x / rho, one)
    s = torch.where(positive, y / rho, torch.zeros_like(x))
    # not powers(), whose derivative asks whether a value is zero, for which the host waits for a device
    cos = [one]
    sin = [torch.zeros_like(x)]
    for m in range(self.m_max):
        next_cos = cos[m] * c - sin[m] * s
        sin.append(sin[m] * c + cos[m] * s)
        cos.append(next_cos)
    return (torch.stack(cos, 1).narrow(1, 1, self.m_max),
            torch.stack(sin, 1).narrow(1, 1, self.m_max))


def by_group(self, x: Tensor, counts: List[int], weight: Tensor, bias: Tensor) -> Tensor:
    """One matrix for each group of consecutive rows: x [.,I], weight [P,I,O], bias [P,O]."""
    if weight.size(0) == 1:
        return torch.addmm(bias[0], x, weight[0])
    rows = x.split_with_sizes(counts, 0)
    weights = weight.unbind(0)
    biases = bias.unbind(0)
    parts: List[Tensor] = []
    for p in range(len(counts)):
        if counts[p] > 0:
            parts.append(torch.addmm(biases[p], rows[p], weights[p]))
    if len(parts) == 0:
        return torch.mm(x, weight[0])
    return torch.cat(parts, 0)


def distance(self, k: int, basis: Dict[str, Tensor], w: Dict[str, Tensor]) -> Tensor:
    return torch.addmm(w["distance_bias.{}".format(k)], basis["gaussians"],
                       w["distance.{}".format(k)])


def initial_messages(self, basis: Dict[str, Tensor], counts: List[int],
                     w: Dict[str, Tensor]) -> Tensor:
    """h [E,M] from distance and elements alone."""
    x = torch.silu(self.distance(0, basis, w))
    x = torch.silu(self.by_group(x, counts, w["start"], w["start_bias"]))
    return torch.addmm(self.start_out_bias, x, self.start_out)


def coefficients(self, h: Tensor, slot: Tensor, width: int, basis: Dict[str, Tensor]) -> Tensor:
    """A_s [N,S*M]: harmonic coefficients of the messages into each owned atom; the one thing that
    a layer needs from other ranks."""
    a = self.per_atom(h, slot, width, basis["harmonics"])
    return a.reshape(a.size(0), a.size(1) * a.size(2))


def group_norm(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    y = x.view(x.size(0), 4, x.size(1) // 4)
    y = y - y.mean(2, True)
    y = y * torch.rsqrt((y * y).mean(2, True) + 1e-5)
    return y.view(x.size(0), x.size(1)) * weight + bias


def convolve(self, x: Tensor, weight: Tensor) -> Tensor:
    """x [E,n,M] with rows of one order, weight [G,n*M/G,O/G] -> [E,O]."""
    groups = self.channel_groups
    edges = x.size(0)
    if groups == 1:
        return torch.mm(x.reshape(edges, x.size(1) * x.size(2)), weight[0])
    y = x.view(edges, x.size(1), groups, x.size(2) // groups).permute(2, 0, 1, 3)
    y = torch.bmm(y.reshape(groups, edges, weight.size(1)), weight)
    return y.transpose(0, 1).reshape(edges, groups * weight.size(2))


def spin_convolution(self, k: int, a: Tensor, basis: Dict[str, Tensor],
                     w: Dict[str, Tensor]) -> Tensor:
    """Coefficients of the source atom a [E,S,M] -> [E,D], independent of the frame's roll and of
    its handedness. With full-size filters over the roll r, y(r) = S_0 + b + sum_m P_m cos(m r) +
    Q_m sin(m r), P = Wa a_+ + Wb a_-, Q = Wb a_+ - Wa a_-, followed by an activation averaged over
    r and over the mirror image (a_- -> -a_-): exact for `gated` and `quadratic`, which need the
    mean square q of the waves alone, R samples for `swish`."""
    edges = a.size(0)
    blocks = basis["rotation"].split_with_sizes(self.block_sizes, 1)
    degrees = a.split_with_sizes(self.degree_sizes, 1)
    turned: List[Tensor] = []
    for l in range(self.l_max + 1):
        if l == 0:
            turned.append(degrees[0])
        else:
            size = 2 * l + 1
            block = blocks[l].view(edges, self.block_sizes[l] // size, size)
            turned.append(torch.bmm(block, degrees[l]))
    rows = torch.cat(turned, 1).index_select(1, self.order_rows)
    orders = rows.split_with_sizes(self.order_sizes, 1)
    # groups of output channels of every order are laid out alike, so P, Q of a channel meet S_0
    y0 = self.convolve(orders[0], w["roll.{}.0".format(k)]) + w["roll_bias.{}".format(k)]
    if self.roll_pooling and self.roll_activation == "swish":
        waves: List[Tensor] = [y0]
        mirrored: List[Tensor] = [y0]
        for m in range(1, self.m_max + 1):
            z = self.convolve_order(orders[m], w["roll.{}.{}".format(k, m)])
            plus = z.select(1, 0)
            minus = z.select(1, 1)
            waves.append(plus.select(1, 0) + minus.select(1, 1))
            waves.append(plus.select(1, 1) - minus.select(1, 0))
            mirrored.append(plus.select(1, 0) - minus.select(1, 1))
            mirrored.append(plus.select(1, 1) + minus.select(1, 0))
        x = torch.silu(torch.matmul(self.roll_samples, torch.stack(waves, 1))).mean(1)
        y = torch.silu(torch.matmul(self.roll_samples, torch.stack(mirrored, 1))).mean(1)
        return 0.5 * (x + y)
    if not self.roll_pooling:
        # the frame turned to the mean neighbor: the sample at roll 0 and its mirror image
        even = y0
        odd = torch.zeros_like(y0)
        for m in range(1, self.m_max + 1):
            plus, minus = orders[m].chunk(2, 1)
            c = basis["roll_cos"].select(1, m - 1).unsqueeze(1).unsqueeze(1)
            s = basis["roll_sin"].select(1, m - 1).unsqueeze(1).unsqueeze(1)
            turned_order = torch.cat([c * plus + s * minus, c * minus - s * plus], 1)
            z = self.convolve_order(turned_order, w["roll.{}.{}".format(k, m)])
            even = even + z.select(1, 0).select(1, 0)
            odd = odd + z.select(1, 1).select(1, 1)
        return 0.5 * (torch.silu(even + odd) + torch.silu(even - odd))
    q = torch.zeros_like(y0)
    if self.m_max > 0:
        q = 0.5 * self.wave_squares(k, orders, w)
    if self.roll_activation == "quadratic":
        return 0.5 * y0 + 0.25 * (y0 * y0 + q)
    return torch.silu(y0) + (torch.sqrt(1.0 + q) - 1.0)


def wave_squares(self, k: int, orders: List[Tensor], w: Dict[str, Tensor]) -> Tensor:
    """Sum over m >= 1 of |Wa a_+|^2 + |Wb a_+|^2 + |Wa a_-|^2 + |Wb a_-|^2 of each channel, [E,D]. Squares
    are taken and added in the layout [E, G, (Wa, Wb), D/G] that the products have, without copies."""
    groups = self.channel_groups
    squares: List[Tensor] = []
    for m in range(1, self.m_max + 1):
        weight = w["roll.{}.{}".format(k, m)]
        for rows in orders[m].chunk(2, 1):
            y = self.convolve(rows, weight)
            squares.append(y * y)
    total = squares[0]
    for i in range(1, len(squares)):
        total = total + squares[i]
    a, b = total.view(total.size(0), groups, 2, total.size(1) // (2 * groups)).unbind(2)
    return (a + b).reshape(total.size(0), total.size(1) // 2)


def convolve_order(self, x: Tensor, weight: Tensor) -> Tensor:
    """((Wa a_+, Wb a_+), (Wa a_-, Wb a_-)) as [E,2,2,D] from the rows +m, then -m of x [E,2n,M],
    weight [G,n*M/G,2*D/G]."""
    edges = x.size(0)
    rows = x.reshape(2 * edges, x.size(1) // 2, x.size(2))
    y = self.convolve(rows, weight)
    groups = self.channel_groups
    channels = y.size(1) // (2 * groups)
    y = y.view(edges, 2, groups, 2, channels).transpose(2, 3)
    return y.reshape(edges, 2, 2, groups * channels)


def update(self, k: int, h: Tensor, rows: Tensor, source: Tensor, counts: List[int],
           basis: Dict[str, Tensor], w: Dict[str, Tensor]) -> Tensor:
    """Message layer k: h [E,M] and the coefficients of all rows [R,S*M] -> h + F_h."""
    harmonics = rows.size(1) // self.message_channels
    a = rows.index_select(0, source).view(source.size(0), harmonics, self.message_channels)
    x = self.spin_convolution(k, a, basis, w)
    if self.normalize:
        x = self.group_norm(x, w["norm_weight.{}".format(k)], w["norm_bias.{}".format(k)])
    x = torch.silu(self.by_group(x, counts, w["first.{}".format(k)], w["first_bias.{}".format(k)]))
    x = torch.addmm(w["first_out_bias.{}".format(k)], x, w["first_out.{}".format(k)])
    x = torch.silu(x + self.distance(k + 1, basis, w))
    x = torch.silu(self.by_group(x, counts, w["second.{}".format(k)], w["second_bias.{}".format(k)]))
    return h + torch.addmm(w["second_out_bias.{}".format(k)], x, w["second_out.{}".format(k)])


def atomic_energies(self, h: Tensor, slot: Tensor, width: int, basis: Dict[str, Tensor],
                    atom_order: Tensor, type_counts: List[int], types: Tensor,
                    w: Dict[str, Tensor]) -> Tensor:
    """E_t = E0 + scale * F_e(a_t, sum_s f(d) h / sqrt(n_avg)), eV, float64 [N]."""
    # f(d) / sqrt(n_avg) is the first harmonic
    x = self.per_atom(h, slot, width, basis["harmonics"].narrow(1, 0, 1)).squeeze(1)
    x = self.by_group(x.index_select(0, atom_order), type_counts, w["energy"], w["energy_bias"])
    x = torch.addmm(self.energy_out_bias, torch.silu(x), self.energy_out).squeeze(1)
    # total energies need float64: reference energies are far larger than what the network gives
    reference = w["reference_energies"].index_select(0, types.narrow(0, 0, x.size(0)))
    x = x.to(reference) * self.energy_scale
    return torch.zeros_like(x).index_copy(0, atom_order, x) + reference


def forward(self, vectors: Tensor, source: Tensor, target: Tensor, types: Tensor) -> Tensor:
    """Energies of all atoms [N] (eV) of a structure whose edges name owned atoms only: vectors
    r_t - r_s [E,3] (Angstrom), source and target rows [E], element indices [N]. Differentiate with
    respect to `vectors` for forces."""
    elements = self.element_count
    order = self.sort_edges(source, target, types, elements)
    source = source.index_select(0, order)
    target = target.index_select(0, order)
    vectors = vectors.index_select(0, order)
    owned = types.size(0)
    w = self.prepare(torch.arange(elements, device=types.device))
    pair, counts, slot, width, atom_order, type_counts = self.layout(
        source, target, types, owned, elements)
    basis = self.edge_basis(vectors, pair, slot, width, owned, w)
    h = self.initial_messages(basis, counts, w)
    for k in range(self.layers):
        rows = self.coefficients(h, slot, width, basis)
        h = self.update(k, h, rows, source, counts, basis, w)
    return self.atomic_energies(h, slot, width, basis, atom_order, type_counts, types, w)
