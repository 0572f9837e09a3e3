// What Supervisor does not have: the figures of event listeners, upgrades.
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "runtime/core/listener_protocol.h"
#include "runtime/rpc/calls.h"
#include "runtime/rpc/interface.h"

namespace sup::rpc {

namespace {

std::int64_t seconds_since(core::Instant then, core::Instant now) {
  return std::chrono::duration_cast<std::chrono::seconds>(now - then).count();
}

void write_listener(const Context& context, const core::ListenerStatus& listener, core::Now now,
                    Writer& out) {
  const schema::Process& spec = context.supervisor.spec(listener.process);
  out.begin_struct();
  out.text_member("name", spec.name);
  out.text_member("group", spec.group);
  // Without a child it is in no state of the protocol.
  const core::ProcessStatus status = context.supervisor.status(listener.process);
  out.text_member("state", status.pid == 0 ? schema::state_name(status.state)
                                           : core::listener_state_name(listener.state));
  out.integer_member("pid", status.pid);
  // -1: it holds none.
  out.integer_member("held_serial", listener.held.value_or(-1));
  out.integer_member("held_for",
                     listener.held ? seconds_since(listener.held_since, now.steady) : 0);
  out.integer_member("delivered", static_cast<std::int64_t>(listener.delivered));
  out.integer_member("rejected", static_cast<std::int64_t>(listener.rejected));
  out.integer_member("violations", static_cast<std::int64_t>(listener.violations));
  out.text_member("last_bytes", listener.last_bytes);
  out.end_struct();
}

void write_pool(const Context& context, core::GroupId group, const core::PoolStatus& pool,
                core::Now now, Writer& out) {
  out.begin_struct();
  out.text_member("name", context.supervisor.group_spec(group).name);
  out.integer_member("queued", static_cast<std::int64_t>(pool.queued));
  out.integer_member("buffer_size", pool.buffer_size);
  out.integer_member("limit", static_cast<std::int64_t>(pool.limit));
  out.boolean_member("has_spool", pool.has_spool);
  out.integer_member("stored", static_cast<std::int64_t>(pool.stored));
  out.integer_member("oldest", pool.oldest ? seconds_since(*pool.oldest, now.steady) : 0);
  out.integer_member("accepted", static_cast<std::int64_t>(pool.accepted));
  out.integer_member("delivered", static_cast<std::int64_t>(pool.delivered));
  out.integer_member("rejected", static_cast<std::int64_t>(pool.rejected));
  out.integer_member("dropped", static_cast<std::int64_t>(pool.dropped));
  out.member("listeners");
  out.begin_array();
  for (const core::ListenerStatus& listener : pool.listeners) {
    write_listener(context, listener, now, out);
  }
  out.end_array();
  out.end_struct();
}

}  // namespace

Outcome get_listeners(Context& context, const Array& /*arguments*/, Writer& out) {
  const core::Now now = context.machine.now();
  out.begin_array();
  for (const core::GroupId group : context.supervisor.groups()) {
    const std::optional<core::PoolStatus> pool = context.supervisor.pool_status(group);
    if (pool && std::ranges::all_of(context.supervisor.processes(group),
                                    [&](core::ProcessId one) { return context.sees(one); })) {
      write_pool(context, group, *pool, now, out);
    }
  }
  out.end_array();
  return Done{};
}

namespace {

// Until the new program has said whether it can go on.
class PendingUpgrade final : public Pending {
 public:
  Progress resume(Context& context, Writer& out) override {
    const core::Machine::UpgradeProgress upgrade = context.machine.upgrade_progress();
    switch (upgrade.state) {
      case core::Machine::UpgradeState::checking: return Waiting{};
      case core::Machine::UpgradeState::ready: out.boolean(true); return Done{};
      case core::Machine::UpgradeState::none:
      case core::Machine::UpgradeState::refused: break;
    }
    return fault(FaultCode::FAILED, upgrade.reason);
  }
};

}  // namespace

Outcome get_upgrades(Context& context, const Array& /*arguments*/, Writer& out) {
  out.integer(context.machine.upgrades());
  return Done{};
}

Outcome upgrade(Context& context, const Array& /*arguments*/, Writer& /*out*/) {
  const schema::Status begun = context.machine.begin_upgrade();
  if (!begun) {
    return fault(FaultCode::FAILED, begun.error().message);
  }
  return std::make_unique<PendingUpgrade>();
}

}  // namespace sup::rpc
