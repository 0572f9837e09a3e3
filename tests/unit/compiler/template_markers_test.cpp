#include "compiler/template_markers.h"

#include <gtest/gtest.h>

#include "compiler/compile.h"

namespace sup::compiler {
namespace {

// The masked text, with the characters that stand for what is not known made visible.
std::string masked(std::string_view text, TemplateKind kind) {
  std::string out = mask_template(text, kind).text;
  EXPECT_EQ(out.size(), text.size());
  for (char& c : out)
    if (c == '\x1A' || c == '\x1B' || c == '\x19') c = '~';
  return out;
}

TEST(TemplateMarkers, ControlLinesBecomeComments) {
  EXPECT_EQ(masked("{% if a %}\nk=1\n  {%- endif -%}  \n", TemplateKind::jinja),
            ";         \nk=1\n;                \n");
  EXPECT_EQ(masked("{{ if .A }}\n{{ .B }}\n", TemplateKind::go), ";          \n;       \n");
  EXPECT_EQ(masked("<% a\r\n b\r\n\r\n -%>\r\nk=1", TemplateKind::erb),
            ";   \r\n; \r\n\r\n;   \r\nk=1");
}

TEST(TemplateMarkers, ValuesBecomeUnknown) {
  EXPECT_EQ(masked("k=a{{ x }}b {% if y %}c", TemplateKind::jinja), "k=a%(~~~)sb %(~~~~~~)sc");
  EXPECT_EQ(masked("k=${X}:${Y:-1}$Z", TemplateKind::envsubst), "k=%()s:%(~~~)s~~");
  EXPECT_EQ(masked("k=$HOME_2/x$$ $1", TemplateKind::envsubst), "k=%(~~~)s/x$$ $1");
  EXPECT_EQ(masked("{{ x }}=1\n  {{ y }}\n", TemplateKind::jinja), "%(~~~)s=1\n  %(~~~)s\n");
  EXPECT_EQ(masked("k=<%\n x %>y\nl=1", TemplateKind::erb), "k=~~\n;     \nl=1");
}

TEST(TemplateMarkers, NamesStayApart) {
  EXPECT_EQ(masked("[program:{{ a/b }}-x]\n", TemplateKind::jinja), "[program:{{~a~b~}}-x]\n");
  std::string text = mask_template("[program:{{ a/b : }}]", TemplateKind::jinja).text;
  unmask(text);
  EXPECT_EQ(text, "[program:{{ a/b : }}]");
}

TEST(TemplateMarkers, WhatIsNoMarkerStays) {
  for (const char* text : {"k={{ x", "k={{ x\n}}", "k=${#a} ${1}", "k={%", "k=<%%x%>", "k=}}"}) {
    for (const TemplateKind kind :
         {TemplateKind::jinja, TemplateKind::erb, TemplateKind::go, TemplateKind::envsubst}) {
      EXPECT_EQ(masked(text, kind), text);
      EXPECT_TRUE(mask_template(text, kind).markers.empty()) << text;
    }
  }
}

TEST(TemplateMarkers, AreRecognised) {
  const auto kind = [](std::string_view text) { return look_for_template(text).kind; };
  EXPECT_EQ(kind("k={{ x }}\n"), TemplateKind::jinja);
  EXPECT_EQ(kind("k={{ .x }}\n{% if y %}\n"), TemplateKind::jinja);
  EXPECT_EQ(kind("k={{ .X }}\n"), TemplateKind::go);
  EXPECT_EQ(kind("{{- range $i, $x := .Y }}\n"), TemplateKind::go);
  EXPECT_EQ(kind("k=<%= x %>\n"), TemplateKind::erb);
  EXPECT_EQ(kind("k=${X} {{ y }}\n"), TemplateKind::jinja);
  EXPECT_EQ(kind("k=${X}\n"), TemplateKind::envsubst);
  EXPECT_EQ(kind("k=%(ENV_X)s {} { { } }\n"), TemplateKind::none);
}

TEST(TemplateMarkers, AreSureOutsideOfQuotesAndComments) {
  const auto is_sure = [](std::string_view text) {
    EXPECT_EQ(look_for_template(text).is_sure, is_surely_template(text)) << text;
    return is_surely_template(text);
  };
  EXPECT_FALSE(is_sure("k=${X}\n"));
  EXPECT_TRUE(is_sure("k=${X}\n[program:${Y}]\n"));
  EXPECT_FALSE(is_sure("; {{ x }}\nk='{{ y }}' \"{{.Z}}\"\n"));
  EXPECT_TRUE(is_sure("; {{ x }}\nk={{ y }}\n"));
  EXPECT_TRUE(is_sure("k=\"{% if y %}\"\n"));
  EXPECT_TRUE(is_sure("k=${X} \"<%= y %>\"\n"));
}

TEST(TemplateMarkers, ManyUnclosedOnesTakeNoMoreThanTheirTime) {
  std::string text = "[a]\nk=";
  for (int i = 0; i < 100000; ++i) text += "{{<%{%{#${X";
  for (const TemplateKind kind :
       {TemplateKind::jinja, TemplateKind::erb, TemplateKind::go, TemplateKind::envsubst}) {
    EXPECT_TRUE(mask_template(text, kind).markers.empty());
  }
  EXPECT_EQ(look_for_template(text).kind, TemplateKind::none);
}

struct Compiled {
  MemoryFileSystem files;
  std::unique_ptr<Compilation> compilation;

  Compiled(const std::string& text, TemplateKind kind) {
    files.files["/etc/x.conf"] = text;
    CompileOptions options;
    options.fragment = true;
    options.templates = kind;
    compilation = compile("/etc/x.conf", files, options);
  }
};

TEST(TemplateMarkers, APlanIsMadeOfTheTextAsItStands) {
  const std::string text = "[program:web]\ncommand={{ venv }}/bin/web ${X}\n";
  const Compiled automatic(text, TemplateKind::automatic);
  EXPECT_FALSE(automatic.compilation->diagnostics.has_errors());
  EXPECT_EQ(automatic.compilation->plan, Compiled(text, TemplateKind::none).compilation->plan);
}

TEST(TemplateMarkers, LinesAreShownAsTheyWereWritten) {
  const Compiled told("[program:{{ x }}]\ncommand={{ y }}\n", TemplateKind::jinja);
  EXPECT_EQ(told.compilation->sources.line(0, 1), "[program:{{ x }}]");
  EXPECT_TRUE(told.compilation->sources.has_markers());
  EXPECT_TRUE(told.compilation->diagnostics.all().empty());
}

}  // namespace
}  // namespace sup::compiler
