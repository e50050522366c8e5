// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// spinconv-fuzz: readers of files on inputs that were changed at random. docs/development.md has
// how to run it.
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <limits>
#include <new>
#include <optional>
#include <thread>

#include "fuzz/target.hpp"
#include "spinconv/error.hpp"
#include "support/temporary_folder.hpp"

#if defined(__SANITIZE_ADDRESS__)
constexpr bool has_address_sanitizer = true;  // which looks at memory; see tests/sanitizers
#else
constexpr bool has_address_sanitizer = false;
#endif

namespace spinconv::fuzz {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr double time_limit = 10.0;                     // seconds of the processor for one input
constexpr rlim_t memory_limit = rlim_t{1} << 30;        // bytes more than there were at the start
constexpr auto glance = std::chrono::milliseconds(20);  // of the parent at its child

// What the process that reads tells the one that watches it, in memory of both.
struct Progress {
  std::atomic<std::uint64_t> run{0};  // that goes on
  std::atomic<std::uint64_t> accepted{0}, refused{0};
  std::atomic<bool> is_reading{false};
  std::atomic<bool> is_done{false};
  std::atomic<std::uint64_t> slowest_run{0};
  std::atomic<double> slowest{0.0};  // seconds
  char finding[1024] = {};           // an exception that is none of ours
  char message[512] = {};            // of the last input that was refused
};

// Seconds of the processor that a process has used: the same on a busy machine.
double processor_seconds(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
    return 0.0;
  }
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Options {
  std::string target;
  std::uint64_t runs = 100000;
  std::uint64_t seed = 1;
  std::uint64_t first = 0;
  std::size_t findings = 10;
  std::string corpus, regressions;
  std::string output = ".";
  std::vector<std::string> replay;
  bool print = false;
};

class Fuzzer {
 public:
  Fuzzer(const Target& target, const Options& options)
      : target_(target), options_(options), samples_(target.samples()) {
    valid_ = samples_.size();
    for (auto& bytes : files_of(options.corpus)) {
      samples_.emplace_back(std::move(bytes), !samples_[0].members.empty());
    }
    for (const auto& sample : samples_) {
      unchanged_.push_back(sample.bytes);
    }
    for (auto& bytes : files_of(options.regressions)) {
      unchanged_.push_back(std::move(bytes));
    }
    void* const memory = ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      throw std::bad_alloc();
    }
    progress_ = new (memory) Progress;
    std::string name = (fs::is_directory("/dev/shm") ? "/dev/shm" : "/tmp");
    name += "/spinconv-fuzz-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error("cannot make the folder " + name);
    }
    folder_ = name;
  }
  ~Fuzzer() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
    ::munmap(progress_, sizeof(Progress));
  }
  Fuzzer(const Fuzzer&) = delete;
  Fuzzer& operator=(const Fuzzer&) = delete;

  int run() {
    const auto start = Clock::now();
    const std::uint64_t begin = options_.first == 0 ? 0 : unchanged_.size() + options_.first;
    const std::uint64_t end = unchanged_.size() + options_.first + options_.runs;
    std::uint64_t next = begin;
    while (next < end && findings_ < options_.findings) {
      next = watch(next, end);
    }
    report(next - begin, seconds_since(start));
    return findings_ == 0 ? 0 : 1;
  }

  int replay() {
    unchanged_.clear();
    valid_ = 0;
    for (const auto& path : options_.replay) {
      unchanged_.push_back(test::read_bytes(path));
    }
    for (std::uint64_t k = 0; k < unchanged_.size(); ++k) {
      const auto before = findings_;
      progress_->message[0] = '\0';
      watch(k, k + 1);
      if (findings_ == before) {
        std::cout << options_.replay[k] << ": "
                  << (progress_->message[0] != '\0' ? progress_->message : "accepted") << "\n";
      }
    }
    return findings_ == 0 ? 0 : 1;
  }

 private:
  static std::vector<std::string> files_of(const std::string& folder) {
    std::vector<std::string> paths, contents;
    if (fs::is_directory(folder)) {
      for (const auto& entry : fs::directory_iterator(folder)) {
        paths.push_back(entry.path().string());
      }
    }
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) {
      contents.push_back(test::read_bytes(path));
    }
    return contents;
  }

  // Samples and regressions as they are, then changed samples.
  std::string input(std::uint64_t number) const {
    if (number < unchanged_.size()) {
      return unchanged_[number];
    }
    const std::uint64_t run = number - unchanged_.size();
    Random random(Random(options_.seed).bits() + run);
    const Sample& sample = samples_[random.below(samples_.size())];
    const Sample& other = samples_[random.below(samples_.size())];
    return target_.change(sample, other, random);
  }

  // Read inputs begin, begin + 1, ... in a process of its own until one is a finding; the number of
  // the next.
  std::uint64_t watch(std::uint64_t begin, std::uint64_t end) {
    Progress& p = *progress_;
    p.run = begin;
    p.is_reading = p.is_done = false;
    p.finding[0] = '\0';
    std::cout.flush();
    const pid_t child = ::fork();
    if (child < 0) {
      throw std::runtime_error("cannot start a process");
    }
    if (child == 0) {
      read_all(begin, end);
      std::exit(0);  // not _exit: leaks are looked for at the end
    }
    int status = 0;
    bool is_late = false;
    std::uint64_t seen = begin;
    auto since = Clock::now();
    double used = 0.0;
    const double limit = time_limit * (has_address_sanitizer ? 5 : 1);
    rusage usage{};
    while (::wait4(child, &status, WNOHANG, &usage) == 0) {
      if (p.run != seen || !p.is_reading) {
        seen = p.run;
        since = Clock::now();
        used = processor_seconds(child);
      } else if (processor_seconds(child) - used > limit || seconds_since(since) > 30 * limit) {
        is_late = true;
        ::kill(child, SIGKILL);
        ::wait4(child, &status, 0, &usage);
        break;
      }
      std::this_thread::sleep_for(glance);
    }
    memory_ = std::max(memory_, usage.ru_maxrss);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && p.is_done) {
      return end;
    }
    std::string what = p.finding;
    if (is_late) {
      what = "does not end within " + std::to_string(static_cast<int>(time_limit)) + " s";
    } else if (what.empty() && p.is_done) {
      what = "leaks memory (of one of the inputs before)";
    } else if (what.empty()) {
      what = WIFSIGNALED(status) ? std::string("ended by ") + strsignal(WTERMSIG(status))
                                 : "ended with status " + std::to_string(WEXITSTATUS(status));
    }
    save(p.run, what);
    return p.run + 1;
  }

  void read_all(std::uint64_t begin, std::uint64_t end) {
    Progress& p = *progress_;
    limit_memory();
    for (std::uint64_t run = begin; run < end; ++run) {
      const std::string bytes = input(run);
      p.run = run;
      p.is_reading = true;
      const auto start = Clock::now();
      const bool whole = run < unchanged_.size() || options_.runs == 1;
      try {
        target_.read(bytes, folder_, whole);
        p.accepted += 1;
      } catch (const Error& error) {
        p.refused += 1;
        std::strncpy(p.message, error.what(), sizeof p.message - 1);
        if (options_.print) {
          std::cout << error.what() << "\n";
        }
        if (run < valid_) {
          stop(std::string("a valid file is refused: ") + error.what());
        }
      } catch (const std::exception& error) {
        stop(std::string(typeid(error).name()) + ": " + error.what());
      }
      const double took = seconds_since(start);
      if (took > p.slowest) {
        p.slowest = took;
        p.slowest_run = run;
      }
      p.is_reading = false;
    }
    p.is_done = true;
  }

  [[noreturn]] void stop(const std::string& what) {
    std::strncpy(progress_->finding, what.c_str(), sizeof progress_->finding - 1);
    ::_exit(1);
  }

  // Memory that a small input makes a reader ask for is a finding: std::bad_alloc then.
  static void limit_memory() {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    if (has_address_sanitizer) {
      return;  // the shadow memory is larger; see __asan_default_options()
    }
    long pages = 0;
    if (FILE* const file = std::fopen("/proc/self/statm", "r")) {
      if (std::fscanf(file, "%ld", &pages) != 1) {
        pages = 0;
      }
      std::fclose(file);
    }
    if (pages > 0) {
      const rlim_t size = static_cast<rlim_t>(pages) * static_cast<rlim_t>(::getpagesize());
      const rlimit limit{size + memory_limit, size + memory_limit};
      ::setrlimit(RLIMIT_AS, &limit);
    }
  }

  std::string name_of(std::uint64_t run) const {
    return run < unchanged_.size() ? "file " + std::to_string(run)
                                   : "run " + std::to_string(run - unchanged_.size());
  }

  void save(std::uint64_t run, const std::string& what) {
    ++findings_;
    std::string name = target_.name + " seed " + std::to_string(options_.seed) + " " + name_of(run);
    std::replace(name.begin(), name.end(), ' ', '-');
    const std::string path = (fs::path(options_.output) / name).string();
    const std::string bytes = input(run);
    test::write_bytes(path, bytes);
    std::cout << target_.name << ": FINDING in " << name_of(run) << " of seed " << options_.seed
              << ": " << what << "\n  saved (" << bytes.size() << " bytes): " << path
              << "; again: spinconv-fuzz " << target_.name << " --replay " << path << "\n"
              << std::flush;
  }

  void report(std::uint64_t runs, double seconds) const {
    const Progress& p = *progress_;
    std::cout << target_.name << ": " << runs << " inputs in "
              << static_cast<int>(10.0 * seconds + 0.5) / 10.0 << " s ("
              << static_cast<long>(static_cast<double>(runs) / seconds) << "/s), seed "
              << options_.seed << ", accepted " << p.accepted << ", refused " << p.refused
              << ", findings " << findings_ << "; slowest " << name_of(p.slowest_run) << " ("
              << static_cast<int>(1000.0 * p.slowest) << " ms), memory " << memory_ / 1024
              << " MB\n";
  }

  const Target& target_;
  const Options& options_;
  std::vector<Sample> samples_;         // that are changed
  std::vector<std::string> unchanged_;  // that are read first
  std::size_t valid_ = 0;               // of these
  std::string folder_;
  Progress* progress_ = nullptr;
  std::size_t findings_ = 0;
  long memory_ = 0;  // kB
};

int main(int argc, char** argv) {
  CLI::App app{"Readers of files on inputs that were changed at random", "spinconv-fuzz"};
  Options options;
  std::vector<std::string> names;
  std::string list = "what is read:";
  for (const auto& target : targets()) {
    names.push_back(target.name);
    list += "\n  " + target.name + ": " + target.what;
  }
  app.add_option("target", options.target, list)->required()->check(CLI::IsMember(names));
  app.add_option("--runs", options.runs, "number of changed inputs (default: 100000)");
  app.add_option("--seed", options.seed, "the same seed gives the same inputs (default: 1)");
  app.add_option("--first", options.first, "number of the run to begin with (default: 0)");
  app.add_option("--findings", options.findings, "end after so many findings (default: 10)");
  app.add_option("--corpus", options.corpus, "folder of files that are read and changed too")
      ->check(CLI::ExistingDirectory);
  app.add_option("--regressions", options.regressions, "folder of files that are read as they are")
      ->check(CLI::ExistingDirectory);
  app.add_option("--output", options.output, "folder for the inputs of findings (default: .)");
  app.add_option("--replay", options.replay, "read these files as they are, and nothing else");
  app.add_flag("--print", options.print, "print the errors by which inputs are refused");
  CLI11_PARSE(app, argc, argv);
  const auto target = std::find_if(targets().begin(), targets().end(),
                                   [&](const Target& t) { return t.name == options.target; });
  Fuzzer fuzzer(*target, options);
  return options.replay.empty() ? fuzzer.run() : fuzzer.replay();
}

}  // namespace
}  // namespace spinconv::fuzz

int main(int argc, char** argv) {
  try {
    return spinconv::fuzz::main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "spinconv-fuzz: error: " << error.what() << "\n";
    return 2;
  }
}
