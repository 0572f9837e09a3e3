#include "lint/lsp/transport.h"

#include <algorithm>
#include <charconv>

#include "schema/text.h"

namespace sup::lint::lsp {

namespace {

// A length of more digits than this is none.
constexpr std::size_t most_digits = 15;
// What was read is taken off the buffer when it is as long as this.
constexpr std::size_t compact_bytes = 65536;

std::optional<std::size_t> read_length(std::string_view text) {
  std::size_t length = 0;
  if (text.empty() || text.size() > most_digits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return length;
}

}  // namespace

void MessageReader::feed(std::string_view bytes) {
  if (is_lost_) return;
  const std::size_t skipped = std::min(skipped_bytes_, bytes.size());
  skipped_bytes_ -= skipped;
  buffer_.append(bytes.substr(skipped));
}

void MessageReader::drop(std::size_t count) {
  begin_ += count;
  if (begin_ == buffer_.size()) {
    buffer_.clear();
    begin_ = 0;
  } else if (begin_ >= compact_bytes) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
}

Incoming MessageReader::lose(std::string_view fault) {
  is_lost_ = true;
  buffer_.clear();
  begin_ = 0;
  return {{}, fault, true};
}

std::optional<Incoming> MessageReader::read_headers() {
  const std::string_view unread = std::string_view(buffer_).substr(begin_);
  std::optional<std::size_t> length;
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = unread.find('\n', at);
    if (end == std::string_view::npos || end >= header_maximum_bytes) {
      if (unread.size() <= header_maximum_bytes) return std::nullopt;
      return lose("the headers of a message are too long");
    }
    std::string_view line = unread.substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return lose("a header without a colon");
    if (!schema::equals_ignoring_case(line.substr(0, colon), "Content-Length")) continue;
    length = read_length(schema::strip(line.substr(colon + 1)));
    if (!length) return lose("Content-Length is no number");
  }
  if (!length) return lose("a message without Content-Length");
  if (*length > message_maximum_bytes) {
    const std::size_t there = std::min(*length, unread.size() - at);
    skipped_bytes_ = *length - there;
    drop(at + there);
    return Incoming{{}, "a message that is too long", false};
  }
  drop(at);
  body_bytes_ = length;
  return std::nullopt;
}

std::optional<Incoming> MessageReader::next() {
  if (is_lost_) return std::nullopt;
  if (!body_bytes_) {
    if (begin_ == buffer_.size()) return std::nullopt;
    if (auto fault = read_headers()) return fault;
  }
  if (!body_bytes_ || buffer_.size() - begin_ < *body_bytes_) return std::nullopt;
  Incoming message{buffer_.substr(begin_, *body_bytes_), {}, false};
  drop(*body_bytes_);
  body_bytes_.reset();
  return message;
}

std::string framed(std::string_view body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace sup::lint::lsp
