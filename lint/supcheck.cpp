// supcheck: says what is wrong in configurations of Supervisor.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "compiler/command_line.h"
#include "compiler/compile.h"
#include "compiler/file_system.h"
#include "compiler/machine.h"
#include "compiler/memory.h"
#include "compiler/migrate/view.h"
#include "compiler/render_text.h"
#include "lint/check.h"
#include "lint/fix.h"
#include "lint/lint.h"
#include "lint/render_facts.h"
#include "lint/render_json.h"
#include "schema/write_file.h"

namespace sup::lint {
namespace {

constexpr int exit_clean = 0;
constexpr int exit_findings = 1;
constexpr int exit_failure = 2;
// Fixes can make room for others; more rounds than this are a circle.
constexpr int fix_rounds = 10;

struct Arguments {
  std::vector<std::string> paths;
  std::string stdin_filename = "<stdin>";
  std::string target{schema::target_name(schema::default_target)};
  std::string templates = "auto";
  std::vector<std::string> variables;
  std::vector<std::string> variable_files;
  std::string color = "auto";
  std::string format = "text";
  std::string dialect;
  std::string explain;
  bool list_rules = false;
  bool exit_zero = false;
  bool style = false;
  bool container = false;
  std::optional<std::int64_t> stop_timeout;
  std::string log_limit;
  bool host = false;
  bool target_is_explicit = false;
  bool fix = false;
  std::string root;
  bool facts = false;
  bool json = false;
  FactOptions fact_options;
};

void list_rules() {
  for (const compiler::Rule* rule : all_rules()) {
    std::cout << rule->id << std::string(rule->id.size() < 8 ? 8 - rule->id.size() : 1, ' ')
              << rule->name << " (" << compiler::severity_name(rule->severity)
              << "): " << rule->summary << '\n';
  }
}

int explain(const std::string& name) {
  const compiler::Rule* rule = find_rule(name);
  if (rule == nullptr) {
    std::cerr << "supcheck: there is no rule " << name << "; --list-rules lists them\n";
    return exit_failure;
  }
  std::cout << rule->id << ' ' << rule->name << " (" << compiler::severity_name(rule->severity)
            << ")\n"
            << rule->summary << '\n';
  const std::string_view text = explanation_of(*rule);
  if (!text.empty()) std::cout << '\n' << text;
  return exit_clean;
}

bool wants_color(const Arguments& arguments) {
  if (arguments.color != "auto") return arguments.color == "always";
  const char* refused = std::getenv("NO_COLOR");
  return (refused == nullptr || *refused == '\0') && isatty(STDOUT_FILENO) == 1;
}

std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

// Writes what safe fixes make of the files; the number of fixes, or nothing when a file cannot be
// written.
std::optional<std::size_t> write_fixes(const CheckResult& result) {
  std::size_t count = 0;
  for (const Checked& checked : result.checked) {
    const compiler::SourceMap& sources = checked.compilation->sources;
    const FixResult fixed = apply_fixes(checked.diagnostics, sources);
    for (const auto& [source, text] : fixed.texts) {
      const auto status = schema::write_file(text, sources[source].path, schema::Existing::changed);
      if (status) continue;
      std::cerr << "supcheck: " << status.error().message << '\n';
      return std::nullopt;
    }
    count += fixed.applied;
  }
  return count;
}

struct Counts {
  std::size_t errors = 0;
  std::size_t warnings = 0;
  std::size_t remarks = 0;
};

// The closing line: "3 errors, 2 warnings in 4 files".
std::string summary(const Counts& counts, std::size_t files) {
  std::string text;
  const auto add = [&](std::size_t count, std::string_view noun) {
    if (count != 0) text += (text.empty() ? "" : ", ") + counted(count, noun);
  };
  add(counts.errors, "error");
  add(counts.warnings, "warning");
  add(counts.remarks, "remark");
  if (text.empty()) text = "no findings";
  return text + " in " + counted(files, "file");
}

Counts print(const CheckResult& result, const Arguments& arguments) {
  Counts counts;
  std::vector<std::string> objects;
  const compiler::TextStyle style{wants_color(arguments)};
  for (const Checked& checked : result.checked) {
    const compiler::SourceMap& sources = checked.compilation->sources;
    for (const compiler::Diagnostic& diagnostic : checked.diagnostics.all()) {
      if (diagnostic.severity == Severity::style && !arguments.style) continue;
      switch (diagnostic.severity) {
        case Severity::error: ++counts.errors; break;
        case Severity::warning: ++counts.warnings; break;
        case Severity::info:
        case Severity::style: ++counts.remarks; break;
      }
      if (arguments.format == "json") {
        objects.push_back(render_json(diagnostic, sources));
      } else {
        std::cout << compiler::render_text(diagnostic, sources, style);
      }
    }
  }
  if (arguments.format == "json") {
    std::cout << json_list(objects);
  } else {
    std::cout << summary(counts, result.files) << '\n';
  }
  return counts;
}

Counts print_facts(const CheckResult& result, const LintOptions& options,
                   const Arguments& arguments) {
  std::cout << (arguments.json ? facts_json : facts_text)(result, options, arguments.fact_options);
  Counts counts;
  for (const Checked& checked : result.checked)
    counts.errors += checked.diagnostics.count(Severity::error);
  if (counts.errors != 0)
    std::cerr << "supcheck: " << counted(counts.errors, "error")
              << "; the facts are of what could be understood\n";
  return counts;
}

// Puts what migration makes of the files before them.
bool add_migrated(const Arguments& arguments, const compiler::CompileOptions& options,
                  const compiler::FileSystem& written, compiler::MigratedFiles& migrated) {
  const auto dialect = schema::dialect_from_name(arguments.dialect);
  if (!dialect || arguments.fix) {
    std::cerr << "supcheck: "
              << (dialect ? "--fix mends files as they are written; `supc migrate` translates them"
                          : "unknown dialect " + arguments.dialect + "; known are " +
                                std::string(schema::dialect_names()))
              << '\n';
    return false;
  }
  for (const std::string& path : arguments.paths) {
    // A file that cannot be read is reported when it is checked.
    const bool is_folder = written.is_directory(path);
    const auto inside = is_folder ? compiler::configurations_in(path, written) : std::vector{path};
    for (const std::string& file : inside)
      (void)migrated.add(file, {*dialect, options.target, is_folder});
  }
  return true;
}

int run(Arguments& arguments) {
  LintOptions options;
  options.style = arguments.style;
  options.container = arguments.container;
  options.stop_timeout = arguments.stop_timeout;
  if (!arguments.log_limit.empty()) {
    std::int64_t limit = 0;
    if (schema::ByteSize::read(arguments.log_limit, {}, limit) || limit < 0) {
      std::cerr << "supcheck: --log-limit needs a size such as 10GB\n";
      return exit_failure;
    }
    options.log_limit = limit;
  }
  options.target = schema::target_from_name(arguments.target).value_or(options.target);
  options.target_is_explicit = arguments.target_is_explicit;
  const auto templates = compiler::template_kind_from_name(arguments.templates);
  if (!templates) {
    std::cerr << "supcheck: unknown template " << arguments.templates << "; known are "
              << compiler::template_kind_names() << '\n';
    return exit_failure;
  }
  options.templates = *templates;
  auto environment = compiler::read_environment(arguments.variable_files, arguments.variables);
  if (!environment) {
    std::cerr << "supcheck: " << environment.error().message << '\n';
    return exit_failure;
  }
  options.environment = std::move(*environment);
  // A list of variables says what the machine has: what is not in it is missing there.
  options.environment_is_complete = !arguments.variable_files.empty();

  schema::Facts machine;
  if (arguments.host || !arguments.root.empty()) {
    machine = compiler::machine_facts(arguments.root);
    options.machine = &machine;
    options.ask_machine = true;
    options.host_name = compiler::host_name();
  }

  const compiler::RealFileSystem disk(arguments.root);
  std::string input;
  bool has_input = false;
  for (std::string& path : arguments.paths) {
    if (path != "-") continue;
    if (!has_input) input.assign(std::istreambuf_iterator<char>(std::cin), {});
    has_input = true;
    path = arguments.stdin_filename;
  }
  if (has_input && arguments.fix) {
    std::cerr << "supcheck: --fix needs files, standard input cannot be written\n";
    return exit_failure;
  }
  if (arguments.fix && !arguments.root.empty()) {
    std::cerr << "supcheck: --fix does not write below --root\n";
    return exit_failure;
  }
  const compiler::OverlayFileSystem overlay(disk, arguments.stdin_filename, std::move(input));
  const compiler::FileSystem& written =
      has_input ? static_cast<const compiler::FileSystem&>(overlay) : disk;
  compiler::MigratedFiles migrated(written);
  if (!arguments.dialect.empty() && !add_migrated(arguments, options, written, migrated)) {
    return exit_failure;
  }
  if (!arguments.dialect.empty()) options.migrated = &migrated;
  const compiler::FileSystem& files =
      arguments.dialect.empty() ? written : static_cast<const compiler::FileSystem&>(migrated);

  options.only_check = !arguments.facts;
  compiler::expect_inputs(arguments.paths);
  // Not freed: the program ends, and taking apart a large configuration costs more than checking
  // it.
  static CheckResult& result = *new CheckResult(check_paths(arguments.paths, files, options));
  bool has_failed = false;
  if (arguments.fix) {
    std::size_t fixed = 0;
    for (int round = 0; round < fix_rounds; ++round) {
      const auto count = write_fixes(result);
      has_failed = has_failed || !count;
      if (count.value_or(0) == 0) break;
      fixed += *count;
      result = check_paths(arguments.paths, files, options);
    }
    std::cerr << "supcheck: " << fixed << (fixed == 1 ? " fix" : " fixes") << " applied\n";
  }
  const Counts counts =
      arguments.facts ? print_facts(result, options, arguments) : print(result, arguments);
  std::cout.flush();
  for (const std::string& failure : result.failures) std::cerr << "supcheck: " << failure << '\n';
  if (has_failed || !result.failures.empty()) return exit_failure;
  if (arguments.exit_zero) return exit_clean;
  return counts.errors + counts.warnings == 0 ? exit_clean : exit_findings;
}

int main_with(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"Says what is wrong in configurations of Supervisor.", "supcheck"};
  app.set_version_flag("--version", std::string("supcheck ") + SUP_VERSION);
  app.add_option("PATH", arguments.paths, "files, folders of *.conf and *.ini files, - for input");
  app.add_option("--stdin-filename", arguments.stdin_filename, "name of the text from input");
  const CLI::Option* target =
      app.add_option("--target", arguments.target, "version of Supervisor to check for")
          ->check(CLI::IsMember({"3.4", "4.2", "4.3", "4.4"}))
          ->capture_default_str();
  app.add_option("--dialect", arguments.dialect,
                 "check what `supc migrate` makes of a configuration of this dialect: " +
                     std::string(schema::dialect_names()));
  app.add_option("--template", arguments.templates,
                 "whose markers are masked: " + compiler::template_kind_names())
      ->capture_default_str();
  app.add_option("--env", arguments.variables, "KEY=value, or KEY as it is here; repeatable")
      ->allow_extra_args(false);
  app.add_option("--env-file", arguments.variable_files,
                 "file of KEY=value lines that has all variables; repeatable")
      ->allow_extra_args(false);
  app.add_option("--color", arguments.color, "colours")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  app.add_option("--format", arguments.format, "output")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_flag("--fix", arguments.fix, "apply safe fixes to the files");
  app.add_flag("--style", arguments.style, "report matters of style, too");
  app.add_flag("--container", arguments.container, "check it as the main program of a container");
  app.add_option("--stop-timeout", arguments.stop_timeout,
                 "seconds that the container has to stop");
  app.add_option("--log-limit", arguments.log_limit, "most that all logs may take, such as 10GB");
  app.add_flag("--host", arguments.host,
               "this machine will run it: check programs, users, folders and limits, too");
  app.add_option("--root", arguments.root,
                 "folder that holds the files of the machine; implies --host");
  const CLI::Option* facts = app.add_flag(
      "--facts", arguments.facts,
      "tell what the configuration will take and do: stop time, descriptors, logs, ...");
  app.add_flag("--json", arguments.json, "facts as JSON")->needs(const_cast<CLI::Option*>(facts));
  app.add_option("--stop-grace", arguments.fact_options.stop_grace,
                 "with --facts: seconds until what has not stopped is killed, such as 10s")
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, std::int64_t>{
          {"s", 1 },
          {"m", 60}
  }));
  app.add_flag("--list-rules", arguments.list_rules, "list all rules");
  app.add_option("--explain", arguments.explain, "explain a rule, by id or name");
  app.add_flag("--exit-zero", arguments.exit_zero, "exit with 0 whatever is found");
  app.footer(
      "Exits with 0 if nothing is wrong, 1 if there are errors or warnings, 2 if a path\n"
      "cannot be read or the command line is wrong.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_clean : exit_failure;
  }
  arguments.target_is_explicit = target->count() != 0;
  if (arguments.list_rules) {
    list_rules();
    return exit_clean;
  }
  if (!arguments.explain.empty()) return explain(arguments.explain);
  if (arguments.paths.empty()) {
    std::cerr << "supcheck: name files or folders to check; --help tells more\n";
    return exit_failure;
  }
  return run(arguments);
}

}  // namespace
}  // namespace sup::lint

int main(int argc, char** argv) {
  try {
    return sup::lint::main_with(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "supcheck: %s\n", error.what());
    return 2;
  }
}
