// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
//
// Runs all fused kernels of the processor that it is compiled for on small models, without
// LibTorch, so that an emulator can run it too (scripts/aarch64-check.sh):
//
//   kernels_check run FILE           checks what can be checked alone, and writes all numbers
//   kernels_check compare FILE FILE  the largest differences; an error where they are not rounding
#include <cstdio>
#include <exception>
#include <fstream>
#include <iomanip>
#include <map>
#include <stdexcept>

#include "passes.hpp"

namespace spinconv::fused {

#if defined(__x86_64__)
extern const InstructionSet x86_64_v3_kernels;
static const InstructionSet& set = x86_64_v3_kernels;
#elif defined(__aarch64__)
extern const InstructionSet aarch64_kernels;
static const InstructionSet& set = aarch64_kernels;
#else
#error "no fused kernels for this processor"
#endif

namespace test {
namespace {

int failures = 0;

void expect(bool holds, const std::string& what) {
  if (!holds) {
    std::printf("FAILED: %s\n", what.c_str());
    ++failures;
  }
}

void expect_near(double found, double expected, double tolerance, const std::string& what) {
  const double difference = std::abs(found - expected) / std::abs(expected);
  std::printf("%-60s %9.1e\n", what.c_str(), difference);
  if (!(difference <= tolerance)) {
    std::printf("FAILED: %s: %.15g, expected %.15g\n", what.c_str(), found, expected);
    ++failures;
  }
}

template <class T>
constexpr bool is_double = sizeof(T) == sizeof(double);

template <class T>
const Kernels<T>& kernels_of() {
  if constexpr (is_double<T>) {
    return set.double_;
  } else {
    return set.single_;
  }
}

// --- the product by itself: all widths of panels and numbers of rows, against a sum in double ---

template <class T>
void check_product(Results& results, const std::string& prefix) {
  const Kernels<T>& kernels = kernels_of<T>();
  constexpr Index inner = 11, most_rows = 25, most_outputs = 80;
  Random random(5);
  std::vector<T> a(most_rows * inner), w(inner * most_outputs);
  for (auto* const array : {&a, &w}) {
    for (T& x : *array) {
      x = T(random(-1.0, 1.0));
    }
  }
  double largest = 0.0;
  std::vector<double> all;
  for (Index outputs = 1; outputs <= most_outputs; outputs += outputs < 20 ? 1 : 15) {
    const Index padded = padded_size(outputs, kernels.lanes);
    std::vector<T> dense(inner * padded), panels(inner * padded), c(most_rows * padded);
    for (Index k = 0; k < inner; ++k) {
      for (Index o = 0; o < outputs; ++o) {
        dense[k * padded + o] = w[k * most_outputs + o];
      }
    }
    put_in_panels(dense.data(), inner, padded, kernels, panels.data());
    const Matrix<T> matrix{panels.data(), static_cast<int>(inner), static_cast<int>(padded)};
    for (Index rows = 1; rows <= most_rows; ++rows) {
      std::fill(c.begin(), c.end(), T(0));
      kernels.product(static_cast<int>(rows), a.data(), matrix, c.data(), 1);
      for (Index r = 0; r < rows; ++r) {
        for (Index o = 0; o < outputs; ++o) {
          double sum = 0.0;
          for (Index k = 0; k < inner; ++k) {
            sum += double(a[r * inner + k]) * double(w[k * most_outputs + o]);
          }
          largest = std::max(largest, std::abs(double(c[r * padded + o]) - sum));
        }
      }
      const auto numbers = unpadded(c.data(), rows, {outputs}, kernels.lanes);
      all.insert(all.end(), numbers.begin(), numbers.end());
    }
  }
  std::printf("%-60s %9.1e\n", (prefix + "product against a sum in double").c_str(), largest);
  expect(largest < (is_double<T> ? 1e-14 : 2e-6), prefix + "product");
  results.emplace_back(prefix + "product", all);
}

// Columns that fill whole vectors, and some that do not.
template <class T>
void check_orthogonalize(Results& results, const std::string& prefix) {
  const Kernels<T>& kernels = kernels_of<T>();
  constexpr Index rows = 23;
  for (const Index columns : {16, 13}) {
    const Index padded = padded_size(columns, kernels.lanes);
    Random random(6);
    std::vector<T> y(rows * padded), memory(2 * padded * padded + rows * padded);
    for (Index i = 0; i < rows; ++i) {
      for (Index j = 0; j < columns; ++j) {
        y[i * padded + j] = T(random(-1.0, 1.0) / std::sqrt(double(rows * columns) / 3.0));
      }
    }
    kernels.orthogonalize(rows, static_cast<int>(columns), static_cast<int>(padded), 5, y.data(),
                          memory.data());
    results.emplace_back(prefix + "orthogonalize " + std::to_string(columns),
                         unpadded(y.data(), rows, {columns}, kernels.lanes));
  }
}

// --- models ---

// The derivative of f at 0 by four points, `h` apart.
template <class F>
double slope_of(double h, F f) {
  return (f(-2.0 * h) - 8.0 * f(-h) + 8.0 * f(h) - f(2.0 * h)) / (12.0 * h);
}

template <class T>
void check_model(const std::string& name, const ModelConfig& config,
                 const std::vector<int>& edges_of_atoms, Results& results) {
  const std::string prefix = name + (is_double<T> ? ", double: " : ", single: ");
  const TestGraph graph(edges_of_atoms, config.cutoff);
  TestModel<T> model(config, kernels_of<T>());
  Random random(7);
  std::vector<double> ones(static_cast<std::size_t>(graph.atoms), 1.0), c = ones, v = graph.vectors;
  for (double& x : c) {
    x = random(-1.0, 1.0);
  }
  for (double& x : v) {
    x = random(-1.0, 1.0);
  }
  const EvaluationPass<T> direct(model, graph, c, false, &results, prefix);
  const EvaluationPass<T> by_list(model, graph, c, true, nullptr, "");
  expect(direct.gradient == by_list.gradient, prefix + "bits of gradients, by list");
  expect(direct.to_sources == by_list.to_sources, prefix + "bits of sources, by list");
  const WeightGradientPass<T> weights(model, graph, v, c, false, &results, prefix);
  const WeightGradientPass<T> weights_by_list(model, graph, v, c, true, nullptr, "");
  expect(weights.gradients == weights_by_list.gradients, prefix + "bits of weights, by list");
  expect(weights.to_sources == weights_by_list.to_sources,
         prefix + "bits of tangents of sources, by list");
  if constexpr (is_double<T>) {
    // dE/dr along v, E = sum_a c_a E_a
    TestGraph moved = graph;
    const auto energy = [&](double step) {
      for (std::size_t i = 0; i < v.size(); ++i) {
        moved.vectors[i] = graph.vectors[i] + step * v[i];
      }
      const EvaluationPass<T> found(model, moved, c, true, nullptr, "");
      return std::inner_product(c.begin(), c.end(), found.energies.begin(), 0.0);
    };
    expect_near(std::inner_product(v.begin(), v.end(), direct.gradient.begin(), 0.0),
                slope_of(1e-3, energy), 1e-7, prefix + "vector gradient, by differences");
    // J along the directions of the weights
    double at = 0.0;
    const auto objective = [&](double place) {
      model.move(place - at);
      at = place;
      const EvaluationPass<T> found(model, graph, ones, true, nullptr, "");
      return std::inner_product(c.begin(), c.end(), found.energies.begin(), 0.0) +
             std::inner_product(v.begin(), v.end(), found.gradient.begin(), 0.0);
    };
    expect_near(weights.along_directions(), slope_of(1e-3, objective), 1e-7,
                prefix + "gradient of weights, by differences");
  }
}

ModelConfig config_of(int layers, int l_max, int m_max, int message, int hidden, int product,
                      int directed, int gaussians) {
  ModelConfig c;
  c.sphere = "spinconv2";
  c.layers = layers;
  c.l_max = l_max;
  c.m_max = m_max;
  c.message_channels = message;
  c.hidden_channels = hidden;
  c.product_channels = product;
  c.directed_channels = directed;
  c.gaussians = gaussians;
  c.cutoff = 4.5;
  c.average_neighbors = 9.0;
  c.energy_scale = 0.7;
  return c;
}

template <class T>
void check_all(Results& results) {
  const std::string precision = is_double<T> ? "double: " : "single: ";
  check_product<T>(results, precision);
  check_orthogonalize<T>(results, precision);
  check_model<T>("whole vectors", config_of(3, 2, 2, 16, 32, 16, 16, 16), {9, 30, 0, 22, 5, 0, 3},
                 results);
  check_model<T>("padded channels", config_of(2, 4, 2, 5, 19, 7, 3, 9), {9, 30, 0, 22, 5, 0, 3},
                 results);
  check_model<T>("degree 10", config_of(2, 10, 1, 3, 8, 2, 2, 6), {3, 4, 2}, results);
}

void run(const char* path) {
  std::printf("kernels: %s\n", set.name);
  Results results;
  check_all<double>(results);
  check_all<float>(results);
  std::ofstream file(path);
  file << std::setprecision(17);
  for (const auto& [name, numbers] : results) {
    file << name << '\n' << numbers.size() << '\n';
    for (const double x : numbers) {
      file << x << '\n';
    }
  }
  file.close();
  if (!file) {
    throw std::runtime_error(std::string("cannot write ") + path);
  }
}

// --- comparison ---

Results read(const char* path) {
  std::ifstream file(path);
  Results results;
  std::string name;
  while (std::getline(file, name)) {
    std::size_t size = 0;
    file >> size;
    std::vector<double> numbers(size);
    for (double& x : numbers) {
      file >> x;
    }
    if (!file) {
      throw std::runtime_error(std::string(path) + ": no numbers of " + name);
    }
    file.ignore(1);
    results.emplace_back(name, std::move(numbers));
  }
  if (results.empty()) {
    throw std::runtime_error(std::string("no results in ") + path);
  }
  return results;
}

void compare(const char* path_a, const char* path_b) {
  const Results a = read(path_a), b = read(path_b);
  if (a.size() != b.size()) {
    throw std::runtime_error("the files hold results of different checks");
  }
  struct Largest {
    double difference = -1.0;
    std::string of;
    std::size_t arrays = 0, numbers = 0;
  };
  std::map<std::string, Largest> groups;  // by model and precision
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto& [name, x] = a[i];
    const auto& y = b[i].second;
    if (b[i].first != name || y.size() != x.size()) {
      throw std::runtime_error("the files hold results of different checks: " + name);
    }
    double difference = 0.0, largest = 0.0;
    for (std::size_t j = 0; j < x.size(); ++j) {
      const double d = std::abs(x[j] - y[j]);
      difference = std::isnan(d) ? INFINITY : std::max(difference, d);
      largest = std::max(largest, std::abs(x[j]));
    }
    expect(largest > 0.0, name + ": all zero");
    difference /= largest;
    const bool in_double = name.find("double: ") != std::string::npos;
    expect(difference <= (in_double ? 1e-12 : 1e-5), name + ": different");
    const std::size_t colon = name.find(": ");
    Largest& group = groups[name.substr(0, colon)];
    ++group.arrays;
    group.numbers += x.size();
    if (!(difference <= group.difference)) {
      group.difference = difference;
      group.of = name.substr(colon + 2);
    }
  }
  std::printf("%-24s %7s %8s  %s\n", "", "arrays", "numbers", "largest difference");
  for (const auto& [name, group] : groups) {
    std::printf("%-24s %7zu %8zu  %.1e of the largest number, %s\n", name.c_str(), group.arrays,
                group.numbers, group.difference, group.of.c_str());
  }
}

}  // namespace
}  // namespace test
}  // namespace spinconv::fused

int main(int argc, char** argv) {
  try {
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "run" && argc == 3) {
      spinconv::fused::test::run(argv[2]);
    } else if (what == "compare" && argc == 4) {
      spinconv::fused::test::compare(argv[2], argv[3]);
    } else {
      std::fprintf(stderr, "kernels_check run FILE | compare FILE FILE\n");
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kernels_check: %s\n", error.what());
    return 1;
  }
  return spinconv::fused::test::failures == 0 ? 0 : 1;
}
