// Commands about processes: status, pid, start, stop, restart, signal, clear.
#include <algorithm>
#include <array>
#include <span>

#include "runtime/ctl/command.h"
#include "runtime/ctl/commands.h"
#include "runtime/ctl/options.h"
#include "runtime/ctl/process_info.h"
#include "runtime/ctl/resources.h"
#include "runtime/ctl/session.h"
#include "runtime/ctl/targets.h"

namespace sup::ctl {

namespace {

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

struct ResultText {
  rpc::FaultCode code;
  std::string_view text;
};

// What start, stop, signal and clear have in common: names in, a line for each process out.
struct Action {
  std::string_view verb;  // supervisor.VERBProcess, .VERBProcessGroup, .VERBAllProcesses
  std::string_view done;
  std::span<const ResultText> errors;
  rpc::FaultCode harmless;  // a fault that leaves the exit status alone
  int exit_of_unknown_group;
  bool tells_failures;  // the text of FAILED is all that is printed
  std::string_view place;
};

constexpr std::array start_errors{
    ResultText{rpc::FaultCode::BAD_NAME,             "no such process"       },
    ResultText{rpc::FaultCode::NO_FILE,              "no such file"          },
    ResultText{rpc::FaultCode::NOT_EXECUTABLE,       "file is not executable"},
    ResultText{rpc::FaultCode::ALREADY_STARTED,      "already started"       },
    ResultText{rpc::FaultCode::SPAWN_ERROR,          "spawn error"           },
    ResultText{rpc::FaultCode::ABNORMAL_TERMINATION, "abnormal termination"  },
};
constexpr std::array signal_errors{
    ResultText{rpc::FaultCode::BAD_NAME,    "no such process"},
    ResultText{rpc::FaultCode::BAD_SIGNAL,  "bad signal name"},
    ResultText{rpc::FaultCode::NOT_RUNNING, "not running"    },
};
constexpr std::array clear_errors{
    ResultText{rpc::FaultCode::BAD_NAME, "no such process"},
    ResultText{rpc::FaultCode::FAILED,   "failed"         },
};

constexpr Action start_action{.verb = "start",
                              .done = "started",
                              .errors = start_errors,
                              .harmless = rpc::FaultCode::ALREADY_STARTED,
                              .exit_of_unknown_group = status::invalid_arguments,
                              .tells_failures = false,
                              .place = place::start_result};
constexpr Action stop_action{.verb = "stop",
                             .done = "stopped",
                             .errors = signal_errors,
                             .harmless = rpc::FaultCode::NOT_RUNNING,
                             .exit_of_unknown_group = status::generic,
                             .tells_failures = true,
                             .place = place::signal_result};
constexpr Action signal_action{.verb = "signal",
                               .done = "signalled",
                               .errors = signal_errors,
                               .harmless = rpc::FaultCode::SUCCESS,
                               .exit_of_unknown_group = status::generic,
                               .tells_failures = true,
                               .place = place::signal_result};
constexpr Action clear_action{.verb = "clear",
                              .done = "cleared",
                              .errors = clear_errors,
                              .harmless = rpc::FaultCode::SUCCESS,
                              .exit_of_unknown_group = status::generic,
                              .tells_failures = false,
                              .place = place::clear_result};

void say_done(Session& session, const Action& action, const std::string& name) {
  rpc::Struct record;
  record.push_back({"name", name});
  record.push_back({"ok", true});
  record.push_back({"result", action.done});
  session.say(name + ": " + std::string(action.done), std::move(record));
}

// "NOT_PERMITTED: web: user x may not" without the first word.
std::string without_fault_name(const std::string& description) {
  const std::size_t colon = description.find(": ");
  return colon == std::string::npos ? description : description.substr(colon + 2);
}

// The line and the exit status for one process.
void show_result(Session& session, const Action& action, const std::string& name,
                 rpc::FaultCode result, const std::string& description) {
  if (result == rpc::FaultCode::SUCCESS) {
    say_done(session, action, name);
    return;
  }
  const auto error = std::find_if(action.errors.begin(), action.errors.end(),
                                  [&](const ResultText& each) { return each.code == result; });
  if (error != action.errors.end()) {
    session.complain(name + ": ERROR (" + std::string(error->text) + ")", name, error->text);
  } else if (action.tells_failures && result == rpc::FaultCode::FAILED) {
    session.complain(description, name, description);
  } else if (result == rpc::FaultCode::NOT_PERMITTED) {
    const std::string text = "not permitted: " + without_fault_name(description);
    session.complain(name + ": ERROR (" + text + ")", name, text);
  } else {
    throw value_error(
        "Unknown result code " + std::to_string(static_cast<int>(result)) + " for " + name,
        action.place);
  }
  if (result == action.harmless) {
    return;
  }
  const bool is_dead = result == rpc::FaultCode::SPAWN_ERROR ||
                       result == rpc::FaultCode::ABNORMAL_TERMINATION ||
                       result == rpc::FaultCode::NOT_RUNNING;
  session.exit_status = is_dead ? status::not_running : status::generic;
}

void show_results(Session& session, const Action& action, const rpc::Value& results) {
  const rpc::Array* items = results.get<rpc::Array>();
  if (items == nullptr) {
    return;
  }
  for (const rpc::Value& item : *items) {
    show_result(session, action, full_name(text_member(item, "group"), text_member(item, "name")),
                static_cast<rpc::FaultCode>(number_member(item, "status")),
                text_member(item, "description"));
  }
}

// The parameters of a call: the name, if any, and the signal, if any.
rpc::Array parameters(const std::string& name, const std::string& signal) {
  rpc::Array list;
  for (const std::string& each : {name, signal}) {
    if (!each.empty()) list.emplace_back(each);
  }
  return list;
}

std::string method(const Action& action, std::string_view what) {
  return "supervisor." + std::string(action.verb) + std::string(what);
}

void act_on_group(Session& session, const Action& action, const std::string& group,
                  const std::string& signal) {
  rpc::Value results;
  try {
    results = session.call(method(action, "ProcessGroup"), parameters(group, signal));
  } catch (const Failure& failure) {
    if (!failure.is_fault(rpc::FaultCode::BAD_NAME)) throw;
    session.complain(group + ": ERROR (no such group)", group, "no such group");
    session.exit_status = action.exit_of_unknown_group;
    return;
  }
  show_results(session, action, results);
}

void act_on_process(Session& session, const Action& action, std::string_view what,
                    const std::string& name, const std::string& shown, const std::string& signal) {
  try {
    session.call(method(action, what), parameters(name, signal));
  } catch (const Failure& failure) {
    if (failure.kind != Failure::Kind::fault) throw;
    show_result(session, action, shown, static_cast<rpc::FaultCode>(failure.code), failure.text);
    return;
  }
  say_done(session, action, shown);
}

void act(Session& session, const Action& action, const std::vector<std::string>& names,
         const std::string& signal = {}) {
  if (contains(names, "all")) {
    show_results(session, action,
                 session.call(method(action, "AllProcesses"), parameters("", signal)));
    return;
  }
  for (const std::string& name : names) {
    const NamedTarget target = parse_target(name);
    if (target.process) {
      act_on_process(session, action, "Process", name, full_name(target.group, *target.process),
                     signal);
    } else {
      act_on_group(session, action, target.group, signal);
    }
  }
}

}  // namespace

namespace {

// With -v: what each uses, measured for a moment; empty otherwise.
std::vector<std::optional<Load>> loads_of(Session& session,
                                          const std::vector<const ProcessInfo*>& infos) {
  constexpr std::chrono::milliseconds moment(200);
  const std::int64_t daemon = local_daemon(session);
  const ProcessTable before = ProcessTable::read();
  pause_for(moment);
  const ProcessTable after = ProcessTable::read();
  std::vector<std::optional<Load>> loads;
  for (const ProcessInfo* info : infos) {
    loads.push_back(load_between(before, after, info->pid, daemon));
  }
  return loads;
}

}  // namespace

bool run_status(Session& session, const std::string& argument) {
  // An upcheck that fails has a status of its own here.
  if (!session.is_up()) {
    session.exit_status = status::unknown;
    return false;
  }
  std::vector<std::string> names = words_of(argument);
  const bool is_verbose =
      take_flag(names, OptionId::status_verbose) || take_flag(names, OptionId::status_resources);
  const std::vector<ProcessInfo> all = all_statuses(session);
  const std::vector<const ProcessInfo*> shown = named(session, all, names, status::unknown);
  std::vector<std::optional<Load>> loads;
  std::vector<std::string> columns;
  if (is_verbose) {
    loads = loads_of(session, shown);
    for (const std::optional<Load>& load : loads) columns.push_back(load_text(load));
  }
  session.output.text(status_lines(shown, columns));
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (session.output.is_json()) {
      rpc::Struct record = record_of(*shown[i]);
      if (is_verbose) add_load(loads[i], record);
      session.output.record(std::move(record));
    }
    if (is_down(*shown[i])) {
      session.exit_status = status::some_are_down;
    }
  }
  return false;
}

namespace {

void show_pid(Session& session, const std::string& name, std::int64_t pid) {
  rpc::Struct record;
  record.push_back({"name", name});
  record.push_back({"pid", pid});
  session.say(std::to_string(pid), std::move(record));
}

}  // namespace

bool run_pid(Session& session, const std::string& argument) {
  if (!session.is_up()) {
    return false;
  }
  const std::vector<std::string> names = words_of(argument);
  if (names.empty()) {
    const rpc::Value pid = session.call("supervisor.getPID");
    show_pid(session, "supervisord", pid.is<std::int64_t>() ? *pid.get<std::int64_t>() : 0);
  } else if (contains(names, "all")) {
    for (const ProcessInfo& info : process_infos(session.call("supervisor.getAllProcessInfo"))) {
      show_pid(session, info.full_name(), info.pid);
    }
  } else {
    for (const std::string& name : names) {
      try {
        const ProcessInfo info = process_info(session.call("supervisor.getProcessInfo", {name}));
        show_pid(session, info.full_name(), info.pid);
        if (info.pid == 0) {
          session.exit_status = status::not_running;
        }
      } catch (const Failure& failure) {
        if (!failure.is_fault(rpc::FaultCode::BAD_NAME)) throw;
        session.exit_status = status::generic;
        session.complain("No such process " + name, name, "no such process");
      }
    }
  }
  return false;
}

namespace {

bool start_or_stop(Session& session, const Action& action, const std::string& argument,
                   int exit_without_name) {
  if (!session.is_up()) {
    return false;
  }
  const std::vector<std::string> names = words_of(argument);
  if (names.empty()) {
    session.misused("Error: " + std::string(action.verb) + " requires a process name", action.verb,
                    exit_without_name);
  } else {
    act(session, action, names);
  }
  return false;
}

}  // namespace

bool run_start(Session& session, const std::string& argument) {
  return start_or_stop(session, start_action, argument, status::invalid_arguments);
}

bool run_stop(Session& session, const std::string& argument) {
  return start_or_stop(session, stop_action, argument, status::generic);
}

namespace {

// One process after the other, each when the one before it runs again. The first that does not ends
// it: the others go on as they are.
void restart_one_by_one(Session& session, const std::vector<std::string>& names) {
  const std::vector<ProcessInfo> all = all_statuses(session);
  for (const ProcessInfo* info : named(session, all, names, status::generic)) {
    const std::string name = info->group + ":" + info->name;
    act(session, stop_action, {name});
    const int before = std::exchange(session.exit_status, status::success);
    act(session, start_action, {name});
    if (session.exit_status != status::success) {
      session.complain("Stopped there: " + info->full_name() +
                           " did not start; the processes "
                           "behind it were left as they are",
                       info->full_name(), "the restart ends here");
      return;
    }
    session.exit_status = before;
  }
}

}  // namespace

bool run_restart(Session& session, const std::string& argument) {
  if (!session.is_up()) {
    return false;
  }
  std::vector<std::string> names = words_of(argument);
  const bool is_rolling = take_flag(names, OptionId::restart_rolling);
  if (names.empty()) {
    session.misused("Error: restart requires a process name", "restart");
    return false;
  }
  if (is_rolling) {
    restart_one_by_one(session, names);
    return false;
  }
  run_stop(session, argument);
  return run_start(session, argument);
}

bool run_signal(Session& session, const std::string& argument) {
  if (!session.is_up()) {
    return false;
  }
  std::vector<std::string> names = words_of(argument);
  if (names.size() < 2) {
    session.misused("Error: signal requires a signal name and a process name", "signal");
    return false;
  }
  const std::string signal = names.front();
  names.erase(names.begin());
  act(session, signal_action, names, signal);
  return false;
}

bool run_clear(Session& session, const std::string& argument) {
  if (!session.is_up()) {
    return false;
  }
  const std::vector<std::string> names = words_of(argument);
  if (names.empty()) {
    session.misused("Error: clear requires a process name", "clear");
    return false;
  }
  if (contains(names, "all")) {
    show_results(session, clear_action, session.call("supervisor.clearAllProcessLogs"));
    return false;
  }
  for (const std::string& name : names) {
    const NamedTarget target = parse_target(name);
    // A group is no name here; None is what Python makes of it.
    act_on_process(session, clear_action, "ProcessLogs", name,
                   full_name(target.group, target.process.value_or("None")), {});
  }
  return false;
}

}  // namespace sup::ctl
