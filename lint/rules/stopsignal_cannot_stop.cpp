// SUP310: a stop signal that does not stop.
#include <algorithm>
#include <csignal>

#include "lint/lint.h"

namespace sup::lint {

namespace {

void check_stopsignal_cannot_stop(const Context& context, Diagnostics& out,
                                  const ConfigSection& section, const ConfigEntry& entry) {
  const auto signal = context.read<schema::Signal>(section, entry);
  if (!signal) return;
  // SIG_BLOCK and SIG_DFL are 0 in Python; SIG_IGN and SIG_UNBLOCK are 1, which is SIGHUP.
  const auto text = context.text(section, entry).value_or("");
  const bool is_no_signal = *signal == 0 || text.find('_') != std::string::npos;
  constexpr int harmless[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGCHLD, SIGURG};
  if (!is_no_signal &&
      std::find(std::begin(harmless), std::end(harmless), *signal) == std::end(harmless)) {
    return;
  }
  out.report(stopsignal_cannot_stop.rule, is_no_signal ? Severity::error : Severity::warning,
             context.value_place(entry),
             (is_no_signal ? in_backticks(text) + " is no signal"
                           : schema::signal_name(*signal) + " does not end a process") +
                 "; " + section.display() + " is stopped by SIGKILL after stopwaitsecs")
      .with_hint("write `TERM`, or the signal on which the program stops");
}

}  // namespace

const LintRule stopsignal_cannot_stop = {
    .rule = {"SUP310",           "stopsignal-cannot-stop", Severity::warning,
             "a stop signal that does not stop"},
    .check_value = check_stopsignal_cannot_stop,
    .options = {"stopsignal"}
};

}  // namespace sup::lint
