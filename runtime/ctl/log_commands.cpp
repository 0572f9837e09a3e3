// Commands about what is written: tail, maintail, fg.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "runtime/ctl/command.h"
#include "runtime/ctl/commands.h"
#include "runtime/ctl/options.h"
#include "runtime/ctl/process_info.h"
#include "runtime/ctl/session.h"
#include "schema/states.h"
#include "schema/text.h"
#include "schema/values.h"

namespace sup::ctl {

namespace {

constexpr std::int64_t default_bytes = 1600;
constexpr std::string_view how_to_leave = "==> Press Ctrl-C to exit <==";

// Text of a log as it is; with --json a document for each piece.
void show_piece(Session& session, std::string_view channel, const std::string& text) {
  if (text.empty()) {
    return;
  }
  if (session.output.is_json()) {
    rpc::Struct record;
    record.push_back({"channel", channel});
    record.push_back({"text", text});
    session.output.stream(std::move(record));
  }
  session.output.text(text);
  session.output.flush();
}

// A result for what is told on standard error, as supervisorctl does.
void record_failure(Session& session, const std::string& name, const Failure& failure) {
  rpc::Struct record = record_of(failure, exception_text(failure));
  record.insert(record.begin(), {"name", name});
  session.output.record(std::move(record));
}

// Follows what the server sends until the user has enough. `name`: whose log it is.
void follow(Session& session, const std::string& name, const std::string& path,
            std::string_view channel) {
  interrupts_end_calls();
  session.output.goes_on();
  session.output.line(how_to_leave);
  session.output.flush();
  const std::string url = session.settings.url + path;
  try {
    Stream stream(parse_address(session.settings.url), session.settings.credentials, path);
    std::string text;
    for (bool goes_on = true; goes_on;) {
      goes_on = stream.read(text);
      if (stream.status() != 200) {
        if (stream.status() != 0) {
          while (goes_on) goes_on = stream.read(text);
          const std::optional<rpc::Value> problem = from_json(text);
          const std::string detail = problem ? text_member(*problem, "detail") : "";
          std::fprintf(stderr, "%s Cannot read, status code %d\n%s", url.c_str(), stream.status(),
                       detail.empty() ? "" : ("supctl: " + detail + "\n").c_str());
          const std::string code = std::to_string(stream.status());
          record_failure(session, name,
                         {.kind = Failure::Kind::http,
                          .code = stream.status(),
                          .text = detail.empty() ? "Cannot read, status code " + code : detail,
                          .python_class = {},
                          .place = {}});
          return;
        }
        continue;
      }
      show_piece(session, channel, text);
      text.clear();
    }
  } catch (const Failure& failure) {
    std::fprintf(stderr, "%s Cannot connect, error: <class '%s'> (%s)\n", url.c_str(),
                 std::string(failure.python_class).c_str(), exception_text(failure).c_str());
    record_failure(session, name, failure);
  } catch (const Interrupted&) {
    forget_interrupt();
    session.output.interrupted();
  }
}

// Nothing if it is no number. Python's numbers have no end, XML-RPC's have.
std::optional<std::int64_t> byte_count(std::string_view text) {
  std::int64_t number = 0;
  bool is_too_large = false;
  if (!schema::read_python_int(text, 10, number, is_too_large) && !is_too_large) {
    return std::nullopt;
  }
  if (is_too_large || number != static_cast<std::int32_t>(number)) {
    throw Failure{.text = "int exceeds XML-RPC limits",
                  .python_class = "OverflowError",
                  .place = "/usr/lib/python3.11/xmlrpc/client.py line: 552"};
  }
  return number;
}

// Prints the end of a log, or why there is none. `shown` is the name in errors.
void show_log(Session& session, std::string_view method, rpc::Array parameters,
              const std::string& shown, bool can_be_unknown) {
  rpc::Value answer;
  try {
    answer = session.call(method, std::move(parameters));
  } catch (const Failure& failure) {
    session.exit_status = status::generic;
    std::string what;
    if (failure.is_fault(rpc::FaultCode::NO_FILE)) what = "no log file";
    if (failure.is_fault(rpc::FaultCode::FAILED)) what = "unknown error reading log";
    if (failure.is_fault(rpc::FaultCode::BAD_NAME) && can_be_unknown) what = "no such process name";
    if (what.empty()) throw;
    session.complain(shown + ": ERROR (" + what + ")", shown, what);
    return;
  }
  rpc::Struct record;
  const std::string* text = answer.get<std::string>();
  record.push_back({"name", shown});
  record.push_back({"text", text != nullptr ? *text : ""});
  session.say(text != nullptr ? *text : "", std::move(record));
}

void misnamed(Session& session, const std::string& text) {
  session.complain(text, "", text);
  session.exit_status = status::generic;
}

}  // namespace

bool run_tail(Session& session, const std::string& argument) {
  if (!session.is_up()) {
    return false;
  }
  std::vector<std::string> words = words_of(argument);
  if (words.empty() || words.size() > 3) {
    session.misused(words.empty() ? "Error: too few arguments" : "Error: too many arguments",
                    "tail");
    return false;
  }
  std::optional<std::string> modifier;
  if (words[0].starts_with('-')) {
    modifier = words[0];
    words.erase(words.begin());
  }
  if (words.empty()) {
    misnamed(session, "Error: tail requires process name");
    return false;
  }
  const std::string& name = words.front();
  const std::string channel = words.size() == 1 ? "stdout" : schema::lower(words.back());
  if (channel != "stdout" && channel != "stderr") {
    misnamed(session, "Error: bad channel " + schema::python_repr(channel));
    return false;
  }
  if (modifier == option(OptionId::tail_follow).text) {
    follow(session, name, "/logtail/" + name + "/" + channel, channel);
    return false;
  }
  std::optional<std::int64_t> bytes = default_bytes;
  if (modifier && !(bytes = byte_count(std::string_view(*modifier).substr(1)))) {
    misnamed(session, "Error: bad argument " + *modifier);
    return false;
  }
  show_log(
      session,
      channel == "stdout" ? "supervisor.readProcessStdoutLog" : "supervisor.readProcessStderrLog",
      {name, -*bytes, 0}, name, true);
  return false;
}

bool run_maintail(Session& session, const std::string& argument) {
  if (!session.is_up()) {
    return false;
  }
  const std::vector<std::string> words = words_of(argument);
  if (words.size() > 1) {
    session.misused("Error: too many arguments", "maintail");
    return false;
  }
  std::optional<std::int64_t> bytes = default_bytes;
  if (!words.empty()) {
    if (words[0] == option(OptionId::maintail_follow).text) {
      follow(session, "supervisord", "/mainlogtail", "supervisord");
      return false;
    }
    bytes =
        words[0].starts_with('-') ? byte_count(std::string_view(words[0]).substr(1)) : std::nullopt;
    if (!bytes) {
      misnamed(session, "Error: bad argument " + words[0]);
      return false;
    }
  }
  show_log(session, "supervisor.readLog", {-*bytes, 0}, "supervisord", false);
  return false;
}

namespace {

// Standard input by lines, as they come.
class InputLines {
 public:
  // False at the end of input.
  bool read_more() {
    char bytes[4096];
    const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (count > 0) pending_.append(bytes, static_cast<std::size_t>(count));
    return count > 0 || (count < 0 && errno == EINTR);
  }

  std::optional<std::string> next() {
    const std::size_t end = pending_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = pending_.substr(0, end + 1);
    pending_.erase(0, end + 1);
    return line;
  }

  // What is left without a line end.
  std::string rest() { return std::exchange(pending_, {}); }

 private:
  std::string pending_;
};

// Sends a line; false, with the reason printed, when the process is gone.
bool send_line(Session& session, const std::string& name, const std::string& line) {
  try {
    session.call("supervisor.sendProcessStdin", {name, line});
  } catch (const Failure& failure) {
    if (failure.kind != Failure::Kind::fault) throw;
    session.output.line(failure.is_fault(rpc::FaultCode::NOT_RUNNING)
                            ? "Process got killed"
                            : "ERROR: " + exception_text(failure));
    return false;
  }
  const ProcessInfo info = process_info(session.call("supervisor.getProcessInfo", {name}));
  if (static_cast<schema::ProcessState>(info.state) != schema::ProcessState::RUNNING) {
    session.output.line("Process got killed");
    return false;
  }
  return true;
}

// Output goes out and lines go in, until either ends.
void converse(Session& session, const std::string& name) {
  const Address address = parse_address(session.settings.url);
  std::unique_ptr<Stream> streams[2];
  for (const int i : {0, 1}) {
    streams[i] = std::make_unique<Stream>(address, session.settings.credentials,
                                          "/logtail/" + name + (i == 0 ? "/stdout" : "/stderr"));
  }
  InputLines input;
  for (;;) {
    pollfd waiting[3] = {
        {STDIN_FILENO, POLLIN, 0},
        {-1,           POLLIN, 0},
        {-1,           POLLIN, 0}
    };
    for (const int i : {0, 1}) {
      if (streams[i] != nullptr) waiting[i + 1].fd = streams[i]->descriptor();
    }
    wait_or_interrupt(waiting);
    if (was_interrupted()) {
      throw Interrupted{};
    }
    for (const int i : {0, 1}) {
      if (waiting[i + 1].revents == 0) continue;
      std::string text;
      const bool goes_on = streams[i]->read(text);
      if (streams[i]->status() == 200) {
        show_piece(session, i == 0 ? "stdout" : "stderr", text);
      }
      if (!goes_on) streams[i].reset();
    }
    if (waiting[0].revents == 0) continue;
    const bool goes_on = input.read_more();
    std::optional<std::string> line;
    while ((line = input.next())) {
      if (!send_line(session, name, *line)) return;
    }
    if (!goes_on) {
      const std::string rest = input.rest();
      if (!rest.empty()) send_line(session, name, rest + "\n");
      return;
    }
  }
}

}  // namespace

bool run_fg(Session& session, const std::string& argument) {
  if (!session.is_up()) {
    return false;
  }
  const std::vector<std::string> names = words_of(argument);
  if (names.empty()) {
    session.misused("ERROR: no process name supplied", "fg");
    return false;
  }
  if (names.size() > 1) {
    misnamed(session, "ERROR: too many process names supplied");
    return false;
  }
  ProcessInfo info;
  try {
    info = process_info(session.call("supervisor.getProcessInfo", {names[0]}));
  } catch (const Failure& failure) {
    if (failure.kind != Failure::Kind::fault) throw;
    if (failure.is_fault(rpc::FaultCode::BAD_NAME)) {
      misnamed(session, "ERROR: bad process name supplied");
    } else {
      session.complain("ERROR: " + exception_text(failure), names[0], failure.text);
    }
    return false;
  }
  if (static_cast<schema::ProcessState>(info.state) != schema::ProcessState::RUNNING) {
    misnamed(session, "ERROR: process not running");
    return false;
  }
  interrupts_end_calls();
  session.output.line(how_to_leave);
  session.output.flush();
  try {
    converse(session, names[0]);
  } catch (const Interrupted&) {
    forget_interrupt();
  }
  session.output.line("Exiting foreground");
  return false;
}

}  // namespace sup::ctl
