// What is found at which path: a table of rows. A page, /metrics or an API are further rows.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/core/line_limit.h"
#include "runtime/core/machine.h"
#include "runtime/core/supervisor.h"
#include "runtime/http/events.h"
#include "runtime/http/request.h"
#include "runtime/rpc/interface.h"
#include "runtime/rpc/xmlrpc.h"

namespace sup::http {

// The last small call and what it was read as. Who looks again and again sends the same each time,
// and reading XML takes longer than most answers.
struct KeptCall {
  std::string body;  // empty: there is none yet
  rpc::Call call;
};

// What the routes answer from.
struct Site {
  core::Supervisor& supervisor;
  core::Machine& machine;
  rpc::Interface& interface;
  EventHub& events;
  std::string token;  // that forms of our own pages carry
  // Of getAllProcessInfo, as XML-RPC.
  rpc::KeptAnswer kept_answer{};
  KeptCall kept_call{};
  core::LineLimit unreadable{};  // requests that are told of
};

struct Route {
  std::string_view path;
  bool is_prefix = false;  // also what begins so, as Supervisor takes it
  std::string_view doc;
  void (*answer)(Site& site, Request& request, Response& response) = nullptr;
  // What the client must be allowed at least; the rest is for `answer` to judge.
  rpc::Role needs = rpc::Role::admin;
};

std::span<const Route> routes();

// The status that it is refused with, as far as the head tells; nothing if the body has to be seen.
std::optional<int> refusal_by_head(Site& site, const Request& request);

// Answers a request that the gate let in.
void answer(Site& site, Request& request, Response& response);

}  // namespace sup::http
