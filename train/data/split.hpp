// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace spinconv::train {

// A part of the frames: so many, such a fraction of all, or all that the other parts leave.
class Share {
 public:
  static Share count(std::size_t frames);
  static Share fraction(double of_all);  // 0..1, rounded down to whole frames
  static Share rest();

  // "950", "0.05", "5%", "rest". Throws spinconv::Error that names `key`.
  static Share parse(const std::string& text, const std::string& key);

  bool is_rest() const { return kind_ == Kind::rest; }
  // Number of frames out of `n_frames`; not for rest().
  std::size_t resolve(std::size_t n_frames) const;
  std::string text() const;

 private:
  enum class Kind { count, fraction, rest };
  Kind kind_ = Kind::count;
  std::size_t count_ = 0;
  double fraction_ = 0.0;
};

struct SplitRequest {
  Share train = Share::rest();
  Share validation = Share::fraction(0.1);
  Share test = Share::count(0);
  std::uint64_t seed = 0;
};

// Indices of the frames of each part; no frame is in two of them.
struct Split {
  std::vector<std::size_t> train;
  std::vector<std::size_t> validation;
  std::vector<std::size_t> test;
};

// Deal the frames 0..n_frames-1 out at random. The same seed gives the same split on every machine.
// Throws spinconv::Error where the parts need more frames than there are, where two parts are
// `rest`, and where the training part is empty.
Split split_frames(std::size_t n_frames, const SplitRequest& request);

// 0..n-1 in random order (Fisher-Yates on std::mt19937_64), the same on every machine.
std::vector<std::size_t> random_permutation(std::size_t n, std::uint64_t seed);

}  // namespace spinconv::train
