// Methods and routes against a supervisor that runs nothing, on a machine with files in memory.
#include "runtime/http/routes.h"

#include <map>

#include <gtest/gtest.h>

#include "runtime/rpc/log_reading.h"
#include "runtime/rpc/xmlrpc.h"

namespace sup::http {
namespace {

struct File {
  std::string bytes;
  int inode = 0;
};

using Files = std::map<std::string, std::shared_ptr<File>>;

class MemoryReader final : public core::LogReader {
 public:
  MemoryReader(const Files& files, std::string path)
      : files_(files), path_(std::move(path)), file_(files.at(path_)) {}

  std::optional<std::int64_t> size() const override {
    return static_cast<std::int64_t>(file_->bytes.size());
  }

  std::optional<std::string> read(std::int64_t offset, std::size_t length) const override {
    const auto from = static_cast<std::size_t>(offset);
    return from >= file_->bytes.size() ? "" : file_->bytes.substr(from, length);
  }

  std::int64_t modified() const override { return 0; }

  bool is_current() const override {
    const auto found = files_.find(path_);
    return found == files_.end() || found->second == file_;
  }

 private:
  const Files& files_;
  std::string path_;
  std::shared_ptr<File> file_;
};

class FakeMachine final : public core::Machine {
 public:
  Files files;
  std::vector<std::string> lines;
  std::string log_file = "/a.log";

  void put(const std::string& path, const std::string& bytes) {
    files[path] = std::make_shared<File>(File{bytes});
  }

  core::Now now() const override { return {}; }

  int pid() const override { return 4711; }

  std::uint64_t table_generation() const override { return 0; }

  std::tm local_time(std::int64_t) const override { return {}; }

  std::optional<std::int64_t> user_number(const std::string&) const override { return 0; }

  schema::Result<Owner> find_owner(const schema::UserGroupValue&) const override { return Owner{}; }

  const std::string& log_path(core::ProcessId, core::Channel) const override { return log_file; }

  std::string activity_log_path() const override { return "/main.log"; }

  bool file_exists(const std::string& path) const override { return files.contains(path); }

  std::unique_ptr<core::LogReader> open_log(const std::string& path) const override {
    if (!files.contains(path)) return nullptr;
    return std::make_unique<MemoryReader>(files, path);
  }

  schema::Status clear_logs(core::ProcessId) override { return schema::Nothing{}; }

  schema::Status clear_activity_log() override { return schema::Nothing{}; }

  std::optional<core::CommandProblem> command_problem(core::ProcessId) const override {
    return std::nullopt;
  }

  bool takes_input(core::ProcessId) const override { return true; }

  void carry_out(core::Effects& orders) override { orders.clear(); }

  bool logs(core::Level level) const override { return level >= core::Level::info; }

  void log(core::Level, const std::string& text) override { lines.push_back(text); }

  schema::Result<std::shared_ptr<const schema::Resolved>> read_configuration() override {
    return schema::Error{.message = "it is gone"};
  }

  schema::Status begin_upgrade() override { return schema::Nothing{}; }

  UpgradeProgress upgrade_progress() const override { return upgrade; }

  std::int64_t upgrades() const override { return 3; }

  UpgradeProgress upgrade;
};

class Routes : public testing::Test {
 protected:
  Routes() {
    auto plan = std::make_shared<schema::Resolved>();
    plan->supervisord = schema::SupervisordOptions::defaults();
    plan->rpcinterfaces.push_back(
        {"supervisor", "supervisor.rpcinterface:make_main_rpcinterface", {}, {}});
    schema::Group group;
    group.name = "a";
    schema::Process process;
    process.name = "a";
    process.group = "a";
    process.options = schema::ProcessOptions::defaults();
    process.options.autostart = false;
    group.processes.push_back(process);
    plan->groups.push_back(group);
    supervisor_ = std::make_unique<core::Supervisor>(plan);
    core::Effects orders;
    supervisor_->handle({}, core::input::Boot{}, orders);
    interface_ = std::make_unique<rpc::Interface>(*supervisor_, machine_);
    interface_->configure(plan);
    site_ = std::make_unique<Site>(Site{*supervisor_, machine_, *interface_});
  }

  Response ask(std::string_view method, const std::string& path, const std::string& body = "") {
    Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.has_length = method == "POST";
    Response response;
    http::answer(*site_, request, response);
    return response;
  }

  // The value of a call, or its fault as "10 BAD_NAME: x".
  rpc::Value call(const std::string& method, rpc::Array arguments = {}) {
    const Response response = ask("POST", "/RPC2", rpc::print_call({method, std::move(arguments)}));
    const auto read = rpc::parse_response(response.body);
    if (!read) return "unreadable";
    if (const auto* fault = std::get_if<rpc::Fault>(&*read)) {
      return std::to_string(fault->code) + " " + fault->text;
    }
    return std::get<rpc::Value>(*read);
  }

  static std::string next(LaterAnswer& later) {
    std::string out;
    while (later.resume({}, out) == LaterAnswer::Progress::more) {
    }
    return out;
  }

  FakeMachine machine_;
  std::unique_ptr<core::Supervisor> supervisor_;
  std::unique_ptr<rpc::Interface> interface_;
  std::unique_ptr<Site> site_;
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
  EXPECT_EQ(next(*response.later), "17\r\n==> File truncated <==\n\r\n1\r\nx\r\n");
}

}  // namespace
}  // namespace sup::http
