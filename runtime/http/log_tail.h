// Logs as they grow: what `supervisorctl tail -f` and `fg` read. The response begins with the last
// kilobyte and ends only when the client goes.
//
// A log that rolled over is read to its end before the new file is begun, so that no line is lost;
// one that was cut is told as such and read from its start. What the daemon writes is sent at once;
// what others write to the file within a second, when anything else happens.
#pragma once

#include "runtime/http/routes.h"

namespace sup::http {

void answer_log_tail(Site& site, Request& request, Response& response);
void answer_main_log_tail(Site& site, Request& request, Response& response);

}  // namespace sup::http
