// Who refers to whom: programs by name, groups and their members, control servers and the URLs that
// lead to them. Found once for a configuration, for the rules that look at the whole.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lint/context.h"
#include "schema/values.h"

namespace sup::lint {

// One item of a group's programs=; `begin` and `length` are of the value as written.
struct Member {
  std::string_view name;  // may be empty
  std::size_t begin = 0;
  std::size_t length = 0;
};

struct GroupMembers {
  const ConfigSection* section = nullptr;
  const ConfigEntry* programs = nullptr;  // null: not written
  bool is_known = true;                   // false: the list depends on an expansion
  std::vector<Member> members;
};

// A section that opens a control server. Without `is_known` its address is not there.
struct Server {
  const ConfigSection* section = nullptr;
  const ConfigEntry* entry = nullptr;  // file= or port=; null: not written
  bool is_unix = false;
  bool is_known = false;
  std::string path;  // normal
  schema::InetAddressValue address;
};

// Where a serverurl= leads.
struct ServerUrl {
  bool is_unix = false;
  std::string path;  // normal if it is absolute
  schema::InetAddressValue address;
};

class References {
 public:
  explicit References(const Context& context) : context_(context) {}

  // The sections of a kind, in their order.
  std::span<const ConfigSection* const> sections(SectionKind kind) const;

  // The section that a member of a group means: a program, or an fcgi-program; null if there is
  // none.
  const ConfigSection* program(std::string_view name) const;

  const std::vector<GroupMembers>& groups() const;

  // In how many places groups name the section; 0: in none, it is a group of its own.
  std::size_t memberships(const ConfigSection& section) const;

  // Those of TCP first.
  const std::vector<Server>& servers() const;

  // Whether the whole configuration was understood: neither a fragment, nor an [include] of which
  // something is missing here. Only then what is not there is known to be missing.
  bool is_complete() const;

  // Whether the main file has neither a program nor an [include]: it is empty, which is told, or a
  // part of another configuration that has what it lacks.
  bool has_no_program() const;

 private:
  using Programs = std::unordered_map<std::string_view, const ConfigSection*>;

  const Context& context_;
  mutable std::vector<std::vector<const ConfigSection*>> by_kind_;  // empty: not asked yet
  mutable std::optional<Programs> programs_;
  mutable std::optional<std::vector<GroupMembers>> groups_;
  mutable std::optional<std::unordered_map<const ConfigSection*, std::size_t>> memberships_;
  mutable std::optional<std::vector<Server>> servers_;
  mutable std::optional<bool> is_complete_;
};

// Whether only this machine can reach a server that listens on the host.
bool is_loopback(std::string_view host);

// Whether a host stands for all interfaces.
bool is_any_host(std::string_view host);

// Nothing for what is neither http://host:port nor unix://path.
std::optional<ServerUrl> read_server_url(std::string_view text);

// The URL of a server that is known, as serverurl= takes it.
std::string url_of(const Server& server);

// Whether the URL leads to the server.
bool leads_to(const ServerUrl& url, const Server& server);

// Whether the URL may lead to another machine: none of the servers can tell.
bool is_elsewhere(const ServerUrl& url, const Context& context);

// Whether two addresses cannot be listened on at once; localhost is 127.0.0.1, and no host is all.
bool collide(const schema::InetAddressValue& a, const schema::InetAddressValue& b);

}  // namespace sup::lint
