// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/fused/panels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <numeric>

#include "spinconv/harmonics.hpp"

namespace spinconv::fused {

Parts repeated(std::int64_t times, std::int64_t size) {
  return Parts(static_cast<std::size_t>(times), size);
}

Parts joined(Parts a, const Parts& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::int64_t padded_size(std::int64_t size, int lanes) {
  return (size + lanes - 1) / lanes * lanes;
}

std::int64_t padded_size(const Parts& parts, int lanes) {
  std::int64_t size = 0;
  for (const auto part : parts) {
    size += padded_size(part, lanes);
  }
  return size;
}

std::int64_t size_of(const Parts& parts) {
  return std::accumulate(parts.begin(), parts.end(), std::int64_t{0});
}

namespace {

// f(columns, first column) of the panels of a matrix.
template <class F>
void each_panel(std::int64_t outputs, int lanes, int widest, F f) {
  const int vectors = static_cast<int>(outputs) / lanes, panels = (vectors + widest - 1) / widest;
  for (int p = 0, first = 0; p < panels; ++p) {
    const int width = panel_width(vectors - first, panels - p);
    f(std::int64_t{width} * lanes, std::int64_t{first} * lanes);
    first += width;
  }
}

}  // namespace

template <class T>
void put_in_panels(const T* dense, std::int64_t inputs, std::int64_t outputs,
                   const Kernels<T>& kernels, T* to) {
  each_panel(outputs, kernels.lanes, kernels.widest_panel,
             [&](std::int64_t columns, std::int64_t first) {
               for (std::int64_t i = 0; i < inputs; ++i, to += columns) {
                 std::memcpy(to, dense + i * outputs + first, sizeof(T) * columns);
               }
             });
}

template <class T>
void put_transposed(const T* dense, std::int64_t inputs, std::int64_t outputs,
                    const Kernels<T>& kernels, T* to) {
  each_panel(inputs, kernels.lanes, kernels.widest_panel,
             [&](std::int64_t columns, std::int64_t first) {
               for (std::int64_t o = 0; o < outputs; ++o, to += columns) {
                 for (std::int64_t c = 0; c < columns; ++c) {
                   to[c] = dense[(first + c) * outputs + o];
                 }
               }
             });
}

Sizes sizes_of(const ModelConfig& c, int lanes) {
  Sizes s = {};
  s.layers = c.layers;
  s.l_max = c.l_max;
  s.m_max = c.m_max;
  s.top = std::min(c.m_max + 1, c.l_max);
  const auto channels = [&](std::int64_t n) { return static_cast<int>(padded_size(n, lanes)); };
  s.message = channels(c.message_channels);
  s.hidden = channels(c.hidden_channels);
  s.product = channels(c.product_channels);
  s.directed = channels(c.directed_channels);
  s.gaussians = channels(c.gaussians);
  s.harmonics = static_cast<int>(c.harmonics_size());
  int rows = 0;
  for (int o = 0; o <= 2 * s.top; ++o) {
    const int m = (o + 1) / 2;
    s.begin[o] = rows;
    rows += s.l_max + 1 - m;
    if (o == 2 * s.m_max) {
      s.frame_rows = rows;
    }
  }
  s.top_rows = rows;
  for (int l = 0; l <= s.l_max; ++l) {
    s.degree_begin[l] = s.rotation;
    s.rotation += (2 * std::min(l, s.top) + 1) * (2 * l + 1);
  }
  s.table_rotation = channels(s.rotation);
  s.envelope_exponent = c.envelope_exponent;
  s.cutoff = c.cutoff;
  s.neighbor_scale = 1.0 / std::sqrt(c.average_neighbors);
  s.gaussian_inverse_width = (c.gaussians - 1) / (c.cutoff * c.gaussian_width);
  s.energy_scale = c.energy_scale;
  return s;
}

namespace {

template <class T>
std::shared_ptr<const Constants<T>> make_constants(const Sizes& s, const Kernels<T>& kernels) {
  auto made = std::make_shared<Constants<T>>();
  const auto r = rotation_constants(s.l_max, s.top);
  made->terms = 2 * s.l_max + 1;
  made->columns = 2 * s.table_rotation;
  // [terms, 2, 3, flat size]: the first of the three is D itself
  std::vector<T> dense(static_cast<std::size_t>(made->terms) * made->columns, T(0));
  const auto flat = static_cast<std::int64_t>(r.flat_size);
  for (int t = 0; t < made->terms; ++t) {
    for (int part = 0; part < 2; ++part) {
      for (std::int64_t q = 0; q < flat; ++q) {
        dense[t * made->columns + part * s.table_rotation + q] =
            T(r.table[((t * 2 + part) * 3) * flat + q]);
      }
    }
  }
  made->rotation_table.resize(dense.size());
  put_in_panels(dense.data(), made->terms, made->columns, kernels, made->rotation_table.data());

  // L_x and L_y, sorted by the order of the row: the series of L_x D, L_y D at theta = 0
  const auto all = rotation_constants(s.l_max, s.l_max);
  const auto size = static_cast<std::int64_t>(all.flat_size);
  const auto collect = [&](int axis, std::vector<Term<T>>& found, int& of_0) {
    std::vector<double> v(static_cast<std::size_t>(size), 0.0);
    for (int t = 0; t <= s.l_max; ++t) {
      for (std::int64_t q = 0; q < size; ++q) {
        v[q] += all.table[((t * 2) * 3 + axis) * size + q];
      }
    }
    for (int order = 0; order <= s.m_max; ++order) {
      int degree_begin = 0;
      for (int l = 0; l <= s.l_max; degree_begin += (2 * l + 1) * (2 * l + 1), ++l) {
        for (const int m : {order, -order}) {
          if (order > l) {
            continue;
          }
          for (int n = -std::min(l, s.top); n <= std::min(l, s.top); ++n) {
            const double entry = v[degree_begin + (m + l) * (2 * l + 1) + n + l];
            if (std::abs(entry) > 1e-9) {
              found.push_back({s.row_of(l, m), s.row_of(l, n), T(entry)});
            }
          }
          if (order == 0) {
            break;
          }
        }
      }
      if (order == 0) {
        of_0 = static_cast<int>(found.size());
      }
    }
  };
  collect(1, made->about_x, made->x_terms_of_0);
  collect(2, made->about_y, made->y_terms_of_0);
  return made;
}

}  // namespace

template <class T>
std::shared_ptr<const Constants<T>> constants_of(const Sizes& s, const Kernels<T>& kernels) {
  static std::mutex mutex;
  static std::map<std::array<int, 4>, std::shared_ptr<const Constants<T>>> known;
  const std::lock_guard lock(mutex);
  auto& found = known[{s.l_max, s.m_max, kernels.lanes, kernels.widest_panel}];
  if (!found) {
    found = make_constants(s, kernels);
  }
  return found;
}

template <class T>
void Constants<T>::put_into(Weights<T>& weights) const {
  weights.rotation_table = {rotation_table.data(), terms, columns};
  weights.about_x = about_x.data();
  weights.about_y = about_y.data();
  weights.x_terms = static_cast<int>(about_x.size());
  weights.y_terms = static_cast<int>(about_y.size());
  weights.x_terms_of_0 = x_terms_of_0;
  weights.y_terms_of_0 = y_terms_of_0;
}

template struct Constants<float>;
template struct Constants<double>;
template void put_in_panels(const float*, std::int64_t, std::int64_t, const Kernels<float>&,
                            float*);
template void put_in_panels(const double*, std::int64_t, std::int64_t, const Kernels<double>&,
                            double*);
template void put_transposed(const float*, std::int64_t, std::int64_t, const Kernels<float>&,
                             float*);
template void put_transposed(const double*, std::int64_t, std::int64_t, const Kernels<double>&,
                             double*);
template std::shared_ptr<const Constants<float>> constants_of(const Sizes&, const Kernels<float>&);
template std::shared_ptr<const Constants<double>> constants_of(const Sizes&,
                                                               const Kernels<double>&);

}  // namespace spinconv::fused
