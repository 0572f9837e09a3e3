// httpok: asks a URL with every tick, restarts programs and mails if the answer is not good.

#include "runtime/listeners/httpok.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

#include "runtime/ctl/failure.h"
#include "runtime/listeners/checking.h"
#include "runtime/listeners/names.h"
#include "runtime/listeners/supervisor_client.h"
#include "runtime/listeners/times.h"
#include "runtime/listeners/tools.h"
#include "runtime/listeners/workers.h"
#include "schema/redact.h"

namespace sup::listeners {

namespace {

constexpr int retry_seconds = 10;  // documented by superlance

// The shell must not see signs of its own in a path.
std::string in_double_quotes(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (std::string_view("\"\\$`").find(c) != std::string_view::npos) quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

HttpAnswer ask(const HttpOkSettings& settings) {
  HttpRequest request{
      .url = settings.url,
      .headers = {"Accept:",             "Accept-Encoding: identity", "User-Agent: httpok"},
      .body = {                    },
      .timeout_seconds = settings.timeout_seconds,
      .tls = settings.tls
  };
  int attempts = std::max((settings.timeout_seconds - 1) / retry_seconds + 1, 1);
  HttpAnswer answer = send_http(request);
  for (; answer.is_refused && attempts > 1; --attempts) {
    ::sleep(retry_seconds);
    answer = send_http(request);
  }
  return answer;
}

// Lines for standard error and the mail.
class Report {
 public:
  void add(const std::string& line) {
    log_line("", line);
    lines_.push_back(line);
  }

  // Of the mail alone.
  void add_quietly(std::string line) { lines_.push_back(std::move(line)); }

  std::string text() const {
    std::string all;
    for (std::size_t i = 0; i < lines_.size(); ++i) all += (i > 0 ? "\n" : "") + lines_[i];
    return all;
  }

 private:
  std::vector<std::string> lines_;
};

void dump_core(const HttpOkSettings& settings, const ctl::ProcessInfo& process, Report& report) {
  const std::string name = process.full_name();
  const ShellResult dump =
      run_shell(settings.gcore + " " + in_double_quotes(settings.core_folder + "/" + name) + " " +
                    std::to_string(process.pid),
                "", true);
  report.add("gcore output for " + name + ":\n\n " + dump.output);
}

// True if it was stopped, at least.
bool restart(const HttpOkSettings& settings, SupervisorClient& client,
             const ctl::ProcessInfo& process, Report& report) {
  const std::string name = process.full_name();
  if (!is_running(process)) {
    report.add(name + " not in RUNNING state, NOT restarting");
    return false;
  }
  if (settings.is_dry_run) {
    report.add(name + " is in RUNNING state, would be restarted");
    return false;
  }
  if (!settings.core_folder.empty()) dump_core(settings, process, report);
  report.add(name + " is in RUNNING state, restarting");
  try {
    client.stop(name);
  } catch (const ctl::Failure& failure) {
    report.add("Failed to stop process " + name + ": " + ctl::exception_text(failure));
  }
  try {
    client.start(name);
    report.add(name + " restarted");
  } catch (const ctl::Failure& failure) {
    report.add("Failed to start process " + name + ": " + ctl::exception_text(failure));
  }
  return true;
}

// Chooses what is to be restarted.
class Choice {
 public:
  Choice(const HttpOkSettings& settings, SupervisorClient& client) : settings_(settings) {
    if (settings.restarts_any && !settings.includes_listeners) {
      listeners_ = client.listener_groups();
    }
  }

  bool takes(const ctl::ProcessInfo& process) const {
    if (is_own(process)) return false;
    return any_names_process(settings_.programs, process.group, process.name) ||
           (settings_.restarts_any && !listeners_.contains(process.group));
  }

 private:
  const HttpOkSettings& settings_;
  std::set<std::string> listeners_;
};

// False if the supervisor does not answer.
bool act(const HttpOkSettings& settings, SupervisorClient& client, Report& report,
         HttpOkState& state) {
  std::vector<ctl::ProcessInfo> all;
  std::optional<Choice> choice;
  try {
    all = client.processes();
    choice.emplace(settings, client);
  } catch (const ctl::Failure& failure) {
    report.add("Exception retrieving process info " + ctl::exception_text(failure) +
               ", not acting");
    return false;
  }
  if (!may_restart(settings, state, seconds_now())) {
    report.add("Restarted " + std::to_string(settings.maximum_restarts) + " times within " +
               std::to_string(settings.restart_window_seconds) + " s already, NOT restarting");
    return true;
  }
  report.add(settings.restarts_any
                 ? "Restarting all running processes"
                 : "Restarting selected processes " + python_list(settings.programs));
  bool has_restarted = false;
  std::vector<std::string> missing = settings.programs;
  for (const ctl::ProcessInfo& process : all) {
    std::erase_if(missing, [&](const std::string& pattern) {
      return names_process(pattern, process.group, process.name);
    });
    if (!choice->takes(process)) continue;
    has_restarted = restart(settings, client, process, report) || has_restarted;
  }
  if (has_restarted) {
    state.last_restart = seconds_now();
    state.restarts.push_back(state.last_restart);
  }
  if (!missing.empty()) {
    report.add("Programs not restarted because they did not exist: " + python_list(missing));
  }
  return true;
}

std::string subject_head(const HttpOkSettings& settings) {
  return "httpok" + (settings.name.empty() ? "" : " [" + settings.name + "]") + ": " +
         shown_url(settings.url) + ": ";
}

bool is_wanted(const HttpOkSettings& settings, SupervisorClient& client) {
  const std::vector<ctl::ProcessInfo> all = client.processes();
  if (settings.is_eager) return true;
  const Choice choice(settings, client);
  return std::any_of(all.begin(), all.end(), [&](const ctl::ProcessInfo& process) {
    return is_running(process) && choice.takes(process);
  });
}

}  // namespace

HttpOkState parse_httpok_state(const std::string& text) {
  HttpOkState state;
  std::istringstream in(text);
  in >> state.failures >> state.last_restart;
  for (std::int64_t restart = 0; in >> restart;) state.restarts.push_back(restart);
  return state;
}

std::string print_httpok_state(const HttpOkState& state) {
  std::string text = std::to_string(state.failures) + " " + std::to_string(state.last_restart);
  for (const std::int64_t restart : state.restarts) text += " " + std::to_string(restart);
  return text;
}

bool may_restart(const HttpOkSettings& settings, HttpOkState& state, std::int64_t now) {
  std::erase_if(state.restarts, [&](std::int64_t restart) {
    return restart <= now - settings.restart_window_seconds;
  });
  return settings.maximum_restarts == 0 ||
         state.restarts.size() < static_cast<std::size_t>(settings.maximum_restarts);
}

std::string shown_url(const std::string& url) {
  return schema::hide_url_passwords(url, schema::TextForm::value);
}

std::string bad_answer_subject(const HttpOkSettings& settings, const HttpAnswer& answer) {
  const std::string head = subject_head(settings);
  if (std::find(settings.good_codes.begin(), settings.good_codes.end(), answer.status) ==
      settings.good_codes.end()) {
    return head + "bad status returned";
  }
  if (settings.body && answer.body.find(*settings.body) == std::string::npos) {
    return head + "bad body returned";
  }
  return "";
}

std::string answer_message(const HttpAnswer& answer) {
  return answer.status == 0
             ? "error contacting URL:\n\n " + answer.error
             : "status contacting URL: " + std::to_string(answer.status) + " " + answer.reason;
}

CheckReport check_url(const HttpOkSettings& settings, const std::string& last) {
  HttpOkState state = parse_httpok_state(last);
  CheckReport result{.state = last, .letters = {}};
  try {
    SupervisorClient client;
    if (!is_wanted(settings, client)) return result;
    if (seconds_now() - state.last_restart < settings.pause_seconds) return result;
    const HttpAnswer answer = ask(settings);
    if (answer.is_unasked) {
      Report report;
      report.add("Cannot ask " + shown_url(settings.url) + ": " + answer.error + ", not acting");
      result.letters.push_back(
          {.subject = subject_head(settings) + "cannot be asked", .body = report.text()});
      return result;
    }
    const std::string subject = bad_answer_subject(settings, answer);
    state.failures = subject.empty() ? 0 : state.failures + 1;
    if (!subject.empty() && state.failures < settings.failures) {
      log_line("", subject + " (" + std::to_string(state.failures) + " of " +
                       std::to_string(settings.failures) + "), not acting yet");
    } else if (!subject.empty()) {
      Report report;
      report.add_quietly(answer_message(answer));
      if (act(settings, client, report, state)) {
        result.letters.push_back({.subject = subject, .body = report.text()});
        state.failures = 0;
      }
    }
  } catch (const ctl::Failure& failure) {
    log_line("httpok", "the supervisor does not answer: " + ctl::exception_text(failure) +
                           "; the next tick tries again");
  }
  result.state = print_httpok_state(state);
  return result;
}

}  // namespace sup::listeners
