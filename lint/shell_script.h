// The commands of a shell script, as far as rules need to know them: where each begins, what joins
// it to the next, and whether there is more to the script than commands in a row.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sup::lint {

// A word of a command line, or of a script in it.
struct Word {
  std::string text;       // without quotes, and expanded as far as it is known
  std::size_t begin = 0;  // in the option's value
  std::size_t end = 0;
  bool is_quoted = false;  // some of it
  bool is_open = false;    // a name in it is not known; `text` has it as written
};

enum class Joint : std::uint8_t { end, sequence, background, both, either, pipe };

struct ScriptStep {
  std::vector<Word> words;  // without redirections and assignments in front
  Joint next = Joint::end;  // what stands behind it
  bool has_assignment = false;
  bool has_redirection = false;
};

struct Script {
  std::vector<ScriptStep> steps;
  bool is_compound = false;  // loops, conditions, groups, functions, here-documents
  bool has_trap = false;     // trap or wait: it minds signals or children itself

  // The step that is running when all before it are done: the start of the last pipeline that is
  // not only there for the case of failure. Null where only a shell could tell.
  const ScriptStep* last() const;
};

// `script` is the text of a word; its words get the places of their bytes when `is_exact` and the
// text begins at `begin`, otherwise the place [begin, end) as a whole.
Script parse_script(std::string_view script, std::size_t begin, std::size_t end, bool is_exact);

// NAME=value
bool is_assignment(std::string_view word);

}  // namespace sup::lint
