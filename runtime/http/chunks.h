// Answers without a known length: in chunks, or for HTTP/1.0 until the connection ends.
#pragma once

#include <array>
#include <charconv>
#include <string>
#include <string_view>

namespace sup::http {

// The last line of the head.
constexpr std::string_view stream_end_of_head(int version) {
  return version == 11 ? "Transfer-Encoding: chunked\r\n\r\n" : "Connection: close\r\n\r\n";
}

// What ends it well.
constexpr std::string_view end_of_stream(int version) { return version == 11 ? "0\r\n\r\n" : ""; }

inline void append_chunk(std::string& out, std::string_view bytes, int version) {
  if (bytes.empty()) {
    return;  // an empty chunk would be the end
  }
  if (version != 11) {
    out += bytes;
    return;
  }
  std::array<char, 24> digits;
  const char* end =
      std::to_chars(digits.data(), digits.data() + digits.size(), bytes.size(), 16).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out.append("\r\n").append(bytes).append("\r\n");
}

}  // namespace sup::http
