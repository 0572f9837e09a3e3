// The protocol's structures from and to JSON, and JSON-RPC's envelopes. Reading never throws: what
// lacks a member or has one of another type is nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "lint/lsp/types.h"

namespace sup::lint::lsp {

using Json = nlohmann::json;

enum class ErrorCode : std::int32_t {
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602,
  server_not_initialized = -32002,
  request_failed = -32803,
  request_cancelled = -32800
};

// The text of a message as JSON; nothing if it is none, or if it is nested deeper than any message
// of the protocol. Bytes that are not UTF-8 are read as U+FFFD.
std::optional<Json> parse_message(std::string body);

// A member of an object, or null.
const Json* find(const Json& object, std::string_view name);
// A member of a member.
const Json* find(const Json& object, std::string_view name, std::string_view inner);
// Nothing: it is not there or no text.
std::optional<std::string> text_of(const Json& object, std::string_view name);
std::optional<std::int64_t> number_of(const Json& object, std::string_view name);
bool is_true(const Json* value);
std::vector<std::string> texts_of(const Json* list);

ClientCapabilities read_capabilities(const Json& params);
std::optional<Position> read_position(const Json* value);
std::optional<Range> read_range(const Json* value);
std::optional<std::vector<ContentChange>> read_changes(const Json* value);
// The URI of params.textDocument.
std::optional<std::string> read_document(const Json& params);

Json to_json(const Range& range);
Json to_json(const Location& location);
Json to_json(const TextEdit& edit);
Json to_json(const WorkspaceEdit& edit);
Json to_json(const Diagnostic& diagnostic, const ClientCapabilities& client);
Json to_json(const Hover& hover, const ClientCapabilities& client);
Json to_json(const CompletionItem& item, const ClientCapabilities& client);
Json to_json(const DocumentSymbol& symbol);
// The flat form for clients that know no other.
void add_flat(Json& list, const DocumentSymbol& symbol, const std::string& uri);
Json to_json(const FoldingRange& range);
Json to_json(const CodeAction& action, const ClientCapabilities& client);

template <class Item, class... More>
Json list_to_json(const std::vector<Item>& items, const More&... more) {
  Json list = Json::array();
  for (const Item& item : items) list.push_back(to_json(item, more...));
  return list;
}

// What the server can do.
Json server_capabilities(const ClientCapabilities& client);

// textDocument/publishDiagnostics.
std::string publish_diagnostics(const std::string& uri, std::optional<std::int64_t> version,
                                const std::vector<Diagnostic>& diagnostics,
                                const ClientCapabilities& client);

// Messages; ids are those of the requests.
std::string response(const Json& id, Json result);
std::string error_response(const Json& id, ErrorCode code, std::string_view message);
std::string notification(std::string_view method, Json params);
std::string request(std::string_view id, std::string_view method, Json params);

}  // namespace sup::lint::lsp
