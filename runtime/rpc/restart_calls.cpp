// Stop, then start: what people mean by a restart, as one call.
#include <set>
#include <string_view>
#include <utility>

#include "runtime/rpc/arguments.h"
#include "runtime/rpc/calls.h"

namespace sup::rpc {

namespace {

// The process that a row of results is of, by group and name.
std::pair<std::string_view, std::string_view> process_of(const Value& row) {
  const auto text = [&](std::string_view name) {
    const Value* member = row.member(name);
    return member != nullptr ? text_argument(*member).value_or("") : std::string_view();
  };
  return {text("group"), text("name")};
}

// Not that it did not run: then there was nothing to stop.
bool could_not_be_stopped(const Value& row) {
  const Value* status = row.member("status");
  return status != nullptr && *status != Value(static_cast<int>(FaultCode::SUCCESS)) &&
         *status != Value(static_cast<int>(FaultCode::NOT_RUNNING));
}

// What came of both, for each process one row: those that run on as they were, because they could
// not be stopped, come first.
Value joined(Value stops, Value starts) {
  auto* stopped = stops.get<Array>();
  const auto* started = starts.get<Array>();
  if (stopped == nullptr || started == nullptr) {
    return starts;
  }
  std::set<std::pair<std::string_view, std::string_view>> told;
  for (const Value& row : *started) {
    told.insert(process_of(row));
  }
  Array rows;
  for (Value& row : *stopped) {
    if (could_not_be_stopped(row) && !told.contains(process_of(row))) {
      rows.push_back(std::move(row));
    }
  }
  rows.insert(rows.end(), started->begin(), started->end());
  return rows;
}

// Two calls, one after the other. What cannot be stopped because it does not run is started all the
// same.
class Restart final : public Pending {
 public:
  Restart(Method start, Array arguments, std::unique_ptr<Pending> stop)
      : start_(start), arguments_(std::move(arguments)), current_(std::move(stop)) {}

  // The same without a stop that is waited for: what it said.
  Restart(Method start, Array arguments, Value stops)
      : start_(start), arguments_(std::move(arguments)), stops_(std::move(stops)), stopped_(true) {}

  Progress resume(Context& context, Writer& out) override {
    if (!stopped_) {
      ValueWriter stops;
      if (std::holds_alternative<Waiting>(current_->resume(context, stops))) {
        return Waiting{};
      }
      current_.reset();
      stopped_ = true;
      stops_ = stops.take();
      if (context.supervisor.state() != schema::SupervisorState::RUNNING) {
        return fault(FaultCode::SHUTDOWN_STATE);
      }
    }
    ValueWriter starts;
    Progress progress = current_ ? current_->resume(context, starts) : begin(context, starts);
    if (std::holds_alternative<Done>(progress)) {
      out.value(joined(std::move(stops_), starts.take()));
    }
    return progress;
  }

 private:
  Progress begin(Context& context, Writer& out) {
    Outcome outcome = start_(context, arguments_, out);
    if (auto* refusal = std::get_if<Fault>(&outcome)) {
      return std::move(*refusal);
    }
    if (std::holds_alternative<Done>(outcome)) {
      return Done{};
    }
    current_ = std::move(std::get<std::unique_ptr<Pending>>(outcome));
    return current_->resume(context, out);
  }

  Method start_;
  Array arguments_;
  std::unique_ptr<Pending> current_;
  Value stops_;
  bool stopped_ = false;
};

// `named`: the first argument says what is meant.
Outcome restart_with(Context& context, const Array& arguments, bool named, Method stop,
                     Method start, Writer& out) {
  ValueWriter stops;
  const Array stop_arguments = named ? Array{arguments[0]} : Array{};
  Outcome stopping = stop(context, stop_arguments, stops);
  if (auto* pending = std::get_if<std::unique_ptr<Pending>>(&stopping)) {
    return std::make_unique<Restart>(start, arguments, std::move(*pending));
  }
  const auto* refusal = std::get_if<Fault>(&stopping);
  if (refusal != nullptr && refusal->code != static_cast<int>(FaultCode::NOT_RUNNING)) {
    return *refusal;
  }
  auto restart = std::make_unique<Restart>(start, arguments, stops.take());
  Progress progress = restart->resume(context, out);
  if (auto* failure = std::get_if<Fault>(&progress)) {
    return std::move(*failure);
  }
  if (std::holds_alternative<Waiting>(progress)) {
    return restart;
  }
  return Done{};
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
