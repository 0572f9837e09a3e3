// What clients can call. A method is a row: name, shape, help and a function on values; everything
// else (argument counts, system.methodSignature, system.methodHelp, docs/rpc.md) is read from it.
//
// A function answers at once, with a fault, or with a pending call: something that is looked at
// again whenever the daemon did something, until it has its result. Nothing here waits or sleeps.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/core/machine.h"
#include "runtime/core/supervisor.h"
#include "runtime/rpc/access.h"
#include "runtime/rpc/faults.h"
#include "runtime/rpc/value.h"
#include "runtime/rpc/writer.h"

namespace sup::rpc {

class Interface;

// What the caller of a method must be allowed. See and handle are judged for each process that it
// is about, as Role::read and Role::operate; the others at once.
enum class Needs : std::uint8_t { nothing, see, handle, read, operate, admin };

Role role_of(Needs needs);

struct MethodRow;

// Among what a call works.
struct Context {
  core::Supervisor& supervisor;
  core::Machine& machine;
  Interface& interface;
  const Access& access;      // of the caller
  Role needed = Role::none;  // for what the method does with a process
  const MethodRow* row = nullptr;

  bool sees(core::ProcessId process) const {
    return access.may(Role::read, supervisor.spec(process));
  }

  bool may(core::ProcessId process) const { return access.may(needed, supervisor.spec(process)); }

  // It may not, with the process of that name.
  Fault deny(std::string_view name) const;
};

// A process that is waited for. It may go meanwhile, and its id to another one.
struct Awaited {
  Awaited(const core::Supervisor& supervisor, core::ProcessId process)
      : id(process), birth(supervisor.status(process).birth) {}

  bool exists(const core::Supervisor& supervisor) const {
    return supervisor.exists(id) && supervisor.status(id).birth == birth;
  }

  core::ProcessId id;
  std::uint64_t birth;
};

struct Done {};  // the result was written

struct Waiting {};  // nothing was written yet

using Progress = std::variant<Waiting, Done, Fault>;

// A call that has begun.
class Pending {
 public:
  virtual ~Pending() = default;
  virtual Progress resume(Context& context, Writer& out) = 0;

  // It waits for nothing but its turn: something else is done first, then it is asked again.
  virtual bool goes_on() const { return false; }

  // Which method it is of, and since when; set by the interface for its figures.
  const MethodRow* row = nullptr;
  core::Instant begun{};
};

using Outcome = std::variant<Done, Fault, std::unique_ptr<Pending>>;

using Method = Outcome (*)(Context& context, const Array& arguments, Writer& out);

enum class When : std::uint8_t { running, always };

// A row of methods.def.
struct MethodRow {
  std::string_view space;
  std::string_view name;
  std::string_view shape;
  Method function = nullptr;
  When when = When::running;
  Needs needs = Needs::admin;
  std::string_view help;
};

std::span<const MethodRow> methods();

// The shape in pieces.
struct Parameter {
  std::string_view type;
  std::string_view name;
  bool optional = false;
};

struct Shape {
  std::string_view result;
  std::vector<Parameter> parameters;
  std::size_t required = 0;
};

Shape read_shape(std::string_view shape);

// The text of system.methodHelp: the help, then a line for each parameter and the result, tagged as
// clients of Supervisor know it (@param string name).
std::string help_text(const MethodRow& row);

}  // namespace sup::rpc
