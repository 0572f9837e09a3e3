// An editor in memory for tests: speaks with a Server without a process.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "lint/lsp/server.h"

namespace sup::lint::lsp {

class Editor {
 public:
  explicit Editor(Json capabilities = Json::object(), bool start = true) : server(disk, {}) {
    if (!start) return;
    request("initialize", {
                              {"capabilities", std::move(capabilities)}
    });
    notify("initialized", Json::object());
  }

  // What is sent waits until settle() or request().
  void send(std::string body) { server.receive({std::move(body), {}, false}); }

  void notify(std::string_view method, Json params) {
    send(notification(method, std::move(params)));
  }

  // The whole answer.
  Json ask(const std::string& method, Json params) {
    send(lsp::request(std::to_string(++last_id), method, std::move(params)));
    settle();
    Json answer = std::move(answers[std::to_string(last_id)]);
    answers.erase(std::to_string(last_id));
    return answer;
  }

  Json request(const std::string& method, Json params) {
    Json answer = ask(method, std::move(params));
    EXPECT_FALSE(answer.contains("error")) << answer.dump();
    return answer["result"];
  }

  void settle() {
    do {
      if (server.has_work()) server.work();
      for (const std::string& text : server.take_output()) take(Json::parse(text));
    } while (server.has_work());
  }

  void open(const std::string& path, const std::string& text) {
    notify("textDocument/didOpen", {
                                       {"textDocument",
                                        {{"uri", "file://" + path},
                                         {"languageId", "supervisor"},
                                         {"version", 1},
                                         {"text", text}}}
    });
    settle();
  }

  void change(const std::string& path, int version, Json changes) {
    notify("textDocument/didChange",
           {
               {"textDocument",   {{"uri", "file://" + path}, {"version", version}}},
               {"contentChanges", std::move(changes)                               }
    });
  }

  void close(const std::string& path) {
    notify("textDocument/didClose", {
                                        {"textDocument", {{"uri", "file://" + path}}}
    });
    settle();
  }

  // A request about the place of `|` behind which nothing was typed: line and character.
  Json at(const std::string& method, const std::string& path, int line, int character,
          Json more = Json::object()) {
    more["textDocument"] = {
        {"uri", "file://" + path}
    };
    more["position"] = {
        {"line",      line     },
        {"character", character}
    };
    return request("textDocument/" + method, std::move(more));
  }

  // "SUP202 3:0-8" for each finding of a file as it was published last; "none" if it never was.
  std::string found(const std::string& path) const {
    const auto last = findings.find("file://" + path);
    if (last == findings.end()) return "none";
    std::string text;
    for (const Json& each : last->second["diagnostics"]) {
      const Json& range = each["range"];
      text += (text.empty() ? "" : ", ") + each["code"].get<std::string>() + " " +
              std::to_string(range["start"]["line"].get<int>()) + ":" +
              std::to_string(range["start"]["character"].get<int>()) + "-" +
              std::to_string(range["end"]["character"].get<int>());
    }
    return text;
  }

  compiler::MemoryFileSystem disk;
  Server server;
  std::map<std::string, Json> answers;
  std::map<std::string, Json> findings;  // params of the last publication, by URI
  std::vector<Json> published;           // all of them
  std::vector<Json> others;
  int last_id = 0;

 private:
  void take(Json message) {
    if (message.value("method", "") == "textDocument/publishDiagnostics") {
      const std::string uri = message["params"]["uri"];
      published.push_back(message["params"]);
      findings[uri] = std::move(message["params"]);
    } else if (message.contains("method") || !message["id"].is_string()) {
      others.push_back(std::move(message));
    } else {
      const std::string id = message["id"];
      answers[id] = std::move(message);
    }
  }
};

}  // namespace sup::lint::lsp
