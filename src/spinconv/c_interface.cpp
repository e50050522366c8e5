// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spinconv/calculator.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"
#include "spinconv/implementation_name.hpp"
#include "spinconv/spinconv.h"
#include "spinconv/version.hpp"

struct spinconv_calculator {
  spinconv::Calculator calculator;
  std::string summary;
};

namespace {

using spinconv::Error;

std::string& error_text() {
  thread_local std::string text;
  return text;
}

// Runs `work`; what it throws becomes a status and a text.
template <class Work>
int guarded(const Work& work) noexcept {
  const auto failed = [](const char* text) {
    try {
      error_text() = text;
    } catch (...) {  // no memory for the text
      error_text().clear();
    }
    return static_cast<int>(SPINCONV_ERROR);
  };
  try {
    work();
    return SPINCONV_OK;
  } catch (const std::bad_alloc&) {
    return failed("out of memory");
  } catch (const std::exception& error) {
    return failed(error.what());
  } catch (...) {
    return failed("an unknown error");
  }
}

void require(const void* pointer, const char* what) {
  if (pointer == nullptr) {
    throw Error(std::string(what) + " is NULL");
  }
}

spinconv::CalculatorOptions options_of(const spinconv_options& given) {
  spinconv::CalculatorOptions options;
  if (given.device != nullptr) {
    options.device = given.device;
  }
  if (given.precision != nullptr) {
    options.precision = spinconv::precision_named(given.precision);
  }
  if (given.implementation != nullptr) {
    options.implementation = spinconv::implementation_named(given.implementation);
  }
  if (given.elements != nullptr) {
    options.elements = spinconv::parse_element_list(given.elements, "elements");
  }
  options.threads = given.threads;
  options.chunk = given.chunk;
  options.skin = given.skin;
  return options;
}

spinconv::AtomsView view_of(const spinconv_atoms& given) {
  spinconv::AtomsView atoms;
  if (given.n_atoms > 0) {
    require(given.positions, "positions");
    require(given.numbers, "numbers");
  }
  atoms.n_atoms = given.n_atoms;
  atoms.positions = given.positions;
  atoms.numbers = given.numbers;
  std::copy_n(&given.cell[0][0], 9, atoms.cell.begin());
  for (std::size_t d = 0; d < 3; ++d) {
    atoms.pbc[d] = given.pbc[d] != 0;
  }
  return atoms;
}

void copy_out(const std::vector<double>& values, double* to) {
  if (to != nullptr) {
    std::copy(values.begin(), values.end(), to);
  }
}

// whether there is one
int copy_out(const std::optional<std::array<double, 6>>& values, double (&to)[6]) {
  const std::array<double, 6> none{};
  std::copy_n(values.value_or(none).begin(), 6, to);
  return values ? 1 : 0;
}

}  // namespace

extern "C" {

spinconv_options spinconv_default_options(void) {
  const spinconv::CalculatorOptions defaults;
  return {nullptr,      nullptr,          nullptr,
          nullptr,      defaults.threads, static_cast<long long>(defaults.chunk),
          defaults.skin};
}

int spinconv_create(const char* const* potentials, size_t n_potentials,
                    const spinconv_options* options, spinconv_calculator** calculator) {
  return guarded([&] {
    require(calculator, "calculator");
    *calculator = nullptr;
    require(potentials, "potentials");
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < n_potentials; ++i) {
      require(potentials[i], "the path of a potential file");
      paths.emplace_back(potentials[i]);
    }
    spinconv::Calculator made(
        paths, options_of(options != nullptr ? *options : spinconv_default_options()));
    std::string summary = made.summary();
    *calculator = new spinconv_calculator{std::move(made), std::move(summary)};
  });
}

void spinconv_destroy(spinconv_calculator* calculator) {
  delete calculator;
}

int spinconv_evaluate(spinconv_calculator* calculator, const spinconv_atoms* atoms,
                      spinconv_result* result) {
  return guarded([&] {
    require(calculator, "calculator");
    require(atoms, "atoms");
    require(result, "result");
    const auto& found = calculator->calculator.evaluate(view_of(*atoms), result->forces != nullptr);
    result->energy = found.energy;
    copy_out(found.energies, result->energies);
    copy_out(found.forces, result->forces);
    if (result->force_deviations != nullptr) {
      std::fill_n(result->force_deviations, atoms->n_atoms, 0.0);
    }
    copy_out(found.force_deviations, result->force_deviations);
    result->has_virial = copy_out(found.virial, result->virial);
    result->has_stress = copy_out(found.stress, result->stress);
  });
}

double spinconv_cutoff(const spinconv_calculator* calculator) {
  return calculator == nullptr ? 0.0 : calculator->calculator.cutoff();
}

int spinconv_has_direct_forces(const spinconv_calculator* calculator) {
  return calculator != nullptr && calculator->calculator.has_direct_forces() ? 1 : 0;
}

int spinconv_knows(const spinconv_calculator* calculator, int atomic_number) {
  return calculator != nullptr && calculator->calculator.knows(atomic_number) ? 1 : 0;
}

const char* spinconv_summary(const spinconv_calculator* calculator) {
  return calculator == nullptr ? "" : calculator->summary.c_str();
}

int spinconv_atomic_number(const char* symbol) {
  return symbol == nullptr ? 0 : spinconv::find_atomic_number(symbol).value_or(0);
}

const char* spinconv_error_text(void) {
  return error_text().c_str();
}

const char* spinconv_version(void) {
  return SPINCONV_VERSION;
}

}  // extern "C"
