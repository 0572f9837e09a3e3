// suprun: runs the processes of a plan (plan.bin) or of a configuration, with supervisord's own
// options. It joins the three parts: the compiler or the plan reader says what is wanted, the core
// decides, the host does.

#include <unistd.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "compiler/compile.h"
#include "compiler/machine.h"
#include "compiler/render_text.h"
#include "runtime/host/command.h"
#include "runtime/host/daemon.h"
#include "runtime/host/environment.h"
#include "runtime/host/setup.h"
#include "schema/instantiate.h"
#include "schema/plan_io.h"
#include "schema/values.h"

namespace {

using namespace sup;

constexpr int exit_usage = 2;

// An option of the command line that stands for one of [supervisord].
struct Override {
  std::string_view option;  // of [supervisord]
  std::string_view flags;   // as CLI11 takes them
  std::string_view doc;
  bool is_flag = false;
};

constexpr Override overrides[] = {
    {"nodaemon",         "-n,--nodaemon",         "stay in the foreground",                               true },
    {"silent",           "-s,--silent",           "no log lines on standard output",                      true },
    {"user",             "-u,--user",             "change to this user",                                  false},
    {"umask",            "-m,--umask",            "umask of the daemon",                                  false},
    {"directory",        "-d,--directory",        "folder to change to in the background",                false},
    {"logfile",          "-l,--logfile",          "activity log",                                         false},
    {"logfile_maxbytes", "-y,--logfile_maxbytes", "size at which it is rotated",                          false},
    {"logfile_backups",  "-z,--logfile_backups",  "how many rotated logs are kept",                       false},
    {"loglevel",         "-e,--loglevel",         "critical, error, warn, info, debug, trace or blather", false},
    {"pidfile",          "-j,--pidfile",          "file for the process id",                              false},
    {"identifier",       "-i,--identifier",       "name of this daemon",                                  false},
    {"childlogdir",      "-q,--childlogdir",      "folder of AUTO child logs",                            false},
    {"nocleanup",        "-k,--nocleanup",        "keep AUTO child logs of earlier runs",                 true },
    {"strip_ansi",       "-t,--strip_ansi",       "remove ANSI escape sequences from output",             true },
    {"minfds",           "-a,--minfds",           "file descriptors that must be available",              false},
    {"minprocs",         "--minprocs",            "processes that must be available",                     false},
};

struct CommandLine {
  std::string file;      // plan or configuration, absolute
  bool is_plan = false;  // it must be a plan
  std::vector<std::pair<std::string_view, std::string>> settings;  // option of the file, value
};

using Loaded = schema::Result<host::Configuration>;

// What will not start on this machine, with its place: Supervisor says it late and without one.
void warn_of_programs(const schema::Plan& plan, schema::Resolved& resolved,
                      const schema::Facts& machine) {
  constexpr std::size_t told = 50;
  const std::vector<std::string> own = host::own_environment();
  std::size_t count = 0;
  std::size_t last = plan.sections.size();  // one process of a program is enough
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
      const host::ChildEnvironment environment(own, process, {});
      const auto command =
          host::find_command(process.options.command.value_or(""), environment.search_path());
      if (!command) {
        warn("command", command.error().message);
      }
      if (process.options.directory && !machine.directory_exists(*process.options.directory)) {
        warn("directory", "the folder `" + *process.options.directory + "` does not exist");
      }
    }
  }
}

// Puts the command line's settings over those of the file.
Loaded finish(schema::Resolved&& resolved, const CommandLine& line,
              std::vector<std::string> first_lines) {
  for (const auto& [name, value] : line.settings) {
    const schema::OptionRow* row = schema::find_option(schema::block::supervisord, name);
    const std::optional<schema::ValueError> error =
        row->read(&resolved.supervisord, value, schema::ReadContext{});
    if (error) {
      return schema::Error{.message = "option --" + std::string(name) + ": " + error->message};
    }
  }
  return host::Configuration{
      .resolved = std::make_shared<const schema::Resolved>(std::move(resolved)),
      .first_lines = std::move(first_lines)};
}

// An error has a line for each mistake.
Loaded load_plan(const CommandLine& line) {
  const schema::Result<schema::Plan> plan = schema::read_plan_file(line.file);
  if (!plan) {
    return plan.error();
  }
  const schema::Facts facts = compiler::machine_facts();
  schema::InstantiateResult bound = schema::instantiate(*plan, facts);
  if (!bound.faults.empty()) {
    std::string text;
    for (const schema::Fault& fault : bound.faults) {
      text += (text.empty() ? "" : "\n") + schema::describe_fault(*plan, fault);
    }
    return schema::Error{.message = std::move(text)};
  }
  warn_of_programs(*plan, bound.resolved, facts);
  return finish(std::move(bound.resolved), line, {"plan " + schema::plan_hash(*plan)});
}

Loaded load_configuration(const CommandLine& line) {
  const schema::Facts facts = compiler::machine_facts();
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
      text += compiler::render_text(diagnostic, compilation->sources,
                                    {.color = ::isatty(STDERR_FILENO) != 0});
    }
  }
  if (!text.empty()) {
    text.erase(text.find_last_not_of('\n') + 1);
    return schema::Error{.message = std::move(text)};
  }
  // What Supervisor keeps to itself, as folders and unreadable files among the includes.
  for (const compiler::Diagnostic& diagnostic : compilation->diagnostics.all()) {
    if (diagnostic.rule->name == "include-matches-nothing") {
      continue;  // this it says
    }
    const compiler::Position place =
        compilation->sources.position(diagnostic.span.source, diagnostic.span.begin);
    compilation->resolved.warnings.push_back(compilation->sources[diagnostic.span.source].path +
                                             ":" + std::to_string(place.line) + ": " +
                                             diagnostic.message);
  }
  warn_of_programs(compilation->plan, compilation->resolved, facts);
  return finish(std::move(compilation->resolved), line, {});
}

bool begins_like_plan(const std::string& path) {
  std::string start(16, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(file.gcount()));
  return schema::looks_like_plan(start);
}

Loaded load(const CommandLine& line) {
  return line.is_plan || begins_like_plan(line.file) ? load_plan(line) : load_configuration(line);
}

// The places where supervisord looks for its configuration.
schema::Result<std::string> find_configuration(const std::string& program) {
  const std::string above = std::filesystem::path(program).parent_path().parent_path().string();
  const std::string places[] = {above + (above.empty() ? "" : "/") + "etc/supervisord.conf",
                                above + (above.empty() ? "" : "/") + "supervisord.conf",
                                "supervisord.conf",
                                "etc/supervisord.conf",
                                "/etc/supervisord.conf",
                                "/etc/supervisor/supervisord.conf"};
  std::string list;
  for (const std::string& place : places) {
    std::error_code ignored;
    if (std::filesystem::exists(place, ignored)) {
      return place;
    }
    list += (list.empty() ? "" : ", ") + place;
  }
  return schema::Error{.message = "No config file found at default paths (" + list +
                                  "); use the -c option to specify a config file at a different "
                                  "path"};
}

// Reads the arguments; the error is a mistake of usage.
schema::Status read_command_line(int count, char** arguments, CLI::App& app, CommandLine& line) {
  std::string plan;
  std::string configuration;
  std::vector<std::string> values(std::size(overrides));
  std::vector<CLI::Option*> options;
  app.set_help_flag("-h,--help", "print this and leave");
  app.set_version_flag("-v,--version", "suprun " SUP_VERSION);
  app.add_option("plan", plan, "plan that supc built")->option_text("PLAN");
  app.add_option("-c,--configuration", configuration, "configuration, or a plan")
      ->option_text("FILE");
  bool ignored = false;
  for (std::size_t i = 0; i < std::size(overrides); ++i) {
    const std::string flags(overrides[i].flags);
    const std::string doc(overrides[i].doc);
    options.push_back(
        overrides[i].is_flag
            ? app.add_flag(flags, ignored, doc)->multi_option_policy(CLI::MultiOptionPolicy::Throw)
            : app.add_option(flags, values[i], doc)->option_text("VALUE"));
  }
  app.parse(count, arguments);
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (options[i]->count() > 0) {
      line.settings.emplace_back(overrides[i].option, overrides[i].is_flag ? "true" : values[i]);
    }
  }
  if (!plan.empty() && !configuration.empty()) {
    return schema::Error{.message = "a plan and -c exclude each other"};
  }
  line.is_plan = !plan.empty();
  line.file = line.is_plan ? plan : configuration;
  if (line.file.empty()) {
    const schema::Result<std::string> found = find_configuration(arguments[0]);
    if (!found) {
      return found.error();
    }
    line.file = *found;
  }
  // The daemon may change its folder before it reads the file again.
  line.file = host::absolute_path(line.file);
  return schema::Nothing{};
}

int refuse(const schema::Error& error) {
  std::cerr << error.message << '\n';
  return exit_usage;
}

int refuse_usage(const std::string& message) {
  std::cerr << "Error: " << message << "\nFor help, use suprun -h\n";
  return exit_usage;
}

int run(int count, char** arguments) {
  CLI::App app("Runs the processes of a plan or of a Supervisor configuration.", "suprun");
  CommandLine line;
  try {
    const schema::Status read = read_command_line(count, arguments, app, line);
    if (!read) {
      return refuse_usage(read.error().message);
    }
  } catch (const CLI::Success& wish) {
    return app.exit(wish);  // help and version
  } catch (const CLI::ParseError& mistake) {
    return refuse_usage(mistake.what());
  }
  Loaded loaded = load(line);
  if (!loaded) {
    return refuse(loaded.error());
  }
  host::DaemonOptions options;
  options.load = [line] { return load(line); };
  const schema::Result<int> status = host::run_daemon(std::move(*loaded), std::move(options));
  if (!status) {
    return refuse_usage(status.error().message);
  }
  return *status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& failure) {
    std::cerr << "suprun: " << failure.what() << '\n';
    return 1;
  }
}
