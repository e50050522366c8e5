// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "report/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "data/number_text.hpp"

namespace spinconv::train {

namespace {

constexpr int default_columns = 80;
constexpr int max_bar_columns = 30;
constexpr int min_bar_columns = 5;

bool is_terminal(std::FILE* stream) {
  const char* term = std::getenv("TERM");
  const int descriptor = ::fileno(stream);
  return descriptor >= 0 && ::isatty(descriptor) == 1 && term != nullptr && *term != '\0' &&
         std::strcmp(term, "dumb") != 0;
}

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// A status or label with a line break would end the line that is redrawn.
std::string without_control_characters(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      c = ' ';
    }
  }
  return text;
}

bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}  // UTF-8

int count_columns(const std::string& text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), starts_character));
}

std::string cut(const std::string& text, int columns) {
  std::size_t end = 0;
  for (int used = 0; end < text.size(); ++end) {
    if (starts_character(text[end]) && used++ == columns) {
      break;
    }
  }
  return text.substr(0, end);
}

// Without its last parts (", loss 0.5") as far as `columns` have no room for them.
std::string shorten(std::string line, int columns) {
  while (count_columns(line) > columns) {
    const std::size_t comma = line.rfind(", ");
    if (comma == std::string::npos) {
      return cut(line, columns);
    }
    line.resize(comma);
  }
  return line;
}

std::string format_rate(double rate) {
  if (!std::isfinite(rate) || rate <= 0.0) {
    return "";
  }
  if (rate < 1.0) {
    return format_duration(1.0 / rate) + "/step";
  }
  return format(rate < 100.0 ? "%.1f/s" : "%.0f/s", rate);
}

}  // namespace

ProgressOptions ProgressOptions::passing(bool shown) {
  ProgressOptions options;
  options.keep = false;
  options.stream = shown ? options.stream : nullptr;
  return options;
}

ProgressBar::ProgressBar(std::int64_t total, std::string label, ProgressOptions options)
    : total_(std::max<std::int64_t>(total, 0)),
      label_(without_control_characters(std::move(label))),
      options_(std::move(options)),
      terminal_(options_.stream != nullptr &&
                options_.terminal.value_or(is_terminal(options_.stream))),
      start_time_(now()),
      last_output_time_(start_time_) {
  if (terminal_ && total_ > 0) {
    draw(start_time_);
  }
}

ProgressBar::~ProgressBar() {
  if (on_line_ && !finished_) {
    if (options_.keep) {
      std::fputc('\n', options_.stream);
    } else {
      wipe();
    }
    std::fflush(options_.stream);
  }
}

double ProgressBar::now() const {
  return options_.clock ? options_.clock() : steady_seconds();
}

double ProgressBar::fraction() const {
  return knows_total() ? static_cast<double>(done_) / static_cast<double>(total_) : 0.0;
}

std::string ProgressBar::done_text() const {
  if (knows_total()) {
    return std::to_string(done_) + '/' + std::to_string(total_);
  }
  return std::to_string(done_) + (options_.unit.empty() ? "" : ' ' + options_.unit);
}

double ProgressBar::rate(double time) const {
  const double elapsed = time - start_time_;
  return elapsed > 0.0 ? static_cast<double>(done_ - first_) / elapsed : 0.0;
}

int ProgressBar::columns() const {
  if (options_.width) {
    return *options_.width;
  }
  winsize size{};
  if (::ioctl(::fileno(options_.stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  return default_columns;
}

std::optional<int> ProgressBar::line_columns() const {
  return terminal_ ? std::optional(std::max(columns() - 1, 1)) : std::nullopt;
}

void ProgressBar::start_at(std::int64_t done) {
  done_ = first_ = done;
  start_time_ = now();
  last_output_fraction_ = fraction();
  if (terminal_ && total_ > 0) {
    draw(start_time_);
  }
}

void ProgressBar::set_status(std::string status) {
  status_ = without_control_characters(std::move(status));
}

void ProgressBar::advance(std::int64_t steps) {
  done_ += steps;
  if (finished_ || options_.stream == nullptr) {
    return;
  }
  const double time = now();
  const double since = time - last_output_time_;
  if (terminal_) {
    if (since >= options_.redraw_seconds) {
      draw(time);
    }
    return;
  }
  // The step fraction is rounded up a little, so that 0.1 + 0.2 counts as three tenths. The last
  // line is that of finish().
  const bool far = fraction() - last_output_fraction_ >= options_.log_fraction * (1.0 - 1e-9);
  if ((done_ < total_ || !knows_total()) &&
      ((far && since >= options_.log_min_seconds) || since >= options_.log_max_seconds)) {
    log(time);
  }
}

void ProgressBar::draw(double time) {
  // The last column stays free: some terminals wrap as soon as it is written.
  const int room = columns() - 1;
  const bool share = knows_total();
  std::string tail = share ? format(" %3.0f%%", std::floor(100.0 * fraction())) : " " + done_text();
  const double steps_per_second = rate(time);
  if (steps_per_second > 0.0) {
    tail += "  " + format_rate(steps_per_second);
    if (share) {
      tail += "  ETA " + format_duration(static_cast<double>(total_ - done_) / steps_per_second);
    }
  }
  if (!status_.empty()) {
    tail += "  " + status_;
  }

  std::string line = label_;
  const int bar_columns =
      std::min(max_bar_columns, room - count_columns(label_) - count_columns(tail) - 3);
  if (share && bar_columns >= min_bar_columns) {
    const auto filled = static_cast<std::size_t>(fraction() * bar_columns);
    std::string bar(static_cast<std::size_t>(bar_columns), ' ');
    std::fill_n(bar.begin(), filled, '=');
    if (filled < bar.size()) {
      bar[filled] = '>';
    }
    line += " [" + bar + ']';
  }
  line = cut(line + tail, std::max(room, 1));
  std::fprintf(options_.stream, "\r%s\x1b[K", line.c_str());
  std::fflush(options_.stream);
  on_line_ = true;
  last_output_time_ = time;
}

void ProgressBar::log(double time) {
  const bool share = knows_total();
  std::string line = label_ + ": ";
  line +=
      share ? format("%.0f%% (", std::floor(100.0 * fraction())) + done_text() + ')' : done_text();
  const double steps_per_second = rate(time);
  if (steps_per_second > 0.0) {
    line += ", " + format_rate(steps_per_second);
    if (share) {
      line +=
          ", " + format_duration(static_cast<double>(total_ - done_) / steps_per_second) + " left";
    }
  }
  if (!status_.empty()) {
    line += ", " + status_;
  }
  std::fprintf(options_.stream, "%s\n", line.c_str());
  std::fflush(options_.stream);
  last_output_time_ = time;
  last_output_fraction_ = fraction();
}

void ProgressBar::wipe() {
  if (on_line_) {
    std::fputs("\r\x1b[K", options_.stream);
    on_line_ = false;
  }
}

void ProgressBar::print(const std::string& line) {
  if (options_.stream == nullptr) {
    return;
  }
  wipe();
  std::fprintf(options_.stream, "%s\n", line.c_str());
  std::fflush(options_.stream);
  if (terminal_ && !finished_ && (total_ > 0 || done_ > 0)) {
    draw(now());
  }
}

void ProgressBar::finish() {
  if (finished_) {
    return;
  }
  finished_ = true;
  if (options_.stream == nullptr) {
    return;
  }
  const double time = now();
  wipe();
  if (options_.keep && (total_ > 0 || done_ > 0)) {
    std::string line = label_ + ": " + done_text() + " in " + format_duration(time - start_time_);
    const std::string speed = format_rate(rate(time));
    if (!speed.empty()) {
      line += ", " + speed;
    }
    if (!status_.empty()) {
      line += ", " + status_;
    }
    line = terminal_ ? shorten(line, *line_columns()) : line;
    std::fprintf(options_.stream, "%s\n", line.c_str());
  }
  std::fflush(options_.stream);
}

}  // namespace spinconv::train
