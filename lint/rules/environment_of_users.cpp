// SUP915, SUP916, SUP920, SUP1110: users, search paths and secrets of commands.
#include <algorithm>
#include <array>
#include <string>

#include "lint/environments.h"
#include "lint/lint.h"
#include "schema/redact.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

bool sets(const Context& context, const ConfigSection* section, std::string_view name) {
  const ConfigEntry* entry = section == nullptr ? nullptr : section->find("environment");
  if (entry == nullptr) return false;
  const auto& pairs = context.environment_pairs(*section, *entry);
  if (!pairs) return true;  // not known
  return std::any_of(pairs->begin(), pairs->end(),
                     [&](const EnvironmentPair& pair) { return pair.name == name; });
}

// Something that a template's processor fills in later.
bool is_placeholder(std::string_view text) {
  return text.find("{{") != std::string_view::npos || text.find("<%") != std::string_view::npos ||
         text.find("${") != std::string_view::npos;
}

// Programs that keep files in the home folder.
bool needs_home(const CommandLine& command) {
  constexpr std::array<std::string_view, 16> programs = {
      "npm",    "npx",    "yarn", "pnpm",  "git",     "pip",      "pip3",        "composer",
      "bundle", "consul", "gogs", "gitea", "jupyter", "chromium", "jupyter-lab", "google-chrome"};
  const auto is_one = [&](std::string_view name) {
    return std::find(programs.begin(), programs.end(), name) != programs.end();
  };
  return is_one(command.program) || command.wrapper("bundle") != nullptr;
}

// The user that a program runs as without its home; nothing when HOME is set or not another's.
std::optional<std::string> user_without_home(const Context& context, const ConfigSection& section,
                                             const ConfigEntry& entry) {
  const ConfigSection* daemon = context.daemon();
  auto user = context.read<schema::User>(section, entry);
  if (!user || *user == "root" || *user == "0" || is_placeholder(*user) ||
      user->find_first_of("$ \n:\"'") != std::string::npos)  // SUP314 and SUP327 speak of it
    return std::nullopt;
  if (daemon != nullptr && daemon->find("user") != nullptr &&
      context.read<schema::User>(*daemon, "user").value_or(*user) == *user)
    return std::nullopt;
  if (sets(context, &section, "HOME") || sets(context, daemon, "HOME")) return std::nullopt;
  const schema::Facts* machine = context.machine();
  if (machine != nullptr && machine->user && !machine->user(*user)) return std::nullopt;  // told
  return user;
}

void report_home(const Context& context, Diagnostics& out, const ConfigSection& section,
                 const std::string& user, Severity severity, std::size_t more) {
  const ConfigEntry& entry = *section.find("user");
  const schema::Facts* machine = context.machine();
  // Users of services have their homes elsewhere; only the machine knows.
  const bool is_known = machine != nullptr && machine->user;
  const std::string home = is_known ? machine->user(user)->home : "/home/" + user;
  const std::string variables = "HOME=\"" + home + "\",USER=\"" + user + "\"";
  auto& diagnostic =
      out.report(home_not_set_for_user.rule, severity, context.value_place(entry),
                 section.display() +
                     (more == 0 ? " runs as " + in_backticks(user)
                                : " and " + std::to_string(more) + " more run as another user") +
                     ", but HOME, USER and LOGNAME stay those of whoever started the daemon");
  diagnostic.with_hint(is_known ? "write `environment=" + variables + "`"
                                : "set HOME and USER in `environment` where they are read");
  if (section.find("environment") == nullptr)
    add_line_before(context, diagnostic, entry, "environment=" + variables, false);
}

// What may not matter is a habit of the whole configuration and said once.
void check_home(const Context& context, Diagnostics& out) {
  const ConfigSection* first = nullptr;
  std::string first_user;
  std::size_t count = 0;
  for (const ConfigSection& section : context.sections()) {
    const ConfigEntry* entry = section.is_process() ? section.find("user") : nullptr;
    if (entry == nullptr || entry->from_default) continue;
    auto user = user_without_home(context, section, *entry);
    if (!user) continue;
    const ConfigEntry* command = section.find("command");
    if (command != nullptr && needs_home(context.command(section, *command))) {
      report_home(context, out, section, *user, Severity::warning, 0);
      continue;
    }
    if (++count > 1) continue;
    first = &section;
    first_user = *std::move(user);
  }
  if (first != nullptr) report_home(context, out, *first, first_user, Severity::info, count - 1);
}

bool has_system_path(std::string_view path) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string_view folder = schema::strip(path.substr(begin, end - begin));
    if (folder == "/bin" || folder == "/usr/bin" || folder == "/bin/" || folder == "/usr/bin/")
      return true;
    begin = end + 1;
  }
  return false;
}

void check_path(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry& entry = *section.find("environment");
  if (entry.from_default || entry.value.find("PATH") == std::string_view::npos) return;
  const auto& pairs = context.environment_pairs(section, entry);
  if (!pairs) return;
  for (const EnvironmentPair& pair : *pairs) {
    if (pair.name != "PATH" || pair.is_cut() || pair.value.find('$') != std::string_view::npos ||
        pair.value.find("ENV_") != std::string_view::npos || is_placeholder(pair.value))
      continue;
    std::string_view path = pair.value;
    if (pair.is_quoted()) path = path.substr(1, path.size() - 2);
    if (has_system_path(path)) continue;
    const ConfigEntry* command_entry = section.find("command");
    const bool is_absolute = command_entry != nullptr && command_entry->value.starts_with('/');
    auto& diagnostic = out.report(
        path_override_drops_system.rule, is_absolute ? Severity::info : Severity::warning,
        context.value_part(entry, pair.value_begin, pair.value.size()),
        "`PATH` of " + section.display() + " has neither /bin nor /usr/bin; " +
            (is_absolute ? "what the program starts by name is not found there"
                         : "programs, and the command itself, are looked for in it alone"));
    diagnostic.with_hint("append `:%(ENV_PATH)s`");
    if (context.options().environment_is_complete &&
        !context.options().environment.contains("PATH"))
      continue;
    const std::size_t end = pair.value_begin + pair.value.size() - (pair.is_quoted() ? 1 : 0);
    const Span whole = context.value_part(entry, pair.value_begin, pair.value.size());
    if (context.source_text(whole) != pair.value || path.empty()) continue;
    const auto at = whole.begin + static_cast<std::uint32_t>(end - pair.value_begin);
    if (pair.is_quoted())
      diagnostic.fix("append `:%(ENV_PATH)s`", {whole.source, at, at}, ":%(ENV_PATH)s", true);
    else
      diagnostic.fix("append `:%(ENV_PATH)s`", whole, "\"" + std::string(path) + ":%(ENV_PATH)s\"",
                     true);
  }
}

// The user that a wrapper changes to; empty when it is not plain.
std::string user_of(const WrapperUse& use) {
  const auto& own = use.own;
  if (use.name == "gosu" || use.name == "su-exec" || use.name == "setuidgid")
    return own.empty() ? std::string{} : own.back();
  for (std::size_t i = 0; i + 1 < own.size(); ++i)
    if (own[i] == "-u" || own[i] == "--user") return own[i + 1];
  return {};
}

void check_privilege(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry& entry = *section.find("command");
  if (entry.from_default) return;
  const CommandLine& command = context.command(section, entry);
  if (command.words.empty()) return;
  constexpr std::array<std::string_view, 6> names = {"sudo",    "su",      "gosu",
                                                     "su-exec", "runuser", "setuidgid"};
  const auto use =
      std::find_if(command.wrappers.begin(), command.wrappers.end(), [&](const WrapperUse& each) {
        return std::find(names.begin(), names.end(), each.name) != names.end();
      });
  if (use == command.wrappers.end()) return;
  const bool stays = use->name == "sudo" || use->name == "su" || use->name == "runuser";
  auto& diagnostic = out.report(
      privilege_wrapper.rule, context.place_of(entry, use->word),
      in_backticks(use->name) + (stays ? " stays between Supervisor and " + section.display() +
                                             ", and gets the signals in its place"
                                       : " changes the user of " + section.display() +
                                             ", which Supervisor can do itself"));
  const std::string user = user_of(*use);
  diagnostic.with_hint(user.empty() ? "write `user=`" : "write `user=" + user + "`");
  const bool is_first = use->word.begin == 0 && use == command.wrappers.begin();
  if (!is_first || user.empty() || use->own.size() != (stays ? 2U : 1U) || command.script ||
      section.find("user") != nullptr || !context.is_single_line(entry) ||
      command.words.size() < use->own.size() + 2)
    return;
  const std::string rest(entry.value.substr(command.words[use->own.size() + 1].begin));
  add_line_before(context, diagnostic, entry, "user=" + user, false);
  diagnostic.fixes.back().title = "write `user=` instead";
  diagnostic.fixes.back().edits.push_back({context.value_span(entry), rest});
}

void check_secret(const Context& context, Diagnostics& out, const ConfigSection& section,
                  const ConfigEntry& entry) {
  const CommandLine& command = context.command(section, entry);
  const auto tell = [&](const std::string& option) {
    out.report(secret_on_command_line.rule, context.key_span(entry),
               "every user of the machine can read what " + section.display() + " gets by " +
                   in_backticks(option) + " in the process list")
        .with_hint("hand it over by `environment` or a file");
  };
  for (std::size_t i = 1; i < command.argv.size(); ++i) {
    const Word& word = command.argv[i];
    if (!word.text.starts_with("--") || word.is_open) continue;
    const std::size_t equals = word.text.find('=');
    const std::string_view name = std::string_view(word.text).substr(2, equals - 2);
    const bool has_value = equals != std::string::npos
                               ? equals + 1 < word.text.size()
                               : i + 1 < command.argv.size() && !command.argv[i + 1].is_open &&
                                     !command.argv[i + 1].text.starts_with('-');
    if (!has_value) continue;
    const std::string& value = equals != std::string::npos ? word.text : command.argv[i + 1].text;
    const std::size_t begin = equals != std::string::npos ? equals + 1 : 0;
    if (!schema::hides_argument(name, std::string_view(value).substr(begin))) continue;
    tell("--" + std::string(name));
    return;
  }
}

}  // namespace

const LintRule home_not_set_for_user = {
    .rule = {"SUP915", "home-not-set-for-user", Severity::info,
             "a program with a user, but not with its home folder"},
    .check = check_home,
    .looks_at_whole = true
};

const LintRule path_override_drops_system = {
    .rule = {"SUP916",           "path-override-drops-system", Severity::warning,
             "a PATH without the folders of the system"},
    .check_section = check_path,
    .options = {"environment"}
};

const LintRule privilege_wrapper = {
    .rule = {"SUP920",        "privilege-wrapper", Severity::info,
             "a program that changes the user of another"},
    .check_section = check_privilege,
    .options = {"command"}
};

const LintRule secret_on_command_line = {
    .rule = {"SUP1110",       "secret-on-command-line", Severity::info,
             "a password or token in a command"},
    .is_optional = true, // it is often the only way that a program has
    .check_value = check_secret,
    .options = {"command"}
};

}  // namespace sup::lint
