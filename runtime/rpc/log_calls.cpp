#include <utility>

#include "runtime/rpc/arguments.h"
#include "runtime/rpc/calls.h"
#include "runtime/rpc/group_call.h"
#include "runtime/rpc/interface.h"
#include "runtime/rpc/log_reading.h"
#include "runtime/rpc/names.h"
#include "runtime/rpc/process_info.h"

namespace sup::rpc {

namespace {

using core::Channel;

Outcome answer_piece(const core::Machine& machine, const std::string& path, const Value& offset,
                     const Value& length, Writer& out) {
  const std::optional<std::int64_t> from = integer_argument(offset);
  const std::optional<std::int64_t> count = integer_argument(length);
  if (!from || !count) {
    return fault(FaultCode::INCORRECT_PARAMETERS);
  }
  auto piece = read_log(machine, path, *from, *count);
  if (auto* refusal = std::get_if<Fault>(&piece)) {
    return std::move(*refusal);
  }
  out.text(std::get<std::string>(piece));
  return Done{};
}

Outcome read_process_log(Context& context, const Array& arguments, Channel channel, Writer& out) {
  auto target = find_process(context, arguments[0]);
  if (auto* refusal = std::get_if<Fault>(&target)) {
    return std::move(*refusal);
  }
  const std::string path = context.machine.log_path(std::get<core::ProcessId>(target), channel);
  if (path.empty()) {
    return fault(FaultCode::NO_FILE);
  }
  if (!context.machine.file_exists(path)) {
    return fault(FaultCode::NO_FILE, path);
  }
  return answer_piece(context.machine, path, arguments[1], arguments[2], out);
}

Outcome tail_process_log(Context& context, const Array& arguments, Channel channel, Writer& out) {
  auto target = find_process(context, arguments[0]);
  if (auto* refusal = std::get_if<Fault>(&target)) {
    return std::move(*refusal);
  }
  const std::string path = context.machine.log_path(std::get<core::ProcessId>(target), channel);
  LogTail tail;
  if (!path.empty() && context.machine.file_exists(path)) {
    const std::optional<std::int64_t> offset = integer_argument(arguments[1]);
    const std::optional<std::int64_t> length = integer_argument(arguments[2]);
    if (!offset || !length) {
      return fault(FaultCode::INCORRECT_PARAMETERS);
    }
    tail = tail_log(context.machine, path, *offset, *length);
  }
  out.begin_array();
  out.text(tail.bytes);
  out.integer(tail.offset);
  out.boolean(tail.overflow);
  out.end_array();
  return Done{};
}

}  // namespace

Outcome read_activity_log(Context& context, const Array& arguments, Writer& out) {
  const std::string path = context.machine.activity_log_path();
  if (path.empty()) {
    return fault(FaultCode::NO_FILE);
  }
  if (!context.machine.file_exists(path)) {
    return fault(FaultCode::NO_FILE, path);
  }
  return answer_piece(context.machine, path, arguments[0], arguments[1], out);
}

Outcome clear_activity_log(Context& context, const Array& /*arguments*/, Writer& out) {
  const std::string path = context.machine.activity_log_path();
  if (path.empty() || !context.machine.file_exists(path)) {
    return fault(FaultCode::NO_FILE);
  }
  if (!context.machine.clear_activity_log()) {
    return fault(FaultCode::FAILED);
  }
  out.boolean(true);
  return Done{};
}

Outcome read_stdout_log(Context& context, const Array& arguments, Writer& out) {
  return read_process_log(context, arguments, Channel::standard_output, out);
}

Outcome read_stderr_log(Context& context, const Array& arguments, Writer& out) {
  return read_process_log(context, arguments, Channel::standard_error, out);
}

Outcome tail_stdout_log(Context& context, const Array& arguments, Writer& out) {
  return tail_process_log(context, arguments, Channel::standard_output, out);
}

Outcome tail_stderr_log(Context& context, const Array& arguments, Writer& out) {
  return tail_process_log(context, arguments, Channel::standard_error, out);
}

Outcome clear_process_logs(Context& context, const Array& arguments, Writer& out) {
  auto target = find_process(context, arguments[0]);
  if (auto* refusal = std::get_if<Fault>(&target)) {
    return std::move(*refusal);
  }
  if (!context.machine.clear_logs(std::get<core::ProcessId>(target))) {
    return fault(FaultCode::FAILED, text_argument(arguments[0]).value_or(""));
  }
  out.boolean(true);
  return Done{};
}

Outcome clear_all_process_logs(Context& context, const Array& /*arguments*/, Writer& out) {
  Array results;
  for (const core::ProcessId process : context.interface.priority_order(std::nullopt)) {
    if (!context.sees(process)) {
      continue;
    }
    if (!context.may(process)) {
      const Fault denied = context.deny(full_name(context.supervisor.spec(process)));
      results.push_back(result_of(context, process, &denied));
    } else if (context.machine.clear_logs(process)) {
      results.push_back(result_of(context, process, nullptr));
    } else {
      const Fault failed = fault(FaultCode::FAILED, full_name(context.supervisor.spec(process)));
      results.push_back(result_of(context, process, &failed));
    }
  }
  out.value(results);
  return Done{};
}

}  // namespace sup::rpc
