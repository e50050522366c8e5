// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/fused/packing.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <numeric>
#include <string>

#include "spinconv/harmonics.hpp"

namespace spinconv::fused {

#if defined(__x86_64__)
extern const InstructionSet x86_64_v3_kernels, x86_64_v4_kernels;
#elif defined(__aarch64__) && defined(SPINCONV_FUSED_NEON)
extern const InstructionSet aarch64_kernels;
#endif

namespace {

using torch::Tensor;

// Parts of an axis, each of which is padded by itself.
using Parts = std::vector<std::int64_t>;

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

// f(place, padded place) of each number of an axis, both from 0 on.
template <class F>
void each_place(const Parts& parts, int lanes, F f) {
  std::int64_t from = 0, to = 0;
  for (const auto size : parts) {
    for (std::int64_t i = 0; i < size; ++i) {
      f(from + i, to + i);
    }
    from += size;
    to += padded_size(size, lanes);
  }
}

// f(row of the weight, first number of the array, column of the weight, how many, which of the
// source's own columns), for all that is side by side in both.
template <class T, class F>
void each_part(const Entry<T>& entry, const Source& source, std::int64_t first_column, int lanes,
               F f) {
  const auto row = [&](std::int64_t from, std::int64_t to) {
    std::int64_t column = 0, padded = entry.begin + to * entry.columns + first_column;
    for (const auto size : source.outputs) {
      f(from, padded, source.column + column, size, column);
      column += size;
      padded += padded_size(size, lanes);
    }
  };
  if (entry.is_matrix) {
    each_place(entry.inputs, lanes, row);
  } else {
    for (std::int64_t r = 0; r < entry.rows; ++r) {
      row(r, r);
    }
  }
}

}  // namespace

bool supported(const Model& model) {
  const auto& config = model.config();
  return config.sphere == "spinconv2" && config.forces == "gradient" && model.device().is_cpu() &&
         config.l_max <= highest_degree &&
         (model.dtype() == torch::kFloat32 || model.dtype() == torch::kFloat64);
}

std::vector<const InstructionSet*> instruction_sets() {
  std::vector<const InstructionSet*> sets;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    sets.push_back(&x86_64_v4_kernels);
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")) {
    sets.push_back(&x86_64_v3_kernels);
  }
#elif defined(__aarch64__) && defined(SPINCONV_FUSED_NEON)
  sets.push_back(&aarch64_kernels);
#endif
  return sets;
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

// Of a dense matrix [inputs, outputs].
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

// Of its transpose.
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
    s.block[l] = s.rotation;
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

}  // namespace

template <class T>
struct Constants {
  std::vector<T> rotation_table;
  int terms, columns;
  std::vector<Term<T>> about_x, about_y;
  int x_terms_of_0, y_terms_of_0;
};

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
      int block = 0;
      for (int l = 0; l <= s.l_max; block += (2 * l + 1) * (2 * l + 1), ++l) {
        for (const int m : {order, -order}) {
          if (order > l) {
            continue;
          }
          for (int n = -std::min(l, s.top); n <= std::min(l, s.top); ++n) {
            const double entry = v[block + (m + l) * (2 * l + 1) + n + l];
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

// A training packs its weights in each step.
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

}  // namespace

template <class T>
void Packed<T>::list(const Model& model, std::int64_t elements) {
  const ModelConfig& c = model.config();
  const int width = kernels.lanes;
  const std::int64_t L = c.l_max, M = c.message_channels, D = c.hidden_channels;
  const std::int64_t C = c.product_channels, Ce = c.directed_channels, orders = c.m_max;
  const std::int64_t pairs = elements * elements;
  const auto add = [&](bool is_matrix, const Parts& inputs, std::vector<Source> sources, T** to) {
    std::int64_t columns = 0;
    for (const auto& source : sources) {
      columns += padded_size(source.outputs, width);
    }
    const std::int64_t rows =
        is_matrix ? padded_size(inputs, width) : static_cast<std::int64_t>(inputs.size());
    entries_.push_back({inputs, is_matrix, std::move(sources), rows, columns, size_, to});
    size_ += rows * columns;
  };
  const auto matrix = [&](Matrix<T>& forward, Matrix<T>& back, const Parts& inputs,
                          std::vector<Source> sources, T*& to) {
    add(true, inputs, std::move(sources), &to);
    matrices_.emplace_back(&forward, &back);
    vectors_.push_back(nullptr);
  };
  const auto vectors = [&](const T*& array, std::int64_t rows, std::vector<Source> sources,
                           T*& to) {
    add(false, repeated(rows, 1), std::move(sources), &to);
    matrices_.emplace_back(nullptr, nullptr);
    vectors_.push_back(&array);
  };
  // sqrt(2l+1), for l = first..L with M channels each; (-1)^l of the harmonics of -n
  const auto factors = [&](std::int64_t first, bool reversed) {
    std::vector<double> f;
    for (std::int64_t l = first; l <= L; ++l) {
      f.insert(f.end(), static_cast<std::size_t>(M),
               (reversed && l % 2 ? -1.0 : 1.0) * std::sqrt(2.0 * double(l) + 1.0));
    }
    return f;
  };
  Gradients<T>& g = pattern_.gradients;
  const Parts gaussians{c.gaussians}, hidden{D}, message{M}, two{D, D}, pair{pairs};
  vectors(weights.distance_gain, 1, {{"distance_gain", false, 0, pair, {}}}, g.distance_gain);
  vectors(weights.distance_offset, 1, {{"distance_offset", false, 0, pair, {}}}, g.distance_offset);
  matrix(weights.start, weights.start_back, gaussians, {{"radial", false, 0, two, {}}}, g.start);
  vectors(weights.start_pair, pairs, {{"radial_pair", false, 0, two, {}}}, g.start_pair);
  matrix(weights.start_weight, weights.start_weight_back, hidden,
         {{"start_weight", true, 0, hidden, {}}}, g.start_weight);
  matrix(weights.start_out, weights.start_out_back, hidden, {{"start_out", true, 0, message, {}}},
         g.start_out);
  vectors(weights.start_out_bias, 1, {{"start_out_bias", true, 0, message, {}}}, g.start_out_bias);
  for (std::int64_t k = 0; k < c.layers; ++k) {
    LayerWeights<T>& l = layers_[static_cast<std::size_t>(k)];
    LayerGradients<T>& to = pattern_.layers[static_cast<std::size_t>(k)];
    const std::string name = "." + std::to_string(k);
    const std::int64_t begin = 2 * D + k * ((L + 1) * M + D);
    const Parts degrees = repeated(L + 1, M);
    const auto of_degree = factors(0, true);
    matrix(l.degree, l.degree_back, gaussians, {{"radial", false, begin, degrees, of_degree}},
           to.degree);
    vectors(l.degree_pair, pairs, {{"radial_pair", false, begin, degrees, of_degree}},
            to.degree_pair);
    matrix(l.radial, l.radial_back, gaussians, {{"radial", false, begin + (L + 1) * M, hidden, {}}},
           to.radial);
    vectors(l.radial_pair, pairs, {{"radial_pair", false, begin + (L + 1) * M, hidden, {}}},
            to.radial_pair);
    matrix(l.roll[0], l.roll_back[0], repeated(2 * (L + 1), M),
           {{"roll" + name + ".0", false, 0, hidden, {}}}, to.roll[0]);
    vectors(l.roll_bias, 1, {{"roll_bias" + name, false, 0, hidden, {}}}, to.roll_bias);
    for (std::int64_t m = 1; m <= orders; ++m) {
      matrix(l.roll[m], l.roll_back[m], repeated(2 * (L + 1 - m), M),
             {{"roll" + name + "." + std::to_string(m), false, 0, {C, C}, {}}}, to.roll[m]);
    }
    matrix(l.first, l.first_back, joined(joined(hidden, repeated(orders, C)), message),
           {{"first" + name, false, 0, hidden, {}}}, to.first);
    matrix(l.second, l.second_back, hidden, {{"second" + name, false, 0, hidden, {}}}, to.second);
    vectors(l.second_bias, 1, {{"second_bias" + name, false, 0, hidden, {}}}, to.second_bias);
    std::vector<Source> out{{"out" + name, false, 0, message, {}}};
    std::vector<Source> out_bias{{"out_bias" + name, false, 0, message, {}}};
    if (k + 1 < c.layers) {
      out.push_back({"gate" + name, false, 0, repeated(orders, Ce), {}});
      out_bias.push_back({"gate_bias" + name, false, 0, repeated(orders, Ce), {}});
      for (std::int64_t m = 1; m <= orders; ++m) {
        matrix(l.directed[m], l.directed_back[m], {Ce},
               {{"directed" + name + "." + std::to_string(m), false, 0, repeated(L + 1 - m, M),
                 factors(m, false)}},
               to.directed[m]);
      }
    }
    matrix(l.out, l.out_back, hidden, out, to.out);
    vectors(l.out_bias, 1, out_bias, to.out_bias);
    matrix(l.energy, l.energy_back, message, {{"energy" + name, false, 0, hidden, {}}}, to.energy);
    vectors(l.energy_bias, elements, {{"energy_bias" + name, false, 0, hidden, {}}},
            to.energy_bias);
    vectors(l.energy_out, 1, {{"energy_out" + name, false, 0, hidden, {}}}, to.energy_out);
  }
}

template <class T>
Packed<T>::Packed(const Model& model, const Model::Weights& prepared, const Kernels<T>& table)
    : kernels(table), message_channels(model.config().message_channels) {
  const torch::NoGradGuard no_grad;
  const ModelConfig& c = model.config();
  const auto values = c10::impl::toTypedDict<std::string, Tensor>(prepared.values.toGenericDict());
  const auto type = c10::CppTypeToScalarType<T>::value;
  const int width = kernels.lanes;
  weights.sizes = sizes_of(c, width);
  const Sizes& s = weights.sizes;
  layers_.resize(static_cast<std::size_t>(c.layers));
  pattern_.layers.resize(layers_.size());
  list(model, prepared.elements);

  std::map<std::string, Tensor> sources;
  const auto source_of = [&](const Source& source) -> const Tensor& {
    Tensor& found = sources[source.name];
    if (!found.defined()) {
      found =
          (source.of_module ? model.module().attr(source.name).toTensor() : values.at(source.name))
              .detach()
              .to(torch::kCPU, type)
              .contiguous();
    }
    return found;
  };
  storage_.push_back(torch::zeros({size_}, type));
  T* const dense = storage_.back().data_ptr<T>();
  storage_.push_back(torch::empty({2, size_}, type));
  T* const panels = storage_.back().data_ptr<T>();
  for (std::size_t e = 0; e < entries_.size(); ++e) {
    const Entry<T>& entry = entries_[e];
    std::int64_t first_column = 0;
    for (const auto& source : entry.sources) {
      const Tensor& from = source_of(source);
      const std::int64_t rows = size_of(entry.inputs);
      TORCH_CHECK(from.numel() % rows == 0 &&
                      from.numel() / rows >= source.column + size_of(source.outputs),
                  source.name, ": weights of another size than the model");
      const T* const numbers = from.data_ptr<T>();
      const std::int64_t columns = from.numel() / rows;
      each_part(entry, source, first_column, width,
                [&](std::int64_t row, std::int64_t to, std::int64_t column, std::int64_t size,
                    std::int64_t factor) {
                  const T* const part = numbers + row * columns + column;
                  if (source.factors.empty()) {
                    std::memcpy(dense + to, part, sizeof(T) * static_cast<std::size_t>(size));
                    return;
                  }
                  for (std::int64_t i = 0; i < size; ++i) {
                    dense[to + i] = part[i] * T(source.factors[factor + i]);
                  }
                });
      first_column += padded_size(source.outputs, width);
    }
    const T* const own = dense + entry.begin;
    if (entry.is_matrix) {
      const auto inputs = static_cast<int>(entry.rows), outputs = static_cast<int>(entry.columns);
      T *const forward = panels + entry.begin, *const back = forward + size_;
      put_in_panels(own, inputs, outputs, kernels, forward);
      put_transposed(own, inputs, outputs, kernels, back);
      *matrices_[e].first = {forward, inputs, outputs};
      *matrices_[e].second = {back, outputs, inputs};
    } else {
      *vectors_[e] = own;
    }
  }
  weights.layers = layers_.data();
  // a Gaussian that is padding is far from all distances, and nothing reads it
  const Tensor centers = torch::zeros({s.gaussians}, type);
  centers.narrow(0, 0, c.gaussians).copy_(model.module().attr("gaussian_centers").toTensor());
  storage_.push_back(centers);
  weights.centers = centers.template data_ptr<T>();

  constants_ = constants_of(s, kernels);
  weights.rotation_table = {constants_->rotation_table.data(), constants_->terms,
                            constants_->columns};
  weights.about_x = constants_->about_x.data();
  weights.about_y = constants_->about_y.data();
  weights.x_terms = static_cast<int>(constants_->about_x.size());
  weights.y_terms = static_cast<int>(constants_->about_y.size());
  weights.x_terms_of_0 = constants_->x_terms_of_0;
  weights.y_terms_of_0 = constants_->y_terms_of_0;

  const Tensor reference = values.at("reference_energies").to(torch::kFloat64);
  const Tensor own =
      (values.at("element_energy").to(torch::kFloat64) * (0.02 * c.energy_scale) + reference)
          .contiguous();
  storage_.push_back(own);
  weights.own_energies = own.template data_ptr<double>();
}

template <class T>
std::unique_ptr<typename Packed<T>::Places> Packed<T>::places(T* numbers) const {
  auto places = std::make_unique<Places>();
  places->layers.resize(layers_.size());
  places->gradients = {};
  places->gradients.layers = places->layers.data();
  const auto* const layers = reinterpret_cast<const char*>(pattern_.layers.data());
  const auto* const others = reinterpret_cast<const char*>(&pattern_.gradients);
  const std::size_t bytes = pattern_.layers.size() * sizeof(LayerGradients<T>);
  for (const auto& entry : entries_) {
    const auto* const at = reinterpret_cast<const char*>(entry.gradient);
    const bool of_layer = at >= layers && at < layers + bytes;
    char* const to = of_layer ? reinterpret_cast<char*>(places->layers.data()) + (at - layers)
                              : reinterpret_cast<char*>(&places->gradients) + (at - others);
    *reinterpret_cast<T**>(to) = numbers + entry.begin;
  }
  return places;
}

template <class T>
Tensor Packed<T>::unpacked(const T* numbers, const std::string& name, bool of_module,
                           const Tensor& like) const {
  const Tensor result = torch::zeros(like.sizes(), like.options().requires_grad(false));
  T* const to = result.data_ptr<T>();
  for (const auto& entry : entries_) {
    std::int64_t first_column = 0;
    for (const auto& source : entry.sources) {
      if (source.name == name && source.of_module == of_module) {
        const std::int64_t columns = result.numel() / size_of(entry.inputs);
        each_part(entry, source, first_column, kernels.lanes,
                  [&](std::int64_t row, std::int64_t from, std::int64_t column, std::int64_t size,
                      std::int64_t factor) {
                    T* const part = to + row * columns + column;
                    for (std::int64_t i = 0; i < size; ++i) {
                      part[i] = source.factors.empty()
                                    ? numbers[from + i]
                                    : numbers[from + i] * T(source.factors[factor + i]);
                    }
                  });
      }
      first_column += padded_size(source.outputs, kernels.lanes);
    }
  }
  return result;
}

template class Packed<float>;
template class Packed<double>;

std::shared_ptr<const PackedWeights> pack(const Model& model, const Model::Weights& weights,
                                          const InstructionSet& set) {
  if (!supported(model)) {
    return nullptr;
  }
  auto packed = std::make_shared<PackedWeights>();
  packed->set = &set;
  if (model.dtype() == torch::kFloat32) {
    packed->single_ = std::make_unique<Packed<float>>(model, weights, set.single_);
  } else {
    packed->double_ = std::make_unique<Packed<double>>(model, weights, set.double_);
  }
  return packed;
}

}  // namespace spinconv::fused
