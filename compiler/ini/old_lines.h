// Lines as Python 2 reads them, which Supervisor 3 runs on (ConfigParser.RawConfigParser of 2.7).
// What differs from today's reader, see document.h:
//   * lines end with LF alone; blanks are those of ASCII, and any bytes will do
//   * comments are lines that begin with ; or # or the word rem, not indented ones
//   * behind a value only ; is a comment, only the first one, and only behind a blank
//   * each indented line continues the open value, whatever its indentation and whatever it holds;
//     blank lines are no part of a value
//   * an indented line behind a header, where no value is open, is refused
//   * a header ends at its first bracket
//   * a value of two double quotes is empty
#pragma once

#include <string_view>

#include "compiler/ini/document.h"

namespace sup::compiler {

// Parts of one line, pointing into it.
struct OldLine {
  LineKind kind = LineKind::blank;
  std::string_view content;  // without indentation, comment and trailing blanks
  std::string_view comment;  // empty and at the end of the text if there is none
  std::string_view name;     // of a header
  std::string_view trailing;
  std::string_view key;
  std::string_view delimiter;
  std::string_view value;
};

// `is_open`: an indented line continues a value.
OldLine read_old_line(std::string_view line, bool is_open);

}  // namespace sup::compiler
