#include "runtime/http/api.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "runtime/core/concat.h"
#include "runtime/http/events.h"
#include "runtime/http/json_body.h"
#include "runtime/http/problem.h"
#include "runtime/http/query.h"
#include "runtime/rpc/json.h"
#include "schema/text.h"

namespace sup::http {

namespace {

constexpr bool order = true;
constexpr std::string_view last_bytes = "offset=-16384&length=0";
constexpr std::string_view tail_bytes = "offset=0&length=16384";

// clang-format off
constexpr std::array table{
    Operation{"/daemon",                        "suprun.getDaemon"},
    Operation{"/daemon/shutdown",               "supervisor.shutdown", order},
    Operation{"/daemon/restart",                "supervisor.restart", order},
    Operation{"/daemon/upgrade",                "suprun.upgrade", order},
    Operation{"/daemon/log",                    "supervisor.readLog", !order, last_bytes},
    Operation{"/daemon/log/clear",              "supervisor.clearLog", order},
    Operation{"/processes",                     "supervisor.getAllProcessInfo"},
    Operation{"/processes/start",               "supervisor.startAllProcesses", order},
    Operation{"/processes/stop",                "supervisor.stopAllProcesses", order},
    Operation{"/processes/restart",             "suprun.restartAllProcesses", order},
    Operation{"/processes/signal",              "supervisor.signalAllProcesses", order},
    Operation{"/processes/{name}",              "supervisor.getProcessInfo"},
    Operation{"/processes/{name}/history",      "suprun.getProcessHistory"},
    Operation{"/processes/{name}/start",        "supervisor.startProcess", order},
    Operation{"/processes/{name}/stop",         "supervisor.stopProcess", order},
    Operation{"/processes/{name}/restart",      "suprun.restartProcess", order},
    Operation{"/processes/{name}/signal",       "supervisor.signalProcess", order},
    Operation{"/processes/{name}/stdin",        "supervisor.sendProcessStdin", order},
    Operation{"/processes/{name}/stdout",       "supervisor.readProcessStdoutLog", !order, last_bytes},
    Operation{"/processes/{name}/stderr",       "supervisor.readProcessStderrLog", !order, last_bytes},
    Operation{"/processes/{name}/stdout/tail",  "supervisor.tailProcessStdoutLog", !order, tail_bytes},
    Operation{"/processes/{name}/stderr/tail",  "supervisor.tailProcessStderrLog", !order, tail_bytes},
    Operation{"/processes/{name}/logs/clear",   "supervisor.clearProcessLogs", order},
    Operation{"/groups",                        "suprun.getGroups"},
    Operation{"/groups/{name}/start",           "supervisor.startProcessGroup", order},
    Operation{"/groups/{name}/stop",            "supervisor.stopProcessGroup", order},
    Operation{"/groups/{name}/restart",         "suprun.restartProcessGroup", order},
    Operation{"/groups/{name}/signal",          "supervisor.signalProcessGroup", order},
    Operation{"/groups/{name}/add",             "supervisor.addProcessGroup", order},
    Operation{"/groups/{name}/remove",          "supervisor.removeProcessGroup", order},
    Operation{"/config",                        "supervisor.getAllConfigInfo"},
    Operation{"/listeners",                     "suprun.getListeners"},
    Operation{"/plan",                          "suprun.getPlanChanges"},
    Operation{"/plan/reread",                   "supervisor.reloadConfig", order},
    Operation{"/plan/update",                   "suprun.update", order},
    Operation{"/plan/scale",                    "suprun.scale", order},
    Operation{"/plan/apply",                    "suprun.apply", order},
    Operation{"/plan/trial",                    "suprun.getTrial"},
    Operation{"/events/emit",                   "supervisor.sendRemoteCommEvent", order},
};

// clang-format on

// A value of the type of the parameter, or a sentence.
std::variant<rpc::Value, std::string> typed(const rpc::Parameter& parameter, rpc::Value value) {
  const auto wrong = [&](std::string_view what) {
    return core::concat("`", parameter.name, "` has to be ", what);
  };
  if (parameter.type == "boolean") {
    return value.is<bool>() ? std::variant<rpc::Value, std::string>(std::move(value))
                            : wrong("true or false");
  }
  if (parameter.type == "int") {
    return value.is<std::int64_t>() ? std::variant<rpc::Value, std::string>(std::move(value))
                                    : wrong("a whole number");
  }
  if (parameter.type == "struct") {
    return value.is<rpc::Struct>() ? std::variant<rpc::Value, std::string>(std::move(value))
                                   : wrong("an object");
  }
  // A signal may be a number.
  const bool is_text =
      value.is<std::string>() || (parameter.name == "signal" && value.is<std::int64_t>());
  return is_text ? std::variant<rpc::Value, std::string>(std::move(value)) : wrong("a text");
}

// From a query, where all is text.
rpc::Value untyped(const rpc::Parameter& parameter, const std::string& text) {
  if (parameter.type == "boolean" && (text == "true" || text == "1")) return true;
  if (parameter.type == "boolean" && (text == "false" || text == "0")) return false;
  std::int64_t number = 0;
  bool overflow = false;
  if (parameter.type == "int" && schema::read_python_int(text, 10, number, overflow)) {
    return number;
  }
  return text;
}

// What is given, by name; defaults come last.
std::variant<rpc::Struct, std::string> given(const Operation& operation, const rpc::Shape& shape,
                                             std::string_view name, const Request& request) {
  rpc::Struct members;
  if (operation.path.find("{name}") != std::string_view::npos) {
    members.push_back({"name", name});
  }
  if (operation.is_order) {
    auto read = read_json_body(request.body);
    if (auto* problem = std::get_if<std::string>(&read)) {
      return std::move(*problem);
    }
    for (rpc::Member& member : std::get<rpc::Struct>(read)) {
      if (std::ranges::find(shape.parameters, member.name, &rpc::Parameter::name) ==
              shape.parameters.end() ||
          std::ranges::find(members, member.name, &rpc::Member::name) != members.end()) {
        return core::concat("there is no parameter `", member.name, "`");
      }
      members.push_back(std::move(member));
    }
  }
  const std::string_view asked = operation.is_order ? std::string_view() : request.query;
  for (const std::string_view text : {asked, operation.defaults}) {
    const Query query(text);
    for (const rpc::Parameter& parameter : shape.parameters) {
      if (query.has(parameter.name) &&
          std::ranges::find(members, parameter.name, &rpc::Member::name) == members.end()) {
        members.push_back({std::string(parameter.name),
                           untyped(parameter, std::string(query.value(parameter.name)))});
      }
    }
  }
  return members;
}

std::variant<rpc::Array, std::string> arguments_of(const Operation& operation,
                                                   std::string_view name, const Request& request) {
  const rpc::Shape shape = rpc::read_shape(method_of(operation).shape);
  auto members = given(operation, shape, name, request);
  if (auto* problem = std::get_if<std::string>(&members)) {
    return std::move(*problem);
  }
  rpc::Array arguments;
  for (const rpc::Parameter& parameter : shape.parameters) {
    auto& list = std::get<rpc::Struct>(members);
    const auto found = std::ranges::find(list, parameter.name, &rpc::Member::name);
    if (found == list.end()) {
      if (parameter.optional) {
        break;
      }
      return core::concat("`", parameter.name, "` is missing");
    }
    auto value = typed(parameter, std::move(found->value));
    if (auto* problem = std::get_if<std::string>(&value)) {
      return std::move(*problem);
    }
    arguments.push_back(std::get<rpc::Value>(std::move(value)));
  }
  return arguments;
}

void finish(Response& response, const rpc::Fault* fault) {
  if (fault != nullptr) {
    refuse_with_problem(response, *fault);
  } else {
    response.headers = json_headers;
    response.body += '\n';
  }
}

// A call that has to wait for what the daemon does.
class LaterJson final : public LaterAnswer {
 public:
  LaterJson(Site& site, std::unique_ptr<rpc::Pending> pending, const Request& request)
      : site_(site), pending_(std::move(pending)) {
    shape_.version = request.version;
    shape_.keep_alive = request.keep_alive;
    shape_.access = request.access;
  }

  Progress resume(core::Now now, std::string& out) override {
    Response response;
    rpc::JsonWriter writer(response.body);
    const rpc::Progress progress = site_.interface.resume(*pending_, shape_.access, writer);
    if (std::holds_alternative<rpc::Waiting>(progress)) {
      return Progress::waiting;
    }
    finish(response, std::get_if<rpc::Fault>(&progress));
    append_head(out, shape_, response, response.body.size(), now.wall);
    out += response.body;
    return shape_.keep_alive ? Progress::done : Progress::close;
  }

 private:
  Site& site_;
  std::unique_ptr<rpc::Pending> pending_;
  Request shape_;
};

bool is_json(std::string_view type) {
  return schema::equals_ignoring_case(schema::strip(type.substr(0, type.find(';'))),
                                      "application/json");
}

void carry_out(Site& site, const Operation& operation, std::string_view name, Request& request,
               Response& response) {
  auto arguments = arguments_of(operation, name, request);
  if (const auto* problem = std::get_if<std::string>(&arguments)) {
    refuse_with_problem(response, 400, *problem);
    return;
  }
  rpc::JsonWriter writer(response.body);
  rpc::Outcome outcome = site.interface.call(method_of(operation), std::get<rpc::Array>(arguments),
                                             request.access, writer);
  if (auto* pending = std::get_if<std::unique_ptr<rpc::Pending>>(&outcome)) {
    response.later = std::make_unique<LaterJson>(site, std::move(*pending), request);
    return;
  }
  finish(response, std::get_if<rpc::Fault>(&outcome));
}

}  // namespace

std::span<const Operation> operations() { return table; }

const rpc::MethodRow& method_of(const Operation& operation) { return find_method(operation.call); }

const rpc::MethodRow& find_method(std::string_view name) {
  const std::size_t dot = name.find('.');
  const auto rows = rpc::methods();
  const auto found = std::ranges::find_if(rows, [&](const rpc::MethodRow& row) {
    return row.space == name.substr(0, dot) && row.name == name.substr(dot + 1);
  });
  return *found;  // a test looks for all of them
}

std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
  constexpr std::string_view mark = "{name}";
  const std::size_t place = pattern.find(mark);
  if (place == std::string_view::npos) {
    return pattern == path ? std::optional<std::string_view>("") : std::nullopt;
  }
  const std::string_view before = pattern.substr(0, place);
  const std::string_view after = pattern.substr(place + mark.size());
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
      !path.ends_with(after)) {
    return std::nullopt;
  }
  const std::string_view name =
      path.substr(before.size(), path.size() - before.size() - after.size());
  return name.find('/') == std::string_view::npos ? std::optional(name) : std::nullopt;
}

void answer_api(Site& site, Request& request, Response& response) {
  const std::string_view path = std::string_view(request.path).substr(api_root.size());
  if (path == "/events") {
    answer_events(site, request, response);
    return;
  }
  if (path == "/openapi.json") {
    if (is_question(request, response)) {
      response.headers = json_headers;
      response.body = openapi_document();
    }
    return;
  }
  const Operation* other = nullptr;  // of the path, by another method
  for (const Operation& operation : table) {
    const std::optional<std::string_view> name = match(operation.path, path);
    if (!name) {
      continue;
    }
    const bool is_asked = request.method == "GET" || request.method == "HEAD";
    if (operation.is_order ? request.method != "POST" : !is_asked) {
      other = &operation;
      continue;
    }
    if (operation.is_order && !is_json(request.header("Content-Type"))) {
      refuse_with_problem(response, 415, "Content-Type: application/json is expected");
    } else {
      carry_out(site, operation, *name, request, response);
    }
    return;
  }
  if (other != nullptr) {
    refuse_method(response, other->is_order ? "POST" : "GET, HEAD");
    return;
  }
  refuse_with_problem(response, 404,
                      core::concat("there is nothing at this path; ", api_root,
                                   "/openapi.json lists what there is"));
}

}  // namespace sup::http
