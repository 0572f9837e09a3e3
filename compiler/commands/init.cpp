#include <iostream>

#include <CLI/CLI.hpp>

#include "compiler/commands/command.h"
#include "compiler/emit.h"
#include "schema/write_file.h"

namespace sup::compiler::commands {
namespace {

struct InitOptions {
  std::string path = "supervisord.conf";
  bool print = false;
};

int run(const InitOptions& options) {
  const std::string text = emit_first_configuration();
  if (options.print || options.path == "-") {
    std::cout << text;
    return clean;
  }
  const auto status = schema::write_file(text, options.path, schema::Existing::refused);
  return status ? clean : fail(status.error().message);
}

}  // namespace

Command init(CLI::App& app) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* command = app.add_subcommand("init", "Write a first configuration, with comments");
  command->add_option("file", options->path, "The file, which must not be there yet")
      ->capture_default_str();
  command->add_flag("--print", options->print, "Print it instead");
  return {command, [options] { return run(*options); }};
}

}  // namespace sup::compiler::commands
