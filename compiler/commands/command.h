// The commands of supc, one file each: a function that declares the command's options and returns
// what to do when it is the one that was called.
#pragma once

#include <functional>
#include <string>

#include "compiler/command_line.h"
#include "compiler/compile.h"
#include "compiler/render_text.h"

namespace CLI {
class App;
}

namespace sup::compiler::commands {

// Exit statuses.
constexpr int clean = 0;
constexpr int found = 1;   // mistakes in the configuration, or differences
constexpr int failed = 2;  // wrong usage, or the world failed

// Returns the exit status.
using Action = std::function<int()>;

struct Command {
  CLI::App* parser = nullptr;  // owned by the App that it was added to
  Action run;
};

Command build(CLI::App& app);
Command diff(CLI::App& app);
Command dump(CLI::App& app);
Command explain(CLI::App& app);
Command fmt(CLI::App& app);
Command init(CLI::App& app);
Command migrate(CLI::App& app);
Command schema(CLI::App& app);

// What several of them need:

// "supc: message" on standard error; returns `failed`.
int fail(const std::string& message);

// The options about where configurations come from and what is known while compiling. `input` must
// outlive the parsing and the action.
void add_input_options(CLI::App& command, InputOptions& input);

// The name of what comes from standard input.
void add_stdin_filename(CLI::App& command, std::string& name);

// The options without the input itself, for commands that take several.
void add_context_options(CLI::App& command, InputOptions& input);

// Colour, if the stream is a terminal and NO_COLOR is not set.
TextStyle style(int descriptor);

// Compiles, prints what was found, and hands over the result if it can be used.
int with_compilation(const InputOptions& input, const std::function<int(const Compilation&)>& use);

// A configuration or a plan, with what it means as far as the given environment tells. Never freed:
// the program ends, and taking apart a large one costs more than its check.
struct LoadedPlan {
  const sup::schema::Plan* plan = nullptr;
  const sup::schema::Resolved* resolved = nullptr;
  const Compilation* compilation = nullptr;  // null: it was a plan
  EnvironmentMap environment;                // that was given

  // What is not to be shown of it.
  sup::schema::Secrets secrets() const;
};

// Which mistakes are told: for a comparison warnings are no news.
enum class Tell : std::uint8_t { everything, errors };

// Reads what `input` names and says on standard error what is wrong with it. Returns `clean` and
// fills `loaded`, or the exit status.
int load_plan(const InputOptions& input, Tell tell, LoadedPlan& loaded);

}  // namespace sup::compiler::commands
