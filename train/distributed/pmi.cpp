// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "distributed/pmi.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

[[noreturn]] void fail_launcher(const std::string& why) {
  throw Error("mpiexec does not answer as expected (" + why +
              "); set MASTER_ADDR and MASTER_PORT, the host and a free port of rank 0, for all "
              "processes: mpiexec -genv MASTER_ADDR 127.0.0.1 -genv MASTER_PORT 29500 ...");
}

// Sends a line, returns the line of the answer.
std::string ask(int file, const std::string& command) {
  const std::string line = command + "\n";
  for (std::size_t sent = 0; sent < line.size();) {
    const auto n = ::write(file, line.data() + sent, line.size() - sent);
    if (n < 0 && errno != EINTR) {
      fail_launcher(std::strerror(errno));
    }
    sent += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  std::string answer;
  for (char c = 0; c != '\n';) {
    const auto n = ::read(file, &c, 1);
    if (n == 0 || (n < 0 && errno != EINTR)) {
      fail_launcher(n == 0 ? "it has closed the connection" : std::strerror(errno));
    }
    if (n > 0 && c != '\n') {
      answer += c;
    }
  }
  return answer;
}

// The value of `key` in "cmd=... rc=0 key=value".
std::string value_of(const std::string& answer, const std::string& key) {
  const std::size_t at = answer.find(" " + key + "=");
  if (at == std::string::npos) {
    fail_launcher("'" + answer + "' has no " + key);
  }
  const std::size_t begin = at + key.size() + 2;
  return answer.substr(begin, answer.find(' ', begin) - begin);
}

}  // namespace

std::string share_through_pmi(int file, const std::string& value) {
  ask(file, "cmd=init pmi_version=1 pmi_subversion=1");
  const std::string space = value_of(ask(file, "cmd=get_my_kvsname"), "kvsname");
  if (!value.empty()) {
    ask(file, "cmd=put kvsname=" + space + " key=spinconv value=" + value);
  }
  ask(file, "cmd=barrier_in");
  const std::string shared =
      value_of(ask(file, "cmd=get kvsname=" + space + " key=spinconv"), "value");
  ask(file, "cmd=finalize");
  return shared;
}

}  // namespace spinconv::train
