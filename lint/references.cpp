#include "lint/references.h"

#include <algorithm>
#include <array>

#include "schema/expand.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

// What says that a part of the configuration is not there, or was not understood.
constexpr std::array<std::string_view, 7> gaps = {
    "missing-section-header", "unparsable-line",         "not-plain-utf8",
    "include-without-files",  "include-matches-nothing", "include-names-directory",
    "include-unreadable"};

std::string normal(std::string_view path) {
  return path.starts_with('/') ? schema::normal_path(path) : std::string(path);
}

Server read_server(const Context& context, const ConfigSection& section) {
  Server server;
  server.section = &section;
  server.is_unix = section.name->kind == SectionKind::unix_http_server;
  server.entry = server.is_unix ? section.find("file") : section.find("port");
  if (server.entry == nullptr) return server;
  if (server.is_unix) {
    const auto path = context.read<schema::SocketPath>(section, *server.entry);
    // ~ is known to the machine alone.
    server.is_known = path && !path->starts_with('~');
    if (server.is_known) server.path = normal(*path);
  } else if (const auto address = context.read<schema::InetAddress>(section, *server.entry)) {
    server.is_known = true;
    server.address = *address;
  }
  return server;
}

}  // namespace

bool is_loopback(std::string_view host) {
  return host == "localhost" || host.starts_with("127.") || host == "::1" || host == "[::1]" ||
         host == "localhost.localdomain" || host == "ip6-localhost";
}

bool is_any_host(std::string_view host) {
  return host.empty() || host == "*" || host == "0.0.0.0" || host == "::";
}

std::span<const ConfigSection* const> References::sections(SectionKind kind) const {
  if (by_kind_.empty()) {
    by_kind_.resize(schema::section_rows().size());
    for (const ConfigSection* section : context_.config().besides_programs)
      if (section->name) by_kind_[static_cast<std::size_t>(section->name->kind)].push_back(section);
  }
  std::vector<const ConfigSection*>& found = by_kind_[static_cast<std::size_t>(kind)];
  if (kind == SectionKind::program && found.empty())
    for (const ConfigSection& section : context_.config().sections)
      if (section.name && section.name->kind == kind) found.push_back(&section);
  return found;
}

const ConfigSection* References::program(std::string_view name) const {
  if (!programs_) {
    programs_.emplace();
    programs_->reserve(sections(SectionKind::program).size());
    for (const SectionKind kind : {SectionKind::program, SectionKind::fcgi_program})
      for (const ConfigSection* section : sections(kind))
        programs_->emplace(section->name->name, section);
  }
  const auto found = programs_->find(name);
  return found == programs_->end() ? nullptr : found->second;
}

const std::vector<GroupMembers>& References::groups() const {
  if (groups_) return *groups_;
  groups_.emplace();
  for (const ConfigSection* section : sections(SectionKind::group)) {
    GroupMembers group;
    group.section = section;
    group.programs = section->find("programs");
    if (group.programs != nullptr) {
      const std::string_view text = group.programs->value;
      group.is_known = !schema::is_template(text);
      if (group.is_known)
        for (const std::string_view name : schema::split_list(text))
          group.members.push_back(
              {name, static_cast<std::size_t>(name.data() - text.data()), name.size()});
    }
    groups_->push_back(std::move(group));
  }
  return *groups_;
}

std::size_t References::memberships(const ConfigSection& section) const {
  if (!memberships_) {
    memberships_.emplace();
    for (const GroupMembers& group : groups())
      for (const Member& member : group.members)
        if (const ConfigSection* found = program(member.name)) ++(*memberships_)[found];
  }
  if (memberships_->empty()) return 0;
  const auto found = memberships_->find(&section);
  return found == memberships_->end() ? 0 : found->second;
}

const std::vector<Server>& References::servers() const {
  if (servers_) return *servers_;
  servers_.emplace();
  for (const SectionKind kind : {SectionKind::inet_http_server, SectionKind::unix_http_server})
    for (const ConfigSection* section : sections(kind))
      servers_->push_back(read_server(context_, *section));
  return *servers_;
}

bool References::is_complete() const {
  if (is_complete_) return *is_complete_;
  const auto is_gap = [&](const Diagnostic& diagnostic) {
    const std::string_view name = diagnostic.rule->name;
    if (std::find(gaps.begin(), gaps.end(), name) != gaps.end()) return true;
    // An [include] that depends on a variable.
    return name == "environment-variable-required" && diagnostic.severity != Severity::error;
  };
  const auto& all = context_.compilation().diagnostics.all();
  is_complete_ = !context_.config().fragment && std::none_of(all.begin(), all.end(), is_gap);
  return *is_complete_;
}

bool References::has_no_program() const {
  const auto& all = context_.config().sections;
  return !context_.compilation().files.has_include &&
         std::none_of(all.begin(), all.end(),
                      [](const ConfigSection& section) { return section.is_process(); });
}

std::optional<ServerUrl> read_server_url(std::string_view text) {
  ServerUrl url;
  constexpr std::string_view unix_scheme = "unix://";
  constexpr std::string_view http_scheme = "http://";
  if (text.starts_with(unix_scheme)) {
    url.is_unix = true;
    url.path = normal(text.substr(unix_scheme.size()));
    if (url.path.empty() || url.path.starts_with('~')) return std::nullopt;
    return url;
  }
  if (!text.starts_with(http_scheme)) return std::nullopt;
  text.remove_prefix(http_scheme.size());
  text = text.substr(0, text.find('/'));
  if (text.find_first_of("@[]") != std::string_view::npos) return std::nullopt;
  const std::size_t colon = text.find(':');
  url.address.host = schema::lower(text.substr(0, colon));
  url.address.port = 80;
  if (colon == std::string_view::npos) return url;
  std::int64_t port = 0;
  bool overflow = false;
  if (!schema::read_python_int(text.substr(colon + 1), 10, port, overflow) || port < 1 ||
      port > 65535)
    return std::nullopt;
  url.address.port = static_cast<int>(port);
  return url;
}

std::string url_of(const Server& server) {
  if (server.is_unix) return "unix://" + server.path;
  std::string_view host = server.address.host;
  if (host.empty() || host == "0.0.0.0" || is_loopback(host)) host = "localhost";
  return "http://" + std::string(host) + ":" + std::to_string(server.address.port);
}

bool leads_to(const ServerUrl& url, const Server& server) {
  if (url.is_unix != server.is_unix) return false;
  if (url.is_unix) return url.path == server.path;
  return collide(url.address, server.address);
}

bool is_elsewhere(const ServerUrl& url, const Context& context) {
  if (url.is_unix) return false;
  const std::string& host = url.address.host;
  if (is_loopback(host) || host == "0.0.0.0" || host == context.options().host_name) return false;
  const auto& servers = context.references().servers();
  return std::none_of(servers.begin(), servers.end(), [&](const Server& server) {
    return !server.is_unix && server.address.host == host;
  });
}

bool collide(const schema::InetAddressValue& a, const schema::InetAddressValue& b) {
  const auto is_all = [](std::string_view host) { return host.empty() || host == "0.0.0.0"; };
  if (a.port != b.port) return false;
  return is_all(a.host) || is_all(b.host) || a.host == b.host ||
         (is_loopback(a.host) && is_loopback(b.host));
}

}  // namespace sup::lint
