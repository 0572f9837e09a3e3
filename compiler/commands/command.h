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
Command dump(CLI::App& app);
Command schema(CLI::App& app);

// What several of them need:

// "supc: message" on standard error; returns `failed`.
int fail(const std::string& message);

// The options about where configurations come from and what is known while compiling. `input` must
// outlive the parsing and the action.
void add_input_options(CLI::App& command, InputOptions& input);

// Colour for standard error, if it is a terminal that wants it.
TextStyle style();

// Compiles, prints what was found, and hands over the result if it can be used.
int with_compilation(const InputOptions& input, const std::function<int(const Compilation&)>& use);

// Whether the input is a plan; standard input is a configuration.
bool is_plan(const InputOptions& input);

}  // namespace sup::compiler::commands
