#include "compiler/format.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace sup::compiler {
namespace {

struct Formattable {
  SourceMap sources;
  Document document;

  explicit Formattable(std::string text) {
    sources.add(formattable("x.conf", std::move(text)));
    document = parse(0, sources[0].bytes);
  }

  std::optional<Formatted> formatted() const {
    return format(document, sources.written(0), sources[0].markers);
  }
};

std::string formatted(const std::string& text) {
  const auto made = Formattable{text}.formatted();
  if (!made) return "(refused)";
  const auto again = Formattable{made->text}.formatted();
  EXPECT_EQ(again ? again->text : "(refused)", made->text) << "formatting again changes it";
  return made->text;
}

TEST(Format, SetsBlanksRight) {
  EXPECT_EQ(formatted("[a]\n  key  =  value  \nother:x=y"), "[a]\nkey=value\nother=x=y\n");
  EXPECT_EQ(formatted("[a] \n k =\n"), "[a]\nk=\n");
}

TEST(Format, PutsOneBlankLineBeforeSections) {
  EXPECT_EQ(formatted("\n\n[a]\nk=1\n[b]\n\n\n\nk=2\n\n\n[c]\n\n\n"),
            "[a]\nk=1\n\n[b]\n\nk=2\n\n[c]\n");
  EXPECT_EQ(formatted(""), "");
  EXPECT_EQ(formatted("\n \n"), "");
}

TEST(Format, KeepsCommentsWithWhatTheyStandAbove) {
  EXPECT_EQ(formatted("; file\n\n[a]\nk=1\n  ; of b\n# too\n[b]\n"),
            "; file\n\n[a]\nk=1\n\n; of b\n# too\n[b]\n");
  EXPECT_EQ(formatted("[a]\nk=1\n; of a\n\n[b]\n; end\n"), "[a]\nk=1\n; of a\n\n[b]\n; end\n");
  EXPECT_EQ(formatted("; of a\n[a]\n"), "; of a\n[a]\n");
}

TEST(Format, KeepsInlineCommentsInTheirColumn) {
  EXPECT_EQ(formatted("[a]      ; head\nk = 1    ; one\nkk=2\t; two\n"),
            "[a]      ; head\nk=1      ; one\nkk=2    ; two\n");
  EXPECT_EQ(formatted("[a]\n  k = 1 ; one\n"), "[a]\nk=1 ; one\n");
  EXPECT_EQ(formatted("[a]\nk=\n x ;c\n"), "[a]\nk=\n    x ;c\n");
  EXPECT_EQ(formatted("[a]\nk=" + std::string(2000, 'x') + "      ;c\n"),
            "[a]\nk=" + std::string(2000, 'x') + " ;c\n");
}

TEST(Format, KeepsWhatLooksLikeAComment) {
  EXPECT_EQ(formatted("[a]\nk=;b\n"), "[a]\nk=;b\n");
  EXPECT_EQ(formatted("[a]\nk= ;b\n"), "[a]\nk= ;b\n");
  EXPECT_EQ(formatted("[a]\nk = x;y ;z #w\n"), "[a]\nk=x;y ;z #w\n");
  EXPECT_EQ(formatted("[a];c\nk=1\n"), "[a];c\nk=1\n");
}

TEST(Format, KeepsTheLinesOfAValue) {
  EXPECT_EQ(formatted("[a]\n k = 1\n\t\t2\n\n   \n ; c\n  3\n\n\n\nl=4\n"),
            "[a]\nk=1\n    2\n\n\n    ; c\n    3\n\nl=4\n");
  EXPECT_EQ(formatted("[a]\nk=\n [b]\n  l=1\n"), "[a]\nk=\n    [b]\n    l=1\n");
}

TEST(Format, LeavesTheMarkersOfTemplatesAlone) {
  EXPECT_EQ(
      formatted("{% for x in xs if x.y == 1 %}\n[program:{{ x }}]\ncommand  =  {{ x['a;b'] }}\n"
                "{%- if x.z   = 2 ; %}\nuser = {{ x : 1 }}\n  {% endif %}\n{% endfor %}\n"),
      "{% for x in xs if x.y == 1 %}\n[program:{{ x }}]\ncommand={{ x['a;b'] }}\n"
      "{%- if x.z   = 2 ; %}\nuser={{ x : 1 }}\n  {% endif %}\n{% endfor %}\n");
  // Between the lines of a value, and over several lines.
  const std::string value =
      "[program:a]\nenvironment=\n{% for k in ks %}\n    {{ k }}=\"1\",\n{% endfor %}\n"
      "{#\n\n\n  a = b\n#}\n";
  EXPECT_EQ(formatted(value), value);
  const std::string erb = "[program:a]\n<% if  x = 1 %>\ncommand=<%= y  %>\n  <% end %>\n";
  EXPECT_EQ(formatted(erb), erb);
}

TEST(Format, KeepsLineEndsThatAreAllTheSame) {
  EXPECT_EQ(formatted("[a]\r\nk = 1\r\n[b]"), "[a]\r\nk=1\r\n\r\n[b]\r\n");
  EXPECT_EQ(formatted("[a]\r\nk = 1\n"), "[a]\nk=1\n");
  EXPECT_EQ(formatted("[a]\rk = 1\r\n"), "[a]\nk=1\n");
}

TEST(Format, RefusesJunk) {
  EXPECT_EQ(formatted("[a]\njunk\n"), "(refused)");
  EXPECT_EQ(formatted("k=1\n[a]\n"), "(refused)");
}

TEST(Format, TellsWhereLinesAreFrom) {
  const auto made = Formattable{"\n[a]\n\n\nk=1\n[b]\n"}.formatted();
  EXPECT_EQ(made->text, "[a]\n\nk=1\n\n[b]\n");
  EXPECT_EQ(made->origins, (std::vector<std::uint32_t>{1, 3, 4, Formatted::inserted, 5}));
}

TEST(Format, PrintsAUnifiedDiff) {
  const Formattable parsed{"[a]\na=1\nb=1\nc=1\nd = 1\ne=1\nf=1\ng=1\n[b]"};
  EXPECT_EQ(format_diff("x.conf", parsed.document, parsed.sources[0].bytes, *parsed.formatted()),
            "--- x.conf\n+++ x.conf\n@@ -2,8 +2,9 @@\n a=1\n b=1\n c=1\n-d = 1\n+d=1\n e=1\n f=1\n"
            " g=1\n-[b]\n\\ No newline at end of file\n+\n+[b]\n");
  const Formattable right{"[a]\n"};
  EXPECT_EQ(format_diff("x.conf", right.document, right.sources[0].bytes, *right.formatted()), "");
}

// Files of this folder and, where it is, of the corpus of real configurations.
TEST(Format, EveryFileIsPrintedAsItWasAndFormattedOnceAndForAll) {
  std::size_t count = 0;
  for (const char* folder : {SUP_FIXTURES "/compile", SUP_FIXTURES "/lint", SUP_CORPUS "/dev",
                             SUP_CORPUS "/mutants-dev"}) {
    if (!std::filesystem::is_directory(folder)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".conf") continue;
      SCOPED_TRACE(entry.path().string());
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      SourceMap sources;
      sources.add({"x.conf", text, std::nullopt});
      EXPECT_EQ(print(parse(0, sources[0].bytes), sources), text);
      (void)formatted(text);
      ++count;
    }
  }
  EXPECT_GT(count, 0U);
}

}  // namespace
}  // namespace sup::compiler
