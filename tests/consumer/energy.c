/* SpinConv for LAMMPS. SPDX-License-Identifier: MIT */
/* Energy, forces and stress of the first structure of an extended XYZ file, by the C interface.
     energy_c POTENTIAL STRUCTURE.extxyz */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <spinconv/spinconv.h>

enum { LINE = 4096 };

/* 0: the file holds no structure */
static int read_structure(const char* path, spinconv_atoms* atoms, double** positions,
                          int** numbers) {
  char line[LINE], symbol[8];
  size_t i;
  unsigned long n = 0;
  const char* lattice;
  FILE* file = fopen(path, "r");
  if (file == NULL) return 0;
  memset(atoms, 0, sizeof *atoms);
  if (!fgets(line, LINE, file) || sscanf(line, "%lu", &n) != 1 || !fgets(line, LINE, file)) n = 0;
  lattice = n > 0 ? strstr(line, "Lattice=\"") : NULL;
  if (lattice != NULL) {
    char* next = (char*)lattice + strlen("Lattice=\"");
    for (i = 0; i < 9; i++) atoms->cell[i / 3][i % 3] = strtod(next, &next);
    for (i = 0; i < 3; i++) atoms->pbc[i] = 1;
  }
  *positions = malloc(3 * n * sizeof(double));
  *numbers = malloc(n * sizeof(int));
  for (i = 0; i < n && fgets(line, LINE, file); i++) {
    double* x = *positions + 3 * i;
    if (sscanf(line, "%7s %lf %lf %lf", symbol, x, x + 1, x + 2) != 4) break;
    (*numbers)[i] = spinconv_atomic_number(symbol);
  }
  fclose(file);
  atoms->n_atoms = i;
  atoms->positions = *positions;
  atoms->numbers = *numbers;
  return n > 0 && i == n;
}

int main(int argc, char** argv) {
  spinconv_calculator* calculator;
  spinconv_options options = spinconv_default_options();
  spinconv_atoms atoms;
  spinconv_result result = {0};
  double* positions = NULL;
  int* numbers = NULL;
  const char* potential;
  size_t i;

  if (argc != 3) {
    fprintf(stderr, "usage: energy_c POTENTIAL STRUCTURE.extxyz\n");
    return 2;
  }
  if (!read_structure(argv[2], &atoms, &positions, &numbers)) {
    fprintf(stderr, "energy_c: no structure in %s\n", argv[2]);
    return 1;
  }
  potential = argv[1];
  options.precision = "double";
  if (spinconv_create(&potential, 1, &options, &calculator) != SPINCONV_OK) {
    fprintf(stderr, "energy_c: %s\n", spinconv_error_text());
    return 1;
  }
  result.forces = malloc(3 * atoms.n_atoms * sizeof(double));
  if (spinconv_evaluate(calculator, &atoms, &result) != SPINCONV_OK) {
    fprintf(stderr, "energy_c: %s\n", spinconv_error_text());
    return 1;
  }
  printf("energy %.17g\n", result.energy);
  for (i = 0; i < atoms.n_atoms; i++) {
    const double* f = result.forces + 3 * i;
    printf("force %.17g %.17g %.17g\n", f[0], f[1], f[2]);
  }
  if (result.has_stress) {
    const double* t = result.stress;
    printf("stress %.17g %.17g %.17g %.17g %.17g %.17g\n", t[0], t[1], t[2], t[3], t[4], t[5]);
  }
  spinconv_destroy(calculator);
  free(result.forces);
  free(positions);
  free(numbers);
  return 0;
}
