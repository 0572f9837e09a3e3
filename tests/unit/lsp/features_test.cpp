#include "lint/lsp/features.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "schema/options.h"
#include "tests/unit/lsp/editor.h"

namespace sup::lint::lsp {
namespace {

constexpr const char* conf = "/etc/supervisord.conf";

const Json everything = Json::parse(R"({"textDocument":{
  "completion":{"completionItem":{"snippetSupport":true,"documentationFormat":["markdown"]}},
  "codeAction":{"codeActionLiteralSupport":{}},
  "documentSymbol":{"hierarchicalDocumentSymbolSupport":true}}})");

// A place in a text, marked by `|`, which is taken out.
struct Marked {
  std::string text;
  int line = 0;
  int character = 0;

  explicit Marked(std::string marked) : text(std::move(marked)) {
    const std::size_t at = text.find('|');
    text.erase(at, 1);
    line = static_cast<int>(std::count(text.begin(), text.begin() + static_cast<long>(at), '\n'));
    const std::size_t begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
    character = static_cast<int>(at - begin);
  }
};

Json ask(const std::string& method, const std::string& marked, Json more = Json::object()) {
  Editor editor(everything);
  const Marked place(marked);
  editor.open(conf, place.text);
  return editor.at(method, conf, place.line, place.character, std::move(more));
}

// What completion offers, separated by blanks, in the order that the client will show.
std::string offered(const std::string& marked) {
  Json items = ask("completion", marked);
  std::stable_sort(items.begin(), items.end(), [](const Json& a, const Json& b) {
    return a.value("sortText", a["label"]) < b.value("sortText", b["label"]);
  });
  std::string text;
  for (const Json& item : items)
    text += (text.empty() ? "" : " ") + item["label"].get<std::string>();
  return text;
}

bool offers(const std::string& marked, const std::string& word) {
  const std::string words = " " + offered(marked) + " ";
  return words.find(" " + word + " ") != std::string::npos;
}

// The text after the completion of that label.
std::string completed(const std::string& marked, const std::string& label) {
  Editor editor(everything);
  const Marked place(marked);
  editor.open(conf, place.text);
  for (const Json& item : editor.at("completion", conf, place.line, place.character)) {
    if (item["label"] != label) continue;
    TextDocument document("x", "x", 1, place.text);
    const auto range = read_range(&item["textEdit"]["range"]);
    document.apply(
        {
            {range, item["textEdit"]["newText"]}
    },
        2, Encoding::utf16);
    return document.text();
  }
  return "(not offered)";
}

std::string hovered(const std::string& marked) {
  const Json answer = ask("hover", marked);
  return answer.is_null() ? "" : answer["contents"]["value"].get<std::string>();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Completion, OffersSections) {
  EXPECT_TRUE(offers("[|", "[supervisord]"));
  EXPECT_TRUE(offers("[pro|", "[program:"));
  EXPECT_FALSE(offers("[supervisord]\n[|", "[supervisord]")) << "there is one";
  EXPECT_EQ(offered("[program:|"), "") << "nobody knows its name";
  EXPECT_EQ(completed("[pro|]\n", "[program:"), "[program:${1:name}]\n");
  EXPECT_EQ(completed("[sup|", "[supervisorctl]"), "[supervisorctl]");
}

TEST(Completion, OffersOptionsThatAreNotSet) {
  const std::string options = offered("[program:x]\ncommand=/bin/cat\nstop|\n");
  EXPECT_TRUE(contains(options, "stopsignal"));
  EXPECT_FALSE(contains(options, "command"));
  EXPECT_FALSE(offers("[program:x]\nev|\n", "events"));
  EXPECT_TRUE(offered("[eventlistener:x]\n|").starts_with("command events "))
      << "required ones come first";
  EXPECT_TRUE(offers("[eventlistener:x]\ncommand=x\n\n|\n[program:y]\n", "events"));
  EXPECT_EQ(offered("|\n[program:y]\n").find("command"), std::string::npos);
}

TEST(Completion, WritesOptions) {
  EXPECT_EQ(completed("[program:x]\nstops|\n", "stopsignal"),
            "[program:x]\nstopsignal=${1:TERM}\n");
  EXPECT_EQ(completed("[program:x]\n|", "command"), "[program:x]\ncommand=$0");
  EXPECT_EQ(completed("[program:x]\nsto|p=1\n", "stopwaitsecs"), "[program:x]\nstopwaitsecs=1\n")
      << "the value stays";
}

TEST(Completion, OffersValues) {
  EXPECT_EQ(offered("[program:x]\nautostart=|\n"), "true false yes no on off 1 0");
  EXPECT_EQ(offered("[program:x]\nautorestart=f|\n"), "true false unexpected");
  EXPECT_EQ(offered("[program:x]\nstdout_logfile=|\n"), "AUTO NONE");
  EXPECT_TRUE(offers("[program:x]\nstopsignal=|\n", "QUIT"));
  EXPECT_TRUE(offers("[supervisord]\nloglevel=|\n", "blather"));
  EXPECT_EQ(offered("[program:x]\ncommand=|\n"), "");
  EXPECT_EQ(completed("[program:x]\nstopsignal=TE|RM\n", "INT"), "[program:x]\nstopsignal=INT\n");
}

// What is offered as a value is one.
TEST(Completion, OffersNothingThatIsRefused) {
  for (const schema::SectionRow& section : schema::section_rows()) {
    for (const schema::OptionRow& row : schema::option_rows()) {
      if (schema::find_option(section.kind, row.name) != &row) continue;
      if (row.type == schema::NameList::name || row.type == schema::User::name ||
          row.type == schema::UserGroup::name)
        continue;
      const std::string head = "[" + std::string(section.spelling) +
                               (section.naming == schema::Naming::named ? ":x]\n" : "]\n") +
                               std::string(row.name) + "=";
      for (const Json& item : ask("completion", head + "|\n")) {
        schema::ProcessOptions process;
        if (row.block != schema::block::process) continue;
        const std::string label = item["label"];
        EXPECT_FALSE(row.read(&process, label, {})) << row.name << "=" << label;
      }
    }
  }
}

TEST(Completion, OffersEventsProgramsAndUsers) {
  const std::string listener = "[eventlistener:x]\ncommand=/bin/x\nevents=";
  EXPECT_TRUE(offers(listener + "TICK_5,|", "PROCESS_STATE_EXITED"));
  EXPECT_EQ(completed(listener + "TICK_5, TIC|,X", "TICK_60"), listener + "TICK_5, TICK_60,X");
  EXPECT_EQ(offered("[program:a]\n[program:b]\n[fcgi-program:c]\n[group:g]\nprograms=a,|\n"),
            "b c");
  Editor editor;
  editor.disk.files["/etc/passwd"] = "root:x:0:0::/:/bin/sh\nwww-data:x:33:33::/:/bin/sh\nbad\n";
  editor.open(conf, "[program:a]\nuser=\n");
  const Json users = editor.at("completion", conf, 1, 5);
  ASSERT_EQ(users.size(), 2U);
  EXPECT_EQ(users[1]["label"], "www-data");
}

TEST(Completion, OffersProgramsOfOtherFiles) {
  Editor editor;
  editor.disk.files["/etc/conf.d/a.conf"] = "[program:elsewhere]\ncommand=/bin/cat\n";
  editor.open(
      conf, "[supervisord]\n[include]\nfiles=conf.d/*.conf\n[program:here]\n[group:g]\nprograms=");
  const Json items = editor.at("completion", conf, 5, 9);
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0]["label"], "elsewhere");
}

TEST(Completion, OffersNamesThatMayStandThere) {
  const std::string names = offered("[program:x]\nenvironment=A=\"b\"\ncommand=/bin/x %(|\n");
  EXPECT_TRUE(contains(names, "process_num"));
  EXPECT_TRUE(contains(names, "ENV_A"));
  EXPECT_FALSE(contains(offered("[supervisord]\nlogfile=%(|\n"), "process_num"));
  EXPECT_EQ(completed("[program:x]\ncommand=x %(proc|\n", "process_num"),
            "[program:x]\ncommand=x %(process_num)d\n");
  EXPECT_EQ(completed("[program:x]\ncommand=x %(he|)s\n", "here"),
            "[program:x]\ncommand=x %(here)s\n");
}

TEST(Completion, OffersRulesInSuppressions) {
  EXPECT_TRUE(offers("; supcheck: disable=SUP2|\n", "SUP202"));
  EXPECT_EQ(offered("; another comment SUP2|\n"), "");
}

TEST(Hover, TellsOfOptions) {
  const std::string text = hovered("[program:x]\ncommand=/bin/cat\nstop|signal=INT\n");
  EXPECT_TRUE(contains(text, "`stopsignal=` in `[program:x]`"));
  EXPECT_TRUE(contains(text, "* default: `TERM`"));
  EXPECT_TRUE(contains(text, "stopsignal=INT")) << "the effective value";
  EXPECT_TRUE(contains(text, "supervisord.conf:3")) << "and where it is from";
  EXPECT_TRUE(contains(hovered("[program:x]\nlog_std|out=1\n"), "Supervisor 2"));
  EXPECT_EQ(hovered("\n|\n"), "");
}

TEST(Hover, HidesSecrets) {
  const std::string text =
      hovered("[inet_http_server]\nport=127.0.0.1:9001\nusername=u\npass|word=hunter2\n");
  EXPECT_TRUE(contains(text, "password="));
  EXPECT_FALSE(contains(text, "hunter2"));
}

TEST(Hover, TellsOfSectionsEventsProgramsAndRules) {
  EXPECT_TRUE(contains(hovered("[prog|ram:x]\ncommand=/bin/cat\n"), "A program to run."));
  EXPECT_TRUE(contains(hovered("[eventlistener:x]\ncommand=x\nevents=TICK_5,PROCESS_|STATE\n"),
                       "`PROCESS_STATE_EXITED`"));
  EXPECT_TRUE(contains(hovered("[program:x]\ncommand=/bin/cat\n[group:g]\nprograms=|x\n"),
                       "command=/bin/cat"));
  EXPECT_TRUE(contains(hovered("[program:x]\n; supcheck: disable=SUP|202\ncommand=/bin/cat\n"),
                       "unknown-option"));
  EXPECT_TRUE(contains(hovered("[program:x]\nautos|art=1\n"), "SUP202 unknown-option"))
      << "the rule that speaks there";
}

constexpr const char* linked =
    "[supervisord]\n"
    "[unix_http_server]\nfile=/run/s.sock\n"
    "[supervisorctl]\nserverurl=unix:///run/s.sock\n"
    "[program:web]\ncommand=/bin/cat\nenvironment=A=\"b\"\n"
    "[eventlistener:m]\ncommand=memmon -p g:web=200MB\nevents=TICK_60\n"
    "[group:g]\nprograms=web\n";

std::string places(const Json& locations) {
  std::string text;
  for (const Json& location : locations) {
    const Json& range = location["range"];
    text += (text.empty() ? "" : " ") + std::to_string(range["start"]["line"].get<int>()) + ":" +
            std::to_string(range["start"]["character"].get<int>()) + "-" +
            std::to_string(range["end"]["character"].get<int>());
  }
  return text;
}

TEST(Definition, LeadsToProgramsAndServers) {
  Editor editor;
  editor.open(conf, linked);
  EXPECT_EQ(places(editor.at("definition", conf, 12, 10)), "5:9-12") << "a group";
  EXPECT_EQ(places(editor.at("definition", conf, 9, 20)), "5:9-12") << "a listener";
  EXPECT_EQ(places(editor.at("definition", conf, 4, 15)), "1:0-18") << "a server";
  EXPECT_EQ(places(editor.at("definition", conf, 6, 10)), "");
}

TEST(Definition, LeadsToIncludedFiles) {
  Editor editor;
  editor.disk.files["/etc/conf.d/a.conf"] = "[program:a]\n";
  editor.disk.files["/etc/conf.d/b.conf"] = "[program:b]\n";
  editor.open(conf, "[supervisord]\n[include]\nfiles=none/*.ini conf.d/*.conf\n");
  const Json found = editor.at("definition", conf, 2, 20);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1]["uri"], "file:///etc/conf.d/b.conf");
  EXPECT_TRUE(editor.at("definition", conf, 2, 8).empty());
}

TEST(Definition, LeadsToVariables) {
  const std::string text = "[program:a]\nenvironment=X=\"1\"\ncommand=/bin/echo %(ENV_|X)s\n";
  EXPECT_EQ(places(ask("definition", text)), "1:12-17");
}

TEST(References, AreAllPlacesThatNameAProgram) {
  Editor editor;
  editor.open(conf, linked);
  const Json with = {
      {"context", {{"includeDeclaration", true}}}
  };
  EXPECT_EQ(places(editor.at("references", conf, 5, 10, with)), "5:9-12 9:20-23 12:9-12");
  EXPECT_EQ(places(editor.at("references", conf, 12, 10)), "9:20-23 12:9-12");
}

TEST(Rename, ChangesAllPlaces) {
  Editor editor;
  editor.open(conf, linked);
  EXPECT_EQ(editor.at("prepareRename", conf, 12, 10)["start"]["character"], 9);
  EXPECT_TRUE(editor.at("prepareRename", conf, 6, 1).is_null());
  const Json edit = editor.at("rename", conf, 12, 10,
                              {
                                  {"newName", "site"}
  });
  EXPECT_EQ(edit["changes"][std::string("file://") + conf].size(), 3U);
  for (const char* name : {"", "a b", "a,b", "m", "a]"}) {
    Json params = {
        {"textDocument", {{"uri", std::string("file://") + conf}}},
        {"position",     {{"line", 12}, {"character", 10}}       },
        {"newName",      name                                    }
    };
    EXPECT_EQ(editor.ask("textDocument/rename", std::move(params))["error"]["code"], -32803)
        << name;
  }
}

TEST(Symbols, AreSectionsWithTheirOptions) {
  Editor editor(everything);
  editor.open(conf, "[program:a]\ncommand=x\nuser=y\n\n; of b\n[program:b]\n");
  const Json params = {
      {"textDocument", {{"uri", std::string("file://") + conf}}}
  };
  const Json found = editor.request("textDocument/documentSymbol", params);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0]["name"], "program:a");
  EXPECT_EQ(found[0]["children"].size(), 2U);
  EXPECT_EQ(found[0]["range"]["end"]["line"], 3);
  const Json folds = editor.request("textDocument/foldingRange", params);
  ASSERT_EQ(folds.size(), 1U);
  EXPECT_EQ(folds[0]["endLine"], 2);
  Editor old;
  old.open(conf, "[program:a]\n");
  EXPECT_TRUE(old.request("textDocument/documentSymbol", params)[0].contains("location"));
}

// The document with the edits of a formatting.
std::string formatted(const std::string& text, const std::optional<Range>& range = std::nullopt) {
  TextDocument document("x", "x", 1, text);
  auto edits = format_document(document, range, Encoding::utf16);
  if (!edits) return "(refused)";
  // Edits are about the old text: the last comes first.
  std::reverse(edits->begin(), edits->end());
  for (const TextEdit& edit : *edits)
    document.apply(
        {
            {edit.range, edit.new_text}
    },
        2, Encoding::utf16);
  return document.text();
}

TEST(Formatting, IsThatOfSupcFmt) {
  EXPECT_EQ(formatted("\n\n[a]\nk = 1\n[b]\n\n\n\nk: 2\n\n\n"), "[a]\nk=1\n\n[b]\n\nk=2\n");
  EXPECT_EQ(formatted("[a]\r\nk = 1\r\n"), "[a]\r\nk=1\r\n");
  EXPECT_EQ(formatted("[a]\nk=1"), "[a]\nk=1\n");
  EXPECT_EQ(formatted("[a]\njunk\n"), "(refused)");
  EXPECT_EQ(formatted(""), "");
}

TEST(Formatting, OfARangeLeavesTheRest) {
  EXPECT_EQ(formatted("[a]\nk = 1\nl = 2\nm = 3\n",
                      Range{
                          {2, 0},
                          {3, 0}
  }),
            "[a]\nk = 1\nl=2\nm = 3\n");
  EXPECT_EQ(formatted("[a]\nk = 1\nl = 2\n",
                      Range{
                          {1, 1},
                          {1, 2}
  }),
            "[a]\nk=1\nl = 2\n");
}

Json actions(const std::string& text, int line, Json only = nullptr) {
  Editor editor(everything);
  editor.open(conf, text);
  Json context = {
      {"diagnostics", Json::array()}
  };
  if (!only.is_null()) context["only"] = std::move(only);
  return editor.request("textDocument/codeAction",
                        {
                            {"textDocument", {{"uri", std::string("file://") + conf}}},
                            {"range",
                             {{"start", {{"line", line}, {"character", 0}}},
                              {"end", {{"line", line}, {"character", 3}}}}           },
                            {"context",      std::move(context)                      }
  });
}

TEST(CodeActions, AreFixes) {
  const std::string text = "[program:x]\ncommand=/bin/cat\nautosart=true\nautostrt=1\nuser=root\n";
  const Json quick = actions(text, 2, {"quickfix"});
  ASSERT_EQ(quick.size(), 1U);
  EXPECT_EQ(quick[0]["title"], "write `autostart`");
  EXPECT_EQ(quick[0]["diagnostics"][0]["code"], "SUP202");
  EXPECT_TRUE(actions(text, 1, {"quickfix"}).empty());
}

TEST(CodeActions, FixAllLeavesNothingSafe) {
  const std::string text =
      "[program:x]\ncommand=/bin/cat\nautosart=true\nlog_stdout=true\nuser=me\n";
  const Json all = actions(text, 0, {"source.fixAll"});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["kind"], "source.fixAll.supcheck");
  const Json& edit = all[0]["edit"]["changes"][std::string("file://") + conf][0];
  TextDocument document("x", "x", 1, text);
  document.apply(
      {
          {read_range(&edit["range"]), edit["newText"]}
  },
      2, Encoding::utf16);
  EXPECT_EQ(document.text(), "[program:x]\ncommand=/bin/cat\nautostart=true\nuser=me\n");
  EXPECT_TRUE(actions(document.text(), 0, {"source.fixAll"}).empty());
  EXPECT_TRUE(actions(text, 0, {"refactor"}).empty());
}

}  // namespace
}  // namespace sup::lint::lsp
