// supcheck: says what is wrong in configurations of Supervisor.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "compiler/command_line.h"
#include "compiler/compile.h"
#include "compiler/file_system.h"
#include "compiler/machine.h"
#include "compiler/migrate/view.h"
#include "compiler/unified_diff.h"
#include "lint/baseline_files.h"
#include "lint/check.h"
#include "lint/lint.h"
#include "lint/lsp/serve.h"
#include "lint/mend.h"
#include "lint/pages.h"
#include "lint/policy.h"
#include "lint/render_facts.h"
#include "lint/report.h"
#include "schema/memory.h"
#include "schema/write_file.h"

namespace sup::lint {
namespace {

constexpr int exit_clean = 0;
constexpr int exit_findings = 1;
constexpr int exit_failure = 2;

struct Arguments {
  std::vector<std::string> paths;
  std::string stdin_filename = "<stdin>";
  SettingWords settings;
  std::optional<std::string> config_file;
  bool isolated = false;
  bool show_settings = false;
  bool list_settings = false;
  BaselineTask baseline_task = BaselineTask::compare;
  std::string color = "auto";
  std::string format;  // empty: what suits where it is shown
  std::string output_file;
  std::string explain;
  bool list_rules = false;
  bool exit_zero = false;
  bool host = false;
  bool fix = false;
  bool unsafe_fixes = false;
  bool diff = false;
  std::string root;
  bool facts = false;
  bool json = false;
  FactOptions fact_options;
};

// Formats of --list-rules and --explain; empty: for people.
int list_rules(const std::string& format) {
  if (!format.empty() && format != "text" && format != "json" && format != "md") {
    std::cerr << "supcheck: --list-rules has the formats text, json and md\n";
    return exit_failure;
  }
  std::cout << (format == "json" ? rules_json() : format == "md" ? rules_markdown() : rules_text());
  return exit_clean;
}

int explain(const Arguments& arguments) {
  const compiler::Rule* rule = find_rule(arguments.explain);
  if (rule == nullptr) {
    std::cerr << "supcheck: there is no rule " << arguments.explain
              << "; --list-rules lists them\n";
    return exit_failure;
  }
  if (!arguments.format.empty() && arguments.format != "text" && arguments.format != "md") {
    std::cerr << "supcheck: --explain has the formats text and md\n";
    return exit_failure;
  }
  const bool color = arguments.color == "auto" ? compiler::wants_color(STDOUT_FILENO)
                                               : arguments.color == "always";
  std::cout << (arguments.format == "md" ? explain_markdown(*rule) : explain_text(*rule, color));
  return exit_clean;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

// What was asked for; GitHub Actions is told in its own way, unless somebody looks on.
const Format& chosen_format(const Arguments& arguments) {
  const bool is_workflow = arguments.output_file.empty() && variable("GITHUB_ACTIONS") == "true" &&
                           isatty(STDOUT_FILENO) != 1;
  return *find_format(!arguments.format.empty() ? arguments.format
                      : is_workflow             ? "github"
                                                : "text");
}

using Clock = std::chrono::steady_clock;

Report report_of(const CheckResult& result, const Arguments& arguments,
                 const compiler::FileSystem& files, Clock::time_point start) {
  Report report = make_report(result);
  const bool to_file = !arguments.output_file.empty();
  report.color = arguments.color == "auto" ? !to_file && compiler::wants_color(STDOUT_FILENO)
                                           : arguments.color == "always";
  // Not where texts are compared with those of another run.
  if (!to_file && isatty(STDOUT_FILENO) == 1) {
    report.time = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  }
  report.folder = files.absolute(".");
  report.root = report.folder;
  for (const char* name : {"GITHUB_WORKSPACE", "CI_PROJECT_DIR"}) {
    if (const std::string folder = variable(name); folder.starts_with('/')) report.root = folder;
  }
  return report;
}

// To the file that was asked for, else to `out`. False: it cannot be written.
bool tell(const std::string& text, const Arguments& arguments, std::ostream& out) {
  if (arguments.output_file.empty()) {
    out << text << std::flush;
    return true;
  }
  const auto status = schema::write_file(text, arguments.output_file, schema::Existing::replaced);
  if (!status) std::cerr << "supcheck: " << status.error().message << '\n';
  return static_cast<bool>(status);
}

// Writes what was mended, or with --diff shows it. False: a file cannot be written.
bool put_mended(const Mended& mended, const Arguments& arguments, const std::string* input) {
  bool has_failed = false;
  bool is_input_told = input == nullptr || arguments.diff;
  for (const MendedFile& file : mended.files) {
    if (arguments.diff) {
      std::cout << compiler::unified_diff(file.path,
                                          compiler::compare_lines(file.before, file.after));
    } else if (input != nullptr && file.path == arguments.stdin_filename) {
      std::cout << file.after;
      is_input_told = true;
    } else if (const auto status =
                   schema::write_file(file.after, file.path, schema::Existing::changed);
               !status) {
      std::cerr << "supcheck: " << status.error().message << '\n';
      has_failed = true;
    }
  }
  if (!is_input_told) std::cout << *input;
  std::cout.flush();
  std::cerr << "supcheck: " << mended.applied << (mended.applied == 1 ? " fix" : " fixes")
            << (arguments.diff ? " to apply\n" : " applied\n");
  return !has_failed;
}

int exit_status(const CheckResult& result, bool has_findings, const Arguments& arguments) {
  for (const std::string& failure : result.failures) std::cerr << "supcheck: " << failure << '\n';
  if (!result.failures.empty() || result.settings_are_wrong) return exit_failure;
  return has_findings && !arguments.exit_zero ? exit_findings : exit_clean;
}

int tell_facts(const CheckResult& result, const Arguments& arguments) {
  std::size_t errors = 0;
  for (const Checked& checked : result.checked)
    errors += checked.diagnostics.count(Severity::error);
  const auto facts = arguments.json ? facts_json : facts_text;
  const bool is_told = tell(facts(result, arguments.fact_options), arguments, std::cout);
  if (errors != 0) {
    std::cerr << "supcheck: " << errors << (errors == 1 ? " error" : " errors")
              << "; the facts are of what could be understood\n";
  }
  const int status = exit_status(result, errors != 0, arguments);
  return is_told ? status : exit_failure;
}

// A check of nothing must not look like one of everything.
void tell_of_empty_folders(const CheckResult& result, const Arguments& arguments,
                           const compiler::FileSystem& files) {
  if (!result.checked.empty() || !result.failures.empty()) return;
  for (const std::string& path : arguments.paths)
    if (files.is_directory(path) && compiler::configurations_in(path, files).empty())
      std::cerr << "supcheck: " << path << " holds no file *.conf or *.ini, nothing is checked\n";
}

// Puts what migration makes of files of other dialects before them. False: it cannot.
bool add_migrated(const Arguments& arguments, Policies& policies,
                  const compiler::FileSystem& written, compiler::MigratedFiles& migrated) {
  for (const std::string& path : arguments.paths) {
    const bool is_folder = written.is_directory(path);
    const auto inside = is_folder ? compiler::configurations_in(path, written) : std::vector{path};
    for (const std::string& file : inside) {
      const Policy& policy = policies.of(file);
      if (!policy.settings.dialect || (is_folder && policies.excludes(file))) continue;
      if (arguments.fix || arguments.diff) {
        std::cerr << "supcheck: --fix mends files as they are written; `supc migrate` translates "
                     "them\n";
        return false;
      }
      // A file that cannot be read is reported when it is checked.
      (void)migrated.add(file, {*policy.settings.dialect, policy.options.target, is_folder});
    }
  }
  return true;
}

// The settings that count for each path, and what is wrong with them.
int show_settings(const Arguments& arguments, Policies& policies,
                  const compiler::FileSystem& files) {
  std::cout << print_policies(policies, arguments.paths);
  CheckResult result;
  report_settings(policies, result);
  if (result.settings_are_wrong)
    std::cout << chosen_format(arguments).render(report_of(result, arguments, files, Clock::now()));
  return exit_status(result, false, arguments);
}

// Writes baselines, or tells what is gone from them. False: one cannot be written.
bool keep_baselines(const Arguments& arguments, Policies& policies) {
  const auto told = update_baselines(policies, arguments.baseline_task);
  if (!told) std::cerr << "supcheck: " << told.error().message << '\n';
  if (told)
    for (const std::string& line : *told) std::cerr << "supcheck: " << line << '\n';
  return static_cast<bool>(told);
}

int run(Arguments& arguments) {
  const Clock::time_point start = Clock::now();
  auto command_line = settings_from_words(arguments.settings);
  if (!command_line) {
    std::cerr << "supcheck: " << command_line.error().message << '\n';
    return exit_failure;
  }
  LintOptions options;
  schema::Facts machine;
  if (arguments.host || !arguments.root.empty()) {
    machine = compiler::machine_facts(arguments.root);
    options.machine = &machine;
    options.ask_machine = true;
    options.host_name = compiler::host_name();
  }

  const compiler::RealFileSystem disk(arguments.root, compiler::RealFileSystem::LargeFiles::held);
  std::string input;
  bool has_input = false;
  for (std::string& path : arguments.paths) {
    if (path != "-") continue;
    if (!has_input) input.assign(std::istreambuf_iterator<char>(std::cin), {});
    has_input = true;
    path = arguments.stdin_filename;
  }
  if (arguments.fix && !arguments.root.empty()) {
    std::cerr << "supcheck: --fix does not write below --root\n";
    return exit_failure;
  }
  const compiler::OverlayFileSystem overlay(disk, arguments.stdin_filename, input);
  const compiler::FileSystem& written =
      has_input ? static_cast<const compiler::FileSystem&>(overlay) : disk;
  compiler::MigratedFiles files(written);
  options.migrated = &files;
  options.only_check = !arguments.facts;
  options.all_edits =
      arguments.fix || arguments.diff || chosen_format(arguments).edits == FormatEdits::all_edits;
  Policies policies(written, {std::move(*command_line), std::move(options), arguments.config_file,
                              arguments.isolated});
  if (arguments.baseline_task == BaselineTask::write) policies.renew_baselines();
  if (arguments.show_settings) return show_settings(arguments, policies, files);
  if (!add_migrated(arguments, policies, written, files)) return exit_failure;

  const auto check = [&](const compiler::FileSystem& seen) {
    return check_paths(arguments.paths, seen, policies);
  };
  // Not freed: the program ends, and taking apart a large configuration costs more than checking
  // it.
  static Mended& mended = *new Mended();
  if (arguments.fix || arguments.diff) {
    mended = mend(check, files, arguments.unsafe_fixes ? FixKinds::all : FixKinds::safe);
    const bool is_put = put_mended(mended, arguments, has_input ? &input : nullptr);
    if (!is_put) mended.result.failures.emplace_back("not all fixes are written");
  } else {
    mended.result = check(files);
  }
  const CheckResult& result = mended.result;
  tell_of_empty_folders(result, arguments, written);
  if (arguments.facts && !result.settings_are_wrong) return tell_facts(result, arguments);
  const Report report = report_of(result, arguments, files, start);
  if (arguments.diff && !result.settings_are_wrong)
    return exit_status(result, !mended.files.empty(), arguments);
  // Where the mended text of standard input goes, nothing else does.
  std::ostream& out = arguments.fix && has_input ? std::cerr : std::cout;
  const bool is_told = tell(chosen_format(arguments).render(report), arguments, out);
  const int status = exit_status(result, has_findings(result), arguments);
  if (status == exit_failure) return status;
  return keep_baselines(arguments, policies) && is_told ? status : exit_failure;
}

std::string format_help() {
  std::string text = "how findings are told:";
  for (const Format& format : formats())
    text += "\n" + std::string(format.name) + ": " + std::string(format.help);
  return text;
}

// Pages and lists of rules come as Markdown, too.
bool is_format(const std::string& name) { return name == "md" || find_format(name) != nullptr; }

// supcheck lsp
int language_server(int argc, char** argv) {
  CLI::App app{"A language server for configurations of Supervisor, on standard input and output.",
               "supcheck lsp"};
  bool stdio = false;
  app.add_flag("--stdio", stdio, "nothing else is offered; some editors say it");
  app.footer(
      "Exits with 0 after `shutdown` and `exit`, else 1. A folder called lsp is checked as ./lsp.");
  try {
    app.parse(argc - 1, argv + 1);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_clean : exit_failure;
  }
  return lsp::serve({}, STDIN_FILENO, STDOUT_FILENO);
}

// One option for each row of settings.def.
void add_settings(CLI::App& app, Arguments& arguments) {
  for (const SettingRow& row : setting_rows()) {
    std::vector<std::string>& words = arguments.settings[row.key];
    std::string help(row.help);
    const std::string name = "--" + std::string(row.key);
    if (row.shape == SettingShape::flag) {
      app.add_flag_callback(
          name, [&words] { words = {"true"}; }, help);
      continue;
    }
    if (row.shape == SettingShape::text && !row.fallback.empty())
      help += " (" + std::string(row.fallback) + ")";
    CLI::Option* option = app.add_option(name, words, help)->allow_extra_args(false);
    option->type_name(std::string(row.argument));
    if (row.shape != SettingShape::list && row.shape != SettingShape::table)
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  app.add_option("--config", arguments.config_file,
                 "settings file for all paths; without it the nearest .supcheck.toml")
      ->type_name("FILE");
  app.add_flag("--isolated", arguments.isolated, "read no settings file");
  app.add_flag("--show-settings", arguments.show_settings, "show what counts for each path");
  app.add_flag("--list-settings", arguments.list_settings, "list all settings, as Markdown");
  app.add_flag_callback(
      "--baseline-write", [&arguments] { arguments.baseline_task = BaselineTask::write; },
      "make all that is found now known: write it to the baseline");
  app.add_flag_callback(
      "--baseline-prune", [&arguments] { arguments.baseline_task = BaselineTask::prune; },
      "remove from the baseline what is not found any more");
}

// Whether the command line has no options. Making ready to read them takes as long as checking a
// small file, and many small files are checked one after the other by hooks and editors.
bool names_files_alone(std::span<char* const> words) {
  return !words.empty() && std::none_of(words.begin(), words.end(), [](const char* word) {
    return *word == '-' || *word == '\0';
  });
}

int main_with(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "lsp") return language_server(argc, argv);
  schema::take_memory_in_large_steps();
  Arguments arguments;
  const std::span<char* const> words(argv + 1, argv + std::max(argc, 1));
  if (names_files_alone(words)) {
    arguments.paths.assign(words.begin(), words.end());
    return run(arguments);
  }
  CLI::App app{"Says what is wrong in configurations of Supervisor.", "supcheck"};
  app.set_version_flag("--version", std::string("supcheck ") + SUP_VERSION);
  app.add_option("PATH", arguments.paths, "files, folders of *.conf and *.ini files, - for input");
  app.add_option("--stdin-filename", arguments.stdin_filename, "name of the text from input");
  add_settings(app, arguments);
  app.add_option("--color", arguments.color, "colours")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  app.add_option("--format", arguments.format, format_help())
      ->check(CLI::Validator(
          [](const std::string& name) {
            return is_format(name) ? std::string() : "there is no format " + name;
          },
          "NAME"));
  app.add_option("--output-file", arguments.output_file,
                 "write findings to this file, whole or not at all");
  app.add_flag("--fix", arguments.fix,
               "apply safe fixes to the files; of standard input, print the mended text");
  app.add_flag("--unsafe-fixes", arguments.unsafe_fixes,
               "with --fix and --diff: those that may not be what was meant, too");
  app.add_flag("--diff", arguments.diff,
               "write nothing and print what --fix would change; exits with 1 if it would");
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
  app.add_flag("--list-rules", arguments.list_rules,
               "list all rules; with --format json or md, too");
  app.add_option("--explain", arguments.explain,
                 "the page of a rule, by id or name; with --format md, too");
  app.add_flag("--exit-zero", arguments.exit_zero, "exit with 0 whatever is found");
  app.footer(
      "Exits with 0 if nothing is wrong, 1 if something is as severe as --failure-threshold,\n"
      "2 if a path cannot be read, or the command line or a settings file is wrong.\n"
      "supcheck lsp is a language server for editors; supcheck lsp --help tells more.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_clean : exit_failure;
  }
  if (arguments.list_settings) {
    std::cout << settings_as_markdown();
    return exit_clean;
  }
  if (arguments.list_rules) return list_rules(arguments.format);
  if (!arguments.explain.empty()) return explain(arguments);
  if (arguments.format == "md") {
    std::cerr << "supcheck: --format md is for --explain and --list-rules\n";
    return exit_failure;
  }
  if (arguments.show_settings && arguments.paths.empty()) arguments.paths = {"."};
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
    const int status = sup::lint::main_with(argc, argv);
    std::cout.flush();
    if (std::cout) return status;
    std::fputs("supcheck: cannot write to standard output\n", stderr);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "supcheck: %s\n", error.what());
    return 2;
  }
}
