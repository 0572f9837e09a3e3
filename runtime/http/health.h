// What load balancers and orchestrators ask: is the daemon there, and is everything up that should
// be?
#pragma once

#include <string>

#include "runtime/http/routes.h"

namespace sup::http {

// 200 as long as the daemon answers.
void answer_health(Site& site, Request& request, Response& response);

// 200 if all processes with autostart are as they should be, else 503; says which are not and why.
void answer_ready(Site& site, Request& request, Response& response);

// Why a process is not ready; empty: it is. Ready are those without autostart, those that are
// RUNNING, that ended as expected and that somebody stopped.
std::string why_not_ready(const core::Supervisor& supervisor, core::ProcessId process);

}  // namespace sup::http
