#include "runtime/listeners/event_record.h"

#include <charconv>

namespace sup::listeners {

namespace {

constexpr std::string_view mark = "suplance-event 1 ";

}  // namespace

std::string print_record(const EventRecord& record) {
  return std::string(mark) + std::to_string(record.milliseconds) + " " +
         std::to_string(record.repeated) + "\n" + record.event.header + "\n" + record.event.payload;
}

schema::Result<EventRecord> parse_record(const std::string& text) {
  const schema::Error wrong{"not an event of this queue"};
  const std::size_t first = text.find('\n');
  if (first == std::string::npos || !text.starts_with(mark)) return wrong;
  const std::size_t second = text.find('\n', first + 1);
  if (second == std::string::npos) return wrong;
  EventRecord record;
  const char* const end = text.data() + first;
  const auto time = std::from_chars(text.data() + mark.size(), end, record.milliseconds);
  if (time.ec != std::errc() || time.ptr == end || *time.ptr != ' ') return wrong;
  const auto repeated = std::from_chars(time.ptr + 1, end, record.repeated);
  if (repeated.ec != std::errc() || repeated.ptr != end) return wrong;
  const schema::Result<std::size_t> length =
      parse_header(text.substr(first + 1, second - first - 1), record.event);
  if (!length) return length.error();
  record.event.payload = text.substr(second + 1);
  // A character has a byte at least. Less was cut off by the loss of power.
  if (record.event.payload.size() < *length) return schema::Error{"not a whole event"};
  return record;
}

}  // namespace sup::listeners
