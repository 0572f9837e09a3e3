#include "runtime/rpc/group_call.h"

#include <utility>

#include "runtime/rpc/interface.h"
#include "runtime/rpc/process_info.h"

namespace sup::rpc {

namespace {

struct Open {
  Awaited process;
  std::string group;
  std::string process_name;
  std::string name;
  std::optional<Value> result;
};

class SeveralCalls final : public Pending {
 public:
  SeveralCalls(Array results, std::vector<Open> open, decltype(GroupCall::wait) wait)
      : results_(std::move(results)), open_(std::move(open)), wait_(wait) {}

  Progress resume(Context& context, Writer& out) override {
    bool waits = false;
    for (Open& one : open_) {
      waits = !(one.result || finish(context, one)) || waits;
    }
    if (waits) {
      return Waiting{};
    }
    // Whoever ended first: two answers to the same question are alike.
    for (Open& one : open_) {
      results_.push_back(std::move(*one.result));
    }
    out.value(results_);
    return Done{};
  }

 private:
  bool finish(Context& context, Open& one) const {
    const Progress progress = one.process.exists(context.supervisor)
                                  ? wait_(context, one.process.id, one.name)
                                  : Progress(fault(FaultCode::BAD_NAME, one.name));
    if (std::holds_alternative<Waiting>(progress)) {
      return false;
    }
    one.result = result_of(one.group, one.process_name, std::get_if<Fault>(&progress));
    return true;
  }

  Array results_;
  std::vector<Open> open_;
  decltype(GroupCall::wait) wait_;
};

}  // namespace

Value result_of(const std::string& group, const std::string& name, const Fault* fault) {
  return Struct{
      {"name",        name                                                                 },
      {"group",       group                                                                },
      {"status",      fault != nullptr ? fault->code : static_cast<int>(FaultCode::SUCCESS)},
      {"description", fault != nullptr ? fault->text : std::string("OK")                   }
  };
}

Value result_of(const Context& context, core::ProcessId process, const Fault* fault) {
  const schema::Process& spec = context.supervisor.spec(process);
  return result_of(spec.group, spec.name, fault);
}

Outcome call_on_several(Context& context, const std::vector<core::ProcessId>& processes, bool named,
                        const GroupCall& call, Writer& out) {
  Array results;
  std::vector<Open> open;
  for (const core::ProcessId process : processes) {
    const bool is_seen = context.sees(process);
    // Whether there is something to do would tell what state it is in.
    if (is_seen ? !call.applies(context.supervisor.status(process).state) : !named) {
      continue;
    }
    std::string name = full_name(context.supervisor.spec(process));
    if (!context.may(process)) {
      const Fault denied = context.deny(name);
      results.push_back(result_of(context, process, &denied));
      continue;
    }
    const Progress progress = call.begin(context, process, name);
    if (std::holds_alternative<Waiting>(progress)) {
      const schema::Process& spec = context.supervisor.spec(process);
      open.push_back(
          {Awaited(context.supervisor, process), spec.group, spec.name, std::move(name), {}});
    } else {
      results.push_back(result_of(context, process, std::get_if<Fault>(&progress)));
    }
  }
  if (!open.empty()) {
    return std::make_unique<SeveralCalls>(std::move(results), std::move(open), call.wait);
  }
  out.value(results);
  return Done{};
}

}  // namespace sup::rpc
