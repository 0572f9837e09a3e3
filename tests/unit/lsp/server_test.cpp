#include "lint/lsp/server.h"

#include <gtest/gtest.h>

#include "lint/lint.h"
#include "lint/lsp/diagnostics.h"
#include "tests/unit/lsp/editor.h"

namespace sup::lint::lsp {
namespace {

constexpr const char* root = "/etc/supervisor/supervisord.conf";
constexpr const char* web = "/etc/supervisor/conf.d/web.conf";
// Nothing is found in it.
constexpr const char* daemon =
    "[supervisord]\nuser=nobody\nlogfile=/var/log/supervisord.log\npidfile=/run/supervisord.pid\n"
    "childlogdir=/var/log\n";

std::string with_include() { return std::string(daemon) + "[include]\nfiles=conf.d/*.conf\n"; }

int code(const Json& answer) { return answer["error"]["code"].get<int>(); }

TEST(Server, SaysWhatItCanDo) {
  Editor editor(Json::object(), false);
  const Json result = editor.request("initialize", {
                                                       {"capabilities", Json::object()}
  });
  EXPECT_EQ(result["serverInfo"]["name"], "supcheck");
  EXPECT_EQ(result["capabilities"]["positionEncoding"], "utf-16");
  EXPECT_EQ(result["capabilities"]["textDocumentSync"]["change"], 2);
  EXPECT_FALSE(result["capabilities"].contains("diagnosticProvider"));
}

TEST(Server, TakesTheEncodingThatIsOffered) {
  for (const char* name : {"utf-8", "utf-32"}) {
    Editor editor(Json::object(), false);
    const Json offered = {
        {"general", {{"positionEncodings", {"utf-16", name}}}}
    };
    const Json result = editor.request("initialize", {
                                                         {"capabilities", offered}
    });
    EXPECT_EQ(result["capabilities"]["positionEncoding"], name);
  }
}

TEST(Server, HasAnOrderOfLife) {
  Editor editor(Json::object(), false);
  EXPECT_EQ(code(editor.ask("textDocument/hover", Json::object())), -32002);
  editor.open(root, "[a\n");
  EXPECT_EQ(editor.found(root), "none") << "not initialized";
  editor.request("initialize", Json::object());
  EXPECT_EQ(code(editor.ask("initialize", Json::object())), -32600);
  EXPECT_EQ(code(editor.ask("textDocument/unknown", Json::object())), -32601);
  EXPECT_EQ(code(editor.ask("textDocument/didOpen", Json::object())), -32601);
  EXPECT_EQ(code(editor.ask("textDocument/hover", Json::object())), -32602);
  editor.notify("$/unknown", Json::object());
  EXPECT_TRUE(editor.request("shutdown", nullptr).is_null());
  EXPECT_EQ(code(editor.ask("textDocument/hover", Json::object())), -32600);
  EXPECT_FALSE(editor.server.exit_status());
  editor.notify("exit", nullptr);
  editor.settle();
  EXPECT_EQ(editor.server.exit_status(), 0);
}

TEST(Server, EndsWithOneWithoutShutdown) {
  Editor rude;
  rude.notify("exit", nullptr);
  rude.settle();
  EXPECT_EQ(rude.server.exit_status(), 1);
  Editor gone;
  gone.server.end_of_input();
  EXPECT_EQ(gone.server.exit_status(), 1);
}

TEST(Server, AnswersWhatIsNoMessage) {
  Editor editor;
  for (const char* body : {"", "{", "nonsense", "\xFF\xFE"}) editor.send(body);
  editor.send(std::string(100000, '['));
  editor.settle();
  ASSERT_EQ(editor.others.size(), 5U);
  for (const Json& answer : editor.others) {
    EXPECT_EQ(code(answer), -32700);
    EXPECT_TRUE(answer["id"].is_null());
  }
  editor.others.clear();
  for (const char* body : {"[]", "1", "{}", R"({"id":[],"method":"x"})", R"({"method":7,"id":1})"})
    editor.send(body);
  editor.settle();
  ASSERT_EQ(editor.others.size(), 5U);
  for (const Json& answer : editor.others) EXPECT_EQ(code(answer), -32600);
  editor.others.clear();
  editor.send(R"({"jsonrpc":"2.0","id":"x","result":null})");
  editor.settle();
  EXPECT_TRUE(editor.others.empty()) << "answers are not answered";
}

TEST(Server, BytesThatAreNotUtf8AreReadAllTheSame) {
  Editor editor;
  editor.send(
      "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didOpen\",\"params\":{\"textDocument\":{"
      "\"uri\":\"file:///x.conf\",\"version\":1,\"text\":\"[program:\xFF]\\nautosart=1\\n\"}}}");
  editor.settle();
  EXPECT_NE(editor.found("/x.conf").find("SUP202 1:0-8"), std::string::npos);
}

TEST(Server, CancelsWhatWaits) {
  Editor editor;
  editor.open(root, daemon);
  const Json params = {
      {"textDocument", {{"uri", std::string("file://") + root}}}
  };
  editor.send(request("a", "textDocument/documentSymbol", params));
  editor.send(request("b", "textDocument/documentSymbol", params));
  editor.notify("$/cancelRequest", {
                                       {"id", "b"}
  });
  editor.notify("$/cancelRequest", {
                                       {"id", "none"}
  });
  editor.settle();
  EXPECT_TRUE(editor.answers["a"].contains("result"));
  EXPECT_EQ(code(editor.answers["b"]), -32800);
}

TEST(Server, TellsWhatIsFoundAsOneTypes) {
  Editor editor(Json::parse(R"({"textDocument":{"publishDiagnostics":{"versionSupport":true}}})"));
  editor.open(root, std::string(daemon) + "[program:web]\ncommand=/bin/cat\nautosart=true\n");
  EXPECT_EQ(editor.found(root), "SUP202 7:0-8");
  editor.change(root, 2, Json::parse(R"([{"range":{"start":{"line":7,"character":5},
                              "end":{"line":7,"character":5}},"text":"t"}])"));
  editor.settle();
  EXPECT_EQ(editor.found(root), "");
  EXPECT_EQ(editor.published.back()["version"], 2);
}

TEST(Server, ChecksManyChangesOnce) {
  Editor editor;
  editor.open(root, daemon);
  editor.published.clear();
  for (int i = 2; i < 12; ++i)
    editor.change(root, i, {{{"text", std::string(daemon) + "[program:web]\nx=1\n"}}});
  editor.settle();
  EXPECT_EQ(editor.published.size(), 1U);
  // Who never pauses is told all the same.
  for (int i = 12; i < 112; ++i) {
    editor.change(root, i, {{{"text", daemon}}});
  }
  editor.settle();
  EXPECT_EQ(editor.published.size(), 3U);
}

TEST(Server, IncludedFilesHaveTheirFindings) {
  Editor editor;
  editor.disk.files[web] = "[program:web]\ncommand=/bin/cat\nautosart=true\n";
  editor.open(root, with_include());
  EXPECT_EQ(editor.found(web), "SUP202 2:0-8");
  // Unsaved text stands above the disk.
  editor.open(web, "[program:web]\ncommand=/bin/cat\n\nautosart=true\n");
  EXPECT_EQ(editor.found(web), "SUP202 3:0-8");
  editor.close(web);
  EXPECT_EQ(editor.found(web), "SUP202 2:0-8");
  // What is not included any more is clean again.
  editor.change(root, 2, {{{"text", std::string(daemon) + "[program:x]\ncommand=/bin/cat\n"}}});
  editor.settle();
  EXPECT_EQ(editor.found(web), "");
}

TEST(Server, APlaceThatAFindingRefersToMovesWithIt) {
  Editor editor(
      Json::parse(R"({"textDocument":{"publishDiagnostics":{"relatedInformation":true}}})"));
  editor.disk.files[web] = "[program:x]\ncommand=/bin/cat\n";
  const std::string section = "[program:x]\ncommand=/bin/cat\n";
  editor.open(root, with_include() + section);
  const auto line = [&] {
    const Json& found = editor.findings.at(std::string("file://") + web)["diagnostics"];
    EXPECT_EQ(found.size(), 1U) << found.dump();
    return found.at(Json::json_pointer("/0/relatedInformation/0/location/range/start/line"))
        .get<int>();
  };
  const int before = line();
  const std::size_t published = editor.published.size();
  editor.change(root, 2, {{{"text", with_include() + "\n" + section}}});
  editor.settle();
  EXPECT_EQ(line(), before + 1);
  EXPECT_GT(editor.published.size(), published);
}

TEST(Server, APartIsCheckedWithTheRootThatIncludesIt) {
  Editor editor;
  editor.disk.files[root] = with_include() + "[group:g]\nprograms=web,missing\n";
  editor.open(web, "[program:web]\ncommand=/bin/cat\n");
  EXPECT_EQ(editor.found(web), "");
  EXPECT_EQ(editor.found(root), "SUP507 8:13-20");
  editor.close(web);
  EXPECT_EQ(editor.found(root), "") << "nobody looks at it any more";
}

TEST(Server, APartWithoutRootIsAFragment) {
  Editor editor;
  editor.open(web, "[program:web]\ncommand=/bin/cat\nautosart=true\n");
  EXPECT_EQ(editor.found(web), "SUP202 2:0-8");
  editor.disk.files[root] = with_include() + "[group:g]\nprograms=web,missing\n";
  editor.notify("workspace/didChangeWatchedFiles", {
                                                       {"changes", Json::array()}
  });
  editor.settle();
  EXPECT_EQ(editor.found(web), "SUP202 2:0-8");
  EXPECT_EQ(editor.found(root), "SUP507 8:13-20");
}

TEST(Server, ADocumentCanBecomeARoot) {
  Editor editor;
  editor.open("/x/y.conf", "[program:web]\ncommand=/bin/cat\n[group:g]\nprograms=missing\n");
  EXPECT_EQ(editor.found("/x/y.conf"), "") << "other files may have it";
  editor.change("/x/y.conf", 2,
                {{{"text", std::string(daemon) + "[program:web]\ncommand=/bin/cat\n"
                                                 "[group:g]\nprograms=missing\n"}}});
  editor.settle();
  EXPECT_EQ(editor.found("/x/y.conf"), "SUP507 8:9-16");
}

TEST(Server, DocumentsOfTheEditorAloneAreChecked) {
  Editor editor;
  editor.notify("textDocument/didOpen", {
                                            {"textDocument",
                                             {{"uri", "untitled:Untitled-1"},
                                              {"version", 1},
                                              {"text", "[program:web]\nautosart=true\n"}}}
  });
  editor.settle();
  ASSERT_TRUE(editor.findings.contains("untitled:Untitled-1"));
  EXPECT_FALSE(editor.findings["untitled:Untitled-1"]["diagnostics"].empty());
}

TEST(Server, PositionsAreThoseOfTheClient) {
  const std::string text = std::string(daemon) +
                           "; \xF0\x9F\x98\x80\r\n[program:\xF0\x9F\x98\x80]\r\n" +
                           "command=/bin/echo \xF0\x9F\x98\x80 %(x)s\r\n";
  for (const auto& [encoding, begin] : {
           std::pair{"utf-16", 21},
           std::pair{"utf-32", 20},
           std::pair{"utf-8",  23}
  }) {
    Editor editor(
        Json::parse(R"({"general":{"positionEncodings":[")" + std::string(encoding) + R"("]}})"));
    editor.open(root, text);
    const std::string place = "7:" + std::to_string(begin) + "-" + std::to_string(begin + 5);
    EXPECT_NE(editor.found(root).find("SUP401 " + place), std::string::npos)
        << editor.found(root) << " " << place;
  }
}

TEST(Server, SaysMoreToThoseWhoCanShowIt) {
  Editor editor(Json::parse(
      R"({"textDocument":{"publishDiagnostics":{"relatedInformation":true,"tagSupport":{}}}})"));
  editor.open(root, std::string(daemon) +
                        "[program:a]\ncommand=/bin/cat\nlog_stdout=true\n"
                        "[program:a]\ncommand=/bin/true\n");
  bool has_tag = false;
  bool has_related = false;
  for (const Json& each : editor.findings[std::string("file://") + root]["diagnostics"]) {
    has_tag = has_tag || (each["code"] == "SUP204" && each["tags"] == Json::array({2}));
    has_related = has_related || each.contains("relatedInformation");
  }
  EXPECT_TRUE(has_tag);
  EXPECT_TRUE(has_related);
}

TEST(Server, PullsForThoseWhoAreNotPushed) {
  Editor editor(Json::parse(R"({"textDocument":{"diagnostic":{}}})"));
  editor.open(root, std::string(daemon) + "[program:web]\ncommand=/bin/cat\nautosart=true\n");
  EXPECT_TRUE(editor.published.empty());
  const Json report = editor.request(
      "textDocument/diagnostic", {
                                     {"textDocument", {{"uri", std::string("file://") + root}}}
  });
  EXPECT_EQ(report["kind"], "full");
  ASSERT_EQ(report["items"].size(), 1U);
  EXPECT_EQ(report["items"][0]["code"], "SUP202");
}

TEST(Server, TakesSettings) {
  Editor editor;
  const std::string text =
      std::string(daemon) + "[program:web]\ncommand=/bin/cat\nautostart=true\n";
  editor.open(root, text);
  EXPECT_EQ(editor.found(root), "");
  editor.notify("workspace/didChangeConfiguration",
                Json::parse(R"({"settings":{"supcheck":{"style":true}}})"));
  editor.settle();
  EXPECT_NE(editor.found(root).find("SUP1501"), std::string::npos);
}

TEST(Server, WatchesFilesIfTheClientCan) {
  Editor editor(
      Json::parse(R"({"workspace":{"didChangeWatchedFiles":{"dynamicRegistration":true}}})"));
  editor.settle();
  ASSERT_EQ(editor.others.size(), 1U);
  EXPECT_EQ(editor.others[0]["method"], "client/registerCapability");
}

TEST(Diagnostics, TagsAreOfRulesThatExist) {
  std::size_t tagged = 0;
  for (const compiler::Rule* rule : all_rules()) {
    compiler::Diagnostic finding;
    finding.rule = rule;
    if (tag_of(finding)) ++tagged;
  }
  EXPECT_EQ(tagged, 11U);
}

}  // namespace
}  // namespace sup::lint::lsp
