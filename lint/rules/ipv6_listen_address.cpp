// SUP1309: an address that Supervisor's servers cannot listen on.
#include "lint/lint.h"

namespace sup::lint {

namespace {

void check_ipv6_listen_address(const Context& context, Diagnostics& out,
                               const ConfigSection& section, const ConfigEntry& entry) {
  const auto address = context.read<schema::InetAddress>(section, entry);
  if (!address || address->host.find(':') == std::string::npos) return;
  auto& made =
      out.report(ipv6_listen_address.rule, context.value_place(entry),
                 section.display() + " port: " + in_backticks(address->host) +
                     " is an IPv6 address; Supervisor cannot listen on it and does not start")
          .with_hint("write an IPv4 address, such as `127.0.0.1:" + std::to_string(address->port) +
                     "`");
  made.note("suprun listens on it");
}

}  // namespace

const LintRule ipv6_listen_address = {
    .rule = {"SUP1309", "ipv6-listen-address", Severity::error, "a server at an IPv6 address"},
    .check_value = check_ipv6_listen_address,
    .type = schema::InetAddress::name
};

}  // namespace sup::lint
