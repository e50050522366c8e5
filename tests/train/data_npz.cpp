// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/npz.hpp"

#include "train/data_support.hpp"

namespace spinconv::train {
namespace {

using test::content_of;
using test::DataTest;
using test::error_of;
using test::npy;
using test::sample;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

NpyArray parse(const std::string& bytes) {
  return NpyArray(std::vector<char>(bytes.begin(), bytes.end()), "f.npz: array 'x'");
}

class NpzFileTest : public DataTest {};

template <typename T>
void expect_numbers(const std::string& descr) {
  const auto array = parse(npy<T>(descr, "(2, 2)", {T(1), T(2), T(3), T(120)}));
  EXPECT_THAT(array.doubles(), ElementsAre(1.0, 2.0, 3.0, 120.0)) << descr;
  EXPECT_THAT(array.integers(), ElementsAre(1, 2, 3, 120)) << descr;
  EXPECT_THAT(array.shape(), ElementsAre(2, 2));
}

TEST(NpyArrayTest, ReadsEveryWidthOfNumber) {
  expect_numbers<float>("<f4");
  expect_numbers<double>("<f8");
  expect_numbers<std::int8_t>("|i1");
  expect_numbers<std::int16_t>("<i2");
  expect_numbers<std::int32_t>("<i4");
  expect_numbers<std::int64_t>("<i8");
  expect_numbers<std::uint8_t>("|u1");
  expect_numbers<std::uint16_t>("<u2");
  expect_numbers<std::uint32_t>("<u4");
  expect_numbers<std::uint64_t>("<u8");
}

TEST(NpyArrayTest, KeepsTheSignOfNegativeIntegers) {
  EXPECT_THAT(parse(npy<std::int8_t>("|i1", "(2,)", {-1, -128})).integers(), ElementsAre(-1, -128));
}

TEST(NpyArrayTest, TransposesFortranOrder) {
  // a[i][j][k] = 100 i + 10 j + k with the first index fastest
  std::vector<double> values;
  for (int k = 0; k < 4; ++k) {
    for (int j = 0; j < 3; ++j) {
      for (int i = 0; i < 2; ++i) {
        values.push_back(100 * i + 10 * j + k);
      }
    }
  }
  const auto read = parse(npy<double>("<f8", "(2, 3, 4)", values, true)).doubles();
  std::size_t at = 0;
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 3; ++j) {
      for (int k = 0; k < 4; ++k) {
        EXPECT_EQ(read[at++], 100 * i + 10 * j + k);
      }
    }
  }
}

TEST(NpyArrayTest, ReadsUnicodeAndByteStringsWithoutDimensions) {
  EXPECT_EQ(parse(npy<char32_t>("<U8", "()", {U'k', U'c', U'a', U'l', 0, 0, 0, 0})).text(), "kcal");
  EXPECT_EQ(parse(npy<char32_t>("<U2", "()", {U'\u00c5', U'\U0001F600'})).text(),
            "\xC3\x85\xF0\x9F\x98\x80");
  EXPECT_EQ(parse(npy<char>("|S5", "(1,)", {'A', 'n', 'g', 0, 0})).text(), "Ang");
}

TEST(NpyArrayTest, ReadsHeaderVersionTwo) {
  std::string bytes = npy<double>("<f8", "(1,)", {4.5});
  bytes[6] = 2;
  bytes.insert(10, 2, '\0');  // the length has 4 bytes
  EXPECT_THAT(parse(bytes).doubles(), ElementsAre(4.5));
}

TEST(NpyArrayTest, RefusesBigEndianNumbersWithTheCure) {
  EXPECT_THAT(error_of([] { parse(npy<double>(">f8", "(1,)", {1.0})); }),
              AllOf(HasSubstr("f.npz: array 'x'"), HasSubstr("big-endian"), HasSubstr("'<f8'")));
}

TEST(NpyArrayTest, RefusesWhatIsNeitherNumberNorText) {
  for (const char* descr : {"|O", "<c16", "<f2", "|V8", "|b1", "<M8[ns]"}) {
    EXPECT_THAT(
        error_of([&] { parse(npy<double>(descr, "(1,)", {1.0})); }),
        AllOf(HasSubstr(std::string("dtype '") + descr + "' is not read"), HasSubstr("float64")));
  }
  std::string structured = npy<double>("<f8", "(1,)", {1.0});
  structured.replace(structured.find("'<f8'"), 5, "[('a'");
  EXPECT_THAT(error_of([&] { parse(structured); }), HasSubstr("structured"));
}

TEST(NpyArrayTest, RefusesTextForNumbersAndFractionsForIntegers) {
  const auto text = npy<char32_t>("<U1", "()", {U'd'});
  EXPECT_THAT(error_of([&] { parse(text).doubles(); }), HasSubstr("holds text"));
  EXPECT_THAT(error_of([&] { parse(text).integers(); }), HasSubstr("holds text"));
  EXPECT_THAT(error_of([] { parse(npy<double>("<f8", "(1,)", {1.5})).integers(); }),
              AllOf(HasSubstr("element 0"), HasSubstr("whole numbers")));
  EXPECT_THAT(error_of([] { parse(npy<double>("<f8", "(1,)", {NAN})).integers(); }),
              HasSubstr("whole numbers"));
  EXPECT_THAT(error_of([] { parse(npy<double>("<f8", "(1,)", {1.5})).text(); }),
              HasSubstr("one string is expected"));
}

TEST(NpyArrayTest, RefusesAnArrayThatEndsEarlyAtAnyByte) {
  const std::string bytes = npy<double>("<f8", "(2,)", {1.0, 2.0});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(error_of([&] { parse(bytes.substr(0, size)); }), HasSubstr("f.npz: array 'x'"))
        << size << " bytes";
  }
}

TEST(NpyArrayTest, RefusesADamagedShapeWithoutTakingTheMemory) {
  for (const char* shape :
       {"(9000000000000000000,)", "(4000000000, 4000000000, 4000000000)", "(-1,)", "(x,)", "3"}) {
    EXPECT_NE(error_of([&] { parse(npy<double>("<f8", shape, {1.0})); }), "") << shape;
  }
}

TEST_F(NpzFileTest, ReadsCompressedAndStoredMembersOfRealFiles) {
  const NpzFile compressed(sample("rmd17_ethanol_20.npz"));
  const NpzFile stored(sample("rmd17_ethanol_20_native.npz"));
  EXPECT_THAT(compressed.read("z").integers(), ElementsAre(6, 6, 8, 1, 1, 1, 1, 1, 1));
  EXPECT_EQ(compressed.read("e_unit").text(), "kcal/mol");
  EXPECT_THAT(compressed.read("R").shape(), ElementsAre(20, 9, 3));
  EXPECT_EQ(compressed.read("R").doubles(), stored.read("coords").doubles());
  EXPECT_EQ(compressed.read("F").doubles(), stored.read("forces").doubles());
  EXPECT_EQ(compressed.read("E").shape_text(), "(20, 1)");
  EXPECT_EQ(stored.read("energies").shape_text(), "(20,)");
}

TEST_F(NpzFileTest, NamesTheNearestArrayForOneThatIsMissing) {
  const NpzFile file(sample("rmd17_ethanol_20_native.npz"));
  EXPECT_FALSE(file.contains("energy"));
  EXPECT_THAT(error_of([&] { file.read("energie"); }),
              AllOf(HasSubstr("rmd17_ethanol_20_native.npz"), HasSubstr("'energies'?")));
}

TEST_F(NpzFileTest, RefusesMissingEmptyForeignAndTruncatedFiles) {
  EXPECT_THAT(error_of([&] { NpzFile file(path("none.npz")); }), HasSubstr("no such file"));
  EXPECT_THAT(error_of([&] { NpzFile file(write("empty.npz", "")); }),
              AllOf(HasSubstr("empty.npz"), HasSubstr("empty"), HasSubstr("again")));
  EXPECT_THAT(
      error_of([&] { NpzFile file(write("text.npz", "3\nno zip\n")); }),
      AllOf(HasSubstr("text.npz"), HasSubstr("not an .npz file"), HasSubstr("numpy.savez")));
  const std::string whole = content_of(sample("rmd17_ethanol_20.npz"));
  for (const std::size_t size : {whole.size() / 4, whole.size() / 2, whole.size() - 10}) {
    EXPECT_THAT(error_of([&] { NpzFile file(write("cut.npz", whole.substr(0, size))); }),
                AllOf(HasSubstr("cut.npz"), HasSubstr("truncated"), HasSubstr("again")))
        << size;
  }
  test::write_zip(path("other.npz"), {{"readme.txt", "hello"}});
  EXPECT_THAT(error_of([&] { NpzFile file(path("other.npz")); }),
              HasSubstr("without NumPy arrays"));
}

TEST_F(NpzFileTest, FindsADamagedByteByTheChecksum) {
  std::string bytes = content_of(sample("rmd17_ethanol_20_native.npz"));
  const auto header = bytes.find("coords.npy");
  ASSERT_NE(header, std::string::npos);
  bytes[header + 1000] ^= 1;
  const NpzFile file(write("flipped.npz", bytes));
  EXPECT_THAT(error_of([&] { file.read("coords"); }),
              AllOf(HasSubstr("flipped.npz: array 'coords'"), HasSubstr("again")));
  EXPECT_NO_THROW(file.read("forces"));
}

}  // namespace
}  // namespace spinconv::train
