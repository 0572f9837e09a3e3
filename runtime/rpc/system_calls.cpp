// The namespaces that are always there: system.*, what there is to call, and suprun.*, what
// Supervisor does not have.
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/core/concat.h"
#include "runtime/rpc/arguments.h"
#include "runtime/rpc/calls.h"
#include "runtime/rpc/interface.h"
#include "runtime/rpc/log_reading.h"

namespace sup::rpc {

Outcome list_methods(Context& context, const Array& /*arguments*/, Writer& out) {
  out.begin_array();
  for (const std::string& name : context.interface.method_names()) {
    out.text(name);
  }
  out.end_array();
  return Done{};
}

namespace {

const MethodRow* named_method(const Context& context, const Value& name) {
  const std::optional<std::string_view> text = text_argument(name);
  return text ? context.interface.find(std::string(*text)) : nullptr;
}

}  // namespace

Outcome method_help(Context& context, const Array& arguments, Writer& out) {
  const MethodRow* row = named_method(context, arguments[0]);
  if (row == nullptr) {
    return fault(FaultCode::SIGNATURE_UNSUPPORTED);
  }
  out.text(help_text(*row));
  return Done{};
}

Outcome method_signature(Context& context, const Array& arguments, Writer& out) {
  const MethodRow* row = named_method(context, arguments[0]);
  if (row == nullptr) {
    return fault(FaultCode::SIGNATURE_UNSUPPORTED);
  }
  const Shape shape = read_shape(row->shape);
  out.begin_array();
  out.text(shape.result);
  for (const Parameter& parameter : shape.parameters) {
    out.text(parameter.type);
  }
  out.end_array();
  return Done{};
}

namespace {

Value fault_value(const Fault& fault) {
  return Struct{
      {"faultCode",   fault.code},
      {"faultString", fault.text}
  };
}

// Several calls in one, one after the other; each waits for the one before. Their results together
// are no larger than that of one call may be, and between them others have their turn. Beyond what
// all that are under way may take, large ones end with a fault, but for those of root and the
// daemon's user.
class Multicall final : public Pending {
 public:
  explicit Multicall(Array calls) : calls_(std::move(calls)) {}

  Multicall(const Multicall&) = delete;
  Multicall& operator=(const Multicall&) = delete;

  ~Multicall() override { of_all_ -= size_ + faults_size_; }

  Progress resume(Context& context, Writer& out) override {
    // All that go on share the time of a round.
    const core::Instant now = context.machine.now().steady;
    const core::Instant begun = std::exchange(has_begun_, true) ? context.interface.round() : now;
    for (int done = 0; waiting_ || next_ < calls_.size(); ++done) {
      if (done >= most_at_once ||
          (done > 0 && context.machine.now().steady - begun >= longest_turn)) {
        return Waiting{};
      }
      if (const std::optional<Fault> end = bound_of_whole(context.access)) {
        return *end;
      }
      if (waiting_) {
        ValueWriter result;
        const Progress progress = context.interface.resume(*waiting_, context.access, result);
        if (std::holds_alternative<Waiting>(progress)) {
          return Waiting{};
        }
        waiting_.reset();
        keep(std::get_if<Fault>(&progress), result);
      } else {
        const Value call = std::exchange(calls_[next_++], {});
        begin(context, call);
      }
    }
    out.begin_array();
    for (Value& result : results_) {
      out.value(std::exchange(result, {}));
    }
    out.end_array();
    return Done{};
  }

  bool goes_on() const override { return !waiting_ || waiting_->goes_on(); }

 private:
  static constexpr int most_at_once = 100;
  static constexpr core::Instant longest_turn = std::chrono::milliseconds(5);
  static constexpr std::size_t most_of_faults = std::size_t{8} << 20;
  static constexpr std::size_t large = std::size_t{1} << 20;
  static constexpr std::size_t most_of_all = std::size_t{128} << 20;

  // Why nothing of it is told.
  std::optional<Fault> bound_of_whole(const Access& access) const {
    if (faults_size_ > most_of_faults) {
      return fault(FaultCode::FAILED,
                   core::concat("the faults alone are more than ", most_of_faults,
                                " bytes; make fewer calls at a time"));
    }
    if (of_all_ > most_of_all && size_ + faults_size_ > large && !access.may(Role::owner)) {
      return fault(FaultCode::FAILED,
                   core::concat("the results of all calls of many that are under "
                                "way are more than ",
                                most_of_all, " bytes; try again later"));
    }
    return std::nullopt;
  }

  void keep(const Fault* fault, ValueWriter& result) {
    if (fault != nullptr) {
      refuse(*fault);
      return;
    }
    // One alone may be as large as it is when it is called alone.
    if (size_ > 0 && size_ + result.size() > static_cast<std::size_t>(largest_piece)) {
      is_full_ = true;
      refuse(too_large());
      return;
    }
    size_ += result.size();
    of_all_ += result.size();
    is_full_ = size_ >= static_cast<std::size_t>(largest_piece);
    results_.push_back(result.take());
  }

  void refuse(const Fault& fault) {
    constexpr std::size_t around = 150;  // it, in an answer
    faults_size_ += around + fault.text.size();
    of_all_ += around + fault.text.size();
    results_.push_back(fault_value(fault));
  }

  static Fault too_large() {
    return fault(FaultCode::FAILED,
                 core::concat("the results are more than ", largest_piece,
                              " bytes with this one; make fewer calls at a time"));
  }

  // PHP's and others' empty array is a struct; of any, Python passes the names.
  static std::optional<Array> arguments_of(const Value* parameters) {
    if (parameters == nullptr) {
      return Array();
    }
    if (const Array* array = parameters->get<Array>()) {
      return *array;
    }
    const Struct* named = parameters->get<Struct>();
    if (named == nullptr) {
      return std::nullopt;
    }
    Array names;
    for (const Member& member : *named) {
      names.emplace_back(member.name);
    }
    return names;
  }

  void begin(Context& context, const Value& call) {
    if (is_full_) {
      refuse(too_large());
      return;
    }
    const Value* name = call.member("methodName");
    if (name == nullptr || name->is_nil()) {
      refuse(fault(FaultCode::INCORRECT_PARAMETERS, "No methodName"));
      return;
    }
    const std::string* method = name->get<std::string>();
    if (method == nullptr) {
      refuse(fault(FaultCode::UNKNOWN_METHOD));
      return;
    }
    if (*method == "system.multicall") {
      refuse(fault(FaultCode::INCORRECT_PARAMETERS, "Recursive system.multicall forbidden"));
      return;
    }
    const std::optional<Array> arguments = arguments_of(call.member("params"));
    if (!arguments) {
      refuse(fault(FaultCode::INCORRECT_PARAMETERS));
      return;
    }
    ValueWriter result;
    Outcome outcome = context.interface.call(*method, *arguments, context.access, result);
    if (auto* pending = std::get_if<std::unique_ptr<Pending>>(&outcome)) {
      waiting_ = std::move(*pending);
    } else {
      keep(std::get_if<Fault>(&outcome), result);
    }
  }

  Array calls_;
  std::size_t next_ = 0;
  Array results_;
  std::size_t size_ = 0;  // of those that are no faults
  std::size_t faults_size_ = 0;
  inline static std::size_t of_all_ = 0;  // of both, of all that are under way
  bool is_full_ = false;                  // nothing more is called
  bool has_begun_ = false;
  std::unique_ptr<Pending> waiting_;
};

}  // namespace

Outcome multicall(Context& context, const Array& arguments, Writer& out) {
  const Array* calls = arguments[0].get<Array>();
  if (calls == nullptr) {
    return fault(FaultCode::INCORRECT_PARAMETERS);
  }
  for (const Value& call : *calls) {
    if (!call.is<Struct>()) {
      return fault(FaultCode::INCORRECT_PARAMETERS);
    }
  }
  auto several = std::make_unique<Multicall>(*calls);
  Progress progress = several->resume(context, out);
  if (std::holds_alternative<Waiting>(progress)) {
    return several;
  }
  if (auto* fault = std::get_if<Fault>(&progress)) {
    return std::move(*fault);
  }
  return Done{};
}

Outcome get_version(Context& /*context*/, const Array& /*arguments*/, Writer& out) {
  out.text(SUP_VERSION);
  return Done{};
}

}  // namespace sup::rpc
