// Event listeners: what they subscribe to, and which of the well-known ones a command starts.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "lint/commands.h"
#include "lint/context.h"
#include "schema/events.h"

namespace sup::lint {

using EventTypes = std::vector<schema::EventType>;

// The events of a listener; nothing for other sections, and when they are not known.
std::optional<EventTypes> events_of(const Context& context, const ConfigSection& section);

// Whether events of this type, or of one of its descendants, are among `types`.
bool subscribes_to(const EventTypes& types, schema::EventType type);

// How often an event of this concrete type is delivered: once for each type that contains it.
int times_delivered(const EventTypes& types, schema::EventType type);

// The command of a section; null when there is none.
const CommandLine* command_of(const Context& context, const ConfigSection& section);

// A listener of the superlance package, or one of other well-known packages.
struct KnownListener {
  std::string_view name;
  // The process event without which it has nothing to do; EVENT: none.
  schema::EventType event = schema::EventType::EVENT;
  bool needs_tick = false;
  bool is_exact = false;      // of the ticks it minds only the one that -e names
  bool needs_server = false;  // ends at once without SUPERVISOR_SERVER_URL
  bool calls_server = false;  // uses the RPC interface
  bool is_ordered = false;    // the order of events matters to it
};

// The well-known listener that a command starts, as a program, a script or a Python module; null
// if it is none.
const KnownListener* known_listener(const CommandLine& command);

// Whether the program is where packages put it, a folder called bin or a module of Python: another
// script may have the name of a well-known one.
bool is_installed(const CommandLine& command);

// Whether the command runs Python.
bool runs_python(const CommandLine& command);

// The word that names the interpreter, and the options behind it; null when there is none.
struct InterpreterUse {
  const Word* word = nullptr;
  std::vector<const Word*> options;
};

InterpreterUse interpreter_use(const CommandLine& command);

// Whether Python is told not to buffer its output: by -u, or by PYTHONUNBUFFERED in the section's
// environment=, the daemon's, or the command. True also when that is not known.
bool is_unbuffered_python(const Context& context, const ConfigSection& section,
                          const CommandLine& command);

// Whether environment= of the section, or of [supervisord], sets the variable; true also when one
// of them is not known.
bool may_have_variable(const Context& context, const ConfigSection& section, std::string_view name);

}  // namespace sup::lint
