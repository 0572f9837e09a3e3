// SUP702: several processes that write one log file.
#include <string>
#include <unordered_map>
#include <vector>

#include "lint/edits.h"
#include "lint/lint.h"
#include "lint/paths.h"

namespace sup::lint {

namespace {

// A log, or all logs of the processes of a section that are one file.
struct Writer {
  const ConfigSection* section;
  const ConfigEntry* entry;
  bool rotates;
};

bool is_comparable(const Log& log) {
  return log.entry != nullptr && log.target.kind == schema::LogKind::file &&
         !log.target.path.empty() && !is_device(log.target.path);
}

bool may_rotate(const Context& context, const ConfigSection& section, const Log& log) {
  return log_limit(context, section, *log.channel).value_or(0) > 0;
}

// Several processes of one section with one log.
void check_own(const Context& context, Diagnostics& out, const Writer& writer,
               std::int64_t numprocs) {
  const std::string_view value = writer.entry->value;
  if (value.find("%(process_num)") != std::string_view::npos) return;
  auto& diagnostic =
      out.report(shared_log_file.rule, writer.rotates ? Severity::error : Severity::warning,
                 context.value_place(*writer.entry),
                 "the " + std::to_string(numprocs) + " processes of " + writer.section->display() +
                     " write one log" +
                     (writer.rotates ? ", and its rotation by each of them loses lines" : ""));
  diagnostic.with_hint("put `%(process_num)02d` into the name");
  if (writer.entry->from_default || !context.is_single_line(*writer.entry)) return;
  const Span place = context.value_span(*writer.entry);
  std::string text(value);
  const std::size_t slash = text.rfind('/');
  std::size_t dot = text.rfind('.');
  if (dot == std::string::npos || (slash != std::string::npos && dot <= slash + 1)) {
    dot = text.size();
  }
  text.insert(dot, "_%(process_num)02d");
  diagnostic.fix("write " + quoted(text), place, text, true);
}

class Files {
 public:
  Files(const Context& context, Diagnostics& out) : context_(context), out_(out) {}

  void add(const ConfigSection& section) {
    const bool is_daemon = section.name->kind == SectionKind::supervisord;
    std::int64_t numprocs = 1;
    if (!is_daemon && section.find("numprocs") != nullptr)
      numprocs = context_.read<schema::Integer>(section, "numprocs").value_or(1);
    each_log(context_, section, [&](const Log& log) {
      if (!is_comparable(log)) return;
      const Writer writer{&section, log.entry, may_rotate(context_, section, log)};
      if (numprocs > 1) check_own(context_, out_, writer, numprocs);
      if (!context_.config().fragment) add(writer, log);
    });
  }

 private:
  void add(const Writer& writer, const Log& log) {
    const auto [known, fresh] = writers_.emplace(plain_path(log.target.path), writer);
    const Writer& first = known->second;
    // Both logs of one program are SUP703.
    if (fresh || first.section == writer.section) return;
    const bool rotates = first.rotates || writer.rotates;
    auto& diagnostic = out_.report(
        shared_log_file.rule, rotates ? Severity::error : Severity::warning,
        context_.value_place(*writer.entry),
        writer.section->display() + " and " + first.section->display() + " write one log" +
            (rotates ? "; when one of them rotates it, lines of both are lost" : ""));
    diagnostic.label(context_.value_place(*first.entry), "the same file");
    diagnostic.with_hint(rotates ? "give each its own file, or switch rotation off for both"
                                 : "give each its own file");
  }

  const Context& context_;
  Diagnostics& out_;
  std::unordered_map<std::string, Writer> writers_;
};

void check(const Context& context, Diagnostics& out) {
  Files files(context, out);
  for (const ConfigSection& section : context.config().sections)
    if (section.name && !log_channels(section.name->kind).empty()) files.add(section);
}

}  // namespace

const LintRule shared_log_file = {
    .rule = {"SUP702", "shared-log-file", Severity::warning, "several processes write one log"},
    .explanation =
        "Each process opens its log for itself. When one of them rotates it, the others go on\n"
        "writing to the renamed file, and backups are mixed and lost. Without rotation only the\n"
        "lines are mixed.\n"
        "  numprocs=4\n"
        "  stdout_logfile=/var/log/%(program_name)s.log\n"
        "  write: stdout_logfile=/var/log/%(program_name)s_%(process_num)02d.log\n",
    .check = check,
    .looks_at_whole = true
};

}  // namespace sup::lint
