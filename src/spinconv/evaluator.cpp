// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/evaluator.hpp"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/script.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "spinconv/error.hpp"
#include "spinconv/potential.hpp"

namespace spinconv {
namespace {

using torch::Tensor;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Closer than this (Angstrom) is not a structure but a mistake: duplicated or overlapping atoms.
constexpr double coincident = 1e-3;

struct ExchangeCall {
  HaloExchange* halo;
  std::int64_t rows;
  double seconds = 0.0;
};

// owned rows [N,W] -> all rows [R,W] by the engine; the adjoint adds ghost rows to their owners.
class ExchangeFunction : public torch::autograd::Function<ExchangeFunction> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& owned,
                        std::int64_t call_address) {
    auto* call = reinterpret_cast<ExchangeCall*>(call_address);
    context->saved_data["call"] = call_address;
    context->saved_data["owned"] = owned.size(0);
    Tensor rows = torch::zeros({call->rows, owned.size(1)}, owned.options());
    rows.narrow(0, 0, owned.size(0)).copy_(owned);
    move(*call, rows, true);
    return rows;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    auto* call = reinterpret_cast<ExchangeCall*>(context->saved_data["call"].toInt());
    Tensor rows = gradients[0].clone(at::MemoryFormat::Contiguous);
    move(*call, rows, false);
    return {rows.narrow(0, 0, context->saved_data["owned"].toInt()), Tensor()};
  }

 private:
  static void move(ExchangeCall& call, Tensor& rows, bool to_ghosts) {
    const auto start = Clock::now();
    AT_DISPATCH_FLOATING_TYPES(rows.scalar_type(), "HaloExchange", [&] {
      auto* data = rows.data_ptr<scalar_t>();
      to_ghosts ? call.halo->forward(data, rows.size(1)) : call.halo->reverse(data, rows.size(1));
    });
    call.seconds += seconds_since(start);
  }
};

torch::Device choose_device(const std::string& name) {
  const bool available = at::hasCUDA();
  if (name == "auto") {
    return available ? torch::Device(torch::kCUDA) : torch::Device(torch::kCPU);
  }
  if (name != "cpu" && name != "cuda" && name.rfind("cuda:", 0) != 0) {
    throw Error(unknown_name_message("device", name, {"cpu", "cuda", "auto"}));
  }
  if (name != "cpu" && !available) {
    throw Error(
        "device '" + name +
        "' was asked for, but this LibTorch finds no CUDA device; use 'cpu' or 'auto', or a "
        "LibTorch built for CUDA");
  }
  try {
    return torch::Device(name);
  } catch (const c10::Error&) {
    throw Error("device '" + name + "' is not a device name; write cuda:0, cuda:1, ...");
  }
}

std::vector<std::int64_t> used_elements(const ModelConfig& config,
                                        const std::vector<std::string>& asked,
                                        const std::string& path) {
  std::vector<std::int64_t> used;
  for (const auto& symbol : asked) {
    const auto found = std::find(config.elements.begin(), config.elements.end(), symbol);
    if (found == config.elements.end()) {
      std::string known;
      for (const auto& e : config.elements) {
        known += " " + e;
      }
      throw Error("element '" + symbol + "' is not in the potential file '" + path +
                  "', which knows:" + known + "; map the type to one of these or train with " +
                  symbol);
    }
    used.push_back(found - config.elements.begin());
  }
  return used;
}

}  // namespace

struct Evaluator::Impl {
  Potential potential;
  torch::Device device;
  bool single;
  // distinct elements in use: edges are grouped by pairs of these
  std::vector<std::int64_t> distinct;
  Tensor type_of_entry;  // [entries of EvaluatorOptions::elements] index into `distinct`
  Model::Weights weights;
  EvaluationTimes times;

  Tensor index_tensor(const std::int32_t* data, std::int64_t n) const {
    if (n == 0) {
      return torch::empty({0}, torch::dtype(torch::kInt64).device(device));
    }
    return torch::from_blob(const_cast<std::int32_t*>(data), {n}, torch::kInt32)
        .to(device, torch::kInt64);
  }
};

Evaluator::Evaluator(const std::string& path, const EvaluatorOptions& options) {
  if (options.threads > 0) {
    at::set_num_threads(options.threads);
  }
  Potential potential = Potential::load(path);
  const torch::Device device = choose_device(options.device);
  const auto& config = potential.model.config();
  const auto asked =
      used_elements(config, options.elements.empty() ? config.elements : options.elements, path);
  std::vector<std::int64_t> distinct = asked;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  std::vector<std::int64_t> entry;
  for (const auto e : asked) {
    entry.push_back(std::lower_bound(distinct.begin(), distinct.end(), e) - distinct.begin());
  }
  const bool single = options.precision
                          ? *options.precision == Precision::single_
                          : potential.metadata.value("precision", "single") == "single";
  for (const auto& p : potential.model.parameters()) {
    p.set_requires_grad(false);
  }
  potential.model.to(single ? torch::kFloat32 : torch::kFloat64, device);
  auto weights = potential.model.prepare(distinct);
  impl_ = std::make_unique<Impl>(Impl{std::move(potential),
                                      device,
                                      single,
                                      std::move(distinct),
                                      torch::tensor(entry, torch::kInt64).to(device),
                                      std::move(weights),
                                      {}});
}

Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

void Evaluator::evaluate(const EdgeView& view, bool gradients, Evaluation& result,
                         HaloExchange* exchange) {
  auto& self = *impl_;
  const auto start = Clock::now();
  const std::int64_t count = view.n_edges;
  for (std::int64_t e = 0; e < count; ++e) {
    const double* v = view.vectors + 3 * e;
    const double squared = v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
    if (!(squared > coincident * coincident) || !std::isfinite(squared)) {
      throw Error(std::isfinite(squared)
                      ? "atoms " + std::to_string(view.target[e]) + " and " +
                            std::to_string(view.source[e]) + " (rows of this rank) are only " +
                            std::to_string(std::sqrt(squared)) +
                            " A apart; remove overlapping atoms (delete_atoms overlap)"
                      : "position of atom " + std::to_string(view.target[e]) + " or " +
                            std::to_string(view.source[e]) +
                            " (rows of this rank) is not a number; the simulation has diverged: "
                            "use a smaller timestep or a better start");
    }
  }
  try {
    EdgeTensors edges;
    edges.source = self.index_tensor(view.source, count);
    edges.target = self.index_tensor(view.target, count);
    edges.types = self.type_of_entry.index_select(0, self.index_tensor(view.types, view.n_rows));
    edges.owned = view.n_owned;
    const Tensor order = self.potential.model.edge_order(edges, self.weights);
    edges.source = edges.source.index_select(0, order);
    edges.target = edges.target.index_select(0, order);
    Tensor given = count == 0 ? torch::empty({0, 3}, torch::kFloat64)
                              : torch::from_blob(const_cast<double*>(view.vectors), {count, 3},
                                                 torch::kFloat64);
    Tensor vectors = given.to(self.device).index_select(0, order);
    self.times.prepare += seconds_since(start);

    const auto forward_start = Clock::now();
    ExchangeCall call{exchange, view.n_rows};
    Model::RowExchange rows;
    if (exchange) {
      rows = [&](const Tensor& owned) {
        return ExchangeFunction::apply(owned, reinterpret_cast<std::int64_t>(&call));
      };
    }
    torch::AutoGradMode recording(gradients);
    vectors.set_requires_grad(gradients);
    const Tensor energies =
        self.potential.model.atomic_energies(edges, vectors, self.weights, rows);
    const Tensor energy = energies.sum();
    result.energy = energy.item<double>();
    result.atomic_energies.resize(view.n_owned);
    if (view.n_owned > 0) {
      const Tensor host = energies.detach().cpu().contiguous();
      std::copy_n(host.data_ptr<double>(), view.n_owned, result.atomic_energies.data());
    }
    const double forward_exchange = call.seconds;
    self.times.forward += seconds_since(forward_start) - forward_exchange;
    self.times.exchange += forward_exchange;
    if (!gradients) {
      result.edge_gradients.clear();
      return;
    }

    const auto backward_start = Clock::now();
    call.seconds = 0.0;
    result.edge_gradients.assign(3 * count, 0.0);
    // with an exchange every rank takes part in the backward calls, with no edges too
    if (energy.requires_grad()) {
      const Tensor gradient =
          torch::autograd::grad({energy}, {vectors}, {}, std::nullopt, false, true)[0];
      if (gradient.defined() && count > 0) {
        Tensor unsorted = torch::empty_like(gradient).index_copy_(0, order, gradient);
        unsorted = unsorted.cpu().contiguous();
        std::copy_n(unsorted.data_ptr<double>(), 3 * count, result.edge_gradients.data());
      }
    }
    self.times.backward += seconds_since(backward_start) - call.seconds;
    self.times.exchange += call.seconds;
  } catch (const c10::Error& e) {
    const std::string text = e.what_without_backtrace();
    if (text.find("alloc") != std::string::npos ||
        text.find("out of memory") != std::string::npos) {
      throw Error("out of memory while evaluating " + std::to_string(count) + " edges of " +
                  std::to_string(view.n_owned) +
                  " atoms; use more ranks or machines with more memory, or precision single");
    }
    throw Error("LibTorch failed while evaluating the potential: " + text);
  }
}

double Evaluator::cutoff() const {
  return impl_->potential.model.config().cutoff;
}

const std::vector<std::string>& Evaluator::elements() const {
  return impl_->potential.model.config().elements;
}

std::string Evaluator::summary() const {
  return describe(impl_->potential);
}

std::string Evaluator::precision() const {
  return impl_->single ? "single" : "double";
}

std::string Evaluator::device() const {
  return impl_->device.str();
}

std::int64_t Evaluator::exchange_width() const {
  const auto& c = impl_->potential.model.config();
  return c.harmonics_size() * c.message_channels;
}

std::string Evaluator::metadata_json() const {
  return impl_->potential.metadata.dump(2);
}

const EvaluationTimes& Evaluator::times() const {
  return impl_->times;
}

}  // namespace spinconv
