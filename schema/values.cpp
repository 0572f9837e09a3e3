#include "schema/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <unordered_map>

#include "schema/extensions.h"
#include "schema/suggest.h"
#include "schema/text.h"

namespace sup::schema {
namespace {

struct TargetRow {
  Target target;
  std::string_view name;
};

constexpr std::array targets{
    TargetRow{Target::v3_4, "3.4"},
    TargetRow{Target::v4_2, "4.2"},
    TargetRow{Target::v4_3, "4.3"},
    TargetRow{Target::v4_4, "4.4"}
};

bool is_quoted(std::string_view text) {
  return text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
         text.back() == text.front();
}

// A file in quotes that is named with its folder: no folder's name begins with a quote. Without one
// Supervisor writes a file whose name has the quotes.
bool is_quoted_path(std::string_view text) {
  return is_quoted(text) && text.find('/') != std::string_view::npos;
}

std::string_view unquoted(std::string_view text) { return text.substr(1, text.size() - 2); }

// The usual error: quotes around a value that knows none have their own rule.
[[gnu::cold]] ValueError bad_value(std::string_view rule, std::string_view text,
                                   std::string_view expected, std::string fix = {}) {
  if (is_quoted(text))
    return {"quoted-scalar",
            "the quotes are part of the value " + in_backticks(text) +
                "; Supervisor knows no quotes here",
            std::string(unquoted(text))};
  if (text.empty())
    return {rule, "the value is empty; it must be " + std::string(expected), std::move(fix)};
  return {rule, in_backticks(text) + " is not " + std::string(expected), std::move(fix)};
}

struct Word {
  std::string_view text;
  std::string_view fix;
};

std::string_view fix_for(std::string_view text, const auto& words) {
  for (const Word& word : words)
    if (equals_ignoring_case(text, word.text)) return word.fix;
  return {};
}

// A decimal digit of any script at the start of `text`: its value and length. Python's int() takes
// them all; those of the Basic Multilingual Plane that people type are known here.
std::optional<std::pair<int, std::size_t>> leading_digit(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.empty()) return std::nullopt;
  if (text[0] >= '0' && text[0] <= '9') return std::pair{text[0] - '0', std::size_t{1}};
  char32_t c = 0;
  std::size_t length = 0;
  if (text.size() >= 2 && (byte(0) & 0xE0U) == 0xC0U) {
    c = (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
    length = 2;
  } else if (text.size() >= 3 && (byte(0) & 0xF0U) == 0xE0U) {
    c = (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
    length = 3;
  }
  constexpr std::array<char32_t, 24> zeros{0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66,
                                           0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
                                           0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810,
                                           0x1946, 0x19D0, 0x1B50, 0x1BB0, 0xA620, 0xFF10};
  for (const char32_t zero : zeros)
    if (c >= zero && c < zero + 10) return std::pair{static_cast<int>(c - zero), length};
  return std::nullopt;
}

// Whether Python 2, which Supervisor 3 runs on, can read the number: it knows the digits of ASCII
// alone, and no underscores between them.
bool is_known_number(std::string_view text, const ReadContext& context) {
  return context.target != Target::v3_4 || std::none_of(text.begin(), text.end(), [](char c) {
           return c == '_' || static_cast<signed char>(c) < 0;
         });
}

std::optional<ValueError> read_number(std::string_view text, std::string_view whole,
                                      std::string_view rule, std::string_view expected,
                                      const ReadContext& context, std::int64_t& out) {
  bool overflow = false;
  if (read_python_int(text, 10, out, overflow) && is_known_number(text, context))
    return std::nullopt;
  if (overflow)
    return ValueError{
        .rule = rule,
        .message = in_backticks(whole) +
                   " is too large: suprun refuses more than 64 bits, Supervisor does not",
        .fix = {},
        .is_ours = true};
  return bad_value(rule, whole, expected);
}

struct SignalRow {
  std::string_view name;  // without SIG
  int number;
};

// Python's signal module on Linux, everything that starts with SIG: the first name of a number is
// the one that is printed.
constexpr std::array signals{
    SignalRow{"HUP",    1 },
    SignalRow{"INT",    2 },
    SignalRow{"QUIT",   3 },
    SignalRow{"ILL",    4 },
    SignalRow{"TRAP",   5 },
    SignalRow{"ABRT",   6 },
    SignalRow{"IOT",    6 },
    SignalRow{"BUS",    7 },
    SignalRow{"FPE",    8 },
    SignalRow{"KILL",   9 },
    SignalRow{"USR1",   10},
    SignalRow{"SEGV",   11},
    SignalRow{"USR2",   12},
    SignalRow{"PIPE",   13},
    SignalRow{"ALRM",   14},
    SignalRow{"TERM",   15},
    SignalRow{"STKFLT", 16},
    SignalRow{"CHLD",   17},
    SignalRow{"CLD",    17},
    SignalRow{"CONT",   18},
    SignalRow{"STOP",   19},
    SignalRow{"TSTP",   20},
    SignalRow{"TTIN",   21},
    SignalRow{"TTOU",   22},
    SignalRow{"URG",    23},
    SignalRow{"XCPU",   24},
    SignalRow{"XFSZ",   25},
    SignalRow{"VTALRM", 26},
    SignalRow{"PROF",   27},
    SignalRow{"WINCH",  28},
    SignalRow{"IO",     29},
    SignalRow{"POLL",   29},
    SignalRow{"PWR",    30},
    SignalRow{"SYS",    31},
    SignalRow{"RTMIN",  34},
    SignalRow{"RTMAX",  64}
};

// What getattr(signal, "SIG...") finds beside signals; Supervisor takes these for numbers too.
constexpr std::array odd_signals{
    SignalRow{"_DFL",     0},
    SignalRow{"_IGN",     1},
    SignalRow{"_BLOCK",   0},
    SignalRow{"_UNBLOCK", 1},
    SignalRow{"_SETMASK", 2}
};

using Token = EnvironmentToken;
using LexError = EnvironmentLexError;

constexpr std::array<bool, 256> environment_words = [] {
  std::array<bool, 256> made{};
  for (unsigned c = 0; c < made.size(); ++c) made[c] = is_environment_word(static_cast<char>(c));
  return made;
}();

constexpr bool is_word(unsigned char c) { return environment_words[c]; }

// End of the run of such characters that begins at `at`.
std::size_t word_end(std::string_view text, std::size_t at) {
  while (at < text.size() && is_word(static_cast<unsigned char>(text[at]))) ++at;
  return at;
}

// Latin-1 letters are word characters of POSIX mode; two bytes each in UTF-8.
std::size_t latin1_letter(std::string_view text) {
  if (text.size() < 2) return 0;
  const auto a = static_cast<unsigned char>(text[0]);
  const auto b = static_cast<unsigned char>(text[1]);
  if (a != 0xC3 || b < 0x80 || b > 0xBF) return 0;
  return b == 0x97 || b == 0xB7 ? 0 : 2;  // not the signs of multiplication and division
}

std::size_t character_length(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U)
    ++length;
  return length;
}

// Python's shlex in non-POSIX mode, as 4.2 uses it: quotes stay, a quoted string is a token by
// itself unless a word is open, backslash is nothing special.
std::optional<LexError> lex_legacy(std::string_view text, std::vector<Token>& tokens) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      ++i;
    } else if (c == '#') {
      while (i < text.size() && text[i] != '\n') ++i;
    } else if (is_word(c)) {
      Token token{{}, i, i};
      while (i < text.size()) {
        const auto d = static_cast<unsigned char>(text[i]);
        if (d == '#') {  // skips the rest of the line; the word goes on in the next
          while (i < text.size() && text[i] != '\n') ++i;
          i += i < text.size() ? 1 : 0;
          continue;
        }
        // Inside a word quotes are ordinary characters of it.
        if (!is_word(d) && d != '"' && d != '\'') break;
        token.text += text[i++];
      }
      token.end = i;
      tokens.push_back(std::move(token));
    } else if (c == '"' || c == '\'') {
      const std::size_t end = text.find(static_cast<char>(c), i + 1);
      if (end == std::string_view::npos) return LexError{"No closing quotation", i};
      tokens.push_back({std::string(text.substr(i, end + 1 - i)), i, end + 1});
      i = end + 1;
    } else {
      const std::size_t length = character_length(text.substr(i));
      tokens.push_back({std::string(text.substr(i, length)), i, i + length});
      i += length;
    }
  }
  return std::nullopt;
}

// Python's shlex in POSIX mode, as 4.4 uses it.
std::optional<LexError> lex_posix(std::string_view text, std::vector<Token>& tokens) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      ++i;
      continue;
    }
    if (c == '#') {
      while (i < text.size() && text[i] != '\n') ++i;
      continue;
    }
    const bool starts_word =
        is_word(c) || c == '"' || c == '\'' || c == '\\' || latin1_letter(text.substr(i)) != 0;
    if (!starts_word) {
      const std::size_t length = character_length(text.substr(i));
      tokens.push_back({std::string(text.substr(i, length)), i, i + length});
      i += length;
      continue;
    }
    Token token{{}, i, i};
    while (i < text.size()) {
      const char d = text[i];
      if (d == '\'' || d == '"') {
        const std::size_t open = i++;
        bool closed = false;
        while (i < text.size()) {
          std::size_t end = i;
          while (end < text.size() && text[end] != d && text[end] != '\\') ++end;
          token.text.append(text, i, end - i);
          i = end;
          if (i == text.size()) break;
          if (text[i] == d) {
            closed = true;
            ++i;
            break;
          }
          if (d == '"') {
            if (i + 1 == text.size()) return LexError{"No escaped character", i};
            if (text[i + 1] != '"' && text[i + 1] != '\\') token.text += '\\';
            ++i;
          }
          token.text += text[i++];
        }
        if (!closed) return LexError{"No closing quotation", open};
      } else if (d == '\\') {
        if (i + 1 == text.size()) return LexError{"No escaped character", i};
        token.text += text[i + 1];
        i += 2;
      } else if (const std::size_t letter = latin1_letter(text.substr(i)); letter != 0) {
        token.text += text.substr(i, letter);
        i += letter;
      } else if (const std::size_t end = word_end(text, i); end != i) {
        token.text.append(text, i, end - i);
        i = end;
      } else {
        break;
      }
    }
    token.end = i;
    tokens.push_back(std::move(token));
    if (i < text.size() && text[i] == '#')
      while (i < text.size() && text[i] != '\n') ++i;
  }
  return std::nullopt;
}

// What is wrong with the pair that begins at tokens[i].
[[gnu::cold]] ValueError environment_error(const std::vector<Token>& tokens, std::size_t i) {
  const auto at = [](const Token& token, std::string message) {
    return ValueError{
        "environment-syntax", std::move(message), {}, token.begin, token.end - token.begin};
  };
  const Token& key = tokens[i];
  if (key.text == "=" && i > 0 && tokens[i - 1].text != ",") {
    ValueError error =
        at(tokens[i - 1], "a comma is missing before " + in_backticks(tokens[i - 1].text));
    error.fix = "," + tokens[i - 1].text;
    return error;
  }
  if (i + 1 == tokens.size()) return at(key, "expected KEY=\"value\" at " + in_backticks(key.text));
  if (key.text == ",") return at(key, "a comma too many");
  const Token& equals = tokens[i + 1];
  if (equals.text != "=")
    return at(equals, "after " + in_backticks(key.text) + " a `=` is expected, not " +
                          in_backticks(equals.text));
  return at(key, "variable " + in_backticks(key.text) + " has no value; write " +
                     in_backticks(key.text + "=\"\"") + " for an empty one");
}

std::string octal_text(int value) {
  std::string digits;
  const bool negative = value < 0;
  const auto magnitude = static_cast<std::uint64_t>(std::abs(std::int64_t{value}));
  for (std::uint64_t rest = magnitude; rest != 0; rest >>= 3U)
    digits.insert(digits.begin(), static_cast<char>('0' + (rest & 7U)));
  const std::size_t width = negative ? 3 : 4;  // with its sign, as Python's %04o
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return negative ? "-" + digits : digits;
}

}  // namespace

std::string_view target_name(Target target) {
  for (const TargetRow& row : targets)
    if (row.target == target) return row.name;
  return "4.2";
}

std::optional<Target> target_from_name(std::string_view name) {
  for (const TargetRow& row : targets)
    if (row.name == name) return row.target;
  return std::nullopt;
}

bool read_python_int(std::string_view text, int base, std::int64_t& out, bool& overflow) {
  overflow = false;
  text = strip(text);
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  bool after_digit = false;
  bool is_too_large = false;
  if (base == 8 && text.size() > 2 && text[0] == '0' && (text[1] == 'o' || text[1] == 'O')) {
    text.remove_prefix(2);
    if (!text.empty() && text[0] == '_') text.remove_prefix(1);
  }
  if (text.empty()) return false;
  std::uint64_t value = 0;
  while (!text.empty()) {
    if (text[0] == '_') {
      if (!after_digit) return false;
      after_digit = false;
      text.remove_prefix(1);
      continue;
    }
    const auto digit = leading_digit(text);
    if (!digit || digit->first >= base) return false;
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    const auto base_value = static_cast<std::uint64_t>(base);
    if (value > (most - static_cast<std::uint64_t>(digit->first)) / base_value) is_too_large = true;
    if (!is_too_large) value = value * base_value + static_cast<std::uint64_t>(digit->first);
    text.remove_prefix(digit->second);
    after_digit = true;
  }
  overflow = after_digit && is_too_large;
  if (!after_digit || is_too_large) return false;
  out = negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
  return true;
}

std::optional<ValueError> Text::read(std::string_view text, const ReadContext&, Storage& out) {
  out = text;
  return std::nullopt;
}

std::string Text::print(const Storage& value) { return value; }

std::optional<ValueError> Boolean::read(std::string_view text, const ReadContext&, Storage& out) {
  constexpr std::array<std::string_view, 4> yes{"yes", "true", "on", "1"};
  constexpr std::array<std::string_view, 4> no{"no", "false", "off", "0"};
  for (const std::string_view word : yes)
    if (equals_ignoring_case(text, word)) {
      out = true;
      return std::nullopt;
    }
  for (const std::string_view word : no)
    if (equals_ignoring_case(text, word)) {
      out = false;
      return std::nullopt;
    }
  constexpr std::array words{
      Word{"enabled",  "true" },
      Word{"enable",   "true" },
      Word{"y",        "true" },
      Word{"t",        "true" },
      Word{"disabled", "false"},
      Word{"disable",  "false"},
      Word{"n",        "false"},
      Word{"f",        "false"},
      Word{"ture",     "true" },
      Word{"treu",     "true" },
      Word{"flase",    "false"},
      Word{"none",     "false"}
  };
  return bad_value("invalid-boolean", text, expected, std::string(fix_for(text, words)));
}

std::string Boolean::print(const Storage& value) { return value ? "true" : "false"; }

std::optional<ValueError> Integer::read(std::string_view text, const ReadContext& context,
                                        Storage& out) {
  auto error = read_number(text, text, "invalid-integer", expected, context, out);
  if (!error || error->rule != "invalid-integer" || !error->fix.empty()) return error;
  // `5s`, `5sec`: the unit is known anyway.
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits != 0 && digits != std::string_view::npos) {
    const std::string unit = lower(strip(text.substr(digits)));
    if (unit == "s" || unit == "sec" || unit == "secs" || unit == "seconds")
      error->fix = text.substr(0, digits);
  }
  return error;
}

std::string Integer::print(const Storage& value) { return std::to_string(value); }

namespace {
struct Suffix {
  std::string_view text;
  std::int64_t factor;
};

// The largest first, as they are printed.
constexpr std::array suffixes{
    Suffix{"GB", std::int64_t{1} << 30U},
    Suffix{"MB", std::int64_t{1} << 20U},
    Suffix{"KB", std::int64_t{1} << 10U}
};
}  // namespace

std::optional<ValueError> ByteSize::read(std::string_view text, const ReadContext& context,
                                         Storage& out) {
  // Python's lower() makes a k of the sign for kelvin.
  constexpr std::string_view kelvin = "\xE2\x84\xAA";
  if (text.size() > kelvin.size() && text.find(kelvin) != std::string_view::npos)
    return read(lower(text), context, out);
  std::string_view number = text;
  std::int64_t factor = 1;
  for (const Suffix& suffix : suffixes)
    if (text.size() >= 2 && equals_ignoring_case(text.substr(text.size() - 2), suffix.text)) {
      number = text.substr(0, text.size() - 2);
      factor = suffix.factor;
    }
  std::int64_t value = 0;
  if (auto error = read_number(number, text, "invalid-byte-size", expected, context, value)) {
    const std::string_view body = strip(text);
    if (body.size() >= 2) {
      const char unit = upper(body.substr(body.size() - 1))[0];
      const std::string_view digits = strip(body.substr(0, body.size() - 1));
      const bool plain = digits.find_first_not_of("0123456789") == std::string_view::npos;
      if (plain && !digits.empty() && (unit == 'K' || unit == 'M' || unit == 'G'))
        error->fix = std::string(digits) + unit + "B";
    }
    return error;
  }
  if (value > std::numeric_limits<std::int64_t>::max() / factor ||
      value < std::numeric_limits<std::int64_t>::min() / factor)
    return ValueError{
        "invalid-byte-size", in_backticks(text) + " is more than 64 bits can count", {}};
  out = value * factor;
  return std::nullopt;
}

std::string ByteSize::print(const Storage& value) {
  for (const Suffix& suffix : suffixes)
    if (value > 0 && value % suffix.factor == 0)
      return std::to_string(value / suffix.factor) + std::string(suffix.text);
  return std::to_string(value);
}

std::optional<ValueError> Octal::read(std::string_view text, const ReadContext& context,
                                      Storage& out) {
  std::int64_t value = 0;
  bool overflow = false;
  if (!read_python_int(text, 8, value, overflow) || value > std::numeric_limits<int>::max() ||
      value < std::numeric_limits<int>::min() || !is_known_number(text, context))
    return bad_value("invalid-octal", text, expected);
  out = static_cast<int>(value);
  return std::nullopt;
}

std::string Octal::print(const Storage& value) { return octal_text(value); }

namespace {
struct LevelRow {
  LogLevelValue level;
  std::string_view name;
};

constexpr std::array levels{
    LevelRow{LogLevelValue::critical, "critical"},
    LevelRow{LogLevelValue::error,    "error"   },
    LevelRow{LogLevelValue::warn,     "warn"    },
    LevelRow{LogLevelValue::info,     "info"    },
    LevelRow{LogLevelValue::debug,    "debug"   },
    LevelRow{LogLevelValue::trace,    "trace"   },
    LevelRow{LogLevelValue::blather,  "blather" }
};
}  // namespace

std::optional<ValueError> LogLevel::read(std::string_view text, const ReadContext&, Storage& out) {
  std::vector<std::string_view> names;
  for (const LevelRow& row : levels) {
    if (equals_ignoring_case(text, row.name)) {
      out = row.level;
      return std::nullopt;
    }
    names.push_back(row.name);
  }
  constexpr std::array words{
      Word{"warning", "warn"    },
      Word{"fatal",   "critical"},
      Word{"crit",    "critical"},
      Word{"err",     "error"   },
      Word{"notice",  "info"    },
      Word{"verbose", "debug"   }
  };
  std::string fix(fix_for(text, words));
  if (fix.empty()) fix = nearest(text, names);
  return bad_value("invalid-loglevel", text, expected, std::move(fix));
}

std::string LogLevel::print(const Storage& value) {
  for (const LevelRow& row : levels)
    if (row.level == value) return std::string(row.name);
  return "info";
}

std::optional<ValueError> AutoRestart::read(std::string_view text, const ReadContext& context,
                                            Storage& out) {
  if (equals_ignoring_case(text, "unexpected")) {
    out = AutoRestartValue::unexpected;
    return std::nullopt;
  }
  bool value = false;
  const auto error = Boolean::read(text, context, value);
  if (!error) {
    out = value ? AutoRestartValue::always : AutoRestartValue::never;
    return std::nullopt;
  }
  constexpr std::array words{
      Word{"always",         "true"      },
      Word{"unless-stopped", "true"      },
      Word{"never",          "false"     },
      Word{"on-failure",     "unexpected"},
      Word{"onfailure",      "unexpected"},
      Word{"on_failure",     "unexpected"},
      Word{"expected",       "unexpected"}
  };
  std::string fix(fix_for(text, words));
  if (fix.empty()) fix = error->fix;
  return bad_value("invalid-autorestart", text, expected, std::move(fix));
}

std::string AutoRestart::print(const Storage& value) {
  switch (value) {
    case AutoRestartValue::never: return "false";
    case AutoRestartValue::always: return "true";
    case AutoRestartValue::unexpected: break;
  }
  return "unexpected";
}

std::optional<ValueError> EventLength::read(std::string_view text, const ReadContext&,
                                            Storage& out) {
  for (const Storage value : {EventLengthValue::characters, EventLengthValue::bytes}) {
    if (!equals_ignoring_case(text, print(value))) continue;
    out = value;
    return std::nullopt;
  }
  constexpr std::array words{
      Word{"byte",      "bytes"     },
      Word{"octets",    "bytes"     },
      Word{"chars",     "characters"},
      Word{"character", "characters"}
  };
  std::string fix(fix_for(text, words));
  constexpr std::array<std::string_view, 2> names{"characters", "bytes"};
  if (fix.empty()) fix = nearest(text, names);
  return bad_value("invalid-event-length", text, expected, std::move(fix));
}

std::string EventLength::print(const Storage& value) {
  return value == EventLengthValue::bytes ? "bytes" : "characters";
}

std::optional<ValueError> ExitCodes::read(std::string_view text, const ReadContext&, Storage& out) {
  out.clear();
  if (text.empty()) return std::nullopt;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view item = text.substr(begin, end - begin);
    std::int64_t value = 0;
    bool overflow = false;
    if (!read_python_int(item, 10, value, overflow) || value < 0 || value > 255) {
      if (is_quoted(text)) return bad_value("invalid-exitcodes", text, expected);
      // Blanks for commas and a comma too many are told from the rest by trying.
      std::string fix;
      bool plain = true;
      std::string_view rest = text;
      while (!rest.empty()) {
        const std::size_t stop = std::min(rest.find_first_of(", \t"), rest.size());
        const std::string_view word = rest.substr(0, stop);
        std::int64_t number = 0;
        if (!word.empty()) {
          plain =
              plain && read_python_int(word, 10, number, overflow) && number >= 0 && number <= 255;
          if (!fix.empty()) fix += ',';
          fix += word;
        }
        rest.remove_prefix(std::min(stop + 1, rest.size()));
      }
      const std::string_view shown = strip(item);
      ValueError error{"invalid-exitcodes",
                       shown.empty()
                           ? "an item of the list is empty; it must hold " + std::string(expected)
                           : in_backticks(shown) + " is not a number from 0 to 255",
                       plain ? fix : std::string{}};
      if (!plain) {
        error.begin = begin;
        error.length = std::max<std::size_t>(item.size(), 1);
      }
      return error;
    }
    out.push_back(static_cast<int>(value));
    if (end == text.size()) return std::nullopt;
    begin = end + 1;
  }
}

std::string ExitCodes::print(const Storage& value) {
  std::string out;
  for (const int code : value) {
    if (!out.empty()) out += ',';
    out += std::to_string(code);
  }
  return out;
}

std::optional<ValueError> Signal::read(std::string_view text, const ReadContext&, Storage& out) {
  std::int64_t number = 0;
  bool overflow = false;
  if (read_python_int(text, 10, number, overflow)) {
    const bool known =
        number == 0 || std::any_of(signals.begin(), signals.end(),
                                   [&](const SignalRow& row) { return row.number == number; });
    if (!known)
      return ValueError{
          "invalid-signal", in_backticks(text) + " is not the number of a signal", {}};
    out = static_cast<int>(number);
    return std::nullopt;
  }
  std::string word = upper(strip(text));
  if (word.starts_with("SIG")) word.erase(0, 3);
  for (const SignalRow& row : signals)
    if (row.name == word) {
      out = row.number;
      return std::nullopt;
    }
  for (const SignalRow& row : odd_signals)
    if (row.name == word) {
      out = row.number;
      return std::nullopt;
    }
  const std::string_view near = nearest(word, signal_names());
  return bad_value("invalid-signal", text, expected, std::string(near));
}

std::string Signal::print(const Storage& value) {
  const std::string word = signal_name(value);
  return word.starts_with("SIG") ? word.substr(3) : word;
}

std::string signal_name(int signal) {
  for (const SignalRow& row : signals)
    if (row.number == signal) return "SIG" + std::string(row.name);
  return std::to_string(signal);
}

const std::vector<std::string_view>& signal_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const SignalRow& row : signals) all.push_back(row.name);
    return all;
  }();
  return names;
}

std::optional<ValueError> LogTarget::read(std::string_view text, const ReadContext&, Storage& out) {
  // AUTO with blanks around is a file name of blanks to Supervisor; values are stripped anyway.
  if (equals_ignoring_case(text, "none") || equals_ignoring_case(text, "off")) {
    out = {LogKind::none, {}};
  } else if (equals_ignoring_case(text, "auto")) {
    out = {LogKind::automatic, {}};
  } else if (equals_ignoring_case(text, "syslog")) {
    out = {LogKind::syslog, {}};
  } else {
    if (is_quoted_path(text)) return bad_value("quoted-scalar", text, expected);
    out = {LogKind::file, std::string(text)};
  }
  return std::nullopt;
}

std::string LogTarget::print(const Storage& value) {
  switch (value.kind) {
    case LogKind::none: return "NONE";
    case LogKind::automatic: return "AUTO";
    case LogKind::syslog: return "syslog";
    case LogKind::file: break;
  }
  return value.path;
}

std::optional<ValueError> FilePath::read(std::string_view text, const ReadContext&, Storage& out) {
  if (is_quoted_path(text)) return bad_value("quoted-scalar", text, expected);
  out = text;
  return std::nullopt;
}

std::string FilePath::print(const Storage& value) { return value; }

std::optional<ValueError> DirectoryPath::read(std::string_view text, const ReadContext& context,
                                              Storage& out) {
  if (is_quoted(text)) return bad_value("quoted-scalar", text, expected);
  return FilePath::read(text, context, out);
}

std::string DirectoryPath::print(const Storage& value) { return value; }

std::optional<ValueError> SocketPath::read(std::string_view text, const ReadContext& context,
                                           Storage& out) {
  return FilePath::read(strip(text), context, out);
}

std::string SocketPath::print(const Storage& value) { return value; }

std::optional<ValueError> User::read(std::string_view text, const ReadContext&, Storage& out) {
  // What else cannot be a name, such as `www:www`, is for the machine to know; SUP314 warns of it.
  if (text.empty()) return bad_value("malformed-user", text, expected);
  std::int64_t number = 0;
  bool overflow = false;
  if ((read_python_int(text, 10, number, overflow) && (number < 0 || number > 4294967295)) ||
      overflow)
    return ValueError{"malformed-user", in_backticks(text) + " is not the number of a user", {}};
  out = text;
  return std::nullopt;
}

std::string User::print(const Storage& value) { return value; }

std::optional<ValueError> UserGroup::read(std::string_view text, const ReadContext& context,
                                          Storage& out) {
  const std::size_t colon = text.find(':');
  out.group.reset();
  if (auto error = User::read(text.substr(0, colon), context, out.user)) {
    error->message = in_backticks(text) + " is not " + std::string(expected);
    return error;
  }
  if (colon == std::string_view::npos) return std::nullopt;
  std::string group;
  if (auto error = User::read(text.substr(colon + 1), context, group)) {
    error->message = in_backticks(text) + " is not " + std::string(expected);
    return error;
  }
  out.group = std::move(group);
  return std::nullopt;
}

std::string UserGroup::print(const Storage& value) {
  return value.group ? value.user + ":" + *value.group : value.user;
}

// What an expansion has at its ends stays: %(process_num)3d is three characters.
std::optional<ValueError> ProcessName::read(std::string_view text, const ReadContext&,
                                            Storage& out) {
  out = text;
  return std::nullopt;
}

std::string ProcessName::print(const Storage& value) { return value; }

std::optional<ValueError> ServerRole::read(std::string_view text, const ReadContext&,
                                           Storage& out) {
  for (const Storage value : {RoleValue::read, RoleValue::operate, RoleValue::admin}) {
    if (!equals_ignoring_case(text, print(value))) continue;
    out = value;
    return std::nullopt;
  }
  constexpr std::array<std::string_view, 3> names{"read", "operate", "admin"};
  return bad_value("invalid-role", text, expected, std::string(nearest(text, names)));
}

std::string ServerRole::print(const Storage& value) {
  switch (value) {
    case RoleValue::read: return "read";
    case RoleValue::operate: return "operate";
    default: return "admin";
  }
}

// The password is what stands between the first and the last colon. It is not told of in errors.
std::optional<ValueError> HttpUsers::read(std::string_view text, const ReadContext& context,
                                          Storage& out) {
  out.clear();
  for (const std::string_view item : split_list(text)) {
    const std::size_t first = item.find(':');
    const std::size_t last = item.rfind(':');
    if (first == std::string_view::npos || first == 0 || last <= first + 1)
      return bad_value("invalid-http-user", item.substr(0, first), expected, {});
    HttpUserValue user{.name = std::string(strip(item.substr(0, first))),
                       .password = std::string(item.substr(first + 1, last - first - 1))};
    const std::string_view role = strip(item.substr(last + 1));
    if (std::optional<ValueError> error = ServerRole::read(role, context, user.role)) {
      error->fix.clear();  // which would be the whole value
      return error;
    }
    out.push_back(std::move(user));
  }
  return std::nullopt;
}

std::string HttpUsers::print(const Storage& value) {
  std::string out;
  for (const HttpUserValue& user : value) {
    if (!out.empty()) out += ',';
    out += user.name + ':' + user.password + ':' + ServerRole::print(user.role);
  }
  return out;
}

std::optional<ValueError> NameList::read(std::string_view text, const ReadContext&, Storage& out) {
  out.clear();
  for (const std::string_view item : split_list(text)) out.emplace_back(item);
  return std::nullopt;
}

std::string NameList::print(const Storage& value) {
  std::string out;
  for (const std::string& item : value) {
    if (!out.empty()) out += ',';
    out += item;
  }
  return out;
}

namespace {

// An item of a list of events that is none.
[[gnu::cold]] ValueError event_error(std::string_view text, std::string_view item) {
  ValueError error{"unknown-event", "unknown event type " + in_backticks(item), {}};
  // An empty item is marked by a character beside it.
  error.begin = std::min(static_cast<std::size_t>(item.data() - text.data()), text.size() - 1);
  error.length = std::max<std::size_t>(item.size(), 1);
  if (item.empty() || item.find_first_of(" \t\n;") != std::string_view::npos) {
    error.rule = "event-list-syntax";
    error.message = item.empty() ? "an item of the list of events is empty"
                                 : in_backticks(item) +
                                       " is not an event type; the list is separated by commas";
    // With commas, and none too many, it is right if it holds nothing but events.
    std::string list = separated_by_commas(text);
    const auto words = split_list(list);
    const bool is_known = std::all_of(words.begin(), words.end(), [](std::string_view word) {
      return event_from_name(upper(word)).has_value();
    });
    if (is_known && !words.empty()) {
      error.fix = std::move(list);
      error.begin = error.length = 0;
    }
    return error;
  }
  // What people take for names of events, further from these than a misspelling.
  constexpr std::array words{
      Word{"PROCESS_STATE_CRASHED",            "PROCESS_STATE_EXITED"           },
      Word{"PROCESS_EXITED",                   "PROCESS_STATE_EXITED"           },
      Word{"PROCESS_STATE_FAILED",             "PROCESS_STATE_FATAL"            },
      Word{"SUPERVISOR_STATE_CHANGE_STARTING", "SUPERVISOR_STATE_CHANGE_RUNNING"}
  };
  error.fix = fix_for(item, words);
  if (!error.fix.empty()) return error;
  std::vector<std::string_view> names;
  for (const EventRow& row : event_rows()) names.push_back(row.name);
  error.fix = nearest(upper(item), names);
  return error;
}

}  // namespace

std::optional<ValueError> EventList::read(std::string_view text, const ReadContext&, Storage& out) {
  out.clear();
  if (text.empty())
    return ValueError{
        "listener-without-events", "the list of events is empty; nothing would be sent", {}};
  constexpr std::size_t most_errors = 50;
  std::optional<ValueError> first;
  for (const std::string_view item : split_list(text)) {
    if (const auto type = event_from_name(upper(item))) {
      if (std::find(out.begin(), out.end(), *type) == out.end()) out.push_back(*type);
      continue;
    }
    ValueError error = event_error(text, item);
    if (!first) {
      first = std::move(error);
    } else if (error.length != 0 && first->others.size() < most_errors) {
      first->others.push_back(std::move(error));
    }
    // Commas put right are all that can be said of the list.
    if (first->length == 0) break;
  }
  return first;
}

std::string EventList::print(const Storage& value) {
  std::string out;
  for (const EventType type : value) {
    if (!out.empty()) out += ',';
    out += event_name(type);
  }
  return out;
}

namespace {

// Reads KEY="value",KEY=value as nearly all are written: no blanks, no backslash, no quote inside a
// word. Both lexers agree there. False, and `out` is of no use, if it is written otherwise.
bool read_plain_environment(std::string_view text, EnvironmentValue& out) {
  constexpr std::size_t usual = 6;
  out.reserve(usual);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t key_end = word_end(text, at);
    if (key_end == at || key_end + 1 >= text.size() || text[key_end] != '=') return false;
    std::size_t begin = key_end + 1;
    std::size_t end = begin;
    const char quote = text[begin];
    if (quote == '"' || quote == '\'') {
      end = text.find(quote, ++begin);
      if (end == std::string_view::npos) return false;
    } else {
      end = word_end(text, begin);
      if (end == begin) return false;
    }
    const std::string_view key = text.substr(at, key_end - at);
    const std::string_view value = text.substr(begin, end - begin);
    if (value.find('\\') != std::string_view::npos || out.size() >= 32) return false;
    // The lexer of 4.2 strips quotes of both kinds from both ends.
    if (!value.empty() && (value.front() == '"' || value.front() == '\'' || value.back() == '"' ||
                           value.back() == '\''))
      return false;
    for (const auto& pair : out)
      if (pair.first == key) return false;
    out.emplace_back(key, value);
    at = end + (begin != key_end + 1 ? 1 : 0);
    if (at == text.size()) return true;
    if (text[at++] != ',' || at == text.size()) return false;
  }
  return false;
}

}  // namespace

std::optional<EnvironmentLexError> lex_environment(std::string_view text, Target target,
                                                   std::vector<EnvironmentToken>& tokens) {
  return target == Target::v4_4 ? lex_posix(text, tokens) : lex_legacy(text, tokens);
}

std::optional<ValueError> Environment::read(std::string_view text, const ReadContext& context,
                                            Storage& out) {
  out.clear();
  if (read_plain_environment(text, out)) return std::nullopt;
  out.clear();
  const bool posix = context.target == Target::v4_4;
  std::vector<Token> tokens;
  tokens.reserve(16);
  const auto failure = lex_environment(text, context.target, tokens);
  if (failure)
    return ValueError{"environment-syntax",
                      failure->reason == "No closing quotation"
                          ? "a quotation mark is not closed"
                          : "a backslash at the end escapes nothing",
                      {},
                      failure->at,
                      1};
  std::unordered_map<std::string_view, std::size_t> places;
  constexpr std::size_t few = 16;  // keys that are sooner compared than looked up
  const bool looks_up = tokens.size() > few * 4;
  const auto place_of = [&](const std::string& key) {
    if (looks_up) return places.try_emplace(key, out.size()).first->second;
    const auto same =
        std::find_if(out.begin(), out.end(), [&](const auto& pair) { return pair.first == key; });
    return static_cast<std::size_t>(same - out.begin());
  };
  for (std::size_t i = 0; i < tokens.size(); i += 4) {
    if (i + 2 >= tokens.size() || tokens[i + 1].text != "=") {
      return environment_error(tokens, i);
    }
    std::string value = std::move(tokens[i + 2].text);
    if (!posix) {
      const std::size_t begin = std::min(value.find_first_not_of("'\""), value.size());
      const std::size_t end = value.find_last_not_of("'\"");
      value = end == std::string::npos ? std::string{} : value.substr(begin, end + 1 - begin);
    }
    const std::string& key = tokens[i].text;
    // A later pair of the same key counts, in the place of the first.
    const std::size_t place = place_of(key);
    if (place == out.size()) {
      out.emplace_back(key, std::move(value));
    } else {
      out[place].second = std::move(value);
    }
  }
  return std::nullopt;
}

std::string quote_environment_value(std::string_view value) {
  // In single quotes all stands for itself, to every version.
  const bool is_plain = value.find_first_of("\"\\") == std::string_view::npos;
  if (!is_plain && value.find('\'') == std::string_view::npos)
    return "'" + std::string(value) + "'";
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string Environment::print(const Storage& value) {
  std::string out;
  for (const auto& [key, text] : value) {
    if (!out.empty()) out += ',';
    out += key + "=" + quote_environment_value(text);
  }
  return out;
}

std::optional<ValueError> InetAddress::read(std::string_view text, const ReadContext&,
                                            Storage& out) {
  const std::size_t colon = text.rfind(':');
  const std::string_view port = colon == std::string_view::npos ? text : text.substr(colon + 1);
  std::int64_t number = 0;
  bool overflow = false;
  if (is_quoted(text)) return bad_value("quoted-scalar", text, expected);
  if (!read_python_int(port, 10, number, overflow)) {
    if (port.empty() && colon != std::string_view::npos)
      return ValueError{"invalid-port", in_backticks(text) + " names no port after the colon", {}};
    return bad_value("invalid-port", text, expected);
  }
  if (number < 1 || number > 65535)
    return ValueError{
        "invalid-port", "port " + in_backticks(port) + " is not between 1 and 65535", {}};
  out.port = static_cast<int>(number);
  out.host = colon == std::string_view::npos ? std::string{} : lower(text.substr(0, colon));
  if (out.host == "*") out.host.clear();
  return std::nullopt;
}

std::string InetAddress::print(const Storage& value) {
  return (value.host.empty() ? "*" : value.host) + ":" + std::to_string(value.port);
}

std::string FcgiSocketValue::url() const {
  if (!path.empty()) return "unix://" + path;
  return "tcp://" + host + ":" + std::to_string(port);
}

std::optional<ValueError> FcgiSocket::read(std::string_view text, const ReadContext&,
                                           Storage& out) {
  out = {};
  if (text.starts_with("unix://")) {
    const std::string_view path = text.substr(7);
    if (path.empty() || path.front() != '/')
      return ValueError{"invalid-fcgi-socket", in_backticks(path) + " is not an absolute path", {}};
    out.path = path;
    return std::nullopt;
  }
  if (text.starts_with("tcp://")) {
    const std::string_view rest = text.substr(6);
    const std::size_t colon = rest.find(':');
    const std::string_view host = rest.substr(0, colon);
    const std::string_view port =
        colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
    std::int64_t number = 0;
    bool overflow = false;
    const bool blank = std::any_of(host.begin(), host.end(),
                                   [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
    const bool digits = !port.empty() && port.find_first_of("+-_ ") == std::string_view::npos;
    if (!host.empty() && !blank && digits && read_python_int(port, 10, number, overflow)) {
      if (number < 1 || number > 65535)
        return ValueError{"invalid-fcgi-socket",
                          "port " + in_backticks(port) + " is not between 1 and 65535",
                          {}};
      out.host = lower(host);
      out.port = static_cast<int>(number);
      return std::nullopt;
    }
  }
  std::string fix;
  if (text.starts_with('/')) fix = "unix://" + std::string(text);
  return bad_value("invalid-fcgi-socket", text, expected, std::move(fix));
}

std::string FcgiSocket::print(const Storage& value) { return value.url(); }

namespace {

// What pkg_resources takes as [extras]: names with commas between them, or nothing.
bool are_extras(std::string_view text) {
  const auto is_inner = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const auto is_name = [&](std::string_view name) {
    return !name.empty() && is_inner(name.front()) && is_inner(name.back()) &&
           std::all_of(name.begin(), name.end(),
                       [&](char c) { return is_inner(c) || c == '-' || c == '_' || c == '.'; });
  };
  if (text.find('\n') != std::string_view::npos) return false;
  const std::vector<std::string_view> names = split_list(text);
  return strip(text).empty() || std::all_of(names.begin(), names.end(), is_name);
}

}  // namespace

std::optional<ValueError> EntryPoint::read(std::string_view text, const ReadContext&,
                                           Storage& out) {
  const auto word = [](std::string_view part) {
    part = strip(part);
    return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '.' || (static_cast<unsigned char>(c) & 0x80U) != 0;
    });
  };
  // Supervisor puts "x=" before the text and has it read as name=module:attribute: whatever ends
  // with an equals sign and is in one line is a part of that name.
  const std::size_t equals = text.rfind('=');
  const bool has_name = equals != std::string_view::npos;
  if (has_name && strip(text.substr(0, equals)).find('\n') != std::string_view::npos)
    return bad_value("rpcinterface-factory-unresolvable", text, expected);
  const std::string_view written = has_name ? without_name(text) : text;
  // module, module:attribute, either with [extras] behind.
  std::string_view body = strip(written);
  if (body.ends_with(']')) {
    const std::size_t open = body.find('[');
    if (open != std::string_view::npos && are_extras(body.substr(open + 1, body.size() - open - 2)))
      body = body.substr(0, open);
  }
  const std::size_t colon = body.find(':');
  const bool good = word(body.substr(0, colon)) &&
                    (colon == std::string_view::npos || word(body.substr(colon + 1)));
  if (!good) return bad_value("rpcinterface-factory-unresolvable", text, expected);
  out = written;
  return std::nullopt;
}

std::string EntryPoint::print(const Storage& value) { return value; }

// An entry point whose mistakes are told apart, as they concern one listener and not the daemon.
std::optional<ValueError> ResultHandler::read(std::string_view text, const ReadContext& context,
                                              Storage& out) {
  auto error = EntryPoint::read(text, context, out);
  if (error) error->rule = "result-handler-unresolvable";
  return error;
}

std::string ResultHandler::print(const Storage& value) { return value; }

std::optional<ValueError> ServerUrl::read(std::string_view text, const ReadContext&, Storage& out) {
  out = equals_ignoring_case(strip(text), "auto") ? std::string("AUTO") : std::string(text);
  return std::nullopt;
}

std::string ServerUrl::print(const Storage& value) { return value; }

}  // namespace sup::schema
