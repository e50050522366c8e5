// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "support/test_models.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <functional>
#include <random>

#include "spinconv/potential.hpp"
#include "support/random_model.hpp"

namespace spinconv::test {

ModelConfig small_config(const std::vector<std::string>& elements) {
  ModelConfig c;
  c.elements = elements;
  c.cutoff = 4.0;
  c.layers = 2;
  c.message_channels = 4;
  c.hidden_channels = 16;
  c.l_max = c.m_max = 3;
  c.experts = 3;
  c.embedding_channels = 4;
  c.gaussians = 8;
  c.average_neighbors = 8.0;
  c.energy_scale = 0.7;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    c.reference_energies.push_back(-1.0 - 1.25 * double(i));
  }
  return c;
}

ModelConfig small_spinconv2_config(const std::vector<std::string>& elements) {
  ModelConfig c = small_config(elements);
  c.sphere = "spinconv2";
  c.m_max = 2;
  c.product_channels = 6;
  c.directed_channels = 4;
  c.energy_scale = 1.2;  // forces are then as large as those of small_config()
  return c;
}

ModelConfig random_spinconv2_config(std::uint64_t seed, int most_degree) {
  std::mt19937_64 random(seed);
  const auto pick = [&](int low, int high) {
    return low + static_cast<int>(random() % (high - low + 1));
  };
  ModelConfig c = small_spinconv2_config();
  c.layers = pick(1, 3);
  c.l_max = pick(1, seed % 4 == 3 ? most_degree : 4);
  c.m_max = pick(1, c.l_max);
  c.message_channels = pick(1, 20);
  c.hidden_channels = pick(4, 40);
  c.product_channels = pick(1, 20);
  c.directed_channels = pick(1, c.product_channels);
  c.gaussians = pick(2, 20);
  c.envelope_exponent = pick(3, 8);
  return c;
}

Model random_model(const ModelConfig& config, std::uint64_t seed) {
  Model model = Model::create(config, seed);
  torch::NoGradGuard no_grad;
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed + 1000);
  for (const char* name : {"distance_gain", "distance_offset", "norm_weight", "norm_bias",
                           "energy_out_bias", "element_energy"}) {
    if (!model.module().hasattr(name)) {
      continue;
    }
    const auto value = model.module().attr(name).toTensor();
    value.add_(torch::empty_like(value).uniform_(-0.2, 0.2, generator));
  }
  return model;
}

void write_random_potential(const std::string& path, const ModelConfig& config, std::uint64_t seed,
                            const std::string& precision) {
  Potential{random_model(config, seed), {}}.save(path, precision);
}

Evaluator random_evaluator(const ModelConfig& config, const EvaluatorOptions& options,
                           std::uint64_t seed) {
  const TemporaryFolder folder;
  write_random_potential(folder / "random.pt", config, seed);
  return Evaluator(folder / "random.pt", options);
}

std::vector<Variant> exact_variants() {
  std::vector<Variant> variants;
  const auto add = [&](const std::string& name, const std::function<void(ModelConfig&)>& change) {
    variants.push_back({name, small_config()});
    change(variants.back().config);
  };
  add("Gated", [](ModelConfig&) {});
  add("Quadratic", [](ModelConfig& c) { c.roll_activation = "quadratic"; });
  add("GroupNorm", [](ModelConfig& c) { c.normalization = "group"; });
  add("ChannelGroups", [](ModelConfig& c) { c.channel_groups = 2; });
  add("FewOrders", [](ModelConfig& c) {
    c.l_max = 4;
    c.m_max = 1;
  });
  add("OrderZeroOnly", [](ModelConfig& c) { c.m_max = 0; });
  add("OneElement", [](ModelConfig& c) {
    c.elements = {"Cu"};
    c.reference_energies = {-3.5};
  });
  add("PaperLike", [](ModelConfig& c) {
    c.layers = 3;
    c.l_max = c.m_max = 5;
    c.channel_groups = 4;
    c.normalization = "group";
    c.envelope_exponent = 5;
  });
  const auto both_ends = [&](const std::string& name,
                             const std::function<void(ModelConfig&)>& change) {
    add(name, [&](ModelConfig& c) {
      c = small_spinconv2_config();
      change(c);
    });
  };
  both_ends("BothEnds", [](ModelConfig&) {});
  both_ends("BothEndsThreeLayers", [](ModelConfig& c) {
    c.layers = 3;
    c.l_max = 4;
    c.m_max = 3;
  });
  both_ends("BothEndsOneLayer", [](ModelConfig& c) {
    c.layers = 1;
    c.m_max = 1;
  });
  // radii that pairs of the structures of the tests are inside of
  both_ends("BothEndsRepulsion", [](ModelConfig& c) {
    c.repulsion = "zbl";
    c.repulsion_radii = {1.8, 2.0, 2.0, 2.4, 2.4, 2.4};
  });
  both_ends("BothEndsOneElement", [](ModelConfig& c) {
    c.elements = {"Cu"};
    c.reference_energies = {-3.5};
  });
  return variants;
}

std::vector<Variant> decomposed_variants() {
  auto variants = exact_variants();
  auto no_roll = small_config();
  no_roll.roll = "none";
  variants.push_back({"NoRoll", no_roll});
  auto direct = small_config();
  direct.forces = "direct";
  direct.force_rotations = 5;
  variants.push_back({"DirectForces", direct});
  direct.roll = "none";
  variants.push_back({"DirectForcesNoRoll", direct});
  return variants;
}

ModelConfig small_grid_config() {
  ModelConfig c = small_config();
  c.sphere = "grid";
  c.message_channels = 16;
  c.hidden_channels = 8;
  c.latitudes = 6;
  c.longitudes = 8;
  return c;
}

}  // namespace spinconv::test
