#include "runtime/rpc/arguments.h"

#include <gtest/gtest.h>

namespace sup::rpc {
namespace {

Array list_of(Value first, Value second) {
  Array items;
  items.push_back(std::move(first));
  items.push_back(std::move(second));
  return items;
}

TEST(Arguments, AreShownAsPythonDoes) {
  EXPECT_EQ(python_text(Value{}), "None");
  EXPECT_EQ(python_text(true), "True");
  EXPECT_EQ(python_text(std::int64_t{-7}), "-7");
  EXPECT_EQ(python_text(std::string("it's")), "it's");  // no quotes: str(), not repr()
  EXPECT_EQ(python_text(list_of(std::string("a"), std::int64_t{1})), "['a', 1]");
  Struct members;
  members.push_back({"k", list_of(false, Value{})});
  EXPECT_EQ(python_text(members), "{'k': [False, None]}");
}

TEST(Arguments, AreTrueAsInPython) {
  EXPECT_FALSE(truth(Value{}));
  EXPECT_FALSE(truth(std::int64_t{0}));
  EXPECT_TRUE(truth(std::int64_t{-1}));
  EXPECT_FALSE(truth(0.0));
  EXPECT_FALSE(truth(std::string()));
  EXPECT_TRUE(truth(std::string("0")));
  EXPECT_FALSE(truth(Array{}));
  EXPECT_FALSE(truth(Struct{}));
}

TEST(Arguments, AreNumbersWherePythonsIntTakesThem) {
  EXPECT_EQ(integer_argument(true), 1);
  EXPECT_EQ(integer_argument(2.9), 2);
  EXPECT_EQ(integer_argument(1e300), std::nullopt);
  EXPECT_EQ(integer_argument(std::string(" 12 ")), 12);
  EXPECT_EQ(integer_argument(std::string("12x")), std::nullopt);
  EXPECT_EQ(integer_argument(Array{}), std::nullopt);
}

}  // namespace
}  // namespace sup::rpc
