#include <unistd.h>

#include <iostream>
#include <set>

#include <CLI/CLI.hpp>

#include "compiler/commands/command.h"
#include "compiler/format.h"
#include "compiler/ini/report.h"
#include "schema/write_file.h"

namespace sup::compiler::commands {
namespace {

struct FmtOptions {
  std::vector<std::string> paths;
  std::string stdin_filename = "<stdin>";
  bool check = false;
  bool diff = false;
};

// The largest of what happened to several files.
void raise_to(int& status, int other) { status = std::max(status, other); }

int format_text(const FmtOptions& options, const std::string& path, FileText bytes) {
  const bool is_stdin = path == "-";
  SourceMap sources;
  sources.add(formattable(is_stdin ? options.stdin_filename : path, std::move(bytes)));
  const Source& source = sources[0];
  const std::string_view written = sources.written(0);
  const Document document = parse(0, source.bytes);
  Diagnostics diagnostics;
  report_unreadable(document, sources, schema::default_target, diagnostics);
  diagnostics.sort();
  const auto formatted = format(document, written, source.markers);
  if (diagnostics.has_errors() || !formatted) {
    std::cerr << render_text(diagnostics, sources, style(STDERR_FILENO));
    std::cerr << "supc: " << source.path << " stays as it is\n";
    return found;
  }
  const bool changes = formatted->text != written;
  if (options.diff) std::cout << format_diff(source.path, document, written, *formatted);
  if (options.check && !options.diff && changes) std::cout << source.path << '\n';
  if (options.check || options.diff) return options.check && changes ? found : clean;
  if (is_stdin) {
    std::cout << formatted->text;
    return clean;
  }
  if (!changes) return clean;
  const auto status = schema::write_file(formatted->text, path, schema::Existing::changed);
  return status ? clean : fail(status.error().message);
}

int run(const FmtOptions& options) {
  const RealFileSystem files;
  int status = clean;
  for (const std::string& path : options.paths) {
    if (files.is_directory(path)) {
      if (const auto error = files.unlisted(path)) raise_to(status, fail(error->message));
      for (const std::string& file : configurations_in(path, files)) {
        auto bytes = files.read_match(file);
        raise_to(status, bytes ? format_text(options, file, std::move(*bytes))
                               : fail(bytes.error().message));
      }
      continue;
    }
    auto bytes = files.read(path == "-" ? "/dev/stdin" : path);
    raise_to(status,
             bytes ? format_text(options, path, std::move(*bytes)) : fail(bytes.error().message));
  }
  return status;
}

}  // namespace

Command fmt(CLI::App& app) {
  auto options = std::make_shared<FmtOptions>();
  CLI::App* command = app.add_subcommand("fmt", "Rewrite configurations in canonical form");
  command
      ->add_option("path", options->paths,
                   "Files, folders of *.conf and *.ini files, - for standard input to output")
      ->required();
  command->add_flag("--check", options->check,
                    "Only name the files that would change; exit status 1 if there are any");
  command->add_flag("--diff", options->diff, "Only print what would change");
  add_stdin_filename(*command, options->stdin_filename);
  command->footer("Meaning, comments and order stay.");
  return {command, [options] { return run(*options); }};
}

}  // namespace sup::compiler::commands
