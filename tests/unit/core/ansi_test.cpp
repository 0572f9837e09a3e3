#include "runtime/core/ansi.h"

#include <gtest/gtest.h>

namespace sup::core {
namespace {

std::string strip(const std::string& text, std::size_t chunk) {
  AnsiStripper stripper;
  std::string result;
  for (std::size_t i = 0; i < text.size(); i += chunk) {
    const std::string piece = text.substr(i, chunk);
    result += stripper.feed(piece);
  }
  result += stripper.finish();
  return result;
}

TEST(Ansi, SequencesGoAndTheRestStaysHoweverItIsSplit) {
  const std::pair<std::string, std::string> cases[] = {
      {"plain",                 "plain"           },
      {"\x1b[1;31mred\x1b[0m.", "red."            },
      {"\x1b[2Ghello",          "hello"           },
      {"\x1b[?25lx\x1b[ q",     "x"               },
      {"\x1b]0;title\x07",      "\x1b]0;title\x07"},
      {"\x1b\x1b[mx",           "\x1bx"           },
      {"\x1b[12\nline",         "\nline"          },
      {"\x1b[1\x1b[2mx",        "x"               },
      {"end\x1b",               "end\x1b"         },
      {"end\x1b[1;",            "end"             },
      {"\x1b(B\xc3\xa9",        "\x1b(B\xc3\xa9"  },
  };
  for (const auto& [text, expected] : cases) {
    for (std::size_t chunk = 1; chunk <= text.size(); ++chunk) {
      EXPECT_EQ(strip(text, chunk), expected) << testing::PrintToString(text) << " by " << chunk;
    }
  }
}

TEST(Ansi, ACleanChunkIsNotCopied) {
  AnsiStripper stripper;
  const std::string text = "nothing to do";
  EXPECT_EQ(stripper.feed(text).data(), text.data());
}

}  // namespace
}  // namespace sup::core
