// What httpok checks, and what it does then.
#pragma once

#include <cstdint>
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
  bool includes_listeners = false;  // restarts_any is about them, too
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
  // No more rounds of restarts than this within so many seconds; 0: as many as there are failures.
  int maximum_restarts = 0;
  std::int64_t restart_window_seconds = 0;
  bool is_dry_run = false;
};

// What one check knows of those before it, as it goes from child to child.
struct HttpOkState {
  int failures = 0;  // in a row
  std::int64_t last_restart = 0;
  std::vector<std::int64_t> restarts{};  // rounds within the window, seconds since 1970
};

HttpOkState parse_httpok_state(const std::string& text);
std::string print_httpok_state(const HttpOkState& state);

// Whether there may be another round of restarts; those out of the window are forgotten.
bool may_restart(const HttpOkSettings& settings, HttpOkState& state, std::int64_t now);

// A URL as it is shown: without the password in front of the host.
std::string shown_url(const std::string& url);

// Empty for a good answer.
std::string bad_answer_subject(const HttpOkSettings& settings, const HttpAnswer& answer);

// First line of the mail.
std::string answer_message(const HttpAnswer& answer);

// One check, in a child: it waits for servers and for programs that stop and start.
CheckReport check_url(const HttpOkSettings& settings, const std::string& last);

}  // namespace sup::listeners
