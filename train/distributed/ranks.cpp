// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "distributed/ranks.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>

// LibTorch was built with Gloo; its header wants to be told
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "data/text.hpp"
#include "distributed/gpu_sum.hpp"
#include "distributed/pmi.hpp"

namespace spinconv::train {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Store = c10::intrusive_ptr<c10d::Store>;

constexpr auto beat_interval = 500ms;
constexpr auto silence = 2500ms;      // without a beat: a rank is gone
constexpr auto farewell = 8s;         // how long a rank that ends waits for the others to hear it
constexpr auto store_patience = 20s;  // after which the store itself counts as gone

std::string host_name() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string first_line(const std::exception& e) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&e);
  std::string text = torch_error != nullptr ? torch_error->what_without_backtrace() : e.what();
  return text.substr(0, std::min<std::size_t>(text.find('\n'), 300));
}

void put(const Store& store, const std::string& key, const std::string& value) {
  store->set(key, std::vector<std::uint8_t>(value.begin(), value.end()));
}

std::string look_up(const Store& store, const std::string& key) {
  if (!store->check({key})) {
    return "";
  }
  const auto bytes = store->get(key);
  return {bytes.begin(), bytes.end()};
}

// `call` in a thread of its own: a store whose host is stopped or unplugged would not return.
template <class F>
auto bounded(F&& call, std::chrono::milliseconds patience) {
  using Result = decltype(call());
  std::packaged_task<Result()> task(std::forward<F>(call));
  auto result = task.get_future();
  std::thread(std::move(task)).detach();
  if (result.wait_for(patience) != std::future_status::ready) {
    throw RankError("the store of rank 0 does not answer");
  }
  return result.get();
}

}  // namespace

struct Ranks::Connection {
  Store store;       // of the calling thread
  Store beat_store;  // of the thread that beats: a client waits for one answer at a time
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group;
  std::optional<GpuSum> gpu;
  std::chrono::seconds timeout{};
  std::vector<std::string> names;  // "rank 1 of 4 (process 123 on HOST)"
  std::atomic<std::int64_t> collectives{0};
  std::thread beat_thread;
  std::mutex mutex;
  std::condition_variable wake;
  bool stop = false;

  void beat(int rank) {
    for (std::int64_t count = 1;; ++count) {
      try {
        put(beat_store, "beat/" + std::to_string(rank),
            std::to_string(count) + " " + std::to_string(collectives.load()));
      } catch (const std::exception&) {
        return;  // rank 0 is gone; the next collective says so
      }
      std::unique_lock lock(mutex);
      if (wake.wait_for(lock, beat_interval, [this] { return stop; })) {
        return;
      }
    }
  }

  void end_beat() {
    {
      const std::lock_guard lock(mutex);
      stop = true;
    }
    wake.notify_all();
    if (beat_thread.joinable()) {
      beat_thread.join();
    }
  }

  // Runs a collective; what it throws is the loss of a rank.
  template <class F>
  void collective(F&& call) {
    ++collectives;
    try {
      call();
    } catch (const std::exception& e) {
      throw RankError(first_line(e));
    }
  }
};

Ranks::Ranks() = default;

Ranks::Ranks(const Launch& launch, std::chrono::seconds timeout) : launch_(launch) {
  if (!are_many()) {
    return;
  }
  connection_ = std::make_unique<Connection>();
  auto& c = *connection_;
  c.timeout = timeout;
  const auto deadline = Clock::now() + timeout;
  c10d::TCPStoreOptions options;
  options.isServer = is_first();
  options.waitWorkers = false;
  options.timeout = timeout;
  options.port = static_cast<std::uint16_t>(launch_.master_port);
  std::string host = launch_.master_host;
  const auto address = [&] { return host + ":" + std::to_string(options.port); };
  try {
    if (host.empty()) {  // a free port, told through mpiexec
      host = launch_.on_one_machine() ? "127.0.0.1" : host_name();
      if (is_first()) {
        options.port = 0;
        auto server = c10::make_intrusive<c10d::TCPStore>(host, options);
        options.port = server->getPort();
        c.store = server;
      }
      const std::string told = share_through_pmi(launch_.pmi_file, is_first() ? address() : "");
      const std::size_t colon = told.rfind(':');
      host = told.substr(0, colon);
      options.port = static_cast<std::uint16_t>(std::stoi(told.substr(colon + 1)));
    }
    if (!c.store) {
      c.store = c10::make_intrusive<c10d::TCPStore>(host, options);
    }
    c.beat_store = c.store->clone();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {
    throw Error("rank " + std::to_string(rank()) + " of " + std::to_string(size()) +
                (is_first() ? " cannot listen at " : " does not reach rank 0 at ") + address() +
                " (" + first_line(e) + "); " +
                (is_first() ? "give another port: MASTER_PORT"
                            : "is rank 0 running, and are MASTER_ADDR and MASTER_PORT its own?"));
  }

  // all of them have to come, or those that did not are named
  put(c.store, "who/" + std::to_string(rank()),
      "process " + std::to_string(::getpid()) + " on " + host_name());
  std::vector<std::string> missing;
  for (int r = 0; r < size(); ++r) {
    const std::string key = "who/" + std::to_string(r);
    try {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
      c.store->wait({key}, std::max<std::chrono::milliseconds>(left, 100ms));
      c.names.push_back("rank " + std::to_string(r) + " of " + std::to_string(size()) + " (" +
                        look_up(c.store, key) + ")");
    } catch (const std::exception&) {
      missing.push_back(std::to_string(r));
    }
  }
  if (!missing.empty()) {
    throw Error("of " + std::to_string(size()) + " ranks (" + launch_.launcher +
                ") no sign came of " + joined(missing, ", ") + " within " +
                std::to_string(timeout.count()) +
                " s; start as many processes, or wait longer (--rank-timeout)");
  }
  try {
    auto gloo = c10d::ProcessGroupGloo::Options::create(timeout);
    const auto interface = process_environment()("GLOO_SOCKET_IFNAME");
    gloo->devices.push_back(interface ? c10d::ProcessGroupGloo::createDeviceForInterface(*interface)
                            : launch_.on_one_machine()
                                ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                : c10d::ProcessGroupGloo::createDefaultDevice());
    c.group = c10::make_intrusive<c10d::ProcessGroupGloo>(
        c10::make_intrusive<c10d::PrefixStore>("gloo", c.store), rank(), size(), gloo);
  } catch (const std::exception& e) {
    throw Error(c.names[static_cast<std::size_t>(rank())] + " cannot connect to the others (" +
                first_line(e) +
                "); with several networks name the one to use: GLOO_SOCKET_IFNAME=eth0");
  }
  c.beat_thread = std::thread([this] { connection_->beat(rank()); });
}

Ranks::~Ranks() {
  if (!connection_) {
    return;
  }
  connection_->end_beat();
  if (connection_->group) {
    try {
      barrier();  // the store goes with rank 0: nobody may still need it
    } catch (const std::exception&) {
    }
  }
}

bool Ranks::sum_on(torch::Device device) {
  if (!are_many() || device.is_cpu()) {
    return true;
  }
  // of each rank: its machine, its GPU, whether it could
  const auto places = gather({static_cast<double>(std::hash<std::string>()(host_name()) >> 12),
                              static_cast<double>(device.has_index() ? device.index() : 0),
                              GpuSum::is_built() ? 1.0 : 0.0});
  for (std::size_t r = 0; r < places.size(); ++r) {
    if (places[r][2] == 0.0 ||
        std::any_of(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(r),
                    [&](const auto& other) {
                      return other[0] == places[r][0] && other[1] == places[r][1];
                    })) {
      return false;
    }
  }
  connection_->gpu.emplace(connection_->store, rank(), size(), connection_->timeout);
  return true;
}

void Ranks::sum(std::span<torch::Tensor> tensors) {
  if (!are_many()) {
    return;
  }
  connection_->collective([&] {
    std::vector<c10::intrusive_ptr<c10d::Work>> works;
    std::vector<torch::Tensor> on_gpu;
    for (auto& tensor : tensors) {
      if (tensor.is_cuda()) {
        on_gpu.push_back(tensor);
        continue;
      }
      std::vector<torch::Tensor> one{tensor};
      works.push_back(connection_->group->allreduce(one));
    }
    for (auto& work : works) {
      work->wait();
    }
    // after the hosts have met: who is lost is found out there
    if (!on_gpu.empty()) {
      connection_->gpu.value().sum(on_gpu);
    }
  });
}

void Ranks::sum(std::span<double> values) {
  if (!are_many()) {
    return;
  }
  torch::Tensor tensor =
      torch::from_blob(values.data(), {static_cast<std::int64_t>(values.size())}, torch::kFloat64);
  sum(std::span(&tensor, 1));
}

std::vector<std::vector<double>> Ranks::gather(const std::vector<double>& values) {
  if (!are_many()) {
    return {values};
  }
  const auto n = static_cast<std::size_t>(size());
  std::vector<double> lengths(n, 0.0);
  lengths[static_cast<std::size_t>(rank())] = static_cast<double>(values.size());
  sum(std::span(lengths));
  const auto longest = static_cast<std::int64_t>(*std::max_element(lengths.begin(), lengths.end()));
  torch::Tensor mine = torch::zeros({longest}, torch::kFloat64);
  std::copy(values.begin(), values.end(), mine.data_ptr<double>());
  std::vector<std::vector<torch::Tensor>> all(1);
  for (std::size_t r = 0; r < n; ++r) {
    all[0].push_back(torch::zeros({longest}, torch::kFloat64));
  }
  if (longest > 0) {
    connection_->collective([&] {
      std::vector<torch::Tensor> one{mine};
      connection_->group->allgather(all, one)->wait();
    });
  }
  std::vector<std::vector<double>> result(n);
  for (std::size_t r = 0; r < n; ++r) {
    const double* const begin = all[0][r].data_ptr<double>();
    result[r].assign(begin, begin + static_cast<std::ptrdiff_t>(lengths[r]));
  }
  return result;
}

void Ranks::barrier() {
  double nothing = 0.0;
  sum(std::span(&nothing, 1));
}

// Who does not beat any more, and who is behind; "lost" in the store has the former.
std::string Ranks::find_missing(const std::string& what) {
  auto& c = *connection_;
  struct Beat {
    long count = 0, collectives = 0;
    bool ended = false;
  };
  const auto beats = [&] {
    std::vector<Beat> all;
    for (int r = 0; r < size(); ++r) {
      Beat beat;
      const std::string text = look_up(c.store, "beat/" + std::to_string(r));
      std::sscanf(text.c_str(), "%ld %ld", &beat.count, &beat.collectives);
      beat.ended = c.store->check({"gone/" + std::to_string(r)});
      all.push_back(beat);
    }
    return all;
  };
  const auto before = beats();
  std::this_thread::sleep_for(silence);
  const auto now = beats();
  std::vector<std::string> lost, late;
  std::string lost_ranks;
  for (int r = 0; r < size(); ++r) {
    const auto i = static_cast<std::size_t>(r);
    if (r == rank() || now[i].ended) {
      continue;
    }
    if (now[i].count == before[i].count) {
      lost.push_back(c.names[i]);
      lost_ranks += " " + std::to_string(r) + " ";
    } else if (now[i].collectives < c.collectives) {
      late.push_back(c.names[i]);
    }
  }
  put(c.store, "lost", lost_ranks);
  if (!lost.empty()) {
    return joined(lost, " and ") +
           " does not answer: it was killed or stopped, or its machine is lost";
  }
  if (!late.empty()) {
    return joined(late, " and ") + " is alive but did not come to the common step within " +
           std::to_string(c.timeout.count()) +
           " s: it waits for something else, such as a disk; wait longer with --rank-timeout";
  }
  return "the connection between the ranks broke (" + what + ")";
}

std::string Ranks::report_failure(const std::exception& error) {
  if (!connection_ || !connection_->group) {
    return error.what();  // the ranks have not met
  }
  auto& c = *connection_;
  const auto* const torch_error = dynamic_cast<const c10::Error*>(&error);
  const std::string own = torch_error == nullptr
                              ? error.what()
                              : std::string("LibTorch: ") + torch_error->what_without_backtrace();
  std::string message;
  try {
    message = bounded(
        [&]() -> std::string {
          if (c.store->add("failures", 1) > 1) {
            c.store->wait({"verdict"}, store_patience / 2);
            return "";
          }
          const bool lost = dynamic_cast<const RankError*>(&error) != nullptr;
          const std::string text = lost         ? find_missing(own)
                                   : is_first() ? own
                                                : "rank " + std::to_string(rank()) + ": " + own;
          put(c.store, "verdict", text);
          return text;
        },
        store_patience);
    put(c.store, "gone/" + std::to_string(rank()), "1");
  } catch (const std::exception&) {
    // the store lives in rank 0
    return is_first() ? own
                      : c.names[0] +
                            " does not answer: it was killed or stopped, or its machine "
                            "is lost";
  }
  if (is_first()) {
    try {
      const std::string lost = look_up(c.store, "lost");
      const auto deadline = Clock::now() + farewell;
      for (int r = 1; r < size();) {
        const std::string text = std::to_string(r);
        if (Clock::now() > deadline || lost.find(" " + text + " ") != std::string::npos ||
            c.store->check({"gone/" + text})) {
          ++r;
        } else {
          std::this_thread::sleep_for(50ms);
        }
      }
    } catch (const std::exception&) {
    }
  }
  return message;
}

}  // namespace spinconv::train
