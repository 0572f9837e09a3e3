// Joins the control servers to the daemon: the host knows that there are servers, http/ serves, and
// rpc/ answers from the core.
#pragma once

#include <memory>

#include "runtime/core/machine.h"
#include "runtime/core/supervisor.h"
#include "runtime/host/servers.h"
#include "runtime/http/server.h"

namespace sup {

std::unique_ptr<host::Servers> make_control_servers(core::Supervisor& supervisor,
                                                    core::Machine& machine,
                                                    http::ServerOptions options);

}  // namespace sup
