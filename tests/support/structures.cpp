// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "support/structures.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

namespace spinconv::test {
namespace {

constexpr Matrix identity = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};

Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

// std::max in which NaN wins, so that no comparison passes by being NaN
double larger(double a, double b) {
  return std::isnan(a) || b <= a ? a : b;
}

}  // namespace

Vector operator+(const Vector& a, const Vector& b) {
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
}

Vector operator-(const Vector& a, const Vector& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}

Vector operator*(double a, const Vector& v) {
  return {a * v[0], a * v[1], a * v[2]};
}

Vector operator*(const Matrix& m, const Vector& v) {
  return {dot(m[0], v), dot(m[1], v), dot(m[2], v)};
}

Matrix operator*(const Matrix& a, const Matrix& b) {
  Matrix c{};
  for (int i = 0; i < 3; ++i) {
    for (int k = 0; k < 3; ++k) {
      c[i] = c[i] + a[i][k] * b[k];
    }
  }
  return c;
}

double dot(const Vector& a, const Vector& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

double norm(const Vector& v) {
  return std::sqrt(dot(v, v));
}

double Structure::volume() const {
  return std::abs(dot(cell[0], cross(cell[1], cell[2])));
}

Matrix rotation_about(const Vector& axis, double angle) {
  const Vector n = (1.0 / norm(axis)) * axis;
  const double c = std::cos(angle), s = std::sin(angle);
  const Matrix turn = {{{0, -n[2], n[1]}, {n[2], 0, -n[0]}, {-n[1], n[0], 0}}};
  Matrix r{};
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      r[i][j] = c * identity[i][j] + s * turn[i][j] + (1 - c) * n[i] * n[j];
    }
  }
  return r;
}

Matrix random_rotation(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> angle(0.3, 3.0);
  const Vector axis = {normal(random), normal(random), normal(random)};
  return rotation_about(axis, angle(random));
}

Structure transformed(const Structure& s, const Matrix& m) {
  Structure t = s;
  for (auto& r : t.positions) {
    r = m * r;
  }
  for (auto& a : t.cell) {
    a = m * a;
  }
  return t;
}

Structure strained(const Structure& s, const Matrix& strain) {
  Matrix m = identity;
  for (int i = 0; i < 3; ++i) {
    m[i] = m[i] + strain[i];
  }
  return transformed(s, m);
}

Structure translated(const Structure& s, const Vector& by) {
  Structure t = s;
  for (auto& r : t.positions) {
    r = r + by;
  }
  return t;
}

Structure permuted(const Structure& s, const std::vector<std::size_t>& order) {
  Structure t = s;
  for (std::size_t i = 0; i < order.size(); ++i) {
    t.types[i] = s.types.at(order[i]);
    t.positions[i] = s.positions.at(order[i]);
  }
  return t;
}

Structure supercell(const Structure& s, const std::array<int, 3>& n) {
  Structure t = s;
  t.types.clear();
  t.positions.clear();
  for (int a = 0; a < n[0]; ++a) {
    for (int b = 0; b < n[1]; ++b) {
      for (int c = 0; c < n[2]; ++c) {
        const Vector shift = double(a) * s.cell[0] + double(b) * s.cell[1] + double(c) * s.cell[2];
        t = joined(t, translated(s, shift));
      }
    }
  }
  for (int k = 0; k < 3; ++k) {
    t.cell[k] = double(n[k]) * s.cell[k];
  }
  return t;
}

Structure joined(const Structure& a, const Structure& b) {
  Structure t = a;
  t.types.insert(t.types.end(), b.types.begin(), b.types.end());
  t.positions.insert(t.positions.end(), b.positions.begin(), b.positions.end());
  return t;
}

namespace {

// Atoms at random fractions of the cell, kept apart from each other and from their images.
void fill(Structure& s, std::size_t n, int types, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> fraction(0.0, 1.0);
  for (int attempt = 0; s.size() < n; ++attempt) {
    if (attempt > 100000) {
      throw std::logic_error("no room for another atom");
    }
    const Vector f = {fraction(random), fraction(random), fraction(random)};
    Structure trial = s;
    trial.types.push_back(static_cast<int>(s.size()) % types);
    trial.positions.push_back(f[0] * s.cell[0] + f[1] * s.cell[1] + f[2] * s.cell[2]);
    if (brute_force_edges(trial, 0.9).size() == 0) {
      s = trial;
    }
  }
}

}  // namespace

Structure random_molecule(std::size_t n, int types, std::uint64_t seed) {
  Structure s;
  const double edge = std::cbrt(10.0 * double(n));
  s.cell = {{{edge, 0, 0}, {0, edge, 0}, {0, 0, edge}}};
  fill(s, n, types, seed);
  s.cell = {};
  return s;
}

Structure random_triclinic(std::size_t n, int types, std::uint64_t seed) {
  Structure s;
  const double edge = std::cbrt(16.0 * double(n));
  s.cell = {{{edge, 0.05 * edge, 0},
             {0.21 * edge, 1.1 * edge, 0},
             {-0.14 * edge, 0.17 * edge, 0.93 * edge}}};
  s.pbc = {true, true, true};
  fill(s, n, types, seed);
  return s;
}

Graph Edges::graph() const {
  Graph g;
  g.n_owned = n_owned;
  g.n_rows = static_cast<std::int64_t>(types.size());
  g.n_edges = static_cast<std::int64_t>(source.size());
  g.types = types.data();
  g.source = source.data();
  g.target = target.data();
  g.vectors = vectors.data();
  return g;
}

Edges brute_force_edges(const Structure& s, double cutoff) {
  Edges edges;
  edges.n_owned = static_cast<std::int64_t>(s.size());
  edges.types.assign(s.types.begin(), s.types.end());
  // how far to look along each lattice vector: the cutoff and the extent of the atoms, both in
  // units of the distance between lattice planes
  std::array<int, 3> reach{};
  for (int k = 0; k < 3; ++k) {
    if (s.pbc[k]) {
      const Vector normal = cross(s.cell[(k + 1) % 3], s.cell[(k + 2) % 3]);
      const double height = std::abs(dot(normal, s.cell[k])) / norm(normal);
      double low = 0.0, high = 0.0;
      for (const auto& r : s.positions) {
        const double at = dot(r, normal) / norm(normal);
        low = &r == &s.positions[0] ? at : std::min(low, at);
        high = &r == &s.positions[0] ? at : std::max(high, at);
      }
      reach[k] = static_cast<int>(std::ceil((cutoff + high - low) / height));
    }
  }
  for (std::size_t t = 0; t < s.size(); ++t) {
    for (std::size_t source = 0; source < s.size(); ++source) {
      for (int a = -reach[0]; a <= reach[0]; ++a) {
        for (int b = -reach[1]; b <= reach[1]; ++b) {
          for (int c = -reach[2]; c <= reach[2]; ++c) {
            if (source == t && a == 0 && b == 0 && c == 0) {
              continue;
            }
            const Vector image = s.positions[source] + double(a) * s.cell[0] +
                                 double(b) * s.cell[1] + double(c) * s.cell[2];
            const Vector v = s.positions[t] - image;
            if (norm(v) < cutoff) {
              edges.source.push_back(static_cast<std::int64_t>(source));
              edges.target.push_back(static_cast<std::int64_t>(t));
              edges.vectors.insert(edges.vectors.end(), v.begin(), v.end());
            }
          }
        }
      }
    }
  }
  return edges;
}

void append(Edges& edges, const Edges& more) {
  const std::int64_t offset = edges.n_owned;
  edges.n_owned += more.n_owned;
  edges.types.insert(edges.types.end(), more.types.begin(), more.types.end());
  for (const auto s : more.source) {
    edges.source.push_back(s + offset);
  }
  for (const auto t : more.target) {
    edges.target.push_back(t + offset);
  }
  edges.vectors.insert(edges.vectors.end(), more.vectors.begin(), more.vectors.end());
}

Result collect(const Edges& edges, const Evaluation& evaluation) {
  Result r;
  r.energy = evaluation.energy;
  r.atomic_energies = evaluation.atomic_energies;
  r.forces.resize(edges.types.size());
  for (std::size_t k = 0; k < evaluation.atomic_forces.size(); ++k) {
    r.forces[k / 3][k % 3] += evaluation.atomic_forces[k];
  }
  if (evaluation.edge_gradients.empty()) {
    return r;
  }
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const double* g = &evaluation.edge_gradients.at(3 * e);
    const double* v = &edges.vectors[3 * e];
    for (int a = 0; a < 3; ++a) {
      r.forces[edges.target[e]][a] -= g[a];
      r.forces[edges.source[e]][a] += g[a];
      for (int b = 0; b < 3; ++b) {
        r.virial[a][b] -= v[a] * g[b];
      }
    }
  }
  return r;
}

Result calculate(Evaluator& evaluator, const Structure& s) {
  const Edges edges = brute_force_edges(s, evaluator.cutoff());
  Evaluation evaluation;
  evaluator.evaluate(edges.graph(), true, evaluation);
  return collect(edges, evaluation);
}

std::vector<Result> calculate(Evaluator& evaluator, const std::vector<Structure>& structures,
                              bool gradients) {
  Edges all;
  std::vector<Edges> parts;
  for (const auto& s : structures) {
    parts.push_back(brute_force_edges(s, evaluator.cutoff()));
    append(all, parts.back());
  }
  Evaluation evaluation;
  evaluator.evaluate(all.graph(), gradients, evaluation);
  std::vector<Result> results;
  auto atom = evaluation.atomic_energies.begin();
  auto gradient = evaluation.edge_gradients.begin();
  for (const auto& part : parts) {
    Evaluation own;
    own.atomic_energies.assign(atom, atom + part.n_owned);
    atom += part.n_owned;
    for (const double e : own.atomic_energies) {
      own.energy += e;
    }
    if (gradients) {
      own.edge_gradients.assign(gradient, gradient + static_cast<long>(part.vectors.size()));
      gradient += static_cast<long>(part.vectors.size());
    }
    results.push_back(collect(part, own));
  }
  return results;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) {
    throw std::logic_error("different lengths");
  }
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = larger(largest, std::abs(a[i] - b[i]));
  }
  return largest;
}

double largest_difference(const std::vector<Vector>& a, const std::vector<Vector>& b) {
  if (a.size() != b.size()) {
    throw std::logic_error("different lengths");
  }
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = larger(largest, norm(a[i] - b[i]));
  }
  return largest;
}

double root_mean_square(const std::vector<Vector>& v) {
  double sum = 0.0;
  for (const auto& x : v) {
    sum += dot(x, x);
  }
  return std::sqrt(sum / (3.0 * double(v.size())));
}

namespace {

// Derivatives of the energy along each deformation: deform(k, h) is the structure displaced by h.
template <class Deform>
std::vector<double> five_point(Evaluator& evaluator, int count, double h, Deform deform) {
  std::vector<Structure> structures;
  for (int k = 0; k < count; ++k) {
    for (const double step : {-2 * h, -h, h, 2 * h}) {
      structures.push_back(deform(k, step));
    }
  }
  const auto results = calculate(evaluator, structures, false);
  std::vector<double> derivatives;
  for (int k = 0; k < count; ++k) {
    const auto* e = &results[4 * k];
    derivatives.push_back((8 * (e[2].energy - e[1].energy) - (e[3].energy - e[0].energy)) /
                          (12 * h));
  }
  return derivatives;
}

}  // namespace

std::vector<Vector> finite_difference_forces(Evaluator& evaluator, const Structure& s, double h) {
  const auto slopes =
      five_point(evaluator, 3 * static_cast<int>(s.size()), h, [&](int k, double step) {
        Structure moved = s;
        moved.positions[k / 3][k % 3] += step;
        return moved;
      });
  std::vector<Vector> forces(s.size());
  for (std::size_t k = 0; k < slopes.size(); ++k) {
    forces[k / 3][k % 3] = -slopes[k];
  }
  return forces;
}

Matrix finite_difference_virial(Evaluator& evaluator, const Structure& s, double h) {
  const auto slopes = five_point(evaluator, 9, h, [&](int k, double step) {
    Matrix strain{};
    strain[k / 3][k % 3] = step;
    return strained(s, strain);
  });
  Matrix virial{};
  for (int k = 0; k < 9; ++k) {
    virial[k / 3][k % 3] = -slopes[k];
  }
  return virial;
}

}  // namespace spinconv::test
