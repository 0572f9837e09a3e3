#include "schema/expand.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "schema/suggest.h"
#include "schema/text.h"

namespace sup::schema {
namespace {

constexpr std::string_view integer_conversions = "diuoxX";
constexpr std::string_view float_conversions = "eEfFgG";
// Beyond this a width is a mistake, and a way to fill the memory.
constexpr int widest = 65536;

// One %-conversion as written. `fault` is set when it is none.
struct Conversion {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool has_name = false;
  std::string_view name;
  bool left = false;
  bool plus = false;
  bool blank = false;
  bool alternate = false;
  bool zero = false;
  int width = 0;
  int precision = -1;
  char type = 0;
  bool star = false;
  enum class Fault : std::uint8_t { none, open_name, incomplete, unsupported, too_wide };
  Fault fault = Fault::none;
};

// The sets are so small that a loop is sooner done than memchr.
constexpr bool has(std::string_view set, char c) {
  for (const char each : set)
    if (each == c) return true;
  return false;
}

// Digits or *; advances `i`.
int scan_number(std::string_view text, std::size_t& i, Conversion& c, int absent) {
  if (i < text.size() && text[i] == '*') {
    c.star = true;
    ++i;
    return 0;
  }
  const std::size_t begin = i;
  while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
  if (i == begin) return absent;
  int value = 0;
  const auto [end, status] = std::from_chars(text.data() + begin, text.data() + i, value);
  if (status != std::errc{} || value > widest) c.fault = Conversion::Fault::too_wide;
  return value;
}

// The conversion at text[at], which is %.
Conversion scan(std::string_view text, std::size_t at) {
  Conversion c;
  c.begin = at;
  std::size_t i = at + 1;
  if (i < text.size() && text[i] == '(') {
    c.has_name = true;
    const std::size_t name_begin = ++i;
    int depth = 1;
    for (; i < text.size(); ++i) {
      if (text[i] == '(') ++depth;
      if (text[i] == ')' && --depth == 0) break;
    }
    if (i == text.size()) {
      c.fault = Conversion::Fault::open_name;
      c.end = text.size();
      return c;
    }
    c.name = text.substr(name_begin, i - name_begin);
    ++i;
  }
  for (; i < text.size() && has("-+ #0", text[i]); ++i) {
    c.left |= text[i] == '-';
    c.plus |= text[i] == '+';
    c.blank |= text[i] == ' ';
    c.alternate |= text[i] == '#';
    c.zero |= text[i] == '0';
  }
  c.width = scan_number(text, i, c, 0);
  if (i < text.size() && text[i] == '.') {
    ++i;
    c.precision = scan_number(text, i, c, 0);
  }
  if (i < text.size() && has("hlL", text[i])) ++i;
  if (i == text.size()) {
    if (c.fault == Conversion::Fault::none) c.fault = Conversion::Fault::incomplete;
    c.end = i;
    return c;
  }
  c.type = text[i];
  c.end = i + 1;
  const bool known =
      has("srac", c.type) || has(integer_conversions, c.type) || has(float_conversions, c.type) ||
      (c.type == '%' && c.end == at + 2);  // a percent sign has neither name nor width
  if (!known && c.fault == Conversion::Fault::none) {
    c.fault = Conversion::Fault::unsupported;
    while (c.end < text.size() && (static_cast<unsigned char>(text[c.end]) & 0xC0U) == 0x80U)
      ++c.end;
  }
  return c;
}

void append_padded(std::string& out, const Conversion& c, std::string_view body) {
  const std::size_t length = character_count(body);
  const auto wanted = static_cast<std::size_t>(c.width);
  const std::size_t padding = wanted > length ? wanted - length : 0;
  if (!c.left) out.append(padding, ' ');
  out += body;
  if (c.left) out.append(padding, ' ');
}

void append_text(std::string& out, const Conversion& c, std::string_view value) {
  if (c.precision >= 0) {  // in characters
    std::size_t end = 0;
    for (int n = 0; n < c.precision && end < value.size(); ++n) {
      ++end;
      while (end < value.size() && (static_cast<unsigned char>(value[end]) & 0xC0U) == 0x80U) ++end;
    }
    value = value.substr(0, end);
  }
  append_padded(out, c, value);
}

void append_number(std::string& out, const Conversion& c, std::int64_t value) {
  std::string digits;
  const bool negative = value < 0;
  if (has(float_conversions, c.type)) {
    std::array<char, 512> buffer{};
    std::array<char, 8> format{'%', '.', '*', c.type, 0};
    if (c.alternate) format = {'%', '#', '.', '*', c.type, 0};
    const int precision = std::min(c.precision < 0 ? 6 : c.precision, 100);
    const double magnitude = negative ? -static_cast<double>(value) : static_cast<double>(value);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    const int n = std::snprintf(buffer.data(), buffer.size(), format.data(), precision, magnitude);
#pragma GCC diagnostic pop
    digits.assign(buffer.data(), static_cast<std::size_t>(std::max(n, 0)));
  } else {
    std::array<char, 64> buffer{};  // for 64 bits, octal at most
    const int base = c.type == 'o' ? 8 : c.type == 'x' || c.type == 'X' ? 16 : 10;
    const std::uint64_t magnitude =
        negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    const auto [end, status] =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude, base);
    digits.assign(buffer.data(), end);
    if (c.precision > 0 && digits.size() < static_cast<std::size_t>(c.precision))
      digits.insert(0, static_cast<std::size_t>(c.precision) - digits.size(), '0');
    if (c.type == 'X') digits = upper(digits);
  }
  std::string sign = negative ? "-" : c.plus ? "+" : c.blank ? " " : "";
  if (c.alternate && c.type == 'o') sign += "0o";
  if (c.alternate && (c.type == 'x' || c.type == 'X')) sign += c.type == 'x' ? "0x" : "0X";
  const std::size_t length = sign.size() + digits.size();
  const auto wanted = static_cast<std::size_t>(c.width);
  if (c.zero && !c.left && length < wanted) digits.insert(0, wanted - length, '0');
  append_padded(out, c, sign + digits);
}

// Python's ascii(): repr with escapes for all that is not ASCII. The text is UTF-8, as repr has
// escapes for what is not.
std::string python_ascii(std::string_view text) {
  std::string out;
  const std::string shown = python_repr(text);
  for (std::size_t at = 0; at < shown.size();) {
    const auto lead = static_cast<unsigned char>(shown[at++]);
    if (lead < 0x80) {
      out += static_cast<char>(lead);
      continue;
    }
    unsigned character = lead >= 0xF0 ? lead & 0x07U : lead >= 0xE0 ? lead & 0x0FU : lead & 0x1FU;
    for (; at < shown.size() && (static_cast<unsigned char>(shown[at]) & 0xC0U) == 0x80U; ++at)
      character = character << 6U | (static_cast<unsigned char>(shown[at]) & 0x3FU);
    std::array<char, 16> buffer{};
    const char* format = character <= 0xFF     ? "\\x%02x"
                         : character <= 0xFFFF ? "\\u%04x"
                                               : "\\U%08x";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    std::snprintf(buffer.data(), buffer.size(), format, character);
#pragma GCC diagnostic pop
    out += buffer.data();
  }
  return out;
}

void append_value(std::string& out, const Conversion& c, const TemplateValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    if (has("sra", c.type)) {
      append_text(out, c, std::to_string(*number));
    } else if (c.type == 'c') {
      append_padded(out, c, std::string(1, static_cast<char>(*number & 0x7F)));
    } else {
      append_number(out, c, *number);
    }
    return;
  }
  const std::string_view text = std::get<std::string_view>(value);
  if (c.type == 's' || c.type == 'c') {
    append_text(out, c, text);
  } else {
    append_text(out, c, c.type == 'a' ? python_ascii(text) : python_repr(text));
  }
}

ExpandError fault_of(const Conversion& c, std::string_view text) {
  const std::string shown(text.substr(c.begin, c.end - c.begin));
  ExpandError error;
  error.begin = c.begin;
  error.length = c.end - c.begin;
  if (c.star) {
    error.rule = "bad-percent-format";
    error.message = "`" + shown + "` takes its width from `*`, which is not possible here";
    return error;
  }
  if (c.fault == Conversion::Fault::too_wide) {
    error.rule = "bad-percent-format";
    error.message = "`" + shown + "` asks for a width beyond all measure";
    return error;
  }
  if (c.fault == Conversion::Fault::open_name) {
    error.rule = "bad-percent-format";
    error.message = "`%(` is not closed by a parenthesis; a literal `%` is written `%%`";
    error.length = 2;
    return error;
  }
  if (c.has_name) {
    error.rule = "expansion-without-conversion";
    const std::string name = "%(" + std::string(c.name) + ")";
    error.message = "`" + name + "` is not followed by a conversion such as `s`";
    error.length = name.size();
    error.fix = name + "s";
    return error;
  }
  error.rule = "bad-percent-format";
  error.message = c.fault == Conversion::Fault::incomplete
                      ? "a `%` at the end starts nothing"
                      : "`" + shown + "` is not an expansion; a literal `%` is written `%%`";
  error.fix = "%" + shown;
  return error;
}

// Why Python could not format the value this way, or nothing.
std::optional<ExpandError> misfit(const Conversion& c, const TemplateValue& value,
                                  std::string_view text) {
  if (!std::holds_alternative<std::string_view>(value) || has("sra", c.type)) return std::nullopt;
  if (c.type == 'c' && character_count(std::get<std::string_view>(value)) == 1) return std::nullopt;
  const std::string shown(text.substr(c.begin, c.end - c.begin));
  ExpandError error;
  error.rule = "wrong-conversion";
  error.message = "`" + shown + "` formats a number, but `" + std::string(c.name) + "` is text";
  error.fix = "%(" + std::string(c.name) + ")s";
  error.begin = c.begin;
  error.length = c.end - c.begin;
  return error;
}

}  // namespace

Expanded expand(std::string_view text, const NameLookup& lookup) {
  Expanded result;
  result.text.reserve(text.size());
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t percent = std::min(text.find('%', i), text.size());
    result.text += text.substr(i, percent - i);
    if (percent == text.size()) break;
    const Conversion c = scan(text, percent);
    i = c.end;
    if (c.fault != Conversion::Fault::none || c.star) {
      result.errors.push_back(fault_of(c, text));
      // What looks like a conversion may have swallowed the next one: go on behind the sign.
      if (!c.has_name && c.type != '%') i = percent + 1;
      continue;
    }
    if (!c.has_name) {
      if (c.type == '%') {
        result.text += '%';
        continue;
      }
      ExpandError error;
      const std::string shown(text.substr(c.begin, c.end - c.begin));
      error.begin = c.begin;
      error.length = c.end - c.begin;
      error.fix = "%" + shown;
      if (has("sra", c.type)) {
        error.rule = "bare-percent-conversion";
        error.message =
            "`" + shown + "` would insert all expansions with the whole environment here";
      } else {
        error.rule = "bad-percent-format";
        error.message = "`" + shown + "` is not an expansion; a literal `%` is written `%%`";
      }
      result.errors.push_back(std::move(error));
      continue;
    }
    auto value = lookup(c.name);
    // Variables are text whatever they hold.
    if (!value && c.name.starts_with("ENV_") && misfit(c, std::string_view{}, text))
      value = std::string_view{};
    if (!value) {
      ExpandError error;
      error.rule = "unknown-expansion";
      error.name = c.name;
      error.message = "`" + std::string(c.name) + "` is not defined here";
      error.begin = c.begin;
      error.length = c.end - c.begin;
      result.errors.push_back(std::move(error));
      continue;
    }
    if (auto error = misfit(c, *value, text)) {
      result.errors.push_back(std::move(*error));
      continue;
    }
    append_value(result.text, c, *value);
  }
  return result;
}

std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  std::size_t i = 0;
  while ((i = text.find('%', i)) != std::string_view::npos) {
    const Conversion c = scan(text, i);
    if (c.fault != Conversion::Fault::none && !c.has_name) {
      ++i;
      continue;
    }
    if (c.has_name && std::find(names.begin(), names.end(), c.name) == names.end())
      names.emplace_back(c.name);
    i = c.end;
  }
  return names;
}

std::string fold(std::string_view text, const NameLookup& lookup) {
  std::string out;
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t percent = std::min(text.find('%', i), text.size());
    out += text.substr(i, percent - i);
    if (percent == text.size()) break;
    const Conversion c = scan(text, percent);
    const bool usable = c.fault == Conversion::Fault::none && !c.star && c.has_name;
    const auto value = usable ? lookup(c.name) : std::nullopt;
    if (value && !misfit(c, *value, text)) {
      std::string body;
      append_value(body, c, *value);
      out += escape_template(body);
    } else if (c.fault != Conversion::Fault::none && !c.has_name) {
      out += '%';
      i = percent + 1;
      continue;
    } else {
      out += text.substr(percent, c.end - percent);
    }
    i = c.end;
  }
  return out;
}

std::string escape_template(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%') out += '%';
    out += c;
  }
  return out;
}

}  // namespace sup::schema
