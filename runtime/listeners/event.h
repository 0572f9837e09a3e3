// Events as a listener reads them: a header line, and a payload of as many characters as it says.
// Pure: bytes in, events out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"

namespace sup::listeners {

struct EventField {
  std::string_view key;
  std::string_view value;
};

struct Event {
  std::string header;  // the line without its end
  std::string name;    // PROCESS_STATE_EXITED
  std::string server;
  std::string pool;
  std::string serial;
  std::string payload;

  // "web" for "processname" in "processname:web groupname:…"; only the first line has such fields.
  // A value may hold colons.
  std::optional<std::string_view> field(std::string_view key) const;

  // The same, empty if there is none.
  std::string text(std::string_view key) const { return std::string(field(key).value_or("")); }

  // All of the first line, in order. They point into the payload.
  std::vector<EventField> fields() const;

  // What stands behind the first line: the output of PROCESS_LOG, the text of REMOTE_COMMUNICATION.
  std::string_view data() const;

  std::string process() const { return text("processname"); }

  std::string group() const { return text("groupname"); }

  // "group:name", also when both are the same.
  std::string group_and_name() const { return group() + ":" + process(); }

  // The same, or the name alone where both are the same.
  std::string short_name() const;
};

// A header names no event, has no length, or one beyond this.
inline constexpr std::size_t payload_maximum = std::size_t{64} << 20U;
inline constexpr std::size_t header_maximum_bytes = std::size_t{64} << 10U;

// Whether `name` is the event type `type` or descends from it. A name that is not known (plug-ins
// have their own) is only itself and an EVENT.
bool is_a(std::string_view name, std::string_view type);

// Takes a header's line apart, into all of `event` but its payload, whose length is returned.
schema::Result<std::size_t> parse_header(std::string line, Event& event);

// Cuts a stream of bytes into events.
//
// `len` counts characters when Supervisor or suprun sends, and bytes with some that imitate it.
// Only payloads that are not ASCII tell them apart: then as many bytes as `len` says are here,
// fewer characters, and nothing follows. Who reads decides how long to wait for more before
// take_as_bytes().
class EventReader {
 public:
  void feed(std::string_view bytes) { buffer_.append(bytes); }

  // The next whole event, nothing if more bytes are needed, or what is wrong with the header.
  schema::Result<std::optional<Event>> next();

  // Enough bytes for an event whose length counts bytes, and too few if it counts characters.
  bool may_count_bytes() const { return length_ && buffer_.size() >= *length_; }

  void take_as_bytes() { counts_bytes_ = true; }

  bool counts_bytes() const { return counts_bytes_; }

  // In the middle of an event.
  bool is_within() const { return length_.has_value() || !buffer_.empty(); }

 private:
  schema::Status read_header();

  std::string buffer_;
  Event event_;
  std::optional<std::size_t> length_;  // the header is read, the payload is not
  std::size_t counted_bytes_ = 0;      // of the buffer, and how many characters they are
  std::size_t counted_characters_ = 0;
  bool counts_bytes_ = false;
};

}  // namespace sup::listeners
