#include "schema/options.h"

#include <set>

#include <gtest/gtest.h>

#include "schema/dialects.h"
#include "schema/events.h"

namespace sup::schema {
namespace {

TEST(Options, EveryDefaultIsAValueOfItsType) {
  EXPECT_EQ(ProcessOptions::defaults().startsecs, 1);
  EXPECT_EQ(ProcessOptions::defaults().stdout_logfile_maxbytes, 52428800);
  EXPECT_EQ(ProcessOptions::defaults().stopsignal, 15);
  EXPECT_EQ(SupervisordOptions::defaults().umask, 022);
  EXPECT_EQ(EventListenerOptions::defaults().buffer_size, 10);
  EXPECT_EQ(GroupOptions::defaults().priority, 999);
  EXPECT_EQ(UnixHttpServerOptions::defaults().chmod, 0700);
  EXPECT_FALSE(FcgiOptions::defaults().socket);
  EXPECT_FALSE(InetHttpServerOptions::defaults().port);
  EXPECT_EQ(SupervisorctlOptions::defaults().prompt, "supervisor");
}

TEST(Options, NamesAreUniqueInTheirSection) {
  for (const SectionRow& section : section_rows()) {
    std::set<std::string_view> names;
    for (const OptionRow& row : option_rows())
      if ((section.blocks & row.block) != 0) {
        EXPECT_TRUE(names.insert(row.name).second) << section.spelling << " " << row.name;
      }
    for (const DialectKey& former : dialect_keys())
      if (find_former(section.kind, former.key) == &former) {
        EXPECT_FALSE(names.contains(former.key));
      }
  }
}

TEST(Options, AreFoundByTheirSection) {
  ASSERT_NE(find_option(SectionKind::eventlistener, "events"), nullptr);
  EXPECT_EQ(find_option(SectionKind::program, "events"), nullptr);
  EXPECT_NE(find_option(SectionKind::fcgi_program, "command"), nullptr);
  EXPECT_EQ(find_option(SectionKind::rpcinterface, "supervisor.rpcinterface_factory")->type,
            "entry-point");
  EXPECT_EQ(find_former(SectionKind::eventlistener, "log_stdout")->until, "3.0a1");
}

TEST(Options, SectionsAreClassifiedAsSupervisorDoes) {
  EXPECT_EQ(classify_section("program:web")->name, "web");
  EXPECT_EQ(classify_section("program:")->kind, SectionKind::program);
  EXPECT_FALSE(classify_section("program"));
  EXPECT_FALSE(classify_section("Program:x"));
  EXPECT_FALSE(classify_section("supervisord:x"));
  EXPECT_EQ(classify_section("unix_http_serverfoo")->kind, SectionKind::unix_http_server);
  EXPECT_EQ(classify_section("inet_http_server:b")->name, "b");
}

TEST(Events, DescendFromTheirParents) {
  EXPECT_TRUE(event_is_a(EventType::PROCESS_STATE_EXITED, EventType::PROCESS_STATE));
  EXPECT_TRUE(event_is_a(EventType::TICK_5, EventType::EVENT));
  EXPECT_FALSE(event_is_a(EventType::TICK_5, EventType::TICK_60));
  EXPECT_FALSE(event_is_a(EventType::PROCESS_LOG, EventType::PROCESS_LOG_STDOUT));
  EXPECT_EQ(event_from_name("TICK_3600"), EventType::TICK_3600);
  EXPECT_EQ(event_rows().size(), 27U);
}

}  // namespace
}  // namespace sup::schema
