#include "lint/path_set.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sup::lint {
namespace {

void expect_known(const std::vector<std::string>& order) {
  PathSet paths;
  std::vector<std::string> distinct;
  for (const std::string& path : order) {
    const bool is_new = std::find(distinct.begin(), distinct.end(), path) == distinct.end();
    EXPECT_EQ(paths.contains(path), !is_new) << path;
    EXPECT_EQ(paths.insert(path), is_new) << path;
    if (is_new) distinct.push_back(path);
    EXPECT_EQ(paths.size(), distinct.size());
  }
  for (const std::string& path : distinct) EXPECT_TRUE(paths.contains(path));
  EXPECT_FALSE(paths.contains("/other"));
}

TEST(PathSet, KnowsThoseOfAPattern) { expect_known({"/a", "/b", "/c"}); }

TEST(PathSet, KnowsThoseBehindAMainFile) {
  expect_known({"/z.conf", "/conf.d/a", "/conf.d/b", "/z.conf", "/conf.d/c"});
}

TEST(PathSet, KnowsThoseInNoOrder) { expect_known({"/c", "/b", "/a", "/d", "/aa", "/bb", "/c"}); }

TEST(PathSet, KnowsThoseThatComeTwice) {
  expect_known({"/m", "/a", "/m", "/z", "/a", "/n", "/z", "/m"});
}

}  // namespace
}  // namespace sup::lint
