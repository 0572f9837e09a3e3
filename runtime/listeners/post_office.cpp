#include "runtime/listeners/post_office.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "runtime/listeners/mail_file.h"
#include "runtime/listeners/times.h"

namespace sup::listeners {

namespace {

// Beyond the limit of libcurl, and for sendmail.
constexpr Seconds grace{30};
// sysexits.h: a recipient is unknown, the mail is wrong.
constexpr int exit_data_error = 65;
constexpr int exit_no_user = 67;

DeliveryResult through_sendmail(const MailSettings& settings, const Mail& mail) {
  const ShellResult result = run_shell(settings.sendmail, sendmail_text(mail), false);
  if (result.status == 0 || settings.compat) return all_sent(1);
  const int status = WIFEXITED(result.status) ? WEXITSTATUS(result.status) : -1;
  const bool is_final = status == exit_data_error || status == exit_no_user;
  return {.delivery = is_final ? Delivery::refused : Delivery::later,
          .text = "`" + settings.sendmail + "` " + status_text(result.status)};
}

// A server that refuses one recipient must not keep the mail from the others: each for itself.
// Nothing if that makes no difference.
std::optional<DeliveryResult> one_by_one(const SmtpServer& server, const std::string& from,
                                         Mail mail, const std::vector<std::string>& recipients,
                                         const std::string& text) {
  const auto start = std::chrono::steady_clock::now();
  const Seconds limit(server.timeout_seconds);
  bool has_sent = false;
  std::vector<std::string> refused;
  std::string later;
  std::string error;
  for (const std::string& recipient : recipients) {
    // The rest is for the next attempt: this one has to come to an end.
    const SmtpAnswer answer = std::chrono::steady_clock::now() - start < limit
                                  ? send_smtp(server, from, {recipient}, text)
                                  : SmtpAnswer{.error = server.host + ": took too long"};
    if (answer.is_sent) {
      has_sent = true;
      continue;
    }
    error = answer.error;
    if (answer.is_refused) {
      refused.push_back(recipient + ": " + answer.error);
    } else {
      later += (later.empty() ? "" : ", ") + recipient;
    }
  }
  if (!has_sent && (later.empty() || refused.empty())) return std::nullopt;
  for (const std::string& each : refused) log_line("", "mail not sent to " + each);
  if (later.empty()) return all_sent(1);
  mail.recipients = later;
  return DeliveryResult{.text = "to " + later + ": " + error, .rest = print_mail_file(mail)};
}

}  // namespace

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
    schema::Result<std::string> password = first_line(*file);
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
  const std::string sender = from.empty() ? "" : from.front();
  const std::vector<std::string> recipients = bare_addresses(mail.recipients.value_or(mail.to));
  const std::string text = mime_text(mail);
  const SmtpAnswer answer = send_smtp(*settings.smtp, sender, recipients, text);
  if (answer.is_sent) return all_sent(1);
  if (answer.is_answered && recipients.size() > 1) {
    if (auto result = one_by_one(*settings.smtp, sender, mail, recipients, text)) {
      return std::move(*result);
    }
  }
  return {.delivery = answer.is_refused ? Delivery::refused : Delivery::later,
          .text = answer.error};
}

void report_mailed(const Mail& mail) {
  write_all(STDERR_FILENO, "Mailed:\n\n" + sendmail_text(mail));
}

PostOffice::PostOffice(std::string own_name, MailSettings own_settings,
                       std::function<void(const Mail&)> sent)
    : name(std::move(own_name)),
      settings(std::move(own_settings)),
      outbox({.name = name,
              .folder = settings.queue,
              .failure = settings.failure,
              .limit = 3 * Seconds(settings.smtp ? settings.smtp->timeout_seconds : 0) + grace,
              .tries_once = settings.compat},
             workers,
             {.deliver = [this](const Outbox::Texts& texts) { return deliver_first(texts); },
              .sent =
                  [sent = std::move(sent)](const std::string& text) {
                    if (const auto mail = parse_mail_file(text)) sent(*mail);
                  },
              .shown =
                  [](const std::string& text) {
                    const auto mail = parse_mail_file(text);
                    return mail ? sendmail_text(*mail) : text;
                  },
              .check =
                  [](const std::string& text) {
                    const auto mail = parse_mail_file(text);
                    return mail ? schema::Status(schema::Nothing{}) : schema::Status(mail.error());
                  }}) {}

DeliveryResult PostOffice::deliver_first(const Outbox::Texts& texts) const {
  const schema::Result<Mail> mail = parse_mail_file(texts.front());
  return mail ? deliver(settings, *mail)
              : DeliveryResult{.delivery = Delivery::refused, .text = mail.error().message};
}

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
  const std::int64_t now = seconds_now();
  outbox.add(
      print_mail_file({.to = std::move(to),
                       .from = settings.from,
                       .subject = std::move(subject),
                       .body = std::move(body),
                       .created = now,
                       .id = std::to_string(now) + "." + random_word() + "@" + host_name()}));
}

}  // namespace sup::listeners
