// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/split.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>

#include "data/number_text.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

// A number in 0..bound-1, every one with the same probability. std::uniform_int_distribution is not
// the same in every standard library, the generator is.
std::uint64_t draw_below(std::mt19937_64& generator, std::uint64_t bound) {
  // numbers below 2^64 mod bound are drawn again, so that bound divides what is left
  const std::uint64_t reject_below = (0 - bound) % bound;
  std::uint64_t number = generator();
  while (number < reject_below) {
    number = generator();
  }
  return number % bound;
}

}  // namespace

Share Share::count(std::size_t frames) {
  Share share;
  share.count_ = frames;
  return share;
}

Share Share::fraction(double of_all) {
  if (!(of_all >= 0.0 && of_all <= 1.0)) {
    throw Error("a fraction of the frames has to be between 0 and 1, not " +
                std::to_string(of_all));
  }
  Share share;
  share.kind_ = Kind::fraction;
  share.fraction_ = of_all;
  return share;
}

Share Share::rest() {
  Share share;
  share.kind_ = Kind::rest;
  return share;
}

Share Share::parse(const std::string& text, const std::string& key) {
  if (text == "rest") {
    return rest();
  }
  std::string problem;
  if (!read_number<double>(text, problem) && !problem.empty()) {
    throw Error(key + ": '" + text + "' is " + problem);
  }
  const char* const end = text.data() + text.size();
  std::size_t frames = 0;
  const auto whole = std::from_chars(text.data(), end, frames);
  if (whole.ec == std::errc() && whole.ptr == end) {
    return count(frames);
  }
  double number = 0.0;
  const auto real = std::from_chars(text.data(), end, number);
  std::string suffix(real.ptr, end);
  suffix.erase(std::remove(suffix.begin(), suffix.end(), ' '), suffix.end());
  const bool percent = suffix == "%";
  if (real.ec != std::errc() || (!suffix.empty() && !percent)) {
    throw Error(key + ": '" + text +
                "' is neither a number of frames (950), a fraction (0.1, 10%) nor 'rest'");
  }
  if (percent) {
    number /= 100.0;
  }
  if (!(number >= 0.0 && number <= 1.0)) {
    throw Error(key + ": '" + text +
                "' is outside 0 to 1; write a number of frames without a point");
  }
  return fraction(number);
}

std::size_t Share::resolve(std::size_t n_frames) const {
  if (kind_ == Kind::fraction) {
    // 0.3 * 10 is 2.9999999999999996 in binary: a fraction meant to be whole is not rounded down
    return static_cast<std::size_t>(std::floor(fraction_ * static_cast<double>(n_frames) + 1e-9));
  }
  return count_;
}

std::string Share::text() const {
  if (kind_ == Kind::rest) {
    return "rest";
  }
  if (kind_ == Kind::count) {
    return std::to_string(count_);
  }
  return fraction_ == 1.0 ? "1.0" : number_text(fraction_);  // 1 would be one frame
}

std::vector<std::size_t> random_permutation(std::size_t n, std::uint64_t seed) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 generator(seed);
  for (std::size_t left = n; left > 1; --left) {
    std::swap(order[left - 1], order[draw_below(generator, left)]);
  }
  return order;
}

Split split_frames(std::size_t n_frames, const SplitRequest& request) {
  const Share* const shares[] = {&request.train, &request.validation, &request.test};
  const char* const names[] = {"train", "validation", "test"};
  std::size_t counts[3] = {0, 0, 0};
  std::size_t taken = 0;
  int rest = -1;
  std::string asked;
  for (int part = 0; part < 3; ++part) {
    asked += std::string(part == 0 ? "" : ", ") + names[part] + " " + shares[part]->text();
    if (!shares[part]->is_rest()) {
      counts[part] = shares[part]->resolve(n_frames);
      // a count near 2^64 must not wrap around to a small sum
      if (counts[part] > n_frames) {
        taken = n_frames + 1;
        break;
      }
      taken += counts[part];
    } else if (rest >= 0) {
      throw Error(std::string("split: ") + names[rest] + " and " + names[part] +
                  " are both 'rest'; only one part can take what the others leave");
    } else {
      rest = part;
    }
  }
  if (taken > n_frames) {
    throw Error("split: the parts (" + asked + ") need more frames than the " +
                std::to_string(n_frames) + " that were read; ask for fewer");
  }
  if (rest >= 0) {
    counts[rest] = n_frames - taken;
  }
  if (counts[0] == 0) {
    throw Error("split: no frame of the " + std::to_string(n_frames) +
                " that were read is left for training (" + asked + ")");
  }
  const auto order = random_permutation(n_frames, request.seed);
  Split split;
  auto next = order.begin();
  std::vector<std::size_t>* const parts[] = {&split.train, &split.validation, &split.test};
  for (int part = 0; part < 3; ++part) {
    const auto end = next + static_cast<std::ptrdiff_t>(counts[part]);
    parts[part]->assign(next, end);
    next = end;
  }
  return split;
}

}  // namespace spinconv::train
