// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "support/counting_device.hpp"

#include <ATen/EmptyTensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/ops/_local_scalar_dense_native.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/view_as_complex_native.h>
#include <ATen/ops/view_as_real_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/util/Backtrace.h>
#include <torch/csrc/jit/runtime/interpreter.h>
#include <torch/library.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <sstream>

namespace spinconv::test {
namespace {

using at::Tensor;
using torch::jit::Stack;

const torch::Device place(torch::kPrivateUse1, 0);

// --- what is written down ---

struct Operation {
  c10::OperatorHandle op;
  std::vector<c10::IValue> arguments;  // tensors by their aliases on the CPU
  std::vector<c10::IValue> results;
  std::string text;
};

struct Book {
  std::mutex mutex;
  bool open = false;
  std::vector<CountingDevice::ReadBack> read_backs;
  std::size_t uploads = 0;
  std::vector<Operation> operations;
};

Book& book() {
  static Book all;
  return all;
}

// The expression of the operator graph that is evaluated, or the innermost function of the library.
std::string current_place() {
  const auto frames = torch::jit::currentCallstack();
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    if (frame->range.source()) {
      const std::string text = frame->range.text().str();
      return "graph, " + frame->filename + ": " + text.substr(0, text.find('\n'));
    }
  }
  std::istringstream lines(c10::get_backtrace(0, 64, true));
  for (std::string line; std::getline(lines, line);) {
    const auto name = line.find("spinconv::");
    if (name != std::string::npos && line.find("spinconv::test::") == std::string::npos) {
      return line.substr(name, line.find('(', name) - name);
    }
  }
  return "?";
}

void note_read_back(const std::string& what) {
  const std::lock_guard<std::mutex> lock(book().mutex);
  if (book().open) {
    book().read_backs.push_back({what, current_place()});
  }
}

// --- tensors of the device and of the CPU with the same memory ---

// `keep` lives as long as the result.
template <class Keep>
Tensor same_memory(const Tensor& t, torch::Device device, Keep keep) {
  return at::for_blob(t.numel() == 0 ? nullptr : t.mutable_data_ptr(), t.sizes())
      .strides(t.strides())
      .deleter([keep](void*) {})
      .options(t.options().device(device))
      .target_device(device)
      .make_tensor();
}

Tensor on_host(const Tensor& t) {
  if (t.numel() == 0) {  // not of a fixed size
    return at::empty(t.sizes(), t.options().device(torch::kCPU));
  }
  return same_memory(t, torch::kCPU, t.storage());
}

bool is_ours(const Tensor& t) {
  return t.defined() && t.device().type() == torch::kPrivateUse1;
}

struct Aliases {
  const c10::OperatorHandle& op;

  Tensor of(const Tensor& t) const {
    if (is_ours(t)) {
      return on_host(t);
    }
    // a number in a tensor is taken along with the operation, anything else is another device
    TORCH_CHECK(!t.defined() || t.dim() == 0, "operation ", op.operator_name(),
                " of the device is given a tensor on ", t.device());
    return t;
  }

  c10::IValue of(const c10::IValue& value) const {
    if (value.isTensor()) {
      return of(value.toTensor());
    }
    if (value.isTensorList()) {
      c10::List<Tensor> list;
      for (const Tensor& t : value.toTensorVector()) {
        list.push_back(of(t));
      }
      return list;
    }
    if (value.isOptionalTensorList()) {
      c10::List<std::optional<Tensor>> list;
      for (const std::optional<Tensor> t : value.toOptionalTensorList()) {
        list.push_back(t ? std::optional<Tensor>(of(*t)) : t);
      }
      return list;
    }
    if (value.isDevice()) {
      return c10::Device(torch::kCPU);
    }
    return value;
  }
};

Tensor on_device(const Tensor& t) {
  return t.defined() ? same_memory(t, place, t) : t;
}

// A result that is new; those that are arguments again are found by the caller.
c10::IValue on_device(const c10::IValue& value) {
  if (value.isTensor()) {
    return on_device(value.toTensor());
  }
  if (value.isTensorList()) {
    c10::List<Tensor> list;
    for (const Tensor& t : value.toTensorVector()) {
      list.push_back(on_device(t));
    }
    return list;
  }
  return value;
}

bool is_tensors(const c10::IValue& value) {
  return value.isTensor() || value.isTensorList() || value.isNone();
}

std::vector<Tensor> tensors_of(const c10::IValue& value) {
  return value.isTensor()       ? std::vector<Tensor>{value.toTensor()}
         : value.isTensorList() ? value.toTensorVector()
                                : std::vector<Tensor>{};
}

// How long a result is depends on values: a GPU has to tell the host. bincount reads the least and
// the largest value too.
bool has_size_of_values(const std::string& name) {
  static const std::set<std::string> names = {"aten::nonzero",
                                              "aten::masked_select",
                                              "aten::bincount",
                                              "aten::_unique",
                                              "aten::_unique2",
                                              "aten::unique_dim",
                                              "aten::histc",
                                              "aten::unique_consecutive",
                                              "aten::repeat_interleave",
                                              "aten::unique_dim_consecutive"};
  return names.count(name) != 0;
}

void add_sizes(std::ostream& out, const c10::IValue& value) {
  for (const Tensor& t : tensors_of(value)) {
    out << ' ';
    if (t.defined()) {
      out << t.sizes();
    }
  }
  if (value.isIntList() || value.isInt()) {
    out << ' ' << value;
  }
}

void note_operation(const c10::OperatorHandle& op, const std::vector<c10::IValue>& arguments,
                    const std::vector<c10::IValue>& results) {
  std::ostringstream text;
  text << op.operator_name();
  for (const auto& value : arguments) {
    add_sizes(text, value);
  }
  text << " ->";
  for (const auto& value : results) {
    add_sizes(text, value);
  }
  const std::lock_guard<std::mutex> lock(book().mutex);
  if (book().open) {
    book().operations.push_back({op, arguments, results, text.str()});
  }
}

// --- operations ---

// Every operation that nothing below is for: that of the CPU, in the same memory.
void run(const c10::OperatorHandle& op, Stack* stack) {
  const auto& schema = op.schema();
  const std::size_t count = schema.arguments().size();
  const Stack given(stack->end() - static_cast<std::ptrdiff_t>(count), stack->end());
  torch::jit::drop(*stack, count);
  const Aliases aliases{op};
  Stack arguments;
  for (const auto& value : given) {
    arguments.push_back(aliases.of(value));
  }
  Stack results = arguments;
  {
    const at::AutoDispatchBelowADInplaceOrView guard;
    op.callBoxed(&results);
  }
  if (has_size_of_values(schema.name()) ||
      !std::all_of(results.begin(), results.end(), is_tensors)) {
    note_read_back(schema.name());
  }
  note_operation(op, arguments, results);
  for (std::size_t r = 0; r < results.size(); ++r) {
    const auto* alias = schema.returns()[r].alias_info();
    if (!alias) {
      stack->push_back(on_device(results[r]));
      continue;
    }
    TORCH_CHECK(alias->isWrite(), "views of the device by ", op.operator_name(),
                " are not known here");
    for (std::size_t a = 0; a < count; ++a) {
      const auto* of = schema.arguments()[a].alias_info();
      if (of && *of == *alias) {
        const Tensor& result = given[a].toTensor();
        if (result.numel() == 0) {  // `out` of a factory, which gives it its size
          result.unsafeGetTensorImpl()->shallow_copy_from(
              on_device(arguments[a].toTensor()).getIntrusivePtr());
        }
        stack->push_back(given[a]);
        break;
      }
    }
  }
}

Tensor empty(c10::IntArrayRef size, std::optional<at::ScalarType> type, std::optional<at::Layout>,
             std::optional<at::Device>, std::optional<bool>,
             std::optional<at::MemoryFormat> format) {
  return on_device(
      Tensor(at::detail::empty_cpu(size, type, std::nullopt, std::nullopt, std::nullopt, format)));
}

Tensor empty_strided(c10::IntArrayRef size, c10::IntArrayRef stride,
                     std::optional<at::ScalarType> type, std::optional<at::Layout>,
                     std::optional<at::Device>, std::optional<bool>) {
  return on_device(Tensor(
      at::detail::empty_strided_cpu(size, stride, type, std::nullopt, std::nullopt, std::nullopt)));
}

Tensor copy_from(const Tensor& from, const Tensor& to, bool) {
  const bool source = is_ours(from), destination = is_ours(to);
  if (source && !destination) {
    note_read_back("copy");
  } else if (!source && destination) {
    const std::lock_guard<std::mutex> lock(book().mutex);
    book().uploads += book().open;
  }
  const Tensor a = source ? on_host(from) : from, b = destination ? on_host(to) : to;
  const at::AutoDispatchBelowADInplaceOrView guard;
  at::Tensor(b).copy_(a);
  if (source && destination) {
    static const auto copy = c10::Dispatcher::singleton().findSchemaOrThrow("aten::copy_", "");
    note_operation(copy, {b, a, false}, {b});
  }
  return to;
}

at::Scalar local_scalar(const Tensor& t) {
  note_read_back("item");
  return at::native::_local_scalar_dense_cpu(on_host(t));
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&run>());
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", TORCH_FN(empty));
  library.impl("empty_strided", TORCH_FN(empty_strided));
  library.impl("_copy_from", TORCH_FN(copy_from));
  library.impl("_local_scalar_dense", TORCH_FN(local_scalar));
  library.impl("view", TORCH_FN(at::native::view));
  library.impl("as_strided", TORCH_FN(at::native::as_strided_tensorimpl));
  library.impl("_reshape_alias", TORCH_FN(at::native::_reshape_alias));
  library.impl("view_as_real", TORCH_FN(at::native::view_as_real));
  library.impl("view_as_complex", TORCH_FN(at::native::view_as_complex));
}

struct Guard : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return torch::kPrivateUse1; }
  c10::Device exchangeDevice(c10::Device) const override { return place; }
  c10::Device getDevice() const override { return place; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device) const override {
    return c10::Stream(c10::Stream::DEFAULT, place);
  }
  c10::Stream exchangeStream(c10::Stream stream) const override { return stream; }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void record(void**, const c10::Stream&, c10::DeviceIndex, c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
};
C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard)

// what the threads that differentiate ask for
struct Hooks : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
};
const bool registered = [] {
  static Hooks hooks;
  at::RegisterPrivateUse1HooksInterface(&hooks);
  c10::register_privateuse1_backend("privateuseone");  // an accelerator, by its name
  return true;
}();

}  // namespace

torch::Device CountingDevice::device() {
  return place;
}

CountingDevice::Record::Record() {
  const std::lock_guard<std::mutex> lock(book().mutex);
  TORCH_CHECK(!book().open, "another record is open");
  book().open = true;
  book().read_backs.clear();
  book().uploads = 0;
  book().operations.clear();
}

CountingDevice::Record::~Record() {
  const std::lock_guard<std::mutex> lock(book().mutex);
  book().open = false;
  book().operations.clear();
}

std::vector<CountingDevice::ReadBack> CountingDevice::Record::read_backs() const {
  const std::lock_guard<std::mutex> lock(book().mutex);
  return book().read_backs;
}

std::size_t CountingDevice::Record::uploads() const {
  const std::lock_guard<std::mutex> lock(book().mutex);
  return book().uploads;
}

std::vector<std::string> CountingDevice::Record::operations() const {
  const std::lock_guard<std::mutex> lock(book().mutex);
  std::vector<std::string> texts;
  for (const auto& operation : book().operations) {
    texts.push_back(operation.text);
  }
  return texts;
}

void CountingDevice::Record::close() const {
  const std::lock_guard<std::mutex> lock(book().mutex);
  book().open = false;
}

void CountingDevice::Record::replay(std::size_t first) const {
  std::vector<Operation> operations;
  {
    const std::lock_guard<std::mutex> lock(book().mutex);
    TORCH_CHECK(book().read_backs.empty() && book().uploads == 0,
                "what the host has read or written cannot be repeated on the device alone");
    operations = book().operations;
    book().open = false;
  }
  operations.erase(operations.begin(), operations.begin() + static_cast<std::ptrdiff_t>(first));
  for (const auto& operation : operations) {
    Stack results = operation.arguments;
    const at::AutoDispatchBelowADInplaceOrView guard;
    operation.op.callBoxed(&results);
    for (std::size_t r = 0; r < results.size(); ++r) {
      if (!operation.op.schema().returns()[r].alias_info()) {
        const auto to = tensors_of(operation.results[r]), from = tensors_of(results[r]);
        for (std::size_t i = 0; i < to.size(); ++i) {
          at::Tensor(to[i]).copy_(from[i]);
        }
      }
    }
  }
}

std::string to_string(const std::vector<CountingDevice::ReadBack>& list) {
  std::string text;
  for (const auto& r : list) {
    text += r.what + " | " + r.where + "\n";
  }
  return text;
}

}  // namespace spinconv::test
