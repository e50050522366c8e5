# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# Methods beside those of harmonics.py where `forces` is `direct`: the force block (section 3.3).


def prepare_forces(self, used: Tensor, w: Dict[str, Tensor]) -> Dict[str, Tensor]:
    """Adds the weights of the force block to those of prepare()."""
    count = used.size(0)
    k = self.layers
    w["roll.{}.0".format(k)] = self.force_roll_0
    w["roll_bias.{}".format(k)] = self.force_roll_bias
    begin = 0
    for m in range(1, self.m_max + 1):
        size = (self.l_max + 1 - m) * (self.message_channels // self.channel_groups)
        w["roll.{}.{}".format(k, m)] = torch.cat(
            [self.force_roll_real.narrow(1, begin, size),
             self.force_roll_imag.narrow(1, begin, size)], 2)
        begin += size
    own = torch.arange(count, device=used.device) * (count + 1)
    for b in range(2):
        gate = self.gates("force", 2 + 2 * self.layers + b, used).index_select(0, own)
        x, y = self.mixed(gate, self.force_experts[b], self.force_expert_bias[b])
        w["force.{}".format(b)] = x
        w["force_bias.{}".format(b)] = y
    return w


def direct_forces(self, h: Tensor, slot: Tensor, width: int, basis: Dict[str, Tensor],
                  atom_order: Tensor, type_counts: List[int], w: Dict[str, Tensor]) -> Tensor:
    """Forces [N,3] float64, eV/Angstrom, of owned atoms from the messages h [E,M] into them. Each
    axis e of `force_axes` [F,3] gives the component along it, F_t = 3 / F sum e f(e): the sphere of
    the atom is turned until e is its pole. The filters over the roll are pooled, so the axis is all
    that a rotation matters for."""
    a = self.per_atom(h, slot, width, basis["harmonics"]).index_select(0, atom_order)
    # not the type of h, which is that of a product of matrices in mixed precision
    rotation = self.rotations(self.force_axes.to(self.rotation_table))
    atoms = a.size(0)
    forces = torch.zeros([atoms, 3], dtype=self.force_axes.dtype, device=h.device)
    turned: Dict[str, Tensor] = {}
    for f in range(rotation.size(0)):
        turned["rotation"] = rotation[f].unsqueeze(0).expand(atoms, -1).contiguous()
        if not self.roll_pooling:
            zero = torch.zeros([atoms, self.m_max], dtype=rotation.dtype, device=h.device)
            turned["roll_cos"] = zero + 1.0
            turned["roll_sin"] = zero
        x = self.spin_convolution(self.layers, a, turned, w)
        if self.normalize:
            x = self.group_norm(x, self.force_norm_weight, self.force_norm_bias)
        x = torch.silu(self.by_group(x, type_counts, w["force.0"], w["force_bias.0"]))
        x = torch.silu(torch.addmm(self.force_out_bias, x, self.force_out))
        x = torch.silu(self.by_group(x, type_counts, w["force.1"], w["force_bias.1"]))
        x = torch.addmm(self.force_end_bias, x, self.force_end)
        forces = forces + x.to(forces) * self.force_axes[f]
    forces = forces * (3.0 * self.force_scale / rotation.size(0))
    return torch.zeros_like(forces).index_copy(0, atom_order, forces)
