// What supc, supcheck and suprun share of their command lines: where configurations come from and
// what is known while compiling.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/compile.h"
#include "schema/result.h"

namespace sup::compiler {

// Whether what is written to this descriptor is to be coloured: on a terminal, unless NO_COLOR is
// set; FORCE_COLOR or CLICOLOR_FORCE ask for it elsewhere, too.
bool wants_color(int descriptor);

using EnvironmentMap = std::map<std::string, std::string, std::less<>>;

struct InputOptions {
  std::string path;  // "-": standard input; "git:REV:path": a revision of a repository
  std::string stdin_filename = "<stdin>";
  std::string root;  // files are looked up below it
  std::string target{schema::target_name(schema::default_target)};
  std::string dialect;                   // empty: today's; otherwise read as migration makes it
  std::vector<std::string> environment;  // NAME=VALUE or NAME, see read_environment
  std::vector<std::string> environment_files;  // of such lines
  EnvironmentMap inherited;                    // counts where nothing is given; for --bake-env
  bool environment_is_complete = false;
  std::string host_name;
  std::string templates = "auto";  // name of a TemplateKind
  bool fragment = false;
  bool relocatable = false;
  bool ask_machine = false;
  bool only_plan = false;  // see CompileOptions
};

// Adds NAME=VALUE lines: blank lines and those with # are skipped, "export " is dropped, quotes
// around a value too. A line with a name alone takes the value that it has here, as docker does.
schema::Status read_environment_text(std::string_view text, const std::string& name,
                                     EnvironmentMap& environment);

// The variables that --env-file and --env give: files first, in order, then single ones. A name
// without = takes the value that it has in the environment of this process, if it has one.
schema::Result<EnvironmentMap> read_environment(const std::vector<std::string>& files,
                                                const std::vector<std::string>& variables);

// The variables that are known while compiling; of --env, one that is named must be set.
schema::Result<EnvironmentMap> read_environment(const InputOptions& input);

// A place that configurations and plans are read from.
struct OpenedInput {
  std::unique_ptr<FileSystem> files;
  std::string path;
  bool is_git = false;
};

schema::Result<OpenedInput> open_input(const InputOptions& input);

// The input as a plan; nothing if it is a configuration.
schema::Result<std::optional<schema::Plan>> read_plan_input(const OpenedInput& input);

// Compiles what the options name. An Error is about usage or the world.
schema::Result<std::unique_ptr<Compilation>> compile_input(const InputOptions& input);
schema::Result<std::unique_ptr<Compilation>> compile_input(const InputOptions& input,
                                                           const OpenedInput& opened,
                                                           const EnvironmentMap& environment);

// What a plan means with this environment, as far as that is known.
schema::InstantiateResult bind_plan(const schema::Plan& plan, const InputOptions& input,
                                    const EnvironmentMap& environment);

}  // namespace sup::compiler
