// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/harmonics.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace spinconv {
namespace {

using Matrix3 = std::array<double, 9>;
constexpr double pi = std::numbers::pi;

Matrix3 rotation_about_y(double angle) {
  const double c = std::cos(angle), s = std::sin(angle);
  return {c, 0, s, 0, 1, 0, -s, 0, c};
}

Matrix3 rotation_about_x(double angle) {
  const double c = std::cos(angle), s = std::sin(angle);
  return {1, 0, 0, 0, c, -s, 0, s, c};
}

// Nodes and weights (sum 2) of the Gauss-Legendre rule with n points, by Newton's method.
void gauss_legendre(int n, std::vector<double>& nodes, std::vector<double>& weights) {
  nodes.resize(n);
  weights.resize(n);
  for (int i = 0; i < n; ++i) {
    double x = std::cos(pi * (i + 0.75) / (n + 0.5));
    double slope = 1.0;
    for (int iteration = 0; iteration < 100; ++iteration) {
      double p0 = 1.0, p1 = x;
      for (int k = 2; k <= n; ++k) {
        const double p2 = ((2 * k - 1) * x * p1 - (k - 1) * p0) / k;
        p0 = p1;
        p1 = p2;
      }
      slope = n * (x * p1 - p0) / (x * x - 1.0);
      const double step = p1 / slope;
      x -= step;
      if (std::abs(step) < 1e-16) {
        break;
      }
    }
    nodes[i] = x;
    weights[i] = 2.0 / ((1.0 - x * x) * slope * slope);
  }
}

// D(R) by quadrature, D_ab = <Y_a(R r) Y_b(r)>: exact for these polynomials. [S,S]
std::vector<double> rotation_matrix(int l_max, const Matrix3& r) {
  const int size = (l_max + 1) * (l_max + 1);
  std::vector<double> nodes, weights;
  gauss_legendre(l_max + 1, nodes, weights);
  const int azimuths = 2 * l_max + 2;
  std::vector<double> d(static_cast<std::size_t>(size) * size, 0.0);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const double rho = std::sqrt(1.0 - nodes[i] * nodes[i]);
    for (int j = 0; j < azimuths; ++j) {
      const double phi = 2.0 * pi * j / azimuths;
      const double x = rho * std::cos(phi), y = rho * std::sin(phi), z = nodes[i];
      const auto before = real_harmonics(l_max, x, y, z);
      const auto after =
          real_harmonics(l_max, r[0] * x + r[1] * y + r[2] * z, r[3] * x + r[4] * y + r[5] * z,
                         r[6] * x + r[7] * y + r[8] * z);
      const double weight = 0.5 * weights[i] / azimuths;
      for (int l = 0; l <= l_max; ++l) {
        for (int a = l * l; a < (l + 1) * (l + 1); ++a) {
          for (int b = l * l; b < (l + 1) * (l + 1); ++b) {
            d[a * size + b] += weight * after[a] * before[b];
          }
        }
      }
    }
  }
  return d;
}

// Fourier coefficients [2*l_max+1][S*S] of angle -> D(rotation(angle)), a trigonometric polynomial
// of degree l_max: (1, cos, cos 2, ..., sin, sin 2, ...).
template <class Rotation>
std::vector<std::vector<double>> fourier_of_rotation(int l_max, Rotation rotation) {
  const int samples = 2 * l_max + 1;
  const int size = (l_max + 1) * (l_max + 1);
  std::vector<std::vector<double>> result(samples, std::vector<double>(size * size, 0.0));
  for (int j = 0; j < samples; ++j) {
    const double angle = 2.0 * pi * j / samples;
    const auto d = rotation_matrix(l_max, rotation(angle));
    for (int k = 0; k < samples; ++k) {
      const int m = k <= l_max ? k : k - l_max;
      const double basis = k <= l_max ? std::cos(m * angle) : std::sin(m * angle);
      const double factor = (k == 0 ? 1.0 : 2.0) / samples * basis;
      for (int e = 0; e < size * size; ++e) {
        result[k][e] += factor * d[e];
      }
    }
  }
  return result;
}

// Generator dD/dw at w = 0 of rotations by w about an axis.
template <class Rotation>
std::vector<double> generator(int l_max, Rotation rotation) {
  const auto series = fourier_of_rotation(l_max, rotation);
  std::vector<double> result(series[0].size(), 0.0);
  for (int m = 1; m <= l_max; ++m) {
    for (std::size_t e = 0; e < result.size(); ++e) {
      result[e] += m * series[l_max + m][e];
    }
  }
  return result;
}

}  // namespace

std::vector<double> real_harmonics(int l_max, double x, double y, double z) {
  std::vector<double> result((l_max + 1) * (l_max + 1));
  // P_l^m(z) / sin^m(theta) by the usual recursions; the factor sin^m(theta) cos/sin(m phi) is the
  // real/imaginary part of (x + i y)^m, which has no special direction.
  std::vector<double> reduced((l_max + 1) * (l_max + 1), 0.0);
  auto p = [&](int l, int m) -> double& { return reduced[l * (l_max + 1) + m]; };
  p(0, 0) = 1.0;
  for (int m = 1; m <= l_max; ++m) {
    p(m, m) = (2 * m - 1) * p(m - 1, m - 1);
  }
  for (int m = 0; m < l_max; ++m) {
    p(m + 1, m) = (2 * m + 1) * z * p(m, m);
    for (int l = m + 2; l <= l_max; ++l) {
      p(l, m) = ((2 * l - 1) * z * p(l - 1, m) - (l + m - 1) * p(l - 2, m)) / (l - m);
    }
  }
  double real = 1.0, imag = 0.0;
  for (int m = 0; m <= l_max; ++m) {
    for (int l = m; l <= l_max; ++l) {
      double ratio = 1.0;  // (l-m)! / (l+m)!
      for (int k = l - m + 1; k <= l + m; ++k) {
        ratio /= k;
      }
      const double norm = std::sqrt((m == 0 ? 1.0 : 2.0) * (2 * l + 1) * ratio) * p(l, m);
      result[l * l + l + m] = norm * real;
      if (m > 0) {
        result[l * l + l - m] = norm * imag;
      }
    }
    const double next = real * x - imag * y;
    imag = real * y + imag * x;
    real = next;
  }
  return result;
}

RotationConstants rotation_constants(int l_max, int m_max) {
  RotationConstants c;
  const int size = (l_max + 1) * (l_max + 1);
  const auto about_y =
      fourier_of_rotation(l_max, [](double theta) { return rotation_about_y(-theta); });
  const auto l_x = generator(l_max, rotation_about_x);
  const auto l_y = generator(l_max, rotation_about_y);

  struct Entry {
    int l, row, column;
  };
  std::vector<Entry> entries;
  std::vector<std::vector<long>> rows_of_order(2 * m_max + 1);
  long row_index = 0;
  for (int l = 0; l <= l_max; ++l) {
    const int kept = std::min(l, m_max);
    for (int m = -kept; m <= kept; ++m, ++row_index) {
      rows_of_order[m >= 0 ? (m == 0 ? 0 : 2 * m - 1) : -2 * m].push_back(row_index);
      for (int b = -l; b <= l; ++b) {
        if (m == 0) {
          c.axis_rows.push_back(static_cast<long>(entries.size()));
          c.axis_factors.push_back((l % 2 ? -1.0 : 1.0) * std::sqrt(2.0 * l + 1.0));
        }
        entries.push_back({l, m, b});
        c.column_order.push_back(std::abs(b));
        c.column_sign.push_back(b == 0 ? 0.0 : (b > 0 ? -1.0 : 1.0));
      }
    }
    c.block_sizes.push_back(static_cast<long>(2 * kept + 1) * (2 * l + 1));
  }
  c.flat_size = static_cast<int>(entries.size());
  c.order_sizes.assign(m_max + 1, 0);
  for (std::size_t k = 0; k < rows_of_order.size(); ++k) {
    c.order_sizes[(k + 1) / 2] += static_cast<long>(rows_of_order[k].size());
    c.order_rows.insert(c.order_rows.end(), rows_of_order[k].begin(), rows_of_order[k].end());
  }

  const int trig = 2 * l_max + 1;
  c.table.assign(static_cast<std::size_t>(trig) * 6 * c.flat_size, 0.0);
  for (int k = 0; k < trig; ++k) {
    // D_k, L_x D_k, L_y D_k as full matrices
    std::array<std::vector<double>, 3> full;
    full[0] = about_y[k];
    for (int axis = 1; axis < 3; ++axis) {
      const auto& generator_matrix = axis == 1 ? l_x : l_y;
      full[axis].assign(static_cast<std::size_t>(size) * size, 0.0);
      for (int a = 0; a < size; ++a) {
        for (int b = 0; b < size; ++b) {
          double sum = 0.0;
          for (int e = 0; e < size; ++e) {
            sum += generator_matrix[a * size + e] * about_y[k][e * size + b];
          }
          full[axis][a * size + b] = sum;
        }
      }
    }
    for (int flipped = 0; flipped < 2; ++flipped) {
      for (int axis = 0; axis < 3; ++axis) {
        double* out =
            &c.table[((k * 2 + flipped) * 3 + axis) * static_cast<std::size_t>(c.flat_size)];
        for (int q = 0; q < c.flat_size; ++q) {
          const auto& e = entries[q];
          const int center = e.l * e.l + e.l;
          const int column = center + (flipped ? -e.column : e.column);
          out[q] = full[axis][(center + e.row) * size + column];
        }
      }
    }
  }
  return c;
}

}  // namespace spinconv
