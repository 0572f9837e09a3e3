#include "runtime/listeners/post_office.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace sup::listeners {

namespace {

// Beyond the limit of libcurl, and for sendmail.
constexpr Seconds grace{30};
// sysexits.h: a recipient is unknown, the mail is wrong.
constexpr int exit_data_error = 65;
constexpr int exit_no_user = 67;

DeliveryResult through_sendmail(const MailSettings& settings, const Mail& mail) {
  const ShellResult result = run_shell(settings.sendmail, sendmail_text(mail), false);
  if (result.status == 0 || settings.compat) return {.delivery = Delivery::sent};
  const int status = WIFEXITED(result.status) ? WEXITSTATUS(result.status) : -1;
  const bool is_final = status == exit_data_error || status == exit_no_user;
  return {.delivery = is_final ? Delivery::refused : Delivery::later,
          .text = "`" + settings.sendmail + "` " + status_text(result.status)};
}

}  // namespace

std::vector<Argument> with_mail_arguments(std::vector<Argument> own) {
  static const std::vector<Argument> more{
      {"mail-smtp",          0, "HOST[:PORT]", "deliver to this SMTP server, not through sendmail"},
      {"mail-sendmail",      0, "COMMAND",     "deliver through this command"                     },
      {"mail-from",          0, "ADDRESS",     "sender"                                           },
      {"mail-tls",           0, "KIND",        "none, starttls or tls (from the first byte)"      },
      {"mail-user",          0, "NAME",        "user name for the SMTP server"                    },
      {"mail-password-file", 0, "FILE",        "its password; otherwise from $SMTP_PASSWORD"      },
      {"mail-ca-file",       0, "FILE",        "trust the authorities in this PEM file"           },
      {"mail-insecure",      0, "",            "do not verify the server's certificate"           },
      {"mail-timeout",       0, "SECONDS",     "for one attempt (30)"                             },
      {"queue",              0, "DIR",         "keep mails there until they are delivered"        },
      {"compat",             0, "",            "do as superlance does, also where that is wrong"  },
  };
  own.insert(own.end(), more.begin(), more.end());
  return own;
}

void set_host_and_port(const std::string& text, SmtpServer& server) {
  std::size_t colon = text.rfind(':');
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    server.host = text.substr(1, end - 1);
    colon = end == std::string::npos ? end : text.find(':', end);
  } else {
    if (colon != std::string::npos && text.find(':') != colon) colon = std::string::npos;
    server.host = text.substr(0, colon);
  }
  server.port = colon == std::string::npos ? "" : text.substr(colon + 1);
}

schema::Result<std::string> read_password_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                             std::fclose);
  if (file == nullptr) {
    const int number = errno;
    return schema::Error{path + ": " + std::strerror(number), number};
  }
  char line[1024] = "";
  if (std::fgets(line, sizeof line, file.get()) == nullptr) {
    return schema::Error{path + ": no password in it"};
  }
  std::string password(line);
  while (!password.empty() && (password.back() == '\n' || password.back() == '\r')) {
    password.pop_back();
  }
  return password;
}

schema::Status read_mail_arguments(const CommandLine& line, MailSettings& settings) {
  settings.compat = line.has("compat");
  settings.queue = line.value("queue").value_or("");
  if (const auto from = line.value("mail-from")) settings.from = *from;
  if (const auto server = line.value("mail-smtp")) {
    if (!settings.smtp) settings.smtp.emplace();
    set_host_and_port(*server, *settings.smtp);
  }
  if (const auto command = line.value("mail-sendmail")) {
    if (line.has("mail-smtp")) {
      return schema::Error{"either --mail-smtp or --mail-sendmail, not both"};
    }
    settings.sendmail = *command;
    settings.smtp.reset();
  }
  if (!settings.smtp) {
    for (const char* name : {"mail-tls", "mail-user", "mail-password-file", "mail-ca-file",
                             "mail-insecure", "mail-timeout"}) {
      if (line.has(name)) {
        return schema::Error{std::string("--") + name + " is for SMTP: give --mail-smtp, too"};
      }
    }
    return schema::Nothing{};
  }
  if (bare_addresses(settings.from).empty()) {
    return schema::Error{"--mail-smtp needs a sender: --mail-from"};
  }
  SmtpServer& smtp = *settings.smtp;
  if (const auto kind = line.value("mail-tls")) {
    if (*kind != "none" && *kind != "starttls" && *kind != "tls") {
      return schema::Error{"--mail-tls " + *kind + ": none, starttls or tls is expected"};
    }
    smtp.security = *kind == "tls"        ? MailSecurity::tls
                    : *kind == "starttls" ? MailSecurity::starttls
                                          : MailSecurity::none;
  }
  if (const auto user = line.value("mail-user")) smtp.user = *user;
  if (const auto file = line.value("mail-password-file")) {
    schema::Result<std::string> password = read_password_file(*file);
    if (!password) return password.error();
    smtp.password = std::move(*password);
  } else if (smtp.password.empty()) {
    smtp.password = environment("SMTP_PASSWORD");
  }
  if (const auto file = line.value("mail-ca-file")) smtp.tls.authorities = *file;
  // superlance does not verify.
  smtp.tls.verifies = !line.has("mail-insecure") && !settings.compat;
  if (const auto timeout = line.value("mail-timeout")) {
    const std::optional<int> seconds = whole_number(*timeout);
    if (!seconds || *seconds < 1) {
      return schema::Error{"--mail-timeout " + *timeout + ": a number of seconds is expected"};
    }
    smtp.timeout_seconds = *seconds;
  }
  return schema::Nothing{};
}

DeliveryResult deliver(const MailSettings& settings, const Mail& mail) {
  if (!settings.smtp) return through_sendmail(settings, mail);
  const std::vector<std::string> from = bare_addresses(mail.from);
  const SmtpAnswer answer = send_smtp(*settings.smtp, from.empty() ? "" : from.front(),
                                      bare_addresses(mail.to), mime_text(mail));
  return {.delivery = answer.is_sent      ? Delivery::sent
                      : answer.is_refused ? Delivery::refused
                                          : Delivery::later,
          .text = answer.error};
}

void report_mailed(const Mail& mail) {
  write_all(STDERR_FILENO, "Mailed:\n\n" + sendmail_text(mail));
}

PostOffice::PostOffice(std::string own_name, MailSettings own_settings, Outbox::Sent sent)
    : name(std::move(own_name)),
      settings(std::move(own_settings)),
      outbox(
          {.name = name,
           .folder = settings.queue,
           .limit = Seconds(settings.smtp ? settings.smtp->timeout_seconds : 0) + grace,
           .tries_once = settings.compat},
          workers, [this](const Mail& mail) { return deliver(settings, mail); }, std::move(sent)) {}

int PostOffice::listen(Listener& listener) {
  const schema::Status loaded = outbox.load();
  if (!loaded) {
    log_line(name, loaded.error().message);
    return 1;
  }
  return run_listener({.name = name, .waits_for_work = settings.compat}, listener, workers,
                      &outbox);
}

void PostOffice::mail(std::string to, std::optional<std::string> subject, std::string body) {
  outbox.add({.to = std::move(to),
              .from = settings.from,
              .subject = std::move(subject),
              .body = std::move(body),
              .id = {}});
}

}  // namespace sup::listeners
