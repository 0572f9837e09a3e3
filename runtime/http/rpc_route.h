// Calls of XML-RPC over HTTP.
#pragma once

#include "runtime/http/routes.h"

namespace sup::http {

void answer_rpc(Site& site, Request& request, Response& response);

}  // namespace sup::http
