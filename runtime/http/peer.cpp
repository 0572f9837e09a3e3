#include "runtime/http/peer.h"

#include <arpa/inet.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string>
#include <vector>

#include "runtime/core/concat.h"

namespace sup::http {

namespace {

constexpr std::size_t buffer_bytes = std::size_t{16} << 10;

std::string user_name(uid_t user) {
  std::array<char, buffer_bytes> buffer;
  passwd row{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &row, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return std::to_string(user);
  }
  return found->pw_name;
}

std::string group_name(gid_t group) {
  std::array<char, buffer_bytes> buffer;
  ::group row{};
  ::group* found = nullptr;
  if (::getgrgid_r(group, &row, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return std::to_string(group);
  }
  return found->gr_name;
}

// Those that the process had when it connected, beside its own one.
std::vector<gid_t> further_groups(int descriptor) {
#ifndef SO_PEERGROUPS
  constexpr int SO_PEERGROUPS = 59;
#endif
  std::vector<gid_t> groups(64);
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    const bool told =
        ::getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes) == 0;
    if (!told && errno != ERANGE) {
      return {};
    }
    groups.resize(bytes / sizeof(gid_t));  // how many there are, if they did not fit
    if (told) {
      return groups;
    }
  }
  return {};
}

}  // namespace

std::shared_ptr<const Peer> find_peer(int descriptor, bool names) {
  ucred told{};
  socklen_t length = sizeof told;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &told, &length) != 0) {
    return nullptr;
  }
  Peer peer{
      .user = told.uid, .pid = told.pid, .is_owner = told.uid == 0 || told.uid == ::geteuid()};
  if (names && !peer.is_owner) {
    peer.names = {.name = user_name(told.uid),
                  .number = std::to_string(told.uid),
                  .groups = {group_name(told.gid)}};
    for (const gid_t group : further_groups(descriptor)) {
      peer.names.groups.push_back(group_name(group));
    }
  }
  return std::make_shared<const Peer>(std::move(peer));
}

rpc::Caller caller_of(const Peer& peer) {
  return {.account = peer.names.name.empty() ? core::concat("user ", peer.user) : peer.names.name,
          .process = peer.pid};
}

std::string source_of_remote(int descriptor) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  void* const untyped = &address;
  if (::getpeername(descriptor, static_cast<sockaddr*>(untyped), &length) != 0) {
    return "unknown";
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET6) {
    in6_addr six = static_cast<const sockaddr_in6*>(untyped)->sin6_addr;
    if (IN6_IS_ADDR_LOOPBACK(&six)) {
      return "this machine";
    }
    constexpr std::size_t bytes_of_network = 8;
    std::fill(std::begin(six.s6_addr) + bytes_of_network, std::end(six.s6_addr), 0);
    return ::inet_ntop(AF_INET6, &six, text.data(), text.size());
  }
  const in_addr four = static_cast<const sockaddr_in*>(untyped)->sin_addr;
  constexpr unsigned shift_of_network = 24;
  if (ntohl(four.s_addr) >> shift_of_network == IN_LOOPBACKNET) {
    return "this machine";
  }
  return ::inet_ntop(AF_INET, &four, text.data(), text.size());
}

std::string describe_remote(int descriptor) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  auto* const general = reinterpret_cast<sockaddr*>(&address);  // NOLINT(*-reinterpret-cast)
  if (::getpeername(descriptor, general, &length) != 0 ||
      ::getnameinfo(general, length, host.data(), host.size(), port.data(), port.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "an address that is not known";
  }
  const bool is_v6 = address.ss_family == AF_INET6;
  return core::concat(is_v6 ? "[" : "", host.data(), is_v6 ? "]:" : ":", port.data());
}

}  // namespace sup::http
