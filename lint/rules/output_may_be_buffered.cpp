// SUP615, SUP709: programs that hold back what they write, as it goes to a pipe.
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lint/edits.h"
#include "lint/lint.h"
#include "lint/listeners.h"
#include "lint/paths.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

// What makes a Python listener write at once, as far as the start of its file tells.
bool flushes(const Context& context, const ConfigSection& section, const CommandLine& command) {
  const schema::Facts* machine = context.machine();
  if (machine == nullptr || !machine->file_start || command.argv.empty()) return false;
  std::string path = command.argv.front().text;
  if (!path.starts_with('/')) {
    const auto directory = context.read<schema::Text>(section, "directory");
    if (!directory) return false;
    path = *directory + "/" + path;
  }
  const auto text = machine->file_start(path);
  return text && (text->find("flush") != std::string::npos ||
                  text->find("childutils") != std::string::npos);
}

// Interpreters whose listeners must flush by themselves, when they are given as one line of code.
bool is_one_liner(const CommandLine& command) {
  const auto is = [&](std::string_view name) { return is_version_of(command.program, name); };
  if (is("perl") || is("ruby")) return command.has({"-e", "-ne", "-pe", "-nle", "-lne", "-le"});
  if (is("php")) return command.has({"-r"});
  if (is("awk") || is("gawk") || is("mawk"))
    return std::none_of(command.argv.begin(), command.argv.end(), [](const Word& word) {
      return word.text.find("fflush") != std::string::npos || word.text == "-f";
    });
  return false;
}

void check_listener(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (section.name->kind != SectionKind::eventlistener) return;
  const CommandLine* command = command_of(context, section);
  if (command == nullptr || command->argv.empty() || known_listener(*command) != nullptr) return;
  const ConfigEntry& entry = *section.find("command");
  const bool is_python = runs_python(*command);
  if (is_python
          ? is_unbuffered_python(context, section, *command) || flushes(context, section, *command)
          : !is_one_liner(*command)) {
    return;
  }
  auto& diagnostic =
      out.report(listener_output_buffered.rule, context.value_place(entry),
                 section.display() + " may keep READY in its buffer; if its program does not " +
                     "flush after each answer, it never gets an event");
  if (!is_python) {
    diagnostic.with_hint("flush after each answer");
    return;
  }
  diagnostic.with_hint("write `python -u`");
  const InterpreterUse use = interpreter_use(*command);
  if (use.word == nullptr || entry.from_default || !context.is_single_line(entry)) return;
  const Span place = context.value_part(entry, use.word->begin, use.word->end - use.word->begin);
  diagnostic.fix("add `-u`", {place.source, place.end, place.end}, " -u", true);
}

// Modules of Python that log to standard error, or write at once.
constexpr std::array<std::string_view, 9> prompt_modules = {
    "gunicorn", "uvicorn",    "celery",      "hypercorn", "daphne",
    "flask",    "superlance", "http.server", "supervisor"};

bool may_hold_back(const Context& context, const ConfigSection& section) {
  const ConfigEntry* entry = section.find("command");
  if (section.name->kind == SectionKind::eventlistener || entry == nullptr || entry->from_default ||
      entry->value.find("py") == std::string_view::npos) {
    return false;
  }
  // The most common cases first, before the command is taken apart.
  const ConfigEntry* environment = section.find("environment");
  if (environment != nullptr &&
      environment->value.find("PYTHONUNBUFFERED") != std::string_view::npos) {
    return false;
  }
  const CommandLine& command = context.command(section, *entry);
  if (!runs_python(command) || command.is_question()) return false;
  const bool is_prompt = std::any_of(
      prompt_modules.begin(), prompt_modules.end(),
      [&](std::string_view name) { return std::string_view(command.program).starts_with(name); });
  if (is_prompt || is_unbuffered_python(context, section, command)) return false;
  bool is_logged = false;
  each_log(context, section, [&](const Log& log) {
    is_logged = is_logged || (!log.channel->is_stderr && log.target.kind != schema::LogKind::none &&
                              log.target.path != "/dev/null");
  });
  return is_logged;
}

// Adds the variable to the section's environment=.
void add_variable(const Context& context, compiler::Fix& fix, const ConfigSection& section) {
  const std::string variable = "PYTHONUNBUFFERED=\"1\"";
  const ConfigEntry* environment = section.find("environment");
  if (environment == nullptr) {
    insert_line(context, fix, *section.find("command"), "environment=" + variable);
    return;
  }
  // What ends in a comma, or in several lines, is left to the user.
  const std::string_view value = schema::strip(environment->value);
  if (environment->from_default || !context.is_single_line(*environment) || value.ends_with(','))
    return;
  const Span place = context.value_span(*environment);
  fix.edits.push_back({
      {place.source, place.end, place.end},
      (value.empty() ? "" : ",") + variable
  });
}

// Told once for each file.
class HeldBack final : public Tally {
 public:
  void look_at(const Context& context, const ConfigSection& section) override {
    if (section.is_process() && may_hold_back(context, section)) sections_.push_back(&section);
  }

  void add(Tally& other) override {
    const auto& more = static_cast<HeldBack&>(other).sections_;
    sections_.insert(sections_.end(), more.begin(), more.end());
  }

  void report(const Context& context, Diagnostics& out) override {
    std::sort(sections_.begin(), sections_.end());
    std::map<compiler::SourceId, std::vector<const ConfigSection*>> files;
    for (const ConfigSection* section : sections_)
      files[context.key_span(*section->find("command")).source].push_back(section);
    for (const auto& [source, sections] : files) report_file(context, out, sections);
  }

 private:
  static void report_file(const Context& context, Diagnostics& out,
                          const std::vector<const ConfigSection*>& sections) {
    auto& diagnostic = out.report(output_may_be_buffered.rule,
                                  context.value_place(*sections.front()->find("command")),
                                  "Python may hold back what " + sections.front()->display() +
                                      " prints until a block is full, as it writes to a pipe");
    diagnostic.with_hint("add `environment=PYTHONUNBUFFERED=\"1\"`, or write `python -u`");
    if (sections.size() > 1)
      diagnostic.note("the same goes for " + std::to_string(sections.size() - 1) +
                      " more in this file");
    compiler::Fix fix;
    fix.title = "set PYTHONUNBUFFERED";
    fix.safe = true;
    for (const ConfigSection* section : sections) add_variable(context, fix, *section);
    diagnostic.fixes.push_back(std::move(fix));
  }

  std::vector<const ConfigSection*> sections_;
};

std::unique_ptr<Tally> count_held_back(const Context&) { return std::make_unique<HeldBack>(); }

}  // namespace

const LintRule listener_output_buffered = {
    .rule = {"SUP615",        "listener-output-buffered", Severity::info,
             "a listener that may hold back its answers"},
    .check_section = check_listener,
    .options = {"events"}
};

const LintRule output_may_be_buffered = {
    .rule = {"SUP709", "output-may-be-buffered", Severity::info,
             "a Python program whose output may come late"},
    .tally = count_held_back
};

}  // namespace sup::lint
