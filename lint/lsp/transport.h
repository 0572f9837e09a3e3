// How messages are framed: headers, a blank line, and as many bytes as Content-Length says. Pure:
// bytes go in as they come, messages go out when they are complete.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sup::lint::lsp {

// Longer messages are not kept; a text this long is no configuration that somebody edits.
constexpr std::size_t message_maximum_bytes = std::size_t{32} << 20U;
// All headers of a message together.
constexpr std::size_t header_maximum_bytes = 8192;

struct Incoming {
  std::string body;        // of a message
  std::string_view fault;  // not empty: what is wrong with the frame; there is no body then
  bool is_lost = false;    // where the next message begins is not known: nothing more will come
};

class MessageReader {
 public:
  void feed(std::string_view bytes);

  // The next message or fault, if it is complete.
  std::optional<Incoming> next();

  // Whether a message has begun and is not complete.
  bool is_inside() const { return !buffer_.empty() || body_bytes_ || skipped_bytes_ != 0; }

 private:
  std::optional<Incoming> read_headers();
  Incoming lose(std::string_view fault);
  // Takes bytes that were used off the buffer.
  void drop(std::size_t count);

  std::string buffer_;
  std::size_t begin_ = 0;                  // of what is unread in the buffer
  std::optional<std::size_t> body_bytes_;  // of the message whose headers were read
  std::size_t skipped_bytes_ = 0;          // of a message that is too long: still to come
  bool is_lost_ = false;
};

// The message with its header.
std::string framed(std::string_view body);

}  // namespace sup::lint::lsp
