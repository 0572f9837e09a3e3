#include "compiler/ini/old_lines.h"

#include <tao/pegtl.hpp>

#include "compiler/ini/grammar.h"
#include "schema/text.h"

namespace sup::compiler {
namespace {

namespace p = tao::pegtl;

template <class Rule>
struct OldAction : p::nothing<Rule> {};

#define SUP_STORE(rule, member)                         \
  template <>                                           \
  struct OldAction<grammar::rule> {                     \
    template <class Input>                              \
    static void apply(const Input& in, OldLine& line) { \
      line.member = {in.begin(), in.size()};            \
    }                                                   \
  }
SUP_STORE(python2::section_name, name);
SUP_STORE(trailing, trailing);
SUP_STORE(python2::key, key);
SUP_STORE(delimiter, delimiter);
SUP_STORE(value, value);
#undef SUP_STORE

template <>
struct OldAction<grammar::python2::header> {
  static void apply0(OldLine& line) { line.kind = LineKind::header; }
};

template <>
struct OldAction<grammar::python2::entry> {
  static void apply0(OldLine& line) { line.kind = LineKind::entry; }
};

constexpr bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view strip_blanks_right(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view strip_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return strip_blanks_right(text);
}

bool is_comment(std::string_view text) {
  if (text.front() == ';' || text.front() == '#') return true;
  constexpr std::size_t word = 3;
  return schema::equals_ignoring_case(text.substr(0, word), "rem") &&
         (text.size() == word || is_blank(text[word]));
}

// Where the comment in the text behind the delimiter begins, or its size. Blanks before the value
// are off when Python looks at the character before the ; and for a ; that comes first it takes the
// last one of the line.
std::size_t comment_in(std::string_view text) {
  std::size_t begin = 0;
  while (begin < text.size() && is_blank(text[begin])) ++begin;
  const std::size_t at = text.find(';', begin);
  if (at == std::string_view::npos) return text.size();
  return is_blank(at == begin ? text.back() : text[at - 1]) ? at : text.size();
}

}  // namespace

OldLine read_old_line(std::string_view whole, bool is_open) {
  OldLine line;
  std::string_view text = whole;
  if (text.ends_with('\n')) text.remove_suffix(1);
  // CR is a blank like others, and no part of what is shown.
  std::string_view shown = text;
  if (shown.ends_with('\r')) shown.remove_suffix(1);
  line.content = strip_blanks(text);
  line.comment = shown.substr(shown.size());
  if (line.content.empty()) {
    line.content = line.comment;
    return line;
  }
  if (is_comment(text)) {
    line.kind = LineKind::comment;
    line.comment = shown;
    line.content = shown.substr(0, 0);
    return line;
  }
  if (is_open && is_blank(text.front())) {
    line.kind = LineKind::continuation;
    return line;
  }
  line.kind = LineKind::junk;
  p::memory_input<p::tracking_mode::lazy, p::eol::lf, const char*> input(
      text.data(), text.data() + text.size(), "");
  p::parse<grammar::python2::content, OldAction>(input, line);
  if (line.kind == LineKind::header) {
    line.trailing = strip_blanks(line.trailing);
  } else if (line.kind == LineKind::entry) {
    const std::size_t end = comment_in(line.value);
    if (end < line.value.size()) {
      const auto begin = static_cast<std::size_t>(line.value.data() - text.data()) + end;
      line.comment = shown.substr(begin);
      line.content = strip_blanks(text.substr(0, begin));
    }
    line.key = strip_blanks_right(line.key);
    line.value = strip_blanks(line.value.substr(0, end));
    if (line.value == R"("")") line.value.remove_suffix(2);
  }
  return line;
}

}  // namespace sup::compiler
