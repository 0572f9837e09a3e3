#include "runtime/http/problem.h"

#include "runtime/core/concat.h"
#include "runtime/rpc/faults.h"
#include "runtime/rpc/json.h"

namespace sup::http {

namespace {

void begin_problem(Response& response, int status) {
  response.status = status;
  response.headers =
      "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\n";
  response.body.clear();
}

void write_common(rpc::JsonWriter& json, int status, std::string_view detail) {
  json.text_member("type", "about:blank");
  json.text_member("title", reason(status));
  json.integer_member("status", status);
  json.text_member("detail", detail);
}

}  // namespace

void refuse_with_problem(Response& response, int status, std::string_view detail) {
  begin_problem(response, status);
  rpc::JsonWriter json(response.body);
  json.begin_struct();
  write_common(json, status, detail);
  json.end_struct();
}

void refuse_with_problem(Response& response, const rpc::Fault& fault) {
  const int status = rpc::http_status(fault.code);
  begin_problem(response, status);
  rpc::JsonWriter json(response.body);
  json.begin_struct();
  write_common(json, status, fault.text);
  json.integer_member("code", fault.code);
  json.text_member("fault", fault.text.substr(0, fault.text.find(':')));
  json.end_struct();
}

void refuse_method(Response& response, std::string_view allowed) {
  refuse_with_problem(response, 405, core::concat("only ", allowed, " here"));
  response.headers.append("Allow: ").append(allowed).append("\r\n");
}

bool is_question(const Request& request, Response& response) {
  if (request.method == "GET" || request.method == "HEAD") {
    return true;
  }
  refuse_method(response, "GET, HEAD");
  return false;
}

}  // namespace sup::http
