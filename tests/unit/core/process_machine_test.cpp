#include "runtime/core/process_machine.h"

#include <fstream>
#include <iterator>
#include <set>

#include <gtest/gtest.h>

namespace sup::core {
namespace {

TEST(ProcessMachine, TheDiagramInTheReadmeIsPrintedFromTheRows) {
  std::ifstream file(SUP_SOURCE_DIR "/runtime/README.md");
  ASSERT_TRUE(file) << "runtime/README.md cannot be read";
  const std::string readme(std::istreambuf_iterator<char>(file), {});
  const std::string expected = "```mermaid\n" + process_diagram() + "```\n";
  EXPECT_NE(readme.find(expected), std::string::npos) << "runtime/README.md should hold:\n"
                                                      << expected;
}

TEST(ProcessMachine, EveryStateIsReachedAndLeft) {
  std::set<schema::ProcessState> reached;
  std::set<schema::ProcessState> left;
  for (const TransitionRow& row : transition_rows()) {
    if (row.from == row.to) continue;
    reached.insert(row.to);
    left.insert(row.from);
  }
  EXPECT_EQ(reached.size(), 8U);
  EXPECT_EQ(left.size(), 8U);
}

// `step` follows the second row of a look_again cell and no further.
TEST(ProcessMachine, NoRowThatLooksAgainLeadsToAnother) {
  for (const TransitionRow& row : transition_rows()) {
    if (row.action != Action::look_again) continue;
    for (const TransitionRow& next : transition_rows()) {
      if (next.from == row.to && next.event == row.event) {
        EXPECT_NE(next.action, Action::look_again);
      }
    }
  }
}

TEST(ProcessMachine, ExitsAreDescribedLikeSupervisorDoes) {
  EXPECT_EQ(describe_exit({.by_signal = false, .number = 0}), "exit status 0");
  EXPECT_EQ(describe_exit({.by_signal = true, .number = 9}), "terminated by SIGKILL");
  EXPECT_EQ(describe_exit({.by_signal = true, .number = 11, .core_dumped = true}),
            "terminated by SIGSEGV (core dumped)");
  EXPECT_EQ(describe_exit({.by_signal = true, .number = 99}), "terminated by signal 99");
}

TEST(ProcessMachine, SecondsNeverOverflow) {
  constexpr auto huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(after_seconds(Instant{5}, 0), Instant{5});
  EXPECT_EQ(after_seconds(Instant{5}, -huge), Instant{5});
  EXPECT_EQ(after_seconds(Instant{5}, huge), never);
  EXPECT_EQ(after_seconds(Instant{-5}, huge), never);
  EXPECT_EQ(after_seconds(Instant{5}, 2), Instant{2'000'000'005});
}

}  // namespace
}  // namespace sup::core
