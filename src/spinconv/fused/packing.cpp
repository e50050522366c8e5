// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/fused/packing.hpp"

#include <cmath>
#include <map>
#include <string>

#include "spinconv/fused/panels.hpp"

namespace spinconv::fused {

#if defined(__x86_64__)
extern const InstructionSet x86_64_v3_kernels, x86_64_v4_kernels;
#elif defined(__aarch64__)
extern const InstructionSet aarch64_kernels;
#endif

namespace {

using torch::Tensor;

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
#elif defined(__aarch64__)
  sets.push_back(&aarch64_kernels);
#endif
  return sets;
}

const InstructionSet* best_instruction_set() {
  const auto sets = instruction_sets();
  return sets.empty() ? nullptr : sets.front();
}

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
Packed<T>::Packed(const Model& model, std::int64_t elements, const Kernels<T>& table)
    : kernels(table), message_channels(model.config().message_channels) {
  const ModelConfig& c = model.config();
  const auto type = c10::CppTypeToScalarType<T>::value;
  weights.sizes = sizes_of(c, kernels.lanes);
  const Sizes& s = weights.sizes;
  layers_.resize(static_cast<std::size_t>(c.layers));
  pattern_.layers.resize(layers_.size());
  list(model, elements);
  storage_.push_back(torch::zeros({size_}, type));
  storage_.push_back(torch::empty({2, size_}, type));
  T* const panels = storage_.back().template data_ptr<T>();
  for (std::size_t e = 0; e < entries_.size(); ++e) {
    const Entry<T>& entry = entries_[e];
    if (entry.is_matrix) {
      const auto inputs = static_cast<int>(entry.rows), outputs = static_cast<int>(entry.columns);
      *matrices_[e].first = {panels + entry.begin, inputs, outputs};
      *matrices_[e].second = {panels + size_ + entry.begin, outputs, inputs};
    } else {
      *vectors_[e] = numbers() + entry.begin;
    }
  }
  weights.layers = layers_.data();
  // a Gaussian that is padding is far from all distances, and nothing reads it
  const Tensor centers = torch::zeros({s.gaussians}, type);
  centers.narrow(0, 0, c.gaussians).copy_(model.module().attr("gaussian_centers").toTensor());
  storage_.push_back(centers);
  weights.centers = centers.template data_ptr<T>();
  storage_.push_back(torch::zeros({elements}, torch::kFloat64));
  weights.own_energies = storage_.back().template data_ptr<double>();

  constants_ = constants_of(s, kernels);
  constants_->put_into(weights);
}

template <class T>
Packed<T>::Packed(const Model& model, const Model::Weights& prepared, const Kernels<T>& table)
    : Packed(model, prepared.elements, table) {
  const torch::NoGradGuard no_grad;
  T* const to = numbers();
  each_weight<T>(model, prepared,
                 [to](std::int64_t at, const T* part, std::int64_t size, const double* factors) {
                   copy_scaled(part, size, factors, to + at);
                 });
  const auto values = c10::impl::toTypedDict<std::string, Tensor>(prepared.values.toGenericDict());
  finish(values.at("element_energy"), values.at("reference_energies"), model.config().energy_scale);
}

template <class T>
template <class N>
void Packed<T>::each_weight(const Model& model, const Model::Weights& prepared,
                            const Reader<N>& f) const {
  const auto values = c10::impl::toTypedDict<std::string, Tensor>(prepared.values.toGenericDict());
  std::map<std::string, Tensor> sources;
  const auto source_of = [&](const Source& source) -> const Tensor& {
    Tensor& found = sources[source.name];
    if (!found.defined()) {
      found =
          (source.of_module ? model.module().attr(source.name).toTensor() : values.at(source.name))
              .detach()
              .to(torch::kCPU, c10::CppTypeToScalarType<N>::value)
              .contiguous();
    }
    return found;
  };
  for (const Entry<T>& entry : entries_) {
    std::int64_t first_column = 0;
    for (const auto& source : entry.sources) {
      const Tensor& from = source_of(source);
      const std::int64_t rows = size_of(entry.inputs);
      TORCH_CHECK(from.numel() % rows == 0 &&
                      from.numel() / rows >= source.column + size_of(source.outputs),
                  source.name, ": weights of another size than the model");
      const N* const numbers = from.data_ptr<N>();
      const std::int64_t columns = from.numel() / rows;
      each_part(entry, source, first_column, kernels.lanes,
                [&](std::int64_t row, std::int64_t to, std::int64_t column, std::int64_t size,
                    std::int64_t factor) {
                  f(to, numbers + row * columns + column, size,
                    source.factors.empty() ? nullptr : source.factors.data() + factor);
                });
      first_column += padded_size(source.outputs, kernels.lanes);
    }
  }
}

template <class T>
void Packed<T>::finish(const Tensor& element_energy, const Tensor& reference_energies,
                       double energy_scale) {
  const T* const dense = numbers();
  T* const panels = storage_[1].template data_ptr<T>();
  for (const Entry<T>& entry : entries_) {
    if (entry.is_matrix) {
      const T* const own = dense + entry.begin;
      put_in_panels(own, entry.rows, entry.columns, kernels, panels + entry.begin);
      put_transposed(own, entry.rows, entry.columns, kernels, panels + size_ + entry.begin);
    }
  }
  storage_.back().copy_(element_energy.to(torch::kFloat64) * (own_energy_factor * energy_scale) +
                        reference_energies);
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

template class Packed<float>;
template class Packed<double>;
// for ParameterMap; that of the other type than its own is here for Packed<double>
template void Packed<float>::each_weight(const Model&, const Model::Weights&,
                                         const Reader<double>&) const;

std::shared_ptr<const PackedWeights> pack(const Model& model, const Model::Weights& weights,
                                          const InstructionSet& set) {
  if (!supported(model)) {
    return nullptr;
  }
  auto packed = std::make_shared<PackedWeights>();
  packed->set = &set;
  packed->repulsion = repulsion_of_pairs(model.config(), weights.used);
  if (model.dtype() == torch::kFloat32) {
    packed->single_ = std::make_unique<Packed<float>>(model, weights, set.single_);
  } else {
    packed->double_ = std::make_unique<Packed<double>>(model, weights, set.double_);
  }
  return packed;
}

}  // namespace spinconv::fused
