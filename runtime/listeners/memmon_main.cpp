// The command line of memmon.

#include <cstdio>

#include "runtime/listeners/checking.h"
#include "runtime/listeners/memmon.h"
#include "runtime/listeners/tables.h"
#include "runtime/listeners/tools.h"
#include "schema/text.h"

namespace sup::listeners {

namespace {

constexpr const char* memmon_name = "memmon";

std::string memmon_help() {
  return "Restarts processes that use more memory than they may, looking with every tick.\n"
         "\n"
         "Usage: memmon [-c] [-p NAME=SIZE]... [-g GROUP=SIZE]... [-a SIZE] [OPTION...]\n"
         "\n"
         "    [eventlistener:memmon]\n"
         "    command=memmon -p web=200MB -g workers=1GB -m ops@example.org\n"
         "    events=TICK_60\n"
         "\n" +
         argument_help(arguments_of(memmon_name));
}

int refuse_memmon(const std::string& text) {
  std::printf("%s\n%s", text.c_str(), memmon_help().c_str());
  return exit_refused;
}

// What is wrong, or nothing.
std::string take_limit(const GivenArgument& given, std::map<std::string, std::int64_t>& limits) {
  const std::string option = "-" + std::string(1, given.argument->letter);
  const std::size_t equals = given.value.find('=');
  if (equals == std::string::npos) {
    return "Unparseable value " + schema::python_repr(given.value) + " for '" + option + "'";
  }
  const std::optional<std::int64_t> size = byte_size(given.value.substr(equals + 1));
  if (!size) {
    return "Unparseable byte_size in " + schema::python_repr(given.value) + " for '" + option + "'";
  }
  limits[given.value.substr(0, equals)] = *size;
  return "";
}

std::string take(const GivenArgument& given, bool compat, MemMonSettings& settings) {
  const std::string_view name = given.argument->name;
  if (name == "program" || name == "group") {
    // superlance keeps both in the variable of -n.
    if (compat) settings.name = given.value.substr(0, given.value.find('='));
    return take_limit(given, name == "program" ? settings.programs : settings.groups);
  }
  if (name == "any") {
    settings.any = byte_size(given.value);
    if (!settings.any) {
      return "Unparseable byte_size in " + schema::python_repr(given.value) + " for '-a'";
    }
  } else if (name == "uptime") {
    settings.uptime_seconds = duration_seconds(given.value);
    if (!settings.uptime_seconds) {
      return "Unparseable value for time in " + schema::python_repr(given.value) + " for -u";
    }
  } else if (name == "name") {
    settings.name = given.value;
  } else if (name == "measure") {
    if (given.value != "rss" && given.value != "pss" && given.value != "cgroup") {
      return "--measure: rss, pss or cgroup is expected";
    }
    settings.is_proportional = given.value == "pss";
    settings.is_by_group = given.value == "cgroup";
  }
  return "";
}

}  // namespace

int memmon(int count, char** arguments) {
  const CommandLine line = read_command_line(memmon_name, count, arguments);
  if (line.mistake) return refuse_memmon(*line.mistake);
  if (line.has("help")) {
    std::fputs(memmon_help().c_str(), stdout);
    return 0;
  }
  MemMonSettings settings;
  settings.is_cumulative = line.has("cumulative");
  settings.is_dry_run = line.has("dry-run");
  for (const GivenArgument& given : line.given) {
    const std::string wrong = take(given, line.has("compat"), settings);
    if (!wrong.empty()) return refuse_memmon(wrong);
  }
  if (settings.programs.empty() && settings.groups.empty() && !settings.any &&
      !line.has("compat")) {
    return refuse_memmon("memmon: nothing to check: -p, -g or -a is expected");
  }
  if (settings.is_cumulative && (settings.is_proportional || settings.is_by_group)) {
    return refuse_memmon("memmon: --measure does not go with --cumulative");
  }
  MailSettings mail;
  mail.sendmail = line.value("sendmail_program").value_or(mail.sendmail);
  const schema::Status read = read_mail_arguments(line, mail);
  if (!read) return refuse_memmon("memmon: " + read.error().message);
  if (environment("SUPERVISOR_SERVER_URL").empty()) {
    log_line("", "memmon must be run as a supervisor event listener");
    return 1;
  }
  PostOffice office("memmon", std::move(mail), [](const Mail&) {});
  CheckingListener listener(office, line.value("email"),
                            [&](const std::string&) { return check_memory(settings); });
  const int status = office.listen(listener);
  listener.report_rest();
  return status;
}

}  // namespace sup::listeners
