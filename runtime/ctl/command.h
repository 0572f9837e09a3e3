// The commands of supctl. One row each (commands.def): from it are help, completion and the shell.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sup::ctl {

class Session;

// What may follow a command.
enum class Completes : std::uint8_t {
  nothing,
  commands,
  groups,
  processes,
  signals,
  files,
  counts,     // PROGRAM=, and a number
  logs,       // a process, then stdout or stderr
  addresses,  // of servers
};

struct Command {
  std::string_view name;
  Completes completes;
  bool is_of_supervisorctl;      // or ours
  std::string_view description;  // one line, for completion and documentation
  std::string_view help;         // what `help NAME` prints, lines without the last line end
  // `argument` is the rest of the line, stripped. True when the shell is to end.
  bool (*run)(Session& session, const std::string& argument);
};

std::span<const Command> commands();

// What supctl adds to a command of supervisorctl.
struct Addition {
  std::string_view typed;
  std::string_view does;
};

std::span<const Addition> additions();

// Null when there is none.
const Command* find_command(std::string_view name);

}  // namespace sup::ctl
