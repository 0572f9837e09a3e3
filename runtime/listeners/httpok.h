// What httpok checks, and what it does then.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/listeners/check_report.h"
#include "runtime/listeners/transfer.h"

namespace sup::listeners {

struct HttpOkSettings {
  std::string url;
  std::vector<std::string> programs{};  // to restart: NAME, GROUP:NAME, GROUP:*
  bool restarts_any = false;
  std::string gcore = "/usr/bin/gcore -o";
  std::string core_folder{};  // empty: no core dumps
  int timeout_seconds = 10;
  std::vector<int> good_codes{200};
  std::optional<std::string> body{};  // that must be in the answer
  bool is_eager = true;
  std::string name{};  // in the subject
  TlsSettings tls{};
  int failures = 1;       // so many in a row before anything is done
  int pause_seconds = 0;  // no check for so long after a restart
  bool is_dry_run = false;
};

// Empty for a good answer.
std::string bad_answer_subject(const HttpOkSettings& settings, const HttpAnswer& answer);

// First line of the mail.
std::string answer_message(const HttpAnswer& answer);

// One check, in a child: it waits for servers and for programs that stop and start.
CheckReport check_url(const HttpOkSettings& settings, const std::string& last);

}  // namespace sup::listeners
