#include "runtime/core/compat.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "runtime/core/concat.h"

namespace sup::core {
namespace {

int count_on(const Compat& compat) {
  return static_cast<int>(std::ranges::count_if(
      compat_rows(), [&](const CompatRow& row) { return compat.*row.member; }));
}

TEST(Compat, NamesTurnSwitchesOn) {
  Compat compat;
  EXPECT_EQ(count_on(compat), 0);
  EXPECT_TRUE(read_compat("", compat));
  EXPECT_EQ(count_on(compat), 0);
  EXPECT_TRUE(read_compat("hup-restart,unknown-listener", compat));
  EXPECT_TRUE(compat.hup_restart);
  EXPECT_TRUE(compat.unknown_listener);
  EXPECT_EQ(count_on(compat), 2);
  EXPECT_TRUE(read_compat("all", compat));
  EXPECT_EQ(count_on(compat), static_cast<int>(compat_rows().size()));
}

TEST(Compat, TheReadmeHasThemAll) {
  std::ifstream file(std::string(SUP_SOURCE_DIR) + "/runtime/README.md");
  const std::string readme((std::istreambuf_iterator<char>(file)), {});
  std::string table;
  for (const CompatRow& row : compat_rows()) {
    table += concat("| `", row.name, "` | ", row.doc, " |\n");
  }
  EXPECT_NE(readme.find("|---|---|\n" + table + "\n"), std::string::npos) << table;
}

TEST(Compat, AnUnknownNameIsRefusedWithThoseThatThereAre) {
  Compat compat;
  const schema::Status read = read_compat("drop-at-end,hup", compat);
  ASSERT_FALSE(read);
  EXPECT_TRUE(read.error().message.starts_with("`hup` is no compatibility switch; there are "));
  EXPECT_NE(read.error().message.find("hup-restart"), std::string::npos);
}

}  // namespace
}  // namespace sup::core
