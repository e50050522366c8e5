// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "import/ocp_conversion.hpp"

#include <algorithm>
#include <cmath>

#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

using torch::Tensor;

// Attributes of the model, with the defaults of the published class where a checkpoint is silent.
class Attributes {
 public:
  explicit Attributes(const OcpCheckpoint& c)
      : path_(c.path), json_(c.config["model_attributes"]) {}

  template <class T>
  T get(const char* key, T otherwise) const {
    if (!json_.contains(key) || json_[key].is_null()) {
      return otherwise;
    }
    try {
      return json_[key].get<T>();
    } catch (const nlohmann::json::exception&) {
      throw Error("'" + path_ + "': model attribute '" + key + "' is " + json_[key].dump() +
                  ", which is not of the kind that it has to be");
    }
  }

  std::string filters(const char* key) const {
    const auto name = get<std::string>(key, "fullconv");
    if (name == "fullconv") {
      return "grid";
    }
    if (name == "rotspharmwd") {
      return "harmonics";
    }
    throw Error("'" + path_ + "': " + key + " is '" + name +
                "', which the published code never had; fullconv and rotspharmwd can be imported");
  }

 private:
  std::string path_;
  nlohmann::json json_;
};

class Conversion {
 public:
  Conversion(const OcpCheckpoint& checkpoint, const OcpConversion& options)
      : checkpoint_(checkpoint), options_(options), attributes_(checkpoint) {}

  Potential run() {
    read_config();
    check_sizes();
    Potential potential{Model::create(config_, 1), nlohmann::json::object()};
    module_ = &potential.model.module();
    copy_tables();
    copy_blocks();
    copy_layers();
    if (config_.has_direct_forces()) {
      copy_force_block();
    }
    potential.metadata["imported"] = {
        {"checkpoint", checkpoint_.path.substr(checkpoint_.path.rfind('/') + 1)},
        {"model_attributes", checkpoint_.config["model_attributes"]}};
    if (checkpoint_.epoch) {
      potential.metadata["imported"]["epoch"] = *checkpoint_.epoch;
    }
    return potential;
  }

 private:
  void read_config();
  void check_sizes() const;
  void copy_tables();
  void copy_blocks();
  void copy_layers();
  void copy_force_block();

  Tensor get(const std::string& name) const {
    const auto found = checkpoint_.state.find(name);
    if (found == checkpoint_.state.end()) {
      throw Error("checkpoint '" + checkpoint_.path + "' has no weight '" + name +
                  "'; its config says that it should: it is not complete");
    }
    return found->second.to(torch::kFloat64);
  }
  Tensor transposed(const std::string& name) const { return get(name).t(); }

  // `place`: a parameter of the model or a part of one.
  void copy(Tensor place, const Tensor& value, const std::string& name) const {
    torch::NoGradGuard no_graph;
    if (place.sizes() != value.sizes()) {
      throw Error("checkpoint '" + checkpoint_.path + "': weight '" + name + "' has shape " +
                  c10::str(value.sizes()) + ", its config gives " + c10::str(place.sizes()));
    }
    place.copy_(value);
  }
  Tensor parameter(const std::string& name) const { return module_->attr(name).toTensor(); }
  void copy_linear(const Tensor& weight, const Tensor& bias, const std::string& name) const {
    copy(weight, transposed(name + ".weight"), name + ".weight");
    copy(bias, get(name + ".bias"), name + ".bias");
  }
  void copy_filters(const Tensor& weight, const Tensor& bias, const std::string& filters,
                    const std::string& block) const {
    const std::string name = block + (filters == "grid" ? ".conv1" : ".mlp");
    copy(weight, get(name + ".weight").reshape(weight.sizes()), name + ".weight");
    copy(bias, get(name + ".bias"), name + ".bias");
  }

  const OcpCheckpoint& checkpoint_;
  const OcpConversion& options_;
  Attributes attributes_;
  ModelConfig config_;
  torch::jit::Module* module_ = nullptr;
  Tensor rows_;  // atomic numbers of config_.elements
  std::int64_t table_size_ = 0;
};

void Conversion::read_config() {
  const auto& a = attributes_;
  auto& c = config_;
  c.sphere = "grid";
  c.message_channels = a.get("hidden_channels", 32);
  c.hidden_channels = a.get("mid_hidden_channels", 200);
  c.layers = a.get("num_interactions", 1);
  c.gaussians = a.get("num_basis_functions", 200);
  c.gaussian_width = a.get("basis_width_scalar", 1.0);
  c.cutoff = a.get("cutoff", 10.0);
  c.latitudes = a.get("sphere_size_lat", 15);
  c.longitudes = a.get("sphere_size_long", 9);
  c.max_neighbors = a.get("max_num_neighbors", 20);
  c.distance_scale_max = a.get("distance_block_scalar_max", 2.0);
  c.embedding_channels = a.get("embedding_size", 32);
  c.experts = 8;
  c.channel_groups = 1;  // of the harmonic model; the grid has message_channels / 8
  c.message_filters = a.filters("sphere_message");
  c.force_filters = a.filters("output_message");
  const bool harmonics = c.message_filters == "harmonics" || c.force_filters == "harmonics";
  c.l_max = c.m_max = harmonics ? a.get("lmax", 0) : 1;
  c.envelope_exponent = 0;
  // n_t = sum of messages / (max_num_neighbors / 2 + 1)
  c.average_neighbors = std::pow(c.max_neighbors / 2.0 + 1.0, 2);
  const auto normalizer = [&](const char* name) {
    const auto found = checkpoint_.normalizers.find(name);
    return found == checkpoint_.normalizers.end() ? OcpCheckpoint::Normalizer() : found->second;
  };
  c.energy_scale = normalizer("target").std;
  c.energy_offset = normalizer("target").mean;
  c.force_scale = normalizer("grad_target").std;
  if (normalizer("grad_target").mean != 0.0) {
    throw Error("checkpoint '" + checkpoint_.path +
                "': the mean of normalizer grad_target is not 0");
  }

  const bool has_forces = a.get("regress_forces", true);
  const auto estimator = a.get<std::string>("force_estimator", "random");
  c.forces = !options_.forces.empty() ? options_.forces
             : !has_forces            ? "gradient"
             : estimator == "random"  ? "direct"
                                      : "distance";
  if (c.has_direct_forces() && (!has_forces || estimator != "random")) {
    throw Error("checkpoint '" + checkpoint_.path +
                "' has no force block; leave --forces out or use gradient");
  }
  if (c.forces == "distance" && c.force_scale != c.energy_scale) {
    throw Error("checkpoint '" + checkpoint_.path +
                "': energies and forces have different normalizers (" +
                std::to_string(c.energy_scale) + ", " + std::to_string(c.force_scale) +
                "), so that its forces belong to another energy; use --forces gradient");
  }
  c.force_rotations = a.get("num_rand_rotations", 5);

  const Tensor table = get("energyembeddingblock.source_embedding.weight");
  if (table.dim() != 2 || table.size(0) > max_atomic_number + 1) {
    throw Error("checkpoint '" + checkpoint_.path + "': its embedding of elements has shape " +
                c10::str(table.sizes()) + ", which is no table of elements");
  }
  table_size_ = table.size(0);
  std::vector<std::int64_t> numbers;
  if (options_.elements.empty()) {
    for (std::int64_t z = 1; z < table_size_; ++z) {
      numbers.push_back(z);
    }
  }
  for (const auto& symbol : options_.elements) {
    numbers.push_back(atomic_number(symbol));
    if (numbers.back() >= table_size_) {
      throw Error("element " + symbol + " is not in the checkpoint, which ends with " +
                  element_symbol(static_cast<int>(table_size_) - 1));
    }
  }
  for (const auto z : numbers) {
    c.elements.push_back(element_symbol(static_cast<int>(z)));
  }
  c.reference_energies.assign(c.elements.size(), 0.0);
  rows_ = torch::tensor(numbers, torch::kInt64);
}

// Before a model of these sizes takes memory.
void Conversion::check_sizes() const {
  const auto check = [&](const std::string& name, std::vector<std::int64_t> shape) {
    if (get(name).sizes() != shape) {
      throw Error("checkpoint '" + checkpoint_.path + "': weight '" + name + "' has shape " +
                  c10::str(get(name).sizes()) + ", its config gives " +
                  c10::str(torch::IntArrayRef(shape)));
    }
  };
  const auto& c = config_;
  check("energyembeddingblock.fc1.weight", {c.hidden_channels, c.message_channels});
  check("energyembeddingblock.source_embedding.weight", {table_size_, c.embedding_channels});
  check("dist_block.fc1.weight", {c.hidden_channels, c.gaussians});
  get("message_blocks." + std::to_string(c.layers - 1) + ".distfc1.weight");
}

void Conversion::copy_tables() {
  // pair index in the checkpoint: source * table size + target, by atomic number
  if (attributes_.get("scale_distances", true)) {
    const auto n = rows_.size(0);
    const Tensor pair = (rows_.unsqueeze(1).expand({n, n}) * table_size_ + rows_).reshape({-1});
    copy(parameter("distance_gain"),
         get("dist_block.dist_scalar.weight").view({-1}).index_select(0, pair), "dist_scalar");
    copy(parameter("distance_offset"),
         get("dist_block.dist_offset.weight").view({-1}).index_select(0, pair), "dist_offset");
  }
  const Tensor centers = parameter("gaussian_centers");
  const Tensor stored = get("dist_block.distance_expansion.offset");
  if (stored.sizes() != centers.sizes() || (stored - centers).abs().max().item<double>() > 1e-6) {
    throw Error("checkpoint '" + checkpoint_.path +
                "': the centers of its Gaussians are not those of its config");
  }
  copy_linear(parameter("basis_weight"), parameter("basis_bias"), "dist_block.fc1");
  for (const auto& [block, filters] :
       {std::pair<std::string, std::string>{"message_blocks.0", config_.message_filters},
        {"force_output_block", config_.force_filters}}) {
    if (filters != "harmonics" || (block[0] == 'f' && !config_.has_direct_forces())) {
      continue;
    }
    const std::string name = block + ".spinconvblock.sph_froms2grid.";
    copy(parameter("latitude_map"), get(name + "shb"), name + "shb");
    Tensor map = get(name + "sha");
    const int orders = 2 * config_.l_max + 1;
    if (config_.longitudes % 2 == 1 && orders <= config_.longitudes) {
      // e3nn takes an exact transform there, not its rounded table
      for (std::int64_t column = 0; column < orders; ++column) {
        const auto m = static_cast<double>(column - config_.l_max);
        const Tensor angle =
            torch::arange(config_.longitudes, torch::kFloat64) * (2.0 * M_PI / config_.longitudes);
        map.select(1, column).copy_(m < 0   ? std::sqrt(2.0) * torch::sin(-m * angle)
                                    : m > 0 ? std::sqrt(2.0) * torch::cos(m * angle)
                                            : torch::ones_like(angle));
      }
    }
    copy(parameter("longitude_map"), map, name + "sha");
  }
}

void Conversion::copy_blocks() {
  std::vector<std::string> names{"embeddingblock2"};
  for (int k = 0; k < config_.layers; ++k) {
    const std::string layer = "message_blocks." + std::to_string(k);
    names.push_back(layer + ".embeddingblock1");
    names.push_back(layer + ".embeddingblock2");
  }
  const std::size_t energy = names.size();
  names.push_back("energyembeddingblock");
  if (config_.has_direct_forces()) {
    names.push_back("force_output_block.block1");
    names.push_back("force_output_block.block2");
  }
  for (std::size_t b = 0; b < names.size(); ++b) {
    const auto k = static_cast<std::int64_t>(b);
    const auto& name = names[b];
    for (const char* end : {"source_embedding", "target_embedding"}) {
      copy(parameter(end)[k], get(name + "." + end + ".weight").index_select(0, rows_), name);
    }
    copy_linear(parameter("gate_weight")[k], parameter("gate_bias")[k], name + ".embed_fc1");
    copy_linear(parameter("expert_weight")[k], parameter("expert_bias")[k], name + ".fc2");
    if (b != energy) {
      copy_linear(parameter("block_in")[k], parameter("block_in_bias")[k], name + ".fc1");
    }
  }
  copy_linear(parameter("energy_in"), parameter("energy_in_bias"), "energyembeddingblock.fc1");
  copy_linear(parameter("energy_out"), parameter("energy_out_bias"), "energyembeddingblock.fc3");
  copy_linear(parameter("start_out"), parameter("start_out_bias"), "embeddingblock2.fc3");
}

void Conversion::copy_layers() {
  for (std::int64_t k = 0; k <= config_.layers; ++k) {
    const std::string layer = k == 0 ? "" : "message_blocks." + std::to_string(k - 1) + ".";
    copy_linear(parameter("distance_in")[k], parameter("distance_in_bias")[k], layer + "distfc1");
    copy_linear(parameter("distance_out")[k], parameter("distance_out_bias")[k], layer + "distfc2");
  }
  for (std::int64_t k = 0; k < config_.layers; ++k) {
    const std::string layer = "message_blocks." + std::to_string(k) + ".";
    copy_filters(parameter("roll_weight")[k], parameter("roll_bias")[k], config_.message_filters,
                 layer + "spinconvblock");
    copy(parameter("norm_weight")[k], get(layer + "spinconvblock.GroupNorm.weight"), layer);
    copy(parameter("norm_bias")[k], get(layer + "spinconvblock.GroupNorm.bias"), layer);
    copy_linear(parameter("first_out")[k], parameter("first_out_bias")[k],
                layer + "embeddingblock1.fc3");
    copy_linear(parameter("second_out")[k], parameter("second_out_bias")[k],
                layer + "embeddingblock2.fc3");
  }
}

void Conversion::copy_force_block() {
  const std::string block = "force_output_block.";
  copy_filters(parameter("force_roll_weight"), parameter("force_roll_bias"), config_.force_filters,
               block + "spinconvblock");
  copy(parameter("force_norm_weight"), get(block + "spinconvblock.GroupNorm.weight"), block);
  copy(parameter("force_norm_bias"), get(block + "spinconvblock.GroupNorm.bias"), block);
  copy_linear(parameter("force_out"), parameter("force_out_bias"), block + "block1.fc3");
  // the second output was never used
  copy(parameter("force_end"), transposed(block + "block2.fc3.weight").narrow(1, 0, 1), block);
  copy(parameter("force_end_bias"), get(block + "block2.fc3.bias").narrow(0, 0, 1), block);
}

}  // namespace

Potential convert_ocp(const OcpCheckpoint& checkpoint, const OcpConversion& options) {
  try {
    return Conversion(checkpoint, options).run();
  } catch (const c10::Error& e) {  // of LibTorch, on a weight that is no matrix, or too small
    const std::string text = e.what_without_backtrace();
    throw Error("checkpoint '" + checkpoint.path +
                "': a weight has not the shape that its config gives (" +
                text.substr(0, text.find('\n')) + "); it is not complete");
  }
}

}  // namespace spinconv::train
