// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/line_reader.hpp"

#include <lzma.h>

#include "data/dataset.hpp"
#include "data/lammps_dump.hpp"
#include "data/lammps_log.hpp"
#include "data/target.hpp"
#include "data/text.hpp"
#include "train/data_support.hpp"

// Text as other systems write it: byte order marks and other line ends.
namespace spinconv::train {
namespace {

using test::content_of;
using test::DataTest;
using test::error_of;
using test::sample;
using test::source_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string mark = "\xEF\xBB\xBF";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// The text with "\n" in all the forms that it may have elsewhere.
std::vector<std::string> forms(const std::string& text) {
  return {mark + text, replaced(text, "\n", "\r\n"), replaced(text, "\n", "\r"),
          mark + replaced(text, "\n", "\r\n"), mark + replaced(text, "\n", "\r")};
}

std::string compressed(const std::string& text) {
  std::string packed(text.size() + 1000, '\0');
  std::size_t size = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(
                0, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()),
                text.size(), reinterpret_cast<std::uint8_t*>(packed.data()), &size, packed.size()),
            LZMA_OK);
  packed.resize(size);
  return packed;
}

class LineReaderTest : public DataTest {
 protected:
  std::vector<std::string> lines_of(const std::string& text) {
    LineReader reader(write("x.txt", text));
    std::vector<std::string> lines;
    for (std::string_view line; reader.next(line);) {
      lines.emplace_back(line);
      EXPECT_EQ(reader.line_number(), lines.size());
    }
    return lines;
  }
};

TEST_F(LineReaderTest, LinesEndInAnyOfTheThreeWays) {
  for (const auto& text : forms("one\n\ntwo 2\nthree")) {
    EXPECT_THAT(lines_of(text), ElementsAre("one", "", "two 2", "three")) << printable(text);
  }
  EXPECT_THAT(lines_of("one\r\n\rtwo\n\r\n"), ElementsAre("one", "", "two", ""));
  EXPECT_THAT(lines_of("\n"), ElementsAre(""));
  EXPECT_THAT(lines_of(mark + "\n"), ElementsAre(""));
  EXPECT_THAT(lines_of("\xEF"), ElementsAre("\xEF"));
}

TEST_F(LineReaderTest, AnEndThatTwoBlocksShareIsOne) {
  constexpr std::size_t block = 65536;
  for (std::size_t before = block - 2; before <= block + 1; ++before) {
    const std::string first(before, 'x');
    EXPECT_THAT(lines_of(first + "\r\nlast\r"), ElementsAre(first, "last")) << before;
    EXPECT_THAT(lines_of(first + "\r\r\nlast"), ElementsAre(first, "", "last")) << before;
  }
}

TEST_F(LineReaderTest, Utf16IsNamed) {
  EXPECT_THAT(error_of([&] {
                lines_of(
                    std::string("\xFF\xFE"
                                "2\0\n\0",
                                6));
              }),
              HasSubstr("UTF-16"));
  EXPECT_THAT(error_of([&] {
                lines_of(
                    std::string("\xFE\xFF"
                                "\0"
                                "2\0\n",
                                6));
              }),
              HasSubstr("UTF-16"));
}

TEST_F(LineReaderTest, EveryFormatOfTextIsReadInEveryFormOfIt) {
  const std::string xyz =
      "2\nProperties=species:S:1:pos:R:3:forces:R:3 energy=-3.2 pbc=\"F F F\"\n"
      "H 0.0 0.0 0.0 0.1 0.0 0.0\nHe 1.5 0.0 0.0 -0.1 0.0 0.0\n";
  for (const auto& text : forms(xyz)) {
    for (const auto& path : {write("a.extxyz", text), write("a.extxyz.xz", compressed(text))}) {
      const auto frames = read_frames(source_of(path));
      ASSERT_EQ(frames.size(), 1u);
      EXPECT_EQ(frames[0].energy, -3.2);
      EXPECT_EQ(frames[0].atomic_numbers, (std::vector<int>{1, 2}));
      EXPECT_EQ(frames[0].forces[3], -0.1);
    }
  }
  DataSource qm9;
  qm9.target = named_target("mu", "test");
  for (const auto& text : forms(content_of(sample("qm9_methane.xyz")))) {
    qm9.path = write("a.xyz", text);
    EXPECT_EQ(read_frames(qm9)[0].size(), 5u);
  }
  for (const auto& text : forms("units metal\nStep PotEng\n0 -1.5\nLoop time of 1\n")) {
    const LammpsLog log(write("log", text));
    EXPECT_EQ(log.units(), "metal");
    EXPECT_EQ(log.energy(0, 1), -1.5);
  }
  for (const auto& text : forms("ITEM: UNITS\nmetal\nITEM: TIMESTEP\n7\nITEM: NUMBER OF ATOMS\n1\n"
                                "ITEM: BOX BOUNDS pp pp ff\n0 4\n0 4\n0 4\n"
                                "ITEM: ATOMS id element x y z\n1 He 1 2 3\n")) {
    LammpsDump dump(write("x.dump", text), {});
    Frame frame;
    ASSERT_TRUE(dump.next(frame));
    EXPECT_EQ(frame.frame_number, 7);
    EXPECT_EQ(frame.pbc, (std::array<bool, 3>{true, true, false}));
    EXPECT_FALSE(dump.next(frame));
  }
}

TEST_F(LineReaderTest, ReferencesAndFoldersOfOc20Too) {
  const std::string frame =
      "1\nProperties=species:S:1:pos:R:3 energy=-3 sid=a pbc=\"F F F\"\nH 0 0 0\n";
  DataSource source = source_of(write("a.extxyz", frame));
  for (const auto& text : forms("system,energy\na , -1\nb,2\n")) {
    source.reference = write("references.csv", text);
    EXPECT_EQ(read_frames(source)[0].energy, -2.0);
  }
  source.reference = write("references.csv", "a,1\na,2\n");
  EXPECT_THAT(error_of([&] { read_frames(source); }),
              AllOf(HasSubstr("references.csv:2"), HasSubstr("'a' has another energy")));
  std::filesystem::create_directory(path("s2ef"));
  write("s2ef/0.extxyz", frame);
  for (const auto& text : forms("random1,frame5,-1\n")) {
    write("s2ef/0.txt", text);
    const auto frames = read_frames(source_of(path("s2ef")));
    EXPECT_EQ(frames[0].energy, -2.0);
    EXPECT_EQ(frames[0].frame_number, 5);
  }
}

TEST(VisibleText, ShowsWhatWouldNotShow) {
  EXPECT_EQ(printable("H 1.5 \xC3\x85"), "H 1.5 \xC3\x85");  // a letter outside ASCII
  EXPECT_EQ(printable(mark + "2"), "\\xEF\\xBB\\xBF2");
  EXPECT_EQ(printable(std::string("a\r\n\tb\0\x1B[1m", 10)), "a\\r\\n\\tb\\x00\\x1B[1m");
  EXPECT_EQ(printable("\xC2\xA0|\xE2\x80\x8B|\xFF|\xC3"), "\\xC2\\xA0|\\xE2\\x80\\x8B|\\xFF|\\xC3");
  EXPECT_EQ(printable("\xC0\x80\xED\xA0\x80"), "\\xC0\\x80\\xED\\xA0\\x80");  // not UTF-8
  EXPECT_EQ(printable("abcdef", 3), "abc...");
}

TEST_F(LineReaderTest, MessagesShowCharactersThatDoNotShow) {
  EXPECT_THAT(error_of([&] { read_frames(source_of(write("a.xyz", "\x1B[31m2\nx\n"))); }),
              HasSubstr("'\\x1B[31m2'"));
  EXPECT_THAT(error_of([&] { read_frames(source_of(write("a.xyz", "1\n\nH 0 0\xC2\xA0 0\n"))); }),
              HasSubstr("'0\\xC2\\xA0'"));
  EXPECT_THAT(
      error_of([&] { read_frames(source_of(write("a.xyz", "1\n\nH\xE2\x80\x8B 0 0 0\n"))); }),
      HasSubstr("'H\\xE2\\x80\\x8B'"));
}

}  // namespace
}  // namespace spinconv::train
