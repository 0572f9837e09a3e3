#include "runtime/http/routes.h"

#include <array>

#include "runtime/http/api.h"
#include "runtime/http/health.h"
#include "runtime/http/log_tail.h"
#include "runtime/http/metrics.h"
#include "runtime/http/page.h"
#include "runtime/http/problem.h"
#include "runtime/http/rpc_route.h"

namespace sup::http {

namespace {

// In the order in which they are tried.
constexpr std::array route_table{
    Route{"/RPC2",         true,  "POST: a call of XML-RPC; docs/rpc.md lists the methods.",      answer_rpc,
          rpc::Role::none                                                                                                              },
    Route{"/logtail",      true,
          "GET /logtail/NAME[/stdout or /stderr]: the end of a log and whatever is added to it, "
          "for ever.",                                                                            answer_log_tail,      rpc::Role::none},
    Route{"/mainlogtail",  true,  "GET: the same of the daemon's own log.",                       answer_main_log_tail,
          rpc::Role::read                                                                                                              },
    Route{"/api/v1/",      true,  "The same over JSON, and events as they happen; docs/http.md.",
          answer_api,                                                                                                   rpc::Role::none},
    Route{"/",             false,
          "The page; POST: an action of it, with its token. With ?action= as in old bookmarks it "
          "asks back.",                                                                           answer_page,          rpc::Role::none},
    Route{"/index.html",   false, "The same.",                                                    answer_page,          rpc::Role::none},
    Route{"/tail.html",    false,
          "GET ?processname=NAME&limit=BYTES&channel=stderr: the end of a log, as a page.",       answer_tail_page,     rpc::Role::none},
    Route{"/ok.html",      false, "GET: OK.",                                                     answer_ok,            rpc::Role::none},
    Route{"/stylesheets/", true,  "The style sheet of the pages.",                                answer_stylesheet,
          rpc::Role::none                                                                                                              },
    Route{"/page.js",      false, "The script of the page.",                                      answer_script,        rpc::Role::none},
    Route{"/health",       false, "GET: 200 as long as the daemon answers; JSON.",                answer_health,
          rpc::Role::none                                                                                                              },
    Route{"/health/ready", false,
          "GET: 200 if every process with autostart is RUNNING, ended as expected or was stopped "
          "by somebody, else 503; JSON that says which are not.",                                 answer_ready,         rpc::Role::read},
    Route{"/metrics",      false, "GET: figures for Prometheus.",                                 answer_metrics,       rpc::Role::read},
};

const Route* find_route(std::string_view path) {
  for (const Route& route : route_table) {
    if (route.is_prefix ? path.starts_with(route.path) : path == route.path) {
      return &route;
    }
  }
  return nullptr;
}

rpc::Interface::Denial denial_of(const Request& request, const Route& route) {
  return {.what = request.path, .needed = route.needs};
}

}  // namespace

std::span<const Route> routes() { return route_table; }

std::optional<int> refusal_by_head(Site& site, const Request& request) {
  const Route* route = find_route(request.path);
  if (route == nullptr) {
    return 404;
  }
  if (!request.access.may(route->needs)) {
    site.interface.deny(request.access, denial_of(request, *route));
    return 403;
  }
  return std::nullopt;
}

void answer(Site& site, Request& request, Response& response) {
  if (const std::optional<int> status = refusal_by_head(site, request)) {
    if (*status == 403) {  // none of these is a page
      refuse_with_problem(
          response, *status,
          rpc::Interface::reason(request.access, denial_of(request, *find_route(request.path))));
      return;
    }
    refuse(response, *status);
  } else {
    find_route(request.path)->answer(site, request, response);
  }
}

}  // namespace sup::http
