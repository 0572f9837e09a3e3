#include "runtime/ctl/targets.h"

#include <poll.h>

#include <algorithm>

namespace sup::ctl {

std::vector<ProcessInfo> all_statuses(Session& session) {
  if (session.is_suprun() && !session.output.is_json()) {
    const rpc::Value answer = session.call("suprun.getAllStatus");
    if (const std::string* table = answer.get<std::string>()) return process_statuses(*table);
  }
  return process_infos(session.call("supervisor.getAllProcessInfo"));
}

std::vector<const ProcessInfo*> named(Session& session, const std::vector<ProcessInfo>& all,
                                      const std::vector<std::string>& names, int exit) {
  std::vector<const ProcessInfo*> found;
  if (names.empty() || std::find(names.begin(), names.end(), "all") != names.end()) {
    for (const ProcessInfo& info : all) {
      found.push_back(&info);
    }
    return found;
  }
  for (const std::string& name : names) {
    const NamedTarget target = parse_target(name);
    const std::vector<const ProcessInfo*> some = matching(all, target);
    found.insert(found.end(), some.begin(), some.end());
    if (some.empty()) {
      std::string what = target.process ? "no such process" : "no such group";
      if (!sees_all(session, all.size())) what += ", or none that you may see";
      session.complain((target.process ? name : target.group) + ": ERROR (" + what + ")", name,
                       what);
      session.exit_status = exit;
    }
  }
  return found;
}

bool sees_all(Session& session, std::size_t seen) {
  if (!session.is_suprun()) return true;
  try {
    const rpc::Value daemon = session.call("suprun.getDaemon");
    const rpc::Value* counts = daemon.member("processes");
    const rpc::Struct* states = counts != nullptr ? counts->get<rpc::Struct>() : nullptr;
    std::int64_t all = 0;
    for (std::size_t i = 0; states != nullptr && i < states->size(); ++i) {
      all += number_member(*counts, (*states)[i].name);
    }
    return static_cast<std::int64_t>(seen) >= all;
  } catch (const Failure& failure) {
    if (!failure.is_fault(rpc::FaultCode::UNKNOWN_METHOD)) throw;
    return true;
  }
}

void pause_for(std::chrono::milliseconds time) {
  ::poll(nullptr, 0, static_cast<int>(time.count()));
  if (was_interrupted()) {
    throw Interrupted{};
  }
}

}  // namespace sup::ctl
