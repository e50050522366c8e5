// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "report/progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <vector>

namespace spinconv::train {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class ReportProgress : public ::testing::Test {
 protected:
  ReportProgress() {
    options_.stream = ::open_memstream(&buffer_, &size_);
    options_.terminal = false;
    options_.width = 80;
    options_.clock = [this] { return time_; };
  }
  ~ReportProgress() override {
    std::fclose(options_.stream);
    std::free(buffer_);
  }

  std::string output() {
    std::fflush(options_.stream);
    return {buffer_, size_};
  }
  std::vector<std::string> lines() {
    std::istringstream stream(output());
    std::vector<std::string> all;
    for (std::string line; std::getline(stream, line);) {
      all.push_back(line);
    }
    return all;
  }
  // What the terminal's last line shows: after the last carriage return, without the erase code.
  std::string shown() {
    const std::string all = output();
    std::string line = all.substr(all.rfind('\r') + 1);
    const std::size_t escape = line.find('\x1b');
    return line.substr(0, escape);
  }

  double time_ = 100.0;
  ProgressOptions options_;

 private:
  char* buffer_ = nullptr;
  std::size_t size_ = 0;
};

TEST_F(ReportProgress, ALogGetsALineForEachTenthWithoutControlCharacters) {
  ProgressBar bar(100, "epoch 3", options_);
  for (int i = 0; i < 100; ++i) {
    time_ += 2.0;
    bar.set_status("loss 0.5");
    bar.advance();
  }
  bar.finish();
  const std::vector<std::string> all = lines();
  ASSERT_EQ(all.size(), 10U);
  EXPECT_EQ(all[0], "epoch 3: 10% (10/100), 2.0 s/step, 3 min 00 s left, loss 0.5");
  EXPECT_EQ(all[8], "epoch 3: 90% (90/100), 2.0 s/step, 20 s left, loss 0.5");
  EXPECT_EQ(all[9], "epoch 3: 100/100 in 3 min 20 s, 2.0 s/step, loss 0.5");
  const std::string text = output();
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\n' || static_cast<unsigned char>(c) >= 0x20;
  }));
}

TEST_F(ReportProgress, AFastTaskWritesOneLineToALog) {
  ProgressBar bar(1000, "read", options_);
  for (int i = 0; i < 1000; ++i) {
    time_ += 0.001;
    bar.advance();
  }
  bar.finish();
  bar.finish();
  EXPECT_THAT(lines(), ElementsAre("read: 1000/1000 in 1.0 s, 1000/s"));
}

TEST_F(ReportProgress, ASlowTaskWritesALogLineAtTheLatestAfterTheLongestSilence) {
  ProgressBar bar(1000000, "label", options_);
  for (int i = 0; i < 10; ++i) {
    time_ += 100.0;
    bar.advance();
  }
  EXPECT_EQ(lines().size(), 3U);  // 1000 s in silences of 300 s
}

TEST_F(ReportProgress, AnUnkeptBarLeavesNoLineInALog) {
  options_.keep = false;
  ProgressBar bar(10, "batches", options_);
  bar.advance(10);
  bar.finish();
  EXPECT_THAT(output(), IsEmpty());
}

TEST_F(ReportProgress, ATerminalRedrawsOneLineAndKeepsTheLast) {
  options_.terminal = true;
  ProgressBar bar(4, "fit", options_);
  time_ += 2.0;
  bar.set_status("loss 1");
  bar.advance();
  EXPECT_EQ(shown(), "fit [=======>                      ]  25%  2.0 s/step  ETA 6.0 s  loss 1");
  EXPECT_THAT(output(), Not(HasSubstr("\n")));
  time_ += 2.0;
  bar.advance(3);
  bar.finish();
  EXPECT_THAT(output(), EndsWith("\r\x1b[Kfit: 4/4 in 4.0 s, 1.0/s, loss 1\n"));
}

TEST_F(ReportProgress, ATerminalIsNotRedrawnMoreOftenThanAsked) {
  options_.terminal = true;
  ProgressBar bar(1000, "fit", options_);
  for (int i = 0; i < 1000; ++i) {
    time_ += 0.001;
    bar.advance();
  }
  const std::string text = output();
  EXPECT_LE(std::count(text.begin(), text.end(), '\r'), 11);  // 1 s at 0.1 s, and the first
}

TEST_F(ReportProgress, ALineNeverReachesTheLastColumn) {
  options_.terminal = true;
  for (const int width : {1, 10, 20, 40, 79}) {
    options_.width = width;
    ProgressBar bar(10, "a label of some length \u00C5", options_);
    time_ += 1.0;
    bar.set_status("a status that is far too long for the line \u00C5\u00C5\u00C5");
    bar.advance(5);
    const std::string line = shown();
    const auto columns = std::count_if(line.begin(), line.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    });
    EXPECT_LE(columns, std::max(width - 1, 1)) << width;
    bar.finish();
  }
}

TEST_F(ReportProgress, MessagesStandAboveTheBar) {
  options_.terminal = true;
  ProgressBar bar(10, "fit", options_);
  bar.print("epoch 1 done");
  EXPECT_THAT(output(), HasSubstr("\r\x1b[Kepoch 1 done\n\rfit ["));
}

TEST_F(ReportProgress, AnInterruptedBarEndsItsLine) {
  options_.terminal = true;
  { ProgressBar bar(10, "fit", options_); }
  EXPECT_THAT(output(), EndsWith("\n"));
}

TEST_F(ReportProgress, LineBreaksInTextsDoNotBreakTheLine) {
  options_.terminal = true;
  ProgressBar bar(10, "a\nb", options_);
  time_ += 1.0;
  bar.set_status("c\r\nd\x1b[2J");
  bar.advance();
  EXPECT_THAT(output(), Not(HasSubstr("\n")));
  EXPECT_THAT(shown(), StartsWith("a b ["));
  EXPECT_THAT(shown(), EndsWith("c  d [2J"));
}

TEST_F(ReportProgress, ResumedWorkDoesNotCountForTheRate) {
  ProgressBar bar(100, "fit", options_);
  bar.start_at(50);
  time_ += 20.0;
  bar.advance(10);
  EXPECT_THAT(lines(), ElementsAre("fit: 60% (60/100), 2.0 s/step, 1 min 20 s left"));
}

TEST_F(ReportProgress, NoWorkAtAllLeavesNothing) {
  for (const bool terminal : {false, true}) {
    options_.terminal = terminal;
    ProgressBar bar(0, "nothing", options_);
    bar.print("a line");
    bar.finish();
    EXPECT_THAT(output(), Not(HasSubstr("nothing")));
  }
}

TEST_F(ReportProgress, WorkWithoutAKnownTotalShowsWhatIsDone) {
  options_.unit = "frames";
  ProgressBar bar(0, "evaluating", options_);
  time_ += 10.0;
  bar.advance(100);
  time_ += 300.0;
  bar.set_status("late");
  bar.advance(210);
  bar.finish();
  EXPECT_THAT(lines(), ElementsAre("evaluating: 310 frames, 1.0/s, late",
                                   "evaluating: 310 frames in 5 min 10 s, 1.0/s, late"));
}

TEST_F(ReportProgress, WorkWithoutAKnownTotalHasNoBarOnATerminal) {
  options_.terminal = true;
  options_.unit = "frames";
  ProgressBar bar(0, "evaluating", options_);
  EXPECT_THAT(output(), IsEmpty());
  time_ += 2.0;
  bar.advance(64);
  EXPECT_EQ(shown(), "evaluating 64 frames  32.0/s");
  bar.finish();
  EXPECT_THAT(output(), EndsWith("\r\x1b[Kevaluating: 64 frames in 2.0 s, 32.0/s\n"));
}

TEST_F(ReportProgress, ATotalThatWasTooSmallIsForgotten) {
  ProgressBar bar(10, "fit", options_);
  time_ += 2.0;
  bar.advance(12);
  bar.finish();
  EXPECT_THAT(lines(), ElementsAre("fit: 12 in 2.0 s, 6.0/s"));
}

TEST_F(ReportProgress, TheLastLineOnATerminalIsNotWrapped) {
  options_.terminal = true;
  options_.width = 40;
  ProgressBar bar(100, "training", options_);
  EXPECT_EQ(bar.line_columns(), 39);
  time_ += 2.0;
  bar.set_status("epoch 50/50, loss 1.351482, 345 MB");
  bar.advance(100);
  bar.finish();
  EXPECT_THAT(output(), EndsWith("\r\x1b[Ktraining: 100/100 in 2.0 s, 50.0/s\n"));
}

TEST_F(ReportProgress, ALogHasNoWidth) {
  EXPECT_EQ(ProgressBar(1, "fit", options_).line_columns(), std::nullopt);
}

TEST_F(ReportProgress, AnInterruptedBarThatIsNotKeptIsWiped) {
  options_.terminal = true;
  options_.keep = false;
  { ProgressBar bar(10, "edges", options_); }
  EXPECT_THAT(output(), EndsWith("\r\x1b[K"));
}

}  // namespace
}  // namespace spinconv::train
