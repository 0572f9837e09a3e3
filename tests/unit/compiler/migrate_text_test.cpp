#include <gtest/gtest.h>

#include "compiler/edits.h"
#include "compiler/migrate/draft.h"
#include "compiler/migrate/text.h"
#include "schema/dialects.h"
#include "schema/text.h"

namespace sup::compiler::migration {
namespace {

TEST(MigrateText, ArgumentsAreReadBackAndHoldNoComment) {
  for (const std::string argument :
       {"plain", "", "a b", "a ;b", " # c", "it's", "\"quoted\"", "back\\slash", "tab\t;"}) {
    const std::string text = quote_argument(argument);
    std::string error;
    const auto words = schema::split_command(text, error);
    ASSERT_TRUE(words) << text << ": " << error;
    EXPECT_EQ(*words, std::vector<std::string>{argument}) << text;
    EXPECT_TRUE(is_writable("/bin/x " + text)) << text;
  }
}

TEST(MigrateText, CommentsAndLineEndsCannotBeWritten) {
  EXPECT_TRUE(is_writable("a;b#c"));
  EXPECT_FALSE(is_writable("a ;b"));
  EXPECT_FALSE(is_writable("#a"));
  EXPECT_FALSE(is_writable("a\nb"));
  EXPECT_FALSE(is_writable("a "));
}

TEST(MigrateText, GoValues) {
  EXPECT_EQ(go_unescape("a\\tb\\\\n"), "a\tb\\n");
  EXPECT_EQ(go_template("100% %(here)s %(other)s"), "100%% %(here)s %%(other)s");
  EXPECT_EQ(go_split("a 'b c' d\\e"), (std::vector<std::string>{"a", "b c", "d\\e"}));
  EXPECT_EQ(go_boolean("T"), true);
  EXPECT_FALSE(go_boolean("yes"));
  EXPECT_TRUE(is_go_byte_size("10MB"));
  EXPECT_FALSE(is_go_byte_size("10mb"));
  std::vector<std::string> given_up;
  EXPECT_EQ(expand_shell_names("${A} ${B:-b} $C ${", given_up), "%(ENV_A)s b $C ${");
  EXPECT_EQ(given_up, std::vector<std::string>{"B"});
  EXPECT_EQ(join_go_lines("a=1 \\\n2\n;x \\\ny=3\n"), "a=1 \n    2\n;x \\\ny=3\n");
}

TEST(MigrateText, EnvironmentKeepsWhatItCanSay) {
  EXPECT_EQ(write_environment({
                {"A", "x y"      },
                {"B", "say \"x\""}
  }),
            "A=\"x y\",B='say \"x\"'");
  EXPECT_FALSE(write_environment({
      {"A", "both \" and '"}
  }));
  EXPECT_FALSE(write_environment({
      {"odd-name", ""}
  }));
}

TEST(MigrateText, GlobsTakeNoMoreThanProductOfLengths) {
  EXPECT_TRUE(matches_glob("w*b?", "webs"));
  EXPECT_FALSE(matches_glob("w*b?", "web"));
  EXPECT_FALSE(matches_glob("*a*a*a*a*a*a*a*b", std::string(5000, 'a')));
}

TEST(Edits, InsertionsComeBeforeWhatBeginsThere) {
  const auto edit = [](std::uint32_t begin, std::uint32_t end, const char* text) {
    return Edit{
        {0, begin, end},
        text
    };
  };
  EXPECT_EQ(apply_edits("abc", {edit(1, 2, "X"), edit(1, 1, "1"), edit(1, 1, "2")}), "a12Xc");
  EXPECT_EQ(apply_edits("abc", {edit(0, 2, "X"), edit(1, 3, "lost")}), "Xc");
  EXPECT_EQ(apply_edits("", {edit(0, 0, "new")}), "new");
}

TEST(Dialects, RowsAreFoundByTheNamesThatTheyHave) {
  for (const schema::DialectKey& row : schema::dialect_keys()) {
    if (row.key.ends_with('*')) continue;
    const schema::DialectKey* found = schema::find_dialect_key(row.dialect, row.section, row.key);
    EXPECT_EQ(found, &row) << row.section << " " << row.key << " stands twice";
    // What is lost says what to do, what is renamed names an option of today.
    if (row.treatment == schema::Treatment::renamed) {
      EXPECT_FALSE(row.option.empty()) << row.key;
    }
    if (row.treatment == schema::Treatment::lost && row.section != "socket") {
      EXPECT_FALSE(row.advice.empty()) << row.key;
    }
  }
  EXPECT_EQ(schema::find_former_event("PROCESS_STATE_CHANGE")->today, "PROCESS_STATE");
  EXPECT_EQ(schema::find_former_event("PROCESS_STATE_RUNNING"), nullptr);
}

}  // namespace
}  // namespace sup::compiler::migration
