# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#
# A method that all models have in common.


def pairs_of(self, used: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    """First and second element of each ordered pair of the elements `used` [U], and its row in the
    tables of pairs: [U*U] each."""
    count = used.size(0)
    first = used.unsqueeze(1).expand(count, count).reshape(-1)
    second = used.unsqueeze(0).expand(count, count).reshape(-1)
    return first, second, first * self.element_count + second
