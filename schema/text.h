// Text as Python sees it: white space, case, repr, int() and shlex. Supervisor's configuration
// language is defined by these, so they are reproduced here once. Input is UTF-8; bytes that are
// not UTF-8 are taken as single characters and never cause harm.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sup::schema {

// Length in bytes of the Unicode white space character at the start of `text`, 0 if there is none.
// The set is that of Python's str.isspace.
std::size_t leading_space(std::string_view text);

// The same at the end of `text`.
std::size_t trailing_space(std::string_view text);

// White space of ASCII, which is nearly all there is.
constexpr bool is_ascii_space(char c) {
  return (c >= '\t' && c <= '\r') || (c >= '\x1C' && c <= ' ');
}

inline std::string_view strip_left(std::string_view text) {
  for (;;) {
    while (!text.empty() && is_ascii_space(text.front())) text.remove_prefix(1);
    if (text.empty() || static_cast<signed char>(text.front()) >= 0) return text;
    const std::size_t n = leading_space(text);
    if (n == 0) return text;
    text.remove_prefix(n);
  }
}

inline std::string_view strip_right(std::string_view text) {
  for (;;) {
    while (!text.empty() && is_ascii_space(text.back())) text.remove_suffix(1);
    if (text.empty() || static_cast<signed char>(text.back()) >= 0) return text;
    const std::size_t n = trailing_space(text);
    if (n == 0) return text;
    text.remove_suffix(n);
  }
}

inline std::string_view strip(std::string_view text) { return strip_right(strip_left(text)); }

// Signs that mean something to a shell, a lexer or a template: which of them stand in a text. The
// text is looked at once, however many questions there are.
class Signs {
 public:
  constexpr Signs() = default;

  // Each must be one of `known`.
  consteval Signs(const char* signs) {  // NOLINT(google-explicit-constructor)
    for (; *signs != 0; ++signs) {
      if (known.find(*signs) == std::string_view::npos) throw "not a sign that is told apart";
      bits_ |= table[static_cast<unsigned char>(*signs)];
    }
  }

  static constexpr Signs in(std::string_view text) {
    Signs found;
    for (const char c : text) found.bits_ |= table[static_cast<unsigned char>(c)];
    return found;
  }

  constexpr bool has_any_of(Signs others) const { return (bits_ & others.bits_) != 0; }

 private:
  static constexpr std::string_view known = "$`\"'\\;|&#%<>~{}()";
  static constexpr std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::size_t i = 0; i < known.size(); ++i)
      made[static_cast<unsigned char>(known[i])] = 1U << i;
    return made;
  }();

  std::uint32_t bits_ = 0;
};

// Letters of ASCII and Latin-1, and the Kelvin sign, which Python lowers to an ordinary k: an
// option name can be made of it.
std::string lower(std::string_view text);
std::string upper(std::string_view text);

bool equals_ignoring_case(std::string_view a, std::string_view b);

// Python's repr of a str: quotes, backslashes, control characters.
std::string python_repr(std::string_view text);

// Python's repr of a bytes object, with the leading b.
std::string python_bytes_repr(std::string_view bytes);

// First byte that is not part of valid UTF-8, or none.
std::optional<std::size_t> invalid_utf8(std::string_view bytes);

// Number of Unicode characters of valid UTF-8 text.
std::size_t character_count(std::string_view text);

// A word of a command line: what it means, and where it stands in the text.
struct CommandWord {
  std::string text;  // without quotes and escapes
  std::size_t begin = 0;
  std::size_t end = 0;
  bool quoted = false;  // some of it stands in quotes or behind a backslash
};

// Splits a command like Python's shlex.split (POSIX rules, no comments). On failure `error` holds
// Python's reason ("No closing quotation", "No escaped character"), `words` the words so far, and
// the last of these is the one that does not end.
bool split_words(std::string_view text, std::vector<CommandWord>& words, std::string_view& error);

// The words' texts alone; nothing is returned on failure.
std::optional<std::vector<std::string>> split_command(std::string_view text, std::string& error);

// An absolute path without . and .., by its text alone.
std::string normal_path(std::string_view path);

// The same as Python's normpath has it: exactly two slashes at the beginning stay, as POSIX lets
// such a path mean something else.
std::string pythons_normal_path(std::string_view path);

// Whether it surely is one already, which paths mostly are.
bool is_normal_path(std::string_view path);

// Splits at `separator`, items stripped, empty items kept; empty text gives no item.
std::vector<std::string_view> split_list(std::string_view text, char separator = ',');

// The words between blanks and commas, with one comma between them.
std::string separated_by_commas(std::string_view text);

// %41 and the like as the bytes that they stand for; what is no such thing stays.
std::string decode_percent(std::string_view text);

// "`text`", as messages name what the user wrote. Cold: code that says what is wrong is rarely run.
[[gnu::cold]] std::string in_backticks(std::string_view text);

}  // namespace sup::schema
