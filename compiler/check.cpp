#include "compiler/check.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "compiler/compiler_rules.h"
#include "compiler/ini/entry_lines.h"
#include "schema/expand.h"
#include "schema/extensions.h"
#include "schema/suggest.h"
#include "schema/text.h"
#include "schema/values.h"

namespace sup::compiler {
namespace {

// Names are asked for, values are told.
bool is_suggestion(std::string_view rule) {
  return rule == "unknown-event" || rule == "unknown-program-in-group" ||
         rule == "unknown-expansion" || rule == "invalid-signal" || rule == "invalid-loglevel" ||
         rule == "unknown-user-or-group";
}

// Options that the section is refused with: all that can be done is to take them out.
bool is_in_the_way(std::string_view rule) {
  return rule == "socket-option-on-tcp" || rule == "socket-backlog-range" ||
         rule == "stopasgroup-without-killasgroup" || rule == "listener-redirect-stderr";
}

// Whether a name is so near that no other can be meant.
bool is_certain(const schema::Fault& fault, std::string_view written) {
  if (!fault.is_certain) return false;
  if (fault.rule == "unknown-expansion") return schema::equals_ignoring_case(fault.fix, written);
  if (fault.rule != "unknown-event" && fault.rule != "unknown-program-in-group") return true;
  // Another number is another thing, not a misspelling.
  const auto digits = [](std::string_view text) {
    std::string found;
    for (const char c : text)
      if (c >= '0' && c <= '9') found += c;
    return found;
  };
  if (digits(written) != digits(fault.fix)) return false;
  const bool is_event = fault.rule == "unknown-event";
  if (written.size() <= 2) return false;  // any other name is as near
  return schema::edit_distance(is_event ? schema::upper(written) : std::string(written), fault.fix,
                               2) <= 2;
}

class Reporter {
 public:
  Reporter(Lowering& lowering, const Config& config, const SourceMap& sources,
           Diagnostics& diagnostics)
      : lowering_(lowering), config_(config), sources_(sources), diagnostics_(diagnostics) {}

  // Whether something is said to be missing that other lines may have: the options of a section
  // without any, or a program.
  bool is_about_absence(const schema::Fault& fault) {
    if (fault.section >= lowering_.section_count()) return false;
    if (fault.rule == "unknown-program-in-group") return true;
    return !fault.setting && lowering_.settings(fault.section, room_).empty() &&
           (fault.rule == "missing-required-key" || fault.rule == "listener-without-events");
  }

  void report(const schema::Fault& fault) {
    if (fault.section >= lowering_.section_count()) {
      report_whole(fault);
      return;
    }
    const ConfigSection& section = lowering_.section(fault.section);
    const Rule& rule = compiler_rule(fault.rule);
    if (!fault.setting) {
      advise(diagnostics_.report(rule, section.headers.front(),
                                 compiler_message(fault.rule, fault.message, fault.is_ours)),
             fault);
      return;
    }
    const ConfigEntry& entry = lowering_.entry(fault.section, *fault.setting);
    const std::string_view key = entry.option()->name;
    const Span span = place(fault, entry);
    // Every section has the options of [DEFAULT]; that is one mistake.
    if (entry.from_default && !told_of_default_.emplace(fault.rule, span.source, span.begin).second)
      return;
    Diagnostic& made =
        diagnostics_.report(rule, span,
                            section.display() + " " + std::string(key) + ": " +
                                compiler_message(fault.rule, fault.message, fault.is_ours));
    if (entry.option()->has(schema::OptionFlags::secret)) made.hidden = config_.value_span(entry);
    if (!fault.note.empty()) made.note(fault.note);
    if (fault.rule == "bare-percent-conversion")
      made.note("every user of the machine could read it in the process list");
    if (entry.from_default) made.note("the value comes from [DEFAULT], which every section gets");
    if (fault.rule == "unknown-program-in-group") point_to_header(made, sources_.text(span));
    offer_lines(made, fault, entry);
    if (fault.related_section && *fault.related_section < lowering_.section_count())
      made.label(lowering_.section(*fault.related_section).headers.front(), "here");
    if (fault.fix.empty()) {
      advise(made, fault);
      return;
    }
    const bool whole = fault.length == 0;
    made.with_hint(is_suggestion(fault.rule) ? "did you mean `" + fault.fix + "`?"
                   : whole                   ? "write `" + std::string(key) + "=" + fault.fix + "`"
                                             : "write `" + fault.fix + "`");
    const bool credentials = key == "username" || key == "password";
    if (exact_)
      made.fix("write `" + fault.fix + "`", span, fault.fix,
               compiler_fix_is_safe(fault.rule) && !credentials &&
                   is_certain(fault, sources_.text(span)));
  }

 private:
  // The header that was to make the program of that name and does not.
  void point_to_header(Diagnostic& made, std::string_view program) const {
    for (const ConfigSection& section : config_.sections) {
      const std::string_view name = schema::strip_right(section.full_name);
      const bool has_blank = section.name && section.name->kind == schema::SectionKind::program &&
                             schema::strip(section.name->name) == program;
      const bool is_like_it =
          !section.name && name.size() > program.size() && name.ends_with(program) &&
          std::string_view(":- ").find(name[name.size() - program.size() - 1]) !=
              std::string_view::npos;
      if (!has_blank && !is_like_it) continue;
      made.label(section.headers.front(),
                 has_blank ? "the blank is a part of this name" : "this is no header of a program");
      return;
    }
  }

  static void advise(Diagnostic& made, const schema::Fault& fault) {
    if (made.hint.empty()) made.with_hint(std::string(compiler_advice(fault.rule)));
  }

  // Fixes of whole lines.
  void offer_lines(Diagnostic& made, const schema::Fault& fault, const ConfigEntry& entry) {
    if (entry.from_default) return;
    const Document& document = config_.document(entry);
    const Entry written = config_.written(entry);
    const std::string key(entry.option()->name);
    if (is_in_the_way(fault.rule)) {
      made.with_hint("remove it")
          .fix("remove `" + key + "`", whole_lines(document, written), "",
               compiler_fix_is_safe(fault.rule));
    } else if (fault.rule == "numprocs-needs-process-num" && key == "numprocs") {
      const Span indent = indentation(document, written);
      const std::uint32_t end = document.line(written.line).end;
      std::string line = "process_name=%(program_name)s_%(process_num)02d";
      line += sources_.text({indent.source, indent.begin, end}).ends_with("\r\n") ? "\r\n" : "\n";
      line += sources_.text(indent);
      made.fix("add `process_name`", {indent.source, indent.end, indent.end}, std::move(line),
               compiler_fix_is_safe(fault.rule));
    }
  }

  // Mistakes of the configuration as a whole are shown at the start of its main file.
  void report_whole(const schema::Fault& fault) {
    const SourceId source = config_.files->files.front().source;
    const std::string_view line = sources_.line(source, 1);
    Diagnostic& made =
        diagnostics_.report(compiler_rule(fault.rule),
                            {source, 0, static_cast<std::uint32_t>(line.size())}, fault.message);
    if (fault.rule == "missing-supervisord-section")
      made.with_hint("add an empty [supervisord]")
          .fix("add [supervisord]", {source, 0, 0}, "[supervisord]\n\n", true);
  }

  // The marked part in the user's text; sets exact_ when an edit there would do what the fault
  // says.
  Span place(const schema::Fault& fault, const ConfigEntry& entry) {
    const Document& document = config_.document(entry);
    const Entry written = config_.written(entry);
    const schema::Setting& setting = lowering_.settings(fault.section, room_)[*fault.setting];
    Span whole = written.value;
    exact_ = setting.text == entry.value && entry.value.find('\n') == std::string_view::npos;
    // An empty value has no place of its own.
    if (whole.begin == whole.end) whole = {whole.source, written.key.begin, written.delimiter.end};
    if (written.value.begin == written.value.end && fault.length == 0) {
      exact_ = false;
      return whole;
    }
    if (fault.length == 0 || fault.begin + fault.length > setting.text.size()) return whole;
    std::size_t begin = fault.begin;
    if (setting.text != entry.value) {
      // %(here)s was replaced: the part is looked for in what was written.
      const std::size_t found = entry.value.find(setting.text.substr(fault.begin, fault.length));
      if (found == std::string_view::npos) return whole;
      begin = found;
    }
    const auto spans = document.spans(written, begin, fault.length);
    if (spans.size() != 1) {
      exact_ = false;
      return spans.empty() ? whole : spans.front();
    }
    exact_ = true;
    return spans.front();
  }

  Lowering& lowering_;
  const Config& config_;
  const SourceMap& sources_;
  Diagnostics& diagnostics_;
  bool exact_ = false;
  std::vector<schema::Setting> room_;
  std::set<std::tuple<std::string_view, SourceId, std::uint32_t>> told_of_default_;
};

schema::Facts assumed_facts(const CompileOptions& options) {
  schema::Facts facts;
  if (options.machine != nullptr) facts = *options.machine;
  facts.environment = [&options](std::string_view name) -> std::optional<std::string> {
    const auto found = options.environment.find(name);
    if (found == options.environment.end()) return std::nullopt;
    return found->second;
  };
  // As Python's expanduser: HOME counts before the user database.
  facts.home = [&options,
                database = facts.home](std::string_view user) -> std::optional<std::string> {
    const auto home = options.environment.find("HOME");
    if (user.empty() && home != options.environment.end()) return home->second;
    return database ? database(user) : std::nullopt;
  };
  facts.host_name = options.host_name;
  facts.missing_variable_is_error = options.environment_is_complete;
  facts.partial = options.fragment;
  facts.only_check = options.only_check || options.only_plan;
  facts.may_ask_in_parallel = options.machine == nullptr;
  return facts;
}

// Whoever moves to suprun is to know what stays behind.
void report_extensions(const Config& config, Diagnostics& diagnostics) {
  for (const ConfigSection* section : config.besides_programs) {
    if (!section->name) continue;
    const bool is_interface = section->name->kind == schema::SectionKind::rpcinterface;
    const ConfigEntry* factory = is_interface ? section->find("supervisor.rpcinterface_factory")
                                 : section->name->kind == schema::SectionKind::ctlplugin
                                     ? section->find("supervisor.ctl_factory")
                                     : nullptr;
    std::string read;
    if (factory == nullptr || schema::is_main_interface(factory->value) ||
        factory->value.find(':') == std::string_view::npos ||
        schema::EntryPoint::read(factory->value, {}, read))
      continue;  // there is none, it is ours, or it is refused
    diagnostics
        .report(compiler_rule("python-extension"), config.value_span(*factory),
                section->display() + " is an extension in Python: " +
                    (is_interface ? "Supervisor loads it, suprun does not and answers no `" +
                                        std::string(section->name->name) + ".*`"
                                  : "supervisorctl loads it, supctl does not and lacks its "
                                    "commands"))
        .with_hint(std::string(compiler_advice("python-extension")));
  }
}

}  // namespace

schema::Resolved check(Lowering& lowering, const Config& config, const SourceMap& sources,
                       const CompileOptions& options, Diagnostics& diagnostics) {
  // Lines were not understood, or come out of a template: what is missing may stand there.
  const bool has_gaps = options.fragment && (sources.has_markers() || diagnostics.has_errors());
  schema::InstantiateResult result =
      schema::instantiate(lowering.plan(), assumed_facts(options),
                          [&lowering](std::size_t section, std::vector<schema::Setting>& room) {
                            return lowering.settings(section, room);
                          });
  Reporter reporter(lowering, config, sources, diagnostics);
  for (const schema::Fault& fault : result.faults)
    if (!has_gaps || !reporter.is_about_absence(fault)) reporter.report(fault);
  report_extensions(config, diagnostics);
  return std::move(result.resolved);
}

}  // namespace sup::compiler
