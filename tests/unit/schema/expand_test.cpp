#include "schema/expand.h"

#include <gtest/gtest.h>

namespace sup::schema {
namespace {

std::optional<TemplateValue> known(std::string_view name) {
  if (name == "program_name") return std::string_view("web");
  if (name == "process_num") return std::int64_t{7};
  if (name == "ENV_P") return std::string_view("100%");
  return std::nullopt;
}

std::string good(std::string_view text) {
  const Expanded result = expand(text, known);
  EXPECT_TRUE(result.errors.empty()) << text;
  return result.text;
}

std::string rule(std::string_view text) {
  const Expanded result = expand(text, known);
  return result.errors.empty() ? "" : std::string(result.errors.front().rule);
}

TEST(Expand, EscapesLikePythonsAscii) {
  const Expanded result =
      expand("%(x)a %(x)r", [](std::string_view) -> std::optional<TemplateValue> {
        return std::string_view("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
      });
  EXPECT_EQ(result.text, "'a\\xe9\\u20ac\\U0001f600' 'a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80'");
}

TEST(Expand, FormatsLikePython) {
  EXPECT_EQ(good("%(program_name)s_%(process_num)02d"), "web_07");
  EXPECT_EQ(good("%(program_name)-5s|"), "web  |");
  EXPECT_EQ(good("%(program_name)5.2s|"), "   we|");
  EXPECT_EQ(good("%(program_name)r"), "'web'");
  EXPECT_EQ(good("%(process_num)+x %(process_num)#o %(process_num).2f"), "+7 0o7 7.00");
  EXPECT_EQ(good("%(process_num)#.3g %(process_num)#.0f %(process_num)g"), "7.00 7. 7");
  EXPECT_EQ(good("100%%"), "100%");
  for (const char* text : {"%5%", "%-5%", "% %", "%.3%", "%(process_num)%", "%(process_num)5%"})
    EXPECT_EQ(expand(text, known).errors.size(), 1U) << text;
  EXPECT_EQ(good("%(ENV_P)s"), "100%");
}

TEST(Expand, NamesEachKindOfMistake) {
  EXPECT_EQ(rule("%(nope)s"), "unknown-expansion");
  EXPECT_EQ(rule("date +%s"), "bare-percent-conversion");
  EXPECT_EQ(rule("date +%Y"), "bad-percent-format");
  EXPECT_EQ(rule("50%"), "bad-percent-format");
  EXPECT_EQ(rule("%(program_name"), "bad-percent-format");
  EXPECT_EQ(rule("%(program_name)_x"), "expansion-without-conversion");
  EXPECT_EQ(rule("%(program_name)"), "expansion-without-conversion");
  EXPECT_EQ(rule("%(program_name)d"), "wrong-conversion");
  EXPECT_EQ(rule("%(program_name)*s"), "bad-percent-format");
  EXPECT_EQ(rule("%(program_name)999999999999s"), "bad-percent-format");
}

TEST(Expand, ReportsEveryMistakeWithItsPlace) {
  const Expanded result = expand("a %Y b %(nope)s", known);
  ASSERT_EQ(result.errors.size(), 2U);
  EXPECT_EQ(result.errors[0].begin, 2U);
  EXPECT_EQ(result.errors[0].fix, "%%Y");
  EXPECT_EQ(result.errors[1].begin, 7U);
  EXPECT_EQ(result.errors[1].length, 8U);
}

TEST(Expand, FoldingLeavesTheRestToALaterExpand) {
  const auto only_env = [](std::string_view name) -> std::optional<TemplateValue> {
    if (name == "ENV_P") return std::string_view("100%");
    return std::nullopt;
  };
  const std::string folded = fold("%(ENV_P)s %(program_name)s %% %Y", only_env);
  EXPECT_EQ(folded, "100%% %(program_name)s %% %Y");
  EXPECT_EQ(names_in(folded), std::vector<std::string>{"program_name"});
}

}  // namespace
}  // namespace sup::schema
