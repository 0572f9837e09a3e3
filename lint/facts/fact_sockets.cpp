// What is listened on, and who can reach it.
#include "lint/facts/fact.h"
#include "lint/references.h"

namespace sup::lint {

namespace {

std::string octal(std::int64_t mode) {
  std::string digits;
  for (std::int64_t left = mode; left > 0; left /= 8)
    digits.insert(digits.begin(), static_cast<char>('0' + left % 8));
  return "0" + digits;
}

std::string_view exposure(std::string_view host) {
  if (is_loopback(host)) return "loopback";
  return is_any_host(host) ? "all interfaces" : "one address";
}

void add_inet(FactRow& row, std::string_view host, int port) {
  const std::string shown = host.empty() ? "*" : std::string(host);
  row.fields.push_back(field("address", shown + ":" + std::to_string(port)));
  row.fields.push_back(field("exposure", std::string(exposure(host))));
}

void add_unix(const FactSource& source, Fact& fact, FactRow& row, const ConfigSection& section,
              const std::string& path, OptionName mode_option, OptionName owner_option) {
  row.fields.push_back(field("address", path));
  row.fields.push_back(field("exposure", "unix socket"));
  const auto mode = known<schema::Octal>(source.context(), section, mode_option,
                                         schema::UnixHttpServerOptions::defaults().chmod);
  source.need(fact, section, mode);
  if (mode.value) row.fields.push_back({"mode", octal(*mode.value), "mode " + octal(*mode.value)});
  const ConfigEntry* owner = section.find(owner_option);
  if (owner == nullptr) {
    row.fields.push_back({"owner", nullptr, "of the daemon's user"});
  } else if (const auto value = source.context().text(section, *owner)) {
    row.fields.push_back({"owner", *value, "of " + *value});
  } else {
    source.add_unknown(fact, section, *owner);
  }
}

void add_server(const FactSource& source, Fact& fact, const Server& server,
                std::int64_t& open_to_network) {
  FactRow row;
  row.fields = {field("section", server.section->display())};
  if (!server.is_known) {
    if (server.entry != nullptr) source.add_unknown(fact, *server.section, *server.entry);
    return;
  }
  const bool has_password = server.section->find("password") != nullptr;
  if (server.is_unix) {
    add_unix(source, fact, row, *server.section, server.path, "chmod", "chown");
  } else {
    add_inet(row, server.address.host, server.address.port);
    if (!has_password && !is_loopback(server.address.host)) ++open_to_network;
  }
  row.fields.push_back({"password", has_password, has_password ? "password" : "no password"});
  row.place = source.place(*server.section, server.entry);
  fact.rows.push_back(std::move(row));
}

void add_fcgi(const FactSource& source, Fact& fact, const ConfigSection& section) {
  const ConfigEntry* entry = section.find("socket");
  if (entry == nullptr) return;
  const auto socket = source.context().read<schema::FcgiSocket>(section, *entry);
  if (!socket) {
    source.add_unknown(fact, section, *entry);
    return;
  }
  FactRow row;
  row.fields = {field("section", section.display())};
  if (socket->path.empty())
    add_inet(row, socket->host, socket->port);
  else
    add_unix(source, fact, row, section, socket->path, "socket_mode", "socket_owner");
  row.place = source.place(section, entry);
  fact.rows.push_back(std::move(row));
}

}  // namespace

Fact fact_sockets(const FactSource& source) {
  const References& references = source.context().references();
  Fact fact;
  fact.how =
      "the control servers, and the sockets of FastCGI programs; addresses as they are written";
  std::int64_t open_to_network = 0;
  for (const Server& server : references.servers())
    add_server(source, fact, server, open_to_network);
  for (const ConfigSection* section : references.sections(SectionKind::fcgi_program))
    add_fcgi(source, fact, *section);
  const auto count = static_cast<std::int64_t>(fact.rows.size());
  fact.fields = {hidden("total", count), hidden("open_to_network", open_to_network)};
  fact.summary = count == 0 ? "nothing is listened on" : counted(count, "socket");
  if (open_to_network != 0)
    fact.summary += ", " + std::to_string(open_to_network) +
                    " of them controls the daemon from the network without a password";
  return fact;
}

}  // namespace sup::lint
