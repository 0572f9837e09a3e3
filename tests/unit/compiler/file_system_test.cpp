#include "compiler/file_system.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sup::compiler {
namespace {

class FilesOfAFolder : public testing::Test {
 protected:
  FilesOfAFolder()
      : folder_(std::filesystem::temp_directory_path() /
                ("files." + std::to_string(::getpid()) + ".d")) {
    std::filesystem::create_directories(folder_);
  }

  ~FilesOfAFolder() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }

  std::vector<std::string> names_of(const std::string& pattern) const {
    std::vector<std::string> names = files_.glob(path(pattern));
    for (std::string& name : names) {
      EXPECT_TRUE(name.starts_with(folder_.string() + "/"));
      name.erase(0, folder_.string().size() + 1);
    }
    return names;
  }

  std::filesystem::path folder_;
  RealFileSystem files_;
};

// And never the folder itself nor the one above, as with Python.
TEST_F(FilesOfAFolder, PatternsOfStarsMatchAsFnmatchSays) {
  const std::vector<std::string> names = {"a.conf",  "aa.conf", "ab.conf.conf", ".conf",
                                          ".a.conf", "a.confx", "conf",         "a",
                                          "aXbXc",   "abab",    "ab",           "a[b].conf",
                                          "a?.conf", "\\.conf", "aba",          "\xC3\xA9.conf"};
  for (const std::string& name : names) write(name, "");
  for (const std::string pattern :
       {"*", "*.conf", "a*", "a*.conf", "*a*", "a*b*", "a*b*c", "*ab*ab", "*aba*aba*", "**", ".*",
        ".*.conf", "a**b", "*.conf*", "\\*", "a*a", "[a]*", "a?.*", "*[?].conf"}) {
    std::vector<std::string> expected;
    for (const std::string& name : names)
      if (::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD | FNM_NOESCAPE) == 0)
        expected.push_back(name);
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(names_of(pattern), expected) << pattern;
  }
}

TEST_F(FilesOfAFolder, NoFolderHasNoMatches) {
  EXPECT_TRUE(names_of("missing/*.conf").empty());
  write("file", "");
  EXPECT_TRUE(names_of("file/*.conf").empty());
}

// The size of a file is not asked for where it is short; both sides of what is short, and all of
// what is long.
TEST_F(FilesOfAFolder, MatchesAreReadToTheirEnd) {
  const std::vector<std::size_t> sizes = {0, 1, 16383, 16384, 16385, 70000};
  for (const std::size_t size : sizes) {
    std::string text(size, 'x');
    if (!text.empty()) text.back() = 'y';
    write(std::to_string(100000 + size) + ".conf", text);
  }
  const std::vector<std::string> found = files_.glob(path("*.conf"));
  ASSERT_EQ(found.size(), sizes.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto text = files_.read_match(found[i]);
    ASSERT_TRUE(text) << found[i];
    EXPECT_EQ(text->size(), sizes[i]);
    EXPECT_TRUE(text->empty() || text->view().back() == 'y');
  }
}

TEST_F(FilesOfAFolder, OneThatIsGoneIsAnError) {
  write("a.conf", "a");
  write("b.conf", "b");
  ASSERT_EQ(files_.glob(path("*.conf")).size(), 2U);
  std::filesystem::remove(path("a.conf"));
  EXPECT_EQ(files_.read_match(path("a.conf")).error().error_number, ENOENT);
  EXPECT_TRUE(*files_.read_match(path("b.conf")) == "b");
}

TEST_F(FilesOfAFolder, PipesAndFoldersAmongThemAreNotRead) {
  write("a.conf", "a");
  ASSERT_EQ(::mkfifo(path("b.conf").c_str(), 0600), 0);
  std::filesystem::create_directory(path("c.conf"));
  std::filesystem::create_symlink("a.conf", path("d.conf"));
  ASSERT_EQ(files_.glob(path("*.conf")).size(), 4U);
  EXPECT_TRUE(*files_.read_match(path("a.conf")) == "a");
  EXPECT_NE(files_.read_match(path("b.conf")).error().message.find("it is a pipe"),
            std::string::npos);
  EXPECT_EQ(files_.read_match(path("c.conf")).error().error_number, EISDIR);
  EXPECT_TRUE(*files_.read_match(path("d.conf")) == "a");
}

// What became a pipe behind the pattern's back is none the less none.
TEST_F(FilesOfAFolder, OneThatBecameAPipeIsNotRead) {
  write("a.conf", "a");
  ASSERT_EQ(files_.glob(path("*.conf")).size(), 1U);
  std::filesystem::remove(path("a.conf"));
  ASSERT_EQ(::mkfifo(path("a.conf").c_str(), 0600), 0);
  EXPECT_NE(files_.read_match(path("a.conf")).error().message.find("it is a pipe"),
            std::string::npos);
}

// Files of other folders, and of folders below, are not looked for in that of the last pattern.
TEST_F(FilesOfAFolder, OthersAreReadWhereTheyAre) {
  std::filesystem::create_directories(path("x/y"));
  write("a.conf", "top");
  write("x/a.conf", "x");
  write("x/y/a.conf", "y");
  ASSERT_EQ(files_.glob(path("x/*.conf")).size(), 1U);
  EXPECT_TRUE(*files_.read_match(path("a.conf")) == "top");
  EXPECT_TRUE(*files_.read_match(path("x/a.conf")) == "x");
  EXPECT_TRUE(*files_.read_match(path("x/y/a.conf")) == "y");
  const RealFileSystem below(folder_.string());
  EXPECT_EQ(below.glob("/x/*.conf"), std::vector<std::string>{"/x/a.conf"});
  EXPECT_TRUE(*below.read_match("/x/a.conf") == "x");
}

}  // namespace
}  // namespace sup::compiler
