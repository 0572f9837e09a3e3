// SUP901, SUP902, SUP903, SUP905 to SUP908: a command= whose program cannot be found as written.
#include <algorithm>
#include <array>
#include <string>

#include "lint/lint.h"
#include "lint/shell_words.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

// Whether a comment stands behind the value: what it cuts off is SUP105's.
bool has_comment(const Context& context, const ConfigEntry& entry) {
  const compiler::Document& document = context.document(entry);
  const Span lines = context.whole_lines(entry);
  for (std::uint32_t i = document.entry_line(entry.entry);
       i < document.line_count() && document.line_begin(i) < lines.end; ++i)
    if (document.has_comment(i)) return true;
  return false;
}

void check_empty(const Context& context, Diagnostics& out, const ConfigSection& section,
                 const ConfigEntry& entry) {
  const CommandLine& command = context.command(section, entry);
  if (!command.error.empty()) return;
  if (!command.words.empty() && !command.words[0].is_quoted &&
      (command.words[0].text[0] == ';' || command.words[0].text[0] == '#')) {
    out.report(command_empty.rule, context.value_place(entry),
               "this is no comment but the command, as no blank stands before it; " +
                   section.display() + " has no program to run and will be FATAL")
        .with_hint("name the program");
    return;
  }
  if (!command.words.empty() && !command.words[0].text.empty()) return;
  const bool is_commented = has_comment(context, entry);
  out.report(command_empty.rule, context.value_place(entry),
             section.display() + " has no program to run and will be FATAL")
      .with_hint(is_commented ? "what follows is a comment; name the program before it"
                              : "name the program");
}

void check_quote(const Context& context, Diagnostics& out, const ConfigSection& section,
                 const ConfigEntry& entry) {
  const CommandLine& command = context.command(section, entry);
  if (command.error.empty() || command.words.empty() || has_comment(context, entry)) return;
  // Values that are not known may hold the other quote.
  if (entry.is_template && !context.text(section, entry)) return;
  const Word& word = command.words.back();
  const bool is_escape = command.error == "No escaped character";
  out.report(command_unbalanced_quote.rule, context.place_of(entry, word),
             std::string(is_escape ? "the backslash at the end escapes nothing"
                                   : "a quotation mark is not closed") +
                 "; " + section.display() + " cannot be started and will be FATAL")
      .with_hint(is_escape ? "remove it" : "close it, or write `\\'` for an apostrophe");
}

void check_quoted(const Context& context, Diagnostics& out, const ConfigSection& section,
                  const ConfigEntry& entry) {
  const CommandLine& command = context.command(section, entry);
  if (command.words.size() != 1 || !command.error.empty() || entry.value.size() < 3) return;
  const char quote = entry.value.front();
  const std::string& text = command.words[0].text;
  const std::size_t blank = text.find(' ');
  if ((quote != '"' && quote != '\'') || entry.value.back() != quote || blank == std::string::npos)
    return;
  // "/opt/My App/run": a path with blanks.
  const std::string_view second = std::string_view(text).substr(blank + 1);
  const std::size_t slash = second.substr(0, second.find(' ')).find('/');
  if (text.front() == '/' && slash != std::string_view::npos && slash > 0) return;
  const schema::Facts* machine = context.machine();
  if (machine != nullptr && machine->file && machine->file(text)) return;
  auto& diagnostic =
      out.report(command_fully_quoted.rule, context.value_place(entry),
                 "the quotes make one word of the whole command; there is no program of that name, "
                 "and " +
                     section.display() + " will be FATAL");
  diagnostic.with_hint("remove the quotes around the command");
  const std::string_view inner = entry.value.substr(1, entry.value.size() - 2);
  if (context.is_single_line(entry) && inner.find_first_of("\\\"'") == std::string_view::npos)
    diagnostic.fix("remove the quotes", context.value_span(entry), std::string(inner), true);
}

// `cd D && X`: a folder and a command.
void offer_directory(const Context& context, Diagnostic& diagnostic, const ConfigSection& section,
                     const ConfigEntry& entry, const CommandLine& command) {
  if (command.words.size() < 4 || command.words[0].text != "cd" || command.words[2].text != "&&" ||
      section.find("directory") != nullptr || !context.is_single_line(entry))
    return;
  const std::string_view rest = entry.value.substr(command.words[3].begin);
  if (rest.find('&') != std::string_view::npos) return;
  add_line_before(context, diagnostic, entry, "directory=" + command.words[1].text, false);
  diagnostic.fixes.back().title = "write `directory=`";
  diagnostic.fixes.back().edits.push_back({context.value_span(entry), std::string(rest)});
}

void check_builtin(const Context& context, Diagnostics& out, const ConfigSection& section,
                   const ConfigEntry& entry) {
  const CommandLine& command = context.command(section, entry);
  if (command.words.empty() || !command.error.empty()) return;
  const Word& first = command.words.front();
  if (!is_shell_builtin(first.text)) return;
  auto& diagnostic =
      out.report(command_shell_builtin.rule, context.place_of(entry, first),
                 in_backticks(first.text) + " is a command of the shell and no program; " +
                     section.display() + " will be FATAL");
  diagnostic.with_hint(first.text == "cd" ? "write `directory=` and the command"
                                          : "write `sh -c \"...\"`, or a script");
  offer_directory(context, diagnostic, section, entry, command);
}

void offer_environment(const Context& context, Diagnostic& diagnostic, const ConfigSection& section,
                       const ConfigEntry& entry, const CommandLine& command, std::size_t count) {
  if (!context.is_single_line(entry) || command.words.size() == count) return;
  std::string variables;
  for (std::size_t i = 0; i < count; ++i) {
    const Word& word = command.words[i];
    const std::string_view raw = entry.value.substr(word.begin, word.end - word.begin);
    const std::size_t equals = raw.find('=');
    std::string_view value = raw.substr(equals + 1);
    if (word.is_quoted && value.size() >= 2 && value.front() == value.back() &&
        (value.front() == '"' || value.front() == '\''))
      value = value.substr(1, value.size() - 2);
    if (value.find_first_of("\"'\\$`") != std::string_view::npos) return;
    variables += (variables.empty() ? "" : ",") + std::string(raw.substr(0, equals)) + "=\"" +
                 std::string(value) + '"';
  }
  const std::string rest(entry.value.substr(command.words[count].begin));
  if (const ConfigEntry* environment = section.find("environment")) {
    if (environment->from_default || environment->value.empty() ||
        environment->value.ends_with(',') || environment->file != entry.file ||
        !context.is_single_line(*environment))
      return;
    const Span place = context.value_span(*environment);
    diagnostic.fix("move it to `environment`", {place.source, place.end, place.end},
                   "," + variables, false);
  } else {
    add_line_before(context, diagnostic, entry, "environment=" + variables, true);
    diagnostic.fixes.back().title = "move it to `environment`";
  }
  diagnostic.fixes.back().edits.push_back({context.value_span(entry), rest});
}

void check_prefix(const Context& context, Diagnostics& out, const ConfigSection& section,
                  const ConfigEntry& entry) {
  const CommandLine& command = context.command(section, entry);
  if (!command.error.empty()) return;
  std::size_t count = 0;
  while (count < command.words.size() && is_assignment(command.words[count].text)) ++count;
  if (count == 0) return;
  auto& diagnostic =
      out.report(command_env_prefix.rule,
                 context.value_part(entry, command.words[0].begin,
                                    command.words[count - 1].end - command.words[0].begin),
                 "without a shell this is taken for the program's name; " + section.display() +
                     " will be FATAL");
  diagnostic.with_hint("write it into `environment=`");
  offer_environment(context, diagnostic, section, entry, command, count);
}

void check_tilde(const Context& context, Diagnostics& out, const ConfigSection& section,
                 const ConfigEntry& entry) {
  const bool is_command = entry.option()->name == "command";
  if (!section.is_process() || !entry.value.starts_with('~')) return;
  std::size_t length = entry.value.size();
  if (is_command) {
    const CommandLine& command = context.command(section, entry);
    if (command.words.empty() || !command.error.empty()) return;
    length = command.words.front().end;
  }
  out.report(command_tilde.rule, context.value_part(entry, 0, length),
             "`~` is not replaced here by anybody's home folder; " + section.display() +
                 " will be FATAL")
      .with_hint("write the whole path");
}

void check_relative(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry& entry = *section.find("command");
  if (entry.from_default) return;
  const CommandLine& command = context.command(section, entry);
  if (command.words.empty() || !command.error.empty()) return;
  const Word& first = command.words.front();
  const std::string_view path = first.text;
  if (first.is_open || path.find('/') == std::string_view::npos || path.starts_with('/') ||
      path.starts_with('~') || path.find_first_of(" =") != std::string_view::npos ||
      path.starts_with('$') ||  // what nothing replaces, SUP409
      path.starts_with('['))    // a list, SUP903
    return;
  const ConfigEntry* directory_entry = section.find("directory");
  const auto directory = directory_entry == nullptr ? std::optional<std::string>{}
                                                    : context.text(section, *directory_entry);
  const std::string_view inside = path.starts_with("./") ? path.substr(2) : path;
  const std::string joined =
      directory ? *directory + (directory->ends_with('/') ? "" : "/") + std::string(inside)
                : std::string{};
  const schema::Facts* machine = context.machine();
  const bool is_only_there = directory && machine != nullptr && machine->file &&
                             machine->file(joined) &&
                             !machine->file(machine->working_directory + "/" + std::string(path));
  auto& diagnostic = out.report(
      command_relative_to_directory.rule, is_only_there ? Severity::error : Severity::warning,
      context.place_of(entry, first),
      in_backticks(path) + " is looked for in the folder where the daemon was started" +
          (directory_entry != nullptr ? ", not in `directory`" : ""));
  const std::string wanted =
      directory && directory->starts_with('/') ? joined : "%(here)s/" + std::string(inside);
  diagnostic.with_hint("write the whole path, such as " + in_backticks(wanted));
  if (directory && directory->starts_with('/') && !first.is_quoted)
    diagnostic.fix("write " + in_backticks(wanted), context.place_of(entry, first), wanted, false);
}

}  // namespace

const LintRule command_empty = {
    .rule = {"SUP901",         "command-empty", Severity::error, "a command= without a program"},
    .check_value = check_empty,
    .options = {"command"}
};

const LintRule command_unbalanced_quote = {
    .rule = {"SUP902",         "command-unbalanced-quote", Severity::error,
             "a command that cannot be split into words"},
    .check_value = check_quote,
    .options = {"command"}
};

const LintRule command_fully_quoted = {
    .rule = {"SUP903",         "command-fully-quoted", Severity::error, "quotes around the whole command"},
    .check_value = check_quoted,
    .options = {"command"}
};

const LintRule command_shell_builtin = {
    .rule = {"SUP905",         "command-shell-builtin", Severity::error, "a command that only a shell has"},
    .check_value = check_builtin,
    .options = {"command"}
};

const LintRule command_env_prefix = {
    .rule = {"SUP906",         "command-env-prefix", Severity::error, "NAME=value in front of the command"},
    .check_value = check_prefix,
    .options = {"command"}
};

const LintRule command_tilde = {
    .rule = {"SUP907",                       "command-tilde", Severity::error, "~ in command= or directory="},
    .check_value = check_tilde,
    .options = {"command", "directory"               }
};

const LintRule command_relative_to_directory = {
    .rule = {"SUP908",           "command-relative-to-directory", Severity::warning,
             "a relative path of a program"},
    .check_section = check_relative,
    .options = {"command"}
};

}  // namespace sup::lint
