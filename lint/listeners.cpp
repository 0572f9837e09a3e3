#include "lint/listeners.h"

#include <algorithm>
#include <array>
#include <string>

#include "schema/text.h"

namespace sup::lint {

namespace {

using enum schema::EventType;

// The listeners of superlance 2.0, from its sources; then others whose order of events matters.
constexpr std::array known_listeners = {
    KnownListener{"crashmail",                     PROCESS_STATE_EXITED, false, false, true,  false, false},
    KnownListener{"crashmailbatch",                PROCESS_STATE_EXITED, true,  true,  true,  false, true },
    KnownListener{"crashsms",                      PROCESS_STATE_EXITED, true,  true,  true,  false, false},
    KnownListener{"fatalmailbatch",                PROCESS_STATE_FATAL,  true,  true,  true,  false, false},
    KnownListener{"httpok",                        EVENT,                true,  false, true,  true,  false},
    KnownListener{"memmon",                        EVENT,                true,  false, true,  true,  false},
    KnownListener{"superslacker",                  EVENT,                false, false, false, false, true },
    KnownListener{"supervisord-dependent-startup", EVENT,                false, false, false, false, true },
    KnownListener{"ordered-startup-supervisord",   EVENT,                false, false, false, false, true }
};

// Those of suplance that do not mind whether there is a server.
constexpr std::array our_listeners = {
    KnownListener{"crashmail",      PROCESS_STATE_EXITED, false, false, false, false, false},
    KnownListener{"crashmailbatch", PROCESS_STATE_EXITED, true,  true,  false, false, true },
    KnownListener{"crashsms",       PROCESS_STATE_EXITED, true,  true,  false, false, false},
    KnownListener{"fatalmailbatch", PROCESS_STATE_FATAL,  true,  true,  false, false, false}
};

std::optional<bool> sets_variable(const Context& context, const ConfigSection& section,
                                  std::string_view name) {
  const ConfigEntry* entry = section.find("environment");
  if (entry == nullptr) return false;
  const auto variables = context.read<schema::Environment>(section, *entry);
  if (!variables) return std::nullopt;
  return std::any_of(variables->begin(), variables->end(),
                     [&](const auto& variable) { return variable.first == name; });
}

}  // namespace

std::optional<EventTypes> events_of(const Context& context, const ConfigSection& section) {
  if (!section.name || section.name->kind != SectionKind::eventlistener) return std::nullopt;
  return context.read<schema::EventList>(section, "events");
}

bool subscribes_to(const EventTypes& types, schema::EventType type) {
  return std::any_of(types.begin(), types.end(), [&](schema::EventType each) {
    return schema::event_is_a(type, each) || schema::event_is_a(each, type);
  });
}

int times_delivered(const EventTypes& types, schema::EventType type) {
  return static_cast<int>(std::count_if(types.begin(), types.end(), [&](schema::EventType each) {
    return schema::event_is_a(type, each);
  }));
}

const CommandLine* command_of(const Context& context, const ConfigSection& section) {
  const ConfigEntry* entry = section.find("command");
  return entry == nullptr ? nullptr : &context.command(section, *entry);
}

const KnownListener* known_listener(const CommandLine& command) {
  std::string name = command.program;
  const bool is_ours = name == "suplance" && command.argv.size() > 1;
  if (is_ours) name = command.argv[1].text;
  constexpr std::string_view package = "superlance.";
  if (name.starts_with(package)) name.erase(0, package.size());
  if (name.ends_with(".py")) name.resize(name.size() - 3);
  std::replace(name.begin(), name.end(), '_', '-');
  const auto named = [&](const KnownListener& row) { return row.name == name; };
  const auto* known = std::find_if(known_listeners.begin(), known_listeners.end(), named);
  if (known == known_listeners.end()) return nullptr;
  if (!is_ours || known->calls_server) return known;
  const auto* ours = std::find_if(our_listeners.begin(), our_listeners.end(), named);
  return ours == our_listeners.end() ? nullptr : ours;
}

bool is_installed(const CommandLine& command) {
  if (command.argv.empty()) return false;
  const std::string_view program = command.argv.front().text;
  return program.find('/') == std::string_view::npos ||
         program.find("bin/") != std::string_view::npos ||
         program.find("superlance") != std::string_view::npos;
}

bool runs_python(const CommandLine& command) {
  const std::string& name = command.interpreter.empty() ? command.program : command.interpreter;
  return is_version_of(name, "python") || is_version_of(name, "pypy");
}

InterpreterUse interpreter_use(const CommandLine& command) {
  const ScriptStep* step = command.script ? command.script->last() : nullptr;
  const std::vector<Word>& words = step != nullptr ? step->words : command.words;
  const std::string& name = command.interpreter.empty() ? command.program : command.interpreter;
  InterpreterUse use;
  if (name.empty()) return use;
  for (const Word& word : words) {
    if (use.word == nullptr) {
      if (base_name(word) == name) use.word = &word;
    } else if (word.text.starts_with('-')) {
      use.options.push_back(&word);
    } else {
      break;
    }
  }
  return use;
}

bool may_have_variable(const Context& context, const ConfigSection& section,
                       std::string_view name) {
  return context.daemon_may_set(name) || sets_variable(context, section, name).value_or(true);
}

bool is_unbuffered_python(const Context& context, const ConfigSection& section,
                          const CommandLine& command) {
  const InterpreterUse use = interpreter_use(command);
  const bool has_option =
      std::any_of(use.options.begin(), use.options.end(), [](const Word* option) {
        return !option->text.starts_with("--") && option->text.find('u') != std::string::npos &&
               option->text.find_first_of("cmWX") > option->text.find('u');
      });
  if (has_option) return true;
  constexpr std::string_view variable = "PYTHONUNBUFFERED";
  const auto names_it = [&](std::string_view text) {
    return text.find(variable) != std::string_view::npos;
  };
  if (std::any_of(command.words.begin(), command.words.end(),
                  [&](const Word& word) { return names_it(word.text); })) {
    return true;
  }
  return may_have_variable(context, section, variable);
}

}  // namespace sup::lint
