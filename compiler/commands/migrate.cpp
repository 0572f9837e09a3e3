#include "compiler/migrate/migrate.h"

#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>

#include "compiler/commands/command.h"
#include "schema/write_file.h"

namespace sup::compiler::commands {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string input;
  std::string output;
  std::string to = "suprun";
  std::string dialect;
  std::string report;
  std::string stdin_filename = "<stdin>";
  bool in_place = false;
  bool fragment = false;
};

// Where each file goes.
struct Plan {
  std::vector<std::string> paths;  // by file
  bool is_console = false;         // to standard output
};

std::string absolute(const std::string& path) {
  std::error_code ignored;
  const fs::path whole = fs::absolute(path, ignored);
  return whole.lexically_normal().string();
}

bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code ignored;
  return fs::equivalent(a, b, ignored) || absolute(a) == absolute(b);
}

bool names_folder(const std::string& path) {
  std::error_code ignored;
  return path.ends_with('/') || fs::is_directory(path, ignored);
}

std::string listed(const SourceMap& sources, const LoadedFiles& loaded) {
  constexpr std::size_t most = 5;
  std::string text;
  for (std::size_t i = 1; i < loaded.files.size() && i <= most; ++i) {
    text += (i == 1 ? "" : ", ") + sources[loaded.files[i].source].path;
  }
  return text + (loaded.files.size() > most + 1 ? ", ..." : "");
}

// The files below the folder, laid out as they are below that of the main file.
schema::Result<Plan> plan_folder(const Options& options, const SourceMap& sources,
                                 const LoadedFiles& loaded) {
  Plan plan;
  const std::string home = directory_name(absolute(options.input)) + "/";
  for (const LoadedFile& file : loaded.files) {
    const std::string path = absolute(sources[file.source].path);
    if (!path.starts_with(home)) {
      return schema::Error{path + " is included, but does not lie below " + home +
                               "; migrate with --in-place, or each file by itself",
                           0};
    }
    plan.paths.push_back((fs::path(options.output) / path.substr(home.size())).string());
  }
  return plan;
}

schema::Result<Plan> plan_output(const Options& options, const SourceMap& sources,
                                 const LoadedFiles& loaded) {
  Plan plan;
  if (options.in_place) {
    if (options.input == "-") return schema::Error{"standard input cannot be written", 0};
    for (const LoadedFile& file : loaded.files) plan.paths.push_back(sources[file.source].path);
    return plan;
  }
  if (options.output == "-" || !names_folder(options.output)) {
    if (loaded.files.size() > 1) {
      return schema::Error{options.input + " includes further files (" + listed(sources, loaded) +
                               "): name a folder for all of them with -o FOLDER/, or write them "
                               "where they are with --in-place",
                           0};
    }
    plan.paths.push_back(options.output);
    plan.is_console = options.output == "-";
    return plan;
  }
  if (options.input == "-")
    return schema::Error{"standard input has no name: name a file with -o", 0};
  return plan_folder(options, sources, loaded);
}

// Passwords stay as closed as they were.
std::optional<unsigned> mode_of(const std::string& path) {
  struct stat info {};

  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return info.st_mode & 07777U;
}

schema::Status write_files(const Options& options, const Plan& plan, const SourceMap& sources,
                           const LoadedFiles& loaded, const Migration& migration) {
  for (std::size_t i = 0; i < plan.paths.size(); ++i) {
    const Source& source = sources[loaded.files[i].source];
    if (options.in_place && source.bytes == migration.texts[i]) continue;
    std::error_code error;
    const fs::path folder = fs::path(plan.paths[i]).parent_path();
    if (!options.in_place && !folder.empty()) fs::create_directories(folder, error);
    if (auto status = schema::write_file(migration.texts[i], plan.paths[i], mode_of(source.path));
        !status) {
      return status;
    }
  }
  return schema::Nothing{};
}

// What is still wrong in the result, which was wrong before or needs a person.
int check_result(const Options& options, const MigrateOptions& migrate_options, const Plan& plan,
                 const Migration& migration) {
  CompileOptions compile_options;
  compile_options.target = migrate_options.target;
  compile_options.fragment = options.fragment || migration.is_fragment;
  compile_options.only_check = true;
  const RealFileSystem disk;
  const std::string name = plan.is_console ? options.stdin_filename : plan.paths.front();
  const OverlayFileSystem overlay(disk, name, migration.texts.front());
  const auto compilation = compile(name, overlay, compile_options);
  std::size_t errors = 0;
  for (const Diagnostic& diagnostic : compilation->diagnostics.all()) {
    if (diagnostic.severity != Severity::error) continue;
    std::cerr << render_text(diagnostic, compilation->sources, style(STDERR_FILENO));
    ++errors;
  }
  if (errors == 0) return clean;
  std::cerr << "supc: the result has " << errors << (errors == 1 ? " error" : " errors")
            << " that migration does not mend\n";
  return found;
}

int print_report(const Options& options, const Plan& plan, const std::string& report) {
  // The configuration goes to standard output alone.
  std::ostream& out = plan.is_console ? std::cerr : std::cout;
  if (options.report.empty()) {
    out << report;
    return clean;
  }
  if (const auto status = schema::write_file(report, options.report, std::nullopt); !status) {
    return fail(status.error().message);
  }
  const std::size_t last = report.rfind('\n', report.size() - 2);
  out << report.substr(last == std::string::npos ? 0 : last + 1);
  return clean;
}

int run(const Options& options) {
  MigrateOptions migrate_options;
  migrate_options.fragment = options.fragment;
  if (!options.dialect.empty()) {
    migrate_options.dialect = schema::dialect_from_name(options.dialect);
    if (!migrate_options.dialect) {
      return fail("unknown dialect " + options.dialect + "; known are " +
                  std::string(schema::dialect_names()));
    }
  }
  if (options.to != "suprun") {
    const auto target = schema::target_from_name(options.to);
    if (!target)
      return fail("cannot migrate to " + options.to + "; known are 3.4, 4.2, 4.3, 4.4 and suprun");
    migrate_options.target = *target;
    migrate_options.for_suprun = false;
  }
  if (options.output.empty() && !options.in_place) {
    return fail("name the new file with -o, or overwrite the old one with --in-place");
  }

  const RealFileSystem disk;
  std::string text;
  std::string input = options.input;
  if (input == "-") {
    auto read = disk.read("/dev/stdin");
    if (!read) return fail("cannot read standard input");
    text = std::move(*read);
    input = options.stdin_filename;
  }
  const OverlayFileSystem overlay(disk, options.stdin_filename, std::move(text));
  const FileSystem& files = options.input == "-" ? static_cast<const FileSystem&>(overlay) : disk;
  SourceMap sources;
  const auto loaded = load_for_migration(input, files, migrate_options, sources);
  if (!loaded) return fail(loaded.error().message);
  const auto plan = plan_output(options, sources, *loaded);
  if (!plan) return fail(plan.error().message);
  for (std::size_t i = 0; i < plan->paths.size() && !options.in_place; ++i) {
    if (!plan->is_console && is_same_file(plan->paths[i], sources[loaded->files[i].source].path)) {
      return fail(plan->paths[i] + " would be overwritten; say --in-place if that is meant");
    }
  }

  std::vector<const Document*> documents;
  for (const LoadedFile& file : loaded->files) documents.push_back(&file.document);
  const std::string_view foreign =
      migrate_options.dialect ? std::string_view{} : foreign_product(sources, documents);
  if (!foreign.empty() && recognise(sources, documents).dialect == schema::Dialect::supervisor4)
    return fail(input + " is a configuration of " + std::string(foreign) +
                ", which cannot be migrated");
  const Migration migration =
      migrate(sources, documents, with_files(migrate_options, *loaded, sources, files));
  if (plan->is_console) {
    std::cout << migration.texts.front();
  } else if (const auto status = write_files(options, *plan, sources, *loaded, migration);
             !status) {
    return fail(status.error().message);
  }
  if (const int status = print_report(options, *plan, render_report(migration, sources));
      status != clean) {
    return status;
  }
  return check_result(options, migrate_options, *plan, migration);
}

}  // namespace

Command migrate(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "migrate", "Turn a configuration of another dialect into one of today's Supervisor");
  command->add_option("input", options->input, "Old configuration, or - for standard input")
      ->required();
  CLI::Option* output = command->add_option(
      "-o,--output", options->output, "New configuration, or a folder, or - for standard output");
  command->add_flag("--in-place", options->in_place, "Overwrite the old files")->excludes(output);
  command
      ->add_option("--to", options->to,
                   "Who will read it: 3.4, 4.2, 4.3, 4.4, or suprun, which reads what 4.4 does")
      ->capture_default_str();
  command->add_option("--dialect", options->dialect,
                      "Dialect of the old configuration: " + std::string(schema::dialect_names()));
  command->add_option("--report", options->report, "Write the report to this file");
  add_stdin_filename(*command, options->stdin_filename);
  command->add_flag("--fragment", options->fragment,
                    "The input is a part of a configuration, a file of conf.d");
  return {command, [options] { return run(*options); }};
}

}  // namespace sup::compiler::commands
