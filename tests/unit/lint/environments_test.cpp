#include "lint/environments.h"

#include <gtest/gtest.h>

namespace sup::lint {
namespace {

using schema::Target;

TEST(Environments, WhatIsCutOffIsTold) {
  const std::string_view text = "U=http://h/p?a=1&b=2,A=\"x\",B=%(ENV_X)s";
  const auto pairs = split_environment(text, Target::v4_2);
  ASSERT_TRUE(pairs);
  ASSERT_EQ(pairs->size(), 3U);
  const EnvironmentPair& url = pairs->front();
  EXPECT_EQ(url.value, "http://h/p");
  EXPECT_TRUE(url.is_cut());
  EXPECT_EQ(text.substr(url.value_begin, url.meant_end - url.value_begin), "http://h/p?a=1&b=2");
  EXPECT_FALSE((*pairs)[1].is_cut());
  EXPECT_TRUE((*pairs)[1].is_quoted());
  EXPECT_EQ((*pairs)[2].value, "%(ENV_X)s");
}

TEST(Environments, SeparatorsAreKept) {
  const auto pairs = split_environment("A=\"1\";B=2", Target::v4_2);
  ASSERT_TRUE(pairs);
  ASSERT_EQ(pairs->size(), 2U);
  EXPECT_EQ(pairs->front().separator, ";");
  EXPECT_FALSE(pairs->front().is_cut());
}

TEST(Environments, HashesHideTheRest) {
  const auto pairs = split_environment("A=x#y,B=2", Target::v4_2);
  ASSERT_TRUE(pairs);
  ASSERT_EQ(pairs->size(), 1U);
  EXPECT_EQ(pairs->front().value, "x");
  EXPECT_TRUE(pairs->front().is_cut());
}

TEST(Environments, WhatSupervisorRefusesIsNotSplit) {
  EXPECT_FALSE(split_environment("A", Target::v4_2));
  EXPECT_FALSE(split_environment("A=\"x", Target::v4_2));
}

TEST(Environments, NothingEndsBadly) {
  constexpr std::string_view text = "A=\"b\" ;C='d'#e\n,%(F)s=%%,G=%(H,I=\\'\"x\xC3\xA9&J=K";
  for (std::size_t end = 0; end <= text.size(); ++end)
    for (std::size_t begin = 0; begin < end; ++begin)
      for (const Target target : {Target::v4_2, Target::v4_4}) {
        const auto pairs = split_environment(text.substr(begin, end - begin), target);
        if (!pairs) continue;
        for (const EnvironmentPair& pair : *pairs) EXPECT_LE(pair.meant_end, end - begin);
      }
}

}  // namespace
}  // namespace sup::lint
