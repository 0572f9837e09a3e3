// A supervisor that runs nothing, on a machine with files in memory, and requests to it: for unit
// tests and for fuzz targets.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/http/routes.h"

namespace sup::http {

struct File {
  std::string bytes;
  int inode = 0;
  std::uint64_t changes = 0;  // of ours
  int asked = 0;
};

using Files = std::map<std::string, std::shared_ptr<File>>;

class MemoryReader final : public core::LogReader {
 public:
  MemoryReader(const Files& files, std::string path)
      : files_(files), path_(std::move(path)), file_(files.at(path_)) {}

  std::optional<std::int64_t> size() const override {
    ++file_->asked;
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

  std::uint64_t changes() const override {
    const auto found = files_.find(path_);
    return found == files_.end() ? 0 : found->second->changes;
  }

  std::unique_ptr<core::LogReader> next() const override {
    return files_.contains(path_) ? std::make_unique<MemoryReader>(files_, path_) : nullptr;
  }

 private:
  const Files& files_;
  std::string path_;
  std::shared_ptr<File> file_;
};

class FakeMachine final : public core::Machine {
 public:
  Files files;
  core::Now time;
  std::vector<std::string> lines;
  std::string log_file = "/a.log";

  void put(const std::string& path, const std::string& bytes) {
    const std::uint64_t changes = files.contains(path) ? files[path]->changes + 1 : 0;
    files[path] = std::make_shared<File>(File{.bytes = bytes, .changes = changes});
    ++changes_of_all_;
  }

  // To a log that is there.
  void write(const std::string& path, std::string_view bytes) {
    files[path]->bytes += bytes;
    ++files[path]->changes;
    ++changes_of_all_;
  }

  core::Now now() const override { return time; }

  int pid() const override { return 4711; }

  std::uint64_t table_generation() const override { return 0; }

  std::tm local_time(std::int64_t) const override { return {}; }

  std::optional<std::int64_t> user_number(const std::string&) const override { return 0; }

  schema::Result<Owner> find_owner(const schema::UserGroupValue&) const override { return Owner{}; }

  const std::string& log_path(core::ProcessId, core::Channel) const override { return log_file; }

  std::string activity_log_path() const override { return "/main.log"; }

  bool file_exists(const std::string& path) const override { return files.contains(path); }

  std::optional<std::int64_t> file_size(const std::string& path) const override {
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt
                                : std::optional<std::int64_t>(found->second->bytes.size());
  }

  std::optional<Usage> usage(int) const override { return Usage{1.5, 4096}; }

  std::string place(schema::Origin) const override { return "s.conf:7"; }

  std::unique_ptr<core::LogReader> open_log(const std::string& path) const override {
    if (!files.contains(path)) return nullptr;
    return std::make_unique<MemoryReader>(files, path);
  }

  std::uint64_t log_changes() const override { return changes_of_all_; }

  schema::Status clear_logs(core::ProcessId) override { return schema::Nothing{}; }

  schema::Status clear_activity_log() override { return schema::Nothing{}; }

  std::optional<core::CommandProblem> command_problem(core::ProcessId) const override {
    return std::nullopt;
  }

  bool takes_input(core::ProcessId) const override { return true; }

  std::size_t input_room(core::ProcessId) const override { return room; }

  std::size_t room = 1000;

  void carry_out(core::Effects& orders) override { orders.clear(); }

  bool logs(core::Level level) const override { return level >= core::Level::info; }

  void log(core::Level, const std::string& text) override { lines.push_back(text); }

  schema::Result<std::shared_ptr<const schema::Resolved>> read_configuration(
      const core::PlanSource&) override {
    return schema::Error{.message = "it is gone"};
  }

  schema::Status begin_upgrade() override { return schema::Nothing{}; }

  UpgradeProgress upgrade_progress() const override { return upgrade; }

  std::int64_t upgrades() const override { return 3; }

  UpgradeProgress upgrade;

 private:
  std::uint64_t changes_of_all_ = 0;
};

class FakeSite {
 protected:
  FakeSite() { restart(); }

  // Anew, with `autostart_` as it is.
  void restart() {
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
    process.options.autostart = autostart_;
    group.processes.push_back(process);
    plan->groups.push_back(group);
    supervisor_ = std::make_unique<core::Supervisor>(plan);
    core::Effects orders;
    supervisor_->handle({}, core::input::Boot{}, orders);
    interface_ = std::make_unique<rpc::Interface>(*supervisor_, machine_);
    interface_->configure(plan);
    events_ = std::make_unique<EventHub>(*supervisor_);
    site_ = std::make_unique<Site>(Site{*supervisor_, machine_, *interface_, *events_, "secret"});
  }

  Response get(const std::string& path, std::string_view query = "") {
    Request request;
    request.access = rpc::Access(rpc::Role::owner);
    request.method = "GET";
    request.path = path;
    request.query = query;
    Response response;
    http::answer(*site_, request, response);
    return response;
  }

  Response ask(std::string_view method, const std::string& path, const std::string& body = "") {
    Request request;
    request.access = rpc::Access(rpc::Role::owner);
    request.method = method;
    request.path = path;
    request.body = body;
    request.has_length = method == "POST";
    Response response;
    http::answer(*site_, request, response);
    return response;
  }

  static std::string next(LaterAnswer& later, core::Now now = {}) {
    std::string out;
    while (later.resume(now, out) == LaterAnswer::Progress::more) {
    }
    return out;
  }

  bool autostart_ = false;
  FakeMachine machine_;
  std::unique_ptr<core::Supervisor> supervisor_;
  std::unique_ptr<rpc::Interface> interface_;
  std::unique_ptr<EventHub> events_;
  std::unique_ptr<Site> site_;
};

}  // namespace sup::http
