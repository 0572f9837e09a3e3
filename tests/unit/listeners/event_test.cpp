// Events out of bytes, however they are cut, and which processes a user names.
#include "runtime/listeners/event.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "runtime/listeners/names.h"

namespace sup::listeners {
namespace {

const std::string exited_event =
    "ver:3.0 server:supervisor serial:21 pool:mail poolserial:10 eventname:PROCESS_STATE_EXITED "
    "len:69\nprocessname:cat groupname:pets from_state:RUNNING expected:0 pid:2766";

std::vector<Event> events_of(EventReader& reader) {
  std::vector<Event> events;
  for (;;) {
    schema::Result<std::optional<Event>> next = reader.next();
    EXPECT_TRUE(next) << (next ? "" : next.error().message);
    if (!next || !next->has_value()) return events;
    events.push_back(std::move(**next));
  }
}

std::string with_length(std::size_t length, const std::string& payload) {
  return "ver:3.0 eventname:PROCESS_LOG_STDOUT len:" + std::to_string(length) + "\n" + payload;
}

TEST(Events, FieldsAreRead) {
  EventReader reader;
  reader.feed(exited_event);
  const std::vector<Event> events = events_of(reader);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].name, "PROCESS_STATE_EXITED");
  EXPECT_EQ(events[0].serial, "21");
  EXPECT_EQ(events[0].group_and_name(), "pets:cat");
  EXPECT_EQ(events[0].field("expected"), "0");
  EXPECT_EQ(events[0].field("tries"), std::nullopt);
  EXPECT_FALSE(reader.is_within());
}

TEST(Events, MayComeInAnyPieces) {
  const std::string text =
      with_length(9, "pid:1\nüß€") + exited_event + with_length(0, "") + exited_event;
  for (std::size_t size = 1; size < text.size(); ++size) {
    EventReader reader;
    std::vector<Event> events;
    for (std::size_t at = 0; at < text.size(); at += size) {
      reader.feed(std::string_view(text).substr(at, size));
      for (Event& event : events_of(reader)) events.push_back(std::move(event));
    }
    ASSERT_EQ(events.size(), 4U) << size;
    EXPECT_EQ(events[0].data(), "üß€");
    EXPECT_EQ(events[1].process(), "cat");
    EXPECT_EQ(events[2].payload, "");
    EXPECT_EQ(events[3].process(), "cat");
  }
}

TEST(Events, LengthsMayCountBytes) {
  const std::string text = with_length(6, "äöü");
  EventReader reader;
  reader.feed(text);
  EXPECT_TRUE(events_of(reader).empty());
  EXPECT_TRUE(reader.may_count_bytes());
  reader.take_as_bytes();
  const std::vector<Event> events = events_of(reader);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].payload, "äöü");
  reader.feed(text + text);
  EXPECT_EQ(events_of(reader).size(), 2U);
}

TEST(Events, ValuesMayHoldColons) {
  // superlance ends with a ValueError.
  EventReader reader;
  reader.feed("ver:3.0 server:a:b eventname:TICK_5 len:9\nwhen:1:02");
  const std::vector<Event> events = events_of(reader);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].server, "a:b");
  EXPECT_EQ(events[0].field("when"), "1:02");
}

TEST(Events, WhatIsNoHeaderIsRefused) {
  for (const char* text :
       {"\n", "hello\n", "eventname:TICK_5\n", "eventname:TICK_5 len:\n",
        "eventname:TICK_5 len:x\n", "eventname:TICK_5 len:-1\n", "len:4\n",
        "eventname:TICK_5 len:99999999999999999999\n", "eventname:TICK_5 len:999999999\n"}) {
    EventReader reader;
    reader.feed(text);
    EXPECT_FALSE(reader.next()) << text;
  }
  EventReader reader;
  reader.feed(std::string(header_maximum_bytes + 1, 'x'));
  EXPECT_FALSE(reader.next());
}

TEST(Events, AllThatSupervisorSendsAreRead) {
  const std::filesystem::path folder = SUP_REFERENCE "/samples/events";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".bin") continue;
    std::ifstream file(entry.path());
    EventReader reader;
    reader.feed(std::string(std::istreambuf_iterator<char>(file), {}));
    EXPECT_EQ(events_of(reader).size(), 1U) << entry.path();
    EXPECT_FALSE(reader.is_within()) << entry.path();
    ++count;
  }
  EXPECT_GT(count, 20);
}

TEST(Events, TypesDescend) {
  EXPECT_TRUE(is_a("TICK_5", "TICK"));
  EXPECT_TRUE(is_a("PROCESS_STATE_FATAL", "EVENT"));
  EXPECT_FALSE(is_a("PROCESS_STATE_FATAL", "PROCESS_LOG"));
  EXPECT_TRUE(is_a("PLUGIN_EVENT", "PLUGIN_EVENT"));
  EXPECT_TRUE(is_a("PLUGIN_EVENT", "EVENT"));
}

TEST(Names, MeanProcesses) {
  EXPECT_TRUE(names_process("web", "web", "web"));
  EXPECT_TRUE(names_process("web", "shop", "web"));
  EXPECT_TRUE(names_process("shop:web", "shop", "web"));
  EXPECT_FALSE(names_process("shop:web", "bank", "web"));
  EXPECT_TRUE(names_process("shop:*", "shop", "web"));
  EXPECT_TRUE(names_process("shop:", "shop", "web"));
  EXPECT_FALSE(names_process("shop", "shop", "web"));
  EXPECT_EQ(python_list({"a", "g:b", "it's"}), "['a', 'g:b', \"it's\"]");
  EXPECT_EQ(python_list({}), "[]");
}

}  // namespace
}  // namespace sup::listeners
