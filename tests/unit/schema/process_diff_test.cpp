#include "schema/process_diff.h"

#include <map>

#include <gtest/gtest.h>

#include "tests/unit/schema/plan_builder.h"

namespace sup::schema {
namespace {

Resolved bound(const Plan& plan) {
  InstantiateResult result = instantiate(plan, {});
  for (const Fault& fault : result.faults) ADD_FAILURE() << fault.message;
  return std::move(result.resolved);
}

// Another value than the default for each type of value.
std::string other_value(const OptionRow& row) {
  static const std::map<std::string_view, std::string> by_type{
      {Text::name,        "/other"    },
      {Boolean::name,     "true"      },
      {Integer::name,     "7"         },
      {ByteSize::name,    "7KB"       },
      {Octal::name,       "0077"      },
      {AutoRestart::name, "true"      },
      {ExitCodes::name,   "0,7"       },
      {Signal::name,      "INT"       },
      {LogTarget::name,   "/other.log"},
      {User::name,        "other"     },
      {ServerUrl::name,   "http://h"  },
      {Environment::name, "A=1"       },
      {EventList::name,   "TICK_5"    },
      {EventLength::name, "bytes"     },
      {FilePath::name,    "/other"    },
      {FcgiSocket::name,  "unix:///t" },
      {UserGroup::name,   "u:g"       }
  };
  // Booleans that are true without a word.
  if (row.type == Boolean::name && row.default_text == "true") return "false";
  const auto found = by_type.find(row.type);
  return found == by_type.end() ? std::string{} : found->second;
}

PlanBuilder plan_with(const OptionRow* row, std::string_view section) {
  PlanBuilder plan;
  plan.section("supervisord").section(std::string(section));
  std::map<std::string_view, std::string> settings{
      {"command", "/bin/web"}
  };
  if (section.starts_with("fcgi")) settings["socket"] = "unix:///s";
  if (section.starts_with("event")) settings["events"] = "TICK_60";
  // Its partner, without which it is refused.
  if (row != nullptr && row->name == "stopasgroup") settings["killasgroup"] = "true";
  if (row != nullptr) settings[row->name] = other_value(*row);
  for (const auto& [name, value] : settings) plan.set(name, value);
  return plan;
}

// What an update of a daemon does to a process is what `supc diff` says of it, whatever option
// changes.
TEST(ProcessDiff, SaysOfEveryOptionWhatThePlanDiffSays) {
  std::size_t compared = 0;
  for (const OptionRow& row : option_rows()) {
    std::string section = "program:web";
    if (row.block == block::fcgi) section = "fcgi-program:web";
    if (row.block == block::listener) section = "eventlistener:web";
    const bool runs = row.block == block::process || section != "program:web";
    if (!runs || row.has(OptionFlags::shape) || other_value(row).empty()) continue;
    const PlanBuilder before = plan_with(nullptr, section);
    const PlanBuilder after = plan_with(&row, section);
    const Resolved old_side = bound(before);
    const Resolved new_side = bound(after);
    const PlanDiff told = diff(before, old_side, after, new_side);
    ASSERT_FALSE(told.differences.empty()) << row.name;
    const Group& old_group = old_side.groups[0];
    const Group& new_group = new_side.groups[0];
    const ProcessDifference done =
        compare_processes(old_group, old_group.processes[0], new_group, new_group.processes[0]);
    EXPECT_EQ(done.action, told.differences.back().action) << row.name;
    EXPECT_EQ(done.options.empty(), false) << row.name;
    ++compared;
  }
  EXPECT_GT(compared, 30U);
}

TEST(ProcessDiff, AnotherWayOfWritingTheSameIsNoChange) {
  PlanBuilder before;
  before.section("supervisord").section("program:web").set("command", "/bin/web");
  before.set("autostart", "yes").set("environment", "A=1,B=\"2\"");
  PlanBuilder after;
  after.section("supervisord")
      .section("program:web")
      .set("environment", "B='2',A=1")
      .set("autostart", "TRUE");
  after.set("stdout_logfile_maxbytes", "51200KB").set("command", "/bin/web");
  const Resolved a = bound(before);
  const Resolved b = bound(after);
  const ProcessDifference none = compare_processes(a.groups[0], a.groups[0].processes[0],
                                                   b.groups[0], b.groups[0].processes[0]);
  EXPECT_EQ(none.action, DiffAction::unchanged);
  EXPECT_FALSE(is_changed_for_reread(a.groups[0], b.groups[0]));
}

TEST(ProcessDiff, AProgramThatMovesIntoAGroupOfItsNameGoesOn) {
  PlanBuilder before;
  before.section("supervisord").section("program:web").set("command", "/bin/web");
  PlanBuilder after;
  after.section("supervisord")
      .section("program:web")
      .set("command", "/bin/web")
      .section("group:web")
      .set("programs", "web");
  const Resolved a = bound(before);
  const Resolved b = bound(after);
  EXPECT_EQ(compare_processes(a.groups[0], a.groups[0].processes[0], b.groups[0],
                              b.groups[0].processes[0])
                .action,
            DiffAction::unchanged);
}

TEST(ProcessDiff, AnFcgiProgramInAGroupHasItsSocket) {
  PlanBuilder plan;
  plan.section("supervisord")
      .section("fcgi-program:web")
      .set("command", "/bin/web")
      .set("socket", "unix:///s");
  plan.set("numprocs", "2").set("process_name", "w%(process_num)d");
  plan.section("program:other").set("command", "/bin/other");
  plan.section("group:g").set("programs", "web,other");
  const Resolved all = bound(plan);
  const Group& group = all.groups[0];
  ASSERT_EQ(group.processes.size(), 3U);
  ASSERT_TRUE(group.processes[0].fcgi);
  EXPECT_EQ(group.processes[0].fcgi->socket->path, "/s");
  EXPECT_EQ(group.processes[0].fcgi, group.processes[1].fcgi);
  EXPECT_FALSE(group.processes[2].fcgi);
}

// A running daemon keeps what needs a new one.
TEST(ProcessDiff, OnlySomeSettingsOfTheDaemonChange) {
  PlanBuilder before;
  before.section("supervisord").set("identifier", "one").set("minfds", "100");
  PlanBuilder after;
  after.section("supervisord")
      .set("identifier", "two")
      .set("loglevel", "debug")
      .set("umask", "077");
  const SupervisordOptions now =
      updated_daemon(bound(before).supervisord, bound(after).supervisord);
  EXPECT_EQ(now.identifier, "one");
  EXPECT_EQ(now.minfds, 100);
  EXPECT_EQ(now.umask, 022);
  EXPECT_EQ(now.loglevel, LogLevelValue::debug);
  EXPECT_FALSE(now.user);
}

}  // namespace
}  // namespace sup::schema
