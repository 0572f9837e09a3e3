// The protocol of Redis, as far as commands and short answers go. By hand, not by hiredis: that of
// Debian 12 has no TLS, and its structures change from release to release. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"

namespace sup::listeners {

// A command with its arguments, which may hold any bytes.
std::string resp_command(const std::vector<std::string>& words);

struct RespReply {
  bool is_error = false;
  std::string text;  // of a text, a number or an error; empty for "none"
};

// Cuts a stream of bytes into answers that are no arrays.
class RespReader {
 public:
  void feed(std::string_view bytes) { buffer_.append(bytes); }

  // The next whole answer, nothing if more bytes are needed; fails for what is none.
  schema::Result<std::optional<RespReply>> next();

 private:
  std::string buffer_;
};

}  // namespace sup::listeners
