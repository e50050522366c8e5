# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# Methods of the module that `spinconv-train export P OUT.ts` writes: structures in, energies, forces
# and stress out. `self.model` is the module of harmonics.py or grid.py, which is what is evaluated; here
# are the neighbors, the derivatives and what becomes of them. Registered by exported_module.cpp:
# cutoff, max_neighbors, is_energy, direct_forces, energy_offset [] float64, element_of [119] int64 (-1:
# an element that the model does not know). docs/potential_file.md describes the methods.
#
# N atoms, E edges s -> t. Numbers and positions may have any integer and floating-point type; geometry
# and results are float64, on the device of the module.


def forward(self, positions: Tensor, numbers: Tensor, cell: Optional[Tensor] = None,
            pbc: Optional[Tensor] = None, create_graph: bool = False) -> Dict[str, Tensor]:
    """A structure: positions [N,3] (Angstrom), atomic numbers [N], lattice vectors as rows of cell
    [3,3], pbc [3] (bool; without it all True where there is a cell). Gives what from_edges() gives but
    for edge_gradients, and stress [3,3] where the structure is periodic in all directions."""
    assert positions.dim() == 2 and positions.size(1) == 3, "positions have to be [N,3]"
    assert numbers.numel() == positions.size(0), \
        "there are {} atomic numbers for {} positions".format(numbers.numel(), positions.size(0))
    r = positions.detach().to(self.energy_offset)
    lattice, periodic = self.lattice_of(cell, pbc)
    source, target, images = self.neighbors(r, lattice, periodic)
    vectors = r.index_select(0, target) - r.index_select(0, source) - torch.mm(images, lattice)
    result = self.from_edges(vectors, source, target, numbers, create_graph)
    if self.is_energy and not self.direct_forces:
        result.pop("edge_gradients")
        if periodic[0] and periodic[1] and periodic[2]:
            result["stress"] = -result["virial"] / torch.linalg_det(lattice).abs()
    return result


def from_edges(self, vectors: Tensor, source: Tensor, target: Tensor, numbers: Tensor,
               create_graph: bool = False) -> Dict[str, Tensor]:
    """Edges: vectors r_t - r_s [E,3] (Angstrom) of all pairs inside the cutoff, both ways and with all
    images, indices of s and t [E], atomic numbers [N]. Gives
      energies [N] eV, of atoms; energy [] eV, their sum and the offset of the model;
      edge_gradients [E,3] g = dE/d(r_t - r_s), forces [N,3] (f_t -= g, f_s += g), eV/Angstrom;
      virial [3,3] eV, -dE/dstrain = -sum (r_t - r_s) g;
    of a model with direct forces, energies, energy and forces alone; of a model of another target,
    values [N] and value [] in its unit. With create_graph these are functions of those parameters that
    require gradients, for losses; never of vectors, because the derivative of harmonics.py's rotations is
    right once and not twice."""
    v = vectors.detach().to(self.energy_offset)
    s = source.to(self.element_of)
    t = target.to(self.element_of)
    self.check_edges(v, s, t, numbers.numel())
    types, used = self.types_of(numbers)
    derive = self.is_energy and not self.direct_forces
    before = torch.is_grad_enabled()
    # never off: an error would leave it so
    if derive:
        torch.set_grad_enabled(True)
        v = v.detach().requires_grad_(True)
    energies, forces = self.atoms(v, s, t, types, used)
    total = energies.sum() + self.energy_offset
    result: Dict[str, Tensor] = {}
    if not self.is_energy:
        result["values"] = energies
        result["value"] = total
    else:
        result["energies"] = energies
        result["energy"] = total
        if derive:
            gradient = torch.zeros_like(v)
            if v.size(0) > 0:
                found = torch.grad([total], [v], None, create_graph, create_graph, True)[0]
                if found is not None:
                    gradient = found
            forces = torch.zeros([types.size(0), 3], dtype=v.dtype, device=v.device)
            forces = forces.index_add(0, t, -gradient).index_add(0, s, gradient)
            result["edge_gradients"] = gradient
            result["virial"] = -torch.mm(v.t(), gradient)
        result["forces"] = forces
    if not create_graph:
        for name in result.keys():
            result[name] = result[name].detach()
    torch.set_grad_enabled(before)
    return result


def atoms(self, vectors: Tensor, source: Tensor, target: Tensor, types: Tensor,
          used: Tensor) -> Tuple[Tensor, Tensor]:
    """Energies [N] and, of a model that has them, direct forces [N,3] (else [0]). types [N] index the
    elements `used` [U]."""
    elements = used.size(0)
    owned = types.size(0)
    if self.max_neighbors > 0:
        near = self.nearest(target, vectors.detach())
        source = source.index_select(0, near)
        target = target.index_select(0, near)
        vectors = vectors.index_select(0, near)
    order = self.model.sort_edges(source, target, types, elements)
    source = source.index_select(0, order)
    target = target.index_select(0, order)
    vectors = vectors.index_select(0, order)
    w = self.model.prepare(used)
    if hasattr(self.model, "evaluate"):
        return self.model.evaluate(vectors, source, target, types, owned, elements,
                                   self.model.force_frames, w)
    elif hasattr(self.model, "energies_of"):
        energies = self.model.energies_of(vectors, source, target, types, owned, elements, w)
        return energies, torch.zeros([0], dtype=energies.dtype, device=energies.device)
    else:
        pair, counts, slot, width, atom_order, type_counts = self.model.layout(
            source, target, types, owned, elements)
        basis = self.model.edge_basis(vectors, pair, slot, width, owned, w)
        h = self.model.initial_messages(basis, counts, w)
        for k in range(self.model.layers):
            rows = self.model.coefficients(h, slot, width, basis)
            h = self.model.update(k, h, rows, source, counts, basis, w)
        energies = self.model.atomic_energies(
            h, slot, width, basis, atom_order, type_counts, types, w)
        forces = torch.zeros([0], dtype=energies.dtype, device=energies.device)
        if hasattr(self.model, "direct_forces"):
            w = self.model.prepare_forces(used, w)
            forces = self.model.direct_forces(h, slot, width, basis, atom_order, type_counts, w)
        return energies, forces


def check_edges(self, vectors: Tensor, source: Tensor, target: Tensor, atoms: int):
    assert vectors.dim() == 2 and vectors.size(1) == 3, "vectors have to be [E,3]"
    assert source.numel() == vectors.size(0) and target.numel() == vectors.size(0), \
        "there are {} vectors, {} sources and {} targets of edges".format(
            vectors.size(0), source.numel(), target.numel())
    if vectors.size(0) > 0:
        assert bool(vectors.isfinite().all()), "vectors of edges have to be finite"
        ends = torch.cat([source, target])
        assert int(ends.min()) >= 0 and int(ends.max()) < atoms, \
            "source and target have to be indices of the {} atoms".format(atoms)


def types_of(self, numbers: Tensor) -> Tuple[Tensor, Tensor]:
    """Atomic numbers [N] -> indices [N] into the elements that are there, and these [U], one at least."""
    assert not numbers.is_floating_point(), "numbers have to be whole atomic numbers"
    z = numbers.to(self.element_of)
    if z.size(0) == 0:
        return z, torch.zeros([1], dtype=z.dtype, device=z.device)
    assert int(z.min()) > 0 and int(z.max()) < self.element_of.size(0), \
        "numbers have to be atomic numbers, 1 to {}".format(self.element_of.size(0) - 1)
    index = self.element_of.index_select(0, z)
    assert int(index.min()) >= 0, "the model does not know the element of atomic number {}".format(
        int(z.index_select(0, torch.argmin(index).unsqueeze(0))))
    used, types, counts = torch._unique2(index, True, True)
    return types, used


def nearest(self, target: Tensor, vectors: Tensor) -> Tensor:
    """The max_neighbors shortest edges into each atom, in the order in which they were given."""
    by_distance = torch.argsort((vectors * vectors).sum(1), stable=True)
    order = by_distance.index_select(
        0, torch.argsort(target.index_select(0, by_distance), stable=True))
    sorted_target = target.index_select(0, order)
    place = torch.arange(target.size(0), device=target.device)
    place = place - torch.searchsorted(sorted_target, sorted_target)
    chosen = torch.masked_select(order, place < self.max_neighbors)
    return chosen.sort()[0]


def lattice_of(self, cell: Optional[Tensor], pbc: Optional[Tensor]) -> Tuple[Tensor, List[bool]]:
    """Three independent vectors [3,3] and which of them the structure is periodic along. Those of the
    other directions are unit vectors at right angles to the periodic ones."""
    periodic = [cell is not None, cell is not None, cell is not None]
    if pbc is not None:
        assert pbc.numel() == 3, "pbc has to have three values, one for each lattice vector"
        for k in range(3):
            periodic[k] = bool(pbc.reshape(3)[k])
    some = periodic[0] or periodic[1] or periodic[2]
    rows: List[Tensor] = []
    if cell is not None:
        assert cell.numel() == 9, "cell has to be [3,3], lattice vectors as rows"
        rows = list(cell.detach().to(self.energy_offset).reshape(3, 3).unbind(0))
    else:
        assert not some, "a periodic structure needs a cell"
        rows = [self.energy_offset, self.energy_offset, self.energy_offset]
    unit = torch.eye(3, dtype=self.energy_offset.dtype, device=self.energy_offset.device)
    count = int(periodic[0]) + int(periodic[1]) + int(periodic[2])
    if count == 0:
        return unit, periodic
    if count == 1:
        k = periodic.index(True)
        axis = unit.index_select(0, torch.argmin(rows[k].abs()).unsqueeze(0))[0]
        other = (k + 1) % 3
        rows[other] = torch.linalg_cross(rows[k], axis)
        rows[other] = rows[other] / torch.linalg_vector_norm(rows[other])
    if count < 3:
        k = periodic.index(False)
        if count == 1:
            k = (periodic.index(True) + 2) % 3
        rows[k] = torch.linalg_cross(rows[(k + 1) % 3], rows[(k + 2) % 3])
        rows[k] = rows[k] / torch.linalg_vector_norm(rows[k])
    lattice = torch.stack(rows, 0)
    lengths = torch.linalg_vector_norm(lattice, 2, [1])
    volume = torch.linalg_det(lattice).abs()
    # nan is not larger
    assert bool(volume > 1e-6 * lengths.prod()) and bool(lengths.isfinite().all()), \
        "the cell has no volume: lattice vectors of periodic directions have to be independent"
    return lattice, periodic


def neighbors(self, positions: Tensor, lattice: Tensor,
              periodic: List[bool]) -> Tuple[Tensor, Tensor, Tensor]:
    """All edges inside the cutoff: source [E], target [E] and whole numbers [E,3] with which
    r_t - r_s - images @ lattice is the vector. Images of atoms that can be near the cell are
    listed; distances of all atoms to these are taken in blocks, so that memory is bounded."""
    assert bool(positions.isfinite().all()), "positions have to be finite"
    atoms = positions.size(0)
    device = positions.device
    inverse = torch.linalg_inv(lattice)
    along = torch.zeros([3], dtype=positions.dtype, device=device)
    # distance of the planes through the lattice points; reach in units of it
    reach = self.cutoff * torch.linalg_vector_norm(inverse, 2, [0])
    copies: List[int] = []
    for k in range(3):
        # atoms lie in the cell: no image further than this is near another one
        copies.append(int(torch.floor(reach[k])) + 1 if periodic[k] else 0)
        along[k] = float(periodic[k])
    fractions = torch.mm(positions, inverse)
    wraps = torch.floor(fractions) * along
    fractions = fractions - wraps
    wrapped = positions - torch.mm(wraps, lattice)
    y = 2 * copies[1] + 1
    z = 2 * copies[2] + 1
    cells = torch.arange((2 * copies[0] + 1) * y * z, device=device)
    home = cells.size(0) // 2
    shifts = torch.stack([torch.floor_divide(cells, y * z) - copies[0],
                          torch.remainder(torch.floor_divide(cells, z), y) - copies[1],
                          torch.remainder(cells, z) - copies[2]], 1).to(positions)
    # images [G] of atoms that a cutoff about some point of the cell reaches
    margin = torch.where(along > 0, reach + 1e-6, torch.full_like(reach, float("inf")))
    place = fractions.unsqueeze(1) + shifts.unsqueeze(0)
    inside = torch.logical_and(place > -margin, place < 1.0 + margin).all(2)
    atom, image = inside.nonzero().unbind(1)
    points = wrapped.index_select(0, atom) + torch.mm(shifts, lattice).index_select(0, image)
    itself = torch.where(image == home, atom, torch.full_like(atom, -1))
    rows = max(1, 300000 // max(int(atom.size(0)), 1))
    sources: List[Tensor] = [atom.narrow(0, 0, 0)]
    targets: List[Tensor] = [atom.narrow(0, 0, 0)]
    images: List[Tensor] = [shifts.narrow(0, 0, 0)]
    for begin in range(0, atoms, rows):
        count = min(rows, atoms - begin)
        apart = wrapped.narrow(0, begin, count).unsqueeze(1) - points.unsqueeze(0)
        squared = (apart * apart).sum(2)
        owner = torch.arange(begin, begin + count, device=device).unsqueeze(1)
        near = torch.logical_and(squared < self.cutoff * self.cutoff, owner != itself.unsqueeze(0))
        t, g = near.nonzero().unbind(1)
        if t.size(0) > 0:
            assert bool((torch.masked_select(squared, near) > 1e-4).all()), \
                "two atoms lie less than 0.01 Angstrom apart"
        s = atom.index_select(0, g)
        t = t + begin
        sources.append(s)
        targets.append(t)
        # r_t - r_s, not wrapped
        images.append(shifts.index_select(0, image.index_select(0, g)) +
                      wraps.index_select(0, t) - wraps.index_select(0, s))
    return torch.cat(sources), torch.cat(targets), torch.cat(images)
