#include "compiler/ini/document.h"

#include <random>

#include <gtest/gtest.h>

namespace sup::compiler {
namespace {

struct Parsed {
  SourceMap sources;
  Document document;

  explicit Parsed(std::string text, schema::Target target = schema::default_target) {
    sources.add({"x.conf", std::move(text), std::nullopt});
    document = parse(0, sources[0].bytes, target);
  }

  std::string name(std::size_t section) const {
    return std::string(sources.text(document.sections.at(section).name));
  }

  // "key=value" of all entries, one behind the other.
  std::vector<std::string> settings() const {
    std::vector<std::string> found;
    for (std::uint32_t i = 0; i < document.entry_count(); ++i)
      found.push_back(std::string(sources.text(document.key(i))) + "=" + value(i));
    return found;
  }

  std::string value(std::size_t entry) const {
    return document.value(sources, document.entry(static_cast<std::uint32_t>(entry)));
  }
};

TEST(Document, KeepsEveryByte) {
  for (const char* text : {"", "\n", "[a]\r\nb=c\r\n", "a\rb\r\rc", "[a]\nb=1\n  2 ; x\n\n\t3\n;c",
                           "\xEF\xBB\xBF[x]\n\xFF=\xFE"}) {
    const Parsed parsed{text};
    EXPECT_EQ(print(parsed.document, parsed.sources), text);
  }
}

// Large texts are read by pieces; what stands in one tells nothing of another.
TEST(Document, PiecesMakeTheSameDocument) {
  constexpr std::size_t count = 6000;
  std::string text = "[a]\n";
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    text += "key" + number + " = x;y #z\n  more " + number;
    std::string setting = "key" + number + "=x;y";
    // Signs that only some pieces have.
    if (i / 1000 == 1) text += " ; comment";
    if (i / 1000 == 2) text += " # comment";
    if (i / 1000 == 3) text += "\r";
    if (i / 1000 == 4) text += "{{ marker }}";
    text += "\n";
    setting += "\nmore " + number + (i / 1000 == 4 ? "{{ marker }}" : "");
    expected.push_back(setting);
  }
  const Parsed parsed{text};
  EXPECT_EQ(parsed.settings(), expected);
  EXPECT_TRUE(parsed.document.has_marker_sign);
  EXPECT_EQ(print(parsed.document, parsed.sources), text);
}

// A value that is long, or stands far behind the beginning of its line, is noted in another way.
TEST(Document, LongLinesHaveTheirKeysAndValues) {
  constexpr std::size_t much = 70000;
  const std::string blanks(much, ' ');
  const std::string letters(much, 'x');
  std::string text;
  std::vector<std::string> expected;
  while (text.size() < 5U * 1024 * 1024) {  // two threads read it
    text += "[a" + std::to_string(text.size()) + "]\n";
    text += "  b = 1\n\te=\nc=" + letters + "\nd =" + blanks + "2\n" + letters + ": 3\n";
    expected.insert(expected.end(), {"b=1", "e=", "c=" + letters, "d=2", letters + "=3"});
  }
  const Parsed parsed{text};
  EXPECT_TRUE(parsed.settings() == expected);
  const Entry far = parsed.document.entry(3);
  EXPECT_EQ(parsed.sources.text(far.delimiter), "=");
  EXPECT_EQ(far.delimiter.begin, far.key.end + 1);
  EXPECT_TRUE(print(parsed.document, parsed.sources) == text);
}

TEST(Document, KnowsWhichSignsItHas) {
  for (const schema::Target target : {schema::default_target, schema::Target::v3_4}) {
    const Document plain = Parsed{"[a]\r\n\tb=c\n  d\n", target}.document;
    EXPECT_FALSE(plain.has_marker_sign);
    EXPECT_FALSE(plain.has_control_sign);
    EXPECT_FALSE(plain.has_wide_indentation);
    EXPECT_FALSE(plain.has_wide_sign);
    EXPECT_TRUE((Parsed{"[a]\nb=\xC3\xA4\n", target}.document.has_wide_sign));
    EXPECT_TRUE((Parsed{"[a]\nb=<x\n", target}.document.has_marker_sign));
    EXPECT_TRUE((Parsed{"[a]\nb={x\n", target}.document.has_marker_sign));
    EXPECT_TRUE((Parsed{"[a]\nb=\x7Fx\n", target}.document.has_control_sign));
    EXPECT_TRUE((Parsed{std::string("[a]\nb=\0x\n", 9), target}.document.has_control_sign));
  }
  EXPECT_TRUE(
      Parsed{"[a]\n\xC2\xA0"
             "b=x\n"}
          .document.has_wide_indentation);
}

TEST(Document, KeepsEveryByteOfRandomText) {
  std::mt19937 random(1);
  constexpr std::string_view alphabet = "[]=:;# \t\r\nab%(\xC2\xA0\xFF";
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::size_t i = random() % 60; i > 0; --i) text += alphabet[random() % alphabet.size()];
    const Parsed parsed{text};
    ASSERT_EQ(print(parsed.document, parsed.sources), text);
    for (std::uint32_t number = 0; number < parsed.document.entry_count(); ++number) {
      const Entry entry = parsed.document.entry(number);
      const std::string value = parsed.document.value(parsed.sources, entry);
      for (std::size_t i = 0; i < value.size(); ++i) {
        const auto spans = parsed.document.spans(entry, i, 1);
        if (value[i] == '\n') {
          EXPECT_TRUE(spans.empty());
        } else {
          ASSERT_EQ(spans.size(), 1U);
          EXPECT_EQ(parsed.sources.text(spans[0]), value.substr(i, 1));
        }
      }
    }
  }
}

using Settings = std::vector<std::string>;

// What CPython 2.7's ConfigParser makes of these lines; it is no part of Debian 12.
struct OldLines {
  const char* text;  // below a header, and on its own
  Settings settings;
};

TEST(OldDocument, ValuesAreThoseOfPython2) {
  const OldLines cases[] = {
  // Comments: ; behind a blank, # never, and only the first ; is looked at.
      {"a=x ; y\n",                     {"a=x"}                    },
      {"a=x # y\n",                     {"a=x # y"}                },
      {"a=x;y ;z\n",                    {"a=x;y ;z"}               },
      {"a=;b\n",                        {"a=;b"}                   },
      {"a= ;b\n",                       {"a=;b"}                   },
      {"a= ;b \n",                      {"a="}                     },
      {"a= ;b\r\n",                     {"a="}                     },
      {"a=x\n; c\n# d\n  e\n",          {"a=x\ne"}                 },
      {"a=x\n  ; no comment\n",         {"a=x\n; no comment"}      },
 // rem at the start of a line, as a word.
      {"rem a=1\nREM\nRem\tb=2\nc=3\n", {"c=3"}                    },
      {"rem=1\nremark=2\n",             {"rem=1", "remark=2"}      },
 // Any indentation continues, and blank lines end nothing and are not kept.
      {"a=x\n b=2\n\n c=3\n",           {"a=x\nb=2\nc=3"}          },
      {"a=x\n [s]\n",                   {"a=x\n[s]"}               },
      {"a=x\n  \n",                     {"a=x"}                    },
 // CR is a blank, alone it ends no line.
      {"a=x\rb=y\r\nc=z\r\n",           {"a=x\rb=y", "c=z"}        },
      {"a=\"\"\nb=\"x\"\n",             {"a=", "b=\"x\""}          },
      {"a = \"\"\n x\n",                {"a=\nx"}                  },
      {"a:b=c\na=b:c\nk k = v\n",       {"a=b=c", "a=b:c", "k k=v"}},
      {"a=\xFF\n",                      {"a=\xFF"}                 },
 // Blanks of Unicode are none.
      {"a=\xC2\xA0x\xC2\xA0;y\n",       {"a=\xC2\xA0x\xC2\xA0;y"}  },
  };
  for (const OldLines& each : cases) {
    const std::string text = "[s]\n" + std::string(each.text);
    const Parsed parsed{text, schema::Target::v3_4};
    EXPECT_EQ(parsed.settings(), each.settings) << each.text;
    EXPECT_TRUE(parsed.document.junk.empty()) << each.text;
    EXPECT_EQ(print(parsed.document, parsed.sources), text);
  }
}

TEST(OldDocument, HeadersEndAtTheirFirstBracket) {
  const Parsed parsed{"[a[b]c]\n[s] junk]\n[ t ]x=1\n", schema::Target::v3_4};
  ASSERT_EQ(parsed.document.sections.size(), 3U);
  EXPECT_EQ(parsed.name(0), "a[b");
  EXPECT_EQ(parsed.name(1), "s");
  EXPECT_EQ(parsed.name(2), " t ");
}

TEST(OldDocument, WhatPython2RefusesIsJunk) {
  const Parsed parsed{"[s]\n  a=1\n[]\n=x\nb\n []\n[]=y\n  z\n=\n more\n", schema::Target::v3_4};
  EXPECT_EQ(parsed.document.junk, (std::vector<std::uint32_t>{1, 2, 3, 4, 5, 8}));
  // A line that is nothing does not close the value above it.
  EXPECT_EQ(parsed.settings(), Settings{"[]=y\nz\nmore"});
  const Parsed headless{" [s]\na=1\n", schema::Target::v3_4};
  EXPECT_EQ(headless.document.junk_before_header, (std::vector<std::uint32_t>{0, 1}));
}

TEST(OldDocument, KeepsEveryByteOfRandomText) {
  std::mt19937 random(2);
  constexpr std::string_view alphabet = "[]=:;# \t\r\nremab\"\xFF";
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::size_t i = random() % 60; i > 0; --i) text += alphabet[random() % alphabet.size()];
    const Parsed parsed{text, schema::Target::v3_4};
    ASSERT_EQ(print(parsed.document, parsed.sources), text);
    for (std::uint32_t i = 0; i < parsed.document.line_count(); ++i) {
      const Line line = parsed.document.line(i);
      EXPECT_LE(line.begin, line.content_begin) << text;
      EXPECT_LE(line.content_begin, line.content_end) << text;
      EXPECT_LE(line.content_end, line.end) << text;
      EXPECT_LE(line.comment_begin, line.end) << text;
    }
  }
}

TEST(Document, PlacesOfAValueFollowItsLines) {
  const Parsed parsed{"[a]\nkey = one\n   two three\n"};
  EXPECT_EQ(parsed.value(0), "one\ntwo three");
  const auto spans = parsed.document.spans(parsed.document.entry(0), 2, 5);
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(parsed.sources.text(spans[0]), "e");
  EXPECT_EQ(parsed.sources.text(spans[1]), "two");
}

TEST(Document, WhatIsNothingIsJunkWithItsLine) {
  const Parsed parsed{"first\n[a]\njunk\n=x\n[open\n[]\nk=v\n"};
  EXPECT_EQ(parsed.document.junk_before_header, std::vector<std::uint32_t>{0});
  EXPECT_EQ(parsed.document.junk, (std::vector<std::uint32_t>{2, 3, 4, 5}));
  EXPECT_EQ(parsed.document.entry_count(), 1U);
}

TEST(Document, ManyBracketsTakeNoMoreThanTheirTime) {
  const Parsed parsed{"[" + std::string(200000, ']') + "\n[" + std::string(200000, 'x')};
  EXPECT_EQ(parsed.document.sections.size(), 1U);
}

}  // namespace
}  // namespace sup::compiler
