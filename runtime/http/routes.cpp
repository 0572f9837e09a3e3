#include "runtime/http/routes.h"

#include <array>

#include "runtime/http/api.h"
#include "runtime/http/health.h"
#include "runtime/http/log_tail.h"
#include "runtime/http/metrics.h"
#include "runtime/http/page.h"
#include "runtime/http/rpc_route.h"

namespace sup::http {

namespace {

// In the order in which they are tried.
constexpr std::array table{
    Route{"/RPC2",         true,  "POST: a call of XML-RPC; docs/rpc.md lists the methods.",      answer_rpc          },
    Route{"/logtail",      true,
          "GET /logtail/NAME[/stdout or /stderr]: the end of a log and whatever is added to it, "
          "for ever.",                                                                            answer_log_tail     },
    Route{"/mainlogtail",  true,  "GET: the same of the daemon's own log.",                       answer_main_log_tail},
    Route{"/api/v1/",      true,  "The same over JSON, and events as they happen; docs/http.md.",
          answer_api                                                                                                  },
    Route{"/",             false,
          "The page; POST: an action of it, with its token. With ?action= as in old bookmarks it "
          "asks back.",                                                                           answer_page         },
    Route{"/index.html",   false, "The same.",                                                    answer_page         },
    Route{"/tail.html",    false,
          "GET ?processname=NAME&limit=BYTES&channel=stderr: the end of a log, as a page.",       answer_tail_page    },
    Route{"/ok.html",      false, "GET: OK.",                                                     answer_ok           },
    Route{"/stylesheets/", true,  "The style sheet of the pages.",                                answer_stylesheet   },
    Route{"/page.js",      false, "The script of the page.",                                      answer_script       },
    Route{"/health",       false, "GET: 200 as long as the daemon answers; JSON.",                answer_health       },
    Route{"/health/ready", false,
          "GET: 200 if every process with autostart is RUNNING, ended as expected or was stopped "
          "by somebody, else 503; JSON that says which are not.",                                 answer_ready        },
    Route{"/metrics",      false, "GET: figures for Prometheus.",                                 answer_metrics      },
};

}  // namespace

std::span<const Route> routes() { return table; }

void answer(Site& site, Request& request, Response& response) {
  for (const Route& route : table) {
    if (route.is_prefix ? request.path.starts_with(route.path) : request.path == route.path) {
      route.answer(site, request, response);
      return;
    }
  }
  refuse(response, 404);
}

}  // namespace sup::http
