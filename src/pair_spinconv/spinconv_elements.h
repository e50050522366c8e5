// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_ELEMENTS_H
#define LMP_SPINCONV_ELEMENTS_H

namespace LAMMPS_NS {

// Masses and labels of the types against the elements that pair_coeff gives them. A name in the
// wrong place is a potential of another molecule, which runs and is wrong by eV. An error names the
// type. map: [ntypes+1] index of each type's element in elements, -1 for NULL
void spinconv_check_elements(class LAMMPS *lmp, const int *map, char *const *elements);

}    // namespace LAMMPS_NS

#endif
