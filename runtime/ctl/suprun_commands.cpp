// Commands that need suprun: plan, apply, scale, listeners, upgrade.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <utility>

#include "runtime/ctl/command.h"
#include "runtime/ctl/commands.h"
#include "runtime/ctl/options.h"
#include "runtime/ctl/process_info.h"
#include "runtime/ctl/session.h"
#include "runtime/ctl/targets.h"

namespace sup::ctl {

namespace {

const rpc::Array& list_member(const rpc::Value& value, std::string_view name) {
  static const rpc::Array none;
  const rpc::Value* member = value.member(name);
  const rpc::Array* list = member != nullptr ? member->get<rpc::Array>() : nullptr;
  return list != nullptr ? *list : none;
}

std::string joined(const rpc::Array& texts) {
  std::string line;
  for (const rpc::Value& text : texts) {
    line += (line.empty() ? "" : ", ") + (text.is<std::string>() ? *text.get<std::string>() : "");
  }
  return line;
}

// The answer, or nothing with the reason printed.
std::optional<rpc::Value> ask_suprun(Session& session, std::string_view method,
                                     rpc::Array arguments = {}) {
  if (!session.is_up()) {
    return std::nullopt;
  }
  try {
    return session.call(method, std::move(arguments));
  } catch (const Failure& failure) {
    session.exit_status = status::generic;
    if (failure.is_fault(rpc::FaultCode::UNKNOWN_METHOD)) {
      session.complain("ERROR: this needs suprun; the server is " +
                           (session.is_suprun() ? "an older suprun" : std::string("another one")),
                       "", "the server does not know " + std::string(method));
      session.exit_status = status::unimplemented;
    } else if (failure.is_fault(rpc::FaultCode::CANT_REREAD) ||
               failure.is_fault(rpc::FaultCode::FAILED) ||
               failure.is_fault(rpc::FaultCode::INCORRECT_PARAMETERS) ||
               failure.is_fault(rpc::FaultCode::NOT_PERMITTED)) {
      session.complain("ERROR: " + failure.text, "", failure.text);
    } else {
      throw;
    }
    return std::nullopt;
  }
}

std::string held_text(const rpc::Value& listener) {
  const std::int64_t serial = number_member(listener, "held_serial");
  return serial < 0 ? "holds no event"
                    : "holds event " + std::to_string(serial) + " for " +
                          std::to_string(number_member(listener, "held_for")) + " s";
}

// Whether a pool, or a listener of it, is what the user names; the pool as the name leaves it.
std::optional<rpc::Value> named_part(const rpc::Value& pool, const std::string& name) {
  const NamedTarget target = parse_target(name);
  if (text_member(pool, "name") != target.group) {
    return std::nullopt;
  }
  if (!target.process || name.find(':') == std::string::npos) {
    return pool;
  }
  rpc::Array some;
  for (const rpc::Value& listener : list_member(pool, "listeners")) {
    if (text_member(listener, "name") == *target.process) some.push_back(listener);
  }
  if (some.empty()) {
    return std::nullopt;
  }
  rpc::Struct part = *pool.get<rpc::Struct>();
  for (rpc::Member& member : part) {
    if (member.name == "listeners") member.value = some;
  }
  return part;
}

// The pools that are named, in the order of the names; `all` and no name stand for all of them.
// What there is not is complained of.
rpc::Array named_pools(Session& session, const rpc::Array& pools,
                       const std::vector<std::string>& names) {
  if (names.empty() || std::ranges::find(names, "all") != names.end()) {
    return pools;
  }
  rpc::Array found;
  for (const std::string& name : names) {
    const std::size_t before = found.size();
    for (const rpc::Value& pool : pools) {
      if (std::optional<rpc::Value> part = named_part(pool, name)) {
        found.push_back(std::move(*part));
      }
    }
    if (found.size() == before) {
      const std::string what = "no such event listener";
      session.complain(name + ": ERROR (" + what + ")", name, what);
      session.exit_status = status::generic;
    }
  }
  return found;
}

void show_pool(Session& session, const rpc::Value& pool) {
  const auto number = [&](const char* name) { return std::to_string(number_member(pool, name)); };
  const std::int64_t queued = number_member(pool, "queued");
  const std::int64_t room = number_member(pool, "buffer_size");
  const std::int64_t stored = number_member(pool, "stored");
  std::string line = text_member(pool, "name") + ": " + std::to_string(queued);
  if (queued <= room) {
    line += " of " + std::to_string(room) + " waiting";
  } else if (stored > 0) {
    line += " waiting, " + std::to_string(stored) + " of them on disk";
  } else {
    line += " waiting, more than buffer_size=" + std::to_string(room);
    // Of the daemon's start: it has not been empty since.
    const std::int64_t limit = number_member(pool, "limit");
    if (limit > room) {
      line += ": there is room for " + std::to_string(limit) + " until all were given out";
    }
  }
  if (queued > 0) {
    line += ", the oldest for " + number("oldest") + " s";
  }
  session.output.line(line + "; " + number("accepted") + " accepted, " + number("delivered") +
                      " delivered, " + number("rejected") + " rejected, " + number("dropped") +
                      " dropped");
  for (const rpc::Value& listener : list_member(pool, "listeners")) {
    const std::int64_t violations = number_member(listener, "violations");
    std::string about =
        "  " + padded(full_name(text_member(listener, "group"), text_member(listener, "name")), 30);
    about += " " + padded(text_member(listener, "state"), 13) + held_text(listener) + ", " +
             std::to_string(number_member(listener, "delivered")) + " delivered";
    if (violations > 0) {
      about += ", broke the protocol " +
               (violations == 1 ? "once" : std::to_string(violations) + " times");
    }
    const std::string bytes = text_member(listener, "last_bytes");
    about += bytes.empty() ? "" : ", wrote last " + to_json(bytes);
    session.output.line(about);
  }
}

// Which program a daemon runs.
struct Image {
  std::string version;
  std::int64_t pid = 0;

  rpc::Struct record() const {
    return {
        {"version", version},
        {"pid",     pid    }
    };
  }
};

Image ask_image(Session& session) {
  const rpc::Value daemon = session.call("suprun.getDaemon");
  return {text_member(daemon, "version"), number_member(daemon, "pid")};
}

}  // namespace

bool run_listeners(Session& session, const std::string& argument) {
  const std::optional<rpc::Value> pools = ask_suprun(session, "suprun.getListeners");
  const rpc::Array* list = pools ? pools->get<rpc::Array>() : nullptr;
  if (list == nullptr) {
    return false;
  }
  for (const rpc::Value& pool : named_pools(session, *list, words_of(argument))) {
    show_pool(session, pool);
    if (const rpc::Struct* record = pool.get<rpc::Struct>()) {
      session.output.record(*record);
    }
  }
  if (list->empty() && session.exit_status == status::success) {
    session.output.line(sees_all(session, all_statuses(session).size())
                            ? "There are no event listeners"
                            : "There are no event listeners that you may see");
  }
  return false;
}

namespace {

// What the daemon is told of a file that is named here.
std::string absolute(const std::string& file) {
  std::error_code ignored;
  const std::filesystem::path path = std::filesystem::absolute(file, ignored);
  return path.empty() ? file : path.lexically_normal().string();
}

void show_changes(Session& session, const rpc::Value& changes) {
  bool is_empty = true;
  for (const rpc::Value& process : list_member(changes, "processes")) {
    const std::string name = full_name(text_member(process, "group"), text_member(process, "name"));
    const std::string why = joined(list_member(process, "options"));
    session.output.line(padded(text_member(process, "action"), 8) + " " + name +
                        (why.empty() ? "" : "  (" + why + ")"));
    is_empty = false;
  }
  const auto tell = [&](const std::string& what, const std::string& names) {
    if (names.empty()) return;
    session.output.line(what + names);
    is_empty = false;
  };
  tell("change   groups in place: ", joined(list_member(changes, "groups")));
  tell("change   [supervisord]: ", joined(list_member(changes, "daemon")));
  tell("later    [supervisord], with a new daemon: ", joined(list_member(changes, "daemon_later")));
  if (flag_member(changes, "servers")) {
    tell("listen   anew: ", "the control servers change");
  }
  if (is_empty) {
    session.output.line("No config updates to processes");
  }
  session.output.record(*changes.get<rpc::Struct>());
}

// A whole number; "30s" is 30, too.
std::optional<std::int64_t> number_of(std::string_view text) {
  if (text.ends_with('s')) text.remove_suffix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0
             ? std::optional(number)
             : std::nullopt;
}

// Until an update that has to be confirmed is kept or taken back.
void wait_for_trial(Session& session) {
  constexpr std::chrono::milliseconds between_looks(100);
  for (;;) {
    const rpc::Value trial = session.call("suprun.getTrial");
    const std::string state = text_member(trial, "state");
    if (state == "running") {
      pause_for(between_looks);
      continue;
    }
    const std::string reason = text_member(trial, "reason");
    if (state == "kept") {
      session.say("kept: " + reason, {
                                         {"ok",     true  },
                                         {"result", "kept"},
                                         {"reason", reason}
      });
      return;
    }
    session.exit_status = status::generic;
    if (state == "rolled back") {
      session.complain("ERROR: taken back: " + reason, "", reason);
    } else if (state == "superseded") {
      session.complain("ERROR: not kept: " + reason, "", reason);
    } else {
      session.complain(
          "ERROR: the daemon does not know of the trial any more: it has begun anew, and runs "
          "what its file says",
          "", "no trial");
    }
    return;
  }
}

}  // namespace

bool run_plan(Session& session, const std::string& argument) {
  const std::vector<std::string> words = words_of(argument);
  if (words.size() > 1) {
    session.misused("Error: plan takes one file", "plan", status::invalid_arguments);
    return false;
  }
  const std::optional<rpc::Value> changes =
      ask_suprun(session, "suprun.getPlanChanges",
                 words.empty() ? rpc::Array{} : rpc::Array{absolute(words.front())});
  if (changes) {
    show_changes(session, *changes);
  }
  return false;
}

bool run_apply(Session& session, const std::string& argument) {
  std::vector<std::string> words = words_of(argument);
  const std::optional<std::string> within = take_option(words, OptionId::apply_confirm_within);
  const std::optional<std::int64_t> seconds = within ? number_of(*within) : 0;
  // 0 would be no confirmation at all, which nobody who writes the option means.
  const bool is_none = within && seconds == 0;
  if (words.size() != 1 || !seconds || is_none) {
    session.misused(words.size() != 1 ? "Error: apply takes one file"
                    : is_none ? "Error: --confirm-within takes seconds, 1 at least, not " + *within
                              : "Error: --confirm-within takes seconds, not " + *within,
                    "apply", status::invalid_arguments);
    return false;
  }
  const std::optional<rpc::Value> changes =
      ask_suprun(session, "suprun.apply", {absolute(words.front()), *seconds});
  if (!changes) {
    return false;
  }
  show_changes(session, *changes);
  if (*seconds > 0) {
    wait_for_trial(session);
  }
  return false;
}

// NAME=COUNT for one program or several.
bool run_scale(Session& session, const std::string& argument) {
  const std::vector<std::string> words = words_of(argument);
  for (const std::string& word : words) {
    const std::size_t sign = word.find('=');
    const std::optional<std::int64_t> count =
        sign == std::string::npos ? std::nullopt
                                  : number_of(std::string_view(word).substr(sign + 1));
    if (!count) {
      session.misused("Error: scale takes PROGRAM=COUNT, not " + word, "scale",
                      status::invalid_arguments);
      return false;
    }
  }
  if (words.empty()) {
    session.misused("Error: scale takes PROGRAM=COUNT", "scale", status::invalid_arguments);
    return false;
  }
  rpc::Struct programs;
  for (const std::string& word : words) {
    const std::size_t sign = word.find('=');
    programs.push_back({word.substr(0, sign), *number_of(std::string_view(word).substr(sign + 1))});
  }
  const std::optional<rpc::Value> changes = ask_suprun(session, "suprun.scale", {programs});
  if (changes) {
    show_changes(session, *changes);
  }
  return false;
}

bool run_upgrade(Session& session, const std::string& argument) {
  if (!argument.empty()) {
    session.misused("Error: upgrade accepts no arguments", "upgrade");
    return false;
  }
  const std::optional<rpc::Value> upgrades = ask_suprun(session, "suprun.getUpgrades");
  if (!upgrades) {
    return false;
  }
  const Image before = ask_image(session);
  try {
    session.call("suprun.upgrade");
  } catch (const Failure& failure) {
    if (failure.is_fault(rpc::FaultCode::NOT_PERMITTED)) {
      session.exit_status = status::generic;
      session.complain("ERROR: " + failure.text, "", failure.text);
      return false;
    }
    if (!failure.is_fault(rpc::FaultCode::FAILED)) {
      throw;
    }
    session.exit_status = status::generic;
    session.complain("ERROR: no upgrade, everything goes on as before: " + failure.text, "",
                     failure.text);
    return false;
  }
  // This waits at the socket until the new one takes it.
  session.reconnect();
  const rpc::Value now = session.call("suprun.getUpgrades");
  const Image after = ask_image(session);
  if (now.is<std::int64_t>() && upgrades->is<std::int64_t>() &&
      *now.get<std::int64_t>() <= *upgrades->get<std::int64_t>()) {
    session.exit_status = status::generic;
    session.complain("ERROR: no upgrade, everything goes on as before: see the daemon's log", "",
                     "the program could not be executed");
    return false;
  }
  rpc::Struct record;
  record.push_back({"ok", true});
  record.push_back({"before", before.record()});
  record.push_back({"after", after.record()});
  session.say("suprun " + before.version + " with pid " + std::to_string(before.pid) +
                  " goes on as suprun " + after.version + " with pid " + std::to_string(after.pid),
              std::move(record));
  return false;
}

}  // namespace sup::ctl
