// SUP204, SUP205: options that only earlier versions read.
#include "lint/lint.h"
#include "lint/names.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

void rename(const Context& context, Diagnostic& diagnostic, const ConfigEntry& entry,
            std::string_view option, bool safe) {
  diagnostic.fix("write " + in_backticks(option), context.key_span(entry), std::string(option),
                 safe);
}

// log_stdout and log_stderr were switches; what they said is said by other options now.
void replace_switch(const Context& context, Diagnostic& diagnostic, const ConfigSection& section,
                    const ConfigEntry& entry) {
  const auto text = context.text(section, entry);
  bool is_on = false;
  if (!text || schema::Boolean::read(*text, {context.options().target}, is_on)) return;
  const bool is_stdout = entry.key() == "log_stdout";
  // In version 2 log_stderr=true wrote both streams to the one logfile.
  const std::string option =
      is_stdout ? (is_on ? "" : "stdout_logfile") : (is_on ? "redirect_stderr" : "stderr_logfile");
  const bool is_listener = section.name->kind == SectionKind::eventlistener;
  if (option.empty()) {
    add_removal(context, diagnostic, entry, true);
    return;
  }
  if (section.find(option) != nullptr || (option == "redirect_stderr" && is_listener) ||
      (option == "stdout_logfile" && section.find("logfile") != nullptr)) {
    return;
  }
  const std::string line = option + (option == "redirect_stderr" ? "=true" : "=NONE");
  // What log_stderr=false meant, the default of the AUTO log, is not worth an unasked change.
  diagnostic.fix("write `" + line + "`",
                 {context.key_span(entry).source, context.key_span(entry).begin,
                  context.whole_value(entry).end},
                 line, option != "stderr_logfile");
}

void check_program(const Context& context, Diagnostics& out) {
  each_key(context, KeyKind::former,
           [&](const ConfigSection& section, const ConfigEntry& entry, const KeyVerdict& verdict,
               const KeyJudge& judge) {
             if (!section.is_process()) return;
             const schema::DialectKey& change = *verdict.row;
             auto& diagnostic =
                 out.report(supervisor2_program_option.rule, context.key_span(entry),
                            in_backticks(context.key_text(entry)) + " in " + section.display() +
                                " is not read since Supervisor " + std::string(change.until) +
                                (entry.key() == "logfile" && judge.is_free("stdout_logfile")
                                     ? "; the output goes to an AUTO log"
                                     : ""));
             if (entry.key() == "log_stdout" || entry.key() == "log_stderr") {
               diagnostic.with_hint(section.name->kind == SectionKind::eventlistener
                                        ? "remove it"
                                        : std::string(change.advice));
               if (!entry.overridden) replace_switch(context, diagnostic, section, entry);
               return;
             }
             if (change.option.empty()) {
               diagnostic.with_hint(std::string(change.advice));
               return;
             }
             diagnostic.with_hint("it is called " + in_backticks(change.option) + " today");
             // The capture files held text, the capture buffers are sizes: not the same value.
             const bool is_capture = entry.key().ends_with("_capturefile");
             if (judge.is_free(change.option) && !entry.overridden && !is_capture) {
               rename(context, diagnostic, entry, change.option, true);
             }
           });
}

void check_server_options(const Context& context, Diagnostics& out) {
  each_key(context, KeyKind::former,
           [&](const ConfigSection& section, const ConfigEntry& entry, const KeyVerdict& verdict,
               const KeyJudge&) {
             if (section.is_process()) return;
             const bool is_server = entry.key().starts_with("http_");
             out.report(supervisor2_server_option.rule, context.key_span(entry),
                        in_backticks(context.key_text(entry)) + " in " + section.display() +
                            " is not read since Supervisor " + std::string(verdict.row->until) +
                            (is_server ? "; it opens no server and protects none" : ""))
                 .with_hint(std::string(verdict.row->advice));
           });
}

}  // namespace

const LintRule supervisor2_program_option = {
    .rule = {"SUP204", "supervisor2-program-option", Severity::warning,
             "an option of a program that only Supervisor 2 read"},
    .check = check_program
};

const LintRule supervisor2_server_option = {
    .rule = {"SUP205", "supervisor2-server-option", Severity::warning,
             "an option of the control server that only Supervisor 2 read"},
    .check = check_server_options
};

}  // namespace sup::lint
