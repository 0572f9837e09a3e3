// Methods and routes against a supervisor that runs nothing, on a machine with files in memory.
#include "runtime/http/routes.h"

#include <gtest/gtest.h>

#include "runtime/rpc/log_reading.h"
#include "runtime/rpc/xmlrpc.h"
#include "tests/unit/http/site_test.h"

namespace sup::http {
namespace {

class Routes : public SiteTest {
 protected:
  // The value of a call, or its fault as "10 BAD_NAME: x".
  rpc::Value call(const std::string& method, rpc::Array arguments = {}) {
    const Response response = ask("POST", "/RPC2", rpc::print_call({method, std::move(arguments)}));
    const auto read =
        rpc::parse_response(response.shared_body ? *response.shared_body : response.body);
    if (!read) return "unreadable";
    if (const auto* fault = std::get_if<rpc::Fault>(&*read)) {
      return std::to_string(fault->code) + " " + fault->text;
    }
    return std::get<rpc::Value>(*read);
  }
};

TEST_F(Routes, Calls) {
  EXPECT_EQ(call("supervisor.getPID"), rpc::Value(4711));
  EXPECT_EQ(call("supervisor.getProcessInfo", {"b"}), rpc::Value("10 BAD_NAME: b"));
  EXPECT_EQ(call("supervisor.getProcessInfo", {5}), rpc::Value("2 INCORRECT_PARAMETERS"));
  EXPECT_EQ(call("supervisor.getProcessInfo"), rpc::Value("2 INCORRECT_PARAMETERS"));
  EXPECT_EQ(call("supervisor.stopProcess", {"a"}), rpc::Value("70 NOT_RUNNING: a"));
  EXPECT_EQ(call("supervisor.reloadConfig"), rpc::Value("92 CANT_REREAD: it is gone"));
  EXPECT_EQ(*call("supervisor.getProcessInfo", {"a"}).member("description"),
            rpc::Value("Not started"));
}

TEST_F(Routes, ACallThatWasJustReadIsAnsweredAnew) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(call("supervisor.getProcessInfo", {"b"}), rpc::Value("10 BAD_NAME: b"));
    EXPECT_EQ(*call("supervisor.getProcessInfo", {"a"}).member("name"), rpc::Value("a"));
    EXPECT_EQ(*call("supervisor.getProcessInfo", {"a"}).member("statename"),
              rpc::Value(i == 0 ? "STOPPED" : "STARTING"));
    EXPECT_EQ(ask("POST", "/RPC2", "<methodCall/>").status, 400);
    call("supervisor.startProcess", {"a", false});
  }
  // Too large to be kept.
  const std::string name(2000, 'x');
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(call("supervisor.getProcessInfo", {name}), rpc::Value("10 BAD_NAME: " + name));
  }
}

// Asked again while nothing changed, it is the same text.
TEST_F(Routes, TheAnswerOfAllProcessesIsKept) {
  const auto ask_all = [&](const rpc::Access& access = rpc::Access(rpc::Role::read)) {
    Request request;
    request.access = access;
    request.method = "POST";
    request.path = "/RPC2";
    request.body = rpc::print_call({"supervisor.getAllProcessInfo", {}});
    request.has_length = true;
    Response response;
    http::answer(*site_, request, response);
    EXPECT_EQ(response.shared_body != nullptr, access.may(rpc::Role::read));
    return response.shared_body ? response.shared_body
                                : std::make_shared<const std::string>(response.body);
  };
  const auto state = [](const std::string& text) {
    const auto read = rpc::parse_response(text);
    const auto& all = *std::get<rpc::Value>(*read).get<rpc::Array>();
    return all.empty() ? "none" : *all.front().member("statename")->get<std::string>();
  };
  const auto first = ask_all();
  EXPECT_EQ(state(*first), "STOPPED");
  EXPECT_EQ(ask_all(), first);
  EXPECT_EQ(*first, rpc::print_response(call("supervisor.getAllProcessInfo")));
  // Who sees less is told less, and the others are told all again.
  EXPECT_EQ(state(*ask_all(rpc::Access(rpc::Role::none))), "none");
  EXPECT_EQ(ask_all(), first);
  // Time passes.
  machine_.time.wall += std::chrono::milliseconds(999);
  EXPECT_EQ(ask_all(), first);
  machine_.time.wall += std::chrono::milliseconds(1);
  const auto second = ask_all();
  EXPECT_NE(*second, *first);
  EXPECT_EQ(*second, rpc::print_response(call("supervisor.getAllProcessInfo")));
  // The supervisor does something.
  call("supervisor.startProcess", {"a", false});
  EXPECT_EQ(state(*ask_all()), "STARTING");
  EXPECT_EQ(state(*second), "STOPPED");
  // Within another call it is a value like others.
  rpc::Struct one;
  one.push_back({"methodName", "supervisor.getAllProcessInfo"});
  rpc::Array calls;
  calls.emplace_back(rpc::Array(1, one));
  const rpc::Value several = call("system.multicall", calls);
  EXPECT_EQ(several.get<rpc::Array>()->front(), call("supervisor.getAllProcessInfo"));
}

rpc::Value one_of_several(const std::string& method, rpc::Array arguments = {}) {
  rpc::Struct one;
  one.push_back({"methodName", method});
  one.push_back({"params", std::move(arguments)});
  return one;
}

TEST_F(Routes, LongMulticallsLetOthersHaveTheirTurn) {
  rpc::Array calls(250, one_of_several("supervisor.getAPIVersion"));
  calls[120] = one_of_several("supervisor.startProcess", {"a"});
  Response response =
      ask("POST", "/RPC2", rpc::print_call({"system.multicall", rpc::Array(1, calls)}));
  ASSERT_NE(response.later, nullptr);
  EXPECT_LE(response.later->wake(), machine_.now().steady);
  std::string out;
  EXPECT_EQ(response.later->resume({}, out), LaterAnswer::Progress::waiting);
  // It waits for the process now.
  EXPECT_EQ(response.later->wake(), core::never);
  EXPECT_EQ(response.later->resume({}, out), LaterAnswer::Progress::waiting);
  EXPECT_EQ(out, "");
  core::Effects orders;
  supervisor_->handle({}, core::input::Spawned{.process = 0, .pid = 42}, orders);
  supervisor_->handle({std::chrono::seconds(5), {}}, core::input::Tick{}, orders);
  int turns = 1;
  for (; response.later->resume({}, out) == LaterAnswer::Progress::waiting; ++turns) {
    ASSERT_LT(turns, 100);
  }
  EXPECT_GE(turns, 2);
  const auto read = rpc::parse_response(out.substr(out.find("<?xml")));
  ASSERT_TRUE(read);
  const auto* results = std::get<rpc::Value>(*read).get<rpc::Array>();
  ASSERT_EQ(results->size(), calls.size());
  EXPECT_EQ(results->at(119), rpc::Value("3.0"));
  EXPECT_EQ(results->at(120), rpc::Value(true));
  EXPECT_EQ(results->at(121), rpc::Value("3.0"));
  EXPECT_EQ(results->back(), rpc::Value("3.0"));
}

TEST_F(Routes, TheResultsOfAMulticallTogetherAreNoLargerThanOne) {
  machine_.put("/a.log", std::string(20000000, 'x'));
  rpc::Array calls(20, one_of_several("supervisor.readProcessStdoutLog", {"a", 0, 0}));
  calls.push_back(one_of_several("supervisor.shutdown"));
  const rpc::Value results = call("system.multicall", rpc::Array(1, calls));
  ASSERT_TRUE(results.is<rpc::Array>());
  std::size_t texts = 0;
  for (const rpc::Value& each : *results.get<rpc::Array>()) {
    texts += each.is<std::string>() ? 1 : 0;
  }
  EXPECT_EQ(texts, 3U);
  EXPECT_EQ(*results.get<rpc::Array>()->at(3).member("faultCode"), rpc::Value(30));
  // Nothing is done that could not be told.
  EXPECT_EQ(*results.get<rpc::Array>()->back().member("faultCode"), rpc::Value(30));
  EXPECT_EQ(supervisor_->state(), schema::SupervisorState::RUNNING);
}

// Asks until there is an answer.
std::string text_of(const Response& response) {
  if (!response.later) return response.body;
  std::string out;
  while (response.later->resume({}, out) == LaterAnswer::Progress::waiting) {
  }
  return out;
}

TEST_F(Routes, TheFaultsOfAMulticallTogetherAreBounded) {
  const auto ask_all = [&](std::size_t count) {
    const rpc::Array calls(count, rpc::Struct{});
    return text_of(
        ask("POST", "/RPC2", rpc::print_call({"system.multicall", rpc::Array(1, calls)})));
  };
  EXPECT_GT(ask_all(40'000).size(), 6'000'000U);
  const std::string fault = ask_all(60'000);
  EXPECT_LT(fault.size(), 2000U);
  EXPECT_NE(fault.find("the faults alone are more than"), std::string::npos);
}

TEST_F(Routes, TheResultsOfAllMulticallsTogetherAreBounded) {
  machine_.put("/a.log", std::string(20'000'000, 'x'));
  rpc::Array calls(3, one_of_several("supervisor.readProcessStdoutLog", {"a", 0, 0}));
  calls.resize(203, one_of_several("supervisor.getAPIVersion"));  // more than at one go
  const auto ask_as = [&](rpc::Role role) {
    Request request;
    request.access = rpc::Access(role);
    request.method = "POST";
    request.path = "/RPC2";
    request.body = rpc::print_call({"system.multicall", rpc::Array(1, calls)});
    request.has_length = true;
    Response response;
    http::answer(*site_, request, response);
    return response;
  };
  std::vector<Response> under_way;
  for (int i = 0; i < 2; ++i) {
    under_way.push_back(ask_as(rpc::Role::admin));
    EXPECT_NE(under_way.back().later, nullptr);
  }
  const Response third = ask_as(rpc::Role::admin);
  EXPECT_EQ(third.later, nullptr);
  EXPECT_NE(third.body.find("try again later"), std::string::npos);
  calls.erase(calls.begin(), calls.begin() + 3);
  under_way.push_back(ask_as(rpc::Role::admin));
  EXPECT_NE(under_way.back().later, nullptr) << "a small one";
  under_way.clear();
  calls.insert(calls.begin(), 3, one_of_several("supervisor.readProcessStdoutLog", {"a", 0, 0}));
  EXPECT_NE(ask_as(rpc::Role::admin).later, nullptr);
}

TEST_F(Routes, EveryMethodHasASignatureAndHelp) {
  const rpc::Value names = call("system.listMethods");
  ASSERT_NE(names.get<rpc::Array>(), nullptr);
  for (const rpc::Value& name : *names.get<rpc::Array>()) {
    EXPECT_NE(call("system.methodSignature", {name}).get<rpc::Array>(), nullptr);
    const rpc::Value help = call("system.methodHelp", {name});
    ASSERT_NE(help.get<std::string>(), nullptr);
    EXPECT_NE(help.get<std::string>()->find("\n@return "), std::string::npos)
        << *help.get<std::string>();
  }
}

TEST_F(Routes, DenialsStayOnTheirLinesAndDoNotFillTheLog) {
  Request request;
  request.access = rpc::Access(rpc::Role::read, {.account = "user x"});
  request.method = "POST";
  request.path = "/RPC2";
  request.has_length = true;
  const auto ask_as_reader = [&](const std::string& method, rpc::Array arguments) {
    request.body = rpc::print_call({method, std::move(arguments)});
    Response response;
    http::answer(*site_, request, response);
  };
  interface_->deny(request.access, {.what = "/a\n2026-11-30 CRIT forged \x1B[2J"});
  EXPECT_EQ(machine_.lines.back(),
            "denied '/a\\n2026-11-30 CRIT forged \\x1b[2J': user x may not; role=read allows it");
  const std::size_t before = machine_.lines.size();
  ask_as_reader("system.multicall",
                rpc::Array(1, rpc::Array(90, one_of_several("supervisor.shutdown"))));
  EXPECT_EQ(machine_.lines.back(),
            "denied supervisor.shutdown: user x may not; role=admin allows it");
  EXPECT_LT(machine_.lines.size() - before, 20U);
  // What else somebody tries is told at once, whoever else tries what.
  ask_as_reader("supervisor.stopProcess", {"a"});
  EXPECT_EQ(machine_.lines.back(),
            "denied a: user x may not; role=operate or control= of the program allows it "
            "(supervisor.stopProcess)");
  request.access = rpc::Access(rpc::Role::read, {.account = "bob", .process = 7});
  ask_as_reader("supervisor.shutdown", {});
  EXPECT_EQ(machine_.lines.back(),
            "denied supervisor.shutdown: pid 7 of bob may not; role=admin allows it");
  for (int pid = 8; pid < 100; ++pid) {
    request.access = rpc::Access(rpc::Role::read, {.account = "bob", .process = pid});
    ask_as_reader("supervisor.shutdown", {});
  }
  machine_.time.steady += std::chrono::seconds(5);
  ask_as_reader("supervisor.shutdown", {});
  EXPECT_EQ(machine_.lines.back(),
            "denied supervisor.shutdown: pid 99 of bob may not; role=admin allows it (88 more "
            "since the last such line)");
  for (int i = 0; i < 90; ++i) {
    request.body = "<x";
    Response response;
    http::answer(*site_, request, response);
  }
  EXPECT_LT(machine_.lines.size() - before, 40U);
}

// Whoever may not stop them learns that they run on as they were.
TEST_F(Routes, ARefusedRestartIsTold) {
  core::Effects orders;
  call("supervisor.startProcess", {"a", false});
  supervisor_->handle({}, core::input::Spawned{.process = 0, .pid = 42}, orders);
  supervisor_->handle({std::chrono::seconds(5), {}}, core::input::Tick{}, orders);
  const auto rows = [&](rpc::Role role, const std::string& method, rpc::Array arguments) {
    rpc::ValueWriter out;
    const rpc::Access access(role, {.account = "user x"});
    const rpc::Outcome outcome = interface_->call(method, arguments, access, out);
    EXPECT_TRUE(std::holds_alternative<rpc::Done>(outcome)) << method;
    return out.take();
  };
  rpc::Struct refused;
  refused.push_back({"name", "a"});
  refused.push_back({"group", "a"});
  refused.push_back({"status", 13});
  refused.push_back(
      {"description",
       "NOT_PERMITTED: a: user x may not; role=operate or control= of the program allows it"});
  const rpc::Value expected = rpc::Array(1, refused);
  const auto read = rpc::Role::read;
  EXPECT_EQ(rows(read, "suprun.restartAllProcesses", {}), expected);
  EXPECT_EQ(machine_.lines.back(),
            "denied a: user x may not; role=operate or control= of the program allows it "
            "(suprun.restartAllProcesses)");
  EXPECT_EQ(rows(read, "suprun.restartProcessGroup", {"a"}), expected);
  EXPECT_EQ(rows(read, "suprun.restartProcess", {"a:*"}), expected);
  EXPECT_EQ(rows(read, "supervisor.stopProcessGroup", {"a"}), expected);
  // Who does not see it is told so where it was named, whether there was something to do or not.
  const auto none = rpc::Role::none;
  for (const char* method : {"supervisor.stopProcess", "supervisor.startProcess"}) {
    EXPECT_EQ(rows(none, method, {"a:*"}), expected) << method;
  }
  EXPECT_EQ(rows(none, "supervisor.stopAllProcesses", {}), rpc::Value(rpc::Array()));
  EXPECT_EQ(rows(none, "suprun.restartAllProcesses", {}), rpc::Value(rpc::Array()));
}

TEST_F(Routes, InputThatIsNotTakenIsAFault) {
  core::Effects orders;
  call("supervisor.startProcess", {"a", false});
  supervisor_->handle({}, core::input::Spawned{.process = 0, .pid = 42}, orders);
  machine_.room = 3;
  EXPECT_EQ(call("supervisor.sendProcessStdin", {"a", "abc"}), rpc::Value(true));
  EXPECT_EQ(call("supervisor.sendProcessStdin", {"a", "abcd"}),
            rpc::Value("30 FAILED: a does not read its standard input: the buffer of 16 MB that is "
                       "kept for it has no room for 4 more bytes"));
  machine_.room = 0;
  EXPECT_EQ(call("supervisor.sendProcessStdin", {"a", ""}), rpc::Value(true));
}

TEST_F(Routes, WhatIsNoCallIsRefusedAndLogged) {
  EXPECT_EQ(ask("POST", "/RPC2", "<x").status, 400);
  EXPECT_EQ(machine_.lines.back(), "XML-RPC request data '<x' is invalid: unmarshallable");
  EXPECT_EQ(ask("POST", "/RPC2", "<methodCall/>").status, 400);
  EXPECT_EQ(machine_.lines.back(),
            "XML-RPC request data '<methodCall/>' is invalid: no method name");
  EXPECT_EQ(ask("GET", "/RPC2").status, 400);
  EXPECT_EQ(ask("GET", "/nosuch").status, 404);
}

TEST_F(Routes, PiecesOfLogs) {
  machine_.put("/a.log", "0123456789");
  const auto read = [&](int offset, int length) {
    return call("supervisor.readProcessStdoutLog", {"a", offset, length});
  };
  EXPECT_EQ(read(0, 0), rpc::Value("0123456789"));
  EXPECT_EQ(read(2, 3), rpc::Value("234"));
  EXPECT_EQ(read(-3, 0), rpc::Value("789"));
  EXPECT_EQ(read(-30, 0), rpc::Value("0123456789"));
  EXPECT_EQ(read(30, 0), rpc::Value(""));
  EXPECT_EQ(read(-1, 1), rpc::Value("3 BAD_ARGUMENTS"));
  EXPECT_EQ(read(0, -1), rpc::Value("3 BAD_ARGUMENTS"));
  const auto tail = [&](std::int64_t offset, std::int64_t length) {
    const rpc::LogTail got = rpc::tail_log(machine_, "/a.log", offset, length);
    return got.bytes + " " + std::to_string(got.offset) + (got.overflow ? " more" : "");
  };
  EXPECT_EQ(tail(0, 100), "0123456789 10");  // as Supervisor's arithmetic has it
  EXPECT_EQ(tail(0, 4), "6789 10 more");
  EXPECT_EQ(tail(8, 2), "89 10");
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(tail(largest, largest), " 10");
  EXPECT_EQ(tail(-largest, largest), "0123456789 10 more");
}

TEST_F(Routes, ATailLosesNothing) {
  EXPECT_EQ(ask("GET", "/logtail/a").status, 404);
  machine_.put("/a.log", std::string(2000, 'x') + "end\n");
  EXPECT_EQ(ask("GET", "/logtail/b").status, 404);
  EXPECT_EQ(ask("GET", "/logtail/a/nosuch").status, 404);
  EXPECT_EQ(ask("GET", "/logtail").status, 404);
  EXPECT_EQ(ask("POST", "/logtail/a").status, 400);
  const Response response = ask("GET", "/logtail/a/stdout");
  ASSERT_NE(response.later, nullptr);
  const std::string first = next(*response.later);
  EXPECT_NE(first.find("Transfer-Encoding: chunked\r\n\r\n400\r\nxxx"), std::string::npos);
  EXPECT_TRUE(first.ends_with("end\n\r\n"));
  EXPECT_EQ(next(*response.later), "");
  machine_.files["/a.log"]->bytes += "more\n";
  const std::shared_ptr<File> old = machine_.files["/a.log"];
  machine_.put("/a.log", "new\n");  // it rolled over
  old->bytes += "last\n";
  EXPECT_EQ(next(*response.later), "a\r\nmore\nlast\n\r\n4\r\nnew\n\r\n");
  machine_.files["/a.log"]->bytes = "x";
  ++machine_.files["/a.log"]->changes;
  EXPECT_EQ(next(*response.later), "17\r\n==> File truncated <==\n\r\n1\r\nx\r\n");
}

// A thousand of them are looked at whenever anything happens.
TEST_F(Routes, ATailOfAQuietLogAsksForNothing) {
  machine_.put("/a.log", "first\n");
  const Response response = ask("GET", "/logtail/a");
  ASSERT_NE(response.later, nullptr);
  EXPECT_NE(next(*response.later, machine_.time).find("first"), std::string::npos);
  File& log = *machine_.files["/a.log"];
  const int asked = log.asked;
  for (int i = 0; i < 9; ++i) {
    machine_.time.steady += std::chrono::milliseconds(100);
    EXPECT_EQ(next(*response.later, machine_.time), "");
  }
  EXPECT_EQ(log.asked, asked);
  log.bytes += "ours\n";
  ++log.changes;
  EXPECT_EQ(next(*response.later, machine_.time), "5\r\nours\n\r\n");
  log.bytes += "of others\n";
  // All tails do it when the clock is at a whole second.
  machine_.time.steady += std::chrono::milliseconds(99);
  EXPECT_EQ(next(*response.later, machine_.time), "");
  machine_.time.steady += std::chrono::milliseconds(1);
  EXPECT_EQ(next(*response.later, machine_.time), "a\r\nof others\n\r\n");
}

TEST_F(Routes, ATailEndsWhenItsLogIsAnother) {
  machine_.put("/a.log", "first\n");
  const Response response = ask("GET", "/logtail/a");
  ASSERT_NE(response.later, nullptr);
  EXPECT_NE(next(*response.later).find("first"), std::string::npos);
  machine_.put("/b.log", "other\n");
  machine_.log_file = "/b.log";
  std::string out;
  EXPECT_EQ(response.later->resume(machine_.now(), out), LaterAnswer::Progress::close);
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace sup::http
