// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <torch/script.h>

#include "lammps/structures.hpp"
#include "spinconv/potential.hpp"
#include "support/random_model.hpp"
#include "support/test_models.hpp"

namespace spinconv::test {
namespace {

using ::testing::HasSubstr;

// lmp must end by itself, with a code that says so, and with each of the texts in its message.
void expect_failure(const LammpsResult& result, const std::vector<std::string>& texts) {
  EXPECT_FALSE(result.process.timed_out);
  EXPECT_NE(result.process.exit_code, 0);
  // a signal would mean a crash
  EXPECT_LT(result.process.exit_code, 128) << result.process.output;
  EXPECT_THAT(result.process.output, HasSubstr("ERROR"));
  for (const auto& text : texts) {
    EXPECT_THAT(result.process.output, HasSubstr(text));
  }
}

void expect_pair_failure(const std::string& pair, const std::vector<std::string>& texts,
                         const InputOptions& base = {}) {
  const TemporaryFolder folder;
  auto options = base;
  options.pair = pair;
  expect_failure(run_lammps(folder, setup(folder, triclinic_cell(), options) + "run 0\n"), texts);
}

// A file in place of the potential.
void expect_file_failure(const std::string& contents, const std::vector<std::string>& texts) {
  const TemporaryFolder folder;
  write_bytes(folder / "bad.pt", contents);
  const InputOptions options{.pair = "pair_style spinconv\npair_coeff * * bad.pt H C O\n"};
  expect_failure(run_lammps(folder, setup(folder, triclinic_cell(), options) + "run 0\n"), texts);
}

std::string good_file() {
  const TemporaryFolder folder;
  write_potential(folder, "test.pt");
  return read_bytes(folder / "test.pt");
}

void expect_structure_failure(const LammpsBox& structure, const std::string& commands,
                              const std::vector<std::string>& texts,
                              const InputOptions& options = {}) {
  const TemporaryFolder folder;
  expect_failure(run_lammps(folder, setup(folder, structure, options) + commands), texts);
}

TEST(PairSpinconvRefuses, AMissingPotentialFile) {
  expect_pair_failure("pair_style spinconv\npair_coeff * * missing.pt H C O\n",
                      {"missing.pt", "LAMMPS_POTENTIALS"});
}

TEST(PairSpinconvRefuses, AFolderAsPotentialFile) {
  expect_pair_failure("pair_style spinconv\npair_coeff * * . H C O\n", {"'.'", "folder"});
}

TEST(PairSpinconvRefuses, AnEmptyPotentialFile) {
  expect_file_failure("", {"bad.pt", "empty"});
}

TEST(PairSpinconvRefuses, ATruncatedPotentialFile) {
  const auto whole = good_file();
  for (const std::size_t size : {whole.size() / 2, whole.size() - 30}) {
    expect_file_failure(whole.substr(0, size), {"bad.pt", "truncated"});
  }
}

TEST(PairSpinconvRefuses, AModelOfSomethingElseThanTheEnergy) {
  const TemporaryFolder folder;
  Potential model{random_model(small_config(), 5), {}};
  model.metadata["targets"] = Target{"alpha", "bohr^3", ""}.to_json();
  model.save(folder / "model.pt");
  expect_file_failure(read_bytes(folder / "model.pt"),
                      {"bad.pt", "alpha (bohr^3)", "not a potential energy"});
}

TEST(PairSpinconvRefuses, ATextFileAsPotential) {
  expect_file_failure("# DATE: 2025-01-01 UNITS: metal\nH C O 4.0\n", {"bad.pt", "spinconv-train"});
}

TEST(PairSpinconvRefuses, AZipArchiveAsPotential) {
  const TemporaryFolder folder;
  const auto result =
      run_process({required_environment("SPINCONV_PYTHON"), "-c",
                   "import zipfile; zipfile.ZipFile('bad.pt', 'w').writestr('a.txt', 'text')"},
                  folder.path());
  ASSERT_EQ(result.exit_code, 0) << result.output;
  expect_file_failure(read_bytes(folder / "bad.pt"), {"bad.pt"});
}

TEST(PairSpinconvRefuses, ATorchScriptFileOfAnotherProgram) {
  const TemporaryFolder folder;
  torch::jit::Module other("__torch__.Other");
  other.register_parameter("weight", torch::ones({3}), false);
  other.define("def forward(self, x: Tensor) -> Tensor:\n  return x * self.weight\n");
  other.save(folder / "bad.pt");
  expect_file_failure(read_bytes(folder / "bad.pt"), {"bad.pt", "spinconv"});
}

TEST(PairSpinconvRefuses, ADamagedPotentialFile) {
  // one bit of the metadata, of the graph's code and of the four largest tensors. Damage to the
  // code, which is for Python, and to tables of rotations, which are computed anew, does no harm.
  const TemporaryFolder folder;
  write_potential(folder, "good.pt");
  write_bytes(folder / "damage.py", R"(
import struct, zipfile
whole = open("good.pt", "rb").read()
members = zipfile.ZipFile("good.pt").infolist()
named = [m for m in members if m.filename.endswith(("spinconv.json", "__torch__.py"))]
tensors = sorted((m for m in members if "/data/" in m.filename), key=lambda m: -m.file_size)
for number, member in enumerate(named + tensors[:4]):
    name, extra = struct.unpack_from("<HH", whole, member.header_offset + 26)
    start = member.header_offset + 30 + name + extra
    damaged = bytearray(whole)
    if member.filename.endswith("json"):
        damaged[start + whole[start:].index(b":")] ^= 1
    else:
        damaged[start + member.compress_size // 2] ^= 1
    open(f"damaged_{number}.pt", "wb").write(damaged)
)");
  const auto result =
      run_process({required_environment("SPINCONV_PYTHON"), "damage.py"}, folder.path());
  ASSERT_EQ(result.exit_code, 0) << result.output;
  const auto run = [&](const std::string& file) {
    const InputOptions options{.pair = "pair_style spinconv\npair_coeff * * " + file + " H C O\n"};
    return run_lammps(folder, setup(folder, triclinic_cell(), options) + "run 0\n");
  };
  const auto good = run("good.pt");
  ASSERT_TRUE(good.succeeded()) << good.process.output;
  int refused = 0;
  for (int k = 0; k < 6; ++k) {
    SCOPED_TRACE(k);
    const std::string file = "damaged_" + std::to_string(k) + ".pt";
    const auto damaged = run(file);
    if (k == 1) {
      ASSERT_TRUE(damaged.succeeded()) << damaged.process.output;
    }
    if (k > 0 && damaged.succeeded()) {
      EXPECT_EQ(damaged.thermo.at(0).first("PotEng"), good.thermo.at(0).first("PotEng"));
    } else {
      expect_failure(damaged, {file});
      ++refused;
    }
  }
  EXPECT_GE(refused, 3);
}

TEST(PairSpinconvRefuses, AnElementThatThePotentialDoesNotKnow) {
  expect_pair_failure("pair_style spinconv\npair_coeff * * test.pt H C Fe\n",
                      {"'Fe'", "test.pt", "H C O"});
}

TEST(PairSpinconvRefuses, TooFewAndTooManyElements) {
  expect_pair_failure("pair_style spinconv\npair_coeff * * test.pt H C\n",
                      {"2 element(s) (H C)", "3 atom type(s)"});
  expect_pair_failure("pair_style spinconv\npair_coeff * * test.pt H C O H\n",
                      {"4 element(s) (H C O H)", "3 atom type(s)"});
  expect_pair_failure("pair_style spinconv\npair_coeff * * test.pt\n",
                      {"pair_coeff * * FILE [FILE ...] Element1"});
}

TEST(PairSpinconvRefuses, TypesThatAreAllMappedToNull) {
  expect_pair_failure("pair_style spinconv\npair_coeff * * test.pt NULL NULL NULL\n",
                      {"all atom types are mapped to NULL"});
}

// LAMMPS's own check since July 2025, the style's with earlier ones: a pair of types must have a
// style
TEST(PairSpinconvRefuses, NullElementsThatNoOtherStyleTakes) {
  expect_pair_failure("pair_style spinconv\npair_coeff * * test.pt H NULL O\n",
                      {"All pair coeffs are not set"});
}

TEST(PairSpinconvRefuses, ASecondPotentialThatIsNotThere) {
  expect_pair_failure("pair_style spinconv\npair_coeff * * test.pt missing.pt H C O\n",
                      {"missing.pt", "LAMMPS_POTENTIALS"});
}

TEST(PairSpinconvRefuses, CoefficientsForSomeTypesOnly) {
  expect_pair_failure("pair_style spinconv\npair_coeff 1 2 test.pt H C O\n", {"* *"});
}

TEST(PairSpinconvRefuses, ARunWithoutPairCoeff) {
  expect_pair_failure("pair_style spinconv\n", {"pair coeff"});
}

TEST(PairSpinconvRefuses, UnitsItCannotConvert) {
  for (const std::string units : {"lj", "si", "cgs", "electron"}) {
    expect_pair_failure(InputOptions{}.pair, {"metal or real", "not with units " + units},
                        {.units = units});
  }
}

TEST(PairSpinconvRefuses, MisspeltOptionsAndValues) {
  const std::string coefficients = "\npair_coeff * * test.pt H C O\n";
  expect_pair_failure("pair_style spinconv precison double" + coefficients,
                      {"'precison'", "did you mean 'precision'"});
  expect_pair_failure("pair_style spinconv precision duoble" + coefficients,
                      {"'duoble'", "did you mean 'double'"});
  expect_pair_failure("pair_style spinconv device gpu" + coefficients,
                      {"'gpu'", "auto, cpu, cuda"});
  expect_pair_failure("pair_style spinconv device" + coefficients, {"device", "no value"});
  expect_pair_failure("pair_style spinconv hallo deep" + coefficients,
                      {"'hallo'", "did you mean 'halo'"});
  expect_pair_failure("pair_style spinconv halo exchagne" + coefficients,
                      {"'exchagne'", "did you mean 'exchange'"});
  expect_pair_failure("pair_style spinconv chunk 0" + coefficients, {"chunk is '0'", "at least 1"});
  expect_pair_failure("pair_style spinconv chunk many" + coefficients, {"chunk is 'many'"});
  expect_pair_failure("pair_style spinconv out_freq -1" + coefficients,
                      {"out_freq is '-1'", "at least 0"});
}

TEST(PairSpinconvRefuses, ADeviceThatIsNotThere) {
  if (torch::hasCUDA()) {
    GTEST_SKIP() << "this machine has a CUDA device";
  }
  expect_pair_failure("pair_style spinconv device cuda\npair_coeff * * test.pt H C O\n",
                      {"'cuda'", "no CUDA device"});
}

TEST(PairSpinconvRefuses, AtomsOnTopOfEachOther) {
  auto structure = triclinic_cell();
  structure.ids = {10, 20, 30, 40, 50, 60};
  structure.positions[4] = structure.positions[1];
  structure.positions[4][0] += 1e-5;
  expect_structure_failure(structure, "run 0\n", {"apart", "20", "50", "step 0"});
}

TEST(PairSpinconvRefuses, PositionsThatAreNotNumbers) {
  const std::string nan = "variable nan atom 0.0*exp(1000.0)\n";
  expect_structure_failure(triclinic_cell(), nan + "set atom 3 x v_nan\nrun 0\n",
                           {"Non-numeric atom coords"});
  // between two builds of the neighbor list LAMMPS does not look
  expect_structure_failure(triclinic_cell(),
                           nan + "neigh_modify every 1000 delay 1000 check no\nfix nve all nve\n" +
                               "set atom 3 vx v_nan\nrun 20\n",
                           {"step 1", "not a number", "IDs", "timestep"});
}

TEST(PairSpinconvRefuses, FoldingOnMoreThanOneRankWithoutHanging) {
  const TemporaryFolder folder;
  const InputOptions options{.pair =
                                 "pair_style spinconv halo fold\npair_coeff * * test.pt H C O\n"};
  const auto result =
      run_lammps(folder, setup(folder, triclinic_cell(), options) + "run 0\n", {.ranks = 2});
  expect_failure(result, {"halo fold is for one MPI rank", "there are 2", "halo exchange"});
}

// The rank that has the two atoms stops alone, while the other waits for its rows.
TEST(PairSpinconvRefuses, AtomsOnTopOfEachOtherThatOneOfTwoRanksHasWithoutHanging) {
  auto structure = ethanol();
  structure.types = {1, 2, 3, 3};
  structure.positions = {{1.0, 2.0, 2.0}, {2.0, 2.0, 2.0}, {9.0, 9.0, 9.0}, {9.0, 9.0, 9.00001}};
  const TemporaryFolder folder;
  const auto result = run_lammps_to_message(
      folder, setup(folder, structure, {.before_box = "processors 2 1 1\n"}) + "run 0\n",
      {.ranks = 2}, "IDs 3 and 4");
  EXPECT_FALSE(result.process.timed_out);
  EXPECT_NE(result.process.exit_code, 0);
  EXPECT_THAT(result.process.output, HasSubstr("IDs 3 and 4"));
}

TEST(PairSpinconvRefuses, ADamagedFileOnTwoRanksWithoutHanging) {
  const TemporaryFolder folder;
  write_bytes(folder / "bad.pt", good_file().substr(0, 5000));
  const InputOptions options{.pair = "pair_style spinconv\npair_coeff * * bad.pt H C O\n"};
  const auto result =
      run_lammps(folder, setup(folder, triclinic_cell(), options) + "run 0\n", {.ranks = 2});
  expect_failure(result, {"bad.pt", "truncated"});
}

TEST(PairSpinconvRefuses, HybridPairsTakenByAnotherStyle) {
  expect_pair_failure(
      "pair_style hybrid spinconv lj/cut 5.0\npair_coeff * * spinconv test.pt H C O\n"
      "pair_coeff 3 3 lj/cut 0.01 2.0\n",
      {"types 3 3", "hybrid/overlay"});
}

TEST(PairSpinconvRefuses, TheInnerLevelsOfRrespa) {
  expect_structure_failure(triclinic_cell(), "run_style respa 2 2 inner 1 2.0 3.0 outer 2\nrun 0\n",
                           {"respa"});
}

TEST(PairSpinconvRefuses, TheDeviationOfOnePotential) {
  expect_structure_failure(triclinic_cell(), "fix spread all pair 1 spinconv deviation 0\nrun 1\n",
                           {"needs a committee"});
}

TEST(PairSpinconvRefuses, AnOutputFileThatCannotBeWritten) {
  expect_pair_failure(
      "pair_style spinconv out_file no/such/folder.out\npair_coeff * * test.pt test.pt H C O\n",
      {"no/such/folder.out", "out_file"});
}

TEST(PairSpinconvRefuses, ScalesThatDifferByType) {
  expect_structure_failure(triclinic_cell(),
                           "fix scale all adapt 1 pair spinconv scale 1 2 v_half\n"
                           "variable half equal 0.5\nrun 0\n",
                           {"one scale for all atoms", "* *"});
}

TEST(PairSpinconvRefuses, NeighborsOfOneGroupOnly) {
  expect_structure_failure(triclinic_cell(),
                           "group some id 1 2 3\nneigh_modify include some\nrun 0\n",
                           {"neigh_modify include"}, {.before_box = "atom_modify first some\n"});
}

TEST(PairSpinconvRefuses, BondsWhoseEdgesSpecialBondsTakesOut) {
  const TemporaryFolder folder;
  write_potential(folder, "test.pt");
  write_bytes(folder / "bonded.data", triclinic_cell().data_file({{1, 2}}));
  const auto result = run_lammps(
      folder,
      "units metal\natom_style bond\nread_data bonded.data\nbond_style zero\nbond_coeff *\n" +
          InputOptions{}.pair + "run 0\n");
  expect_failure(result, {"special_bonds lj/coul 1 1 1", "1-2 pairs"});
}

TEST(PairSpinconvRefuses, ComputesThatNeedPairwiseEnergies) {
  expect_structure_failure(triclinic_cell(),
                           "compute pairs all group/group all\n"
                           "thermo_style custom step c_pairs\nrun 0\n",
                           {"group/group"});
}

}  // namespace
}  // namespace spinconv::test
