// crashmailbatch, fatalmailbatch, crashsms: messages of many events in one mail.

#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "runtime/listeners/batch.h"
#include "runtime/listeners/batch_file.h"
#include "runtime/listeners/post_office.h"
#include "runtime/listeners/tables.h"
#include "runtime/listeners/times.h"
#include "runtime/listeners/tools.h"
#include "schema/text.h"

namespace sup::listeners {

namespace {

std::string help(const BatchTool& tool) {
  const std::string name(tool.name);
  return "Collects messages of " + std::string(tool.event) +
         " and mails them together.\n\nUsage: " + name +
         " -t ADDRESS -f ADDRESS [OPTION...]\n\nAn event listener:\n\n    [eventlistener:" + name +
         "]\n    command=" + name +
         " -t ops@example.org -f supervisor@example.org\n    events=" + std::string(tool.event) +
         ",TICK_60\n\n" + argument_help(arguments_of(tool.name));
}

class BatchListener : public Listener {
 public:
  BatchListener(PostOffice& office, const BatchTool& tool, Batch::Settings settings, std::string to,
                std::optional<std::string> subject)
      : office_(office),
        tick_(settings.tick_event),
        batch_(tool, std::move(settings)),
        file_(office.settings.queue),
        to_(std::move(to)),
        subject_(subject) {}

  void begin() override { batch_.restore(file_.load()); }

  bool handle(const Event& event) override {
    if (const auto message = batch_.take(event, time_stamp(milliseconds_now()))) {
      log_line("", *message);
      if (batch_.lost() == 1) {
        log_line(office_.name, "too many messages wait for " + tick_ +
                                   "; the oldest are not mailed from here on");
      }
      const schema::Status kept = file_.append(*message);
      if (!kept) {
        log_line(office_.name, kept.error().message + "; the message is kept in memory alone");
      }
    }
    if (const auto body = batch_.tick(event)) send(*body);
    return true;
  }

  // superlance loses what waits for the next tick.
  void stop() override {
    const auto body = batch_.flush();
    if (body && !office_.settings.compat) send(*body);
  }

 private:
  void send(const std::string& body) {
    write_all(STDERR_FILENO, batch_log(to_, office_.settings.from, subject_, body));
    office_.mail(to_, subject_, body);
    file_.clear();
  }

  PostOffice& office_;
  std::string tick_;
  Batch batch_;
  BatchFile file_;
  std::string to_;
  std::optional<std::string> subject_;
};

int usage(const BatchTool& tool, const std::string& text) {
  const std::string name(tool.name);
  std::fprintf(stderr, "Usage: %s [options]\n\n%s: error: %s\n", name.c_str(), name.c_str(),
               text.c_str());
  return exit_usage;
}

std::optional<double> number_of(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && parsed == end && !text.empty() ? std::optional(value)
                                                                : std::nullopt;
}

schema::Status mail_settings(const BatchTool& tool, const CommandLine& line,
                             MailSettings& settings) {
  settings.smtp.emplace();
  set_host_and_port(line.value("smtpHost").value_or("localhost"), *settings.smtp);
  settings.from = line.value("fromEmail").value_or("");
  settings.smtp->user = line.value("userName").value_or("");
  settings.smtp->password = line.value("password").value_or("");
  if (!settings.smtp->password.empty()) {
    log_line(tool.name,
             "the password is seen by all users of this machine; give it by --mail-password-file "
             "or in the environment as SMTP_PASSWORD");
  }
  const bool has_login = !settings.smtp->user.empty() && !settings.smtp->password.empty();
  if (line.has("tls") && (has_login || !line.has("compat"))) {
    settings.smtp->security = MailSecurity::starttls;
  }
  if (!has_login && line.has("compat")) settings.smtp->user.clear();
  return read_mail_arguments(line, settings);
}

int run(const BatchTool& tool, int count, char** arguments) {
  const CommandLine line = read_command_line(tool.name, count, arguments);
  if (line.mistake) return usage(tool, *line.mistake);
  const std::string recipients = line.value("toEmail").value_or("");
  std::string to;
  for (const std::string_view each : schema::split_list(recipients)) {
    if (!each.empty()) to += (to.empty() ? "" : ", ") + std::string(each);
  }
  if (line.has("help") || to.empty() || line.value("fromEmail").value_or("").empty()) {
    std::fputs(help(tool).c_str(), stdout);
    return line.has("help") ? 0 : 1;
  }
  Batch::Settings batch;
  batch.adds_fractions = line.has("compat");
  const std::optional<double> interval = number_of(line.value("interval").value_or("1.0"));
  if (!interval) {
    return usage(tool, "option -i: invalid floating-point value: " +
                           schema::python_repr(*line.value("interval")));
  }
  batch.interval_minutes = *interval;
  batch.tick_event = line.value("tickEvent").value_or(batch.tick_event);
  const std::optional<int> seconds = tick_seconds(batch.tick_event);
  if (!seconds) {
    log_line(tool.name, "-e " + batch.tick_event + ": a tick is expected, such as TICK_60");
    return 1;
  }
  batch.tick_seconds = *seconds;
  MailSettings settings;
  const schema::Status read = mail_settings(tool, line, settings);
  if (!read) return usage(tool, read.error().message);
  if (!is_under_supervisor()) {
    log_line("", "Must run as a supervisor event listener");
    return 1;
  }
  std::optional<std::string> subject = line.value("subject");
  if (!subject && tool.subject) subject = std::string(*tool.subject);
  settings.failure = "Error sending email: ";  // as superlance says it
  PostOffice office(std::string(tool.name), std::move(settings), [](const Mail&) {});
  BatchListener listener(office, tool, std::move(batch), std::move(to), std::move(subject));
  return office.listen(listener);
}

}  // namespace

int crashmailbatch(int count, char** arguments) {
  return run(crashmailbatch_tool, count, arguments);
}

int fatalmailbatch(int count, char** arguments) {
  return run(fatalmailbatch_tool, count, arguments);
}

int crashsms(int count, char** arguments) { return run(crashsms_tool, count, arguments); }

}  // namespace sup::listeners
