#include "compiler/unified_diff.h"

#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace sup::compiler {
namespace {

// What a side of the comparison holds.
std::string side(const std::vector<DiffLine>& lines, char sign) {
  std::string text;
  for (const DiffLine& row : lines)
    if (row.sign == ' ' || row.sign == sign) text += row.line;
  return text;
}

std::size_t changes(const std::vector<DiffLine>& lines) {
  std::size_t count = 0;
  for (const DiffLine& row : lines) count += row.sign == ' ' ? 0 : 1;
  return count;
}

TEST(UnifiedDiff, Hunks) {
  const std::string before = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n";
  const std::string after = "a\nb\nc\nd\nE\nf\ng\nh\ni\nj\nk\nl\nm";
  EXPECT_EQ(unified_diff("x", compare_lines(before, after)),
            "--- x\n+++ x\n@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n"
            "@@ -10,3 +10,4 @@\n j\n k\n l\n+m\n\\ No newline at end of file\n");
  EXPECT_EQ(unified_diff("x", compare_lines(before, before)), "");
  EXPECT_EQ(unified_diff("x", compare_lines("", "a\n")), "--- x\n+++ x\n@@ -0,0 +1,1 @@\n+a\n");
  EXPECT_EQ(unified_diff("x", compare_lines("a\n", "")), "--- x\n+++ x\n@@ -1,1 +0,0 @@\n-a\n");
}

TEST(UnifiedDiff, BothTextsAreInIt) {
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp)
  for (int round = 0; round < 500; ++round) {
    std::string before;
    std::string after;
    const unsigned long letters = 1 + random() % 6;
    for (unsigned long i = random() % 40; i != 0; --i) {
      const std::string line(1, static_cast<char>('a' + random() % letters));
      if (random() % 8 != 0) before += line + "\n";
      if (random() % 8 != 0) after += line + "\n";
      if (random() % 8 == 0) after += "x\n";
    }
    const auto lines = compare_lines(before, after);
    EXPECT_EQ(side(lines, '-'), before);
    EXPECT_EQ(side(lines, '+'), after);
  }
}

TEST(UnifiedDiff, IsShort) {
  // Equal lines everywhere, so that nothing but the search finds what changed.
  std::string before;
  std::string after;
  for (int i = 0; i < 300; ++i) {
    before += i % 3 == 0 ? "x\n" : "y\n";
    after += i % 3 == 0 ? "x\n" : "y\n";
    if (i % 100 == 50) after += "z\n";
  }
  EXPECT_EQ(changes(compare_lines(before, after)), 3U);
}

TEST(UnifiedDiff, AVeryLongDifferenceComesToAnEnd) {
  std::string before;
  std::string after;
  for (int i = 0; i < 20000; ++i) {
    before += i % 2 == 0 ? "a\n" : "b\n";
    after += i % 3 == 0 ? "b\n" : "c\n";
  }
  const auto lines = compare_lines(before, after);
  EXPECT_EQ(side(lines, '-'), before);
  EXPECT_EQ(side(lines, '+'), after);
}

}  // namespace
}  // namespace sup::compiler
