// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/checkpoint.hpp"

#include <torch/serialize/archive.h>

#include <filesystem>
#include <sstream>

#include "spinconv/atomic_file.hpp"
#include "spinconv/error.hpp"
#include "spinconv/json_text.hpp"

namespace spinconv::train {
namespace {

// 1: version 0.1.0, without the model, the data and the texts of the potential
constexpr int checkpoint_version = 2;

template <class Self, class F>
void for_each_list(Self& self, F&& f) {
  f("weights", self.weights);
  f("averaged", self.averaged);
  f("best", self.best);
  f("first_moment", self.first_moment);
  f("second_moment", self.second_moment);
  f("largest_second_moment", self.largest_second_moment);
  f("tables", self.tables);
}

}  // namespace

void Checkpoint::save(const std::string& path) const {
  torch::serialize::OutputArchive archive;
  nlohmann::json header = state;
  header["checkpoint_version"] = checkpoint_version;
  header["optimizer_steps"] = optimizer_steps;
  for_each_list(*this, [&](const std::string& name, const std::vector<torch::Tensor>& list) {
    header["sizes"][name] = list.size();
    for (std::size_t i = 0; i < list.size(); ++i) {
      archive.write(name + "." + std::to_string(i), list[i]);
    }
  });
  archive.write("state", c10::IValue(header.dump()));
  std::ostringstream bytes;
  archive.save_to(bytes);
  write_file_atomically(path, bytes.str());
}

Checkpoint Checkpoint::load(const std::string& path, const std::string& cure) {
  std::error_code status;
  if (std::filesystem::is_directory(path, status)) {
    throw Error("checkpoint '" + path + "' is a folder; name the file in it (checkpoint.pt)");
  }
  if (!std::filesystem::exists(path, status)) {
    throw Error("checkpoint '" + path + "' does not exist; check the path, or " + cure);
  }
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(path, torch::kCPU);
    c10::IValue text;
    archive.read("state", text);
    Checkpoint c;
    c.state = parse_json(text.toStringRef(), "checkpoint '" + path + "'");
    if (c.state.at("checkpoint_version").get<int>() > checkpoint_version) {
      throw Error("checkpoint '" + path + "' has version " +
                  c.state.at("checkpoint_version").dump() + ", this build reads up to " +
                  std::to_string(checkpoint_version) + "; use the version that wrote it");
    }
    c.optimizer_steps = c.state.at("optimizer_steps").get<std::int64_t>();
    for_each_list(c, [&](const std::string& name, std::vector<torch::Tensor>& list) {
      const auto& sizes = c.state.at("sizes");
      list.resize(name == "tables" && !sizes.contains(name) ? 0
                                                            : sizes.at(name).get<std::size_t>());
      for (std::size_t i = 0; i < list.size(); ++i) {
        archive.read(name + "." + std::to_string(i), list[i]);
      }
    });
    return c;
  } catch (const c10::Error& e) {
    throw Error("checkpoint '" + path + "' is damaged or not a checkpoint (" +
                std::string(e.what_without_backtrace()).substr(0, 200) + "); " + cure);
  } catch (const nlohmann::json::exception& e) {
    throw Error("checkpoint '" + path + "' is damaged: " + e.what() + "; " + cure);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {  // what LibTorch throws for an archive of something else
    throw Error("'" + path + "' is not a checkpoint of spinconv-train (" + e.what() + "); " + cure);
  }
}

}  // namespace spinconv::train
