// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "commands/commands.hpp"

#include "data/dataset.hpp"
#include "train/data_support.hpp"

// spinconv-train convert, both ways.
namespace spinconv::train {
namespace {

using test::content_of;
using test::DataTest;
using test::error_of;
using test::source_of;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ConvertTest : public DataTest {
 protected:
  ConvertOptions options(const std::string& input, const std::string& output) const {
    ConvertOptions o;
    o.input = input;
    o.output = path(output);
    return o;
  }
  std::string dump(const std::string& name = "x.dump", const std::string& step = "0") const {
    return write(name,
                 "ITEM: TIMESTEP\n" + step +
                     "\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS pp pp fs\n0 4\n0 5\n0 6\n"
                     "ITEM: ATOMS id type x y z fx fy fz\n1 1 0 0 1 0 0 1\n2 2 0 0 2 0 0 -1\n");
  }
  bool exists(const std::string& name) const { return std::filesystem::exists(path(name)); }
};

TEST_F(ConvertTest, ADumpBecomesWhatItsFilesSay) {
  auto o = options(dump(), "x.extxyz");
  o.elements = "H C";
  o.log = write("log.lammps", "units real\nStep PotEng\n0 -23.060549\nLoop time of 1\n");
  EXPECT_EQ(convert(o), 0);
  const auto frame = read_frames(source_of(o.output))[0];
  EXPECT_EQ(frame.atomic_numbers, (std::vector<int>{1, 6}));
  EXPECT_EQ(frame.pbc, (std::array<bool, 3>{true, true, false}));
  EXPECT_DOUBLE_EQ(*frame.energy, -1.0);
  EXPECT_DOUBLE_EQ(frame.forces[2], 1.0 / 23.060549);
}

TEST_F(ConvertTest, OptionsOfTheOtherDirectionAreRefused) {
  auto o = options(dump(), "x.extxyz");
  o.frame = 0;
  EXPECT_THAT(error_of([&] { convert(o); }),
              AllOf(HasSubstr("--frame"), HasSubstr("leave it out")));
  const auto xyz = write("a.extxyz", "1\npbc=\"F F F\"\nH 0 0 0\n");
  for (const char* option : {"--cell", "--log", "--units"}) {
    auto d = options(xyz, "a.data");
    (std::string(option) == "--cell"  ? d.cell
     : std::string(option) == "--log" ? d.log
                                      : d.units) = "metal";
    EXPECT_THAT(error_of([&] { convert(d); }), HasSubstr(option));
    EXPECT_FALSE(exists("a.data"));
  }
}

TEST_F(ConvertTest, ADumpDoesNotBecomeADataFile) {
  EXPECT_THAT(error_of([&] { convert(options(dump(), "x.data")); }),
              AllOf(HasSubstr("x.dump"), HasSubstr("OUT.extxyz")));
}

TEST_F(ConvertTest, NamesAreCheckedBeforeAnythingIsRead) {
  auto o = options(path("nowhere.dump"), "x.extxyz");
  o.elements = "h C";
  EXPECT_THAT(error_of([&] { convert(o); }), HasSubstr("did you mean 'H'"));
  o.elements.clear();
  o.units = "raal";
  EXPECT_THAT(error_of([&] { convert(o); }),
              AllOf(HasSubstr("--units"), HasSubstr("did you mean 'real'")));
  auto d = options(write("a.extxyz", "x"), "x.data");
  d.elements = "H C H";
  EXPECT_THAT(error_of([&] { convert(d); }), HasSubstr("twice"));
}

TEST_F(ConvertTest, ALogOfAnotherRunIsRefused) {
  auto o = options(dump("x.dump", "5"), "x.extxyz");
  o.elements = "H C";
  o.log = write("log.lammps", "units metal\nStep PotEng\n0 -1\n");
  EXPECT_THAT(error_of([&] { convert(o); }),
              AllOf(HasSubstr("none of the steps"), HasSubstr("log")));
  EXPECT_FALSE(exists("x.extxyz"));
}

TEST_F(ConvertTest, ADamagedSnapshotLeavesNothing) {
  const auto good = content_of(dump());
  auto o = options(write("x.dump", good + good.substr(0, good.size() - 20)), "x.extxyz");
  o.elements = "H C";
  o.units = "metal";
  write("x.extxyz", "what was there");
  EXPECT_THAT(error_of([&] { convert(o); }), HasSubstr("x.dump:21"));
  EXPECT_EQ(content_of(o.output), "what was there");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path("")), {}), 2);
  o.input = dump();
  ConvertOptions full = o;
  std::filesystem::create_symlink("/dev/full", path("full.extxyz"));
  full.output = path("full.extxyz");
  EXPECT_THAT(error_of([&] { convert(full); }), HasSubstr("free some space"));
}

// The slab's zero vector is one that 'fit' takes too.
TEST_F(ConvertTest, ASlabWithoutAThirdVectorGetsABox) {
  const auto xyz =
      write("a.extxyz", "1\nLattice=\"4 0 0 0 5 0 0 0 0\" pbc=\"T T F\" sid=7\nCu 1 1 3\n");
  EXPECT_EQ(convert(options(xyz, "a.data")), 0);
  EXPECT_THAT(
      content_of(path("a.data")),
      AllOf(HasSubstr("boundary p p s"), HasSubstr("0 4 xlo xhi"), HasSubstr("-7 13 zlo zhi")));
  auto back = options(write("a.dump",
                            "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n1\n"
                            "ITEM: BOX BOUNDS pp pp ss\n0 4\n0 5\n2.9 3.1\n"
                            "ITEM: ATOMS id type x y z\n1 1 1 1 3\n"),
                      "b.extxyz");
  back.cell = path("a.data.json");
  back.units = "metal";
  EXPECT_EQ(convert(back), 0);
  EXPECT_EQ(content_of(path("b.extxyz")),
            "1\nLattice=\"4 0 0 0 5 0 0 0 0\" "
            "Properties=species:S:1:pos:R:3 sid=7 fid=0 pbc=\"T T F\"\n"
            "Cu 1 1 3\n");
}

}  // namespace
}  // namespace spinconv::train
