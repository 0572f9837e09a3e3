// What supctl's commands work with: a server, what the user wants, the exit status.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/ctl/client.h"
#include "runtime/ctl/output.h"
#include "runtime/rpc/faults.h"
#include "runtime/rpc/value.h"
#include "schema/instantiate.h"

namespace sup::ctl {

// Exit statuses: those of init scripts, as supervisorctl uses them.
namespace status {
inline constexpr int success = 0;
inline constexpr int generic = 1;
inline constexpr int invalid_arguments = 2;
inline constexpr int unimplemented = 3;
inline constexpr int not_running = 7;
inline constexpr int refused = 4;
inline constexpr int wrong_version = 5;
inline constexpr int interrupted = 130;
// Of the command `status`.
inline constexpr int some_are_down = 3;
inline constexpr int unknown = 4;
}  // namespace status

// What was asked for on the command line and in the configuration.
struct Settings {
  std::string url = "http://localhost:9001";
  std::string url_origin;          // for people: which file, which option
  std::string configuration_file;  // that was read, or empty
  Credentials credentials;
  bool is_interactive = false;
  bool wants_json = false;
  std::string prompt = "supervisor";
  std::optional<std::string> history_file;

  // Where an option of a process's program is written, "web.conf:12", or nothing. Set by the main.
  std::function<std::string(std::string_view group, std::string_view process,
                            std::string_view option)>
      place_of;
  // Where the daemon of the configuration writes its pid; set by the main, too.
  std::function<std::string()> pidfile;
  // And where it listens: URLs.
  std::function<std::vector<std::string>()> served_urls;
  // What this machine knows of a user, by name or number, and of a file; set by the main, too.
  std::function<std::optional<schema::UserFacts>(std::string_view user)> user;
  std::function<std::optional<schema::FileFacts>(const std::string& path)> file;
};

// A result that says what went wrong.
rpc::Struct record_of(const Failure& failure, std::string error);

class Session {
 public:
  // Prints to `sink`, or to standard output if it is null.
  explicit Session(Settings settings, Sink* sink = nullptr);

  Settings settings;
  Output output;
  int exit_status = status::success;

  // Carries out a line, as Python's cmd module takes it apart. True when the shell is to end.
  // Failures are printed; Interrupted goes through.
  bool run(const std::string& line);

  // Asks the server; a fault, too, is a Failure. The connection stays for the rest of the command.
  rpc::Value call(std::string_view method, rpc::Array parameters = {});

  // Whether the server is suprun. Known after the first call of a command, and then for nothing.
  bool is_suprun() const { return client_ != nullptr && client_->server().starts_with("suprun/"); }

  // Whether the server has it.
  bool has_method(std::string_view method);

  // supervisorctl's question before most commands. Prints why not.
  bool is_up();

  // With a new connection from now on.
  void reconnect() { client_.reset(); }

  // Another server from now on.
  void open(const std::string& url);

  // A line of text, and the same as a record.
  void say(std::string_view text, rpc::Struct record);
  // Something about `name` (or in general) went wrong; `text` is the line, `error` the reason.
  void complain(std::string_view text, std::string_view name, std::string_view error);

  // A mistake in the arguments of a command: the line, its help, the status.
  void misused(std::string_view text, std::string_view command, int exit = status::generic);

  // What the user types, without line end; nothing at the end of input. `prompt` is printed before.
  std::optional<std::string> ask(std::string_view prompt);

 private:
  bool carry_out(const std::string& line);
  void print_failure(const Failure& failure);
  void ask_for_credentials();

  std::unique_ptr<Client> client_;
  std::optional<std::vector<std::string>> methods_;
  bool was_explained_ = false;
};

}  // namespace sup::ctl
