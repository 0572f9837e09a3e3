#include <gtest/gtest.h>

#include "compiler/render_text.h"

namespace sup::compiler {
namespace {

constexpr Rule rule{"SUP999", "sample", Severity::error, "a sample"};

TEST(RenderText, ShowsPlaceLineCaretsAndHint) {
  SourceMap sources;
  sources.add({"main.conf", "[include]\nfiles=conf.d/*.conf\n", std::nullopt});
  sources.add({
      "conf.d/web.conf", "[program:web]\nautosart=true\n", Span{0, 16, 29}
  });
  Diagnostics diagnostics;
  diagnostics.report(rule, {1, 14, 22}, "unknown option `autosart`")
      .with_hint("did you mean `autostart`?")
      .note("see the manual");
  EXPECT_EQ(render_text(diagnostics, sources, {}),
            "conf.d/web.conf:2:1: error: unknown option `autosart` [SUP999 sample]\n"
            "   2 | autosart=true\n"
            "     | ^^^^^^^^ did you mean `autostart`?\n"
            "  note: see the manual\n"
            "  included from main.conf:2:7\n");
}

TEST(RenderText, CountsColumnsAsATerminalDoes) {
  SourceMap sources;
  sources.add({"x", "\t\xE4\xB8\xAD=v\n", std::nullopt});
  Diagnostics diagnostics;
  diagnostics.report(rule, {0, 5, 6}, "m");
  EXPECT_EQ(render_text(diagnostics, sources, {}),
            "x:1:6: error: m [SUP999 sample]\n"
            "   1 |         \xE4\xB8\xAD=v\n"
            "     |            ^\n");
}

TEST(RenderText, NeverSendsControlCharactersOfAFile) {
  SourceMap sources;
  sources.add({"x", "a\x1b[31m=\x7F\n", std::nullopt});
  Diagnostics diagnostics;
  diagnostics.report(rule, {0, 0, 1}, "bad \x1b[2J");
  const std::string text = render_text(diagnostics, sources, {});
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(RenderText, VeryLongLinesAreShownAroundTheMark) {
  SourceMap sources;
  sources.add({"x", std::string(5000, 'a') + "B" + std::string(5000, 'c'), std::nullopt});
  Diagnostics diagnostics;
  diagnostics.report(rule, {0, 5000, 5001}, "m");
  const std::string text = render_text(diagnostics, sources, {});
  EXPECT_LT(text.size(), 600U);
  const std::size_t line = text.find(" | ") + 3;
  const std::size_t carets = text.rfind(" | ") + 3;
  EXPECT_EQ(text.find('B') - line, text.find('^') - carets);
}

TEST(RenderText, AMarkAtTheEndOfTheFileHasAPlace) {
  SourceMap sources;
  sources.add({"x", "", std::nullopt});
  Diagnostics diagnostics;
  diagnostics.report(rule, {0, 0, 0}, "m");
  EXPECT_EQ(render_text(diagnostics, sources, {}),
            "x:1:1: error: m [SUP999 sample]\n   1 | \n     | ^\n");
}

}  // namespace
}  // namespace sup::compiler
