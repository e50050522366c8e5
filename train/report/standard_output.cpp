// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "report/standard_output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <string_view>

namespace spinconv::train {

StandardOutput::StandardOutput(int descriptor) : descriptor_(descriptor) {
  setp(buffer_.data(), buffer_.data() + buffer_.size());
}

StandardOutput& StandardOutput::install() {
  // never destroyed: std::cout is flushed after everything else has ended
  static auto* const output = new StandardOutput(STDOUT_FILENO);
  std::cout.rdbuf(output);
  return *output;
}

int StandardOutput::finish() {
  sync();
  return error_;
}

int StandardOutput::sync() {
  const char* next = pbase();
  while (next < pptr() && error_ == 0) {
    const ssize_t written = ::write(descriptor_, next, static_cast<std::size_t>(pptr() - next));
    if (written >= 0) {
      next += written;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {  // a pipe that somebody made non-blocking
      pollfd ready{descriptor_, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  setp(buffer_.data(), buffer_.data() + buffer_.size());
  return error_ == 0 ? 0 : -1;
}

StandardOutput::int_type StandardOutput::overflow(int_type c) {
  if (sync() != 0) {
    return traits_type::eof();
  }
  if (traits_type::eq_int_type(c, traits_type::eof())) {
    return traits_type::not_eof(c);
  }
  return sputc(traits_type::to_char_type(c));
}

std::streamsize StandardOutput::xsputn(const char* text, std::streamsize size) {
  std::streamsize taken = 0;
  while (taken < size) {
    const std::streamsize part = std::min<std::streamsize>(size - taken, epptr() - pptr());
    std::copy_n(text + taken, part, pptr());
    pbump(static_cast<int>(part));
    taken += part;
    if (pptr() == epptr() && sync() != 0) {
      return taken - part;
    }
  }
  // a line is there as soon as it is complete, also in a file, and before what stderr says next
  const bool line =
      std::string_view(text, static_cast<std::size_t>(size)).find('\n') != std::string_view::npos;
  return line && sync() != 0 ? 0 : taken;
}

}  // namespace spinconv::train
