// SUP314, SUP327, SUP517, SUP624: values that Supervisor reads and that cannot work. The compiler
// reports under these ids what is refused, these rules what is not.
#include <algorithm>
#include <string>

#include "compiler/compiler_rules.h"
#include "lint/lint.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

using compiler::compiler_rule;

bool is_quoted(std::string_view text) {
  return text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
         text.front() == text.back();
}

// What comes of the quotes; empty where it works, though nobody expects them there.
std::string_view consequence_of_quotes(std::string_view option) {
  if (option == "directory") return "there is no such folder, and the program cannot be started";
  if (option == "user" || option == "chown" || option == "socket_owner")
    return "no name has quotes, Supervisor refuses the configuration";
  return {};
}

void check_quotes(const Context& context, Diagnostics& out, const ConfigSection& section,
                  const ConfigEntry& entry) {
  if (!is_quoted(entry.value) || context.has_error_in(context.value_span(entry))) return;
  const std::string_view key = entry.option()->name;
  const bool is_secret = entry.option()->has(schema::OptionFlags::secret);
  const bool is_credential = is_secret || key == "username";
  const std::string_view comes = consequence_of_quotes(key);
  auto& diagnostic = out.report(
      compiler_rule("quoted-scalar"), comes.empty() ? Severity::warning : Severity::error,
      context.value_place(entry),
      section.display() + " " + std::string(key) + ": the quotes are part of " +
          (is_secret ? std::string("the value") : "the value " + in_backticks(entry.value)) + "; " +
          (comes.empty() ? "Supervisor knows no quotes here" : std::string(comes)));
  diagnostic.with_hint("remove the quotes");
  if (is_secret) diagnostic.hidden = context.value_span(entry);
  if (context.is_single_line(entry))
    diagnostic.fix("remove the quotes", context.value_span(entry),
                   std::string(entry.value.substr(1, entry.value.size() - 2)), !is_credential);
}

void check_user_value(const Context& context, Diagnostics& out, const ConfigSection& section,
                      const ConfigEntry& entry) {
  const auto user = context.read<schema::User>(section, entry);
  if (!user || context.machine() != nullptr || is_quoted(*user) ||
      user->find("{{") != std::string::npos || user->find("<%") != std::string::npos)
    return;
  const bool is_variable = user->starts_with('$');
  const bool has_blank = user->find_first_of(" \t\n,;") != std::string::npos;
  const std::size_t colon = user->find(':');
  const bool has_group = !has_blank && colon != std::string::npos;
  if (!is_variable && !has_blank && !has_group) return;
  auto& diagnostic = out.report(
      compiler_rule("malformed-user"), context.value_place(entry),
      section.display() + " user: " + in_backticks(*user) +
          (is_variable ? " is not replaced, as no shell reads it"
           : has_group ? " is not a user; no group can be given here, the user's are taken"
                       : " cannot be the name of a user") +
          "; Supervisor refuses the configuration");
  if (is_variable || !has_group) {
    diagnostic.with_hint(is_variable ? "write the name, or `%(ENV_NAME)s` for a variable"
                                     : "write one name");
    return;
  }
  const std::string name = user->substr(0, colon);
  diagnostic.with_hint(name.empty() ? "write a name" : "write `user=" + name + "`");
  if (!name.empty() && *user == entry.value && context.is_single_line(entry))
    diagnostic.fix("write `user=" + name + "`", context.value_span(entry), name, false);
}

void check_entry_point(const Context& context, Diagnostics& out, const ConfigSection& section,
                       const ConfigEntry& entry) {
  const auto text = context.read<schema::EntryPoint>(section, entry);
  if (!text || text->find(':') != std::string::npos) return;
  const bool is_handler = entry.option()->type == schema::ResultHandler::name;
  out.report(compiler_rule(is_handler ? "result-handler-unresolvable"
                                      : "rpcinterface-factory-unresolvable"),
             context.value_place(entry),
             section.display() + " " + std::string(entry.option()->name) + ": " +
                 in_backticks(*text) +
                 " is a module, which cannot be called; it must be module:attribute");
}

}  // namespace

const LintRule quoted_value = {
    .rule = {"SUP327",    "quoted-scalar", Severity::error, "quotes where they are part of the value"},
    .check_value = check_quotes,
    .options = {"directory", "process_name",  "username",      "password"                               }
};

const LintRule quoted_file = {
    .rule = {"SUP327", "quoted-scalar", Severity::error, "quotes where they are part of the value"},
    .check_value = check_quotes,
    .options = { "logfile", "pidfile", "stdout_logfile", "stderr_logfile",                                                                        "file", "user", "chown",
             "socket_owner"}
};

const LintRule impossible_user = {
    .rule = {"SUP314", "malformed-user", Severity::error, "a value that cannot be a user"},
    .check_value = check_user_value,
    .type = schema::User::name
};

const LintRule factory_without_attribute = {
    .rule = {"SUP517", "rpcinterface-factory-unresolvable", Severity::error,
             "a value that is not module:attribute"},
    .check_value = check_entry_point,
    .type = schema::EntryPoint::name
};

const LintRule handler_without_attribute = {
    .rule = {"SUP624", "result-handler-unresolvable", Severity::error,
             "a judge of answers that is not module:attribute"},
    .check_value = check_entry_point,
    .type = schema::ResultHandler::name
};

}  // namespace sup::lint
