// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/checkpoint.hpp"

#include <filesystem>
#include <sstream>

#include "spinconv/atomic_file.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

constexpr int checkpoint_version = 1;

template <class Self, class F>
void for_each_list(Self& self, F&& f) {
  f("weights", self.weights);
  f("averaged", self.averaged);
  f("best", self.best);
  f("first_moment", self.first_moment);
  f("second_moment", self.second_moment);
  f("largest_second_moment", self.largest_second_moment);
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

Checkpoint Checkpoint::load(const std::string& path) {
  if (!std::filesystem::is_regular_file(path)) {
    throw Error("checkpoint '" + path +
                "' does not exist; leave --resume out to begin a new training");
  }
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(path, torch::kCPU);
    c10::IValue text;
    archive.read("state", text);
    Checkpoint c;
    c.state = nlohmann::json::parse(text.toStringRef());
    if (c.state.at("checkpoint_version").get<int>() != checkpoint_version) {
      throw Error("checkpoint '" + path + "' has version " +
                  c.state.at("checkpoint_version").dump() + ", this build reads " +
                  std::to_string(checkpoint_version) + "; resume with the version that wrote it");
    }
    c.optimizer_steps = c.state.at("optimizer_steps").get<std::int64_t>();
    for_each_list(c, [&](const std::string& name, std::vector<torch::Tensor>& list) {
      list.resize(c.state.at("sizes").at(name).get<std::size_t>());
      for (std::size_t i = 0; i < list.size(); ++i) {
        archive.read(name + "." + std::to_string(i), list[i]);
      }
    });
    return c;
  } catch (const c10::Error& e) {
    throw Error("checkpoint '" + path + "' is damaged or not a checkpoint (" +
                std::string(e.what_without_backtrace()).substr(0, 200) +
                "); begin again without --resume");
  } catch (const nlohmann::json::exception& e) {
    throw Error("checkpoint '" + path + "' is damaged: " + e.what() +
                "; begin again without --resume");
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {  // what LibTorch throws for an archive of something else
    throw Error("'" + path + "' is not a checkpoint of spinconv-train (" + e.what() +
                "); begin again without --resume");
  }
}

}  // namespace spinconv::train
