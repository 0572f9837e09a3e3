#include "lint/shell_words.h"

#include <algorithm>
#include <array>

#include "schema/text.h"

namespace sup::lint {

bool is_shell_builtin(std::string_view word) {
  constexpr std::array<std::string_view, 16> builtins = {
      "cd",   "source", ".",    "export", "ulimit", "umask", "alias", "eval",
      "exec", "set",    "trap", "if",     "while",  "for",   "until", "unset"};
  return std::find(builtins.begin(), builtins.end(), word) != builtins.end();
}

bool is_shell_operator(const Word& word) {
  if (word.is_quoted || word.text.empty()) return false;
  std::string_view text = word.text;
  if (!schema::Signs::in(text.substr(0, 2)).has_any_of("&|;<>")) return false;
  if (text == "&&" || text == "||" || text == "|" || text == ";" || text == "|&") return true;
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits == std::string_view::npos || digits > 1) return false;
  text.remove_prefix(digits);
  if (text.starts_with("&>")) return true;
  // `<file>` stands for something to be filled in.
  if (text.front() == '<') return text == "<" || (text.size() > 1 && !text.ends_with('>'));
  return text.front() == '>';
}

}  // namespace sup::lint
