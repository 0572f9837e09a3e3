#include <algorithm>
#include <iostream>

#include <CLI/CLI.hpp>

#include "compiler/commands/command.h"
#include "compiler/emit.h"
#include "schema/options.h"

namespace sup::compiler::commands {
namespace {

struct SchemaOptions {
  std::string format = "json";
  std::string section;
};

int run(const SchemaOptions& options) {
  const schema::SectionRow* only = nullptr;
  std::string known;
  for (const schema::SectionRow& row : schema::section_rows()) {
    if (row.spelling == options.section) only = &row;
    known += (known.empty() ? "" : ", ") + std::string(row.spelling);
  }
  if (only == nullptr && !options.section.empty())
    return fail("there is no section " + options.section + "; known are " + known);
  std::cout << (options.format == "md" ? emit_schema_markdown(only) : emit_schema_json(only));
  return clean;
}

}  // namespace

Command schema(CLI::App& app) {
  auto options = std::make_shared<SchemaOptions>();
  CLI::App* command = app.add_subcommand("schema", "Print the table of all options");
  command->add_option("--format", options->format, "json, or md for a reference to read")
      ->check(CLI::IsMember({"json", "md"}))
      ->capture_default_str();
  command->add_option("--section", options->section, "Only this kind of section: program");
  return {command, [options] { return run(*options); }};
}

}  // namespace sup::compiler::commands
