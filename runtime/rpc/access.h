// What a client may do. Whoever reaches a control server may do everything, as with Supervisor,
// unless the configuration says otherwise: role= and users= of a server give a role, and control=
// of a program lets its own user, and others that it names, manage just that program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/instantiate.h"

namespace sup::rpc {

// Each may do what those before it may. `owner` is root, or the user of the daemon, on this
// machine.
enum class Role : std::uint8_t { none, read, operate, admin, owner };

Role role_of(schema::RoleValue value);

// A process at the other end of a UNIX socket, by name.
struct LocalUser {
  std::string name;
  std::string number;  // as a text, which user= may be, too
  std::vector<std::string> groups;
};

// Who asks, for the log.
struct Caller {
  std::string account{};                  // "alice"; what it does counts together
  std::optional<std::int64_t> process{};  // of this machine, that asks for the account

  // "pid 7 of alice"
  std::string text() const;
};

class Access {
 public:
  explicit Access(Role role, Caller caller = {}) : role_(role), caller_(std::move(caller)) {}

  // May also manage the processes whose control= names it.
  Access(Role role, Caller caller, LocalUser user)
      : role_(role), caller_(std::move(caller)), user_(std::move(user)) {}

  Role role() const { return role_; }

  const Caller& caller() const { return caller_; }

  bool may(Role needed) const { return role_ >= needed; }

  // Something about one process.
  bool may(Role needed, const schema::Process& process) const {
    return may(needed, process.options.control, process.options.user);
  }

  // The same of a process that may be gone, by its control= and user=.
  bool may(Role needed, const std::vector<std::string>& control,
           const std::optional<std::string>& user) const {
    return role_ >= needed || (needed <= Role::operate && controls(control, user));
  }

 private:
  bool controls(const std::vector<std::string>& control,
                const std::optional<std::string>& user) const;

  Role role_;
  Caller caller_;
  LocalUser user_;  // without a name: nobody that control= could name
};

// Whether any program of the plan says by control= who may manage it.
bool has_control(const schema::Resolved& plan);

}  // namespace sup::rpc
