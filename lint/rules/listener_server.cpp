// SUP622, SUP623: listeners that call supervisord and cannot.
#include <string>

#include "lint/lint.h"
#include "lint/listeners.h"
#include "lint/references.h"
#include "schema/extensions.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

// The control server whose URL processes get: the first UNIX socket, else the first TCP port.
const ConfigSection* server_of_children(const Context& context) {
  const auto sockets = context.references().sections(SectionKind::unix_http_server);
  if (!sockets.empty()) return sockets.front();
  const auto ports = context.references().sections(SectionKind::inet_http_server);
  return ports.empty() ? nullptr : ports.front();
}

// Whether the listener is told of another server than children usually are.
bool has_own_url(const Context& context, const ConfigSection& section) {
  if (may_have_variable(context, section, "SUPERVISOR_SERVER_URL")) return true;
  if (section.find("serverurl") == nullptr) return false;
  const auto url = context.read<schema::ServerUrl>(section, "serverurl");
  return !url || !schema::equals_ignoring_case(*url, "AUTO");
}

// Calls `function(section, command's entry, listener)` for each well-known listener.
template <class Function>
void each_known_listener(const Context& context, Function function) {
  if (context.listeners().empty() || !context.references().is_complete()) return;
  for (const ConfigSection* listener : context.listeners()) {
    const ConfigSection& section = *listener;
    const CommandLine* command = command_of(context, section);
    if (command == nullptr) continue;
    const KnownListener* known = known_listener(*command);
    if (known != nullptr && is_installed(*command) && !has_own_url(context, section))
      function(section, *section.find("command"), *known);
  }
}

void check_server(const Context& context, Diagnostics& out) {
  std::optional<const ConfigSection*> server;
  each_known_listener(context, [&](const ConfigSection& section, const ConfigEntry& entry,
                                   const KnownListener& known) {
    if (!server) server = server_of_children(context);
    if (!known.needs_server) return;
    const bool has_interface = context.has_section("rpcinterface:supervisor");
    if (*server != nullptr && (has_interface || !known.calls_server)) return;
    const bool is_server = *server == nullptr;
    out.report(listener_needs_rpc_server.rule, context.value_place(entry),
               section.display() + " ends at once: " + std::string(known.name) +
                   (is_server ? " needs a control server, and there is none"
                              : " calls supervisord, and there is no [rpcinterface:supervisor]"))
        .with_hint(is_server
                       ? "add [unix_http_server] and [rpcinterface:supervisor]"
                       : "add [rpcinterface:supervisor] with `supervisor.rpcinterface_factory = " +
                             std::string(schema::main_interface_factory) + "`");
  });
}

// The user of a section, by name; empty when none is written, nothing when it is not known.
std::optional<std::string> user_of(const Context& context, const ConfigSection* section) {
  if (section == nullptr || section->find("user") == nullptr) return std::string();
  return context.read<schema::User>(*section, "user");
}

bool is_root_by_default(std::string_view user) {
  return user.empty() || user == "root" || user == "0";
}

// Whether the socket is known to be closed to the user of the listener.
bool is_locked_out(const Context& context, const ConfigSection& listener,
                   const ConfigSection& server) {
  if (server.name->kind != SectionKind::unix_http_server) return false;
  const auto user = user_of(context, &listener);
  const auto daemon = user_of(context, context.daemon());
  if (!user || !daemon || is_root_by_default(*user) || *user == *daemon) return false;
  int mode = schema::UnixHttpServerOptions::defaults().chmod;
  if (server.find("chmod") != nullptr) {
    const auto written = context.read<schema::Octal>(server, "chmod");
    if (!written) return false;
    mode = *written;
  }
  constexpr int read_write = 06;
  const bool group_may = (mode >> 3 & read_write) == read_write;
  if ((mode & read_write) == read_write) return false;
  if (server.find("chown") == nullptr) return !group_may;
  const auto owner = context.read<schema::UserGroup>(server, "chown");
  // Who is in the group is not known.
  return owner && owner->user != *user && !group_may;
}

void check_credentials(const Context& context, Diagnostics& out) {
  std::optional<const ConfigSection*> server;
  each_known_listener(context, [&](const ConfigSection& section, const ConfigEntry& entry,
                                   const KnownListener& known) {
    if (!known.calls_server) return;
    if (!server) server = server_of_children(context);
    if (*server == nullptr) return;
    const bool has_login =
        (*server)->find("username") != nullptr && (*server)->find("password") != nullptr;
    const bool lacks_login =
        has_login && (!may_have_variable(context, section, "SUPERVISOR_USERNAME") ||
                      !may_have_variable(context, section, "SUPERVISOR_PASSWORD"));
    std::string fault;
    if (lacks_login) {
      fault = " wants a user name and a password, which it does not have";
    } else if (is_locked_out(context, section, **server)) {
      fault = " is a socket that its user may not open";
    } else {
      return;
    }
    auto& diagnostic =
        out.report(listener_cannot_authenticate.rule,
                   lacks_login ? Severity::error : Severity::warning, context.value_place(entry),
                   section.display() + " cannot call supervisord: " + (*server)->display() + fault);
    diagnostic.label((*server)->headers.front(), "the server that it is told of");
    diagnostic.with_hint(has_login ? "add SUPERVISOR_USERNAME and SUPERVISOR_PASSWORD to its "
                                     "`environment`"
                                   : "set `chown` or `chmod` of the socket");
  });
}

}  // namespace

const LintRule listener_needs_rpc_server = {
    .rule = {"SUP622", "listener-needs-rpc-server", Severity::error,
             "a listener of superlance without a control server"},
    .check = check_server,
    .looks_at_whole = true
};

const LintRule listener_cannot_authenticate = {
    .rule = {"SUP623", "listener-cannot-authenticate", Severity::warning,
             "a listener that its control server refuses"},
    .check = check_credentials,
    .looks_at_whole = true
};

}  // namespace sup::lint
