// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/types.h>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "distributed/launch.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {

// Another rank did not take part: it was lost, ended, or was too late.
class RankError : public Error {
 public:
  using Error::Error;
};

// The processes that train together. All of them have to call the same collectives in the same
// order; these throw RankError as soon as one of the others is gone, or after the time-out. Sums
// have the same bits on every rank, and in every run with as many ranks.
class Ranks {
 public:
  Ranks();  // this process alone: the collectives do nothing

  // Meet the other processes. Throws spinconv::Error naming the ranks that did not come within
  // `timeout`, or what is wrong with the address.
  Ranks(const Launch& launch, std::chrono::seconds timeout);
  ~Ranks();
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  int rank() const { return launch_.rank; }
  int size() const { return launch_.size; }
  bool are_many() const { return launch_.size > 1; }
  bool is_first() const { return launch_.rank == 0; }  // the one that writes
  const Launch& launch() const { return launch_; }

  // From now on tensors of `device`, this rank's, may be summed: always for a CPU; for a GPU where
  // the program has NCCL and no two ranks share one, else false on every rank. A collective.
  bool sum_on(torch::Device device);

  // Sum over the ranks, in place. Tensors (contiguous) are all on their way at once. Those on a CPU
  // have their sums on return, those on a GPU for what is queued on its stream afterwards.
  void sum(std::span<torch::Tensor> tensors);
  void sum(std::span<double> values);

  // What each rank gives, in the order of ranks; lengths may differ.
  std::vector<std::vector<double>> gather(const std::vector<double>& values);

  void barrier();

  // This rank ends because of `error`. Tells the others why and waits, for seconds, until they
  // know; of a RankError it finds out who is missing. The returned text names that; "" where
  // another rank has reported already, so that one failure gives one message. The collectives must
  // not be used any more, and the process should end by std::_Exit: a lost peer cannot be waited
  // for.
  std::string report_failure(const std::exception& error);

 private:
  struct Connection;
  std::string find_missing(const std::string& what);

  Launch launch_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace spinconv::train
