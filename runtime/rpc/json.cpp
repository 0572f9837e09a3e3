#include "runtime/rpc/json.h"

#include <array>
#include <charconv>
#include <cmath>

#include "runtime/rpc/xmlrpc.h"

namespace sup::rpc {

namespace {

template <class Number>
void append_number(Number number, std::string& out) {
  std::array<char, 32> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

// Without a way out of the loop, so that it is done many bytes at a time.
bool is_plain(std::string_view text) {
  bool odd = false;
  for (const char sign : text) {
    odd = odd | (sign < ' ') | (sign == '"') | (sign == '\\') | (sign == '\x7F');
  }
  return !odd;
}

void append_sign(char sign, std::string& out) {
  switch (sign) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  const auto number = static_cast<unsigned char>(sign);
  out += "\\u00";
  out += digits[number >> 4U];
  out += digits[number & 0xFU];
}

}  // namespace

void append_json(std::string_view text, std::string& out) {
  out += '"';
  if (is_plain(text)) {
    out += text;
  } else {
    std::size_t at = 0;
    while (at < text.size()) {
      const auto byte = static_cast<unsigned char>(text[at]);
      if (byte < 0x80) {
        if (byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7F) {
          append_sign(text[at], out);
        } else {
          out += text[at];
        }
        ++at;
        continue;
      }
      const std::size_t length = character_length(text.substr(at));
      out += length > 0 ? text.substr(at, length) : std::string_view("\xEF\xBF\xBD");
      at += length > 0 ? length : 1;
    }
  }
  out += '"';
}

void JsonWriter::separate() {
  if (after_value_) {
    out_ += ',';
  }
  after_value_ = true;
}

void JsonWriter::nil() {
  separate();
  out_ += "null";
}

void JsonWriter::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
}

void JsonWriter::integer(std::int64_t value) {
  separate();
  append_number(value, out_);
}

void JsonWriter::real(double value) {
  separate();
  if (std::isfinite(value)) {
    append_number(value, out_);
  } else {
    out_ += "null";  // JSON has no other word
  }
}

void JsonWriter::text(std::string_view value) {
  separate();
  append_json(value, out_);
}

void JsonWriter::begin_array() {
  separate();
  out_ += '[';
  after_value_ = false;
}

void JsonWriter::end_array() {
  out_ += ']';
  after_value_ = true;
}

void JsonWriter::begin_struct() {
  separate();
  out_ += '{';
  after_value_ = false;
}

void JsonWriter::member(std::string_view name) {
  separate();
  append_json(name, out_);
  out_ += ':';
  after_value_ = false;
}

void JsonWriter::end_struct() {
  out_ += '}';
  after_value_ = true;
}

}  // namespace sup::rpc
