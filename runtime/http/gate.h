// Who gets in: the password, and the pages of strangers that a browser shows beside ours.
//
// Passwords are compared in a time that tells nothing of them; failure_delay.h says how many.
//
// A browser sends requests for whatever page it shows, with the rights of who sits there. Such a
// request says where it is from (Origin, Sec-Fetch-Site); it has to be our own page, except where
// somebody follows a link to us. That holds on a UNIX socket as well, which browsers reach through
// a proxy. Without a password, on TCP also the name by which we are called has to be one that no
// stranger can point at us (DNS rebinding): an address, localhost or the name of this machine. Such
// a page reads without saying where it is from, so that for reading on the loopback the name counts
// whoever asks; clients that post may call us by any name that we have in their network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/line_limit.h"
#include "runtime/core/types.h"
#include "runtime/http/peer.h"
#include "runtime/http/request.h"
#include "runtime/rpc/access.h"

namespace sup::http {

struct GateUser {
  std::string name;
  std::string password;  // plain, or {SHA} and 40 hexadecimal digits
  rpc::Role role = rpc::Role::admin;
};

// One control server's rules.
struct GateSettings {
  std::vector<GateUser> users{};    // empty: no password is asked for
  bool is_local = false;            // a UNIX socket: browsers get there by a proxy alone
  std::string host{};               // that it listens on; may be called by it
  bool is_loopback = false;         // which nobody reaches from elsewhere
  std::optional<rpc::Role> role{};  // of whoever gives no password
};

struct Admission {
  std::optional<int> refusal{};  // its status: 401, 403
  rpc::Access access{rpc::Role::none};
  std::optional<std::string> wrong_user{};  // who said to be somebody, with a 401; any bytes
  std::string reason{};                     // of a 403, for people; one line
};

class Gate {
 public:
  explicit Gate(GateSettings settings) : settings_(std::move(settings)) {}

  // `peer` is who is at the other end of a UNIX socket; null if that is not known. With
  // `is_controlled` some program says who may manage it, so that the others may manage nothing.
  Admission admit(const Request& request, const Peer* peer, bool is_controlled) const;

  // Whether it asks for a password at all.
  bool has_users() const { return !settings_.users.empty(); }

 private:
  const GateUser* find_user(const std::optional<std::string>& credentials) const;
  rpc::Access local_access(const Peer* peer, const GateUser* user, bool is_controlled) const;
  bool is_own_page(const Request& request) const;
  bool is_own_name(std::string_view host) const;

  GateSettings settings_;
};

// Lines for the log about who was not let in: one a second at most, however many try.
class FailedLogins {
 public:
  // Of a page or a name that is not ours.
  std::optional<std::string> add_refusal(core::Instant now, std::string_view reason,
                                         std::string_view from);

  // Of one that failed now: the line, or nothing, and then the next one counts it. `user` is any
  // bytes; `from` is an address.
  std::optional<std::string> add(core::Instant now, std::string_view user, std::string_view from);

 private:
  core::LineLimit limit_{1};
};

// Standard alphabet, padding required as Python does; nothing if it is none.
std::optional<std::string> decode_base64(std::string_view text);

// Whether a given password is the configured one.
bool password_matches(std::string_view configured, std::string_view given);

// Equal texts, in a time that depends only on the length of `given`.
bool equal_in_constant_time(std::string_view expected, std::string_view given);

std::string sha1_hex(std::string_view bytes);

}  // namespace sup::http
