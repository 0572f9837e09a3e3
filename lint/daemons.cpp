#include "lint/daemons.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

#include "schema/text.h"

namespace sup::lint {

namespace {

constexpr DaemonRow daemon_rows[] = {
#define DAEMON(names, when, leaves, stays, advice) {names, DaemonRow::when, leaves, stays, advice},
#include "lint/daemons.def"
#undef DAEMON
};

// Calls `function` with each word of a list whose words stand between blanks.
template <class Function>
void each_word(std::string_view list, Function function) {
  while (!list.empty()) {
    const std::size_t begin = list.find_first_not_of(' ');
    if (begin == std::string_view::npos) return;
    list.remove_prefix(begin);
    const std::string_view word = list.substr(0, list.find(' '));
    function(word);
    list.remove_prefix(word.size());
  }
}

// The argument that is `wanted`: "--fork", or "--daemonize=yes" in one word or two.
const Word* find_argument(const CommandLine& command, std::string_view wanted) {
  const std::size_t equals = wanted.find('=');
  for (std::size_t i = 1; i < command.argv.size(); ++i) {
    const Word& word = command.argv[i];
    if (word.text == wanted) return &word;
    if (equals == std::string_view::npos) {
      if (wanted.starts_with("--") && word.text.size() > wanted.size() &&
          word.text.starts_with(wanted) && word.text[wanted.size()] == '=')
        return &word;
    } else if (word.text == wanted.substr(0, equals) && i + 1 < command.argv.size() &&
               command.argv[i + 1].text == wanted.substr(equals + 1)) {
      return &word;
    }
  }
  return nullptr;
}

// The same, where a letter may stand among others: `-De` has `-D`.
bool has_argument(const CommandLine& command, std::string_view wanted) {
  if (find_argument(command, wanted) != nullptr) return true;
  // A backslash at the end of a line, as a shell has it, makes the line's end a part of the word.
  for (const Word& word : command.argv)
    if (schema::strip(word.text) == wanted) return true;
  if (wanted.size() != 2 || wanted.front() != '-') return false;
  return std::any_of(command.argv.begin() + 1, command.argv.end(), [&](const Word& word) {
    return word.text.size() > 1 && word.text[0] == '-' && word.text[1] != '-' &&
           word.text.find(wanted[1], 1) != std::string::npos;
  });
}

// A program of the system, and not somebody's script of the same name.
bool is_of_system(const CommandLine& command) {
  if (!command.interpreter.empty()) return false;
  const std::string_view path = command.argv.front().text;
  if (path.find('/') == std::string_view::npos) return true;
  constexpr std::array<std::string_view, 4> folders = {"/usr/", "/sbin/", "/bin/", "/opt/"};
  return std::any_of(folders.begin(), folders.end(),
                     [&](std::string_view folder) { return path.starts_with(folder); });
}

// What only the configuration of that program or its package decides.
bool is_silenced(const CommandLine& command, const DaemonRow& row) {
  const std::string_view path = command.argv.front().text;
  // The official images of PHP say `daemonize = no`.
  if (row.names.find(" php-fpm ") != std::string_view::npos) return path.starts_with("/usr/local/");
  if (row.names.find(" httpd ") != std::string_view::npos)
    return command.wrapper("busybox") != nullptr;
  return row.names.find(" nginx ") != std::string_view::npos &&
         std::any_of(command.argv.begin(), command.argv.end(), [](const Word& word) {
           return word.text.find("daemon") != std::string::npos || word.is_open;
         });
}

}  // namespace

const DaemonRow* find_daemon(std::string_view program) {
  using Names = std::unordered_map<std::string_view, const DaemonRow*>;
  static const Names by_name = [] {
    Names made;
    for (const DaemonRow& row : daemon_rows)
      each_word(row.names, [&](std::string_view name) { made.emplace(name, &row); });
    return made;
  }();
  auto found = by_name.find(program);
  if (found != by_name.end()) return found->second;
  // A version behind the name.
  const std::size_t end = program.find_last_not_of("0123456789.");
  if (end == std::string_view::npos || end + 1 == program.size()) return nullptr;
  found = by_name.find(program.substr(0, end + 1));
  return found == by_name.end() ? nullptr : found->second;
}

DaemonVerdict judge_daemon(const CommandLine& command) {
  if (command.argv.empty() || command.wrapper("pidproxy") != nullptr || command.is_question())
    return {};
  const DaemonRow* row = find_daemon(command.program);
  if (row == nullptr) return {};
  const Word* flag = nullptr;
  each_word(row->leaves, [&](std::string_view wanted) {
    if (flag == nullptr) flag = find_argument(command, wanted);
  });
  if (row->when == DaemonRow::flag) {
    if (flag == nullptr) return {};
    // `multi` of celery starts and stops; `multi` and `start` may be names elsewhere.
    if (flag->text == "multi" && !command.has({"start", "restart"})) return {};
    return {row, flag};
  }
  bool stays = is_silenced(command, *row) || !is_of_system(command);
  each_word(row->stays,
            [&](std::string_view wanted) { stays = stays || has_argument(command, wanted); });
  // Arguments that are not known may be what keeps it.
  for (const Word& word : command.argv)
    stays = stays || (word.is_open && &word != &command.argv[0]);
  if (stays) return {};
  return {row, flag};
}

}  // namespace sup::lint
