// SUP817, SUP818: options that do not go with what the command does.
#include <algorithm>
#include <array>
#include <string>

#include "lint/lint.h"
#include "lint/workers.h"

namespace sup::lint {

namespace {

void check_finishing(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry& entry = *section.find("command");
  if (entry.from_default) return;
  const CommandLine& command = context.command(section, entry);
  if (command.argv.empty()) return;
  const Word* option = finishing_option(command);
  if (option == nullptr) return;
  const ConfigEntry* autorestart = section.find("autorestart");
  if (autorestart != nullptr && context.read<schema::AutoRestart>(section, *autorestart) !=
                                    schema::AutoRestartValue::unexpected)
    return;
  // 0 may be an unexpected status here.
  if (section.find("exitcodes") != nullptr) {
    const auto codes = context.read<schema::ExitCodes>(section, "exitcodes");
    if (!codes || std::find(codes->begin(), codes->end(), 0) == codes->end()) return;
  }
  auto& diagnostic =
      out.report(finishing_worker_not_restarted.rule, context.place_of(entry, *option),
                 in_backticks(option->text.substr(0, option->text.find('='))) +
                     " lets the worker end with status 0, which is expected, and " +
                     section.display() + " stays down");
  diagnostic.with_hint("write `autorestart=true`");
  if (autorestart == nullptr) {
    add_line_before(context, diagnostic, entry, "autorestart=true", true);
  } else if (!autorestart->from_default && context.is_single_line(*autorestart)) {
    diagnostic.fix("write `autorestart=true`", context.value_span(*autorestart), "true", true);
  }
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Whether it listens where an option of the command says.
bool is_server(const CommandLine& command) {
  constexpr std::array<std::string_view, 16> servers = {
      "uvicorn",        "gunicorn", "hypercorn", "daphne",      "puma",  "thin",
      "waitress-serve", "unicorn",  "rainbows",  "http-server", "serve", "http.server",
      "twistd",         "pserve",   "flask",     "granian"};
  if (std::find(servers.begin(), servers.end(), command.program) != servers.end()) return true;
  return command.has({"runserver", "runserver_plus", "--workers", "-b", "--bind", "--listen"}) ||
         (command.program == "artisan" && command.subcommand() == "serve");
}

// The word that names a fixed port, or null.
const Word* fixed_port(const CommandLine& command) {
  if (!is_server(command) || command.has({"--reuse-port", "--reuse_port", "--fd"})) return nullptr;
  constexpr std::array<std::string_view, 6> options = {"--port", "-p",       "--bind",
                                                       "-b",     "--listen", "--http"};
  const bool takes_address = command.has({"runserver", "runserver_plus"});
  for (std::size_t i = 1; i < command.argv.size(); ++i) {
    const Word& word = command.argv[i];
    std::string_view value;
    const auto option = std::find_if(options.begin(), options.end(), [&](std::string_view each) {
      return word.text == each ||
             (each.size() > 2 && word.text.starts_with(each) && word.text[each.size()] == '=');
    });
    if (option != options.end()) {
      const bool is_joined = word.text.size() > option->size();
      if (!is_joined && i + 1 == command.argv.size()) return nullptr;
      value = is_joined ? std::string_view(word.text).substr(option->size() + 1)
                        : std::string_view(command.argv[i + 1].text);
    } else if (takes_address && i > 1 && command.argv[i - 1].text.starts_with("runserver")) {
      value = word.text;
    } else {
      continue;
    }
    if (value.starts_with("unix:") || value.starts_with('/')) return nullptr;
    const std::string_view port = value.substr(value.rfind(':') + 1);
    if (is_digits(port) && port != "0")
      return option != options.end() && word.text.size() == option->size() ? &command.argv[i + 1]
                                                                           : &word;
  }
  return nullptr;
}

void check_worker_port(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry& entry = *section.find("numprocs");
  const ConfigEntry* command_entry = section.find("command");
  const auto count = context.read<schema::Integer>(section, entry);
  if (command_entry == nullptr || command_entry->from_default || !count || *count < 2) return;
  for (const OptionName key : OptionNames{"command", "environment"}) {
    const ConfigEntry* each = section.find(key);
    if (each != nullptr && each->value.find("process_num") != std::string_view::npos) return;
  }
  const CommandLine& command = context.command(section, *command_entry);
  if (command.argv.empty()) return;
  const Word* word = fixed_port(command);
  if (word == nullptr || word->is_open) return;
  const Span place = context.place_of(*command_entry, *word);
  auto& diagnostic =
      out.report(numprocs_with_fixed_port.rule, place,
                 "all " + std::to_string(*count) + " processes of " + section.display() +
                     " are to listen on one port, which only the first of them can");
  diagnostic.label(context.value_place(entry), "as many processes");
  const std::string_view text = context.source_text(place);
  if (text != word->text || text.size() < 3 || !is_digits(text.substr(text.size() - 2))) return;
  const std::string varied = std::string(text.substr(0, text.size() - 2)) + "%(process_num)02d";
  diagnostic.with_hint("write " + in_backticks(varied));
  diagnostic.fix("write " + in_backticks(varied), place, varied, false);
}

}  // namespace

const LintRule finishing_worker_not_restarted = {
    .rule = {"SUP817",           "finishing-worker-not-restarted", Severity::warning,
             "a worker that ends by itself and stays down"},
    .check_section = check_finishing,
    .options = {"command"}
};

const LintRule numprocs_with_fixed_port = {
    .rule = {"SUP818",           "numprocs-with-fixed-port", Severity::warning,
             "several processes that listen on one port"},
    .check_section = check_worker_port,
    .options = {"numprocs"}
};

}  // namespace sup::lint
