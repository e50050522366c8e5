// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <caffe2/serialize/inline_container.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <torch/script.h>
#include <torch/serialize.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <limits>

#include "spinconv/potential.hpp"
#include "support/error_text.hpp"
#include "support/random_model.hpp"
#include "support/structures.hpp"
#include "support/test_models.hpp"

namespace spinconv::test {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

class PotentialFile : public ::testing::Test {
 protected:
  std::string path(const std::string& name = "some.pt") const { return folder_ / name; }

  std::string load_error(const std::string& name = "some.pt") const {
    return error_of([&] { Potential::load(path(name)); });
  }

  void write_good() const { write_random_potential(path(), small_config()); }

  // The metadata of a good file after `change`, with the module as it is.
  void write_with(const std::function<void(nlohmann::json&, torch::jit::Module&)>& change) const {
    write_good();
    torch::jit::ExtraFilesMap extra{{"spinconv.json", ""}};
    auto module = torch::jit::load(path(), torch::kCPU, extra);
    auto json = nlohmann::json::parse(extra["spinconv.json"]);
    change(json, module);
    module.save(path(), {{"spinconv.json", json.is_null() ? "{ not json" : json.dump()}});
  }

  TemporaryFolder folder_;
};

TEST_F(PotentialFile, KeepsEveryWeightBitByBitInDoublePrecision) {
  const Model model = random_model(small_config(), 3);
  Potential{model, {}}.save(path(), "double");
  const auto back = Potential::load(path());
  const auto before = model.parameters(), after = back.model.parameters();
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_TRUE(torch::equal(before[i], after[i])) << i;
  }
}

TEST_F(PotentialFile, KeepsWeightsToFloatRoundingInSinglePrecision) {
  const Model model = random_model(small_config(), 3);
  Potential{model, {}}.save(path(), "single");
  const auto back = Potential::load(path());
  const auto before = model.parameters(), after = back.model.parameters();
  bool rounded = false;
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(after[i].scalar_type(), torch::kFloat64);
    EXPECT_TRUE(torch::equal(before[i].to(torch::kFloat32).to(torch::kFloat64), after[i])) << i;
    rounded = rounded || !torch::equal(before[i], after[i]);
  }
  EXPECT_TRUE(rounded);
  // what the file holds is smaller, and what it says of itself decides the evaluator's precision
  EXPECT_EQ(Evaluator(path()).precision(), "single");
  const auto single_size = read_bytes(path()).size();
  Potential{model, {}}.save(path(), "double");
  EXPECT_EQ(Evaluator(path()).precision(), "double");
  EXPECT_GT(read_bytes(path()).size(), single_size);
}

TEST_F(PotentialFile, SavedAgainIsTheSamePotential) {
  write_good();
  Evaluator first(path());
  auto loaded = Potential::load(path());
  loaded.save(path("again.pt"), "double");
  Evaluator second(path("again.pt"));
  const auto s = random_molecule(6, 3, 51);
  const auto a = calculate(first, s), b = calculate(second, s);
  EXPECT_EQ(a.atomic_energies, b.atomic_energies);
  EXPECT_EQ(a.forces, b.forces);
}

TEST_F(PotentialFile, KeepsItsMetadataAndSaysWhatItIs) {
  Potential potential{random_model(small_config(), 3), {}};
  potential.metadata["name"] = "test potential";
  potential.metadata["license"] = "CC0-1.0";
  potential.metadata["citation"] = "Someone 2024, \"A title\" \xc3\xa9";
  potential.metadata["training"] = {{"train_frames", 950}, {"data", {{{"file", "a.npz"}}}}};
  potential.metadata["errors"]["test"] = {{"force_mae_ev_a", 0.00512},
                                          {"energy_mae_per_atom_ev", 0.0001}};
  potential.save(path(), "double");
  const auto back = Potential::load(path());
  for (const auto& [key, value] : potential.metadata.items()) {
    EXPECT_EQ(back.metadata.at(key), value) << key;
  }
  EXPECT_EQ(back.metadata.at("format_version"), 1);  // older builds read it
  EXPECT_EQ(back.metadata.at("units"), (nlohmann::json{{"length", "Angstrom"}, {"energy", "eV"}}));
  EXPECT_EQ(back.metadata.at("parameters"), back.model.parameter_count());
  EXPECT_EQ(back.metadata.at("model"), small_config().to_json());
  const auto text = Evaluator(path()).summary();
  for (const char* part : {"test potential", "H C O", "950 frames", "a.npz", "5.12 meV/A",
                           "CC0-1.0", "Someone 2024"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST_F(PotentialFile, OfAnotherTargetSaysSoAndIsNoPotentialToRun) {
  write_good();
  EXPECT_TRUE(Potential::load(path()).target().is_energy());  // of a file that does not say
  Potential model{random_model(small_config(), 3), {}};
  model.metadata["targets"] = Target{"alpha", "bohr^3", "polarizability"}.to_json();
  model.metadata["errors"]["test"] = {{"target_mae", 0.25}, {"unit", "bohr^3"}};
  model.save(path(), "double");
  const auto back = Potential::load(path());
  EXPECT_EQ(back.target(), (Target{"alpha", "bohr^3", "polarizability"}));
  EXPECT_EQ(back.metadata.at("format_version"), 2);  // builds that know energies alone refuse it
  EXPECT_THAT(describe(back),
              AllOf(HasSubstr("target alpha (bohr^3)"), HasSubstr("alpha MAE 0.25 bohr^3")));
  EXPECT_THAT(error_of([&] { Evaluator evaluator(path()); }),
              AllOf(HasSubstr(path()), HasSubstr("gives alpha (bohr^3), not a potential energy"),
                    HasSubstr("no forces")));
  model.metadata["targets"] = Target().to_json();
  model.save(path(), "double");
  EXPECT_EQ(Potential::load(path()).metadata.at("format_version"), 1);
  EXPECT_NO_THROW(Evaluator evaluator(path()));
  model.metadata["targets"].push_back({{"name", "mu"}, {"unit", "D"}});
  EXPECT_THAT(error_of([&] { model.target(); }), HasSubstr("one target"));
  write_with([](auto& json, auto&) { json["targets"] = {{{"name", "mu"}}}; });
  EXPECT_THAT(load_error(), AllOf(HasSubstr(path()), HasSubstr("unit")));
}

TEST_F(PotentialFile, MissingFolderEmptyAndForeignFilesAreToldApart) {
  EXPECT_THAT(load_error("absent.pt"), AllOf(HasSubstr(path("absent.pt")), HasSubstr("not exist"),
                                             HasSubstr("check the path")));
  std::filesystem::create_directory(path("folder.pt"));
  EXPECT_THAT(load_error("folder.pt"), AllOf(HasSubstr(path("folder.pt")), HasSubstr("folder")));
  write_bytes(path("empty.pt"), "");
  EXPECT_THAT(load_error("empty.pt"),
              AllOf(HasSubstr(path("empty.pt")), HasSubstr("is empty"), HasSubstr("again")));
  write_bytes(path("text.pt"), "pair_style lj/cut 2.5\n");
  EXPECT_THAT(load_error("text.pt"),
              AllOf(HasSubstr(path("text.pt")), HasSubstr("not a potential file"),
                    HasSubstr("spinconv-train fit")));
  write_bytes(path("short.pt"), "PK");
  EXPECT_THAT(load_error("short.pt"), HasSubstr("not a potential file"));
}

TEST_F(PotentialFile, ATorchScriptFileOfAnotherProgramIsRefused) {
  torch::jit::Module foreign("foreign");
  foreign.register_parameter("weight", torch::ones({2}), false);
  foreign.define("def forward(self, x):\n    return x * self.weight\n");
  foreign.save(path());
  EXPECT_THAT(load_error(), AllOf(HasSubstr(path()), HasSubstr("no SpinConv potential"),
                                  HasSubstr("spinconv-train fit")));
}

TEST_F(PotentialFile, ATensorArchiveIsRefused) {
  torch::save(std::vector<torch::Tensor>{torch::ones({3})}, path());
  EXPECT_THAT(load_error(), HasSubstr(path()));
}

TEST_F(PotentialFile, TruncatedAnywhereItIsRefused) {
  write_good();
  const auto bytes = read_bytes(path());
  for (const double part : {0.001, 0.1, 0.3, 0.5, 0.75, 0.9, 0.99}) {
    write_bytes(path("cut.pt"), bytes.substr(0, static_cast<std::size_t>(part * bytes.size())));
    EXPECT_THAT(load_error("cut.pt"), AllOf(HasSubstr(path("cut.pt")),
                                            HasSubstr("truncated or damaged"), HasSubstr("again")))
        << part;
  }
  write_bytes(path("cut.pt"), bytes.substr(0, bytes.size() - 1));
  EXPECT_THAT(load_error("cut.pt"), HasSubstr(path("cut.pt")));
}

TEST_F(PotentialFile, OneFlippedBitInAWeightIsFound) {
  write_good();
  auto bytes = read_bytes(path());
  // the bytes of a weight as they stand in the archive
  const auto weight = Potential::load(path()).model.module().attr("first_experts").toTensor();
  const std::string needle(static_cast<const char*>(weight.data_ptr()), 64);
  const auto at = bytes.find(needle);
  ASSERT_NE(at, std::string::npos);
  for (const std::size_t offset : {std::size_t{0}, std::size_t{8}, std::size_t{33}}) {
    auto damaged = bytes;
    damaged[at + offset] ^= 1;
    write_bytes(path("damaged.pt"), damaged);
    EXPECT_THAT(load_error("damaged.pt"),
                AllOf(HasSubstr(path("damaged.pt")), HasSubstr("damaged"), HasSubstr("again")));
  }
}

TEST_F(PotentialFile, ByteDamageElsewhereNeverGivesAnotherEnergy) {
  write_good();
  const auto bytes = read_bytes(path());
  const auto s = random_molecule(5, 3, 52);
  Evaluator good(path());
  const double energy = calculate(good, s).energy;
  int refused = 0;
  for (std::size_t k = 1; k < 24; ++k) {
    auto damaged = bytes;
    damaged[k * bytes.size() / 24] ^= 0x10;
    write_bytes(path("damaged.pt"), damaged);
    try {
      Evaluator evaluator(path("damaged.pt"));
      EXPECT_EQ(calculate(evaluator, s).energy, energy) << k;  // padding, names, dates
    } catch (const Error& error) {
      ++refused;
      EXPECT_THAT(error.what(), HasSubstr(path("damaged.pt")));
    }
  }
  EXPECT_GT(refused, 10);
}

TEST_F(PotentialFile, ANewerFormatIsRefusedWithTheCure) {
  write_with([](auto& json, auto&) { json["format_version"] = 99; });
  EXPECT_THAT(load_error(), AllOf(HasSubstr(path()), HasSubstr("format version 99"),
                                  HasSubstr("update SpinConv")));
}

TEST_F(PotentialFile, BadMetadataIsRefused) {
  write_with([](auto& json, auto&) { json.erase("crc32"); });
  EXPECT_THAT(load_error(), AllOf(HasSubstr(path()), HasSubstr("crc32")));
  write_with([](auto& json, auto&) { json["model"]["layrs"] = 2; });
  EXPECT_THAT(load_error(), AllOf(HasSubstr(path()), HasSubstr("'layrs'"), HasSubstr("'layers'")));
  write_with([](auto& json, auto&) { json["format_version"] = "one"; });
  EXPECT_THAT(load_error(), AllOf(HasSubstr(path()), HasSubstr("format version \"one\"")));
  write_with([](auto& json, auto&) { json["format_version"] = 0; });
  EXPECT_THAT(load_error(), AllOf(HasSubstr(path()), HasSubstr("format version 0")));
  write_with([](auto& json, auto&) { json["format_version"] = 1.9; });
  EXPECT_THAT(load_error(), AllOf(HasSubstr(path()), HasSubstr("format version 1.9")));
  write_with([](auto& json, auto&) { json["precision"] = "half"; });
  EXPECT_THAT(load_error(), AllOf(HasSubstr(path()), HasSubstr("'half'")));
  write_with([](auto& json, auto&) { json["units"]["length"] = "Bohr"; });
  EXPECT_THAT(load_error(), AllOf(HasSubstr(path()), HasSubstr("Bohr"), HasSubstr("Angstrom")));
  write_with([](auto& json, auto&) { json = nullptr; });
  EXPECT_THAT(load_error(), AllOf(HasSubstr(path()), HasSubstr("spinconv.json")));
}

TEST_F(PotentialFile, HyperparametersThatAreNotValidNameTheFileAndTheCure) {
  const auto refused = [&](const char* key, const nlohmann::json& value) {
    write_with([&](auto& json, auto&) { json["model"][key] = value; });
    EXPECT_THAT(load_error(), AllOf(HasSubstr(path()), HasSubstr(key), HasSubstr("get it again")));
  };
  refused("cutoff", -1.0);
  refused("sphere", "cube");
  refused("l_max", 99);
  refused("m_max", 7);
  refused("elements", {"H", "H", "O"});
}

// A file from a stranger: methods with code of its own, which LibTorch would run on loading, or
// when they are called by their names.
TEST_F(PotentialFile, CodeInItIsNotRun) {
  const Model model = random_model(small_config(), 3);
  Potential{model, {}}.save(path("good.pt"), "double");
  torch::jit::ExtraFilesMap extra{{"spinconv.json", ""}};
  torch::jit::load(path("good.pt"), torch::kCPU, extra);
  torch::jit::Module foreign("__torch__.SpinConv");
  const auto take = [&](const auto& list) {
    for (const auto& entry : list) {
      foreign.register_attribute(entry.name, c10::TensorType::get(), entry.value);
    }
  };
  take(model.module().named_parameters());
  take(model.module().named_buffers());
  const std::string mark = path("mark");
  const auto quoted = "\"" + mark + "\"";
  foreign.define("def prepare(self, used: Tensor) -> Dict[str, Tensor]:\n    torch.save(used, " +
                 quoted + ")\n    return {}\n");
  foreign.define("def forward(self, x: Tensor) -> Tensor:\n    torch.save(x, " + quoted +
                 ")\n    return x\n");
  foreign.save(path(), extra);

  // the code is what it is said to be: whoever runs it has the file
  torch::jit::load(path()).get_method("prepare")({torch::ones({1})});
  ASSERT_TRUE(std::filesystem::exists(mark));
  std::filesystem::remove(mark);

  Evaluator evaluator(path()), good(path("good.pt"));
  const auto s = random_molecule(6, 3, 51);
  EXPECT_EQ(calculate(evaluator, s).forces, calculate(good, s).forces);
  EXPECT_FALSE(std::filesystem::exists(mark));
}

// Of files of any age the weights are read, and the code is this library's.
TEST_F(PotentialFile, CodeThatCannotBeCompiledDoesNotMatter) {
  write_good();
  const auto good = Potential::load(path());
  caffe2::serialize::PyTorchStreamReader reader(path());
  caffe2::serialize::PyTorchStreamWriter writer(path("other.pt"));
  for (const auto& name : reader.getAllRecords()) {
    if (name == "version" || name.rfind(".data", 0) == 0) {
      continue;  // the writer has its own
    }
    const auto [data, size] = reader.getRecord(name);
    const std::string code = "class SpinConv(Module): this is no Python";
    if (name.rfind("code/__torch__.py", 0) == 0) {
      writer.writeRecord(name, code.data(), code.size());
    } else {
      writer.writeRecord(name, data.get(), size);
    }
  }
  writer.writeEndOfFile();
  EXPECT_ANY_THROW(torch::jit::load(path("other.pt")));
  const auto other = Potential::load(path("other.pt"));
  EXPECT_EQ(other.metadata, good.metadata);
  const auto before = good.model.parameters(), after = other.model.parameters();
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_TRUE(torch::equal(before[i], after[i])) << i;
  }
}

TEST_F(PotentialFile, WeightsThatAreNotFiniteAreRefused) {
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    write_with([&](auto&, auto& module) {
      torch::NoGradGuard no_grad;
      module.attr("second_out").toTensor().view({-1})[5] = value;
    });
    EXPECT_THAT(load_error(), AllOf(HasSubstr(path()), HasSubstr("not finite"),
                                    HasSubstr("second_out"), HasSubstr("train again")));
  }
}

TEST_F(PotentialFile, WeightsThatWereEditedAreRefused) {
  write_with([](auto&, auto& module) {
    torch::NoGradGuard no_grad;
    module.attr("energy_out").toTensor().mul_(1.001);
  });
  EXPECT_THAT(load_error(), AllOf(HasSubstr(path()), HasSubstr("checksum")));
}

TEST_F(PotentialFile, HyperparametersThatWereEditedAreRefused) {
  write_with([](auto& json, auto&) { json["model"]["energy_scale"] = 0.9; });
  EXPECT_THAT(load_error(), AllOf(HasSubstr(path()), HasSubstr("checksum")));
}

TEST_F(PotentialFile, HyperparametersThatDoNotFitTheWeightsAreRefused) {
  write_with([](auto& json, auto&) { json["model"]["hidden_channels"] = 20; });
  EXPECT_THAT(load_error(),
              AllOf(HasSubstr(path()), HasSubstr("another shape"), HasSubstr("get it again")));
}

TEST_F(PotentialFile, AFailedSaveNamesTheFileAndLeavesNothingBehind) {
  write_good();
  const auto before = read_bytes(path());
  std::filesystem::create_directory(path("taken.pt"));
  const Potential potential{random_model(small_config(), 4), {}};
  EXPECT_THAT(error_of([&] { potential.save(path("taken.pt")); }),
              AllOf(HasSubstr(path("taken.pt")), HasSubstr("folder")));
  EXPECT_THAT(error_of([&] { potential.save(path("absent/x.pt")); }),
              AllOf(HasSubstr(path("absent/x.pt")), HasSubstr("folder")));
  // for root every folder is writable but those of the kernel
  const bool root = geteuid() == 0;
  const std::string place = root ? "/proc/x.pt" : path("locked/x.pt");
  if (!root) {
    std::filesystem::create_directory(path("locked"));
    chmod(path("locked").c_str(), 0500);
  }
  EXPECT_THAT(error_of([&] { potential.save(place); }), HasSubstr(place));
  EXPECT_EQ(read_bytes(path()), before);
  EXPECT_EQ(folder_.entries(), root ? 2u : 3u);
}

// The disk is full after the first few bytes of the new file.
TEST_F(PotentialFile, AFullDiskLeavesTheOldFileAndNoTemporaryOne) {
  write_good();
  const auto before = read_bytes(path());
  const Potential potential{random_model(small_config(), 4), {}};
  rlimit old_limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, old_limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto text = error_of([&] { potential.save(path()); });
  setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_THAT(text, HasSubstr(path()));
  EXPECT_EQ(read_bytes(path()), before);
  EXPECT_EQ(folder_.entries(), 1u);
}

TEST_F(PotentialFile, ReplacesAnOldOneAsAWhole) {
  write_good();
  const Potential potential{random_model(small_config(), 4), {}};
  potential.save(path(), "double");
  EXPECT_EQ(folder_.entries(), 1u);
  EXPECT_TRUE(
      torch::equal(Potential::load(path()).model.parameters()[6], potential.model.parameters()[6]));
}

TEST(ModelWeights, DependOnTheSeedAlone) {
  const auto a = Model::create(small_config(), 7), b = Model::create(small_config(), 7),
             c = Model::create(small_config(), 8);
  bool differ = false;
  for (std::size_t i = 0; i < a.parameters().size(); ++i) {
    EXPECT_TRUE(torch::equal(a.parameters()[i], b.parameters()[i]));
    differ = differ || !torch::equal(a.parameters()[i], c.parameters()[i]);
  }
  EXPECT_TRUE(differ);
}

TEST(ModelWeights, OfACloneAreItsOwn) {
  const auto model = random_model(small_config(), 7);
  const auto copy = model.clone();
  const auto before = model.parameters()[5].detach().clone();
  {
    torch::NoGradGuard no_grad;
    copy.parameters()[5].add_(1.0);
  }
  EXPECT_TRUE(torch::equal(model.parameters()[5], before));
}

}  // namespace
}  // namespace spinconv::test
