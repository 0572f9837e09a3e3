#include "schema/resolved_io.h"

#include <gtest/gtest.h>

#include "schema/process_diff.h"

namespace sup::schema {
namespace {

std::string bytes_of(const Resolved& resolved) {
  CborWriter out;
  write_resolved(out, resolved);
  return out.take();
}

Resolved example() {
  Resolved resolved;
  resolved.supervisord = SupervisordOptions::defaults();
  resolved.supervisord.loglevel = LogLevelValue::debug;
  resolved.supervisord.directory = "/srv/%(here)s";
  resolved.http_servers.push_back({
      .section = "unix_http_server",
      .name = std::nullopt,
      .is_unix = true,
      .unix_options = UnixHttpServerOptions::defaults(),
      .inet_options = { },
      .origin = { 0, 3}
  });
  resolved.http_servers.back().unix_options.file = "/run/s.sock";
  resolved.rpcinterfaces.push_back({
      "supervisor", "a.b:c", {{"key", "va\"lue"}},
        { 0,                 9}
  });
  Group group;
  group.name = "web";
  group.processes.resize(2);
  for (Process& process : group.processes) {
    process.group = "web";
    process.name = "web_" + std::to_string(&process - group.processes.data());
    process.options = ProcessOptions::defaults();
  }
  ProcessOptions& options = group.processes[1].options;
  options.command = "/bin/sh -c 'a;b' ; no comment %";
  options.environment = {
      {"BOTH",  "it's \"quoted\" \\ and, more=\n"},
      {"EMPTY", ""                               }
  };
  options.autorestart = AutoRestartValue::always;
  options.exitcodes = {0, 2, 255};
  options.stopsignal = 10;
  options.stdout_logfile = {LogKind::file, "/var/log/a b%c.log"};
  options.stderr_logfile = {LogKind::none, {}};
  options.stdout_logfile_maxbytes = std::int64_t{5} << 30;
  options.umask = 077;
  options.user = "nobody";
  resolved.groups.push_back(group);
  Group pool;
  pool.name = "pool";
  pool.kind = GroupKind::eventlistener;
  pool.listener = EventListenerOptions::defaults();
  pool.listener.events = {EventType::TICK_5, EventType::PROCESS_STATE};
  pool.listener.buffer_size = 7;
  resolved.groups.push_back(pool);
  Group fcgi;
  fcgi.name = "fcgi";
  fcgi.kind = GroupKind::fcgi_program;
  fcgi.fcgi = FcgiOptions::defaults();
  FcgiSocketValue socket;
  socket.path = "/run/f.sock";
  fcgi.fcgi.socket = socket;
  resolved.groups.push_back(fcgi);
  resolved.warnings = {"careful"};
  return resolved;
}

TEST(ResolvedIo, GivesBackWhatWasWritten) {
  const Resolved before = example();
  const std::string bytes = bytes_of(before);
  CborReader in(bytes);
  const Resolved after = read_resolved(in);
  EXPECT_TRUE(in.at_end());
  ASSERT_EQ(after.groups.size(), before.groups.size());
  for (std::size_t g = 0; g < after.groups.size(); ++g) {
    EXPECT_EQ(after.groups[g].name, before.groups[g].name);
    EXPECT_EQ(after.groups[g].kind, before.groups[g].kind);
    EXPECT_FALSE(is_changed_in_place(before.groups[g], after.groups[g]));
    ASSERT_EQ(after.groups[g].processes.size(), before.groups[g].processes.size());
    for (std::size_t i = 0; i < after.groups[g].processes.size(); ++i) {
      const ProcessDifference difference =
          compare_processes(before.groups[g], before.groups[g].processes[i], after.groups[g],
                            after.groups[g].processes[i]);
      EXPECT_TRUE(difference.options.empty());
    }
  }
  EXPECT_EQ(after.groups[0].processes[1].options.environment,
            before.groups[0].processes[1].options.environment);
  EXPECT_TRUE(same_servers(before, after));
  EXPECT_TRUE(compare_daemons(before.supervisord, after.supervisord).empty());
  EXPECT_EQ(after.warnings, before.warnings);
  EXPECT_EQ(bytes_of(after), bytes);
}

TEST(ResolvedIo, RefusesEveryTruncation) {
  const std::string bytes = bytes_of(example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CborReader in(std::string_view(bytes).substr(0, size));
    EXPECT_THROW(read_resolved(in), CborError) << size;
  }
}

}  // namespace
}  // namespace sup::schema
