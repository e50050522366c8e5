/* SpinConv for LAMMPS. SPDX-License-Identifier: MIT */
#ifndef SPINCONV_H
#define SPINCONV_H

#include <stddef.h>

/* The C interface of spinconv::Calculator (C99): positions in, energy, forces and stress out.

   Lengths in Angstrom, energies in eV, forces in eV/Angstrom. Arrays are the caller's. Nothing is
   thrown: functions that can fail return SPINCONV_OK (0) or SPINCONV_ERROR, and then
   spinconv_error_text() says why and what to do. A calculator is for one thread at a time; two
   calculators may be used by two threads. */

#ifdef __cplusplus
extern "C" {
#endif

enum { SPINCONV_OK = 0, SPINCONV_ERROR = 1 };

typedef struct spinconv_calculator spinconv_calculator;

typedef struct spinconv_options {
  const char* device;         /* "cpu", "cuda", "cuda:N", "auto"; NULL: "cpu" */
  const char* precision;      /* "single", "double"; NULL: the one recorded in the potential file */
  const char* implementation; /* "auto", "fused", "graph"; NULL: "auto" */
  const char* elements; /* that structures will hold, as "H C O"; NULL: all that potentials know */
  int threads;          /* of LibTorch in this process; 0: as they are */
  long long chunk;      /* edges to evaluate at a time, less memory and more time; 0: all */
  double skin;          /* Angstrom, >= 0; results do not depend on it. These are also described
                           with CalculatorOptions in calculator.hpp */
} spinconv_options;

/* What a calculator does where nothing else is asked for. */
spinconv_options spinconv_default_options(void);

/* Load n potential files, one or the members of a committee, whose results are means.
   options: NULL for the default ones. On success *calculator is to be given to
   spinconv_destroy(); on failure it is NULL. */
int spinconv_create(const char* const* potentials, size_t n_potentials,
                    const spinconv_options* options, spinconv_calculator** calculator);

/* NULL is ignored. */
void spinconv_destroy(spinconv_calculator* calculator);

typedef struct spinconv_atoms {
  size_t n_atoms;
  const double* positions; /* [n_atoms][3], in the cell or anywhere else */
  const int* numbers;      /* [n_atoms] atomic numbers */
  double cell[3][3];       /* rows are the lattice vectors; one that is not periodic may be 0 */
  int pbc[3];              /* periodic along each lattice vector: 0 or 1 */
} spinconv_atoms;

/* The caller sets the pointers, NULL for what is not asked for, and the calculator the rest. */
typedef struct spinconv_result {
  double* energies; /* [n_atoms] whose sum is energy less what the potential adds once */
  double* forces;   /* [n_atoms][3], F = -dE/dr or direct; NULL: no virial and stress either */
  double* force_deviations; /* [n_atoms] sqrt(<|F - <F>|^2>) over a committee; 0 for one potential.
                               With forces alone */
  double energy;
  int has_virial;   /* 0: direct forces, or forces were not asked for; virial is then 0 */
  int has_stress;   /* 0: has_virial is, or the cell is not periodic in all directions */
  double virial[6]; /* xx, yy, zz, yz, xz, xy in eV: W = -dE/dstrain */
  double stress[6]; /* the same in eV/Angstrom^3: dE/dstrain / V = -W / V, positive for tension */
} spinconv_result;

/* On failure the arrays are as they were. The calculator can be used further. */
int spinconv_evaluate(spinconv_calculator* calculator, const spinconv_atoms* atoms,
                      spinconv_result* result);

/* What these say of NULL is 0 or "". */

/* Angstrom */
double spinconv_cutoff(const spinconv_calculator* calculator);
/* 1: forces are not the gradient of the energy, and there is no virial; 0: they are */
int spinconv_has_direct_forces(const spinconv_calculator* calculator);
/* 1: structures may hold the element; 0: they may not */
int spinconv_knows(const spinconv_calculator* calculator, int atomic_number);
/* A few lines on each potential file: model, elements, training, errors. Until it is destroyed. */
const char* spinconv_summary(const spinconv_calculator* calculator);

/* Atomic number of a symbol ("Cl"); 0 where it is none. */
int spinconv_atomic_number(const char* symbol);

/* Of the last call of this thread that failed; "" before. Until its next call that fails. */
const char* spinconv_error_text(void);

/* "MAJOR.MINOR.PATCH" */
const char* spinconv_version(void);

#ifdef __cplusplus
}
#endif

#endif
