// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Python's pickle format, protocols 0 to 5, as data: nothing in it is ever executed.
namespace spinconv::pickle {

struct Value;
using Pointer =
    Value*;  // owned by what parse() returns; values may hold each other, and themselves

struct Value {
  enum class Kind {
    none,
    boolean,  // integer 0 or 1
    integer,  // beyond 64 bits: the text holds the bytes
    real,
    text,        // str and bytes
    list,        // items; sets too
    tuple,       // items
    dict,        // entries
    global,      // text: "module name" of a class or function
    object,      // what a global was called with: text as there, items: the arguments, then entries
                 // and items that were added, state
    persistent,  // items[0]: what the pickle calls it
  };

  Kind kind = Kind::none;
  std::int64_t integer = 0;
  double real = 0.0;
  std::string text;
  std::vector<Pointer> items;
  std::vector<std::pair<Pointer, Pointer>> entries;
  Pointer state = nullptr;

  bool is_text() const { return kind == Kind::text; }
  bool is_number() const {
    return kind == Kind::boolean || kind == Kind::integer || kind == Kind::real;
  }
  double number() const { return kind == Kind::real ? real : static_cast<double>(integer); }
  // dict, or an object that acts as one (OrderedDict)
  bool has_entries() const { return kind == Kind::dict || kind == Kind::object; }
  // The value of a key of text; null where there is none.
  const Value* find(std::string_view key) const;
};

// The value with all that it refers to. `where` names the data for messages. Throws spinconv::Error
// with the offset where they are damaged or of a protocol that is not known.
std::shared_ptr<const Value> parse(std::string_view bytes, const std::string& where);

}  // namespace spinconv::pickle
