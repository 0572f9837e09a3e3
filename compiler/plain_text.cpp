#include "compiler/plain_text.h"

#include "schema/text.h"

namespace sup::compiler {

std::string one_line(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  const auto escape = [&](unsigned char c) {
    out += "\\x";
    out += digits[c >> 4U];
    out += digits[c & 15U];
  };
  while (!text.empty()) {
    const std::size_t valid = schema::invalid_utf8(text).value_or(text.size());
    for (std::size_t i = 0; i < valid; ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c == '\n') {
        out += "\\n";
      } else if (c < 0x20 || c == 0x7F) {
        escape(c);
      } else if (c == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
        escape(static_cast<unsigned char>(text[++i]));  // C1 controls
      } else {
        out += text[i];
      }
    }
    text.remove_prefix(valid);
    if (text.empty()) break;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(1);
  }
  return out;
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t told = 4;
  std::string out;
  if (names.size() <= told) {
    for (const std::string& name : names) out += (out.empty() ? "" : ", ") + one_line(name);
    return out;
  }
  return one_line(names[0]) + ", " + one_line(names[1]) + ", ..., " + one_line(names.back()) +
         " (" + std::to_string(names.size()) + ")";
}

std::string padded(std::string text, std::size_t width) {
  std::size_t characters = 0;
  for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  if (characters < width) text.append(width - characters, ' ');
  return text;
}

const Paint& paint(bool color) {
  static constexpr Paint none{};
  static constexpr Paint ansi{"\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[2m", "\x1b[0m"};
  return color ? ansi : none;
}

}  // namespace sup::compiler
