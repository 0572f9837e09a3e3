// What needs no server: names, columns, addresses, completion, the texts of failures.
#include <cerrno>
#include <set>

#include <gtest/gtest.h>

#include "runtime/ctl/client.h"
#include "runtime/ctl/command.h"
#include "runtime/ctl/completion.h"
#include "runtime/ctl/options.h"
#include "runtime/ctl/output.h"
#include "runtime/ctl/process_info.h"
#include "runtime/ctl/resources.h"
#include "schema/events.h"

namespace sup::ctl {
namespace {

ProcessInfo info(const std::string& group, const std::string& name, const std::string& state,
                 const std::string& description) {
  ProcessInfo made;
  made.group = group;
  made.name = name;
  made.state_name = state;
  made.description = description;
  return made;
}

TEST(CtlNames, TargetsAreTakenApart) {
  EXPECT_EQ(parse_target("web").group, "web");
  EXPECT_EQ(parse_target("web").process, "web");
  EXPECT_EQ(parse_target("g:p").process, "p");
  EXPECT_EQ(parse_target("g:p:q").process, "p:q");
  EXPECT_FALSE(parse_target("g:*").process);
  EXPECT_FALSE(parse_target("g:").process);
  EXPECT_EQ(full_name("a", "a"), "a");
  EXPECT_EQ(full_name("a", "b"), "a:b");
}

TEST(CtlNames, WordsAreThoseOfPython) {
  EXPECT_EQ(words_of(" a \t b\xC2\xA0"
                     "c "),
            (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(words_of("  ").empty());
}

TEST(CtlStatus, ColumnsAreAtLeastThirtyThreeWide) {
  const ProcessInfo web = info("web", "web", "RUNNING", "pid 1, uptime 0:00:01");
  const ProcessInfo off = info("g", "off", "STOPPED", "");
  EXPECT_EQ(status_lines({&web, &off}, {}),
            "web                              RUNNING   pid 1, uptime 0:00:01\n"
            "g:off                            STOPPED   \n");
}

TEST(CtlStatus, LongAndForeignNamesMoveTheColumn) {
  const ProcessInfo longer = info("x", std::string(31, 'y'), "EXITED", "d");
  const ProcessInfo umlaut = info("\xC3\xA4", "\xC3\xA4", "FATAL", "d");
  EXPECT_EQ(status_lines({&longer, &umlaut}, {}), "x:" + std::string(31, 'y') + "   EXITED    d\n" +
                                                      "\xC3\xA4" + std::string(35, ' ') +
                                                      "FATAL     d\n");
}

TEST(CtlHelp, ColumnsAreThoseOfPython) {
  EXPECT_EQ(in_columns({"a"}, 79), "a\n");
  EXPECT_EQ(in_columns({"a", "bb", "ccc"}, 79), "a  bb  ccc\n");
  EXPECT_EQ(in_columns({"a", "bb", "ccc"}, 7), "a   ccc\nbb\n");
  EXPECT_EQ(in_columns({"aaaa", "b"}, 3), "aaaa\nb\n");
}

TEST(CtlAddress, IsTakenApartAsByPython) {
  EXPECT_EQ(parse_address("unix:///run/s.sock").path, "/run/s.sock");
  EXPECT_EQ(parse_address("http://Host").host, "host");
  EXPECT_EQ(parse_address("http://host").port, "80");
  EXPECT_EQ(parse_address("http://u:p@host:9001/x").port, "9001");
  EXPECT_EQ(parse_address("http://[::1]:9001").host, "::1");
  EXPECT_EQ(parse_address("http://[::1]:9001").port, "9001");
  for (const char* wrong : {"https://x", "x", "http://h:x", "http://h:99999", "http://a b/"}) {
    EXPECT_THROW(parse_address(wrong), Failure) << wrong;
  }
}

TEST(CtlFailure, ReadsAsPythonsException) {
  EXPECT_EQ(error_line(fault(6, "SHUTDOWN_STATE")),
            "error: <class 'xmlrpc.client.Fault'>, <Fault 6: 'SHUTDOWN_STATE'>: file: "
            "/usr/lib/python3.11/xmlrpc/client.py line: 668");
  EXPECT_EQ(error_line(system_error(ECONNREFUSED, place::tcp_connect)),
            "error: <class 'ConnectionRefusedError'>, [Errno 111] Connection refused: file: "
            "/usr/lib/python3.11/socket.py line: 836");
}

TEST(CtlOptions, AreTakenOutOfTheWords) {
  std::vector<std::string> words{"a", "--for=x", "--timeout", "5", "b", "--rolling"};
  EXPECT_EQ(take_option(words, OptionId::wait_for), "x");
  EXPECT_EQ(take_option(words, OptionId::wait_timeout), "5");
  EXPECT_EQ(take_option(words, OptionId::wait_timeout), std::nullopt);
  EXPECT_TRUE(take_flag(words, OptionId::restart_rolling));
  EXPECT_FALSE(take_flag(words, OptionId::restart_rolling));
  EXPECT_EQ(words, (std::vector<std::string>{"a", "b"}));
}

// The long options that a text names.
std::set<std::string> long_options(std::string_view text) {
  std::set<std::string> found;
  for (std::size_t at = text.find(" --"); at != text.npos; at = text.find(" --", at + 1)) {
    const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", at + 1);
    found.emplace(text.substr(at + 1, end - at - 1));
  }
  return found;
}

TEST(CtlOptions, AreThoseOfTheHelp) {
  std::set<std::string_view> commands_with_options{""};
  for (const Command& command : commands()) {
    commands_with_options.insert(command.name);
    std::set<std::string> rows;
    for (const Option& each : options()) {
      if (each.command == command.name && each.text.starts_with("--")) rows.emplace(each.text);
    }
    if (command.is_of_supervisorctl) {  // its help is supervisorctl's
      EXPECT_EQ(long_options(command.help), std::set<std::string>()) << command.name;
    } else {
      EXPECT_EQ(long_options(command.help), rows) << command.name;
    }
  }
  for (const Option& each : options()) {
    EXPECT_EQ(&option(each.id), &each);
    EXPECT_TRUE(commands_with_options.contains(each.command)) << each.text;
  }
}

TEST(CtlCompletion, KnowsCommandsAndNames) {
  const auto processes = [] {
    return std::vector<ProcessInfo>{info("cat", "cat", "", ""), info("g", "a", "", ""),
                                    info("g", "b", "", "")};
  };
  const auto complete = [&](const std::string& line, const std::string& text) {
    return completions(line, text, processes);
  };
  EXPECT_EQ(complete("sta", "sta"), (std::vector<std::string>{"start", "status"}));
  EXPECT_EQ(complete("start ", ""), (std::vector<std::string>{"cat", "g:a", "g:*", "g:b"}));
  EXPECT_EQ(complete("start g:", "g:"), (std::vector<std::string>{"g:a", "g:*", "g:b"}));
  EXPECT_EQ(complete("update ", ""), (std::vector<std::string>{"cat", "g"}));
  EXPECT_EQ(complete("signal U", "U"), (std::vector<std::string>{"USR1", "USR2"}));
  EXPECT_EQ(complete("signal HUP c", "c"), (std::vector<std::string>{"cat"}));
  EXPECT_EQ(complete("help ver", "ver"), (std::vector<std::string>{"version"}));
  EXPECT_EQ(complete("reload c", "c"), (std::vector<std::string>{"cat"}));
  EXPECT_EQ(complete("tail -f ca", "ca"), (std::vector<std::string>{"cat"}));
  EXPECT_EQ(complete("tail -f cat ", ""), (std::vector<std::string>{"stdout", "stderr"}));
  EXPECT_TRUE(complete("tail cat stderr ", "").empty());
  EXPECT_EQ(complete("open ", ""), (std::vector<std::string>{"http://", "unix://"}));
  EXPECT_TRUE(complete("E", "E").empty());
  EXPECT_TRUE(complete("help E", "E").empty());
  EXPECT_TRUE(complete("shutdown ", "").empty());
  EXPECT_TRUE(complete("nosuch ", "").empty());
}

TEST(CtlCompletion, KnowsOptionsAndTheirValues) {
  using Words = std::vector<std::string>;
  const auto complete = [](const std::string& line, const std::string& text) {
    return completions(line, text,
                       [] { return std::vector<ProcessInfo>{info("cat", "cat", "", "")}; });
  };
  EXPECT_EQ(complete("wait cat -", "-"), (Words{"--for=", "--timeout=", "--json"}));
  EXPECT_EQ(complete("tail -", "-"), (Words{"-f", "--json"}));
  EXPECT_EQ(complete("top -", "-"), (Words{"-n", "-d", "--json"}));
  EXPECT_EQ(complete("wait cat --for=st", "--for=st"),
            (Words{"--for=stopped", "--for=starting", "--for=stopping"}));
  EXPECT_EQ(complete("wait cat --for=", "--for=").size(), wait_states().size());
  EXPECT_EQ(complete("wait --for ", ""), values_of(OptionValue::state));
  EXPECT_EQ(complete("wait --for R", "R"), (Words{"RUNNING"}));
  EXPECT_EQ(complete("wait --for running ", ""), (Words{"cat"}));
  EXPECT_TRUE(complete("wait --timeout ", "").empty());
  EXPECT_TRUE(complete("wait --timeout=", "--timeout=").empty());
  EXPECT_EQ(complete("events --filter=TICK_6", "--filter=TICK_6"), (Words{"--filter=TICK_60"}));
  EXPECT_EQ(complete("events --filter=TICK,remote", "--filter=TICK,remote"),
            (Words{"--filter=TICK,remote_communication"}));
  EXPECT_EQ(complete("events --filter=", "--filter=").size(), schema::event_rows().size());
}

TEST(CtlJson, IsOneLineAndValid) {
  rpc::Struct document;
  document.push_back({"text", "a\n\"b\"\xFF"});
  document.push_back({"list", rpc::Array(1, true)});
  EXPECT_EQ(to_json(document), "{\"text\":\"a\\n\\\"b\\\"\xEF\xBF\xBD\",\"list\":[true]}");
}

TEST(CtlSizes, AreShort) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(2048), "2.0 KB");
  EXPECT_EQ(size_text(std::int64_t{5} << 30), "5.0 GB");
}

TEST(CtlCommands, EachHasHelpAndDescription) {
  for (const Command& command : commands()) {
    EXPECT_FALSE(command.description.empty()) << command.name;
    EXPECT_EQ(find_command(command.name), &command);
  }
}

}  // namespace
}  // namespace sup::ctl
