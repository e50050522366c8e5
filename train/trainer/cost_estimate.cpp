// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/cost_estimate.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "data/number_text.hpp"
#include "spinconv/memory_meter.hpp"
#include "trainer/batch_feed.hpp"
#include "trainer/mixed_precision.hpp"
#include "trainer/training_kernels.hpp"
#include "trainer/weight_optimizer.hpp"

namespace spinconv::train {
namespace {

std::string megabytes(std::int64_t bytes) {
  return format("%.0f MB", static_cast<double>(bytes) / 1e6);
}

double seconds_of(const std::function<void()>& call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Of consecutive batches that have edges the one whose number of them is nearest the mean, so that
// what is measured on it can be scaled by edges: the first frames may be isolated atoms.
std::size_t first_of_typical_batch(const std::vector<std::int64_t>& edges, std::size_t size) {
  const double mean = std::accumulate(edges.begin(), edges.end(), 0.0) /
                      static_cast<double>(edges.size()) * static_cast<double>(size);
  std::size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < edges.size(); k += size) {
    const std::size_t first = std::min(k, edges.size() - size);
    const auto begin = edges.begin() + static_cast<std::ptrdiff_t>(first);
    const double sum = std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(size), 0.0);
    if (sum > 0.0 && std::abs(sum - mean) < least) {
      least = std::abs(sum - mean);
      best = first;
    }
  }
  return best;
}

}  // namespace

std::int64_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

CostEstimate estimate_cost(const FitConfig& config, Model& model, const FrameSet& training,
                           const FrameSet& validation) {
  const auto& t = config.training;
  CostEstimate estimate;
  estimate.epochs = t.epochs;
  estimate.process_bytes = peak_memory();
  const auto batch_size = std::min(static_cast<std::size_t>(t.batch_size), training.size());
  estimate.frames = static_cast<std::int64_t>(training.size());
  estimate.steps_per_epoch =
      static_cast<std::int64_t>((training.size() + batch_size - 1) / batch_size);
  std::vector<std::int64_t> edges;
  for (std::size_t i = 0; i < training.size(); ++i) {
    edges.push_back(training.edge_count(i));
    estimate.edges += edges.back();
  }
  const std::size_t first = first_of_typical_batch(edges, batch_size);
  std::partial_sort(edges.begin(), edges.begin() + static_cast<std::ptrdiff_t>(batch_size),
                    edges.end(), std::greater<>());
  for (std::size_t i = 0; i < batch_size; ++i) {
    estimate.largest_batch_edges += edges[i];
  }
  BatchShare share;
  for (std::size_t i = 0; i < batch_size; ++i) {
    share.frames.push_back(training.frame(first + i));
    share.labels += training.labels(first + i);
    estimate.measured_edges += share.frames.back()->edge_count();
  }
  const auto frames = share.pointers();
  TrainingKernels kernels(config, model);
  const auto step = [&](bool training_step) {
    const MixedPrecision mixed(training_step && t.precision == "mixed", model.device());
    const auto weights = [&] {
      torch::AutoGradMode recording(training_step);
      return kernels.prepare(model, elements_of(frames));
    }();
    const Batch batch = make_batch(frames, model, weights);
    const Loss loss = compute_loss(t.loss,
                                   predict(model, weights, batch, training_step,
                                           t.loss.stress_weight > 0 && share.labels.n_stresses > 0,
                                           share.labels.n_components > 0),
                                   batch);
    if (training_step) {
      loss.value.backward();
    }
  };
  step(true);  // the first one sets things up
  {
    const MemoryMeter meter;
    estimate.step_seconds = seconds_of([&] { step(true); });
    estimate.step_bytes = meter.peak();
  }
  const double validation_step = validation.size() > 0 ? seconds_of([&] { step(false); }) : 0.0;
  std::int64_t validation_edges = 0;
  for (std::size_t i = 0; i < validation.size(); ++i) {
    validation_edges += validation.edge_count(i);
  }
  if (estimate.measured_edges > 0) {
    estimate.epoch_seconds = (estimate.step_seconds * static_cast<double>(estimate.edges) +
                              validation_step * static_cast<double>(validation_edges)) /
                             static_cast<double>(estimate.measured_edges);
  } else {  // no frame has an edge: by frames
    estimate.epoch_seconds = (estimate.step_seconds * static_cast<double>(training.size()) +
                              validation_step * static_cast<double>(validation.size())) /
                             static_cast<double>(batch_size);
  }
  std::int64_t bytes = 0;
  for (auto& p : model.parameters()) {
    p.mutable_grad() = torch::Tensor();
    bytes += p.numel() * p.element_size();
  }
  // weights, gradients, averages, best, and moments
  estimate.weight_bytes = bytes * (4 + WeightOptimizer::moments(t));
  return estimate;
}

std::int64_t CostEstimate::memory() const {
  const double scale = static_cast<double>(largest_batch_edges) /
                       static_cast<double>(std::max<std::int64_t>(1, measured_edges));
  return process_bytes + weight_bytes +
         static_cast<std::int64_t>(static_cast<double>(step_bytes) * std::max(1.0, scale));
}

std::string CostEstimate::text() const {
  std::string out = "plan (nothing was written):\n";
  out += format("  training set   %lld frames, %lld edges, %lld steps an epoch\n",
                static_cast<long long>(frames), static_cast<long long>(edges),
                static_cast<long long>(steps_per_epoch));
  out += format("  batch          %.0f edges on average, at most %lld\n",
                static_cast<double>(edges) / static_cast<double>(steps_per_epoch),
                static_cast<long long>(largest_batch_edges));
  out += format("  one step       %.1f ms, %s (measured, %lld edges)\n", 1e3 * step_seconds,
                megabytes(step_bytes).c_str(), static_cast<long long>(measured_edges));
  out += "  memory         about " + megabytes(memory()) + ": " + megabytes(process_bytes) +
         " program and data, " + megabytes(weight_bytes) +
         " weights and optimizer, the rest the largest step\n";
  return out + "  time           " + time_text() + "\n";
}

std::string CostEstimate::time_text() const {
  return "about " + format_duration(epoch_seconds) + " an epoch, " +
         format_duration(epoch_seconds * epochs) + " for " + std::to_string(epochs) +
         " epochs, on one process as it is now";
}

}  // namespace spinconv::train
