// What supc, supcheck and suprun share of their command lines: where configurations come from and
// what is known while compiling.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "schema/result.h"

namespace sup::compiler {

struct InputOptions {
  std::string path;  // "-": standard input
  std::string stdin_filename = "/dev/stdin";
  std::string root;  // files are looked up below it
  std::string target{schema::target_name(schema::default_target)};
  std::vector<std::string> environment;  // NAME=VALUE
  std::string environment_file;
  bool environment_is_complete = false;
  std::string host_name;
  bool fragment = false;
  bool relocatable = false;
  bool ask_machine = false;
};

// Reads NAME=VALUE lines: blank lines and those with # are skipped, "export " is dropped, quotes
// around a value too.
schema::Status read_environment_text(std::string_view text, const std::string& name,
                                     std::map<std::string, std::string, std::less<>>& environment);

// Compiles what the options name. An Error is about usage or the world.
schema::Result<std::unique_ptr<Compilation>> compile_input(const InputOptions& input);

}  // namespace sup::compiler
