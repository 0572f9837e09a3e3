// Who is at the other end of a UNIX socket, as the kernel knows it.
#pragma once

#include <sys/types.h>

#include <memory>

#include "runtime/rpc/access.h"

namespace sup::http {

struct Peer {
  uid_t user = 0;
  pid_t pid = 0;
  bool is_owner = false;   // root, or the user of this daemon
  rpc::LocalUser names{};  // only where they were asked for
};

// Null if the kernel does not tell. With `names` its user and groups are looked up, which may take
// time where they are not in local files.
std::shared_ptr<const Peer> find_peer(int descriptor, bool names);

// Its account is "user 1000" when names were not asked for.
rpc::Caller caller_of(const Peer& peer);

// Where a guess at a password counts as coming from: the address of the other end without its port.
// Of IPv6 it is the network, in which one machine has any number of addresses; all addresses of
// this machine are one.
std::string source_of_remote(int descriptor);

// The address of the other end, with its port.
std::string describe_remote(int descriptor);

}  // namespace sup::http
