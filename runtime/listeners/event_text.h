// Events in words, as templates and as JSON, for people and for programs that are no listeners.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/listeners/event_record.h"
#include "schema/result.h"

namespace sup::listeners {

// "web exited unexpectedly (pid 77)"
std::string event_sentence(const EventRecord& record);

// Where events come from.
struct Origin {
  std::string host;
  std::string plan{};  // a hash; empty: not known
};

// A value that templates and JSON name, by its name; nothing for a name that no event has, and an
// empty text for one that other events have.
std::optional<std::string> event_value(const EventRecord& record, const Origin& origin,
                                       std::string_view name);

// All names that event_value knows.
const std::vector<std::string>& event_value_names();

// The fields of an event that go to other programs, by name and in order; texts, and no numbers.
std::vector<std::pair<std::string, std::string>> event_values(const EventRecord& record,
                                                              const Origin& origin);

// One line: {"time": …, "host": …, "event": …}. Bytes that are no UTF-8 become U+FFFD.
std::string event_json(const EventRecord& record, const Origin& origin);

// The text as it stands between the quotes of a JSON string.
std::string json_escaped(std::string_view text);

// Percent-encoded as in a form: all but letters, digits and -._~
std::string url_escaped(std::string_view text);

// 2026-11-23T02:06:00.123Z
std::string utc_stamp(std::int64_t milliseconds);

}  // namespace sup::listeners
