// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "fuzz/mutation.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <string_view>

namespace spinconv::fuzz {
namespace {

using Words = std::vector<std::string>;

const Words extreme_numbers = {"0",
                               "-0",
                               "1",
                               "-1",
                               "2",
                               "3",
                               "7",
                               "127",
                               "128",
                               "255",
                               "256",
                               "1000",
                               "65535",
                               "65536",
                               "2147483647",
                               "2147483648",
                               "-2147483648",
                               "4294967295",
                               "4294967296",
                               "9223372036854775807",
                               "-9223372036854775808",
                               "18446744073709551615",
                               "99999999999999999999999999",
                               "1e9",
                               "1e400",
                               "-1e400",
                               "1e-400",
                               "5e-324",
                               "1.7976931348623157e308",
                               "nan",
                               "NaN",
                               "-nan",
                               "inf",
                               "-inf",
                               ".inf",
                               ".nan",
                               "0x10",
                               "1e",
                               "1d5",
                               "+1",
                               "--1",
                               "1.5",
                               "007"};

const std::uint64_t extreme_integers[] = {0,
                                          1,
                                          2,
                                          3,
                                          0x7f,
                                          0x80,
                                          0xff,
                                          0x100,
                                          0x7fff,
                                          0x8000,
                                          0xffff,
                                          0x10000,
                                          0x7fffffff,
                                          0x80000000,
                                          0xffffffff,
                                          0x100000000,
                                          0x5555555555555556,
                                          0x7fffffffffffffff,
                                          0x8000000000000000,
                                          0xffffffffffffffff,
                                          0x7ff0000000000000,   // infinity
                                          0x7ff8000000000000};  // nan

bool is_part_of_number(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '+' ||
         c == 'e' || c == 'E';
}

// A place in the bytes at or after a random one from which a digit is reached, or their end.
std::size_t find_digit(const std::string& bytes, Random& random) {
  const std::size_t begin = random.below(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t at = (begin + i) % bytes.size();
    if (std::isdigit(static_cast<unsigned char>(bytes[at])) != 0) {
      return at;
    }
  }
  return bytes.size();
}

void replace_number(std::string& bytes, Random& random) {
  std::size_t begin = find_digit(bytes, random);
  if (begin == bytes.size()) {
    return;
  }
  std::size_t end = begin;
  while (begin > 0 && is_part_of_number(bytes[begin - 1])) {
    --begin;
  }
  while (end < bytes.size() && is_part_of_number(bytes[end])) {
    ++end;
  }
  std::string number = extreme_numbers[random.below(extreme_numbers.size())];
  if (random.one_in(3)) {  // near the one that was there
    number = bytes.substr(begin, end - begin);
    char& digit = number[random.below(number.size())];
    digit = static_cast<char>('0' + random.below(10));
  }
  bytes.replace(begin, end - begin, number);
}

void overwrite_integer(std::string& bytes, Random& random) {
  const std::size_t width = std::size_t{1} << random.below(4);
  if (bytes.size() < width) {
    return;
  }
  std::uint64_t value = extreme_integers[random.below(std::size(extreme_integers))];
  const std::size_t at = random.below(bytes.size() - width + 1);
  if (random.one_in(3)) {  // a little more or less than was there
    std::uint64_t found = 0;
    std::memcpy(&found, bytes.data() + at, width);
    value = found + random.below(9) - 4;
  }
  std::memcpy(bytes.data() + at, &value, width);
}

// A line, or where the bytes have none a piece.
std::pair<std::size_t, std::size_t> any_part(const std::string& bytes, Random& random) {
  const std::size_t at = random.below(bytes.size());
  if (random.one_in(2)) {
    const std::size_t newline = bytes.rfind('\n', at);
    const std::size_t begin = newline == std::string::npos ? 0 : newline + 1;
    const std::size_t end = std::min(bytes.find('\n', begin), bytes.size() - 1) + 1;
    if (begin < end && end - begin < 4096) {
      return {begin, end - begin};
    }
  }
  return {at, 1 + random.below(std::min<std::size_t>(64, bytes.size() - at))};
}

void change(std::string& bytes, const std::string& other, const Words& words, Random& random) {
  if (bytes.empty()) {
    bytes.push_back(static_cast<char>(random.below(256)));
    return;
  }
  const std::size_t at = random.below(bytes.size());
  switch (random.below(13)) {
    case 0:
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
      break;
    case 1:
      bytes[at] = static_cast<char>(random.below(256));
      break;
    case 2: {
      // rarely so many that what nests goes deep
      const std::size_t count = random.one_in(100) ? 100000 : 8;
      const bool known = random.one_in(2);
      bytes.insert(
          at, 1 + random.below(count),
          known ? bytes[random.below(bytes.size())] : static_cast<char>(random.below(256)));
      break;
    }
    case 3: {
      const auto [begin, size] = any_part(bytes, random);
      bytes.erase(begin, size);
      break;
    }
    case 4: {
      const auto [begin, size] = any_part(bytes, random);
      const std::string part = bytes.substr(begin, size);
      for (std::size_t n = random.one_in(8) ? 1 + random.below(300) : 1; n > 0; --n) {
        bytes.insert(random.one_in(2) ? begin : at, part);
      }
      break;
    }
    case 5:
    case 6:
      replace_number(bytes, random);
      break;
    case 7:
    case 8:
      overwrite_integer(bytes, random);
      break;
    case 9: {
      if (!other.empty()) {
        const auto [begin, size] = any_part(other, random);
        bytes.replace(at, random.one_in(2) ? size : 0, other, begin, size);
      }
      break;
    }
    case 10:
      if (!words.empty()) {
        const std::string& word = words[random.below(words.size())];
        bytes.replace(at, random.one_in(2) ? word.size() : 0, word);
      }
      break;
    case 11:  // a word in place of another
      if (!words.empty()) {
        const std::string& from = words[random.below(words.size())];
        const std::size_t found = from.empty() ? std::string::npos : bytes.find(from, at);
        if (found != std::string::npos) {
          bytes.replace(found, from.size(), words[random.below(words.size())]);
        }
      }
      break;
    default:
      if (random.one_in(4)) {
        bytes.resize(at);
      } else if (!other.empty() && random.one_in(2)) {
        bytes = bytes.substr(0, at) + other.substr(random.below(other.size()));
      } else {
        bytes[at] = bytes[random.below(bytes.size())];
      }
  }
}

}  // namespace

std::string mutate(std::string bytes, const std::string& other, const Words& words, Random& random,
                   std::size_t largest) {
  // mostly one change, which gets far; sometimes many
  std::size_t count = 1;
  while (count < 32 && random.one_in(2)) {
    count += count;
  }
  for (std::size_t i = 0; i < count; ++i) {
    change(bytes, other, words, random);
  }
  if (bytes.size() > largest) {
    bytes.resize(largest);
  }
  return bytes;
}

}  // namespace spinconv::fuzz
