// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/exported_module.hpp"

#include <sstream>

#include "spinconv/atomic_file.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/implementation_name.hpp"
#include "spinconv/module_file.hpp"
#include "spinconv/version.hpp"

namespace spinconv {

extern const char* const spinconv_exported_source;

namespace {

constexpr int module_version = 1;

// What a reader of the metadata is told of the methods; docs/potential_file.md has more.
nlohmann::json methods_of(const Potential& potential) {
  std::string results = "value, values";
  if (potential.target().is_energy()) {
    results = potential.model.config().has_direct_forces() ? "energy, energies, forces"
                                                           : "energy, energies, forces, virial";
  }
  const bool derives = results.find("virial") != std::string::npos;
  return {{"forward(positions, numbers, cell=None, pbc=None, create_graph=False)",
           "Dict[str, Tensor]: " + results + (derives ? ", stress" : "")},
          {"from_edges(vectors, source, target, numbers, create_graph=False)",
           "Dict[str, Tensor]: " + results + (derives ? ", edge_gradients" : "")}};
}

}  // namespace

torch::jit::Module exported_module(const Potential& potential, const std::string& precision) {
  Model model = potential.model.clone();
  model.to(precision == "double" ? torch::kFloat64 : torch::kFloat32, torch::kCPU);
  for (auto&& parameter : model.parameters()) {
    parameter.set_requires_grad(false);
  }
  const ModelConfig& c = model.config();
  torch::Tensor element_of = torch::full({max_atomic_number + 1}, -1, torch::kInt64);
  for (std::size_t k = 0; k < c.elements.size(); ++k) {
    element_of[atomic_number(c.elements[k])] = static_cast<std::int64_t>(k);
  }
  torch::jit::Module module("__torch__.SpinConvPotential");
  module.register_module("model", model.module());
  module.register_buffer("element_of", element_of);
  module.register_buffer("energy_offset", torch::tensor(c.energy_offset, torch::kFloat64));
  module.register_attribute("cutoff", c10::FloatType::get(), c.cutoff);
  module.register_attribute("max_neighbors", c10::IntType::get(), std::int64_t{c.max_neighbors});
  module.register_attribute("is_energy", c10::BoolType::get(), potential.target().is_energy());
  module.register_attribute("direct_forces", c10::BoolType::get(), c.has_direct_forces());
  module.define(spinconv_exported_source);
  return module;
}

void save_exported_module(const Potential& potential, const std::string& path,
                          const std::string& precision) {
  const auto module = exported_module(potential, precision);
  nlohmann::json json = potential.metadata;
  json.erase("format_version");
  json.erase("crc32");
  json["module_version"] = module_version;
  json["methods"] = methods_of(potential);
  json["library_version"] = SPINCONV_VERSION;
  json["units"] = {{"length", "Angstrom"}, {"energy", "eV"}};
  json["precision"] = precision;
  json["model"] = potential.model.config().to_json();
  json["parameters"] = potential.model.parameter_count();
  std::ostringstream bytes;
  module.save(bytes, {{"spinconv.json", json.dump(2)}});
  write_file_atomically(path, bytes.view());
}

void write_module_file(const std::string& potential_file, const std::string& module_file,
                       const std::optional<std::string>& precision) {
  if (precision) {
    precision_named(*precision);  // an unknown one, before the file is read
  }
  const auto potential = Potential::load(potential_file);
  save_exported_module(potential, module_file,
                       precision.value_or(potential.metadata.value("precision", "single")));
}

}  // namespace spinconv
