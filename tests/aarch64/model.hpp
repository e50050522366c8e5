// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

// A model of random weights as the kernels of one instruction set read it, without LibTorch: the
// same numbers for each set and, rounded, for each precision.
#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "spinconv/fused/panels.hpp"

namespace spinconv::fused::test {

using Index = std::int64_t;

constexpr Index elements = 2, pairs = elements * elements;

// The same on all machines, as std::uniform_real_distribution need not be.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  double operator()(double low, double high) {
    return low + (high - low) * (double(engine_() >> 11) * 0x1p-53);
  }
  Index below(Index n) { return static_cast<Index>(engine_() % static_cast<std::uint64_t>(n)); }

 private:
  std::mt19937_64 engine_;
};

// Numbers of an array without its padding: rows of the parts.
template <class T>
std::vector<double> unpadded(const T* from, Index rows, const Parts& parts, int lanes) {
  std::vector<double> numbers;
  const Index columns = padded_size(parts, lanes);
  for (Index r = 0; r < rows; ++r) {
    each_place(parts, lanes,
               [&](Index, Index place) { numbers.push_back(double(from[r * columns + place])); });
  }
  return numbers;
}

// One array of weights, [inputs, outputs] with parts on both axes as packing.cpp has them.
struct Weight {
  std::string name;
  bool is_matrix;
  Parts inputs, outputs;
  std::vector<double> values;
  std::vector<double> direction;  // in which a test changes them
};

template <class T>
class TestModel {
 public:
  TestModel(const ModelConfig& config, const Kernels<T>& table) : c(config), kernels(table) {
    weights.sizes = sizes_of(c, kernels.lanes);
    layers_.resize(static_cast<std::size_t>(c.layers));
    list();
    Random random(11);
    own_ = {random(-2.0, 2.0), random(-2.0, 2.0)};
    for (int g = 0; g < c.gaussians; ++g) {
      centers_.push_back(T(c.cutoff * g / (c.gaussians - 1)));
    }
    centers_.resize(static_cast<std::size_t>(weights.sizes.gaussians));
    constants_ = constants_of(weights.sizes, kernels);
    pack();
  }
  TestModel(const TestModel&) = delete;
  TestModel& operator=(const TestModel&) = delete;

  const ModelConfig c;
  const Kernels<T>& kernels;
  Weights<T> weights{};
  std::vector<Weight> list_of_weights;

  // The weights moved by so much of their directions.
  void move(double step) {
    for (auto& w : list_of_weights) {
      for (std::size_t i = 0; i < w.values.size(); ++i) {
        w.values[i] += step * w.direction[i];
      }
    }
    pack();
  }

  // Gradients of all weights, in the layout of the kernels.
  struct GradientArrays {
    std::vector<std::vector<T>> numbers;  // of list_of_weights
    std::vector<LayerGradients<T>> layers;
    Gradients<T> gradients{};
  };

  std::unique_ptr<GradientArrays> gradients() const {
    auto made = std::make_unique<GradientArrays>();
    made->layers.resize(layers_.size());
    made->gradients.layers = made->layers.data();
    for (std::size_t i = 0; i < list_of_weights.size(); ++i) {
      made->numbers.emplace_back(static_cast<std::size_t>(padded_numbers(list_of_weights[i])));
      places_[i](*made) = made->numbers.back().data();
    }
    return made;
  }

  // Sum over `all` of the gradient of one weight, in the order of its values.
  std::vector<double> gradient(const std::vector<std::unique_ptr<GradientArrays>>& all,
                               std::size_t weight) const {
    const Weight& w = list_of_weights[weight];
    std::vector<double> sum(w.values.size());
    for (const auto& arrays : all) {
      each_number(
          w, [&](Index own, Index padded) { sum[own] += double(arrays->numbers[weight][padded]); });
    }
    return sum;
  }

 private:
  Index rows_of(const Weight& w) const {
    return w.is_matrix ? padded_size(w.inputs, kernels.lanes) : size_of(w.inputs);
  }
  Index padded_numbers(const Weight& w) const {
    return rows_of(w) * padded_size(w.outputs, kernels.lanes);
  }

  // f(number of the values, number of the padded array)
  template <class F>
  void each_number(const Weight& w, F f) const {
    const Index columns = size_of(w.outputs), padded = padded_size(w.outputs, kernels.lanes);
    each_place(w.inputs, w.is_matrix ? kernels.lanes : 1, [&](Index row, Index padded_row) {
      each_place(w.outputs, kernels.lanes, [&](Index column, Index padded_column) {
        f(row * columns + column, padded_row * padded + padded_column);
      });
    });
  }

  // Large enough that every stage counts, and of a scale that stays from layer to layer.
  void add(const std::string& name, bool is_matrix, const Parts& inputs, const Parts& outputs,
           double middle, double width) {
    Random random(1000 + list_of_weights.size());
    Weight w{name, is_matrix, inputs, outputs, {}, {}};
    const Index numbers = size_of(inputs) * size_of(outputs);
    for (Index i = 0; i < numbers; ++i) {
      w.values.push_back(middle + width * random(-1.0, 1.0));
      w.direction.push_back(width * random(-1.0, 1.0));
    }
    list_of_weights.push_back(std::move(w));
  }

  // Where the gradient of a weight is.
  using Place = std::function<T*&(GradientArrays&)>;

  void matrix(const std::string& name, Matrix<T>& forward, Matrix<T>& back, const Parts& inputs,
              const Parts& outputs, Place place) {
    add(name, true, inputs, outputs, 0.0, std::sqrt(3.0 / double(size_of(inputs))));
    matrices_.emplace_back(&forward, &back);
    vectors_.push_back(nullptr);
    places_.push_back(std::move(place));
  }

  void vectors(const std::string& name, const T*& array, Index rows, const Parts& outputs,
               double middle, Place place) {
    add(name, false, repeated(rows, 1), outputs, middle, 0.3);
    matrices_.emplace_back(nullptr, nullptr);
    vectors_.push_back(&array);
    places_.push_back(std::move(place));
  }

  void list() {
    const Index L = c.l_max, M = c.message_channels, D = c.hidden_channels;
    const Index C = c.product_channels, Ce = c.directed_channels, orders = c.m_max;
    const Parts gaussians{c.gaussians}, hidden{D}, message{M}, two{D, D},
        degrees = repeated(L + 1, M);
    Weights<T>& w = weights;
#define SPINCONV_PLACE(member) [](GradientArrays& g) -> T*& { return g.gradients.member; }
    vectors("distance_gain", w.distance_gain, 1, {pairs}, 1.0, SPINCONV_PLACE(distance_gain));
    vectors("distance_offset", w.distance_offset, 1, {pairs}, 0.0, SPINCONV_PLACE(distance_offset));
    matrix("start", w.start, w.start_back, gaussians, two, SPINCONV_PLACE(start));
    vectors("start_pair", w.start_pair, pairs, two, 0.0, SPINCONV_PLACE(start_pair));
    matrix("start_weight", w.start_weight, w.start_weight_back, hidden, hidden,
           SPINCONV_PLACE(start_weight));
    matrix("start_out", w.start_out, w.start_out_back, hidden, message, SPINCONV_PLACE(start_out));
    vectors("start_out_bias", w.start_out_bias, 1, message, 0.0, SPINCONV_PLACE(start_out_bias));
#undef SPINCONV_PLACE
    for (int k = 0; k < c.layers; ++k) {
      LayerWeights<T>& l = layers_[static_cast<std::size_t>(k)];
      const std::string of = "." + std::to_string(k);
#define SPINCONV_PLACE(member) [=](GradientArrays& g) -> T*& { return g.layers[k].member; }
      matrix("degree" + of, l.degree, l.degree_back, gaussians, degrees, SPINCONV_PLACE(degree));
      vectors("degree_pair" + of, l.degree_pair, pairs, degrees, 0.0, SPINCONV_PLACE(degree_pair));
      matrix("radial" + of, l.radial, l.radial_back, gaussians, hidden, SPINCONV_PLACE(radial));
      vectors("radial_pair" + of, l.radial_pair, pairs, hidden, 0.0, SPINCONV_PLACE(radial_pair));
      matrix("roll" + of + ".0", l.roll[0], l.roll_back[0], repeated(2 * (L + 1), M), hidden,
             SPINCONV_PLACE(roll[0]));
      vectors("roll_bias" + of, l.roll_bias, 1, hidden, 0.0, SPINCONV_PLACE(roll_bias));
      for (Index m = 1; m <= orders; ++m) {
        matrix("roll" + of + "." + std::to_string(m), l.roll[m], l.roll_back[m],
               repeated(2 * (L + 1 - m), M), {C, C}, SPINCONV_PLACE(roll[m]));
      }
      matrix("first" + of, l.first, l.first_back,
             joined(joined(hidden, repeated(orders, C)), message), hidden, SPINCONV_PLACE(first));
      matrix("second" + of, l.second, l.second_back, hidden, hidden, SPINCONV_PLACE(second));
      vectors("second_bias" + of, l.second_bias, 1, hidden, 0.0, SPINCONV_PLACE(second_bias));
      Parts out = message;
      if (k + 1 < c.layers) {
        out = joined(out, repeated(orders, Ce));
        for (Index m = 1; m <= orders; ++m) {
          matrix("directed" + of + "." + std::to_string(m), l.directed[m], l.directed_back[m], {Ce},
                 repeated(L + 1 - m, M), SPINCONV_PLACE(directed[m]));
        }
      }
      matrix("out" + of, l.out, l.out_back, hidden, out, SPINCONV_PLACE(out));
      vectors("out_bias" + of, l.out_bias, 1, out, 0.0, SPINCONV_PLACE(out_bias));
      matrix("energy" + of, l.energy, l.energy_back, message, hidden, SPINCONV_PLACE(energy));
      vectors("energy_bias" + of, l.energy_bias, elements, hidden, 0.0,
              SPINCONV_PLACE(energy_bias));
      vectors("energy_out" + of, l.energy_out, 1, hidden, 0.0, SPINCONV_PLACE(energy_out));
#undef SPINCONV_PLACE
    }
  }

  void pack() {
    storage_.clear();
    const auto more = [&](Index numbers) {
      return storage_.emplace_back(static_cast<std::size_t>(numbers)).data();
    };
    for (std::size_t i = 0; i < list_of_weights.size(); ++i) {
      const Weight& w = list_of_weights[i];
      T* const dense = more(padded_numbers(w));
      each_number(w, [&](Index own, Index padded) { dense[padded] = T(w.values[own]); });
      if (!w.is_matrix) {
        *vectors_[i] = dense;
        continue;
      }
      const Index inputs = rows_of(w), outputs = padded_size(w.outputs, kernels.lanes);
      T *const forward = more(inputs * outputs), *const back = more(inputs * outputs);
      put_in_panels(dense, inputs, outputs, kernels, forward);
      put_transposed(dense, inputs, outputs, kernels, back);
      *matrices_[i].first = {forward, static_cast<int>(inputs), static_cast<int>(outputs)};
      *matrices_[i].second = {back, static_cast<int>(outputs), static_cast<int>(inputs)};
    }
    weights.layers = layers_.data();
    weights.centers = centers_.data();
    weights.own_energies = own_.data();
    constants_->put_into(weights);
  }

  std::vector<LayerWeights<T>> layers_;
  std::vector<std::pair<Matrix<T>*, Matrix<T>*>> matrices_;  // of list_of_weights, or null
  std::vector<const T**> vectors_;
  std::vector<Place> places_;
  std::deque<std::vector<T>> storage_;
  std::vector<T> centers_;
  std::vector<double> own_;
  std::shared_ptr<const Constants<T>> constants_;
};

}  // namespace spinconv::fused::test
