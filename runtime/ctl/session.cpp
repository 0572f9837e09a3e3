#include "runtime/ctl/session.h"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iostream>

#include "runtime/ctl/command.h"
#include "runtime/ctl/commands.h"
#include "runtime/ctl/explain.h"
#include "runtime/ctl/options.h"
#include "runtime/ctl/process_info.h"
#include "runtime/rpc/xmlrpc.h"
#include "schema/text.h"

namespace sup::ctl {

namespace {

constexpr std::string_view api_version = "3.0";

std::string_view kind_name(Failure::Kind kind) {
  switch (kind) {
    case Failure::Kind::fault: return "fault";
    case Failure::Kind::http: return "http";
    case Failure::Kind::system:
    case Failure::Kind::connection: return "connection";
    case Failure::Kind::other: break;
  }
  return "error";
}

// A terminal that does not show what is typed, for as long as this lives.
class Unseen {
 public:
  Unseen() {
    is_terminal_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    termios now = before_;
    now.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
  }

  ~Unseen() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }

  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  termios before_{};
  bool is_terminal_ = false;
};

// Takes `word` out of the line, if it stands there.
bool take_word(std::string& line, std::string_view word) {
  std::vector<std::string> words = words_of(line);
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) {
    return false;
  }
  words.erase(found);
  line.clear();
  for (const std::string& each : words) {
    line += (line.empty() ? "" : " ") + each;
  }
  return true;
}

bool is_name_sign(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

rpc::Struct record_of(const Failure& failure, std::string error) {
  return {
      {"ok",    false                  },
      {"error", std::move(error)       },
      {"kind",  kind_name(failure.kind)},
      {"code",  failure.code           }
  };
}

Session::Session(Settings wanted, Sink* sink) : settings(std::move(wanted)), output(sink) {}

rpc::Value Session::call(std::string_view method, rpc::Array parameters) {
  if (client_ == nullptr) {
    client_ = std::make_unique<Client>(parse_address(settings.url), settings.credentials);
  }
  output.flush();  // an answer may take long
  schema::Result<rpc::Response> response = rpc::parse_response(client_->post(
      "/RPC2", rpc::print_call({std::string(method), std::move(parameters)}), only_asks(method)));
  if (!response) {
    throw Failure{.kind = Failure::Kind::connection,
                  .text = response.error().message,
                  .python_class = "xml.parsers.expat.ExpatError",
                  .place = place::bad_xml,
                  .hint = client_->hint_about_server()};
  }
  if (rpc::Fault* answer = std::get_if<rpc::Fault>(&*response)) {
    throw fault(answer->code, std::move(answer->text));
  }
  return std::get<rpc::Value>(std::move(*response));
}

bool Session::has_method(std::string_view method) {
  if (!methods_) {
    methods_.emplace();
    const rpc::Value list = call("system.listMethods");
    if (const rpc::Array* names = list.get<rpc::Array>()) {
      for (const rpc::Value& name : *names) {
        methods_->push_back(name.is<std::string>() ? *name.get<std::string>() : "");
      }
    }
  }
  return std::find(methods_->begin(), methods_->end(), method) != methods_->end();
}

bool Session::is_up() {
  try {
    const rpc::Value version = call("supervisor.getVersion");
    const std::string* text = version.get<std::string>();
    if (text != nullptr && *text == api_version) {
      return true;
    }
    complain("Sorry, this version of supervisorctl expects to talk to a server with API version " +
                 std::string(api_version) + ", but the remote version is " +
                 (text != nullptr ? *text : "unknown") + ".",
             "", "another API version");
    exit_status = status::wrong_version;
  } catch (const Failure& failure) {
    if (failure.is_fault(rpc::FaultCode::UNKNOWN_METHOD)) {
      complain(
          "Sorry, supervisord responded but did not recognize the supervisor namespace commands "
          "that supervisorctl uses to control it.  Please check that the "
          "[rpcinterface:supervisor] section is enabled in the configuration file (see "
          "sample.conf).",
          "", "no supervisor namespace");
      exit_status = status::unimplemented;
    } else if (failure.is_system(ECONNREFUSED) || failure.is_system(ENOENT)) {
      const bool is_refused = failure.code == ECONNREFUSED;
      const char* const what = is_refused ? "refused connection" : "no such file";
      output.line(settings.url + " " + what);
      output.record(record_of(failure, what));
      exit_status = is_refused ? status::refused : status::not_running;
      explain_failure(settings, failure);
    } else {
      exit_status = status::generic;
      throw;
    }
  }
  return false;
}

void Session::open(const std::string& url) {
  settings.url = url;
  settings.url_origin = "the command open";
  client_.reset();
  methods_.reset();
}

void Session::say(std::string_view text, rpc::Struct record) {
  output.line(text);
  output.record(std::move(record));
}

void Session::complain(std::string_view text, std::string_view name, std::string_view error) {
  output.line(text);
  rpc::Struct record;
  if (!name.empty()) {
    record.push_back({"name", name});
  }
  record.push_back({"ok", false});
  record.push_back({"error", error});
  output.record(std::move(record));
}

void Session::misused(std::string_view text, std::string_view command, int exit) {
  complain(text, "", text);
  exit_status = exit;
  output.line(find_command(command)->help);
}

std::optional<std::string> Session::ask(std::string_view prompt) {
  output.flush();
  // Between documents there is nothing else.
  (output.is_json() ? std::cerr : std::cout) << prompt << std::flush;
  std::string line;
  for (char c = 0; line.size() < 65536;) {
    // Byte by byte: what follows belongs to the next command.
    const ssize_t count = ::read(STDIN_FILENO, &c, 1);
    if (count < 0 && errno == EINTR && !was_interrupted()) continue;
    if (was_interrupted()) throw Interrupted{};
    if (count <= 0) return line.empty() ? std::nullopt : std::optional(line);
    if (c == '\n') break;
    line += c;
  }
  return line;
}

void Session::ask_for_credentials() {
  std::optional<std::string> name = ask("Username:");
  if (!name) {
    throw Failure{
        .text = "EOF when reading a line", .python_class = "EOFError", .place = place::user_name};
  }
  std::cout << std::flush;
  std::cerr << "Password:";
  {
    const Unseen unseen;
    settings.credentials.password = ask("").value_or("");
  }
  std::cerr << '\n';
  output.line("");
  settings.credentials.username = std::move(name);
}

void Session::print_failure(const Failure& failure) {
  output.line(error_line(failure));
  output.record(record_of(failure, exception_text(failure)));
  exit_status = status::generic;
  const bool is_of_the_server =
      failure.kind == Failure::Kind::fault || failure.kind == Failure::Kind::other;
  if (!is_of_the_server && !std::exchange(was_explained_, true)) {
    explain_failure(settings, failure);
  }
}

bool Session::carry_out(const std::string& line) {
  std::size_t end = 0;
  while (end < line.size() && is_name_sign(line[end])) {
    ++end;
  }
  const Command* command = line[0] == '!' ? nullptr : find_command(line.substr(0, end));
  if (command == nullptr) {
    complain("*** Unknown syntax: " + line, "", "unknown command");
    exit_status = status::generic;
    return false;
  }
  const std::string argument(schema::strip(std::string_view(line).substr(end)));
  // Commands of supervisorctl take it for the name of a process, as they always did.
  if (!command->is_of_supervisorctl && (argument == "--help" || argument == "-h")) {
    return run_help(*this, std::string(command->name));
  }
  try {
    return command->run(*this, argument);
  } catch (const Interrupted&) {
    // From our own it leads back to the shell, as from tail -f; supervisorctl's end with it.
    if (command->is_of_supervisorctl) throw;
    forget_interrupt();
    output.interrupted();
    exit_status = status::interrupted;
    return false;
  } catch (const Failure& failure) {
    if (failure.kind != Failure::Kind::http || failure.code != unauthorised) {
      throw;
    }
    complain("Server requires authentication", "", "unauthorised");
    exit_status = status::generic;
    client_.reset();
    if (settings.is_interactive) {
      ask_for_credentials();
      return carry_out(line);
    }
    // Once more, as supervisorctl, which then prints the failure, too.
    return command->run(*this, argument);
  }
}

bool Session::run(const std::string& given) {
  std::string line(schema::strip(given));
  if (line.empty()) {
    return false;
  }
  const bool wants_json = take_word(line, option(OptionId::json).text) || settings.wants_json;
  output.use_json(wants_json);
  if (line[0] == '?') {
    line = "help " + line.substr(1);
  }
  client_.reset();
  was_explained_ = false;
  exit_status = status::success;  // of this command, whatever became of those before it
  bool ends = false;
  try {
    ends = carry_out(line);
  } catch (const Failure& failure) {
    print_failure(failure);
  }
  rpc::Struct head;
  head.push_back({"command", line});
  head.push_back({"server", settings.url});
  head.push_back({"exit", exit_status});
  output.finish(std::move(head));
  output.use_json(settings.wants_json);
  return ends;
}

}  // namespace sup::ctl
