// How a tool's mails go: through sendmail or straight to an SMTP server, with a queue between.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/listeners/arguments.h"
#include "runtime/listeners/loop.h"
#include "runtime/listeners/mail.h"
#include "runtime/listeners/outbox.h"
#include "runtime/listeners/transfer.h"
#include "runtime/listeners/workers.h"

namespace sup::listeners {

struct MailSettings {
  std::string sendmail = "/usr/sbin/sendmail -t -i";
  std::optional<SmtpServer> smtp;  // instead of sendmail
  std::string from;                // of mails that have no sender of their own
  std::string queue;               // a folder
  bool compat = false;
  // What lines about failed deliveries begin with; empty: the usual.
  std::string failure{};
};

// Reads the options for mail, passwords from files and the environment, into `settings`.
schema::Status read_mail_arguments(const CommandLine& line, MailSettings& settings);

// "host", "host:port", "[::1]:port"
void set_host_and_port(const std::string& text, SmtpServer& server);

// Runs in a child.
DeliveryResult deliver(const MailSettings& settings, const Mail& mail);

// "Mailed:" and the mail on standard error, as crashmail and httpok of superlance say it.
void report_mailed(const Mail& mail);

// What all tools have.
struct PostOffice {
  // `sent` is told of each mail that was delivered.
  PostOffice(std::string name, MailSettings settings, std::function<void(const Mail&)> sent);

  // Loads the queue and listens until the end.
  int listen(Listener& listener);

  void mail(std::string to, std::optional<std::string> subject, std::string body);

  std::string name;
  MailSettings settings;
  Workers workers;
  Outbox outbox;

 private:
  DeliveryResult deliver_first(const Outbox::Texts& texts) const;
};

}  // namespace sup::listeners
