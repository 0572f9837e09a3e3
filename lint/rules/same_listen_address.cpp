// SUP516: two servers, or a server and a FastCGI socket, that listen at one address.
#include <map>
#include <string>
#include <unordered_map>

#include "lint/lint.h"
#include "lint/references.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

// What listens at an address.
struct Listener {
  const ConfigSection* section = nullptr;
  const ConfigEntry* entry = nullptr;
  bool is_server = false;
  std::string path;
  schema::InetAddressValue address;
};

Listener fcgi_listener(const Context& context, const ConfigSection& section) {
  Listener made{&section, section.find("socket"), false, {}, {}};
  if (made.entry == nullptr) return made;
  const auto socket = context.read<schema::FcgiSocket>(section, *made.entry);
  if (!socket) return made;
  if (!socket->path.empty()) made.path = schema::normal_path(socket->path);
  made.address = {socket->host, socket->port};
  return made;
}

void report(const Context& context, Diagnostics& out, const Listener& one, const Listener& other) {
  const bool is_unix = !one.path.empty();
  const bool hangs = is_unix && one.is_server && other.is_server;
  out.report(same_listen_address.rule, context.value_place(*one.entry),
             one.section->display() + " listens at the address of " + other.section->display() +
                 (hangs ? "; Supervisor then hangs at its start, before any program"
                        : "; one of the two cannot be opened"))
      .with_hint("give each an address of its own")
      .label(context.value_place(*other.entry), "the same address");
}

void check_same_listen_address(const Context& context, Diagnostics& out) {
  if (context.config().fragment || context.references().servers().empty()) return;
  std::unordered_map<std::string, Listener> by_path;
  std::map<int, std::vector<Listener>> by_port;
  const auto add = [&](Listener fresh) {
    if (!fresh.path.empty()) {
      const auto known = by_path.find(fresh.path);
      if (known == by_path.end()) {
        if (fresh.is_server) by_path.emplace(fresh.path, std::move(fresh));
      } else {
        report(context, out, fresh, known->second);
      }
      return;
    }
    if (fresh.address.port == 0) return;
    auto& same_port = by_port[fresh.address.port];
    for (const Listener& known : same_port) {
      if (!collide(known.address, fresh.address)) continue;
      report(context, out, fresh, known);
      return;
    }
    // FastCGI sockets are compared with servers, not with each other.
    constexpr std::size_t most = 64;  // hosts of one port
    if (fresh.is_server && same_port.size() < most) same_port.push_back(std::move(fresh));
  };
  for (const Server& server : context.references().servers())
    if (server.is_known) add({server.section, server.entry, true, server.path, server.address});
  for (const ConfigSection* section : context.references().sections(SectionKind::fcgi_program))
    add(fcgi_listener(context, *section));
}

}  // namespace

const LintRule same_listen_address = {
    .rule = {"SUP516", "same-listen-address", Severity::error, "two that listen at one address"},
    .check = check_same_listen_address,
    .looks_at_whole = true
};

}  // namespace sup::lint
