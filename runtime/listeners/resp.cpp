#include "runtime/listeners/resp.h"

#include <charconv>

#include "schema/text.h"

namespace sup::listeners {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t reply_line_maximum = std::size_t{64} << 10U;
constexpr std::int64_t text_maximum = std::int64_t{1} << 20U;

}  // namespace

std::string resp_command(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return text;
}

schema::Result<std::optional<RespReply>> RespReader::next() {
  const schema::Error wrong{"not an answer of Redis: " +
                            schema::python_bytes_repr(buffer_.substr(0, 100))};
  const std::size_t end = buffer_.find(line_end);
  if (end == std::string::npos) {
    if (buffer_.size() > reply_line_maximum) return wrong;
    return std::optional<RespReply>();
  }
  const char kind = buffer_[0];
  std::string line = buffer_.substr(1, end == 0 ? 0 : end - 1);
  std::size_t used = end + line_end.size();
  if (kind == '$') {
    std::int64_t size = 0;
    const char* const last = line.data() + line.size();
    const auto [parsed, error] = std::from_chars(line.data(), last, size);
    if (error != std::errc() || parsed != last || size < -1 || size > text_maximum) return wrong;
    line.clear();
    if (size >= 0) {
      const auto bytes = static_cast<std::size_t>(size);
      if (buffer_.size() < used + bytes + line_end.size()) return std::optional<RespReply>();
      line = buffer_.substr(used, bytes);
      used += bytes + line_end.size();
    }
  } else if (kind != '+' && kind != '-' && kind != ':') {
    return wrong;
  }
  buffer_.erase(0, used);
  return std::optional(RespReply{.is_error = kind == '-', .text = std::move(line)});
}

}  // namespace sup::listeners
