// Start, stop and the like from the page: forms come, a redirection with a message goes.
#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "runtime/core/concat.h"
#include "runtime/http/api.h"
#include "runtime/http/gate.h"
#include "runtime/http/page.h"
#include "runtime/http/query.h"
#include "schema/text.h"

namespace sup::http {

namespace {

constexpr std::array actions{
    PageAction{"start",      "supervisor.startProcess",      "Start",       "Start",                 "started",   false},
    PageAction{"stop",       "supervisor.stopProcess",       "Stop",        "Stop",                  "stopped",   false},
    PageAction{"restart",    "suprun.restartProcess",        "Restart",     "Restart",               "restarted", false},
    PageAction{"clearlog",   "supervisor.clearProcessLogs",  "Clear log",   "Clear the logs of",
               "has empty logs now",                                                                              false},
    PageAction{"startall",   "supervisor.startAllProcesses", "Start all",   "Start all processes",
               "All were started",                                                                                true },
    PageAction{"stopall",    "supervisor.stopAllProcesses",  "Stop all",    "Stop all processes",
               "All were stopped",                                                                                true },
    PageAction{"restartall", "suprun.restartAllProcesses",   "Restart all", "Restart all processes",
               "All were restarted",                                                                              true },
};

// Back to the page, which says what came of it.
void go_back(Response& response, std::string_view message) {
  response.status = 303;
  response.headers = core::concat("Location: ./?message=", encode_percent(message),
                                  "\r\nCache-Control: no-store\r\n");
  response.body.clear();
}

// For several processes there is a row for each that something was done with.
std::string message_of(const PageAction& action, const std::string& name,
                       const rpc::Value& result) {
  std::string failed;
  std::string reason;  // of the first
  bool something_was_done = false;
  if (const auto* list = result.get<rpc::Array>()) {
    for (const rpc::Value& each : *list) {
      const rpc::Value* status = each.member("status");
      const rpc::Value* one = each.member("name");
      const rpc::Value* description = each.member("description");
      if (status == nullptr || one == nullptr || !one->is<std::string>()) {
        continue;
      }
      if (*status == rpc::Value(static_cast<int>(rpc::FaultCode::SUCCESS))) {
        something_was_done = true;
        continue;
      }
      if (failed.empty() && description != nullptr && description->is<std::string>()) {
        reason = *description->get<std::string>();
      }
      failed += (failed.empty() ? "" : ", ") + *one->get<std::string>();
    }
  }
  const std::string done =
      action.is_for_all ? std::string(action.done) : core::concat(name, " ", action.done);
  if (failed.empty()) {
    return done;
  }
  return something_was_done ? core::concat(done, ", but not: ", failed)
                            : core::concat("ERROR: ", failed, ": ", reason);
}

std::string complaint(const std::string& name, const rpc::Fault& fault) {
  return core::concat("ERROR: ", name.empty() ? "" : name + ": ", fault.text);
}

// An action that takes its time.
class LaterAction final : public LaterAnswer {
 public:
  LaterAction(Site& site, const PageAction& action, std::string name,
              std::unique_ptr<rpc::Pending> pending, const Request& request)
      : site_(site), action_(action), name_(std::move(name)), pending_(std::move(pending)) {
    shape_.version = request.version;
    shape_.keep_alive = request.keep_alive;
    shape_.access = request.access;
  }

  Progress resume(core::Now now, std::string& out) override {
    rpc::ValueWriter writer;
    const rpc::Progress progress = site_.interface.resume(*pending_, shape_.access, writer);
    if (std::holds_alternative<rpc::Waiting>(progress)) {
      return Progress::waiting;
    }
    const auto* fault = std::get_if<rpc::Fault>(&progress);
    Response response;
    go_back(response, fault != nullptr ? complaint(name_, *fault)
                                       : message_of(action_, name_, writer.take()));
    append_head(out, shape_, response, 0, now.wall);
    return shape_.keep_alive ? Progress::done : Progress::close;
  }

 private:
  Site& site_;
  const PageAction& action_;
  std::string name_;
  std::unique_ptr<rpc::Pending> pending_;
  Request shape_;
};

}  // namespace

const PageAction* find_action(std::string_view name) {
  const auto* const found = std::ranges::find(actions, name, &PageAction::name);
  return found != actions.end() ? &*found : nullptr;
}

void answer_action(Site& site, Request& request, Response& response) {
  const Query form(request.body);
  if (!equal_in_constant_time(site.token, form.value("token"))) {
    response.status = 403;
    begin_page(response, "Not done", false, "");
    response.body +=
        "<main class=\"alone\"><h1>Nothing was done</h1><p>The page that asked for it is of an "
        "earlier daemon, or of somebody else.</p><p><a class=\"button\" href=\"./\">Load the page "
        "anew</a></p></main>\n";
    end_page(response);
    return;
  }
  const PageAction* action = find_action(form.value("action"));
  const std::string name(form.value("processname"));
  if (action == nullptr || (!action->is_for_all && name.empty())) {
    refuse(response, 400);
    return;
  }
  rpc::Array arguments;
  if (!action->is_for_all) {
    arguments.emplace_back(name);
  }
  rpc::ValueWriter writer;
  rpc::Outcome outcome =
      site.interface.call(find_method(action->call), arguments, request.access, writer);
  if (auto* pending = std::get_if<std::unique_ptr<rpc::Pending>>(&outcome)) {
    response.later =
        std::make_unique<LaterAction>(site, *action, name, std::move(*pending), request);
    return;
  }
  const auto* fault = std::get_if<rpc::Fault>(&outcome);
  go_back(response,
          fault != nullptr ? complaint(name, *fault) : message_of(*action, name, writer.take()));
}

}  // namespace sup::http
