#include "runtime/core/output_channel.h"

#include <string>

#include <gtest/gtest.h>

namespace sup::core {
namespace {

TEST(OutputChannel, OnlyAnIncompleteCharacterIsHeldBack) {
  EXPECT_EQ(incomplete_character(""), 0U);
  EXPECT_EQ(incomplete_character("abc"), 0U);
  EXPECT_EQ(incomplete_character("\xc3\xa9"), 0U);
  EXPECT_EQ(incomplete_character("a\xc3"), 1U);
  EXPECT_EQ(incomplete_character("\xe2\x82"), 2U);
  EXPECT_EQ(incomplete_character("\xf0\x9f\x98"), 3U);
  EXPECT_EQ(incomplete_character("\xf0\x9f\x98\x80"), 0U);
  EXPECT_EQ(incomplete_character("\xff"), 0U);
  EXPECT_EQ(incomplete_character("\xc0"), 0U);
  EXPECT_EQ(incomplete_character("\x80\x80\x80\x80"), 0U);
}

TEST(OutputChannel, JoinedChunksAreTheStream) {
  const std::string text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xff\xe2z\xe2";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    CharacterJoiner joiner;
    std::string result;
    for (std::size_t i = 0; i < text.size(); i += size) result += joiner.feed(text.substr(i, size));
    EXPECT_EQ(result + joiner.finish(), text) << size;
  }
}

}  // namespace
}  // namespace sup::core
