#include "lint/lsp/server.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lint/lsp/features.h"
#include "lint/report.h"

namespace sup::lint::lsp {

namespace {

// A client that never pauses is told of findings all the same.
constexpr int most_unchecked_changes = 50;

constexpr std::string_view watch_id = "supcheck-watch";

bool is_id(const Json& id) { return id.is_string() || id.is_number_integer(); }

}  // namespace

// One method of the protocol; either a request or a notification.
struct Server::Method {
  std::string_view name;
  Json (Server::*request)(const Json& params);
  void (Server::*notification)(const Json& params);
  // The answer hangs on what is found in the document as it is now.
  bool needs_check = false;
};

const Server::Method* Server::find_method(std::string_view name) {
  static constexpr std::array methods = {
      Method{"initialize",                          &Server::initialize,       nullptr,                           false},
      Method{"shutdown",                            &Server::shut_down,        nullptr,                           false},
      Method{"textDocument/hover",                  &Server::hover,            nullptr,                           true },
      Method{"textDocument/completion",             &Server::complete,         nullptr,                           false},
      Method{"textDocument/definition",             &Server::definition,       nullptr,                           true },
      Method{"textDocument/references",             &Server::references,       nullptr,                           true },
      Method{"textDocument/prepareRename",          &Server::prepare_rename,   nullptr,                           true },
      Method{"textDocument/rename",                 &Server::rename,           nullptr,                           true },
      Method{"textDocument/documentSymbol",         &Server::symbols,          nullptr,                           false},
      Method{"textDocument/foldingRange",           &Server::foldings,         nullptr,                           false},
      Method{"textDocument/formatting",             &Server::format,           nullptr,                           false},
      Method{"textDocument/rangeFormatting",        &Server::format_range,     nullptr,                           false},
      Method{"textDocument/codeAction",             &Server::code_actions,     nullptr,                           true },
      Method{"textDocument/diagnostic",             &Server::pull_diagnostics, nullptr,                           true },
      Method{"initialized",                         nullptr,                   &Server::initialized,              false},
      Method{"exit",                                nullptr,                   &Server::exit,                     false},
      Method{"textDocument/didOpen",                nullptr,                   &Server::did_open,                 false},
      Method{"textDocument/didChange",              nullptr,                   &Server::did_change,               false},
      Method{"textDocument/didClose",               nullptr,                   &Server::did_close,                false},
      Method{"textDocument/didSave",                nullptr,                   &Server::files_changed,            false},
      Method{"workspace/didChangeWatchedFiles",     nullptr,                   &Server::files_changed,            false},
      Method{"workspace/didChangeConfiguration",    nullptr,                   &Server::did_change_configuration, false},
      Method{"workspace/didChangeWorkspaceFolders", nullptr,                   &Server::files_changed,            false}
  };
  const auto* found = std::find_if(methods.begin(), methods.end(),
                                   [&](const Method& method) { return method.name == name; });
  return found == methods.end() ? nullptr : &*found;
}

Server::Server(const compiler::FileSystem& disk, LintOptions options)
    : given_options_(std::move(options)), workspace_(disk) {
  read_settings(nullptr);
}

void Server::receive(Incoming incoming) {
  if (!incoming.fault.empty()) {
    queue_.push_back({{}, incoming.fault});
    return;
  }
  auto message = parse_message(std::move(incoming.body));
  if (!message) {
    queue_.push_back({{}, "the message is no JSON"});
    return;
  }
  // Not queued: it is about what waits.
  if (const Json* method = find(*message, "method");
      method != nullptr && *method == "$/cancelRequest") {
    if (const Json* params = find(*message, "params")) cancel(*params);
    return;
  }
  queue_.push_back({std::move(*message), {}});
}

void Server::cancel(const Json& params) {
  const Json* id = find(params, "id");
  if (id == nullptr || !is_id(*id)) return;
  for (auto waiting = queue_.begin(); waiting != queue_.end(); ++waiting) {
    const Json* other = find(waiting->message, "id");
    if (other == nullptr || *other != *id || find(waiting->message, "method") == nullptr) continue;
    output_.push_back(error_response(*id, ErrorCode::request_cancelled, "cancelled"));
    queue_.erase(waiting);
    return;
  }
}

void Server::end_of_input() {
  if (!exit_status_) exit_status_ = state_ == State::shut_down ? 0 : 1;
}

void Server::work() {
  if (exit_status_) return;
  if (queue_.empty()) {
    check();
    return;
  }
  const Waiting waiting = std::move(queue_.front());
  queue_.pop_front();
  if (!waiting.fault.empty()) {
    output_.push_back(error_response(nullptr, ErrorCode::parse_error, waiting.fault));
    return;
  }
  handle(waiting.message);
  if (unchecked_changes_ >= most_unchecked_changes) check();
}

void Server::check() {
  unchecked_changes_ = 0;
  if (!is_running() || !workspace_.is_dirty()) return;
  workspace_.check();
  for (const Findings& findings : workspace_.take_findings()) {
    if (!client_.push_diagnostics) continue;
    output_.push_back(publish_diagnostics(workspace_.documents().uri(findings.path),
                                          findings.version, findings.diagnostics, client_));
  }
}

void Server::fail(ErrorCode code, std::string_view message) {
  failure_ = code;
  failure_message_ = message;
}

void Server::handle(const Json& message) {
  const auto method = text_of(message, "method");
  const Json* id = find(message, "id");
  const Json* params = find(message, "params");
  static const Json none = Json::object();
  if (!method) {
    // Answers to our own requests say nothing that we need.
    const bool is_answer =
        id != nullptr && (find(message, "result") != nullptr || find(message, "error") != nullptr);
    if (!is_answer)
      output_.push_back(error_response(id != nullptr && is_id(*id) ? *id : Json(),
                                       ErrorCode::invalid_request, "the message has no method"));
    return;
  }
  if (id == nullptr) {
    handle_notification(*method, params != nullptr ? *params : none);
  } else if (is_id(*id)) {
    handle_request(*id, *method, params != nullptr ? *params : none);
  } else {
    output_.push_back(
        error_response(nullptr, ErrorCode::invalid_request, "an id is a number or a text"));
  }
}

void Server::handle_request(const Json& id, const std::string& name, const Json& params) {
  const Method* method = find_method(name);
  const bool starts = method != nullptr && method->request == &Server::initialize;
  failure_.reset();
  Json result;
  if (state_ == State::shut_down || (starts && state_ != State::starting)) {
    fail(ErrorCode::invalid_request,
         starts ? "the server is initialized already" : "the server is shut down");
  } else if (state_ == State::starting && !starts) {
    fail(ErrorCode::server_not_initialized, "the server is not initialized");
  } else if (method == nullptr || method->request == nullptr) {
    fail(ErrorCode::method_not_found, "there is no request " + valid_utf8(name));
  } else {
    if (method->needs_check) check();
    result = (this->*method->request)(params);
  }
  output_.push_back(failure_ ? error_response(id, *failure_, failure_message_)
                             : response(id, std::move(result)));
}

void Server::handle_notification(const std::string& name, const Json& params) {
  const Method* method = find_method(name);
  // Unknown ones are ignored, as are all but the last while the server does not run.
  if (method == nullptr || method->notification == nullptr) return;
  if (is_running() || method->notification == &Server::exit) (this->*method->notification)(params);
}

Json Server::initialize(const Json& params) {
  client_ = read_capabilities(params);
  workspace_.set_encoding(client_.encoding);
  read_settings(find(params, "initializationOptions"));
  state_ = State::running;
  return {
      {"capabilities", server_capabilities(client_)                    },
      {"serverInfo",   {{"name", "supcheck"}, {"version", SUP_VERSION}}}
  };
}

Json Server::shut_down(const Json& /*params*/) {
  state_ = State::shut_down;
  return nullptr;
}

void Server::exit(const Json& /*params*/) { exit_status_ = state_ == State::shut_down ? 0 : 1; }

void Server::initialized(const Json& /*params*/) {
  if (client_.dynamic_watched_files) watch_files();
}

void Server::watch_files() {
  Json watchers = Json::array();
  for (const char* pattern : {"**/*.conf", "**/*.ini", "**/.supcheck.toml"})
    watchers.push_back({
        {"globPattern", pattern}
    });
  Json registration = {
      {"id",              watch_id                           },
      {"method",          "workspace/didChangeWatchedFiles"  },
      {"registerOptions", {{"watchers", std::move(watchers)}}}
  };
  output_.push_back(request(watch_id, "client/registerCapability",
                            {
                                {"registrations", Json::array({std::move(registration)})}
  }));
}

// {"supcheck": {"target": "4.2", "style": true, "container": true}}, or what is in there.
void Server::read_settings(const Json* settings) {
  PolicySources sources;
  sources.base = given_options_;
  Settings& said = sources.command_line;
  if (settings != nullptr) {
    if (const Json* own = find(*settings, "supcheck")) settings = own;
    const auto name = text_of(*settings, "target");
    if (const auto target = schema::target_from_name(name.value_or(""))) said.target = *target;
    if (is_true(find(*settings, "style"))) said.style = true;
    if (is_true(find(*settings, "container"))) said.container = true;
  }
  workspace_.set_options(std::move(sources));
}

void Server::did_change_configuration(const Json& params) {
  read_settings(find(params, "settings"));
}

void Server::did_open(const Json& params) {
  const Json* document = find(params, "textDocument");
  if (document == nullptr) return;
  auto uri = text_of(*document, "uri");
  auto text = text_of(*document, "text");
  if (!uri || !text) return;
  workspace_.open(std::move(*uri), number_of(*document, "version").value_or(0), std::move(*text));
}

void Server::did_change(const Json& params) {
  const auto uri = read_document(params);
  const auto changes = read_changes(find(params, "contentChanges"));
  if (!uri || !changes) return;
  const auto version = number_of(*find(params, "textDocument"), "version");
  workspace_.change(*uri, version.value_or(0), *changes);
  ++unchecked_changes_;
}

void Server::did_close(const Json& params) {
  if (const auto uri = read_document(params)) workspace_.close(*uri);
}

void Server::files_changed(const Json& /*params*/) { workspace_.files_changed(); }

const TextDocument* Server::document_of(const Json& params) {
  const auto uri = read_document(params);
  const TextDocument* document = uri ? workspace_.find(*uri) : nullptr;
  if (document == nullptr) fail(ErrorCode::invalid_params, "there is no such open document");
  return document;
}

const TextDocument* Server::place_of(const Json& params, Position& at) {
  const TextDocument* document = document_of(params);
  const auto position = read_position(find(params, "position"));
  if (document != nullptr && !position) fail(ErrorCode::invalid_params, "there is no position");
  if (document == nullptr || !position) return nullptr;
  at = *position;
  return document;
}

Json Server::hover(const Json& params) {
  Position at;
  const TextDocument* document = place_of(params, at);
  if (document == nullptr) return nullptr;
  const auto found = lsp::hover(workspace_, *document, at);
  return found ? to_json(*found, client_) : Json();
}

Json Server::complete(const Json& params) {
  Position at;
  const TextDocument* document = place_of(params, at);
  if (document == nullptr) return nullptr;
  const CompletionStyle style{client_.encoding, client_.snippets};
  return list_to_json(lsp::complete(workspace_, *document, at, style), client_);
}

Json Server::definition(const Json& params) {
  Position at;
  const TextDocument* document = place_of(params, at);
  if (document == nullptr) return nullptr;
  return list_to_json(lsp::definition(workspace_, *document, at));
}

Json Server::references(const Json& params) {
  Position at;
  const TextDocument* document = place_of(params, at);
  if (document == nullptr) return nullptr;
  const bool with_declaration = is_true(find(params, "context", "includeDeclaration"));
  return list_to_json(lsp::references(workspace_, *document, at, with_declaration));
}

Json Server::prepare_rename(const Json& params) {
  Position at;
  const TextDocument* document = place_of(params, at);
  if (document == nullptr) return nullptr;
  const auto range = lsp::renamable(workspace_, *document, at);
  return range ? to_json(*range) : Json();
}

Json Server::rename(const Json& params) {
  Position at;
  const TextDocument* document = place_of(params, at);
  const auto name = text_of(params, "newName");
  if (document == nullptr) return nullptr;
  std::string refusal = name ? "" : "there is no new name";
  WorkspaceEdit edit;
  if (name) edit = lsp::rename(workspace_, *document, at, *name, refusal);
  if (!refusal.empty()) {
    fail(name ? ErrorCode::request_failed : ErrorCode::invalid_params, valid_utf8(refusal));
    return nullptr;
  }
  return to_json(edit);
}

Json Server::symbols(const Json& params) {
  const TextDocument* document = document_of(params);
  if (document == nullptr) return nullptr;
  const std::vector<DocumentSymbol> found = lsp::symbols(*document, client_.encoding);
  if (client_.hierarchical_symbols) return list_to_json(found);
  Json flat = Json::array();
  for (const DocumentSymbol& symbol : found) add_flat(flat, symbol, document->uri());
  return flat;
}

Json Server::foldings(const Json& params) {
  const TextDocument* document = document_of(params);
  if (document == nullptr) return nullptr;
  return list_to_json(lsp::foldings(*document, client_.encoding));
}

Json Server::format(const Json& params) {
  const TextDocument* document = document_of(params);
  if (document == nullptr) return nullptr;
  const auto edits = format_document(*document, std::nullopt, client_.encoding);
  return edits ? list_to_json(*edits) : Json();
}

Json Server::format_range(const Json& params) {
  const TextDocument* document = document_of(params);
  const auto range = read_range(find(params, "range"));
  if (document != nullptr && !range) fail(ErrorCode::invalid_params, "there is no range");
  if (document == nullptr || !range) return nullptr;
  const auto edits = format_document(*document, range, client_.encoding);
  return edits ? list_to_json(*edits) : Json();
}

Json Server::code_actions(const Json& params) {
  const TextDocument* document = document_of(params);
  const auto range = read_range(find(params, "range"));
  if (document != nullptr && !range) fail(ErrorCode::invalid_params, "there is no range");
  if (document == nullptr || !range) return nullptr;
  const std::vector<std::string> only = texts_of(find(params, "context", "only"));
  return list_to_json(lsp::code_actions(workspace_, *document, *range, only), client_);
}

Json Server::pull_diagnostics(const Json& params) {
  const TextDocument* document = document_of(params);
  if (document == nullptr) return nullptr;
  return {
      {"kind",                                              "full"  },
      { "items", list_to_json(workspace_.findings(document->path()), client_)}
  };
}

}  // namespace sup::lint::lsp
