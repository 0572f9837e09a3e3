// The language server as a function from messages to messages: it reads no stream and writes none
// (serve.h does), so that tests need no process.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/file_system.h"
#include "lint/lsp/protocol.h"
#include "lint/lsp/transport.h"
#include "lint/lsp/workspace.h"

namespace sup::lint::lsp {

class Server {
 public:
  // `disk` must outlive this. `options` count until the client says others.
  Server(const compiler::FileSystem& disk, LintOptions options);

  // Takes a message, or what was wrong with one, and puts it behind those that wait.
  void receive(Incoming incoming);

  // Whether there is something to do without another message.
  bool has_work() const { return !queue_.empty() || (workspace_.is_dirty() && is_running()); }

  // Messages that wait; the caller should read no more when they are many.
  std::size_t queued() const { return queue_.size(); }

  // Handles the next message, or checks what has changed when there is none.
  void work();

  // What is to be sent, message by message, without frames.
  std::vector<std::string> take_output() { return std::exchange(output_, {}); }

  // What the program ends with, once it is to end.
  std::optional<int> exit_status() const { return exit_status_; }

  // The input has ended; messages that wait are not handled.
  void end_of_input();

 private:
  struct Waiting {
    Json message;
    std::string_view fault;  // then there is no message
  };

  struct Method;

  enum class State : std::uint8_t { starting, running, shut_down };

  bool is_running() const { return state_ == State::running; }

  static const Method* find_method(std::string_view name);
  void handle(const Json& message);
  void handle_request(const Json& id, const std::string& method, const Json& params);
  void handle_notification(const std::string& method, const Json& params);
  void cancel(const Json& params);
  void check();
  void fail(ErrorCode code, std::string_view message);
  void read_settings(const Json* settings);
  void watch_files();

  // Requests. Each returns its result, or calls fail().
  Json initialize(const Json& params);
  Json shut_down(const Json& params);
  Json hover(const Json& params);
  Json complete(const Json& params);
  Json definition(const Json& params);
  Json references(const Json& params);
  Json prepare_rename(const Json& params);
  Json rename(const Json& params);
  Json symbols(const Json& params);
  Json foldings(const Json& params);
  Json format(const Json& params);
  Json format_range(const Json& params);
  Json code_actions(const Json& params);
  Json pull_diagnostics(const Json& params);

  // The document of a request, and the place; calls fail() and returns null without them.
  const TextDocument* document_of(const Json& params);
  const TextDocument* place_of(const Json& params, Position& at);

  // Notifications.
  void initialized(const Json& params);
  void did_open(const Json& params);
  void did_change(const Json& params);
  void did_close(const Json& params);
  void files_changed(const Json& params);
  void did_change_configuration(const Json& params);
  void exit(const Json& params);

  LintOptions given_options_;
  Workspace workspace_;
  ClientCapabilities client_;
  State state_ = State::starting;
  std::deque<Waiting> queue_;
  std::vector<std::string> output_;
  std::optional<int> exit_status_;
  int unchecked_changes_ = 0;
  // Of the request that is being handled, when it fails.
  std::optional<ErrorCode> failure_;
  std::string failure_message_;
};

}  // namespace sup::lint::lsp
