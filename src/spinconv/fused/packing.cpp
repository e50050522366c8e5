// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/fused/packing.hpp"

#include <cmath>
#include <cstring>
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

Tensor padded(const Tensor& values, int axis, const Parts& parts, int lanes) {
  std::vector<std::int64_t> shape = values.sizes().vec();
  shape[axis] = 0;
  for (const auto size : parts) {
    shape[axis] += padded_size(size, lanes);
  }
  Tensor result = torch::zeros(shape, values.options());
  std::int64_t from = 0, to = 0;
  for (const auto size : parts) {
    result.narrow(axis, to, size).copy_(values.narrow(axis, from, size));
    from += size;
    to += padded_size(size, lanes);
  }
  TORCH_CHECK(from == values.size(axis), "weights of another size than the model");
  return result;
}

bool supported(const Model& model) {
  const auto& config = model.config();
  return config.sphere == "spinconv2" && config.forces == "gradient" && model.device().is_cpu() &&
         config.l_max <= highest_degree &&
         (model.dtype() == torch::kFloat32 || model.dtype() == torch::kFloat64);
}

}  // namespace

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

template <class T>
Tensor Packed<T>::keep(const Tensor& values) {
  storage_.push_back(
      values.detach().to(torch::kCPU, c10::CppTypeToScalarType<T>::value).contiguous());
  return storage_.back();
}

template <class T>
Packed<T>::Packed(const Model& model, const Model::Weights& prepared, const Kernels<T>& table)
    : kernels(table), message_channels(model.config().message_channels) {
  const torch::NoGradGuard no_grad;
  const ModelConfig& c = model.config();
  const auto values = c10::impl::toTypedDict<std::string, Tensor>(prepared.values.toGenericDict());
  const int width = kernels.lanes;
  const std::int64_t L = c.l_max, M = c.message_channels, D = c.hidden_channels;
  const std::int64_t C = c.product_channels, Ce = c.directed_channels, orders = c.m_max;

  Sizes& s = weights.sizes;
  s = {};
  s.layers = c.layers;
  s.l_max = c.l_max;
  s.m_max = c.m_max;
  s.top = std::min(c.m_max + 1, c.l_max);
  const auto channels = [&](std::int64_t n) { return static_cast<int>(padded_size(n, width)); };
  s.message = channels(M);
  s.hidden = channels(D);
  s.product = channels(C);
  s.directed = channels(Ce);
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

  // numbers one after the other, the last axis in padded parts
  const auto vectors = [&](const Tensor& v, const Parts& parts) {
    return keep(padded(v, static_cast<int>(v.dim()) - 1, parts, width)).template data_ptr<T>();
  };
  const auto plain = [&](const Tensor& v) { return keep(v).template data_ptr<T>(); };
  const auto in_panels = [&](const Tensor& dense) {
    const Tensor from = dense.to(c10::CppTypeToScalarType<T>::value).contiguous();
    const auto inputs = from.size(0), outputs = from.size(1);
    const Tensor to = keep(torch::empty_like(from));
    const T* source = from.template data_ptr<T>();
    T* out = to.template data_ptr<T>();
    const int vectors = static_cast<int>(outputs) / width;
    const int panels = (vectors + kernels.widest_panel - 1) / kernels.widest_panel;
    std::int64_t column = 0;
    for (int p = 0; p < panels; ++p) {
      const auto columns =
          panel_width(vectors - static_cast<int>(column) / width, panels - p) * width;
      for (std::int64_t i = 0; i < inputs; ++i, out += columns) {
        std::memcpy(out, source + i * outputs + column, sizeof(T) * columns);
      }
      column += columns;
    }
    return Matrix<T>{to.template data_ptr<T>(), static_cast<int>(inputs),
                     static_cast<int>(outputs)};
  };
  // a map and the one of its gradient
  const auto both = [&](Matrix<T>& forward, Matrix<T>& back, const Tensor& w, const Parts& inputs,
                        const Parts& outputs) {
    const Tensor dense = padded(padded(w, 0, inputs, width), 1, outputs, width);
    forward = in_panels(dense);
    back = in_panels(dense.t());
  };
  const auto at = [&](const std::string& name) { return values.at(name); };
  const auto attribute = [&](const char* name) { return model.module().attr(name).toTensor(); };

  const Parts gaussians{c.gaussians}, hidden{D}, message{M};
  weights.distance_gain = plain(at("distance_gain"));
  weights.distance_offset = plain(at("distance_offset"));
  // a Gaussian that is padding is far from all distances, and nothing reads it
  weights.centers = vectors(attribute("gaussian_centers"), gaussians);
  const Tensor radial = at("radial"), radial_pair = at("radial_pair");
  const Parts two{D, D};
  both(weights.start, weights.start_back, radial.narrow(1, 0, 2 * D), gaussians, two);
  weights.start_pair = vectors(radial_pair.narrow(1, 0, 2 * D), two);
  both(weights.start_weight, weights.start_weight_back, attribute("start_weight"), hidden, hidden);
  both(weights.start_out, weights.start_out_back, attribute("start_out"), hidden, message);
  weights.start_out_bias = vectors(attribute("start_out_bias"), message);

  // sqrt(2l+1), for l = first..L with M channels each; (-1)^l of the harmonics of -n
  const auto factors = [&](std::int64_t first, bool reversed) {
    Tensor f = torch::empty({L + 1 - first, 1}, torch::kFloat64);
    for (std::int64_t l = first; l <= L; ++l) {
      f[l - first][0] = (reversed && l % 2 ? -1.0 : 1.0) * std::sqrt(2.0 * double(l) + 1.0);
    }
    return f.expand({L + 1 - first, M}).reshape({(L + 1 - first) * M}).to(radial.scalar_type());
  };
  layers_.resize(c.layers);
  for (std::int64_t k = 0; k < c.layers; ++k) {
    LayerWeights<T>& l = layers_[k];
    const std::string name = "." + std::to_string(k);
    const std::int64_t begin = 2 * D + k * ((L + 1) * M + D);
    const Parts degrees = repeated(L + 1, M);
    const Tensor of_degree = factors(0, true);
    both(l.degree, l.degree_back, radial.narrow(1, begin, (L + 1) * M) * of_degree, gaussians,
         degrees);
    l.degree_pair = vectors(radial_pair.narrow(1, begin, (L + 1) * M) * of_degree, degrees);
    both(l.radial, l.radial_back, radial.narrow(1, begin + (L + 1) * M, D), gaussians, hidden);
    l.radial_pair = vectors(radial_pair.narrow(1, begin + (L + 1) * M, D), hidden);

    both(l.roll[0], l.roll_back[0], at("roll" + name + ".0"), repeated(2 * (L + 1), M), hidden);
    l.roll_bias = vectors(at("roll_bias" + name), hidden);
    for (std::int64_t m = 1; m <= orders; ++m) {
      both(l.roll[m], l.roll_back[m], at("roll" + name + "." + std::to_string(m)),
           repeated(2 * (L + 1 - m), M), {C, C});
    }
    const Parts inputs = joined(joined(hidden, repeated(orders, C)), message);
    both(l.first, l.first_back, at("first" + name), inputs, hidden);
    both(l.second, l.second_back, at("second" + name), hidden, hidden);
    l.second_bias = vectors(at("second_bias" + name), hidden);
    Tensor out = at("out" + name), out_bias = at("out_bias" + name);
    Parts outs = message;
    if (k + 1 < c.layers) {
      out = torch::cat({out, at("gate" + name)}, 1);
      out_bias = torch::cat({out_bias, at("gate_bias" + name)});
      outs = joined(outs, repeated(orders, Ce));
      for (std::int64_t m = 1; m <= orders; ++m) {
        both(l.directed[m], l.directed_back[m],
             at("directed" + name + "." + std::to_string(m)) * factors(m, false), {Ce},
             repeated(L + 1 - m, M));
      }
    }
    both(l.out, l.out_back, out, hidden, outs);
    l.out_bias = vectors(out_bias, outs);
    both(l.energy, l.energy_back, at("energy" + name), message, hidden);
    l.energy_bias = vectors(at("energy_bias" + name), hidden);
    l.energy_out = vectors(at("energy_out" + name).view({D}), hidden);
  }
  weights.layers = layers_.data();

  const auto r = rotation_constants(c.l_max, s.top);
  const std::int64_t terms = 2 * L + 1;
  const Tensor series = torch::tensor(r.table, torch::kFloat64).view({terms, 2, 3, r.flat_size});
  weights.rotation_table = in_panels(padded(series.select(2, 0).reshape({terms, 2 * r.flat_size}),
                                            1, {r.flat_size, r.flat_size}, width));

  // L_x and L_y, sorted by the order of the row: the series of L_x D, L_y D at theta = 0
  const auto all = rotation_constants(c.l_max, c.l_max);
  const Tensor generators = torch::tensor(all.table, torch::kFloat64)
                                .view({terms, 2, 3, all.flat_size})
                                .select(1, 0)
                                .narrow(0, 0, L + 1)
                                .sum(0);
  const auto collect = [&](int axis, const Term<T>*& to, int& count, int& of_0) {
    const auto value = generators[axis].contiguous();
    const double* v = value.data_ptr<double>();
    std::vector<Term<T>> found;
    count = of_0 = 0;
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
    count = static_cast<int>(found.size());
    const Tensor bytes = torch::empty(
        {static_cast<std::int64_t>(std::max<std::size_t>(found.size(), 1) * sizeof(Term<T>))},
        torch::kUInt8);
    std::memcpy(bytes.data_ptr(), found.data(), found.size() * sizeof(Term<T>));
    storage_.push_back(bytes);
    to = static_cast<const Term<T>*>(bytes.data_ptr());
  };
  collect(1, weights.about_x, weights.x_terms, weights.x_terms_of_0);
  collect(2, weights.about_y, weights.y_terms, weights.y_terms_of_0);

  const Tensor reference = at("reference_energies").to(torch::kFloat64);
  const Tensor own =
      (at("element_energy").to(torch::kFloat64) * (0.02 * c.energy_scale) + reference).contiguous();
  storage_.push_back(own);
  weights.own_energies = own.template data_ptr<double>();
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
