// SpinConv for LAMMPS. SPDX-License-Identifier: MIT

// spinconv._core: Calculator for Python. Arrays arrive here as they are used (spinconv/potential.py
// makes them so and says what is wrong with others); what is checked again is what would otherwise
// be read beyond its end.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spinconv/calculator.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"
#include "spinconv/implementation_name.hpp"
#include "spinconv/module_file.hpp"
#include "spinconv/version.hpp"

namespace py = pybind11;

namespace {

using Doubles = py::array_t<double, py::array::c_style>;
using Ints = py::array_t<int, py::array::c_style>;

// A calculator is for one thread at a time, and Python's lock is released while it works.
struct SharedCalculator {
  spinconv::Calculator calculator;
  std::mutex mutex{};
};

spinconv::CalculatorOptions options_of(const std::optional<std::string>& precision,
                                       const std::string& implementation, std::string device,
                                       int threads, std::int64_t chunk, double skin,
                                       std::vector<std::string> elements) {
  spinconv::CalculatorOptions options;
  if (precision) {
    options.precision = spinconv::precision_named(*precision);
  }
  options.implementation = spinconv::implementation_named(implementation);
  options.device = std::move(device);
  options.threads = threads;
  options.chunk = chunk;
  options.skin = skin;
  for (const auto& element : elements) {
    spinconv::atomic_number(element);  // an unknown symbol, with the nearest
  }
  options.elements = std::move(elements);
  return options;
}

void require_shape(const py::array& array, const char* name,
                   const std::vector<py::ssize_t>& shape) {
  if (array.ndim() != static_cast<py::ssize_t>(shape.size()) ||
      !std::equal(shape.begin(), shape.end(), array.shape())) {
    throw py::value_error(std::string(name) + " has a wrong shape");
  }
}

py::array_t<double> array_of(const std::vector<double>& values, std::vector<py::ssize_t> shape) {
  py::array_t<double> array(std::move(shape));
  std::copy(values.begin(), values.end(), array.mutable_data());
  return array;
}

py::object array_of(const std::optional<std::array<double, 6>>& values) {
  if (!values) {
    return py::none();
  }
  return array_of(std::vector<double>(values->begin(), values->end()), {6});
}

py::tuple evaluate(SharedCalculator& self, const Ints& numbers, const Doubles& positions,
                   const Doubles& cell, const std::array<bool, 3>& pbc, bool forces) {
  const py::ssize_t n = numbers.size();
  require_shape(numbers, "numbers", {n});
  require_shape(positions, "positions", {n, 3});
  require_shape(cell, "cell", {3, 3});
  spinconv::AtomsView atoms;
  atoms.n_atoms = static_cast<std::size_t>(n);
  atoms.numbers = numbers.data();
  atoms.positions = positions.data();
  std::copy_n(cell.data(), 9, atoms.cell.begin());
  atoms.pbc = pbc;
  // held until the results are copied; taken without Python's lock, which a thread that waits for
  // this one would keep from the thread that has it
  std::unique_lock lock(self.mutex, std::defer_lock);
  const spinconv::Calculation* found = nullptr;
  {
    const py::gil_scoped_release release;
    lock.lock();
    found = &self.calculator.evaluate(atoms, forces);
  }
  const bool is_committee = self.calculator.size() > 1;
  return py::make_tuple(
      found->energy, array_of(found->energies, {n}),
      forces ? py::object(array_of(found->forces, {n, 3})) : py::none(), array_of(found->virial),
      array_of(found->stress),
      is_committee ? py::object(py::float_(found->energy_deviation)) : py::none(),
      is_committee && forces ? py::object(array_of(found->force_deviations, {n})) : py::none());
}

py::dict dictionary_of(const spinconv::PotentialInfo& info) {
  py::dict d;
  d["path"] = info.path;
  d["elements"] = info.elements;
  d["cutoff"] = info.cutoff;
  d["precision"] = info.precision;
  d["device"] = info.device;
  d["implementation"] = info.implementation;
  d["direct_forces"] = info.has_direct_forces;
  d["smooth"] = info.is_smooth;
  d["summary"] = info.summary;
  d["metadata"] = py::module_::import("json").attr("loads")(info.metadata_json);
  return d;
}

}  // namespace

PYBIND11_MODULE(_core, m) {
  m.doc() = "The evaluation of SpinConv potentials; spinconv.Potential is its interface.";
  m.attr("__version__") = SPINCONV_VERSION;
  py::register_local_exception<spinconv::Error>(m, "Error", PyExc_RuntimeError);
  m.attr("Error").attr("__module__") = "spinconv";
  m.attr("Error").attr("__doc__") =
      "What the user can cause and cure; the text names the atom, element or file, and the cure.";
  m.def("atomic_number", &spinconv::atomic_number, py::arg("symbol"),
        "Atomic number of an element's symbol, such as 'Cl'.");
  m.def("write_module_file", &spinconv::write_module_file, py::arg("potential_file"),
        py::arg("module_file"), py::arg("precision"), py::call_guard<py::gil_scoped_release>());

  py::class_<SharedCalculator>(m, "Calculator", py::module_local())
      .def(py::init([](const std::vector<std::string>& paths, const std::string& device,
                       const std::optional<std::string>& precision,
                       const std::string& implementation, int threads, std::int64_t chunk,
                       double skin, const std::vector<std::string>& elements) {
             const auto options =
                 options_of(precision, implementation, device, threads, chunk, skin, elements);
             const py::gil_scoped_release release;
             return new SharedCalculator{spinconv::Calculator(paths, options)};
           }),
           py::kw_only(), py::arg("paths"), py::arg("device"), py::arg("precision"),
           py::arg("implementation"), py::arg("threads"), py::arg("chunk"), py::arg("skin"),
           py::arg("elements"))
      .def("evaluate", &evaluate, py::arg("numbers").noconvert(), py::arg("positions").noconvert(),
           py::arg("cell").noconvert(), py::arg("pbc"), py::arg("forces"))
      .def("potentials",
           [](const SharedCalculator& self) {
             py::list all;
             for (const auto& info : self.calculator.potentials()) {
               all.append(dictionary_of(info));
             }
             return all;
           })
      .def(
          "knows",
          [](const SharedCalculator& self, int number) { return self.calculator.knows(number); },
          py::arg("number"))
      .def("neighbor_list_builds", [](SharedCalculator& self) {
        const py::gil_scoped_release release;
        const std::lock_guard lock(self.mutex);
        return self.calculator.neighbor_list_builds();
      });
}
