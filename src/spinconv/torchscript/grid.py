# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# The model on latitude x longitude grids, as published: the TorchScript that the C++ core compiles
# with Module.define() where `sphere` is `grid`. Parameters and constants are registered by
# grid_definition.cpp. Notation as in harmonics.py; besides T latitudes, O longitudes, W edges at
# most into one atom, F rotations of the force block.
#
# Filters of two kinds read a sphere: `grid` (full-size filters over the roll, grouped by 8 message
# channels) and `harmonics` (a fixed map of the grid to harmonics of degree <= l_max, then one linear
# layer). Both give O samples over the roll, y(t) = b + sum_m A_m cos(2 pi m t / O) + B_m sin(...),
# whose activation is averaged (grid) or summed (harmonics, as published).
#
# There may be no edges, or no atoms: no size of a view is left to be found (-1), which needs numbers.


def prepare(self, used: Tensor) -> Dict[str, Tensor]:
    """Weights in the form in which edges use them, for the elements `used` [U]."""
    w: Dict[str, Tensor] = {}
    count = used.size(0)
    first, second, pair = self.pairs_of(used)
    # scale = exp(ln(max) (2 sigmoid(a) - 1))
    sigma = 2.0 * torch.sigmoid(self.distance_gain.index_select(0, pair)) - 1.0
    w["distance_gain"] = torch.exp(self.distance_log_max * sigma)
    w["distance_offset"] = self.distance_offset.index_select(0, pair)
    own = torch.arange(count, device=used.device) * (count + 1)
    for k in range(self.blocks):
        source = self.source_embedding[k].index_select(0, first)
        target = self.target_embedding[k].index_select(0, second)
        gate = torch.softmax(torch.addmm(self.gate_bias[k], torch.cat([source, target], 1),
                                         self.gate_weight[k]), 1)
        # energies and forces mix by the atom's own element: the pairs (a, a)
        w["gate.{}".format(k)] = gate if k < 1 + 2 * self.layers else gate.index_select(0, own)
    for k in range(self.layers):
        self.prepare_filters("roll.{}".format(k), self.message_filters, self.roll_weight[k], w)
    if self.direct_forces:
        self.prepare_filters("force_roll", self.force_filters, self.force_roll_weight, w)
    w["reference_energies"] = self.reference_energies.index_select(0, used)
    return w


def prepare_filters(self, name: str, kind: int, weight: Tensor, w: Dict[str, Tensor]):
    """One matrix for each order of the roll: cosine and sine rows in, cosine and sine of y out."""
    if kind == 0:
        # [D,8T,O] -> Fourier sums over the longitudes; y is a cross-correlation
        channels = weight.size(0)
        inputs = weight.size(1)
        groups = self.channel_groups
        z = torch.matmul(weight, self.fourier).view(groups, channels // groups, inputs, -1)
        z = z.permute(3, 0, 2, 1)
        w[name + ".0"] = z[0]
        for m in range(1, self.orders + 1):
            c = z[2 * m - 1]
            if 2 * m == self.longitudes:
                w["{}.{}".format(name, m)] = c
            else:
                s = z[2 * m]
                w["{}.{}".format(name, m)] = torch.cat(
                    [torch.cat([c, -s], 2), torch.cat([s, c], 2)], 1)
    else:
        # [D,H,(l_max+1)^2] -> rows of one order, degree-major
        channels = weight.size(0)
        z = weight.permute(2, 1, 0)
        for m in range(self.l_max + 1):
            plus = z.index_select(0, self.degrees.narrow(0, m, self.l_max + 1 - m) + m)
            plus = plus.reshape(1, -1, channels)
            if m == 0:
                w[name + ".0"] = plus
            else:
                minus = z.index_select(0, self.degrees.narrow(0, m, self.l_max + 1 - m) - m)
                minus = minus.reshape(1, -1, channels)
                w["{}.{}".format(name, m)] = torch.cat(
                    [torch.cat([plus, minus], 2), torch.cat([minus, -plus], 2)], 1)


def sort_edges(self, source: Tensor, target: Tensor, types: Tensor, elements: int) -> Tensor:
    """Permutation [E] of the edges that the methods want: by target; stable."""
    return torch.argsort(target, stable=True)


def projection(self, p: Tensor) -> Tuple[Tensor, Tensor]:
    """Directions in a frame [.,3] -> weights on the latitudes [.,T] and longitudes [.,O]: bilinear.
    The longitude of a pole is 0: there, published code takes that of rounding errors."""
    y = p.select(-1, 1)
    z = p.select(-1, 2)
    sine = p.select(-1, 0)
    rho = y * y + z * z
    pole = rho < 1e-10
    zero = torch.zeros_like(y)
    one = torch.ones_like(y)
    longitude = torch.atan2(torch.where(pole, zero, y), torch.where(pole, one, z))
    end = torch.logical_or(torch.logical_and(pole, sine.abs() > 0.9999), sine.abs() >= 1.0)
    latitude = torch.where(end, torch.sign(sine) * (0.5 * self.pi),
                           torch.asin(torch.where(end, zero, sine)))
    x = (longitude + self.pi) * (self.longitudes / (2.0 * self.pi))
    t = (0.99 * ((latitude + 0.5 * self.pi) / self.pi) + 0.005) * (self.latitudes - 1)
    dx = x.unsqueeze(-1) - self.longitude_index
    dx = dx - self.longitudes * torch.round(dx / self.longitudes)
    dt = t.unsqueeze(-1) - self.latitude_index
    return torch.relu(1.0 - dt.abs()), torch.relu(1.0 - dx.abs())


def spheres(self, kind: int, latitude: Tensor, longitude: Tensor) -> Tensor:
    """Weights of W neighbors [.,W,T], [.,W,O] -> [.,T*C,W], their sums over longitudes in place of
    the longitudes: with messages [.,W,H] one product gives what the filters read."""
    sums = torch.matmul(longitude, self.fourier if kind == 0 else self.longitude_map)
    table = latitude.unsqueeze(3) * sums.unsqueeze(2)
    cells = table.size(2) * table.size(3)
    return table.view(table.size(0), table.size(1), cells).transpose(1, 2)


def spin_convolution(self, name: str, kind: int, sphere: Tensor, bias: Tensor, norm: Tensor,
                     norm_bias: Tensor, w: Dict[str, Tensor]) -> Tensor:
    """sphere [E,T*C,H] -> [E,D]."""
    edges = sphere.size(0)
    channels = sphere.size(2)
    waves: List[Tensor] = []
    if kind == 0:
        groups = self.channel_groups
        x = sphere.view(edges, self.latitudes, self.longitudes, groups, channels // groups)
        x = x.permute(2, 3, 0, 4, 1).reshape(
            self.longitudes, groups, edges, self.latitudes * channels // groups)
        waves.append(self.joined(torch.bmm(x[0], w[name + ".0"])))
        for m in range(1, self.orders + 1):
            if 2 * m == self.longitudes:
                waves.append(self.joined(torch.bmm(x[2 * m - 1], w["{}.{}".format(name, m)])))
            else:
                y = torch.cat([x[2 * m - 1], x[2 * m]], 2)
                y = torch.bmm(y, w["{}.{}".format(name, m)])
                half = y.size(2) // 2
                waves.append(self.joined(y.narrow(2, 0, half)))
                waves.append(self.joined(y.narrow(2, half, half)))
        samples = self.roll_samples
    else:
        x = sphere.view(edges, self.latitudes, 2 * self.l_max + 1, channels)
        for m in range(self.l_max + 1):
            rows = self.degrees.narrow(0, m, self.l_max + 1 - m)
            y = self.degree_sums(x, m, rows + m)
            if m > 0:
                y = torch.cat([y, self.degree_sums(x, -m, rows - m)], 1)
            y = torch.mm(y, w["{}.{}".format(name, m)][0])
            half = y.size(1) // 2
            if m == 0:
                waves.append(y)
            else:
                waves.append(y.narrow(1, 0, half))
                waves.append(y.narrow(1, half, half))
        samples = self.harmonic_samples
    y = torch.silu(torch.matmul(samples, torch.stack(waves, 1)) + bias)
    y = y.mean(1) if kind == 0 else y.sum(1)
    groups = self.channel_groups
    y = y.view(edges, groups, y.size(1) // groups)
    y = y - y.mean(2, True)
    y = y * torch.rsqrt((y * y).mean(2, True) + 1e-5)
    return y.view(edges, norm.size(0)) * norm + norm_bias


def joined(self, x: Tensor) -> Tensor:
    """[G,E,D/G] -> [E,D]."""
    return x.transpose(0, 1).reshape(x.size(1), x.size(0) * x.size(2))


def degree_sums(self, x: Tensor, m: int, rows: Tensor) -> Tensor:
    """Harmonics of order m from the sums over longitudes [E,T,2L+1,H] -> [E,n*H]."""
    table = self.latitude_map[m + self.l_max].index_select(1, rows)
    y = torch.matmul(table.t(), x.select(2, m + self.l_max))
    return y.reshape(y.size(0), y.size(1) * y.size(2))


def experts(self, k: int, x: Tensor, index: Tensor, w: Dict[str, Tensor]) -> Tensor:
    """Inside of embedding block k, activation before mixing as published: [.,D] -> [.,D]."""
    x = torch.silu(torch.addmm(self.block_in_bias[k], x, self.block_in[k]))
    return self.mixed(k, x, index, w)


def mixed(self, k: int, x: Tensor, index: Tensor, w: Dict[str, Tensor]) -> Tensor:
    x = torch.silu(torch.addmm(self.expert_bias[k], x, self.expert_weight[k]))
    x = x.view(x.size(0), x.size(1) // self.hidden_channels, self.hidden_channels)
    gate = w["gate.{}".format(k)].index_select(0, index)
    return (x * gate.unsqueeze(2)).sum(1)


def weights_of_distance(self, d: Tensor) -> Tensor:
    """f(d) as in edge_frames.py, or 1 as published."""
    if self.envelope_exponent == 0:
        return torch.ones_like(d)
    p = float(self.envelope_exponent)
    u = torch.clamp(d / self.cutoff, max=1.0)
    polynomial = -0.5 * (p + 1) * (p + 2) + u * (p * (p + 2) - u * (0.5 * p * (p + 1)))
    return 1.0 + torch.pow(u, self.envelope_exponent) * polynomial


def frames_of(self, vectors: Tensor, d: Tensor, target: Tensor, owned: int) -> Tensor:
    """R [E,3,3]: rows x along the edge towards its source, z, y by the mean neighbor of the target.
    Left-handed, as published."""
    pull = -vectors
    mean = torch.zeros([owned, 3], dtype=vectors.dtype, device=vectors.device)
    weight = 0.5 * (torch.cos(d * (self.pi / self.cutoff)) + 1.0)
    mean = mean.index_add(0, target, pull * weight.unsqueeze(1)) + 1e-4
    mean = mean / torch.linalg_vector_norm(mean, 2, [1], True)
    x = pull / d.unsqueeze(1)
    z = torch.linalg_cross(x, mean.index_select(0, target))
    z = z / (self.length(z) + 1e-7)
    y = torch.linalg_cross(x, z)
    y = y / (self.length(y) + 1e-7)
    return torch.stack([x, y, z], 1)


def length(self, v: Tensor) -> Tensor:
    """Norm [.,1]; its derivative at zero is zero."""
    squared = (v * v).sum(1, True)
    zero = squared == 0.0
    root = torch.sqrt(torch.where(zero, torch.ones_like(squared), squared))
    return torch.where(zero, torch.zeros_like(root), root)


def evaluate(self, vectors: Tensor, source: Tensor, target: Tensor, types: Tensor, owned: int,
             elements: int, orientations: Tensor, w: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
    """Energies [N] (eV, float64) and, with `direct_forces`, forces [N,3] (eV/Angstrom, float64) of
    sorted edges. orientations [F,N|1,3,3] of the force block, row 0 the axis."""
    like = self.gaussian_centers
    device = vectors.device
    # the published precision begins here
    vectors = vectors.to(like)
    d = torch.linalg_vector_norm(vectors, 2, [1])
    geometry = vectors.detach() if self.distance_gradient else vectors
    d_geometry = d.detach() if self.distance_gradient else d

    # table of the edges into each atom
    # not bincount(), for which the host waits for a device
    neighbors = torch.zeros([owned], dtype=target.dtype, device=device)
    neighbors = neighbors.index_add(0, target, torch.ones_like(target))
    width = 1
    if target.size(0) > 0:
        width = max(int(neighbors.max()), 1)
    begin = torch.cumsum(neighbors, 0) - neighbors
    place = torch.arange(target.size(0), device=device) - begin.index_select(0, target)
    slot = target * width + place
    directions = -geometry / d_geometry.unsqueeze(1)
    envelope = self.weights_of_distance(d_geometry)
    table = torch.zeros([owned * width, 4], dtype=like.dtype, device=device)
    table = table.index_copy(0, slot, torch.cat([directions, envelope.unsqueeze(1)], 1))
    table = table.view(owned, width, 4)

    # weights of every neighbor of the source on the sphere of an edge, the same in all layers
    around = table.index_select(0, source)
    rotation = self.frames_of(geometry, d_geometry, target, owned)
    latitude, longitude = self.projection(
        torch.bmm(around.narrow(2, 0, 3), rotation.transpose(1, 2)))
    latitude = latitude * around.narrow(2, 3, 1)
    sphere = self.spheres(self.message_filters, latitude, longitude)

    pair = types.index_select(0, source) * elements + types.index_select(0, target)
    scaled = d * w["distance_gain"].index_select(0, pair) + w["distance_offset"].index_select(0, pair)
    x = scaled.unsqueeze(1) - like
    x = torch.exp(self.gaussian_coefficient * (x * x))
    distances = torch.addmm(self.basis_bias, x, self.basis_weight)

    x = torch.silu(self.distance(0, distances))
    h = torch.addmm(self.start_out_bias, self.experts(0, x, pair, w), self.start_out)
    for k in range(self.layers):
        messages = torch.zeros([owned * width, h.size(1)], dtype=h.dtype, device=device)
        messages = messages.index_copy(0, slot, h).view(owned, width, h.size(1))
        x = torch.bmm(sphere, messages.index_select(0, source))
        x = self.spin_convolution("roll.{}".format(k), self.message_filters, x, self.roll_bias[k],
                                  self.norm_weight[k], self.norm_bias[k], w)
        x = torch.addmm(self.first_out_bias[k], self.experts(1 + 2 * k, x, pair, w),
                        self.first_out[k])
        x = torch.silu(x + self.distance(k + 1, distances))
        x = torch.addmm(self.second_out_bias[k], self.experts(2 + 2 * k, x, pair, w),
                        self.second_out[k])
        h = x if k == 0 else h + x

    own = types.narrow(0, 0, owned)
    count = self.layers * 2 + 1
    x = h * self.weights_of_distance(d).unsqueeze(1)
    x = torch.zeros([owned, x.size(1)], dtype=x.dtype, device=device).index_add(0, target, x)
    x = x * self.neighbor_scale
    x = torch.silu(torch.addmm(self.energy_in_bias, x, self.energy_in))
    x = torch.addmm(self.energy_out_bias, self.mixed(count, x, own, w), self.energy_out).squeeze(1)
    reference = w["reference_energies"].index_select(0, own)
    energies = x.to(reference) * self.energy_scale + reference

    forces = torch.zeros([owned, 3], dtype=reference.dtype, device=device)
    if self.direct_forces:
        messages = torch.zeros([owned * width, h.size(1)], dtype=h.dtype, device=device)
        messages = messages.index_copy(0, slot, h).view(owned, width, h.size(1))
        for f in range(orientations.size(0)):
            frame = orientations[f].to(like).expand(owned, 3, 3)
            latitude, longitude = self.projection(
                torch.bmm(table.narrow(2, 0, 3), frame.transpose(1, 2)))
            sphere = self.spheres(self.force_filters, latitude * table.narrow(2, 3, 1), longitude)
            x = self.spin_convolution("force_roll", self.force_filters, torch.bmm(sphere, messages),
                                      self.force_roll_bias, self.force_norm_weight,
                                      self.force_norm_bias, w)
            x = torch.addmm(self.force_out_bias, self.experts(count + 1, x, own, w), self.force_out)
            x = self.experts(count + 2, torch.silu(x), own, w)
            x = torch.addmm(self.force_end_bias, x, self.force_end)
            forces = forces + x.to(forces) * frame.select(1, 0).to(forces)
        forces = forces * (self.force_scale * 3.0 / orientations.size(0))
    return energies, forces


def distance(self, k: int, distances: Tensor) -> Tensor:
    x = torch.silu(torch.addmm(self.distance_in_bias[k], distances, self.distance_in[k]))
    return torch.addmm(self.distance_out_bias[k], x, self.distance_out[k])


def forward(self, vectors: Tensor, source: Tensor, target: Tensor, types: Tensor) -> Tensor:
    """Energies of all atoms [N] (eV) of a structure whose edges name owned atoms only, as in
    harmonics.py."""
    elements = self.element_count
    order = self.sort_edges(source, target, types, elements)
    w = self.prepare(torch.arange(elements, device=types.device))
    energies, forces = self.evaluate(
        vectors.index_select(0, order), source.index_select(0, order),
        target.index_select(0, order), types, types.size(0), elements, self.force_frames, w)
    return energies
