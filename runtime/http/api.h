// /api/v1: the methods of rpc/ over JSON. An operation is a row that names its method; where its
// arguments come from follows from the method's own parameters: a part of the path, else the query
// of a question or the JSON object that is sent with an order. The OpenAPI document is printed from
// the same rows.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/http/routes.h"

namespace sup::http {

inline constexpr std::string_view api_root = "/api/v1";

struct Operation {
  std::string_view path;        // behind the root, with {name} for what varies
  std::string_view call;        // "supervisor.getProcessInfo"; GET if it changes nothing
  bool is_order = false;        // POST
  std::string_view defaults{};  // "offset=0&length=0", of parameters that the method wants
};

std::span<const Operation> operations();

// The row of its method.
const rpc::MethodRow& method_of(const Operation& operation);

// The row of a method by its whole name, which there has to be.
const rpc::MethodRow& find_method(std::string_view name);

// What of the path stands for {name} if the operation is meant, else nothing. A path without {name}
// has an empty one.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path);

void answer_api(Site& site, Request& request, Response& response);

// The OpenAPI 3.1 document.
std::string openapi_document();

}  // namespace sup::http
