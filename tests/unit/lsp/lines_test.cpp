#include "lint/lsp/lines.h"

#include <gtest/gtest.h>

#include "lint/lsp/documents.h"
#include "lint/lsp/uri.h"

namespace sup::lint::lsp {
namespace {

// "line:character" of a byte.
std::string at(std::string_view text, std::uint32_t offset, Encoding encoding = Encoding::utf16) {
  const Position position = LineIndex(text).position(text, offset, encoding);
  return std::to_string(position.line) + ":" + std::to_string(position.character);
}

std::uint32_t offset(std::string_view text, Position position,
                     Encoding encoding = Encoding::utf16) {
  return LineIndex(text).offset(text, position, encoding);
}

TEST(Lines, EndWithLfCrlfAndCr) {
  const std::string_view text = "a\nb\r\nc\rd";
  EXPECT_EQ(LineIndex(text).line_count(), 4U);
  EXPECT_EQ(at(text, 2), "1:0");
  EXPECT_EQ(at(text, 5), "2:0");
  EXPECT_EQ(at(text, 7), "3:0");
  EXPECT_EQ(at(text, 4), "1:1") << "between CR and LF";
  EXPECT_EQ(at(text, 8), "3:1");
  EXPECT_EQ(at(text, 800), "3:1");
  EXPECT_EQ(at("", 0), "0:0");
  EXPECT_EQ(at("a\n", 2), "1:0");
}

TEST(Lines, CountInUnitsOfTheEncoding) {
  const std::string_view text = "x=\xC3\xA9\xF0\x9F\x98\x80!";  // é and an emoji
  EXPECT_EQ(at(text, 8, Encoding::utf16), "0:5");
  EXPECT_EQ(at(text, 8, Encoding::utf32), "0:4");
  EXPECT_EQ(at(text, 8, Encoding::utf8), "0:8");
  EXPECT_EQ(offset(text, {0, 5}, Encoding::utf16), 8U);
  EXPECT_EQ(offset(text, {0, 4}, Encoding::utf32), 8U);
  EXPECT_EQ(offset(text, {0, 8}, Encoding::utf8), 8U);
  EXPECT_EQ(offset(text, {0, 4}, Encoding::utf16), 4U) << "inside of a pair";
  EXPECT_EQ(offset(text, {0, 3}, Encoding::utf8), 2U) << "inside of a character";
}

TEST(Lines, CountBytesThatAreNotUtf8AsOneCharacter) {
  const std::string_view text = "\xFF\xC3x\xF0\x9F\n";
  EXPECT_EQ(at(text, 3), "0:3");
  EXPECT_EQ(at(text, 5), "0:5");
  EXPECT_EQ(offset(text, {0, 4}), 4U);
}

TEST(Lines, PositionsBehindTheEndAreTheEnd) {
  const std::string_view text = "ab\r\ncd";
  EXPECT_EQ(offset(text, {0, 99}), 2U);
  EXPECT_EQ(offset(text, {1, 99}), 6U);
  EXPECT_EQ(offset(text, {99, 0}), 6U);
}

TEST(Documents, TakeChangesInOrder) {
  TextDocument document("file:///x", "/x", 1, "one\ntwo\n");
  EXPECT_TRUE(document.apply(
      {
          {Range{{1, 0}, {1, 3}}, "2\n3"},
          {Range{{2, 1}, {2, 1}}, "!"   }
  },
      2, Encoding::utf16));
  EXPECT_EQ(document.text(), "one\n2\n3!\n");
  EXPECT_EQ(document.version(), 2);
  EXPECT_TRUE(document.apply(
      {
          {std::nullopt, "new"}
  },
      3, Encoding::utf16));
  EXPECT_EQ(document.text(), "new");
}

TEST(Documents, StandAboveTheDisk) {
  compiler::MemoryFileSystem disk;
  disk.files["/etc/a.conf"] = "disk";
  disk.files["/etc/b.conf"] = "disk";
  Documents documents(disk);
  documents.open("file:///etc/a.conf", 1, "open");
  documents.open("file:///etc/n%65w.conf", 1, "unsaved");
  EXPECT_EQ(*documents.read("/etc/a.conf"), "open");
  EXPECT_EQ(*documents.read("/etc/b.conf"), "disk");
  EXPECT_EQ(documents.glob("/etc/*.conf"),
            (std::vector<std::string>{"/etc/a.conf", "/etc/b.conf", "/etc/new.conf"}));
  EXPECT_EQ(documents.uri("/etc/new.conf"), "file:///etc/n%65w.conf") << "as the client spells it";
  documents.close("file:///etc/a.conf");
  EXPECT_EQ(*documents.read("/etc/a.conf"), "disk");
}

TEST(Uri, OfPathsAndBack) {
  EXPECT_EQ(path_of_uri("file:///a%20b/%C3%A9.conf"), "/a b/\xC3\xA9.conf");
  EXPECT_EQ(path_of_uri("file://localhost/x/../y"), "/y");
  EXPECT_EQ(path_of_uri("file:///100%"), "/100%");
  EXPECT_EQ(path_of_uri("untitled:Untitled-1"), "untitled:Untitled-1");
  EXPECT_EQ(uri_of_path("/a b/\xC3\xA9%.conf"), "file:///a%20b/%C3%A9%25.conf");
  EXPECT_EQ(uri_of_path("untitled:1"), "untitled:1");
}

}  // namespace
}  // namespace sup::lint::lsp
