// The command line of httpok.

#include <algorithm>
#include <cstdio>

#include "runtime/listeners/checking.h"
#include "runtime/listeners/httpok.h"
#include "runtime/listeners/tables.h"
#include "runtime/listeners/tools.h"

namespace sup::listeners {

namespace {

constexpr const char* httpok_name = "httpok";

std::string httpok_help() {
  return "Asks a URL with every tick; if the answer is not good, restarts programs and mails.\n"
         "\n"
         "Usage: httpok [OPTION...] URL\n"
         "\n"
         "    [eventlistener:httpok]\n"
         "    command=httpok -p web -t 5 -m ops@example.org http://127.0.0.1:8080/health\n"
         "    events=TICK_60\n"
         "\n" +
         argument_help(arguments_of(httpok_name));
}

int refuse_httpok(const std::string& text) {
  log_line("httpok", text);
  std::fputs(httpok_help().c_str(), stdout);
  return exit_refused;
}

// A number of an option into `place`. False if it is none.
bool take_number(const CommandLine& line, const char* name, int& place) {
  const auto value = line.value(name);
  if (!value) return true;
  const std::optional<int> number = whole_number(*value);
  if (!number || *number < 0) {
    log_line("httpok", std::string("--") + name + " " + *value + ": a number is expected");
    return false;
  }
  place = *number;
  return true;
}

bool take_codes(const CommandLine& line, std::vector<int>& codes) {
  const std::vector<std::string> given = line.values("code");
  if (!given.empty()) codes.clear();
  for (const std::string& each : given) {
    const std::optional<int> code = whole_number(each);
    if (!code) {
      log_line("httpok", "--code " + each + ": a number is expected");
      return false;
    }
    codes.push_back(*code);
  }
  return true;
}

// "3/1h"
bool take_restarts(const CommandLine& line, HttpOkSettings& settings) {
  const auto value = line.value("max-restarts");
  if (!value) return true;
  const std::size_t slash = std::min(value->find('/'), value->size());
  const int count = whole_number(value->substr(0, slash)).value_or(0);
  const std::int64_t window =
      slash < value->size() ? duration_seconds(value->substr(slash + 1)).value_or(0) : 0;
  if (count < 1 || window < 1) {
    log_line("httpok",
             "--max-restarts " + *value + ": a number within a time is expected, such as 3/1h");
    return false;
  }
  settings.maximum_restarts = count;
  settings.restart_window_seconds = window;
  return true;
}

bool is_eager(const CommandLine& line) {
  bool eager = true;
  for (const GivenArgument& each : line.given) {
    if (each.argument->letter == 'e') eager = true;
    if (each.argument->letter == 'E') eager = false;
  }
  return eager;
}

}  // namespace

int httpok(int count, char** arguments) {
  const CommandLine line = read_command_line(httpok_name, count, arguments);
  if (line.mistake) return refuse_httpok(*line.mistake);
  if (line.has("help")) {
    std::fputs(httpok_help().c_str(), stdout);
    return 0;
  }
  if (line.words.size() != 1)
    return refuse_httpok("exactly one URL is expected, after the options");
  HttpOkSettings settings{
      .url = line.words[0],
      .programs = line.values("program"),
      .restarts_any = line.has("any"),
      .includes_listeners = line.has("include-listeners") || line.has("compat"),
      .core_folder = line.value("coredir").value_or(""),
      .body = line.value("body"),
      .is_eager = is_eager(line),
      .name = line.value("name").value_or(""),
      .tls = {.authorities = line.value("ca-file").value_or(""),
              .verifies = !line.has("insecure") && !line.has("compat")},
      .is_dry_run = line.has("dry-run")
  };
  settings.gcore = line.value("gcore").value_or(settings.gcore);
  if (!take_number(line, "timeout", settings.timeout_seconds) ||
      !take_number(line, "failures", settings.failures) ||
      !take_number(line, "wait", settings.pause_seconds) ||
      !take_codes(line, settings.good_codes)) {
    return 1;
  }
  if (!take_restarts(line, settings)) return 1;
  if (!settings.url.starts_with("http://") && !settings.url.starts_with("https://")) {
    log_line("httpok",
             "Bad scheme in " + shown_url(settings.url) + ": http:// or https:// is expected");
    return 1;
  }
  if (shown_url(settings.url) != settings.url) {
    log_line("httpok", "the password in the URL is seen by all users of this machine");
  }
  MailSettings mail;
  mail.sendmail = line.value("sendmail_program").value_or(mail.sendmail);
  const schema::Status read = read_mail_arguments(line, mail);
  if (!read) return refuse_httpok(read.error().message);
  if (environment("SUPERVISOR_SERVER_URL").empty()) {
    log_line("", "httpok must be run as a supervisor event listener");
    return 0;
  }
  PostOffice office("httpok", std::move(mail), report_mailed);
  CheckingListener listener(office, line.value("email"),
                            [&](const std::string& state) { return check_url(settings, state); });
  const int status = office.listen(listener);
  listener.report_rest();
  return status;
}

}  // namespace sup::listeners
