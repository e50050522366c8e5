// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/types.h>

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "spinconv/fused/kernels.hpp"
#include "spinconv/model.hpp"
#include "spinconv/repulsion.hpp"

namespace spinconv::fused {

// Those that were compiled and that this processor has, the best one first. Without fused
// multiply-add there is none: the operator graph is as fast there.
std::vector<const InstructionSet*> instruction_sets();
const InstructionSet* best_instruction_set();  // the first of them, or null

// Energy of an isolated atom over energy_scale and its parameter element_energy.
constexpr double own_energy_factor = 0.02;

// Where the numbers of one weight are in an array of the kernels.
struct Source {
  std::string name;  // of prepare(), or of the module
  bool of_module = false;
  std::int64_t column = 0;            // its columns [column, column + sum of outputs)
  std::vector<std::int64_t> outputs;  // parts of these, each of which is padded by itself
  std::vector<double> factors;        // of each column; empty: 1
};

// An array of the kernels: a matrix [inputs, outputs] in panels, or vectors [rows, outputs].
template <class T>
struct Entry {
  std::vector<std::int64_t> inputs;  // parts of these; of vectors as many of 1
  bool is_matrix;
  std::vector<Source> sources;  // side by side
  std::int64_t rows, columns;   // padded
  std::int64_t begin;           // of the array in the dense numbers of all
  T** gradient;                 // where Gradients has it
};

// to = from * factors, which null are 1.
template <class T>
void copy_scaled(const T* from, std::int64_t size, const double* factors, T* to) {
  if (factors == nullptr) {
    std::memcpy(to, from, sizeof(T) * static_cast<std::size_t>(size));
    return;
  }
  for (std::int64_t i = 0; i < size; ++i) {
    to[i] = from[i] * T(factors[i]);
  }
}

// What depends on the size of the model alone.
template <class T>
struct Constants;

// Weights of a model as the kernels of one instruction set read them.
template <class T>
class Packed {
 public:
  // Of prepare().
  Packed(const Model& model, const Model::Weights& weights, const Kernels<T>& kernels);
  // Of weights that are written to numbers() before finish().
  Packed(const Model& model, std::int64_t elements, const Kernels<T>& kernels);
  Packed(const Packed&) = delete;
  Packed& operator=(const Packed&) = delete;

  const Kernels<T>& kernels;
  Weights<T> weights;
  int message_channels;  // not padded

  // Numbers of all gradients, and where each of them is.
  std::int64_t gradient_size() const { return size_; }
  struct Places {
    std::vector<LayerGradients<T>> layers;
    Gradients<T> gradients;
  };
  std::unique_ptr<Places> places(T* numbers) const;

  // The numbers of all arrays, of which finish() makes panels.
  T* numbers() { return storage_.front().template data_ptr<T>(); }
  // f(first of numbers(), weights side by side, how many, their factors or null) for all weights of
  // prepare(), as N: float or double.
  template <class N>
  using Reader = std::function<void(std::int64_t, const N*, std::int64_t, const double*)>;
  template <class N>
  void each_weight(const Model& model, const Model::Weights& weights, const Reader<N>& f) const;
  // Energies of isolated atoms (eV) are those of both arguments [U], the first one in units of
  // own_energy_factor energy_scale.
  void finish(const torch::Tensor& element_energy, const torch::Tensor& reference_energies,
              double energy_scale);

 private:
  void list(const Model& model, std::int64_t elements);

  std::vector<torch::Tensor> storage_;  // what the pointers point to
  std::shared_ptr<const Constants<T>> constants_;
  std::vector<LayerWeights<T>> layers_;
  Places pattern_;  // pointers from null on
  std::vector<Entry<T>> entries_;
  std::vector<std::pair<Matrix<T>*, Matrix<T>*>> matrices_;  // of the entries, or null
  std::vector<const T**> vectors_;
  std::int64_t size_ = 0;
};

class ParameterMap;

// The same of the precision that the model has; the other one is null.
struct PackedWeights {
  const InstructionSet* set;
  std::unique_ptr<Packed<float>> single_;
  std::unique_ptr<Packed<double>> double_;
  const ParameterMap* parameters = nullptr;  // whose weights they are; null: not differentiable
  std::vector<PairRepulsion> repulsion{};    // [U*U], or none
};

// Architecture, precision and device are those of the kernels.
bool supported(const Model& model);

// Null where there are no kernels for the model: another architecture, another device than a CPU,
// another precision. `set` is one of instruction_sets().
std::shared_ptr<const PackedWeights> pack(const Model& model, const Model::Weights& weights,
                                          const InstructionSet& set);

}  // namespace spinconv::fused
