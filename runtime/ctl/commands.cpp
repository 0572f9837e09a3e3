#include "runtime/ctl/commands.h"

#include <algorithm>
#include <array>

#include "runtime/ctl/command.h"
#include "runtime/ctl/process_info.h"
#include "runtime/ctl/session.h"
#include "schema/text.h"

namespace sup::ctl {

namespace {

enum class Origin : std::uint8_t { supervisorctl, supctl, hidden };

struct Row {
  Command command;
  Origin origin;
};

constexpr Row row(std::string_view name, Completes completes, Origin origin,
                  std::string_view description, std::string_view help,
                  bool (*run)(Session&, const std::string&)) {
  return {
      {name, completes, origin == Origin::supervisorctl, description, help, run},
      origin
  };
}

constexpr std::array rows = {
#define COMMAND(name, completes, origin, description, help) \
  row(#name, Completes::completes, Origin::origin, description, help, run_##name),
#include "runtime/ctl/commands.def"
};

constexpr std::array added = {
#define MORE(typed, does) Addition{typed, does},
#include "runtime/ctl/commands.def"
};

constexpr auto table = [] {
  std::array<Command, rows.size()> made{};
  std::transform(rows.begin(), rows.end(), made.begin(),
                 [](const Row& row) { return row.command; });
  return made;
}();

std::vector<std::string> names_of(Origin origin) {
  std::vector<std::string> names;
  for (const Row& row : rows) {
    if (row.origin == origin) {
      names.emplace_back(row.command.name);
    }
  }
  return names;
}

void list_commands(Session& session, std::string_view title, Origin origin) {
  const std::vector<std::string> names = names_of(origin);
  if (names.empty()) {
    return;
  }
  const std::string header = std::string(title) + " commands (type help <topic>):";
  session.output.line("");
  session.output.line(header);
  session.output.line(std::string(header.size(), '='));
  session.output.line(in_columns(names, 79));
}

void list_additions(Session& session) {
  const std::string header = "supctl adds to the default commands:";
  session.output.line(header);
  session.output.line(std::string(header.size(), '='));
  for (const Addition& each : added) {
    session.output.line(padded(each.typed, 32) + std::string(each.does));
  }
  session.output.line("");
}

}  // namespace

std::span<const Command> commands() { return table; }

std::span<const Addition> additions() { return added; }

const Command* find_command(std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Command& command) { return command.name == name; });
  return found != table.end() ? &*found : nullptr;
}

bool run_help(Session& session, const std::string& argument) {
  const Command* command = find_command(argument);
  if (argument.empty()) {
    list_commands(session, "default", Origin::supervisorctl);
    list_commands(session, "supctl", Origin::supctl);
    list_additions(session);
    for (const Row& row : rows) {
      if (row.origin != Origin::hidden) {
        rpc::Struct record;
        record.push_back({"name", row.command.name});
        record.push_back({"description", row.command.description});
        session.output.record(std::move(record));
      }
    }
  } else if (command == nullptr || command->help.empty()) {
    session.complain("*** No help on " + argument, argument, "no such command");
  } else {
    rpc::Struct record;
    record.push_back({"name", command->name});
    record.push_back({"description", command->description});
    record.push_back({"help", command->help});
    session.say(command->help, std::move(record));
  }
  return false;
}

bool run_EOF(Session& session, const std::string& /*argument*/) {
  session.output.line("");
  return true;
}

bool run_exit(Session& session, const std::string& argument) { return run_EOF(session, argument); }

bool run_quit(Session& session, const std::string& argument) { return run_EOF(session, argument); }

}  // namespace sup::ctl
