// Commands about the daemon and its configuration: avail, reread, update, add, remove, reload,
// shutdown, version, open.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>

#include "runtime/ctl/command.h"
#include "runtime/ctl/commands.h"
#include "runtime/ctl/process_info.h"
#include "runtime/ctl/session.h"
#include "runtime/ctl/targets.h"

namespace sup::ctl {

namespace {

// Of commands without arguments: whether there are some.
bool rejected(Session& session, const char* command, const std::string& argument) {
  if (argument.empty()) {
    return false;
  }
  session.misused("Error: " + std::string(command) + " accepts no arguments", command);
  return true;
}

void say_of(Session& session, const std::string& name, const std::string& text) {
  rpc::Struct record;
  record.push_back({"name", name});
  record.push_back({"ok", true});
  record.push_back({"result", text});
  session.say(name + ": " + text, std::move(record));
}

void say_ok(Session& session, const std::string& text) {
  rpc::Struct record;
  record.push_back({"ok", true});
  record.push_back({"result", text});
  session.say(text, std::move(record));
}

// An answer of reloadConfig.
struct Changes {
  std::vector<std::string> added, changed, removed;
};

std::vector<std::string> texts_of(const rpc::Array& lists, std::size_t index) {
  std::vector<std::string> texts;
  const rpc::Array* list = index < lists.size() ? lists[index].get<rpc::Array>() : nullptr;
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    if (const std::string* text = (*list)[i].get<std::string>()) texts.push_back(*text);
  }
  return texts;
}

Changes reload_configuration(Session& session) {
  const rpc::Value answer = session.call("supervisor.reloadConfig");
  const rpc::Array* outer = answer.get<rpc::Array>();
  const rpc::Array* lists =
      outer != nullptr && !outer->empty() ? outer->front().get<rpc::Array>() : nullptr;
  if (lists == nullptr) {
    throw value_error("unexpected answer to reloadConfig", place::bad_xml);
  }
  return {texts_of(*lists, 0), texts_of(*lists, 1), texts_of(*lists, 2)};
}

// What the user says to a question, if he is asked at all.
bool is_wanted(Session& session, std::string_view question, std::string_view where) {
  if (!session.settings.is_interactive) {
    return true;
  }
  const std::optional<std::string> answer = session.ask(question);
  if (!answer) {
    throw Failure{.text = "EOF when reading a line", .python_class = "EOFError", .place = where};
  }
  return !answer->empty() && ((*answer)[0] == 'y' || (*answer)[0] == 'Y');
}

}  // namespace

bool run_avail(Session& session, const std::string& argument) {
  if (rejected(session, "avail", argument)) {
    return false;
  }
  rpc::Value answer;
  try {
    answer = session.call("supervisor.getAllConfigInfo");
  } catch (const Failure& failure) {
    session.exit_status = status::generic;
    if (!failure.is_fault(rpc::FaultCode::SHUTDOWN_STATE)) throw;
    session.complain("ERROR: supervisor shutting down", "", "supervisor shutting down");
    return false;
  }
  const rpc::Array* list = answer.get<rpc::Array>();
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const rpc::Value& each = (*list)[i];
    const std::string name = full_name(text_member(each, "group"), text_member(each, "name"));
    const std::string priority = std::to_string(number_member(each, "group_prio")) + ":" +
                                 std::to_string(number_member(each, "process_prio"));
    session.output.line(
        padded(name, 32) + " " + padded(flag_member(each, "inuse") ? "in use" : "avail", 9) + " " +
        padded(flag_member(each, "autostart") ? "auto" : "manual", 9) + " " + priority);
    if (session.output.is_json()) {
      session.output.record(*each.get<rpc::Struct>());
    }
  }
  return false;
}

bool run_reread(Session& session, const std::string& argument) {
  if (rejected(session, "reread", argument)) {
    return false;
  }
  Changes changes;
  try {
    changes = reload_configuration(session);
  } catch (const Failure& failure) {
    session.exit_status = status::generic;
    if (failure.is_fault(rpc::FaultCode::SHUTDOWN_STATE)) {
      session.complain("ERROR: supervisor shutting down", "", "supervisor shutting down");
    } else if (failure.is_fault(rpc::FaultCode::CANT_REREAD)) {
      session.complain("ERROR: " + failure.text, "", failure.text);
    } else {
      throw;
    }
    return false;
  }
  // Sorted, and a name that is in several lists goes by the last.
  std::map<std::string, std::string> texts;
  for (const std::string& name : changes.added) texts[name] = "available";
  for (const std::string& name : changes.changed) texts[name] = "changed";
  for (const std::string& name : changes.removed) texts[name] = "disappeared";
  for (const auto& [name, text] : texts) {
    say_of(session, name, text);
  }
  if (texts.empty()) {
    session.output.line("No config updates to processes");
  }
  return false;
}

bool run_add(Session& session, const std::string& argument) {
  for (const std::string& name : words_of(argument)) {
    try {
      session.call("supervisor.addProcessGroup", {name});
      say_of(session, name, "added process group");
    } catch (const Failure& failure) {
      if (failure.is_fault(rpc::FaultCode::SHUTDOWN_STATE)) {
        session.complain("ERROR: shutting down", name, "shutting down");
        session.exit_status = status::generic;
      } else if (failure.is_fault(rpc::FaultCode::ALREADY_ADDED)) {
        session.complain("ERROR: process group already active", name, "already active");
      } else if (failure.is_fault(rpc::FaultCode::BAD_NAME)) {
        session.complain("ERROR: no such process/group: " + name, name, "no such process/group");
        session.exit_status = status::generic;
      } else {
        throw;
      }
    }
  }
  return false;
}

bool run_remove(Session& session, const std::string& argument) {
  for (const std::string& name : words_of(argument)) {
    try {
      session.call("supervisor.removeProcessGroup", {name});
      say_of(session, name, "removed process group");
    } catch (const Failure& failure) {
      session.exit_status = status::generic;
      if (failure.is_fault(rpc::FaultCode::STILL_RUNNING)) {
        session.complain("ERROR: process/group still running: " + name, name, "still running");
      } else if (failure.is_fault(rpc::FaultCode::BAD_NAME)) {
        session.complain("ERROR: no such process/group: " + name, name, "no such process/group");
      } else {
        throw;
      }
    }
  }
  return false;
}

namespace {

// Groups that an update may touch; all of them if none is named.
class Wanted {
 public:
  explicit Wanted(std::vector<std::string> names) : names_(std::move(names)) {
    if (std::find(names_.begin(), names_.end(), "all") != names_.end()) {
      names_.clear();
    }
  }

  const std::vector<std::string>& names() const { return names_; }

  bool has(const std::string& name) const {
    return names_.empty() || std::find(names_.begin(), names_.end(), name) != names_.end();
  }

 private:
  std::vector<std::string> names_;
};

// Says which of the named groups there are not.
void check_groups(Session& session, const Wanted& wanted, const Changes& changes) {
  if (wanted.names().empty()) {
    return;
  }
  std::vector<std::string> known = changes.added;
  for (const ProcessInfo& info : process_infos(session.call("supervisor.getAllProcessInfo"))) {
    known.push_back(info.group);
  }
  std::vector<std::string> told;
  for (const std::string& name : wanted.names()) {
    if (std::find(known.begin(), known.end(), name) == known.end() &&
        std::find(told.begin(), told.end(), name) == told.end()) {
      session.complain("ERROR: no such group: " + name, name, "no such group");
      session.exit_status = status::generic;
      told.push_back(name);
    }
  }
}

bool any_failed(const rpc::Value& results) {
  const rpc::Array* items = results.get<rpc::Array>();
  return items != nullptr && std::any_of(items->begin(), items->end(), [](const rpc::Value& item) {
           return static_cast<rpc::FaultCode>(number_member(item, "status")) ==
                  rpc::FaultCode::FAILED;
         });
}

}  // namespace

namespace {

// Supervisor's way: whole groups, each stopped, taken out and put in again.
void update_groups(Session& session, const std::string& argument) {
  Changes changes;
  try {
    changes = reload_configuration(session);
  } catch (const Failure& failure) {
    session.exit_status = status::generic;
    if (!failure.is_fault(rpc::FaultCode::SHUTDOWN_STATE)) throw;
    session.complain("ERROR: already shutting down", "", "already shutting down");
    return;
  }
  const Wanted wanted(words_of(argument));
  check_groups(session, wanted, changes);
  for (const std::string& name : changes.removed) {
    if (!wanted.has(name)) continue;
    const rpc::Value results = session.call("supervisor.stopProcessGroup", {name});
    say_of(session, name, "stopped");
    if (any_failed(results)) {
      session.complain(name + ": has problems; not removing", name, "has problems; not removing");
      session.exit_status = status::generic;
      continue;
    }
    session.call("supervisor.removeProcessGroup", {name});
    say_of(session, name, "removed process group");
  }
  for (const std::string& name : changes.changed) {
    if (!wanted.has(name)) continue;
    session.call("supervisor.stopProcessGroup", {name});
    say_of(session, name, "stopped");
    session.call("supervisor.removeProcessGroup", {name});
    session.call("supervisor.addProcessGroup", {name});
    say_of(session, name, "updated process group");
  }
  for (const std::string& name : changes.added) {
    if (!wanted.has(name)) continue;
    session.call("supervisor.addProcessGroup", {name});
    say_of(session, name, "added process group");
  }
}

// What an update does with a process: "restart", "remove", … or nothing.
std::string action_for(const rpc::Array& processes, const ProcessInfo& info) {
  const auto found =
      std::find_if(processes.begin(), processes.end(), [&](const rpc::Value& process) {
        return text_member(process, "group") == info.group &&
               text_member(process, "name") == info.name;
      });
  return found != processes.end() ? text_member(*found, "action") : "";
}

bool is_stop(const std::string& action) { return action == "restart" || action == "remove"; }

// Of suprun: those that have to leave or to stop are gone, or were started again. All that there
// are then.
std::vector<ProcessInfo> wait_for_update(Session& session, const rpc::Array& processes) {
  // Most processes end within some milliseconds, and some take their time.
  constexpr std::chrono::milliseconds longest_between_looks(50);
  std::chrono::milliseconds between_looks(2);
  for (;;) {
    std::vector<ProcessInfo> all = all_statuses(session);
    const bool is_under_way = std::any_of(all.begin(), all.end(), [&](const ProcessInfo& info) {
      return info.state_name == "STOPPING" && !action_for(processes, info).empty();
    });
    if (!is_under_way) return all;
    pause_for(between_looks);
    between_looks = std::min(2 * between_looks, longest_between_looks);
  }
}

// Says what of a group was stopped: the group, as supervisorctl, which stops the whole of it, or
// the processes if others went on.
void tell_stops(Session& session, const rpc::Array& processes, const std::string& group,
                const std::vector<ProcessInfo>& now) {
  std::vector<std::string> stopped;
  for (const rpc::Value& process : processes) {
    if (text_member(process, "group") == group && is_stop(text_member(process, "action"))) {
      stopped.push_back(full_name(group, text_member(process, "name")));
    }
  }
  const bool others_went_on = std::any_of(now.begin(), now.end(), [&](const ProcessInfo& info) {
    const std::string action = action_for(processes, info);
    return info.group == group && info.pid != 0 && action != "add" && !is_stop(action);
  });
  if (!stopped.empty() && !others_went_on) stopped = {group};
  for (const std::string& name : stopped) say_of(session, name, "stopped");
}

// suprun's way: only what changed is touched. The lines are those of groups, as scripts know them.
void update_processes(Session& session) {
  const rpc::Value answer = session.call("suprun.update");
  const rpc::Value* list = answer.member("processes");
  const rpc::Array* processes = list != nullptr ? list->get<rpc::Array>() : nullptr;
  if (processes == nullptr) {
    throw value_error("unexpected answer to update", place::bad_xml);
  }
  const std::vector<ProcessInfo> now = wait_for_update(session, *processes);
  const auto each = [&](const char* member, auto&& tell) {
    const rpc::Value* names = answer.member(member);
    const rpc::Array* texts = names != nullptr ? names->get<rpc::Array>() : nullptr;
    for (std::size_t i = 0; texts != nullptr && i < texts->size(); ++i) {
      if (const std::string* name = (*texts)[i].get<std::string>()) tell(*name);
    }
  };
  each("removed", [&](const std::string& name) {
    say_of(session, name, "stopped");
    say_of(session, name, "removed process group");
  });
  each("changed", [&](const std::string& name) {
    tell_stops(session, *processes, name, now);
    say_of(session, name, "updated process group");
  });
  each("added", [&](const std::string& name) { say_of(session, name, "added process group"); });
}

}  // namespace

bool run_update(Session& session, const std::string& argument) {
  const Wanted wanted(words_of(argument));
  if (wanted.names().empty() && session.has_method("suprun.update")) {
    update_processes(session);
  } else {
    update_groups(session, argument);
  }
  return false;
}

namespace {

// Of what has just been added to the daemon, as the arguments of a command: what it does not start
// by itself, for autostart=false.
std::string not_started_of(Session& session, const std::vector<std::string>& names) {
  const std::vector<ProcessInfo> all = process_infos(session.call("supervisor.getAllProcessInfo"));
  const rpc::Value answer = session.call("supervisor.getAllConfigInfo");
  const rpc::Array* settings = answer.get<rpc::Array>();
  std::string found;
  for (const ProcessInfo* info : named(session, all, names, status::generic)) {
    const bool is_left =
        settings != nullptr &&
        std::any_of(settings->begin(), settings->end(), [&](const rpc::Value& each) {
          return text_member(each, "group") == info->group &&
                 text_member(each, "name") == info->name && !flag_member(each, "autostart");
        });
    if (is_left) found += " " + info->full_name();
  }
  return found;
}

// Each with the settings that its configuration has now, and started anew in any case.
void reload_processes(Session& session, const std::vector<std::string>& names) {
  const rpc::Value changes = session.call("suprun.getPlanChanges");
  const rpc::Value* changed = changes.member("changed");
  const rpc::Array* list = changed != nullptr ? changed->get<rpc::Array>() : nullptr;
  const std::vector<ProcessInfo> all = process_infos(session.call("supervisor.getAllProcessInfo"));
  std::string groups;
  std::string others;
  std::vector<std::string> of_groups;
  for (const std::string& name : names) {
    const std::string group = name.substr(0, name.find(':'));
    const bool is_changed =
        list != nullptr && std::any_of(list->begin(), list->end(), [&](const rpc::Value& each) {
          return each.is<std::string>() && *each.get<std::string>() == group;
        });
    if (!is_changed && named(session, all, {name}, status::generic).empty()) continue;
    (is_changed ? groups : others) += " " + (is_changed ? group : name);
    if (is_changed) of_groups.push_back(name);
  }
  if (!groups.empty()) {
    update_groups(session, groups);
    const std::string left = not_started_of(session, of_groups);
    if (!left.empty()) run_start(session, left);
  }
  if (!others.empty()) run_restart(session, others);
}

}  // namespace

bool run_reload(Session& session, const std::string& argument) {
  const std::vector<std::string> names = words_of(argument);
  if (!names.empty() && session.is_up() && session.is_suprun()) {
    reload_processes(session, names);
    return false;
  }
  if (rejected(session, "reload", argument) ||
      !is_wanted(session, "Really restart the remote supervisord process y/N? ",
                 place::ask_reload)) {
    return false;
  }
  try {
    session.call("supervisor.restart");
  } catch (const Failure& failure) {
    if (failure.kind == Failure::Kind::fault) session.exit_status = status::generic;
    if (failure.is_fault(rpc::FaultCode::CANT_REREAD)) {
      session.complain("ERROR: not restarted: " + failure.text, "", failure.text);
      return false;
    }
    if (!failure.is_fault(rpc::FaultCode::SHUTDOWN_STATE)) throw;
    session.complain("ERROR: already shutting down", "", "already shutting down");
    return false;
  }
  say_ok(session, "Restarted supervisord");
  return false;
}

bool run_shutdown(Session& session, const std::string& argument) {
  if (rejected(session, "shutdown", argument) ||
      !is_wanted(session, "Really shut the remote supervisord process down y/N? ",
                 place::ask_shutdown)) {
    return false;
  }
  try {
    session.call("supervisor.shutdown");
  } catch (const Failure& failure) {
    const bool is_refused = failure.is_system(ECONNREFUSED);
    if (failure.is_fault(rpc::FaultCode::SHUTDOWN_STATE)) {
      session.complain("ERROR: already shutting down", "", "already shutting down");
    } else if (is_refused || failure.is_system(ENOENT)) {
      const std::string what = is_refused ? "refused connection" : "no such file";
      session.complain("ERROR: " + session.settings.url + " " + what + " (already shut down?)", "",
                       what);
      session.exit_status = status::generic;
    } else {
      throw;
    }
    return false;
  }
  say_ok(session, "Shut down");
  return false;
}

bool run_version(Session& session, const std::string& argument) {
  if (rejected(session, "version", argument) || !session.is_up()) {
    return false;
  }
  const rpc::Value version = session.call("supervisor.getSupervisorVersion");
  const std::string* text = version.get<std::string>();
  say_ok(session, text != nullptr ? *text : "");
  return false;
}

bool run_open(Session& session, const std::string& argument) {
  const std::size_t colon = argument.find(':');
  const std::string scheme = colon == std::string::npos ? "" : argument.substr(0, colon);
  if (scheme != "unix" && scheme != "http") {
    session.complain("ERROR: url must be http:// or unix://", "", "url must be http:// or unix://");
    session.exit_status = status::generic;
    return false;
  }
  session.open(argument);
  const int before = session.exit_status;
  run_status(session, "");
  session.exit_status = before;
  return false;
}

}  // namespace sup::ctl
