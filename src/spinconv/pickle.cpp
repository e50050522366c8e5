// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/pickle.hpp"

#include <cstdlib>
#include <cstring>
#include <deque>
#include <unordered_map>

#include "spinconv/error.hpp"

namespace spinconv::pickle {
namespace {

using Kind = Value::Kind;

// The stack machine that a pickle is a program for.
class Machine {
 public:
  // Values are put into `values`: one deque, since a chain of owners as deep as a pickle can nest
  // would overflow the stack when it is freed, and one that bites its tail would never be.
  Machine(std::string_view bytes, const std::string& where, std::deque<Value>& values)
      : bytes_(bytes), where_(where), values_(values) {}

  Pointer run() {
    while (true) {
      const auto op = static_cast<unsigned char>(take(1)[0]);
      if (op == '.') {
        return pop();
      }
      step(op);
    }
  }

 private:
  Pointer make(Kind kind) {
    Value& v = values_.emplace_back();
    v.kind = kind;
    return &v;
  }

  Pointer make_integer(std::int64_t value, Kind kind = Kind::integer) {
    const Pointer v = make(kind);
    v->integer = value;
    return v;
  }

  Pointer make_text(std::string_view text, Kind kind = Kind::text) {
    count_copied(text.size());
    const Pointer v = make(kind);
    v->text = text;
    return v;
  }

  // What a pickle refers to again and again is copied no more often than a good one needs.
  void count_copied(std::size_t amount) {
    copied_ += amount;
    if (copied_ > 16 * bytes_.size() + 1024) {
      fail("the same content again and again");
    }
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(where_ + ": damaged pickle at byte " + std::to_string(position_) + ": " + reason +
                "; copy or download the file again");
  }

  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - position_) {
      fail("the data end early");
    }
    const auto part = bytes_.substr(position_, count);
    position_ += count;
    return part;
  }

  std::string_view line() {
    const std::size_t end = bytes_.find('\n', position_);
    if (end == std::string_view::npos) {
      fail("a line does not end");
    }
    const auto part = bytes_.substr(position_, end - position_);
    position_ = end + 1;
    return part;
  }

  std::uint64_t little_endian(std::size_t count) {
    const auto part = take(count);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(part[i])} << (8 * i);
    }
    return value;
  }

  void push(Pointer v) { stack_.push_back(v); }

  Pointer pop() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) {
      fail("nothing on the stack");
    }
    const Pointer v = stack_.back();
    stack_.pop_back();
    return v;
  }

  Value& top(Kind kind) {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) {
      fail("nothing on the stack");
    }
    Value& v = *stack_.back();
    if (v.kind != kind && v.kind != Kind::object) {
      fail("a container of another kind was expected");
    }
    return v;
  }

  std::vector<Pointer> pop_to_mark() {
    if (marks_.empty()) {
      fail("no mark");
    }
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<Pointer> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }

  void add_entries(Value& to, const std::vector<Pointer>& items) {
    if (items.size() % 2 != 0) {
      fail("a key without a value");
    }
    for (std::size_t i = 0; i < items.size(); i += 2) {
      to.entries.emplace_back(items[i], items[i + 1]);
    }
  }

  void push_tuple(std::size_t count) {
    auto v = make(Kind::tuple);
    v->items.resize(count);
    for (std::size_t i = count; i-- > 0;) {
      v->items[i] = pop();
    }
    push(v);
  }

  void push_long(std::uint64_t count) {
    const auto part = take(count);
    auto v = make_integer(0);
    if (count > 8) {
      v->text = part;
    } else {
      std::uint64_t bits = count > 0 && (part[count - 1] & 0x80) ? ~std::uint64_t{0} : 0;
      for (std::size_t i = 0; i < count; ++i) {
        bits &= ~(std::uint64_t{0xff} << (8 * i));
        bits |= std::uint64_t{static_cast<unsigned char>(part[i])} << (8 * i);
      }
      v->integer = static_cast<std::int64_t>(bits);
    }
    push(v);
  }

  void push_float(std::string_view part) {
    std::uint64_t bits = 0;
    for (const char c : part) {
      bits = bits << 8 | static_cast<unsigned char>(c);
    }
    auto v = make(Kind::real);
    std::memcpy(&v->real, &bits, sizeof bits);
    push(v);
  }

  void push_number(std::string_view text, bool real) {
    const std::string plain(text);
    if (plain == "00" || plain == "01") {
      push(make_integer(plain == "01", Kind::boolean));
      return;
    }
    char* end = nullptr;
    if (real) {
      auto v = make(Kind::real);
      v->real = std::strtod(plain.c_str(), &end);
      push(v);
    } else {
      push(make_integer(std::strtoll(plain.c_str(), &end, 10)));
    }
    if (end == plain.c_str()) {
      fail("'" + plain + "' is not a number");
    }
  }

  void call(Pointer arguments, Pointer callable) {
    if (callable->kind != Kind::global && callable->kind != Kind::object) {
      fail("what is called is no function");
    }
    count_copied(arguments->items.size());
    auto v = make_text(callable->text, Kind::object);
    v->items = arguments->items;
    push(v);
  }

  void push_memo(std::uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) {
      fail("an entry of the memo that is not there");
    }
    push(found->second);
  }

  void memoize(std::uint64_t index) {
    if (stack_.empty()) {
      fail("nothing on the stack");
    }
    memo_[index] = stack_.back();
  }

  std::uint64_t index_of(std::string_view text) {
    return std::strtoull(std::string(text).c_str(), nullptr, 10);
  }

  void push_global(std::string_view module, std::string_view name) {
    push(make_text(std::string(module) + " " + std::string(name), Kind::global));
  }

  void step(unsigned char op);

  std::string_view bytes_;
  const std::string& where_;
  std::deque<Value>& values_;
  std::size_t position_ = 0;
  std::size_t copied_ = 0;  // letters and items
  std::vector<Pointer> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, Pointer> memo_;
};

void Machine::step(unsigned char op) {
  switch (op) {
    case 0x80: {
      const auto protocol = little_endian(1);
      if (protocol > 5) {
        fail("protocol " + std::to_string(protocol) + " is not known");
      }
      return;
    }
    case 0x95:
      take(8);
      return;
    case '(':
      marks_.push_back(stack_.size());
      return;
    case '0':
      pop();
      return;
    case '1':
      pop_to_mark();
      return;
    case '2': {
      Pointer v = pop();
      push(v);
      push(v);
      return;
    }
    case 'N':
      push(make(Kind::none));
      return;
    case 0x88:
      push(make_integer(1, Kind::boolean));
      return;
    case 0x89:
      push(make_integer(0, Kind::boolean));
      return;
    case 'I':
      push_number(line(), false);
      return;
    case 'L':
      push_number(line(), false);
      return;
    case 'F':
      push_number(line(), true);
      return;
    case 'K':
      push(make_integer(static_cast<std::int64_t>(little_endian(1))));
      return;
    case 'M':
      push(make_integer(static_cast<std::int64_t>(little_endian(2))));
      return;
    case 'J':
      push(make_integer(static_cast<std::int32_t>(little_endian(4))));
      return;
    case 0x8a:
      push_long(little_endian(1));
      return;
    case 0x8b:
      push_long(little_endian(4));
      return;
    case 'G':
      push_float(take(8));
      return;
    case 'S':
    case 'V':
      push(make_text(line()));
      return;
    case 'T':
    case 'X':
    case 'B':
      push(make_text(take(little_endian(4))));
      return;
    case 'U':
    case 'C':
    case 0x8c:
      push(make_text(take(little_endian(1))));
      return;
    case 0x8d:
    case 0x8e:
    case 0x96:
      push(make_text(take(little_endian(8))));
      return;
    case '}':
      push(make(Kind::dict));
      return;
    case ']':
    case 0x8f:
      push(make(Kind::list));
      return;
    case ')':
      push(make(Kind::tuple));
      return;
    case 'd': {
      const auto items = pop_to_mark();
      auto v = make(Kind::dict);
      add_entries(*v, items);
      push(v);
      return;
    }
    case 'l':
    case 't':
    case 0x91: {
      auto v = make(op == 't' ? Kind::tuple : Kind::list);
      v->items = pop_to_mark();
      push(v);
      return;
    }
    case 0x85:
      push_tuple(1);
      return;
    case 0x86:
      push_tuple(2);
      return;
    case 0x87:
      push_tuple(3);
      return;
    case 'a': {
      Pointer item = pop();
      top(Kind::list).items.push_back(item);
      return;
    }
    case 'e':
    case 0x90: {
      const auto items = pop_to_mark();
      auto& list = top(Kind::list).items;
      list.insert(list.end(), items.begin(), items.end());
      return;
    }
    case 's': {
      Pointer value = pop(), key = pop();
      top(Kind::dict).entries.emplace_back(key, value);
      return;
    }
    case 'u': {
      const auto items = pop_to_mark();
      add_entries(top(Kind::dict), items);
      return;
    }
    case 'p':
      memoize(index_of(line()));
      return;
    case 'q':
      memoize(little_endian(1));
      return;
    case 'r':
      memoize(little_endian(4));
      return;
    case 0x94:
      memoize(memo_.size());
      return;
    case 'g':
      push_memo(index_of(line()));
      return;
    case 'h':
      push_memo(little_endian(1));
      return;
    case 'j':
      push_memo(little_endian(4));
      return;
    case 'c': {
      const auto module = line();
      push_global(module, line());
      return;
    }
    case 0x93: {
      Pointer name = pop(), module = pop();
      push_global(module->text, name->text);
      return;
    }
    case 'R':
    case 0x81: {
      Pointer arguments = pop();
      call(arguments, pop());
      return;
    }
    case 0x92: {
      pop();  // arguments by name
      Pointer arguments = pop();
      call(arguments, pop());
      return;
    }
    case 'i': {
      const auto module = line(), name = line();
      auto v = make_text(std::string(module) + " " + std::string(name), Kind::object);
      v->items = pop_to_mark();
      push(v);
      return;
    }
    case 'o': {
      auto items = pop_to_mark();
      if (items.empty()) {
        fail("an object without a class");
      }
      auto v = make_text(items.front()->text, Kind::object);
      v->items.assign(items.begin() + 1, items.end());
      push(v);
      return;
    }
    case 'b': {
      Pointer state = pop();
      Pointer object = pop();
      object->state = state;
      push(object);
      return;
    }
    case 'P':
    case 'Q': {
      auto v = make(Kind::persistent);
      v->items.push_back(op == 'P' ? make_text(line()) : pop());
      push(v);
      return;
    }
    default:
      fail("operation " + std::to_string(op) + " is not known");
  }
}

}  // namespace

const Value* Value::find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name->is_text() && name->text == key) {
      return value;
    }
  }
  return nullptr;
}

std::shared_ptr<const Value> parse(std::string_view bytes, const std::string& where) {
  const auto values = std::make_shared<std::deque<Value>>();
  return {values, Machine(bytes, where, *values).run()};
}

}  // namespace spinconv::pickle
