// suprun: runs the processes of a plan (plan.bin) or of a configuration, with supervisord's own
// options. It joins the three parts: the compiler or the plan reader says what is wanted, the core
// decides, the host does.

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/compile.h"
#include "compiler/machine.h"
#include "compiler/render_text.h"
#include "runtime/command_line.h"
#include "runtime/control.h"
#include "runtime/host/command.h"
#include "runtime/host/daemon.h"
#include "runtime/host/environment.h"
#include "runtime/host/keeper.h"
#include "schema/dialects.h"
#include "schema/grantee.h"
#include "schema/instantiate.h"
#include "schema/option_names.h"
#include "schema/plan_io.h"

namespace {

using namespace sup;

constexpr int exit_usage = 2;

using Loaded = schema::Result<host::Configuration>;

// What `ask` says of the last paths, without asking again: many programs have their logs in one
// folder and their command in one file, and nothing is to be gained from a thousand looks at it
// while one configuration is read. Two threads may ask.
template <class Answer>
std::function<Answer(const std::string&)> remembered(
    std::function<Answer(const std::string&)> ask) {
  struct Memory {
    std::mutex mutex{};
    std::unordered_map<std::string, Answer> answers{};
  };

  return [ask = std::move(ask), memory = std::make_shared<Memory>()](const std::string& path) {
    const std::scoped_lock lock(memory->mutex);
    const auto known = memory->answers.find(path);
    return known != memory->answers.end() ? known->second
                                          : memory->answers.emplace(path, ask(path)).first->second;
  };
}

// Of this machine, for as long as one configuration is read.
schema::Facts facts_for_reading() {
  schema::Facts facts = compiler::machine_facts();
  facts.directory_exists = remembered<bool>(std::move(facts.directory_exists));
  return facts;
}

// What will not start on this machine, and whom control= names in vain, with its place: Supervisor
// says the first late and without one.
void warn_of_programs(const schema::Plan& plan, schema::Resolved& resolved,
                      const schema::Facts& machine) {
  constexpr std::size_t told = 50;
  const std::vector<std::string> own = host::own_environment();
  std::size_t count = 0;
  std::size_t last = plan.sections.size();  // one process of a program is enough
  const auto look = remembered<host::FileState>(host::look_at_file);
  for (const schema::Group& group : resolved.groups) {
    for (const schema::Process& process : group.processes) {
      if (process.section == std::exchange(last, process.section) || count >= told) {
        continue;
      }
      const auto warn = [&](std::string_view name, const std::string& why) {
        const schema::Section& section = plan.sections[process.section];
        const schema::OptionRow* row = schema::find_option(schema::block::process, name);
        const schema::Setting* setting = section.find(row->id);
        const schema::Origin origin = setting != nullptr ? setting->origin : section.origin;
        resolved.warnings.push_back(plan.place(origin) + ": [" + std::string(section.full_name) +
                                    "] " + std::string(name) + ": " + why);
        ++count;
      };
      const std::string line = process.options.command.value_or("");
      // One with a slash is not looked for.
      const bool is_searched =
          std::string_view(line).substr(0, line.find_first_of(" \t\r\n")).find('/') ==
          std::string_view::npos;
      const std::string path =
          is_searched ? std::string(host::ChildEnvironment(own, process, {}).search_path()) : "";
      const auto command =
          host::find_command(line, path, process.options.directory.value_or(""), look);
      if (!command) {
        warn("command", command.error().message);
      }
      if (process.options.directory && !machine.directory_exists(*process.options.directory)) {
        warn("directory", "the folder `" + *process.options.directory + "` does not exist");
      }
      for (const std::string& entry : process.options.control) {
        const schema::Grantee grantee = schema::read_grantee(entry);
        const auto& exists = grantee.is_group ? machine.group_exists : machine.user_exists;
        const bool is_own_user = process.options.user && entry == "user";
        if (!is_own_user && exists && !exists(grantee.name)) {
          warn("control", "`" + entry + "` " + schema::absence(grantee));
        }
      }
    }
  }
}

// Puts the command line's settings over those of the file.
Loaded finish(schema::Resolved&& resolved, const CommandLine& line, std::vector<std::string> files,
              std::vector<std::string> first_lines) {
  const schema::Status applied = apply_command_line(line, resolved.supervisord);
  if (!applied) {
    return applied.error();
  }
  if (!line.profile_options.empty()) {
    resolved.warnings.emplace_back(
        "--profile_options is ignored: there is no Python to be profiled");
  }
  return host::Configuration{
      .resolved = std::make_shared<const schema::Resolved>(std::move(resolved)),
      .first_lines = std::move(first_lines),
      .files = std::move(files)};
}

using Numbers = std::map<std::string, std::int64_t>;

// Gives programs another numprocs than they were written with.
schema::Status set_numprocs(schema::Plan& plan, const Numbers& numprocs) {
  for (const auto& [program, count] : numprocs) {
    const std::string& name = program;  // clang 14 has no captures of structured bindings
    constexpr schema::OptionName option_name("numprocs");
    const auto section = std::ranges::find_if(plan.sections, [&](const schema::Section& each) {
      return schema::option_id(each.kind, option_name) != schema::no_option && each.name() == name;
    });
    if (section == plan.sections.end()) {
      return schema::Error{.message = "there is no program " + program};
    }
    const schema::OptionId option = schema::option_id(section->kind, option_name);
    const std::string_view text = plan.texts->keep(std::to_string(count));
    const auto setting = std::ranges::find(section->settings, option, &schema::Setting::option);
    if (setting != section->settings.end()) {
      setting->text = text;
    } else {
      section->settings.push_back({.option = option, .origin = section->origin, .text = text});
    }
  }
  return schema::Nothing{};
}

// An error has a line for each mistake.
schema::Result<schema::Resolved> bind(const schema::Plan& plan, const schema::Facts& facts) {
  schema::InstantiateResult bound = schema::instantiate(plan, facts);
  if (!bound.faults.empty()) {
    std::string text;
    for (const schema::Fault& fault : bound.faults) {
      text += (text.empty() ? "" : "\n") + schema::describe_fault(plan, fault);
    }
    return schema::Error{.message = std::move(text)};
  }
  warn_of_programs(plan, bound.resolved, facts);
  return std::move(bound.resolved);
}

Loaded load_plan(const CommandLine& line, const Numbers& numprocs) {
  schema::Result<schema::Plan> plan = schema::read_plan_file(line.file);
  if (!plan) {
    return plan.error();
  }
  const schema::Status scaled = set_numprocs(*plan, numprocs);
  if (!scaled) {
    return scaled.error();
  }
  schema::Result<schema::Resolved> resolved = bind(*plan, facts_for_reading());
  if (!resolved) {
    return resolved.error();
  }
  resolved->plan_hash = schema::plan_hash(*plan);
  const std::string first_line = "plan " + resolved->plan_hash;
  return finish(std::move(*resolved), line, plan->files, {first_line});
}

Loaded load_configuration(const CommandLine& line, const Numbers& numprocs, bool color) {
  const schema::Facts facts = facts_for_reading();
  compiler::CompileOptions options;
  options.environment = compiler::process_environment();
  options.environment_is_complete = true;
  options.host_name = facts.host_name;
  options.machine = &facts;
  const compiler::RealFileSystem files;
  const std::unique_ptr<compiler::Compilation> compilation =
      compiler::compile(line.file, files, options);
  if (compilation->failure) {
    return schema::Error{.message = *compilation->failure};
  }
  std::string text;
  for (const compiler::Diagnostic& diagnostic : compilation->diagnostics.all()) {
    if (diagnostic.severity == compiler::Severity::error) {
      text += compiler::render_text(diagnostic, compilation->sources, {.color = color});
    }
  }
  if (!text.empty()) {
    text.erase(text.find_last_not_of('\n') + 1);
    return schema::Error{.message = std::move(text)};
  }
  // What Supervisor keeps to itself, as folders and unreadable files among the includes.
  for (const compiler::Diagnostic& diagnostic : compilation->diagnostics.all()) {
    if (diagnostic.rule->name == "include-matches-nothing" ||
        diagnostic.rule->name == "python-extension") {
      continue;  // the first it says, and of the second the running daemon speaks itself
    }
    const compiler::Position place =
        compilation->sources.position(diagnostic.span.source, diagnostic.span.begin);
    compilation->resolved.warnings.push_back(compilation->sources[diagnostic.span.source].path +
                                             ":" + std::to_string(place.line) + ": " +
                                             diagnostic.message);
  }
  if (!numprocs.empty()) {
    const schema::Status scaled = set_numprocs(compilation->plan, numprocs);
    if (!scaled) {
      return scaled.error();
    }
    schema::Result<schema::Resolved> resolved = bind(compilation->plan, facts);
    if (!resolved) {
      return resolved.error();
    }
    resolved->plan_hash = schema::plan_hash(compilation->plan);
    return finish(std::move(*resolved), line, compilation->plan.files, {});
  }
  compilation->resolved.plan_hash = schema::plan_hash(compilation->plan);
  warn_of_programs(compilation->plan, compilation->resolved, facts);
  return finish(std::move(compilation->resolved), line, compilation->plan.files, {});
}

bool begins_like_plan(const std::string& path) {
  std::string start(16, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(file.gcount()));
  return schema::looks_like_plan(start);
}

Loaded load(const CommandLine& line, const Numbers& numprocs, bool color) {
  return line.is_plan || begins_like_plan(line.file) ? load_plan(line, numprocs)
                                                     : load_configuration(line, numprocs, color);
}

int refuse(const schema::Error& error) {
  std::cerr << error.message << '\n';
  return exit_usage;
}

int refuse_usage(const std::string& message) {
  std::cerr << "Error: " << message << "\nFor help, use suprun -h\n";
  return exit_usage;
}

// What an argument that is none of ours was to another daemon; words only where no file is so
// named.
std::optional<std::string> former_argument(int count, char** arguments) {
  for (int i = 1; i < count; ++i) {
    const schema::DialectFlag* flag = schema::find_flag(arguments[i]);
    if (flag == nullptr) {
      continue;
    }
    std::error_code ignored;
    if (!flag->spelling.starts_with('-') &&
        (i != 1 || std::filesystem::exists(arguments[i], ignored))) {
      continue;
    }
    return "`" + std::string(flag->spelling) + "` is an argument of " +
           std::string(schema::dialect_row(flag->dialect).product) + " (" +
           std::string(flag->meaning) + "); " + std::string(flag->advice);
  }
  return std::nullopt;
}

host::DaemonOptions daemon_options(const CommandLine& line, int count, char** arguments) {
  host::DaemonOptions options;
  options.load = [line](const core::PlanSource& source) {
    CommandLine other = line;
    if (!source.file.empty()) {
      other.file = source.file;
      other.is_plan = false;
    }
    return load(other, source.numprocs, false);
  };
  options.compat = line.compat;
  options.exit_rule = line.exit_rule;
  options.make_servers = [insecure = line.insecure_http](core::Supervisor& supervisor,
                                                         core::Machine& machine) {
    return make_control_servers(supervisor, machine, {.insecure_http = insecure});
  };
  options.keeper = line.keeper;
  options.keeper_seconds = line.keeper_seconds;
  options.arguments.assign(arguments, arguments + count);
  return options;
}

// What an image of this program before this one added to the arguments.
struct Takeover {
  bool check = false;  // only asks
  int descriptor = -1;
};

std::optional<Takeover> read_takeover(int count, char** arguments) {
  if (count < 3) {
    return std::nullopt;
  }
  const std::string_view mode = arguments[count - 2];
  if (mode != host::resume_argument && mode != host::check_argument) {
    return std::nullopt;
  }
  return Takeover{.check = mode == host::check_argument,
                  .descriptor = static_cast<int>(std::strtol(arguments[count - 1], nullptr, 10))};
}

// Whoever looks for the daemon by its command line finds it as it was started.
void clear_takeover(char* const* added) {
  for (const std::size_t i : {0U, 1U}) {
    std::memset(added[i], 0, std::strlen(added[i]));
  }
}

int run(int count, char** arguments) {
  const std::optional<Takeover> takeover = read_takeover(count, arguments);
  if (takeover) {
    count -= 2;
    clear_takeover(arguments + count);
  }
  const schema::Result<CommandLine> read =
      read_command_line(count, arguments, compiler::machine_facts());
  if (!read) {
    return refuse_usage(former_argument(count, arguments).value_or(read.error().message));
  }
  const CommandLine& line = *read;
  if (const auto former = line.is_plan ? former_argument(count, arguments) : std::nullopt) {
    return refuse_usage(*former);
  }
  if (line.help || line.version) {
    std::cout << (line.help ? command_line_help() : "suprun " SUP_VERSION "\n");
    return 0;
  }
  if (takeover && takeover->check) {
    const schema::Status possible = host::check_handover(takeover->descriptor, line.compat);
    return possible ? 0 : refuse(possible.error());
  }
  if (takeover) {
    const schema::Result<int> status =
        host::resume_daemon(takeover->descriptor, daemon_options(line, count, arguments));
    return status ? *status : refuse(status.error());
  }
  if (line.searched && ::getuid() == 0) {
    std::cerr << "Supervisord is running as root and it is searching for its configuration file in "
                 "default locations (including its current working directory); you probably want "
                 "to specify a \"-c\" argument specifying an absolute path to a configuration file "
                 "for improved security.\n";
  }
  if (::getpid() == 1) {
    host::keep_signals();
  }
  Loaded loaded = load(line, {}, ::isatty(STDERR_FILENO) != 0);
  if (!loaded) {
    return refuse(loaded.error());
  }
  const std::vector<std::string> unknown = core::unknown_names(line.exit_rule, *loaded->resolved);
  if (!unknown.empty()) {
    return refuse_usage("--exit-with: there is no program or group `" + unknown.front() + "` in " +
                        line.file);
  }
  const schema::Result<int> status =
      host::run_daemon(std::move(*loaded), daemon_options(line, count, arguments));
  if (!status) {
    return refuse_usage(status.error().message);
  }
  return *status;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == sup::host::keeper_mode) {
    return sup::host::run_keeper(argc, argv);
  }
  try {
    return run(argc, argv);
  } catch (const std::exception& failure) {
    std::cerr << "suprun: " << failure.what() << '\n';
    return 1;
  }
}
