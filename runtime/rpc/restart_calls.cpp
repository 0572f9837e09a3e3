// Stop, then start: what people mean by a restart, as one call.
#include <utility>

#include "runtime/rpc/arguments.h"
#include "runtime/rpc/calls.h"

namespace sup::rpc {

namespace {

// Two calls, one after the other. What the first one says is of no interest: what cannot be stopped
// because it does not run is started all the same.
class Restart final : public Pending {
 public:
  Restart(Method start, Array arguments, std::unique_ptr<Pending> stop)
      : start_(start), arguments_(std::move(arguments)), current_(std::move(stop)) {}

  Progress resume(Context& context, Writer& out) override {
    if (!stopped_) {
      ValueWriter ignored;
      if (std::holds_alternative<Waiting>(current_->resume(context, ignored))) {
        return Waiting{};
      }
      stopped_ = true;
      if (context.supervisor.state() != schema::SupervisorState::RUNNING) {
        return fault(FaultCode::SHUTDOWN_STATE);
      }
      Outcome outcome = start_(context, arguments_, out);
      if (auto* refusal = std::get_if<Fault>(&outcome)) {
        return std::move(*refusal);
      }
      if (std::holds_alternative<Done>(outcome)) {
        return Done{};
      }
      current_ = std::move(std::get<std::unique_ptr<Pending>>(outcome));
    }
    return current_->resume(context, out);
  }

 private:
  Method start_;
  Array arguments_;
  std::unique_ptr<Pending> current_;
  bool stopped_ = false;
};

// `named`: the first argument says what is meant.
Outcome restart_with(Context& context, const Array& arguments, bool named, Method stop,
                     Method start, Writer& out) {
  ValueWriter ignored;
  const Array stop_arguments = named ? Array{arguments[0]} : Array{};
  Outcome stopping = stop(context, stop_arguments, ignored);
  if (auto* pending = std::get_if<std::unique_ptr<Pending>>(&stopping)) {
    return std::make_unique<Restart>(start, arguments, std::move(*pending));
  }
  const auto* refusal = std::get_if<Fault>(&stopping);
  if (refusal != nullptr && refusal->code != static_cast<int>(FaultCode::NOT_RUNNING)) {
    return *refusal;
  }
  return start(context, arguments, out);
}

}  // namespace

Outcome restart_process(Context& context, const Array& arguments, Writer& out) {
  return restart_with(context, arguments, true, stop_process, start_process, out);
}

Outcome restart_process_group(Context& context, const Array& arguments, Writer& out) {
  return restart_with(context, arguments, true, stop_process_group, start_process_group, out);
}

Outcome restart_all_processes(Context& context, const Array& arguments, Writer& out) {
  return restart_with(context, arguments, false, stop_all_processes, start_all_processes, out);
}

}  // namespace sup::rpc
