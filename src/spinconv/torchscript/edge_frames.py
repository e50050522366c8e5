# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# Methods that models on spheres of harmonics have in common: edge frames, cutoff, distances, and
# sums over the edges into an atom. Names as in harmonics.py.


def powers(self, c: Tensor, s: Tensor) -> Tuple[Tensor, Tensor]:
    """cos(m a), sin(m a) for m = 0..L from cos(a), sin(a): [E] -> [E,L+1] each."""
    z = torch.complex(c, s).unsqueeze(1)
    p = torch.cumprod(z.expand(-1, self.l_max), 1)
    one = torch.ones_like(z)
    p = torch.view_as_real(torch.cat([one, p], 1))
    return p.select(2, 0), p.select(2, 1)


def rotations(self, vectors: Tensor) -> Tensor:
    """Rotation of the harmonics of the source atom into the edge frame, D(R) with R n = z
    (R = R_y(-theta) R_z(-phi); its roll is free). Flat [E,Q], blocks by l, rows |m| <= m_max.

    The value is a constant of the geometry; the derivative is carried by two infinitesimal
    rotations about the frame's x and y axes, D = D0 + w_x L_x D0 + w_y L_y D0 at w = 0, which has
    no singular direction (Euler angles do: the reverse edge always sits at the pole)."""
    v = vectors.detach()
    d = torch.linalg_vector_norm(v, 2, [1], True)
    n = v / d
    rho = torch.sqrt(n.select(1, 0) * n.select(1, 0) + n.select(1, 1) * n.select(1, 1))
    positive = rho > 0
    safe = torch.where(positive, rho, torch.ones_like(rho))
    cos_phi = torch.where(positive, n.select(1, 0) / safe, torch.ones_like(rho))
    sin_phi = torch.where(positive, n.select(1, 1) / safe, torch.zeros_like(rho))
    cos_theta = n.select(1, 2)
    c, s = self.powers(cos_theta, rho)
    trig = torch.cat([c, s.narrow(1, 1, self.l_max)], 1)
    cm, sm = self.powers(cos_phi, sin_phi)
    phases_c = cm.index_select(1, self.column_order)
    phases_s = sm.index_select(1, self.column_order) * self.column_sign
    entries = self.column_order.size(0)
    table = torch.mm(trig, self.rotation_table).view(trig.size(0), 2, 3, entries)
    table = table.select(1, 0) * phases_c.unsqueeze(1) + table.select(1, 1) * phases_s.unsqueeze(1)
    value, about_x, about_y = table.unbind(1)
    e_x, e_y = self.frame_axes(n)
    # exactly zero, with the derivative of the direction: n changes by -w_y e_x + w_x e_y
    moved = vectors / torch.linalg_vector_norm(vectors, 2, [1], True) - n
    w_x = (moved * e_y).sum(1, True)
    w_y = -(moved * e_x).sum(1, True)
    return value + w_x * about_x + w_y * about_y


def envelope(self, d: Tensor) -> Tensor:
    """f(d) = 1 - (p+1)(p+2)/2 u^p + p(p+2) u^(p+1) - p(p+1)/2 u^(p+2), u = d/cutoff: two continuous
    derivatives at the cutoff, zero beyond."""
    p = float(self.envelope_exponent)
    u = torch.clamp(d / self.cutoff, max=1.0)
    polynomial = -0.5 * (p + 1) * (p + 2) + u * (p * (p + 2) - u * (0.5 * p * (p + 1)))
    return 1.0 + torch.pow(u, self.envelope_exponent) * polynomial


def frame_axes(self, n: Tensor) -> Tuple[Tensor, Tensor]:
    """Rows x and y of R = R_y(-theta) R_z(-phi) for directions n [E,3]."""
    x = n.select(1, 0)
    y = n.select(1, 1)
    z = n.select(1, 2)
    rho = torch.sqrt(x * x + y * y)
    positive = rho > 0
    safe = torch.where(positive, rho, torch.ones_like(rho))
    c = torch.where(positive, x / safe, torch.ones_like(rho))
    s = torch.where(positive, y / safe, torch.zeros_like(rho))
    return (torch.stack([z * c, z * s, -rho], 1),
            torch.stack([-s, c, torch.zeros_like(rho)], 1))


def slots(self, target: Tensor, neighbors: Tensor, width: int) -> Tensor:
    """slot [E] of an edge in the table [N*W] that lists the edges of each target in a row of width
    W; `neighbors` [N] are the edges of each target, W at most."""
    by_target = torch.argsort(target, stable=True)
    begin = torch.cumsum(neighbors, 0) - neighbors
    sorted_target = target.index_select(0, by_target)
    place = torch.arange(target.size(0), device=target.device) - begin.index_select(0, sorted_target)
    return torch.empty_like(target).index_copy(0, by_target, sorted_target * width + place)


def per_atom(self, h: Tensor, slot: Tensor, width: int, harmonics: Tensor) -> Tensor:
    """Sum over the edges that point to each atom: harmonics [N,S',W], h [E,M] -> [N,S',M]."""
    owned = harmonics.size(0)
    table = torch.zeros([owned * width, h.size(1)], dtype=h.dtype, device=h.device)
    return torch.bmm(harmonics, table.index_copy(0, slot, h).view(owned, width, h.size(1)))


def gaussians(self, d: Tensor, pair: Tensor, w: Dict[str, Tensor]) -> Tensor:
    """[E,B_d] of distances that are scaled and shifted for each pair of elements."""
    scaled = d * w["distance_gain"].index_select(0, pair) + w["distance_offset"].index_select(0, pair)
    x = (scaled.unsqueeze(1) - self.gaussian_centers) * self.gaussian_inverse_width
    # exp(-11^2/2) = 5e-27 is nothing to a sum of Gaussians; smaller values would reach float32's
    # denormal numbers, with which processors multiply matrices many times slower
    x = torch.clamp(x, -11.0, 11.0)
    return torch.exp(-0.5 * x * x)


def harmonics_of_atoms(self, rotation: Tensor, d: Tensor, slot: Tensor, width: int,
                       owned: int) -> Tensor:
    """[N,S,W]: f(d) Y(-n) / sqrt(n_avg) of the edges that point to each atom."""
    # Y(-n) = (-1)^l Y(n) and Y(n) = D^T Y(z): the row m = 0 of each block, sqrt(2l+1) on the axis
    y = rotation.index_select(1, self.axis_rows) * self.axis_factors
    y = y * (self.envelope(d) * self.neighbor_scale).unsqueeze(1)
    table = torch.zeros([owned * width, y.size(1)], dtype=y.dtype, device=y.device)
    return table.index_copy(0, slot, y).view(owned, width, y.size(1)).transpose(1, 2)
