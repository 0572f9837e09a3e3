#include "runtime/listeners/event.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "schema/events.h"
#include "schema/text.h"

namespace sup::listeners {

namespace {

std::string_view take_word(std::string_view& text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

// Calls `use(key, value)` for each key:value.
template <class Use>
void each_field(std::string_view line, Use use) {
  for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
    const std::size_t colon = word.find(':');
    if (colon != std::string_view::npos) {
      use(word.substr(0, colon), word.substr(colon + 1));
    }
  }
}

// Events of processes have fields between blanks; others have one, whose value may hold blanks.
template <class Use>
void each_payload_field(const Event& event, Use use) {
  const std::string_view line = std::string_view(event.payload).substr(0, event.payload.find('\n'));
  const std::string_view name = event.name;
  if (name.starts_with("PROCESS_") && !name.starts_with("PROCESS_GROUP_")) {
    each_field(line, use);
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) use(line.substr(0, colon), line.substr(colon + 1));
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

schema::Error bad_header(std::string_view line, std::string_view why) {
  return {.message = "not the header of an event (" + std::string(why) +
                     "): " + schema::python_bytes_repr(line.substr(0, 200))};
}

}  // namespace

std::optional<std::string_view> Event::field(std::string_view key) const {
  std::optional<std::string_view> found;
  each_payload_field(*this, [&](std::string_view name_of, std::string_view value) {
    if (name_of == key && !found) found = value;
  });
  return found;
}

std::vector<EventField> Event::fields() const {
  std::vector<EventField> all;
  each_payload_field(*this, [&](std::string_view key, std::string_view value) {
    all.push_back({key, value});
  });
  return all;
}

std::string Event::short_name() const {
  return group() == process() || group().empty() ? process() : group_and_name();
}

std::string_view Event::data() const {
  const std::size_t end = payload.find('\n');
  return end == std::string::npos ? std::string_view() : std::string_view(payload).substr(end + 1);
}

bool is_a(std::string_view name, std::string_view type) {
  const auto event = schema::event_from_name(name);
  const auto ancestor = schema::event_from_name(type);
  if (!ancestor) return name == type;
  return event ? schema::event_is_a(*event, *ancestor) : type == "EVENT";
}

schema::Result<std::size_t> parse_header(std::string line, Event& event) {
  event.header = std::move(line);
  std::optional<std::string> length;
  each_field(event.header, [&](std::string_view key, std::string_view value) {
    if (key == "eventname") event.name = value;
    if (key == "server") event.server = value;
    if (key == "pool") event.pool = value;
    if (key == "serial") event.serial = value;
    if (key == "len") length = value;
  });
  if (event.name.empty()) return bad_header(event.header, "no eventname");
  std::size_t count = 0;
  const char* const last = length ? length->data() + length->size() : nullptr;
  if (!length || length->empty() ||
      std::from_chars(length->data(), last, count) != std::from_chars_result{last, std::errc()}) {
    return bad_header(event.header, "no len");
  }
  if (count > payload_maximum) return bad_header(event.header, "len is too large");
  return count;
}

schema::Status EventReader::read_header() {
  const std::size_t end = buffer_.find('\n');
  if (end == std::string::npos) {
    if (buffer_.size() > header_maximum_bytes) return bad_header(buffer_, "no line end");
    return schema::Nothing{};
  }
  Event event;
  const schema::Result<std::size_t> count = parse_header(buffer_.substr(0, end), event);
  if (!count) return count.error();
  buffer_.erase(0, end + 1);
  event_ = std::move(event);
  length_ = *count;
  return schema::Nothing{};
}

schema::Result<std::optional<Event>> EventReader::next() {
  if (!length_) {
    const schema::Status read = read_header();
    if (!read) return read.error();
    if (!length_) return std::optional<Event>();
  }
  std::size_t size = *length_;
  if (!counts_bytes_) {
    // The payload ends before the character that is one too many, or with the last byte of its
    // last one, whose first byte tells how many follow. What looks like more of it is none: so the
    // end does not depend on how many bytes are here already.
    while (counted_bytes_ < buffer_.size() && counted_characters_ <= *length_) {
      counted_characters_ += begins_character(buffer_[counted_bytes_]) ? 1 : 0;
      if (counted_characters_ <= *length_) ++counted_bytes_;
    }
    if (counted_characters_ < *length_) return std::optional<Event>();
    if (*length_ > 0) {
      size = counted_bytes_;
      std::size_t last = size - 1;
      while (last > 0 && !begins_character(buffer_[last])) --last;
      const auto lead = static_cast<unsigned char>(buffer_[last]);
      const std::size_t wanted = lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : lead >= 0xC0U ? 2 : 1;
      if (counted_characters_ == *length_ && size - last < wanted) return std::optional<Event>();
      size = std::min(size, last + wanted);
    }
  }
  if (buffer_.size() < size) return std::optional<Event>();
  event_.payload = buffer_.substr(0, size);
  buffer_.erase(0, size);
  length_.reset();
  counted_bytes_ = counted_characters_ = 0;
  return std::optional(std::exchange(event_, {}));
}

}  // namespace sup::listeners
