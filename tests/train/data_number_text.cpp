// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/number_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace spinconv::train {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <class T>
std::string problem_of(const std::string& text) {
  std::string problem = "left from before";
  EXPECT_FALSE(read_number<T>(text, problem).has_value()) << text;
  return problem;
}

template <class T>
T number(const std::string& text) {
  std::string problem;
  const auto value = read_number<T>(text, problem);
  EXPECT_TRUE(value.has_value()) << text << ": " << problem;
  return value.value_or(T{});
}

TEST(NumberText, IsTheShortestThatReadsBackTheSame) {
  EXPECT_EQ(number_text(0.004), "0.004");
  EXPECT_EQ(number_text(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(number_text(5), "5");
  EXPECT_EQ(number_text(1e-7), "1e-07");
  EXPECT_EQ(number_text(-std::nan("")), "nan");
  for (const double value : {0.004, 1.0 / 3.0, 4.1000000000000005, 1e300, 5e-324, -0.0}) {
    EXPECT_EQ(std::strtod(number_text(value).c_str(), nullptr), value);
  }
}

TEST(NumberText, DurationsAreWrittenInTheTwoLargestUnits) {
  EXPECT_EQ(format_duration(0.0), "0.0 s");
  EXPECT_EQ(format_duration(9.94), "9.9 s");
  EXPECT_EQ(format_duration(9.96), "10 s");
  EXPECT_EQ(format_duration(59.4), "59 s");
  EXPECT_EQ(format_duration(59.6), "1 min 00 s");
  EXPECT_EQ(format_duration(245.0), "4 min 05 s");
  EXPECT_EQ(format_duration(3599.6), "1 h 00 min");
  EXPECT_EQ(format_duration(7980.0), "2 h 13 min");
  EXPECT_EQ(format_duration(86399.0), "1 d 00 h");
  EXPECT_EQ(format_duration(273600.0), "3 d 04 h");
  EXPECT_EQ(format_duration(std::numeric_limits<double>::infinity()), "?");
  EXPECT_EQ(format_duration(-1.0), "?");
}

TEST(NumberText, ReadsDecimalNumbers) {
  EXPECT_EQ(number<int>("0"), 0);
  EXPECT_EQ(number<int>("-12"), -12);
  EXPECT_EQ(number<int>("+12"), 12);
  EXPECT_EQ(number<long>("-1"), -1);
  EXPECT_EQ(number<std::uint64_t>("18446744073709551615"),
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(number<double>("1e-3"), 1e-3);
  EXPECT_EQ(number<double>("-.5"), -0.5);
  EXPECT_EQ(number<double>("0.5"), 0.5);
  EXPECT_EQ(number<double>("5."), 5.0);
  EXPECT_EQ(number<double>("0e0"), 0.0);
  EXPECT_EQ(number<double>("+2E+1"), 20.0);
}

TEST(NumberText, RefusesWhatProgramsReadDifferentlyWithTheNumberToWrite) {
  for (const auto& [text, cure] : {std::pair{"010", "write 10"},
                                   {"-0100", "write -100"},
                                   {"000", "write 0"},
                                   {"0x1F", "write 31"},
                                   {"0o17", "write 15"},
                                   {"0b11", "write 3"},
                                   {"1_000", "write 1000"},
                                   {"08", "write 8"}}) {
    EXPECT_THAT(problem_of<int>(text), HasSubstr(cure)) << text;
    EXPECT_THAT(problem_of<double>(text), HasSubstr(cure)) << text;
  }
  EXPECT_THAT(problem_of<int>("010"), HasSubstr("octal"));
  EXPECT_THAT(problem_of<double>("00.50"), HasSubstr("write 0.50"));
  EXPECT_THAT(problem_of<double>("0,5"), HasSubstr("write 0.5"));
  EXPECT_THAT(problem_of<int>("1e3"), HasSubstr("write 1000"));
  EXPECT_THAT(problem_of<int>("5.0"), HasSubstr("write 5"));
  EXPECT_THAT(problem_of<int>("-2e1"), HasSubstr("write -20"));
  EXPECT_THAT(problem_of<int>("2147483648"), HasSubstr("-2147483648 to 2147483647"));
  EXPECT_THAT(problem_of<std::uint64_t>("-3"), HasSubstr("negative"));
  EXPECT_THAT(problem_of<double>("1e999"), HasSubstr("range"));
}

TEST(NumberText, WhatIsNoNumberHasNoCure) {
  for (const char* text :
       {"",    "-",   "+",   ".",    "many", "2.5x",  "1 2", "--3", "+-3", "0x",
        "0xg", "nan", "inf", ".inf", ".nan", "-.inf", "_a",  "e3",  " 1",  "1 "}) {
    EXPECT_THAT(problem_of<int>(text), IsEmpty()) << text;
    EXPECT_THAT(problem_of<double>(text), IsEmpty()) << text;
  }
  EXPECT_THAT(problem_of<int>("2.5"), IsEmpty());
}

}  // namespace
}  // namespace spinconv::train
