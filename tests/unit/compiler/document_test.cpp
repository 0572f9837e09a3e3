#include "compiler/ini/document.h"

#include <random>

#include <gtest/gtest.h>

namespace sup::compiler {
namespace {

struct Parsed {
  SourceMap sources;
  Document document;

  explicit Parsed(std::string text) {
    sources.add({"x.conf", std::move(text), std::nullopt});
    document = parse(0, sources[0].bytes);
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
