#include "schema/text.h"

#include <gtest/gtest.h>

#include "schema/suggest.h"

namespace sup::schema {
namespace {

TEST(Text, StripsUnicodeBlanksAsPythonDoes) {
  EXPECT_EQ(strip(" \t\xC2\xA0x y\xE2\x80\x83\n"), "x y");
  EXPECT_EQ(strip("\xFFx\xFF"), "\xFFx\xFF");
  EXPECT_EQ(strip(""), "");
}

TEST(Text, ReprEscapesWhatPythonEscapes) {
  EXPECT_EQ(python_repr("a'b"), "\"a'b\"");
  EXPECT_EQ(python_repr("a'b\"c"), "'a\\'b\"c'");
  EXPECT_EQ(python_repr("\n\t\x01\\"), "'\\n\\t\\x01\\\\'");
  EXPECT_EQ(python_repr("\xC3\xA9"), "'\xC3\xA9'");
  EXPECT_EQ(python_bytes_repr("a\xFF\n'"), "b\"a\\xff\\n'\"");
}

TEST(Text, FindsTheFirstByteThatIsNotUtf8) {
  EXPECT_EQ(invalid_utf8("abcdefghijk"), std::nullopt);
  EXPECT_EQ(invalid_utf8("abcdefghij\xC3"), 10U);
  EXPECT_EQ(invalid_utf8("\xED\xA0\x80"), 0U);  // surrogate
  EXPECT_EQ(invalid_utf8("\xC0\x80"), 0U);      // overlong
  EXPECT_EQ(character_count("\xC3\xA9x"), 2U);
}

TEST(Text, SplitsCommandsLikeShlex) {
  std::string error;
  const auto words = split_command("a 'b c' \"d \\\"e\\n\" f\\ g ''", error);
  ASSERT_TRUE(words);
  EXPECT_EQ(*words, (std::vector<std::string>{"a", "b c", "d \"e\\n", "f g", ""}));
  EXPECT_FALSE(split_command("a 'b", error));
  EXPECT_EQ(error, "No closing quotation");
  EXPECT_FALSE(split_command("a\\", error));
  EXPECT_EQ(error, "No escaped character");
}

TEST(Suggest, TakesTheNearestWordAndNoTie) {
  const std::vector<std::string_view> words{"autostart", "autorestart", "command", "user"};
  EXPECT_EQ(nearest("autosart", words), "autostart");
  EXPECT_EQ(nearest("AUTO-START", words), "autostart");
  EXPECT_EQ(nearest("comamnd", words), "command");
  EXPECT_EQ(nearest("zzz", words), "");
  const std::vector<std::string_view> tie{"abcd", "abce"};
  EXPECT_EQ(nearest("abcf", tie), "");
}

TEST(Paths, AreMadeNormalByTheirTextAlone) {
  for (const auto& [path, normal] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"/",            "/"          },
           {"/etc/s.conf",  "/etc/s.conf"},
           {"/etc/s/",      "/etc/s"     },
           {"//etc//s",     "/etc/s"     },
           {"/etc/./s/.",   "/etc/s"     },
           {"/etc/../a/..", "/"          },
           {"/..",          "/"          },
           {"/a/.b/..c",    "/a/.b/..c"  },
           {"a/b",          "/a/b"       },
           {"",             "/"          }
  })
    EXPECT_EQ(normal_path(path), normal) << path;
}

TEST(Paths, AreMadeNormalAsPythonDoes) {
  for (const auto& [path, normal] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"/etc/./s",   "/etc/s" },
           {"//",         "//"     },
           {"//etc//s/",  "//etc/s"},
           {"//etc/../s", "//s"    },
           {"///etc/s",   "/etc/s" },
           {"/",          "/"      }
  })
    EXPECT_EQ(pythons_normal_path(path), normal) << path;
}

TEST(Signs, OfATextAreFoundAtOnce) {
  const Signs found = Signs::in("PATH=\"$HOME\", \xC3\xA4");
  EXPECT_TRUE(found.has_any_of("$"));
  EXPECT_TRUE(found.has_any_of("`\""));
  EXPECT_FALSE(found.has_any_of("`;|&'\\"));
  EXPECT_FALSE(Signs::in("").has_any_of("$`\"'\\;|&#%<>~{}()"));
}

TEST(Text, DecodesPercentSigns) {
  EXPECT_EQ(decode_percent("a%20b%2Fc"), "a b/c");
  EXPECT_EQ(decode_percent("%"), "%");
  EXPECT_EQ(decode_percent("%4"), "%4");
  EXPECT_EQ(decode_percent("%zz%41"), "%zzA");
}

}  // namespace
}  // namespace sup::schema
