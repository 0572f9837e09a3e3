#include "runtime/host/daemon_machine.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "runtime/host/command.h"
#include "runtime/host/credentials.h"
#include "runtime/host/environment.h"
#include "runtime/host/guarded_open.h"
#include "runtime/host/log_watch.h"
#include "runtime/host/process_usage.h"
#include "runtime/host/system.h"

namespace sup::host {

namespace {

// What is no file must not keep us waiting, nor become our terminal.
constexpr int how_to_read = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

}  // namespace

class DaemonMachine::FileReader final : public core::LogReader {
 public:
  FileReader(const DaemonMachine& machine, std::string path, bool is_guarded, Descriptor file)
      : machine_(machine),
        path_(std::move(path)),
        is_guarded_(is_guarded),
        file_(std::move(file)) {}

  std::optional<std::int64_t> size() const override {
    struct stat status {};

    return ::fstat(file_.get(), &status) == 0 ? std::optional<std::int64_t>(status.st_size)
                                              : std::nullopt;
  }

  std::optional<std::string> read(std::int64_t offset, std::size_t length) const override {
    std::string bytes(length, '\0');
    std::size_t got = 0;
    while (got < length) {
      const ssize_t count = ::pread(file_.get(), bytes.data() + got, length - got,
                                    offset + static_cast<std::int64_t>(got));
      if (count < 0 && errno == EINTR) {
        continue;
      }
      if (count < 0) {
        return std::nullopt;
      }
      if (count == 0) {
        break;
      }
      got += static_cast<std::size_t>(count);
    }
    bytes.resize(got);
    return bytes;
  }

  std::int64_t modified() const override {
    struct stat status {};

    return ::fstat(file_.get(), &status) == 0 ? status.st_mtime : 0;
  }

  bool is_current() const override {
    struct stat ours {};

    struct stat named {};

    return ::stat(path_.c_str(), &named) != 0 || ::fstat(file_.get(), &ours) != 0 ||
           (ours.st_ino == named.st_ino && ours.st_dev == named.st_dev);
  }

  // Asked for by those who follow it; most read it once.
  std::uint64_t changes() const override {
    if (!watch_) {
      watch_.emplace(path_);
    }
    return watch_->changes();
  }

  // Whoever began to read a log of a program with control= may have put another file there after
  // the program lost it.
  std::unique_ptr<core::LogReader> next() const override {
    return machine_.open_log(path_, is_guarded_);
  }

 private:
  const DaemonMachine& machine_;
  std::string path_;
  bool is_guarded_;
  Descriptor file_;
  mutable std::optional<LogWatch> watch_;
};

DaemonMachine::DaemonMachine(Parts parts)
    : parts_(std::move(parts)), environment_(own_environment()) {}

core::Now DaemonMachine::now() const { return host::now(); }

std::uint64_t DaemonMachine::log_changes() const { return all_log_changes(); }

int DaemonMachine::pid() const { return ::getpid(); }

std::tm DaemonMachine::local_time(std::int64_t seconds) const {
  std::tm local{};
  const std::time_t time = seconds;
  ::localtime_r(&time, &local);
  return local;
}

std::optional<std::int64_t> DaemonMachine::user_number(const std::string& user) const {
  const schema::Result<FileOwner> found = host::find_owner({.user = user, .group = {}});
  return found ? std::optional<std::int64_t>(found->user) : std::nullopt;
}

schema::Result<core::Machine::Owner> DaemonMachine::find_owner(
    const schema::UserGroupValue& owner) const {
  const schema::Result<FileOwner> found = host::find_owner(owner);
  if (!found) {
    return found.error();
  }
  return Owner{.user = found->user, .group = found->group};
}

const std::string& DaemonMachine::log_path(core::ProcessId process, core::Channel channel) const {
  return parts_.log_path(process, channel);
}

std::string DaemonMachine::activity_log_path() const {
  const std::string& file = parts_.log.settings().file;
  return file == "syslog" ? std::string() : file;
}

bool DaemonMachine::file_exists(const std::string& path) const {
  return ::access(path.c_str(), F_OK) == 0;
}

std::optional<std::int64_t> DaemonMachine::file_size(const std::string& path) const {
  struct stat status {};

  return ::stat(path.c_str(), &status) == 0 ? std::optional<std::int64_t>(status.st_size)
                                            : std::nullopt;
}

std::optional<core::Machine::Usage> DaemonMachine::usage(int pid) const {
  return process_usage(pid);
}

std::string DaemonMachine::place(schema::Origin origin) const {
  const std::vector<std::string>& files = parts_.plan_files();
  return origin.line != 0 && origin.file < files.size()
             ? files[origin.file] + ":" + std::to_string(origin.line)
             : std::string();
}

// Whether it is a log of a program with control=, whoever asks for it.
bool DaemonMachine::is_guarded(const std::string& path) const {
  return std::ranges::any_of(parts_.supervisor.processes(), [&](core::ProcessId process) {
    return !parts_.supervisor.spec(process).options.control.empty() &&
           (path == log_path(process, core::Channel::standard_output) ||
            path == log_path(process, core::Channel::standard_error));
  });
}

std::unique_ptr<core::LogReader> DaemonMachine::open_log(const std::string& path) const {
  return open_log(path, is_guarded(path));
}

std::unique_ptr<core::LogReader> DaemonMachine::open_log(const std::string& path,
                                                         bool is_guarded) const {
  parts_.log.flush();  // it may be this one
  bool is_of_others = false;
  Descriptor file = is_guarded ? guarded_open(path, how_to_read, 0, &is_of_others)
                               : Descriptor(::open(path.c_str(), how_to_read));

  struct stat status {};

  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return nullptr;
  }
  // A file of ours that not everybody may read, in a folder whose owner may have moved it there:
  // it is no log unless we write to it.
  const bool is_private = is_ours(status) && (status.st_mode & S_IROTH) == 0;
  if (is_of_others && is_private && !parts_.children.is_open_log(status)) {
    return nullptr;
  }
  return std::make_unique<FileReader>(*this, path, is_guarded, std::move(file));
}

schema::Status DaemonMachine::clear_logs(core::ProcessId process) {
  return parts_.children.clear_logs(process);
}

schema::Status DaemonMachine::clear_activity_log() { return parts_.log.clear(); }

std::optional<core::CommandProblem> DaemonMachine::command_problem(core::ProcessId process) const {
  const schema::Process& spec = parts_.supervisor.spec(process);
  const ChildEnvironment environment(environment_, spec, {});
  const schema::Result<Command> command =
      find_command(spec.options.command.value_or(""), environment.search_path(),
                   spec.options.directory.value_or(""));
  if (command) {
    return std::nullopt;
  }
  return core::CommandProblem{.not_found = command.error().error_number == ENOENT,
                              .text = command.error().message};
}

bool DaemonMachine::takes_input(core::ProcessId process) const {
  return parts_.children.takes_input(process);
}

std::size_t DaemonMachine::input_room(core::ProcessId process) const {
  return parts_.children.input_room(process);
}

void DaemonMachine::carry_out(core::Effects& orders) { parts_.carry_out(orders); }

bool DaemonMachine::logs(core::Level level) const { return level >= parts_.log.settings().level; }

void DaemonMachine::log(core::Level level, const std::string& text) {
  parts_.log.line(level, text);
  parts_.log.flush();  // a request that changes nothing is no turn of the daemon
}

schema::Result<std::shared_ptr<const schema::Resolved>> DaemonMachine::read_configuration(
    const core::PlanSource& source) {
  return parts_.read_configuration(source);
}

}  // namespace sup::host
