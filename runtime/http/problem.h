// Errors of what speaks JSON: problem objects as RFC 9457 describes them, and other small answers.
#pragma once

#include <string_view>

#include "runtime/http/request.h"
#include "runtime/rpc/xmlrpc.h"

namespace sup::http {

inline constexpr std::string_view json_headers =
    "Content-Type: application/json\r\nCache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n";

// `detail` is a sentence for people.
void refuse_with_problem(Response& response, int status, std::string_view detail);

// What a method of rpc/ refused: its code and name are members of the object.
void refuse_with_problem(Response& response, const rpc::Fault& fault);

// 405 with the methods that there are, "GET, HEAD".
void refuse_method(Response& response, std::string_view allowed);

// True for GET and HEAD; else the refusal is in `response`.
bool is_question(const Request& request, Response& response);

}  // namespace sup::http
