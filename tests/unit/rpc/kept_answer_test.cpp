// An answer that is kept, and what writes it.
#include "runtime/rpc/kept_answer.h"

#include <gtest/gtest.h>

#include "runtime/rpc/writer.h"

namespace sup::rpc {
namespace {

constexpr AnswerState before{.revision = 1, .generation = 1, .second = 1};

TEST(KeptAnswer, IsOfOneStateAlone) {
  KeptAnswer kept;
  EXPECT_FALSE(kept.is_of({}));
  EXPECT_EQ(kept.text(), nullptr);
  kept.keep(before, "before");
  EXPECT_TRUE(kept.is_of(before));
  EXPECT_EQ(*kept.text(), "before");
  EXPECT_FALSE(kept.is_of({.revision = 2, .generation = 1, .second = 1}));
  EXPECT_FALSE(kept.is_of({.revision = 1, .generation = 2, .second = 1}));
  EXPECT_FALSE(kept.is_of({.revision = 1, .generation = 1, .second = 2}));
}

TEST(KeptAnswer, IsGoneWhenItsRoomIsTaken) {
  KeptAnswer kept;
  kept.keep(before, std::string(100000, 'x'));
  const char* const place = kept.text()->data();
  const std::string room = kept.take_room();
  EXPECT_EQ(room, "");
  EXPECT_EQ(room.data(), place);
  EXPECT_FALSE(kept.is_of(before));
}

TEST(KeptAnswer, StaysForWhoIsSendingIt) {
  KeptAnswer kept;
  kept.keep(before, std::string(100000, 'x'));
  const std::shared_ptr<const std::string> sending = kept.text();
  const std::string room = kept.take_room();
  EXPECT_EQ(room, "");
  EXPECT_GE(room.capacity(), 100000U);
  EXPECT_EQ(*sending, std::string(100000, 'x'));
}

TEST(KeptAnswer, TakesNoMoreRoomThanItNeeds) {
  KeptAnswer kept;
  std::string text(100000, 'x');
  text.reserve(1000000);
  kept.keep(before, std::move(text));
  EXPECT_LT(kept.text()->capacity(), 150000U);
}

TEST(XmlWriter, SaysWhatIsNotKeptBehindWhatWasSaid) {
  KeptAnswer kept;
  kept.keep(before, std::string(10000, 'x'));
  std::string out = "head ";
  XmlWriter writer(out, &kept);
  ASSERT_FALSE(writer.has({}));
  writer.boolean(true);
  writer.finish();
  EXPECT_EQ(out, "head <value><boolean>1</boolean></value>\n");
  EXPECT_FALSE(writer.is_known());
  EXPECT_EQ(writer.unknown(), AnswerState{});
}

TEST(XmlWriter, KnowsTheWholeOfAnAnswerAlone) {
  KeptAnswer kept;
  kept.keep(before, "x");
  std::string out;
  XmlWriter whole(out, &kept);
  EXPECT_TRUE(whole.has(before));
  EXPECT_TRUE(whole.is_known());
  std::string other;
  XmlWriter part(other, &kept);
  part.begin_array();
  EXPECT_FALSE(part.has(before));
  EXPECT_FALSE(part.has({}));
  part.end_array();
  EXPECT_FALSE(part.is_known());
  EXPECT_FALSE(part.unknown());
  EXPECT_TRUE(kept.is_of(before));
}

}  // namespace
}  // namespace sup::rpc
