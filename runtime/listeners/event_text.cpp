#include "runtime/listeners/event_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include <nlohmann/json.hpp>

#include "runtime/listeners/json_text.h"
#include "runtime/listeners/mail.h"

namespace sup::listeners {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array state_words{
    std::pair{std::string_view("PROCESS_STATE_STARTING"), std::string_view("is starting")     },
    std::pair{std::string_view("PROCESS_STATE_RUNNING"),  std::string_view("is running")      },
    std::pair{std::string_view("PROCESS_STATE_BACKOFF"),
              std::string_view("ended too quickly, it is started again")                      },
    std::pair{std::string_view("PROCESS_STATE_STOPPING"), std::string_view("is being stopped")},
    std::pair{std::string_view("PROCESS_STATE_STOPPED"),  std::string_view("is stopped")      },
    std::pair{std::string_view("PROCESS_STATE_FATAL"),
              std::string_view("failed to start too many times")                              },
    std::pair{std::string_view("PROCESS_STATE_UNKNOWN"),
              std::string_view("is in an unknown state")                                      }
};

std::string_view without_line_end(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::string bare_sentence(const Event& event) {
  const std::string& name = event.name;
  const std::string data(without_line_end(event.data()));
  const auto pid = event.field("pid");
  const std::string with_pid = pid ? " (pid " + std::string(*pid) + ")" : "";
  if (name == "PROCESS_STATE_EXITED") {
    return event.short_name() +
           (event.field("expected") == "0" ? " exited unexpectedly" : " exited") + with_pid;
  }
  const auto* words = std::find_if(state_words.begin(), state_words.end(),
                                   [&](const auto& row) { return row.first == name; });
  if (words != state_words.end()) {
    return event.short_name() + " " + std::string(words->second) + with_pid;
  }
  if (name.starts_with("PROCESS_LOG")) return event.short_name() + " wrote: " + data;
  if (name.starts_with("PROCESS_COMMUNICATION")) return event.short_name() + " says: " + data;
  if (name == "PROCESS_GROUP_ADDED") return "group " + event.group() + " was added";
  if (name == "PROCESS_GROUP_REMOVED") return "group " + event.group() + " was removed";
  if (name == "SUPERVISOR_STATE_CHANGE_RUNNING") return "the supervisor is running";
  if (name == "SUPERVISOR_STATE_CHANGE_STOPPING") return "the supervisor is stopping";
  if (name == "REMOTE_COMMUNICATION") return event.text("type") + ": " + data;
  return event.process().empty() ? name : event.short_name() + ": " + name;
}

struct Value {
  std::string_view name;
  std::string (*get)(const EventRecord&, const Origin&);
};

// Those that are no fields of the payload.
constexpr std::array values{
    Value{"time",       [](const EventRecord& r, const Origin&) { return utc_stamp(r.milliseconds); }  },
    Value{"local_time",
          [](const EventRecord& r,               const Origin&) { return time_stamp(r.milliseconds); } },
    Value{"timestamp",  [](const EventRecord& r,
          const Origin&) { return std::to_string(r.milliseconds / 1000); }                             },
    Value{"host",       [](const EventRecord&,   const Origin& o) { return o.host; }                   },
    Value{"plan",       [](const EventRecord&,   const Origin& o) { return o.plan; }                   },
    Value{"server",     [](const EventRecord& r, const Origin&) { return r.event.server; }             },
    Value{"pool",       [](const EventRecord& r, const Origin&) { return r.event.pool; }               },
    Value{"serial",     [](const EventRecord& r, const Origin&) { return r.event.serial; }             },
    Value{"event",      [](const EventRecord& r, const Origin&) { return r.event.name; }               },
    Value{"program",    [](const EventRecord& r, const Origin&) { return r.event.process(); }          },
    Value{"group",      [](const EventRecord& r, const Origin&) { return r.event.group(); }            },
    Value{"name",       [](const EventRecord& r, const Origin&) { return r.event.short_name(); }       },
    Value{"text",       [](const EventRecord& r, const Origin&) { return event_sentence(r); }          },
    Value{"repeated",
          [](const EventRecord& r,               const Origin&) { return std::to_string(r.repeated); } },
    Value{"data",       [](const EventRecord& r, const Origin&) { return std::string(r.event.data()); }},
    Value{"payload",    [](const EventRecord& r, const Origin&) { return r.event.payload; }            }
};

// Fields of the payloads of Supervisor's events.
constexpr std::array payload_names{"processname", "groupname", "from_state", "expected", "pid",
                                   "tries",       "channel",   "type",       "when"};

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 16 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string event_sentence(const EventRecord& record) {
  std::string text = bare_sentence(record.event);
  if (record.repeated > 0) text += " (and " + std::to_string(record.repeated) + " more like it)";
  return text;
}

std::optional<std::string> event_value(const EventRecord& record, const Origin& origin,
                                       std::string_view name) {
  const auto* value = std::find_if(values.begin(), values.end(),
                                   [&](const Value& each) { return each.name == name; });
  if (value != values.end()) return value->get(record, origin);
  for (const EventField& field : record.event.fields()) {
    if (field.key == name) return std::string(field.value);
  }
  const bool is_known =
      std::find(payload_names.begin(), payload_names.end(), name) != payload_names.end();
  return is_known ? std::optional(std::string()) : std::nullopt;
}

const std::vector<std::string>& event_value_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Value& value : values) all.emplace_back(value.name);
    all.insert(all.end(), payload_names.begin(), payload_names.end());
    return all;
  }();
  return names;
}

std::vector<std::pair<std::string, std::string>> event_values(const EventRecord& record,
                                                              const Origin& origin) {
  const Event& event = record.event;
  std::vector<std::pair<std::string, std::string>> all{
      {"time", utc_stamp(record.milliseconds)},
      {"host", origin.host                   }
  };
  if (!origin.plan.empty()) all.emplace_back("plan", origin.plan);
  all.emplace_back("server", event.server);
  all.emplace_back("pool", event.pool);
  all.emplace_back("serial", event.serial);
  all.emplace_back("event", event.name);
  for (const EventField& field : event.fields()) {
    const bool is_known = std::any_of(all.begin(), all.end(),
                                      [&](const auto& each) { return each.first == field.key; });
    if (!is_known) all.emplace_back(field.key, field.value);
  }
  if (!event.data().empty()) all.emplace_back("data", event.data());
  if (record.repeated > 0) all.emplace_back("repeated", std::to_string(record.repeated));
  all.emplace_back("text", event_sentence(record));
  return all;
}

std::string event_json(const EventRecord& record, const Origin& origin) {
  static constexpr std::array<std::string_view, 5> numbers{"serial", "pid", "tries", "when",
                                                           "repeated"};
  Json object;
  for (const auto& [key, value] : event_values(record, origin)) {
    const bool may_be_number = std::find(numbers.begin(), numbers.end(), key) != numbers.end();
    if (key == "expected") {
      object[key] = value != "0";
    } else if (may_be_number && is_number(value)) {
      object[key] = std::stoll(value);
    } else {
      object[key] = value;
    }
  }
  return json_text(object);
}

std::string json_escaped(std::string_view text) {
  const std::string quoted = json_text(std::string(text));
  return quoted.substr(1, quoted.size() - 2);
}

std::string url_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') ||
                          std::string_view("-._~").find(c) != std::string_view::npos;
    std::array<char, 4> code{c};
    if (!is_plain) {
      std::snprintf(code.data(), code.size(), "%%%02X",
                    static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    escaped += code.data();
  }
  return escaped;
}

std::string utc_stamp(std::int64_t milliseconds) {
  const auto seconds = static_cast<std::time_t>(milliseconds / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 40> stamp{};
  const std::size_t size = std::strftime(stamp.data(), stamp.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(stamp.data() + size, stamp.size() - size, ".%03dZ",
                static_cast<int>(milliseconds % 1000));
  return stamp.data();
}

}  // namespace sup::listeners
