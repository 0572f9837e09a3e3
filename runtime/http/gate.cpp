#include "runtime/http/gate.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <boost/uuid/detail/sha1.hpp>

#include "runtime/core/concat.h"
#include "schema/text.h"

namespace sup::http {

namespace {

// The name in "name:port" or "[::1]:port".
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) {
    return host.substr(0, std::min(host.find(']'), host.size() - 1) + 1);
  }
  return host.substr(0, host.find(':'));
}

bool is_address(std::string_view name) {
  return name.starts_with('[') ||
         (!name.empty() && name.find_first_not_of("0123456789.") == std::string_view::npos);
}

// Somebody went from another page to ours: a GET changes nothing, and the other page sees nothing
// of the answer.
bool is_followed_link(const Request& request) {
  return (request.method == "GET" || request.method == "HEAD") &&
         request.header("Sec-Fetch-Mode") == "navigate" &&
         request.header("Sec-Fetch-Dest") == "document";
}

// The name:password of a header, or nothing.
std::optional<std::string> credentials_in(std::string_view authorization) {
  const std::size_t blank = authorization.find(' ');
  if (blank == std::string_view::npos ||
      !schema::equals_ignoring_case(authorization.substr(0, blank), "basic")) {
    return std::nullopt;
  }
  // A header has no blanks at its end, and nothing else is one.
  const std::size_t begin =
      std::min(authorization.find_first_not_of(' ', blank), authorization.size());
  return decode_base64(authorization.substr(begin));
}

std::string machine_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) {
    return {};
  }
  return name.data();
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>((bits >> count) & 0xFFU);
    }
  }
  if (count == 6) {
    return std::nullopt;
  }
  return bytes;
}

bool equal_in_constant_time(std::string_view expected, std::string_view given) {
  unsigned difference = expected.size() == given.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    // Against itself where there is nothing to compare with.
    const char other = i < expected.size() ? expected[i] : given[i];
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

std::string sha1_hex(std::string_view bytes) {
  boost::uuids::detail::sha1 hash;
  hash.process_bytes(bytes.data(), bytes.size());
  boost::uuids::detail::sha1::digest_type digest{};
  hash.get_digest(digest);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned word : digest) {
    for (unsigned shift = 32; shift > 0; shift -= 4) {
      text += digits[(word >> (shift - 4)) & 0xFU];
    }
  }
  return text;
}

bool password_matches(std::string_view configured, std::string_view given) {
  constexpr std::string_view mark = "{SHA}";
  return configured.starts_with(mark)
             ? equal_in_constant_time(configured.substr(mark.size()), sha1_hex(given))
             : equal_in_constant_time(configured, given);
}

// All are compared with, so that the time tells nothing of who there is.
const GateUser* Gate::find_user(const std::optional<std::string>& credentials) const {
  const std::size_t colon = credentials ? credentials->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    return nullptr;
  }
  const std::string_view text = *credentials;
  const GateUser* found = nullptr;
  for (const GateUser& user : settings_.users) {
    const bool right_user = equal_in_constant_time(user.name, text.substr(0, colon));
    const bool right_password = password_matches(user.password, text.substr(colon + 1));
    if (right_user && right_password) {
      found = &user;
    }
  }
  return found;
}

bool Gate::is_own_name(std::string_view host) const {
  const std::string_view name = without_port(host);
  return is_address(name) || schema::equals_ignoring_case(name, "localhost") ||
         name.ends_with(".localhost") || schema::equals_ignoring_case(name, settings_.host) ||
         schema::equals_ignoring_case(name, machine_name());
}

bool Gate::is_own_page(const Request& request) const {
  const std::string_view host = request.header("Host");
  if (request.has_header("Origin")) {
    const std::string_view origin = request.header("Origin");
    const std::size_t slashes = origin.find("://");
    const std::string_view from =
        slashes == std::string_view::npos ? origin : origin.substr(slashes + 3);
    if (!schema::equals_ignoring_case(from, host)) {
      return false;
    }
  }
  const std::string_view site = request.header("Sec-Fetch-Site");
  return site.empty() || site == "same-origin" || site == "none" || is_followed_link(request);
}

rpc::Access Gate::local_access(const Peer* peer, const GateUser* user, bool is_controlled) const {
  if (peer == nullptr) {
    return rpc::Access(rpc::Role::none, {.account = "a process that the kernel does not name"});
  }
  rpc::Caller caller = caller_of(*peer);
  if (peer->is_owner) {
    return rpc::Access(rpc::Role::owner, std::move(caller));
  }
  const rpc::Role others = is_controlled ? rpc::Role::none : rpc::Role::admin;
  const rpc::Role role = user != nullptr ? user->role : settings_.role.value_or(others);
  return rpc::Access(role, std::move(caller), peer->names);
}

Admission Gate::admit(const Request& request, const Peer* peer, bool is_controlled) const {
  const bool tells_page = request.has_header("Origin") || request.has_header("Sec-Fetch-Site");
  // Browsers post nothing without Origin; whoever does is another client.
  const bool may_be_page =
      settings_.is_loopback && request.method != "POST" && request.has_header("Host");
  // The name under which a proxy serves a UNIX socket is none of ours.
  const bool is_named = !settings_.is_local && (tells_page || may_be_page);
  if (tells_page && !is_own_page(request)) {
    return {
        .refusal = 403,
        .reason = core::concat(
            "a browser sends it for the page of ",
            core::visible(request.has_header("Origin") ? request.header("Origin") : "another site"),
            ", which is not ours")};
  }
  if (is_named && settings_.users.empty() && !is_own_name(request.header("Host"))) {
    return {.refusal = 403,
            .reason = core::concat("it calls us ", core::visible(request.header("Host")),
                                   ": a server without password is called by its address, as "
                                   "localhost or by the name of the machine")};
  }
  const GateUser* user = nullptr;
  if (!settings_.users.empty()) {
    const std::string_view header = request.header("Authorization");
    const std::optional<std::string> credentials = credentials_in(header);
    user = find_user(credentials);
    if (user == nullptr) {
      Admission denied{.refusal = 401};
      // Browsers ask without one at first.
      if (!header.empty()) {
        denied.wrong_user = credentials.value_or("");
        denied.wrong_user->resize(
            std::min(denied.wrong_user->find(':'), denied.wrong_user->size()));
      }
      return denied;
    }
  }
  if (settings_.is_local) {
    return {.refusal = {}, .access = local_access(peer, user, is_controlled)};
  }
  if (user != nullptr) {
    return {.refusal = {}, .access = rpc::Access(user->role, {.account = "user " + user->name})};
  }
  return {.refusal = {},
          .access = rpc::Access(settings_.role.value_or(rpc::Role::admin),
                                {.account = "who gave no password"})};
}

std::optional<std::string> FailedLogins::add_refusal(core::Instant now, std::string_view reason,
                                                     std::string_view from) {
  return limit_.add(now, core::concat("denied a request from ", from, ": ", reason));
}

std::optional<std::string> FailedLogins::add(core::Instant now, std::string_view user,
                                             std::string_view from) {
  constexpr std::size_t longest = 64;
  return limit_.add(
      now, core::concat("denied login of ", schema::python_repr(user.substr(0, longest)), " from ",
                        from, ": wrong user name or password"));
}

}  // namespace sup::http
