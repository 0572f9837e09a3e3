// crashmail: a mail for each unexpected exit.

#include <cstdio>

#include "runtime/listeners/names.h"
#include "runtime/listeners/post_office.h"
#include "runtime/listeners/tables.h"
#include "runtime/listeners/times.h"
#include "runtime/listeners/tools.h"

namespace sup::listeners {

namespace {

constexpr const char* tool_name = "crashmail";

std::string help() {
  return "Mails when a program ends unexpectedly.\n"
         "\n"
         "Usage: crashmail [OPTION...]\n"
         "\n"
         "An event listener for events=PROCESS_STATE_EXITED:\n"
         "\n"
         "    [eventlistener:crashmail]\n"
         "    command=crashmail -p web -m ops@example.org\n"
         "    events=PROCESS_STATE_EXITED\n"
         "\n" +
         argument_help(arguments_of(tool_name));
}

class CrashMail : public Listener {
 public:
  CrashMail(PostOffice& office, const CommandLine& line)
      : office_(office),
        programs_(line.has("any") || office.settings.compat ? std::vector<std::string>()
                                                            : line.values("program")),
        prefix_(line.value("optionalheader")),
        address_(line.value("email")) {
    if (!address_ && office.settings.compat) address_ = "None";
    if (address_ == "") address_.reset();
    if (prefix_ == "") prefix_.reset();
  }

  bool handle(const Event& event) override {
    if (event.name != "PROCESS_STATE_EXITED" || event.field("expected").value_or("1") != "0") {
      return true;
    }
    if (!programs_.empty() && !any_names_process(programs_, event.group(), event.process())) {
      return true;
    }
    const std::string when = time_stamp(milliseconds_now());
    if (!address_) {
      log_line("", "unexpected exit of " + event.group_and_name() + ", no mail: there is no -m");
      return true;
    }
    log_line("", "unexpected exit, mailing");
    const std::string text = event.process() + " crashed at " + when;
    office_.mail(*address_, prefix_ ? *prefix_ + ": " + text : " " + text,
                 "Process " + event.process() + " in group " + event.group() +
                     " exited unexpectedly (pid " + event.text("pid") + ") from state " +
                     event.text("from_state"));
    return true;
  }

 private:
  PostOffice& office_;
  std::vector<std::string> programs_;
  std::optional<std::string> prefix_;
  std::optional<std::string> address_;
};

}  // namespace

int crashmail(int count, char** arguments) {
  const CommandLine line = read_command_line(tool_name, count, arguments);
  if (line.mistake) log_line("crashmail", *line.mistake);
  if (line.mistake || line.has("help")) {
    std::fputs(help().c_str(), stdout);
    return line.mistake ? exit_refused : 0;
  }
  MailSettings settings;
  settings.sendmail = line.value("sendmail_program").value_or(settings.sendmail);
  const schema::Status read = read_mail_arguments(line, settings);
  if (!read) {
    log_line("crashmail", read.error().message);
    return exit_refused;
  }
  if (!is_under_supervisor()) {
    log_line("", "crashmail must be run as a supervisor event listener");
    return 0;
  }
  PostOffice office("crashmail", std::move(settings), report_mailed);
  CrashMail listener(office, line);
  return office.listen(listener);
}

}  // namespace sup::listeners
