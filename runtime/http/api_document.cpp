// The OpenAPI document, from the rows of the operations and of their methods.
#include <algorithm>
#include <string>

#include "runtime/core/concat.h"
#include "runtime/http/api.h"
#include "runtime/http/query.h"
#include "runtime/rpc/json.h"

namespace sup::http {

namespace {

std::string_view json_type(std::string_view type) {
  return type == "int" ? "integer" : type == "struct" ? "object" : type;
}

void write_schema(std::string_view type, rpc::Writer& out) {
  out.member("schema");
  out.begin_struct();
  out.text_member("type", json_type(type));
  if (type == "array") {
    out.member("items");
    out.begin_struct();
    out.end_struct();
  }
  out.end_struct();
}

void write_content(std::string_view media, std::string_view type, rpc::Writer& out) {
  out.member("content");
  out.begin_struct();
  out.member(media);
  out.begin_struct();
  write_schema(type, out);
  out.end_struct();
  out.end_struct();
}

void write_parameter(std::string_view name, std::string_view place, bool required,
                     std::string_view type, rpc::Writer& out) {
  out.begin_struct();
  out.text_member("name", name);
  out.text_member("in", place);
  out.boolean_member("required", required);
  write_schema(type, out);
  out.end_struct();
}

void write_parameters(const Operation& operation, const rpc::Shape& shape, rpc::Writer& out) {
  out.member("parameters");
  out.begin_array();
  const bool has_name = operation.path.find("{name}") != std::string_view::npos;
  const Query defaults(operation.defaults);
  for (const rpc::Parameter& parameter : shape.parameters) {
    const bool in_path = has_name && parameter.name == "name";
    if (in_path || !operation.is_order) {
      write_parameter(parameter.name, in_path ? "path" : "query",
                      in_path || !(parameter.optional || defaults.has(parameter.name)),
                      parameter.type, out);
    }
  }
  out.end_array();
}

void write_body(const Operation& operation, const rpc::Shape& shape, rpc::Writer& out) {
  const bool has_name = operation.path.find("{name}") != std::string_view::npos;
  out.member("requestBody");
  out.begin_struct();
  out.member("content");
  out.begin_struct();
  out.member("application/json");
  out.begin_struct();
  out.member("schema");
  out.begin_struct();
  out.text_member("type", "object");
  out.boolean_member("additionalProperties", false);
  out.member("properties");
  out.begin_struct();
  rpc::Array required;
  for (const rpc::Parameter& parameter : shape.parameters) {
    if (has_name && parameter.name == "name") {
      continue;
    }
    out.member(parameter.name);
    out.begin_struct();
    out.text_member("type", json_type(parameter.type));
    out.end_struct();
    if (!parameter.optional) {
      required.emplace_back(parameter.name);
    }
  }
  out.end_struct();
  if (!required.empty()) {
    out.member("required");
    out.value(required);
  }
  out.end_struct();
  out.end_struct();
  out.end_struct();
  out.end_struct();
}

void write_responses(std::string_view media, std::string_view type, rpc::Writer& out) {
  out.member("responses");
  out.begin_struct();
  out.member("200");
  out.begin_struct();
  out.text_member("description", "The result.");
  write_content(media, type, out);
  out.end_struct();
  out.member("default");
  out.begin_struct();
  out.text_member("description", "A problem object (RFC 9457); `fault` and `code` are XML-RPC's.");
  write_content("application/problem+json", "object", out);
  out.end_struct();
  out.end_struct();
}

void write_operation(const Operation& operation, rpc::Writer& out) {
  const rpc::MethodRow& row = method_of(operation);
  const rpc::Shape shape = rpc::read_shape(row.shape);
  out.member(operation.is_order ? "post" : "get");
  out.begin_struct();
  out.text_member("operationId", row.name);
  out.text_member("summary", row.help);
  write_parameters(operation, shape, out);
  if (operation.is_order) {
    write_body(operation, shape, out);
  }
  write_responses("application/json", shape.result, out);
  out.end_struct();
}

void write_events(rpc::Writer& out) {
  out.member(core::concat(api_root, "/events"));
  out.begin_struct();
  out.member("get");
  out.begin_struct();
  out.text_member("operationId", "events");
  out.text_member("summary", "Events as they happen, as server-sent events.");
  out.member("parameters");
  out.begin_array();
  for (const std::string_view name : {"type", "group", "process"}) {
    write_parameter(name, "query", false, "string", out);
  }
  out.end_array();
  write_responses("text/event-stream", "string", out);
  out.end_struct();
  out.end_struct();
}

}  // namespace

std::string openapi_document() {
  std::string text;
  rpc::JsonWriter out(text);
  out.begin_struct();
  out.text_member("openapi", "3.1.0");
  out.member("info");
  out.begin_struct();
  out.text_member("title", "suprun");
  out.text_member("version", SUP_VERSION);
  out.end_struct();
  out.member("paths");
  out.begin_struct();
  for (const Operation& operation : operations()) {
    out.member(core::concat(api_root, operation.path));
    out.begin_struct();
    write_operation(operation, out);
    out.end_struct();
  }
  write_events(out);
  out.end_struct();
  out.end_struct();
  return text + "\n";
}

}  // namespace sup::http
