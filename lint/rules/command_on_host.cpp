// SUP1001, SUP1002, SUP1003: whether the machine can run a command.
#include <string>

#include "lint/host.h"
#include "lint/lint.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

using Kind = schema::FileFacts::Kind;

Span first_word(const Context& context, const ConfigSection& section, const ConfigEntry& entry) {
  return context.place_of(entry, context.command(section, entry).words.front());
}

void check_found(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry& entry = *section.find("command");
  const auto found = find_program(context, section, entry);
  if (!found || !found->path.empty()) return;
  const std::string name = context.command(section, entry).words.front().text;
  auto& diagnostic =
      out.report(command_not_found.rule, found->is_path_known ? Severity::error : Severity::warning,
                 first_word(context, section, entry),
                 "there is no program " + in_backticks(name) + " on this machine; " +
                     section.display() + " will be FATAL");
  if (found->searched.empty()) {
    diagnostic.with_hint("install it, or mend the path");
    return;
  }
  std::string folders;
  for (const std::string& folder : found->searched)
    folders += (folders.empty() ? "" : ", ") + folder;
  diagnostic.with_hint("write its whole path");
  diagnostic.note("looked for in " + folders +
                  (found->is_path_known ? "" : "; --env PATH=... says what the daemon will have"));
}

void check_executable(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry& entry = *section.find("command");
  const auto found = find_program(context, section, entry);
  if (!found || found->path.empty()) return;
  const auto file = context.machine()->file(found->path);
  if (!file) return;
  const bool is_folder = file->kind == Kind::directory;
  if (!is_folder && (file->mode & 0111U) != 0) return;
  out.report(command_not_executable.rule, first_word(context, section, entry),
             in_backticks(found->path) + (is_folder ? " is a folder" : " is not executable") +
                 "; " + section.display() + " will be FATAL")
      .with_hint(is_folder ? "name the program in it"
                           : "make it executable, or name the program that runs it");
}

// Starts of files that the system runs without a #! line.
bool is_binary(std::string_view start) {
  return start.starts_with(
             "\x7F"
             "ELF") ||
         start.find('\0') != std::string_view::npos || start.starts_with("MZ");
}

void check_script(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry& entry = *section.find("command");
  const auto found = find_program(context, section, entry);
  const schema::Facts* machine = context.machine();
  if (!found || found->path.empty() || !machine->file_start) return;
  const auto file = machine->file(found->path);
  if (!file || file->kind != Kind::regular || (file->mode & 0111U) == 0) return;
  const auto start = machine->file_start(found->path);
  if (!start || start->empty() || is_binary(*start)) return;
  const auto report = [&](std::string message, std::string hint) {
    out.report(script_cannot_be_executed.rule, first_word(context, section, entry),
               std::move(message) + "; " + section.display() + " ends with status 127")
        .with_hint(std::move(hint));
  };
  if (!start->starts_with("#!")) {
    report(in_backticks(found->path) + " is a script without `#!` in its first line",
           "begin it with `#!/bin/sh`, or write `/bin/sh " + found->path + "`");
    return;
  }
  const std::string_view line = std::string_view(*start).substr(2, start->find('\n') - 2);
  if (line.ends_with('\r')) {
    report("the first line of " + in_backticks(found->path) +
               " ends with a carriage return, which becomes a part of its interpreter's name",
           "convert its line ends");
    return;
  }
  const std::string_view stripped = schema::strip(line);
  const std::string interpreter(stripped.substr(0, stripped.find_first_of(" \t")));
  if (start->find('\n') == std::string::npos || !interpreter.starts_with('/') ||
      machine->file(interpreter))
    return;
  report("the interpreter " + in_backticks(interpreter) + " of " + in_backticks(found->path) +
             " is not on this machine",
         "install it, or mend the first line of the script");
}

}  // namespace

const LintRule command_not_found = {
    .rule = {"SUP1001",        "command-not-found", Severity::error,
             "a program that is not on this machine"},
    .check_section = check_found,
    .options = {"command"}
};

const LintRule command_not_executable = {
    .rule = {"SUP1002",        "command-not-executable", Severity::error, "a file that cannot be run"},
    .check_section = check_executable,
    .options = {"command"}
};

const LintRule script_cannot_be_executed = {
    .rule = {"SUP1003",        "script-cannot-be-executed", Severity::error,
             "a script that the system does not run"},
    .check_section = check_script,
    .options = {"command"}
};

}  // namespace sup::lint
