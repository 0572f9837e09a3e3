#include "schema/text.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace sup::schema {
namespace {

struct Decoded {
  char32_t character = 0;
  std::size_t length = 0;  // 0: not valid UTF-8 here
};

Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.empty()) return {};
  const unsigned first = byte(0);
  if (first < 0x80) return {first, 1};
  std::size_t length = 0;
  char32_t character = 0;
  char32_t least = 0;
  if ((first & 0xE0U) == 0xC0U) {
    length = 2, character = first & 0x1FU, least = 0x80;
  } else if ((first & 0xF0U) == 0xE0U) {
    length = 3, character = first & 0x0FU, least = 0x800;
  } else if ((first & 0xF8U) == 0xF0U) {
    length = 4, character = first & 0x07U, least = 0x10000;
  } else {
    return {};
  }
  if (text.size() < length) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    character = (character << 6U) | (byte(i) & 0x3FU);
  }
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (character < least || character > 0x10FFFF || surrogate) return {};
  return {character, length};
}

bool is_space(char32_t c) {
  if (c < 0x80) return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

// The second byte of a capital letter of Latin-1 in UTF-8, the first being 0xC3.
bool is_capital_of_latin1(char second) {
  const auto byte = static_cast<unsigned char>(second);
  return byte >= 0x80 && byte <= 0x9E && byte != 0x97;
}

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_hex(std::string& out, unsigned value, int digits) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4)
    out += hex_digits[(value >> static_cast<unsigned>(shift)) & 0xFU];
}

// What str and bytes have in common in repr; false: the caller has to write the character.
bool append_escaped(std::string& out, unsigned c, char quote) {
  switch (c) {
    case '\\': out += "\\\\"; return true;
    case '\n': out += "\\n"; return true;
    case '\r': out += "\\r"; return true;
    case '\t': out += "\\t"; return true;
    default: break;
  }
  if (c == static_cast<unsigned char>(quote)) {
    out += '\\';
    out += quote;
    return true;
  }
  if (c < 0x20 || c == 0x7F) {
    out += "\\x";
    append_hex(out, c, 2);
    return true;
  }
  return false;
}

char repr_quote(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const bool has_double = text.find('"') != std::string_view::npos;
  return has_single && !has_double ? '"' : '\'';
}

}  // namespace

std::size_t leading_space(std::string_view text) {
  if (text.empty()) return 0;
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return is_space(first) ? 1 : 0;
  const Decoded decoded = decode(text);
  return decoded.length != 0 && is_space(decoded.character) ? decoded.length : 0;
}

std::size_t trailing_space(std::string_view text) {
  if (text.empty()) return 0;
  const auto last = static_cast<unsigned char>(text.back());
  if (last < 0x80) return is_space(last) ? 1 : 0;
  for (std::size_t length = 2; length <= 3 && length <= text.size(); ++length) {
    const Decoded decoded = decode(text.substr(text.size() - length));
    if (decoded.length == length) return is_space(decoded.character) ? length : 0;
  }
  return 0;
}

std::string lower(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if (text.substr(i, 3) == "\xE2\x84\xAA") {  // Kelvin sign
      out += 'k';
      i += 2;
    } else if (c == '\xC3' && i + 1 < text.size() &&
               is_capital_of_latin1(text[i + 1])) {  // capital letters of Latin-1
      out += c;
      out += static_cast<char>(text[++i] + 0x20);
    } else {
      out += c;
    }
  }
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto low = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  for (std::size_t i = 0; i < a.size(); ++i)
    if (low(a[i]) != low(b[i])) return false;
  return true;
}

std::string python_repr(std::string_view text) {
  const char quote = repr_quote(text);
  std::string out(1, quote);
  while (!text.empty()) {
    const Decoded decoded = decode(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (decoded.length == 0) {  // as Python's surrogateescape
      out += "\\udc";
      append_hex(out, byte, 2);
      text.remove_prefix(1);
      continue;
    }
    if (!append_escaped(out, static_cast<unsigned>(decoded.character), quote)) {
      const char32_t c = decoded.character;
      if (c >= 0x80 && c < 0xA1) {
        out += "\\x";
        append_hex(out, static_cast<unsigned>(c), 2);
      } else if (is_space(c) && c != ' ') {
        out += "\\u";
        append_hex(out, static_cast<unsigned>(c), 4);
      } else if (c == 0xFEFF || (c >= 0x200B && c <= 0x200F)) {
        out += "\\u";
        append_hex(out, static_cast<unsigned>(c), 4);
      } else {
        out += text.substr(0, decoded.length);
      }
    }
    text.remove_prefix(decoded.length);
  }
  out += quote;
  return out;
}

std::string python_bytes_repr(std::string_view bytes) {
  const char quote = repr_quote(bytes);
  std::string out = "b";
  out += quote;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (append_escaped(out, byte, quote)) continue;
    if (byte >= 0x80) {
      out += "\\x";
      append_hex(out, byte, 2);
    } else {
      out += c;
    }
  }
  out += quote;
  return out;
}

std::optional<std::size_t> invalid_utf8(std::string_view bytes) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    // Most text is ASCII: eight characters at a time.
    std::uint64_t eight = 0;
    if (i + sizeof eight <= bytes.size()) {
      std::memcpy(&eight, bytes.data() + i, sizeof eight);
      if ((eight & 0x8080808080808080U) == 0) {
        i += sizeof eight;
        continue;
      }
    }
    if (static_cast<unsigned char>(bytes[i]) < 0x80) {
      ++i;
      continue;
    }
    const Decoded decoded = decode(bytes.substr(i));
    if (decoded.length == 0) return i;
    i += decoded.length;
  }
  return std::nullopt;
}

std::size_t character_count(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text)
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++count;
  return count;
}

namespace {

constexpr bool is_command_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

constexpr std::array<bool, 256> plain_in_command = [] {
  std::array<bool, 256> made{};
  for (unsigned i = 0; i < made.size(); ++i) {
    const char c = static_cast<char>(i);
    made[i] = !is_command_space(c) && c != '\'' && c != '"' && c != '\\';
  }
  return made;
}();

// Whether it stands for itself and goes on with a word.
constexpr bool is_plain_in_command(char c) {
  return plain_in_command[static_cast<unsigned char>(c)];
}

// Reads the string that opens at `at` onto `word` and sets `at` behind its end. The reason of a
// failure, or nothing.
std::string_view read_quoted(std::string_view text, std::size_t& at, std::string& word) {
  const char quote = text[at++];
  for (; at < text.size(); ++at) {
    if (text[at] == quote) {
      ++at;
      return {};
    }
    if (quote == '"' && text[at] == '\\') {
      if (at + 1 == text.size()) return "No escaped character";
      if (text[at + 1] != '"' && text[at + 1] != '\\') word += '\\';
      ++at;
    }
    word += text[at];
  }
  return "No closing quotation";
}

}  // namespace

bool split_words(std::string_view text, std::vector<CommandWord>& words, std::string_view& error) {
  std::size_t at = 0;
  for (;;) {
    while (at < text.size() && is_command_space(text[at])) ++at;
    if (at == text.size()) return true;
    CommandWord& word = words.emplace_back();
    word.begin = at;
    for (;;) {
      std::size_t plain_end = at;
      while (plain_end < text.size() && is_plain_in_command(text[plain_end])) ++plain_end;
      word.text.append(text, at, plain_end - at);
      at = plain_end;
      if (at == text.size() || is_command_space(text[at])) break;
      const char c = text[at];
      word.quoted = true;
      if (c != '\\') {
        error = read_quoted(text, at, word.text);
      } else if (at + 1 == text.size()) {
        error = "No escaped character";
      } else {
        word.text += text[at + 1];
        at += 2;
      }
      if (!error.empty()) {
        word.end = text.size();
        return false;
      }
    }
    word.end = at;
  }
}

std::optional<std::vector<std::string>> split_command(std::string_view text, std::string& error) {
  std::vector<CommandWord> words;
  std::string_view reason;
  if (!split_words(text, words, reason)) {
    error = reason;
    return std::nullopt;
  }
  std::vector<std::string> texts;
  texts.reserve(words.size());
  for (CommandWord& word : words) texts.push_back(std::move(word.text));
  return texts;
}

std::vector<std::string_view> split_list(std::string_view text, char separator) {
  std::vector<std::string_view> items;
  if (text.empty()) return items;
  for (;;) {
    const std::size_t end = text.find(separator);
    items.push_back(strip(text.substr(0, end)));
    if (end == std::string_view::npos) return items;
    text.remove_prefix(end + 1);
  }
}

bool is_normal_path(std::string_view path) {
  if (path.size() < 2 || path.front() != '/') return false;
  for (std::size_t slash = 0; slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    // Names that begin with a dot are rare enough to be looked at in the other way.
    if (slash + 1 == path.size() || path[slash + 1] == '/' || path[slash + 1] == '.') return false;
  }
  return true;
}

std::string normal_path(std::string_view path) {
  if (is_normal_path(path)) return std::string(path);
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string out;
  for (const std::string_view part : parts) {
    out += '/';
    out += part;
  }
  return out.empty() ? "/" : out;
}

std::string pythons_normal_path(std::string_view path) {
  const bool has_two = path.starts_with("//") && !path.starts_with("///");
  return (has_two ? "/" : "") + normal_path(path);
}

std::string separated_by_commas(std::string_view text) {
  std::string list;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(", \t\r\n", at), text.size());
    if (end != at) {
      if (!list.empty()) list += ',';
      list += text.substr(at, end - at);
    }
    at = end + 1;
  }
  return list;
}

namespace {

// Its value, or -1.
int hexadecimal_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = static_cast<char>(c | 0x20);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

}  // namespace

std::string decode_percent(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() ? hexadecimal_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hexadecimal_digit(text[i + 2]) : -1;
    if (text[i] == '%' && low >= 0) {
      plain += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::string in_backticks(std::string_view text) {
  std::string made;
  made.reserve(text.size() + 2);
  made += '`';
  made += text;
  made += '`';
  return made;
}

}  // namespace sup::schema
