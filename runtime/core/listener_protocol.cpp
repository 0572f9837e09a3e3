#include "runtime/core/listener_protocol.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "schema/values.h"

namespace sup::core {

namespace {

constexpr std::string_view ready_token = "READY\n";
constexpr std::string_view accepted = "OK";
constexpr std::size_t shown_bytes = 100;       // of what breaks the protocol
constexpr std::size_t result_word_length = 7;  // of "RESULT "

std::optional<std::int64_t> result_length(std::string_view line) {
  if (line.size() <= result_word_length) return std::nullopt;
  line.remove_prefix(result_word_length);
  // Python reads bytes here, so that digits of other scripts are none.
  if (std::ranges::any_of(line, [](char c) { return (c & 0x80) != 0; })) return std::nullopt;
  std::int64_t length = 0;
  bool overflow = false;
  if (!schema::read_python_int(line, 10, length, overflow) || overflow || length < 0) {
    return std::nullopt;
  }
  return length;
}

}  // namespace

std::string_view listener_state_name(ListenerState state) {
  switch (state) {
    case ListenerState::READY: return "READY";
    case ListenerState::BUSY: return "BUSY";
    case ListenerState::ACKNOWLEDGED: return "ACKNOWLEDGED";
    case ListenerState::UNKNOWN: return "UNKNOWN";
  }
  return "UNKNOWN";
}

void ListenerProtocol::sent() {
  if (state_ == ListenerState::READY) state_ = ListenerState::BUSY;
}

void ListenerProtocol::not_received() {
  if (state_ != ListenerState::BUSY) return;
  state_ = ListenerState::READY;
  buffer_.clear();
  has_length_ = false;
  missing_ = 0;
  result_.clear();
}

void ListenerProtocol::feed(std::string_view bytes, std::vector<ListenerMessage>& out) {
  // What is left of a token stands before the new bytes; mostly there is none and nothing is
  // copied.
  std::string joined;
  if (!buffer_.empty()) {
    joined = std::exchange(buffer_, {});
    joined += bytes;
    bytes = joined;
  }
  while (!bytes.empty() && take(bytes, out)) {
  }
  buffer_ = bytes;
}

bool ListenerProtocol::take(std::string_view& rest, std::vector<ListenerMessage>& out) {
  switch (state_) {
    case ListenerState::UNKNOWN: rest = {}; return false;
    case ListenerState::ACKNOWLEDGED: return take_ready(rest, out);
    case ListenerState::READY: violate(rest, out); return false;
    case ListenerState::BUSY:
      if (!has_length_) return take_result_line(rest, out);
      take_result(rest, out);
      return true;
  }
  return false;
}

void ListenerProtocol::violate(std::string_view& rest, std::vector<ListenerMessage>& out) {
  change(ListenerMessage::Kind::violation, ListenerState::UNKNOWN, out,
         std::string(rest.substr(0, shown_bytes)));
  rest = {};
}

bool ListenerProtocol::take_ready(std::string_view& rest, std::vector<ListenerMessage>& out) {
  if (rest.size() < ready_token.size()) return false;
  if (!rest.starts_with(ready_token)) {
    violate(rest, out);
    return false;
  }
  rest.remove_prefix(ready_token.size());
  change(ListenerMessage::Kind::ready, ListenerState::READY, out);
  return true;
}

bool ListenerProtocol::take_result_line(std::string_view& rest, std::vector<ListenerMessage>& out) {
  const std::size_t end = rest.substr(0, maximum_line).find('\n');
  if (end == std::string_view::npos && rest.size() < maximum_line) return false;
  const std::string_view line = rest.substr(0, std::min(end, maximum_line));
  const std::optional<std::int64_t> length =
      end == std::string_view::npos ? std::nullopt : result_length(line);
  if (!length) {
    change(ListenerMessage::Kind::bad_result, ListenerState::UNKNOWN, out, std::string(line));
    rest = {};
    return false;
  }
  rest.remove_prefix(end + 1);
  has_length_ = true;
  missing_ = *length;
  if (missing_ == 0) take_result(rest, out);
  return true;
}

void ListenerProtocol::take_result(std::string_view& rest, std::vector<ListenerMessage>& out) {
  const std::size_t count = static_cast<std::uint64_t>(missing_) < rest.size()
                                ? static_cast<std::size_t>(missing_)
                                : rest.size();
  // One byte more than OK tells that it is something else.
  const std::size_t room = accepted.size() + 1 - result_.size();
  result_ += rest.substr(0, std::min(count, room));
  rest.remove_prefix(count);
  missing_ -= static_cast<std::int64_t>(count);
  if (missing_ > 0) return;
  has_length_ = false;
  const bool processed = std::exchange(result_, {}) == accepted;
  change(processed ? ListenerMessage::Kind::processed : ListenerMessage::Kind::rejected,
         ListenerState::ACKNOWLEDGED, out);
}

void ListenerProtocol::change(ListenerMessage::Kind kind, ListenerState to,
                              std::vector<ListenerMessage>& out, std::string line) {
  out.push_back({kind, std::exchange(state_, to), to, std::move(line)});
}

}  // namespace sup::core
