// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>

namespace spinconv::train {

struct ProgressOptions {
  std::FILE* stream = stderr;  // nullptr: nothing is shown
  // not set: whether the stream is a terminal that can redraw a line (TERM is set and not "dumb")
  std::optional<bool> terminal;
  std::optional<int> width;        // columns; not set: asked of the terminal
  double redraw_seconds = 0.1;     // terminal: at most one redraw in this time
  double log_fraction = 0.1;       // log: a line for each tenth of the work,
  double log_min_seconds = 10.0;   // but none sooner than this after the one before,
  double log_max_seconds = 300.0;  // and one at the latest after this
  // Whether a trace of finished work stays: the last line on a terminal, the last line in a log.
  // Without it the terminal's line is wiped, and a log gets no last line.
  bool keep = true;
  std::string unit;               // of work without a known total: "frames"
  std::function<double()> clock;  // seconds; not set: the steady clock

  // Of work that leaves no trace, where `shown`; else nothing is.
  static ProgressOptions passing(bool shown = true);
};

// Progress of `total` steps: on a terminal one redrawn line with percentage, bar, rate, time left
// and a short status; in a log plain lines without control characters. Where the total is not known
// (0), or was too small, the steps done are shown without a share; no work at all leaves nothing.
// No thread: it draws from advance().
//   ProgressBar bar(batches, "epoch 3");
//   for (...) { bar.advance(); bar.set_status("loss 0.12"); }
//   bar.finish();
class ProgressBar {
 public:
  ProgressBar(std::int64_t total, std::string label, ProgressOptions options = {});
  ~ProgressBar();  // an unfinished line on a terminal is ended, or wiped where no trace is kept, so
                   // that an error message starts its own
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void advance(std::int64_t steps = 1);
  // Where resumed work starts: steps done before do not count for the rate.
  void start_at(std::int64_t done);
  void set_status(std::string status);  // shown at the next redraw
  // Print a line of its own; on a terminal the bar moves below it.
  void print(const std::string& line);
  // Columns that a printed line may have without being wrapped; no value in a log, which does not.
  std::optional<int> line_columns() const;
  void finish();  // draws the final state once; later calls do nothing

 private:
  double now() const;
  void draw(double time);
  void log(double time);
  bool knows_total() const { return total_ > 0 && done_ <= total_; }
  std::string done_text() const;   // "15/20", "15 frames"
  double fraction() const;         // 0 where the total is not known
  double rate(double time) const;  // steps per second since the start
  int columns() const;
  void wipe();

  std::int64_t total_;
  std::int64_t done_ = 0;
  std::int64_t first_ = 0;
  std::string label_;
  std::string status_;
  ProgressOptions options_;
  bool terminal_;
  bool on_line_ = false;  // the terminal's cursor is at the end of the bar
  bool finished_ = false;
  double start_time_;
  double last_output_time_;
  double last_output_fraction_ = 0.0;
};

}  // namespace spinconv::train
