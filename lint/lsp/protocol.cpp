#include "lint/lsp/protocol.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "lint/lsp/features.h"
#include "lint/report.h"
#include "schema/text.h"

namespace sup::lint::lsp {

namespace {

// Messages of the protocol are not nested deeper than a dozen levels.
constexpr int deepest = 64;

// Whether brackets outside of texts are nested so deep that taking the value apart may cost harm.
bool is_too_deep(std::string_view body) {
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (in_text) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_text = false;
      }
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      if (++depth > deepest) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

std::string_view name_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::utf8: return "utf-8";
    case Encoding::utf16: return "utf-16";
    case Encoding::utf32: break;
  }
  return "utf-32";
}

// UTF-8 costs nothing here; UTF-16 is what all clients have.
Encoding choose_encoding(const std::vector<std::string>& offered) {
  for (const Encoding encoding : {Encoding::utf8, Encoding::utf32}) {
    if (std::find(offered.begin(), offered.end(), name_of(encoding)) != offered.end())
      return encoding;
  }
  return Encoding::utf16;
}

Json to_json(const Position& position) {
  return {
      {"line",      position.line     },
      {"character", position.character}
  };
}

// Markdown for those who show it; the others get the text without its marks.
Json markup(const std::string& text, bool is_markdown) {
  if (is_markdown)
    return {
        {"kind",  "markdown"},
        {"value", text      }
    };
  std::string plain;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);
    const std::string_view whole = line.empty() ? rest : line;
    rest.remove_prefix(whole.size());
    if (whole.starts_with("```") || whole == "---\n") continue;
    std::copy_if(whole.begin(), whole.end(), std::back_inserter(plain),
                 [](char c) { return c != '`'; });
  }
  return {
      {"kind",  "plaintext"},
      {"value", plain      }
  };
}

bool has_word(const Json* list, std::string_view word) {
  const std::vector<std::string> words = texts_of(list);
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Findings are written as text at once: there may be hundreds with each key that somebody types.
void append(std::string& out, const std::string& text) {
  const bool is_simple = std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 || c == '\n';
  });
  if (!is_simple || schema::invalid_utf8(text)) {
    out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '\n') out += '\\';
    out += c == '\n' ? 'n' : c;
  }
  out += '"';
}

void append(std::string& out, const Position& position) {
  out += "{\"line\":" + std::to_string(position.line) +
         ",\"character\":" + std::to_string(position.character) + "}";
}

void append(std::string& out, const Range& range) {
  out += "{\"start\":";
  append(out, range.start);
  out += ",\"end\":";
  append(out, range.end);
  out += "}";
}

std::string dump(const Json& message) {
  // Everything is UTF-8 already, but for what a client called its documents.
  return message.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::optional<Json> parse_message(std::string body) {
  if (is_too_deep(body)) return std::nullopt;
  Json message = Json::parse(body, nullptr, false);
  if (message.is_discarded()) {
    message = Json::parse(valid_utf8(body), nullptr, false);
    if (message.is_discarded()) return std::nullopt;
  }
  return message;
}

const Json* find(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(std::string(name));
  return found == object.end() ? nullptr : &*found;
}

const Json* find(const Json& object, std::string_view name, std::string_view inner) {
  const Json* outer = find(object, name);
  return outer == nullptr ? nullptr : find(*outer, inner);
}

std::optional<std::string> text_of(const Json& object, std::string_view name) {
  const Json* value = find(object, name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

std::optional<std::int64_t> number_of(const Json& object, std::string_view name) {
  const Json* value = find(object, name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_unsigned() &&
      value->get<std::uint64_t>() >
          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return std::numeric_limits<std::int64_t>::max();
  if (value->is_number_integer()) return value->get<std::int64_t>();
  if (!value->is_number_float()) return std::nullopt;
  // Clients whose language has one kind of number write 3.0.
  const double number = value->get<double>();
  constexpr double largest = 9007199254740992;
  if (!(number >= -largest && number <= largest)) return std::nullopt;
  const auto whole = static_cast<std::int64_t>(number);
  return static_cast<double>(whole) == number ? std::optional(whole) : std::nullopt;
}

bool is_true(const Json* value) {
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::vector<std::string> texts_of(const Json* list) {
  std::vector<std::string> texts;
  if (list == nullptr || !list->is_array()) return texts;
  for (const Json& item : *list) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

ClientCapabilities read_capabilities(const Json& params) {
  ClientCapabilities client;
  const Json none = Json::object();
  const Json* all = find(params, "capabilities");
  if (all == nullptr) return client;
  const auto part = [&](const Json& object, std::string_view name) -> const Json& {
    const Json* found = find(object, name);
    return found == nullptr ? none : *found;
  };
  const Json& documents = part(*all, "textDocument");
  const Json& item = part(part(documents, "completion"), "completionItem");
  const Json& push = part(documents, "publishDiagnostics");
  const Json* hover_format = find(documents, "hover", "contentFormat");
  const Json* item_format = find(item, "documentationFormat");
  client.encoding = choose_encoding(texts_of(find(*all, "general", "positionEncodings")));
  client.snippets = is_true(find(item, "snippetSupport"));
  client.markdown_in_hover = hover_format == nullptr || has_word(hover_format, "markdown");
  client.markdown_in_completion = has_word(item_format, "markdown");
  client.hierarchical_symbols =
      is_true(find(documents, "documentSymbol", "hierarchicalDocumentSymbolSupport"));
  client.code_action_literals =
      find(documents, "codeAction", "codeActionLiteralSupport") != nullptr;
  client.push_diagnostics =
      find(documents, "diagnostic") == nullptr || find(documents, "publishDiagnostics") != nullptr;
  client.related_information = is_true(find(push, "relatedInformation"));
  client.tags = find(push, "tagSupport") != nullptr;
  client.versions = is_true(find(push, "versionSupport"));
  client.dynamic_watched_files =
      is_true(find(part(part(*all, "workspace"), "didChangeWatchedFiles"), "dynamicRegistration"));
  return client;
}

std::optional<Position> read_position(const Json* value) {
  if (value == nullptr) return std::nullopt;
  const auto line = number_of(*value, "line");
  const auto character = number_of(*value, "character");
  if (!line || !character || *line < 0 || *character < 0) return std::nullopt;
  constexpr std::int64_t largest = std::numeric_limits<std::int32_t>::max();
  return Position{static_cast<std::uint32_t>(std::min(*line, largest)),
                  static_cast<std::uint32_t>(std::min(*character, largest))};
}

std::optional<Range> read_range(const Json* value) {
  if (value == nullptr) return std::nullopt;
  const auto start = read_position(find(*value, "start"));
  const auto end = read_position(find(*value, "end"));
  if (!start || !end || *end < *start) return std::nullopt;
  return Range{*start, *end};
}

std::optional<std::vector<ContentChange>> read_changes(const Json* value) {
  if (value == nullptr || !value->is_array()) return std::nullopt;
  std::vector<ContentChange> changes;
  for (const Json& item : *value) {
    ContentChange change;
    auto text = text_of(item, "text");
    if (!text) return std::nullopt;
    change.text = std::move(*text);
    if (const Json* range = find(item, "range"); range != nullptr && !range->is_null()) {
      change.range = read_range(range);
      if (!change.range) return std::nullopt;
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

std::optional<std::string> read_document(const Json& params) {
  const Json* document = find(params, "textDocument");
  return document == nullptr ? std::nullopt : text_of(*document, "uri");
}

Json to_json(const Range& range) {
  return {
      {"start", to_json(range.start)},
      {"end",   to_json(range.end)  }
  };
}

Json to_json(const Location& location) {
  return {
      {"uri",   location.uri           },
      {"range", to_json(location.range)}
  };
}

Json to_json(const TextEdit& edit) {
  return {
      {"range",   to_json(edit.range)},
      {"newText", edit.new_text      }
  };
}

Json to_json(const WorkspaceEdit& edit) {
  Json changes = Json::object();
  for (const auto& [uri, edits] : edit) changes[uri] = list_to_json(edits);
  return {
      {"changes", std::move(changes)}
  };
}

std::string to_text(const Diagnostic& diagnostic, const ClientCapabilities& client) {
  std::string out = "{\"range\":";
  append(out, diagnostic.range);
  out += ",\"severity\":" + std::to_string(static_cast<int>(diagnostic.severity));
  out += ",\"code\":";
  append(out, diagnostic.code);
  out += R"(,"source":"supcheck","message":)";
  append(out, diagnostic.message);
  if (client.tags && diagnostic.tag)
    out += ",\"tags\":[" + std::to_string(static_cast<int>(*diagnostic.tag)) + "]";
  if (client.related_information && !diagnostic.related.empty()) {
    out += ",\"relatedInformation\":[";
    for (const RelatedInformation& each : diagnostic.related) {
      out += R"({"location":{"uri":)";
      append(out, each.location.uri);
      out += ",\"range\":";
      append(out, each.location.range);
      out += "},\"message\":";
      append(out, each.message);
      out += "},";
    }
    out.back() = ']';
  }
  out += '}';
  return out;
}

Json to_json(const Diagnostic& diagnostic, const ClientCapabilities& client) {
  return Json::parse(to_text(diagnostic, client), nullptr, false);
}

std::string publish_diagnostics(const std::string& uri, std::optional<std::int64_t> version,
                                const std::vector<Diagnostic>& diagnostics,
                                const ClientCapabilities& client) {
  std::string out =
      R"({"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":{"uri":)";
  append(out, uri);
  if (client.versions && version) out += ",\"version\":" + std::to_string(*version);
  out += ",\"diagnostics\":[";
  for (const Diagnostic& diagnostic : diagnostics) {
    if (out.back() == '}') out += ',';
    out += to_text(diagnostic, client);
  }
  out += "]}}";
  return out;
}

Json to_json(const Hover& hover, const ClientCapabilities& client) {
  return {
      {"contents", markup(hover.text, client.markdown_in_hover)},
      {"range",          to_json(hover.range)                    }
  };
}

Json to_json(const CompletionItem& item, const ClientCapabilities& client) {
  Json object = {
      {"label",    item.label                 },
      {"kind",     static_cast<int>(item.kind)},
      {"textEdit", to_json(item.edit)         }
  };
  if (!item.detail.empty()) object["detail"] = item.detail;
  if (!item.sort_text.empty()) object["sortText"] = item.sort_text;
  if (!item.documentation.empty())
    object["documentation"] = markup(item.documentation, client.markdown_in_completion);
  constexpr int snippet = 2;
  if (item.is_snippet) object["insertTextFormat"] = snippet;
  return object;
}

Json to_json(const DocumentSymbol& symbol) {
  return {
      {"name",           symbol.name                  },
      {"kind",           static_cast<int>(symbol.kind)},
      {"range",          to_json(symbol.range)        },
      {"selectionRange", to_json(symbol.selection)    },
      {"children",       list_to_json(symbol.children)}
  };
}

void add_flat(Json& list, const DocumentSymbol& symbol, const std::string& uri) {
  list.push_back({
      {"name",     symbol.name                         },
      {"kind",     static_cast<int>(symbol.kind)       },
      {"location", to_json(Location{uri, symbol.range})}
  });
}

Json to_json(const FoldingRange& range) {
  return {
      {"startLine", range.start_line},
      {"endLine",   range.end_line  }
  };
}

Json to_json(const CodeAction& action, const ClientCapabilities& client) {
  Json object = {
      {"title", action.title        },
      {"kind",  action.kind         },
      {"edit",  to_json(action.edit)}
  };
  if (action.is_preferred) object["isPreferred"] = true;
  if (!action.diagnostics.empty()) object["diagnostics"] = list_to_json(action.diagnostics, client);
  return object;
}

Json server_capabilities(const ClientCapabilities& client) {
  constexpr int incremental = 2;
  Json capabilities = {
      {"positionEncoding",                name_of(client.encoding)                                                    },
      {"textDocumentSync",
       {{"openClose", true}, {"change", incremental}, {"save", {{"includeText", false}}}}                             },
      {"hoverProvider",                   true                                                                        },
      {"completionProvider",              {{"triggerCharacters", {"[", "=", ",", "(", ":"}}}                          },
      {"definitionProvider",              true                                                                        },
      {"referencesProvider",              true                                                                        },
      {"documentSymbolProvider",          true                                                                        },
      {"foldingRangeProvider",            true                                                                        },
      {"renameProvider",                  {{"prepareProvider", true}}                                                 },
      {"documentFormattingProvider",      true                                                                        },
      {"documentRangeFormattingProvider", true                                                                        },
      {"workspace",                       {{"workspaceFolders", {{"supported", true}, {"changeNotifications", true}}}}}
  };
  // Commands, the older form of actions, are not offered.
  if (client.code_action_literals)
    capabilities["codeActionProvider"] = {
        {"codeActionKinds", {quick_fix_kind, fix_all_kind}}
    };
  if (!client.push_diagnostics)
    capabilities["diagnosticProvider"] = {
        {"interFileDependencies", true },
        {"workspaceDiagnostics",  false}
    };
  return capabilities;
}

std::string response(const Json& id, Json result) {
  return dump({
      {"jsonrpc", "2.0"            },
      {"id",      id               },
      {"result",  std::move(result)}
  });
}

std::string error_response(const Json& id, ErrorCode code, std::string_view message) {
  return dump({
      {"jsonrpc", "2.0"                                                   },
      {"id",      id                                                      },
      {"error",   {{"code", static_cast<int>(code)}, {"message", message}}}
  });
}

std::string notification(std::string_view method, Json params) {
  return dump({
      {"jsonrpc", "2.0"            },
      {"method",  method           },
      {"params",  std::move(params)}
  });
}

std::string request(std::string_view id, std::string_view method, Json params) {
  return dump({
      {"jsonrpc", "2.0"            },
      {"id",      id               },
      {"method",  method           },
      {"params",  std::move(params)}
  });
}

}  // namespace sup::lint::lsp
