// The command events: what happens, as the server tells it.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <optional>

#include "runtime/ctl/command.h"
#include "runtime/ctl/commands.h"
#include "runtime/ctl/options.h"
#include "runtime/ctl/process_info.h"
#include "runtime/ctl/session.h"
#include "runtime/ctl/targets.h"
#include "schema/text.h"

namespace sup::ctl {

namespace {

// How long a server may be away, as while it is upgraded in place.
constexpr std::chrono::seconds patience(5);
constexpr std::chrono::milliseconds between_attempts(100);

std::string clock_text(const rpc::Value& event) {
  const rpc::Value* time = event.member("time");
  const double* real = time != nullptr ? time->get<double>() : nullptr;
  const std::int64_t* whole = time != nullptr ? time->get<std::int64_t>() : nullptr;
  const std::time_t seconds = real != nullptr    ? static_cast<std::time_t>(*real)
                              : whole != nullptr ? static_cast<std::time_t>(*whole)
                                                 : 0;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%H:%M:%S", &local);
  return text.data();
}

// "12:30:04 PROCESS_STATE_RUNNING web from_state=STARTING pid=4711"
std::string line_of(const rpc::Value& event) {
  static const rpc::Value none = rpc::Struct{};
  const rpc::Value* found = event.member("fields");
  const rpc::Value& fields = found != nullptr && found->is<rpc::Struct>() ? *found : none;
  std::string line = clock_text(event) + " " + text_member(event, "type");
  const std::string process = text_member(fields, "processname");
  const std::string group = text_member(fields, "groupname");
  if (!group.empty()) {
    line += " " + (process.empty() ? group : full_name(group, process));
  }
  for (const rpc::Member& field : *fields.get<rpc::Struct>()) {
    if (field.name == "processname" || field.name == "groupname") {
      continue;
    }
    const auto* text = field.value.get<std::string>();
    line += " " + field.name + "=" + (text != nullptr ? *text : to_json(field.value));
  }
  const rpc::Value* data = event.member("data");
  const bool says_nothing = data == nullptr || *data == rpc::Value(std::string());
  if (!says_nothing) {
    line += " " + to_json(*data);
  }
  return line;
}

// One event of the stream: `kind` is "missed" where the server says how many there were besides.
void show(Session& session, std::string_view kind, const std::string& data) {
  const std::optional<rpc::Value> event = from_json(data);
  const rpc::Struct* record = event ? event->get<rpc::Struct>() : nullptr;
  if (record == nullptr) {
    return;
  }
  if (session.output.is_json()) {
    session.output.stream(*record);
  } else if (kind == "missed") {
    const rpc::Value* count = event->member("missed");
    const bool is_known = count != nullptr && count->is<std::int64_t>();
    session.output.line("==> " + (is_known ? to_json(*count) : std::string("some")) +
                        " events were missed <==");
  } else {
    session.output.line(line_of(*event));
  }
  session.output.flush();
}

// Takes the whole events out of what came.
class EventReader {
 public:
  void feed(Session& session, std::string& text) {
    std::size_t end = 0;
    while ((end = text.find('\n')) != std::string::npos) {
      const std::string line = text.substr(0, end);
      text.erase(0, end + 1);
      if (line.empty()) {
        if (!data_.empty()) {
          show(session, kind_, data_);
        }
        kind_.clear();
        data_.clear();
      } else if (line.starts_with("id: ")) {
        last_id_ = line.substr(4);
      } else if (line.starts_with("event: ")) {
        kind_ = line.substr(7);
      } else if (line.starts_with("data: ")) {
        data_ += line.substr(6);
      }
    }
  }

  // Another connection takes up where this one ended.
  void connects_again() {
    kind_.clear();
    data_.clear();
  }

  // Of the last event; empty: there was none.
  const std::string& last_id() const { return last_id_; }

 private:
  std::string kind_;
  std::string data_;
  std::string last_id_;
};

std::string in_query(std::string_view text) {
  std::string encoded;
  for (const char sign : text) {
    std::array<char, 4> hexadecimal{};
    const auto byte = static_cast<unsigned char>(sign);
    std::snprintf(hexadecimal.data(), hexadecimal.size(), "%%%02X", byte);
    encoded += hexadecimal.data();
  }
  return encoded;
}

// What is to be watched, as the user asks for it.
struct Wish {
  std::vector<std::string> names;
  std::string types;      // in upper case, with commas; empty: all of them
  std::string complaint;  // what is wrong with it, or nothing
};

Wish wish_of(const std::string& argument) {
  Wish wish{.names = words_of(argument), .types = {}, .complaint = {}};
  const std::string_view option_name = option(OptionId::events_filter).text;
  while (const std::optional<std::string> given =
             take_option(wish.names, OptionId::events_filter)) {
    if (given->find_first_not_of(", ") == std::string::npos) {
      wish.complaint = "Error: " + std::string(option_name) + " takes types of events";
    }
    wish.types += (wish.types.empty() ? "" : ",") + schema::upper(*given);
  }
  for (const std::string& name : wish.names) {
    if (name == option_name) {
      wish.complaint = "Error: " + name + " takes types of events";
    } else if (name.starts_with('-')) {
      wish.complaint = "Error: no such option: " + name;
    }
  }
  if (wish.complaint.empty() && wish.names.size() > 1) {
    wish.complaint = "Error: events takes one name";
  }
  return wish;
}

// The part of the query that chooses what `name` stands for: a process, or a group with or without
// ":*" behind it. Nothing, with a complaint, if there is neither, as nothing would ever come of it.
std::optional<std::string> choice_of(Session& session, const std::string& name) {
  const std::vector<ProcessInfo> all = all_statuses(session);
  const NamedTarget target = parse_target(name);
  const bool is_process = target.process && !matching(all, target).empty();
  const bool is_group = name.find(':') == std::string::npos || !target.process;
  if (is_process) return "&process=" + in_query(name);
  if (is_group && !matching(all, {target.group, std::nullopt}).empty()) {
    return "&group=" + in_query(target.group);
  }
  if (named(session, all, {name}, status::generic).empty()) return std::nullopt;
  return "";  // "all"
}

// `body` is what came of the answer.
void refused(Session& session, int code, const std::string& types, const std::string& body) {
  session.exit_status = code == 404 ? status::unimplemented : status::generic;
  if (code == 404) {
    session.complain("ERROR: this needs suprun; the server is another one", "",
                     "the server has no /api/v1/events");
  } else if (code == 400) {
    session.complain("ERROR: no such event type: " + types, "", "no such event type");
  } else if (code == 403) {
    const std::optional<rpc::Value> problem = from_json(body);
    const std::string detail = problem ? text_member(*problem, "detail") : "";
    const std::string reason = detail.empty() ? "the server does not permit it" : detail;
    session.complain("ERROR: " + reason, "", reason);
  } else {
    session.complain("ERROR: the server answers with status " + std::to_string(code), "",
                     "status " + std::to_string(code));
  }
}

enum class End : std::uint8_t { refused, of_stream };

// Shows what comes until the server ends it.
End show_stream(Session& session, const std::string& path, const std::string& types,
                const std::string& header, EventReader& events) {
  Stream stream(parse_address(session.settings.url), session.settings.credentials, path, header);
  std::string text;
  for (bool goes_on = true; goes_on;) {
    goes_on = stream.read(text);
    if (const int code = stream.status(); code != 0 && code != 200) {
      while (goes_on) goes_on = stream.read(text);
      refused(session, code, types, text);
      return End::refused;
    }
    events.feed(session, text);
  }
  return End::of_stream;
}

// Stays through an upgrade in place and a restart: of what happened meanwhile the server tells what
// it knows, and that there may have been more.
End show_streams(Session& session, const std::string& path, const std::string& types) {
  using Clock = std::chrono::steady_clock;
  EventReader events;
  if (show_stream(session, path, types, "", events) == End::refused) {
    return End::refused;
  }
  for (Clock::time_point gone = Clock::now(); Clock::now() - gone < patience;
       pause_for(between_attempts)) {
    events.connects_again();
    try {
      const std::string last = events.last_id().empty() ? "none" : events.last_id();
      if (show_stream(session, path, types, "Last-Event-ID: " + last, events) == End::refused) {
        return End::refused;
      }
      gone = Clock::now();
    } catch (const Failure&) {
      // It is not there yet.
    }
  }
  return End::of_stream;
}

}  // namespace

bool run_events(Session& session, const std::string& argument) {
  const Wish wish = wish_of(argument);
  if (!wish.complaint.empty()) {
    session.misused(wish.complaint, "events", status::invalid_arguments);
    return false;
  }
  if (!session.is_up()) {
    return false;
  }
  std::string path = "/api/v1/events?type=" + in_query(wish.types);
  // Another server is told so below, whatever it runs.
  if (!wish.names.empty() && session.is_suprun()) {
    const std::optional<std::string> choice = choice_of(session, wish.names.front());
    if (!choice) {
      return false;
    }
    path += *choice;
  }
  interrupts_end_calls();
  session.output.goes_on();
  try {
    if (show_streams(session, path, wish.types) == End::refused) {
      return false;
    }
    session.exit_status = status::generic;
    session.complain("ERROR: the server has ended the stream", "", "the stream has ended");
  } catch (const Interrupted&) {
    forget_interrupt();
    session.output.interrupted();
  }
  return false;
}

}  // namespace sup::ctl
