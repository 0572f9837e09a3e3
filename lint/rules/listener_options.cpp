// SUP605, SUP618: options that an event listener cannot use, its standard output being the
// protocol.
#include "lint/lint.h"

namespace sup::lint {

namespace {

template <class Function>
void each_listener_entry(const ConfigSection& section, Function function) {
  if (section.name->kind != SectionKind::eventlistener) return;
  for (const ConfigEntry& entry : section.entries)
    if (entry.option() != nullptr && !entry.overridden && !entry.from_default) function(entry);
}

void check_capture(const Context& context, Diagnostics& out, const ConfigSection& section) {
  each_listener_entry(section, [&](const ConfigEntry& entry) {
    const std::string_view name = entry.option()->name;
    const bool is_stdout = name == "stdout_capture_maxbytes";
    if (!is_stdout && name != "stderr_capture_maxbytes") return;
    const auto size = context.read<schema::ByteSize>(section, entry);
    if (!size) return;
    const std::string subject = in_backticks(context.key_text(entry)) + " in " + section.display();
    Diagnostic* diagnostic = nullptr;
    if (*size == 0) {
      diagnostic =
          &out.report(listener_capture_maxbytes.rule, Severity::info, context.key_span(entry),
                      subject + " is not for event listeners; 0 is what it is anyway");
      diagnostic->with_hint("remove it");
    } else {
      diagnostic = &out.report(
          listener_capture_maxbytes.rule, context.key_span(entry),
          subject + (is_stdout ? " is not allowed: the standard output of an event listener is "
                                 "read as its protocol, nothing is captured"
                               : " is not allowed: an event listener must not send events itself"));
      diagnostic->with_hint("remove it");
      if (!is_stdout) {
        diagnostic->note(
            "Supervisor accepts it in practice and sends PROCESS_COMMUNICATION_STDERR events");
      }
    }
    add_removal(context, *diagnostic, entry, is_stdout || *size == 0);
  });
}

// A file for the protocol alone, where the listener's words are looked for.
void report_file(const Context& context, Diagnostics& out, const ConfigSection& section,
                 const ConfigEntry& entry) {
  if (section.find("stderr_logfile") != nullptr) return;
  out.report(listener_option_without_effect.rule, context.value_place(entry),
             "this log gets READY and RESULT alone, the protocol of " + section.display() +
                 "; what it says otherwise goes to standard error")
      .with_hint("write `stderr_logfile`");
}

void check_effect(const Context& context, Diagnostics& out, const ConfigSection& section) {
  each_listener_entry(section, [&](const ConfigEntry& entry) {
    const std::string_view name = entry.option()->name;
    if (name == "stdout_syslog" || name == "stdout_events_enabled") {
      if (!context.read<schema::Boolean>(section, entry).value_or(false)) return;
      auto& diagnostic =
          out.report(listener_option_without_effect.rule, context.key_span(entry),
                     in_backticks(context.key_text(entry)) + " has no effect in " +
                         section.display() + ", whose standard output is read as its protocol");
      diagnostic.with_hint("remove it");
      add_removal(context, diagnostic, entry, true);
    } else if (name == "stdout_logfile") {
      const auto log = context.read<schema::LogTarget>(section, entry);
      if (!log || log->kind != schema::LogKind::file) return;
      if (log->path != "/dev/stdout" && log->path != "/dev/fd/1" &&
          log->path != "/proc/self/fd/1") {
        report_file(context, out, section, entry);
        return;
      }
      auto& diagnostic = out.report(listener_option_without_effect.rule, context.value_place(entry),
                                    "the standard output of " + section.display() +
                                        " is its protocol; this log is full of READY and RESULT");
      diagnostic.with_hint("write `NONE`");
      if (context.is_single_line(entry)) {
        diagnostic.fix("write `NONE`", context.value_span(entry), "NONE", false);
      }
    }
  });
}

}  // namespace

const LintRule listener_capture_maxbytes = {
    .rule = {"SUP605",                                 "listener-capture-maxbytes", Severity::error,
             "a capture buffer for an event listener"},
    .check_section = check_capture,
    .options = {"stdout_capture_maxbytes", "stderr_capture_maxbytes"                           }
};

const LintRule listener_option_without_effect = {
    .rule = {"SUP618", "listener-option-without-effect", Severity::info,
             "an option that does nothing in an event listener"},
    .check_section = check_effect,
    .options = {"stdout_syslog",        "stdout_events_enabled",                          "stdout_logfile"         }
};

}  // namespace sup::lint
