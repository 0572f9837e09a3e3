#include "runtime/http/query.h"

#include <algorithm>

#include "schema/text.h"

namespace sup::http {

namespace {

std::string decoded(std::string_view text) {
  std::string blanks(text);
  std::ranges::replace(blanks, '+', ' ');
  return schema::decode_percent(blanks);
}

}  // namespace

Query::Query(std::string_view text) {
  constexpr std::size_t most = 1000;  // nobody has so much to say
  while (!text.empty() && pairs_.size() < most) {
    const std::string_view one = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    if (one.empty()) {
      continue;
    }
    const std::size_t equals = one.find('=');
    pairs_.emplace_back(decoded(one.substr(0, equals)), equals == std::string_view::npos
                                                            ? std::string()
                                                            : decoded(one.substr(equals + 1)));
  }
}

std::string_view Query::value(std::string_view name) const {
  for (const auto& [each, value] : pairs_) {
    if (each == name) {
      return value;
    }
  }
  return {};
}

bool Query::has(std::string_view name) const {
  return std::ranges::any_of(pairs_, [&](const auto& pair) { return pair.first == name; });
}

std::string encode_percent(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char sign : text) {
    const auto byte = static_cast<unsigned char>(sign);
    const bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                          (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '_' ||
                          byte == '.' || byte == '~';
    if (is_plain) {
      encoded += sign;
    } else {
      encoded += '%';
      encoded += digits[byte >> 4U];
      encoded += digits[byte & 0xFU];
    }
  }
  return encoded;
}

}  // namespace sup::http
