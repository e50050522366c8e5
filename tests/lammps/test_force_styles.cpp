// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <yaml-cpp/yaml.h>

#include <cmath>
#include <iomanip>
#include <sstream>

#include "lammps/structures.hpp"
#include "support/test_models.hpp"

// The YAML file that LAMMPS's tester of pair styles reads, run as that tester does.
namespace spinconv::test {
namespace {

std::string folder_of_styles() {
  return required_environment("SPINCONV_SOURCE_DIR") + "/tests/force-styles/";
}

struct Numbers {
  double energy = 0.0;
  std::vector<double> stress;  // eV, xx yy zz xy xz yz
  std::vector<double> forces;  // eV/Angstrom, atoms in the order of their IDs
};

// Numbers of a block of text; of the forces without the atom's ID.
std::vector<double> numbers_in(const std::string& text, bool skip_ids) {
  std::vector<double> values;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    double value = 0.0;
    if (skip_ids) {
      words >> value;
    }
    while (words >> value) {
      values.push_back(value);
    }
  }
  return values;
}

Numbers numbers_of(const YAML::Node& file, const std::string& prefix) {
  return {file[prefix + "_vdwl"].as<double>(),
          numbers_in(file[prefix + "_stress"].as<std::string>(), false),
          numbers_in(file[prefix + "_forces"].as<std::string>(), true)};
}

// The largest deviation, relative to what is compared: what the tester holds against epsilon.
double deviation(const Numbers& a, const Numbers& b) {
  double worst = std::abs(a.energy - b.energy) / std::max(std::abs(b.energy), 1.0);
  const auto compare = [&](const std::vector<double>& u, const std::vector<double>& v) {
    if (u.size() != v.size()) {
      worst = INFINITY;
      return;
    }
    for (std::size_t i = 0; i < u.size(); ++i) {
      worst = std::max(worst, std::abs(u[i] - v[i]) / std::max(std::abs(v[i]), 1.0));
    }
  };
  compare(a.stress, b.stress);
  compare(a.forces, b.forces);
  return worst;
}

// As test_pair_style, on one rank (create_atoms numbers atoms by rank): the input file, then the
// style, then 0 steps and, from there, 4 with fix nve.
std::array<Numbers, 2> run_tester(const YAML::Node& file, const std::string& newton) {
  const TemporaryFolder folder;
  write_bytes(folder / "tiny.pt", read_bytes(folder_of_styles() + "tiny.pt"));
  const std::string report = print_value("energy", "pe") + print_value("volume", "vol") + [] {
    std::string text;
    for (int c = 1; c <= 6; ++c) {
      text +=
          print_value("stress" + std::to_string(c - 1), "c_pressure[" + std::to_string(c) + "]");
    }
    return text;
  }();
  const auto run = [&](const std::string& steps) {
    std::filesystem::remove(folder / "forces.dump");
    const auto result = run_lammps_well(
        folder,
        "variable newton_pair index " + newton + "\n" + file["pre_commands"].as<std::string>("") +
            "\ninclude " + folder_of_styles() + file["input_file"].as<std::string>() +
            "\npair_style " + file["pair_style"].as<std::string>() + "\npair_coeff " +
            file["pair_coeff"].as<std::string>() + "\n" +
            file["post_commands"].as<std::string>("") +
            "\ncompute pressure all pressure NULL virial\n" + thermo("pe vol c_pressure[*]") +
            steps + report + write_dump("forces.dump", "id fx fy fz"));
    Numbers n;
    n.energy = result.value("energy");
    for (const double p : result.value_list("stress", 6)) {
      n.stress.push_back(p * result.value("volume") / nktv2p);
    }
    const auto atoms = read_dump(folder / "forces.dump").at(0);
    for (const auto& row : atoms.rows) {
      n.forces.insert(n.forces.end(), row.begin() + 1, row.end());
    }
    return n;
  };
  return {run("run 0\n"), run("run 0 post no\nfix 1 all nve\nthermo 2\nrun 4\n")};
}

std::string as_block(const std::vector<double>& values, std::size_t columns, bool ids) {
  std::ostringstream text;
  text << std::setprecision(16) << std::scientific;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % columns == 0) {
      text << (i ? "\n  " : "  ");
      if (ids) {
        text << std::setw(3) << i / columns + 1 << ' ';
      }
    }
    text << std::setw(24) << values[i];
  }
  return text.str() + "\n";
}

void write_force_styles() {
  auto config = small_config();
  config.cutoff = 3.6;
  config.layers = 1;
  config.hidden_channels = 8;
  config.l_max = config.m_max = 2;
  config.experts = 2;
  config.gaussians = 6;
  write_random_potential(folder_of_styles() + "tiny.pt", config, 2021);
  const std::string path = folder_of_styles() + "manybody-pair-spinconv.yaml";
  std::string head =
      "---\nlammps_version: 22 Jul 2025\ntags: plugin\nepsilon: 1e-10\nskip_tests: single extract\n"
      "prerequisites: ! |\n  pair spinconv\npre_commands: ! \"\"\npost_commands: ! \"\"\n"
      "input_file: in.spinconv\npair_style: spinconv precision double\n"
      "pair_coeff: ! |\n  * * tiny.pt H C O\nextract: ! \"\"\n";
  const auto numbers = run_tester(YAML::Load(head), "on");
  std::ostringstream text;
  text << head << "natoms: " << numbers[0].forces.size() / 3 << "\n";
  const std::array<std::string, 2> prefixes = {"init", "run"};
  for (int k = 0; k < 2; ++k) {
    text << std::setprecision(16) << prefixes[k] << "_vdwl: " << numbers[k].energy << "\n"
         << prefixes[k] << "_coul: 0\n"
         << prefixes[k] << "_stress: ! |2-\n"
         << as_block(numbers[k].stress, 6, false) << prefixes[k] << "_forces: ! |2\n"
         << as_block(numbers[k].forces, 3, true);
  }
  write_bytes(path, text.str() + "...\n");
}

TEST(ForceStyle, TheYamlFileOfLammpsTesterHolds) {
  if (std::getenv("SPINCONV_WRITE_FORCE_STYLES")) {
    write_force_styles();
  }
  EXPECT_LT(std::filesystem::file_size(folder_of_styles() + "tiny.pt"), 100000u);
  const auto file = YAML::LoadFile(folder_of_styles() + "manybody-pair-spinconv.yaml");
  const auto init = numbers_of(file, "init"), run = numbers_of(file, "run");
  const double epsilon = file["epsilon"].as<double>();
  ASSERT_EQ(init.forces.size(), 3 * file["natoms"].as<std::size_t>());
  ASSERT_GT(deviation(init, run), 1e-4);  // the four steps do something
  for (const std::string newton : {"on", "off"}) {
    SCOPED_TRACE(newton);
    const auto found = run_tester(file, newton);
    EXPECT_LT(deviation(found[0], init), epsilon);
    EXPECT_LT(deviation(found[1], run), epsilon);
  }
  // and a number that is changed in its seventh digit does not
  auto changed = init;
  changed.forces.at(4) *= 1.0 + 1e-6;
  changed.forces.at(4) += 1e-7;
  EXPECT_GT(deviation(changed, init), epsilon);
}

}  // namespace
}  // namespace spinconv::test
