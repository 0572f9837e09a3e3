// The command= of a program: its words, and the program that runs in the end when wrappers such as
// env, nice and sudo and the script of `sh -c` are looked through.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lint/shell_script.h"
#include "schema/text.h"

namespace sup::lint {

// A program that runs another one.
struct WrapperUse {
  std::string_view name;         // of the table in commands.cpp, without path
  Word word;                     // where it stands
  std::vector<std::string> own;  // its own options and operands
};

// What a part of the value is after expansion; nothing when a name in it is not known.
using Expand = std::function<std::optional<std::string>(std::string_view)>;

struct CommandLine {
  std::vector<Word> words;  // as Supervisor hands them to the system
  std::string_view error;   // why it cannot be split, in Python's words; `words` ends there
  std::vector<WrapperUse> wrappers;  // outermost first; shells too
  std::optional<Script> script;      // of the outermost `sh -c`
  std::size_t script_word = 0;       // index into `words`; 0: not one of them

  // The program that runs in the end, with its arguments, and what interprets it ("php8.1");
  // empty when that is not known.
  std::span<const Word> argv;
  std::string interpreter;
  std::string program;  // without path

  CommandLine() = default;
  // `argv` is a part of the words here.
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;
  CommandLine(CommandLine&&) = default;
  CommandLine& operator=(CommandLine&&) = default;
  ~CommandLine() = default;

  // Becomes that of another value, in the memory that it has.
  void read(std::string_view value, const Expand& expand);

  const WrapperUse* wrapper(std::string_view name) const;

  // The arguments alone.
  bool has(std::initializer_list<std::string_view> arguments) const;
  const Word* find(std::initializer_list<std::string_view> arguments) const;

  // The value of `--name=value`, `--name value`; null if there is none.
  std::optional<std::string_view> value_of(std::initializer_list<std::string_view> options) const;

  // The first argument that is no option, or an empty text.
  std::string_view subcommand() const;

  // Whether it is asked for its version, a test of its files, or the like, and serves nobody.
  bool is_question() const { return is_question_; }

 private:
  friend class CommandReader;

  void clear();

  bool is_question_ = false;
  std::vector<schema::CommandWord> split_;
  // Words of scripts in scripts; a deque would allocate for each command.
  std::vector<std::vector<Word>> inner_;
};

CommandLine parse_command(std::string_view value, const Expand& expand);

// "nginx" of "/usr/sbin/nginx"; empty when it hangs on an unknown name.
std::string base_name(const Word& word);

// sh, bash, dash and their kin.
bool is_shell(std::string_view name);

// "php-fpm8.1" is "php-fpm" with a version.
bool is_version_of(std::string_view name, std::string_view program);

}  // namespace sup::lint
