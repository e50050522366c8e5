// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "spinconv/evaluator.hpp"

// Structures and their edges, found without any neighbor list library. Lengths in Angstrom.
namespace spinconv::test {

using Vector = std::array<double, 3>;
using Matrix = std::array<Vector, 3>;  // rows

Vector operator+(const Vector& a, const Vector& b);
Vector operator-(const Vector& a, const Vector& b);
Vector operator*(double a, const Vector& v);
Vector operator*(const Matrix& m, const Vector& v);
Matrix operator*(const Matrix& a, const Matrix& b);
double dot(const Vector& a, const Vector& b);
double norm(const Vector& v);

struct Structure {
  std::vector<int> types;  // index into the evaluator's elements
  std::vector<Vector> positions;
  Matrix cell{};              // rows are the lattice vectors
  std::array<bool, 3> pbc{};  // periodic along each lattice vector

  std::size_t size() const { return types.size(); }
  double volume() const;
};

Matrix rotation_about(const Vector& axis, double angle);
Matrix random_rotation(std::uint64_t seed);
// Positions and cell turned (or reflected) by `m`.
Structure transformed(const Structure& s, const Matrix& m);
// r -> (1 + strain) r for positions and cell.
Structure strained(const Structure& s, const Matrix& strain);
Structure translated(const Structure& s, const Vector& by);
// Atom i of the result is atom order[i] of `s`.
Structure permuted(const Structure& s, const std::vector<std::size_t>& order);
// n[k] copies along each lattice vector, the first s.size() atoms those of `s`.
Structure supercell(const Structure& s, const std::array<int, 3>& n);
// Both one after the other; the cell of `a`.
Structure joined(const Structure& a, const Structure& b);

// n atoms of the types 0 .. types-1 at random in a cube, none nearer than 0.9 Angstrom.
Structure random_molecule(std::size_t n, int types, std::uint64_t seed);
// The same in a tilted cell of about n * 16 cubic Angstrom, periodic in all directions.
Structure random_triclinic(std::size_t n, int types, std::uint64_t seed);

// The directed edges of a structure, or of several end to end.
struct Edges {
  std::int64_t n_owned = 0;
  std::vector<std::int64_t> types, source, target;
  std::vector<double> vectors;

  Graph graph() const;
  std::size_t size() const { return source.size(); }
};

// Every image of every pair by a plain sum over lattice translations; images folded.
Edges brute_force_edges(const Structure& s, double cutoff);
void append(Edges& edges, const Edges& more);

struct Result {
  double energy = 0.0;
  std::vector<double> atomic_energies;
  std::vector<Vector> forces;
  Matrix virial{};  // -dE/dstrain, eV
};

// Forces and virial from edge gradients, as Evaluation documents them.
Result collect(const Edges& edges, const Evaluation& evaluation);

Result calculate(Evaluator& evaluator, const Structure& s);
// One evaluation of all structures end to end; they do not see each other.
std::vector<Result> calculate(Evaluator& evaluator, const std::vector<Structure>& structures,
                              bool gradients = true);

double largest_difference(const std::vector<double>& a, const std::vector<double>& b);
double largest_difference(const std::vector<Vector>& a, const std::vector<Vector>& b);
double root_mean_square(const std::vector<Vector>& v);

// Forces and virial by the five-point formula, (-E(2h) + 8 E(h) - 8 E(-h) + E(-2h)) / 12h.
std::vector<Vector> finite_difference_forces(Evaluator& evaluator, const Structure& s, double h);
Matrix finite_difference_virial(Evaluator& evaluator, const Structure& s, double h);

}  // namespace spinconv::test
