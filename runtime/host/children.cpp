#include "runtime/host/children.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <utility>

#include "runtime/core/machine.h"

namespace sup::host {

namespace {

// As much as Supervisor reads at once.
constexpr std::size_t read_bytes = std::size_t{128} << 10U;

// Pipes have the first size, and the second for children that fill it.
constexpr std::size_t usual_pipe_bytes = std::size_t{64} << 10U;
constexpr std::size_t large_pipe_bytes = std::size_t{256} << 10U;

// A line for the system log that is not waited for any longer.
constexpr std::size_t longest_line = std::size_t{8} << 10U;

// How long the end of a child waits for a full pipe or terminal that its log goes to.
constexpr int log_patience_milliseconds = 200;

// For fchown.
constexpr auto kept_group = static_cast<gid_t>(-1);

// What an epoll event is about: id * sources + source. The outputs have the channel's number.
constexpr std::uint64_t input_source = 2;
constexpr std::uint64_t log_source = 3;
constexpr std::uint64_t exit_source = 4;
constexpr std::uint64_t sources = 8;
constexpr std::uint64_t other_event = ~std::uint64_t{0};
constexpr std::uint64_t syslog_event = other_event - 1;

// The clock of /proc/PID/stat.
core::Instant boot_time() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// How much is in a pipe.
std::size_t unread_bytes(int pipe) {
  int there = 0;
  return ::ioctl(pipe, FIONREAD, &there) == 0 && there > 0 ? static_cast<std::size_t>(there) : 0;
}

constexpr std::size_t index(core::Channel channel) { return static_cast<std::size_t>(channel); }

schema::Error dispatcher_error(const std::string& name, int error_number) {
  if (error_number == EMFILE) {
    return schema::Error{.message = "too many open files to spawn '" + name + "'",
                         .error_number = error_number};
  }
  return schema::Error{
      .message = "unknown error making dispatchers for '" + name + "': " + error_name(error_number),
      .error_number = error_number};
}

schema::Error fork_error(const std::string& name, int error_number) {
  if (error_number == EAGAIN) {
    return schema::Error{.message = "Too many processes in process table to spawn '" + name + "'",
                         .error_number = error_number};
  }
  return schema::Error{
      .message = "unknown error during fork for '" + name + "': " + error_name(error_number),
      .error_number = error_number};
}

std::array<LogLimits, 2> limits_of(const schema::ProcessOptions& options) {
  const bool is_guarded = !options.control.empty();
  return {
      LogLimits{.maximum_bytes = options.stdout_logfile_maxbytes,
                .backups = options.stdout_logfile_backups,
                .is_guarded = is_guarded},
      LogLimits{.maximum_bytes = options.stderr_logfile_maxbytes,
                .backups = options.stderr_logfile_backups,
                .is_guarded = is_guarded}
  };
}

std::array<bool, 2> syslog_of(const schema::ProcessOptions& options) {
  return {options.stdout_syslog || options.stdout_logfile.kind == schema::LogKind::syslog,
          options.stderr_syslog || options.stderr_logfile.kind == schema::LogKind::syslog};
}

}  // namespace

Children::Children(ChildEvents events, std::string system_log)
    : events_(std::move(events)),
      syslog_(events_.log, std::move(system_log)),
      base_environment_(own_environment()),
      buffer_(read_bytes) {}

schema::Status Children::prepare() {
  for (Descriptor* epoll : {&prompt_, &bulk_}) {
    if (!*epoll) {
      epoll->reset(::epoll_create1(EPOLL_CLOEXEC));
    }
    if (!*epoll) {
      return system_error("watch children", errno);
    }
  }
  return schema::Nothing{};
}

schema::Result<int> Children::start(const StartOrder& order) {
  if (children_.size() <= order.id) {
    children_.resize(order.id + 1);
  }
  // Before the logs: what cannot be started leaves no new files.
  const ChildEnvironment environment(base_environment_, *order.process, order.server_url);
  const schema::Result<Command> command =
      find_command(order.process->options.command.value_or(""), environment.search_path(),
                   order.process->options.directory.value_or(""));
  if (!command) {
    return command.error();
  }

  Child child;
  child.name = order.process->name;
  const schema::Status opened = open_logs(child, order);
  if (!opened) {
    return dispatcher_error(order.process->name, opened.error().error_number);
  }
  schema::Result<int> pid = execute(child, order, *command, environment);
  if (pid) {
    by_pid_[*pid] = order.id;
    forget(children_[order.id]);
    children_[order.id] = std::move(child);
  } else if (child.token != 0 && events_.finished) {
    events_.finished(child.token);
  }
  return pid;
}

schema::Status Children::open_logs(Child& child, const StartOrder& order) {
  const std::array<LogLimits, 2> limits = limits_of(order.process->options);
  const std::array<bool, 2> to_syslog = syslog_of(order.process->options);
  for (std::size_t i = 0; i < child.outputs.size(); ++i) {
    Output& output = child.outputs[i];
    output.told = order.told[i];
    output.to_syslog = to_syslog[i];
    if (order.log_files[i].empty()) {
      continue;
    }
    output.file.emplace(order.log_files[i], limits[i], events_.log);
    const schema::Status opened = output.file->open();
    if (!opened) {
      // Supervisor's words for clients name no file.
      events_.log(core::Level::error, opened.error().message);
      return opened.error();
    }
  }
  return schema::Nothing{};
}

schema::Result<int> Children::execute(Child& child, const StartOrder& order, const Command& command,
                                      const ChildEnvironment& environment) {
  const schema::Process& process = *order.process;
  const schema::ProcessOptions& options = process.options;
  // The system would take what stands before a NUL for the whole.
  const auto has_nul = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  const bool in_environment =
      std::any_of(options.environment.begin(), options.environment.end(),
                  [&](const auto& pair) { return has_nul(pair.first) || has_nul(pair.second); });
  if (has_nul(options.command.value_or("")) || has_nul(options.directory.value_or("")) ||
      in_environment) {
    return schema::Error{.message = "a NUL character in command, directory or environment"};
  }

  ChildSetup setup;
  setup.file = command.file.c_str();
  for (const std::string& argument : command.arguments) {
    setup.arguments.push_back(argument.c_str());
  }
  setup.environment = environment.entries();
  setup.directory = options.directory ? options.directory->c_str() : nullptr;
  if (options.umask) {
    setup.umask = static_cast<mode_t>(*options.umask);
  }
  if (options.user) {
    schema::Result<UserChange> change = find_user(*options.user);
    if (!change) {
      setup.refusal = "couldn't setuid to " + *options.user + ": " + change.error().message;
    } else if (!change->refusal.empty()) {
      setup.refusal = "couldn't setuid to " + std::to_string(change->user) + ": " + change->refusal;
    } else {
      setup.credentials = std::move(change->credentials);
    }
  }

  // The child's ends; ours are in `child`.
  Descriptor input_end;
  std::array<Descriptor, 2> output_ends;
  if (order.socket < 0) {
    schema::Result<Pipe> pipe = make_pipe();
    if (!pipe) {
      return dispatcher_error(process.name, pipe.error().error_number);
    }
    child.input = std::move(pipe->write_end);
    input_end = std::move(pipe->read_end);
  }
  const bool joined = options.redirect_stderr && !order.is_listener;
  for (std::size_t i = 0; i < (joined ? 1U : 2U); ++i) {
    schema::Result<Pipe> pipe = make_pipe();
    if (!pipe) {
      return dispatcher_error(process.name, pipe.error().error_number);
    }
    output_ends[i] = std::move(pipe->write_end);
    child.outputs[i].pipe = std::move(pipe->read_end);
    child.outputs[i].pipe_bytes = usual_pipe_bytes;
    ::fcntl(child.outputs[i].pipe.get(), F_SETFL, O_NONBLOCK);  // a new pipe has no other flag
    if (!watch_output(order.id, child.outputs[i], i)) {
      return dispatcher_error(process.name, errno);  // nobody would ever read it
    }
  }
  if (setup.credentials) {
    // A pipe belongs to who made it, and another user cannot open it by the name /dev/stdout, as
    // nginx and its like do for their logs.
    for (const Descriptor* end : {&input_end, output_ends.data(), output_ends.data() + 1}) {
      if (*end) {
        static_cast<void>(::fchown(end->get(), setup.credentials->user, kept_group) < 0);
      }
    }
  }
  setup.standard_input = order.socket < 0 ? input_end.get() : order.socket;
  setup.standard_output = output_ends[0].get();
  setup.standard_error = output_ends[joined ? 0 : 1].get();

  child.token = ++last_token_;
  child.given = {static_cast<bool>(child.input), static_cast<bool>(child.outputs[0].pipe),
                 static_cast<bool>(child.outputs[1].pipe)};
  child.before = boot_time();
  if (events_.starting) {
    SavedChild starting;
    starting.token = child.token;
    starting.before = child.before;
    starting.given = child.given;
    events_.starting(order.id, starting,
                     {child.input.get(), child.outputs[0].pipe.get(), child.outputs[1].pipe.get()});
  }
  const schema::Result<SpawnedChild> spawned = spawner_.spawn(setup);
  child.after = boot_time();
  if (!spawned) {
    return fork_error(process.name, spawned.error().error_number);
  }
  if (spawned->failure) {
    // The child is gone; its words are said for it. The pipe is empty and takes this at once.
    const std::string words = describe_failure(*spawned->failure, setup).substr(0, 4000);
    static_cast<void>(::write(setup.standard_error, words.data(), words.size()) < 0);
  }
  child.pid = spawned->pid;
  return spawned->pid;
}

void Children::change(const StartOrder& order) {
  if (order.id >= children_.size() || children_[order.id].pid == 0) {
    return;
  }
  const std::array<LogLimits, 2> limits = limits_of(order.process->options);
  const std::array<bool, 2> to_syslog = syslog_of(order.process->options);
  for (std::size_t i = 0; i < limits.size(); ++i) {
    Output& output = children_[order.id].outputs[i];
    if (!output.pipe && output.pipe_bytes == 0) {
      continue;  // it has no such channel
    }
    if (output.to_syslog && !to_syslog[i] && !output.line.empty()) {
      send_to_syslog(children_[order.id].name, std::exchange(output.line, {}));
    }
    output.to_syslog = to_syslog[i];
    change_log(output, order.log_files[i], limits[i]);
    change_reader(order.id, i, order.told[i]);
  }
}

void Children::change_log(Output& output, const std::string& file, LogLimits limits) {
  if (output.file && output.file->path() == file) {
    output.file->set_limits(limits);
    return;
  }
  core::Rare<LogFile> opened;
  if (!file.empty()) {
    opened.emplace(file, limits, events_.log);
    const schema::Status status = opened->open();
    if (!status) {
      // The old log stays in use; better there than nowhere.
      events_.log(core::Level::error, status.error().message);
      return;
    }
  }
  if (output.file) {
    output.file->flush(log_patience_milliseconds);
  }
  output.file = std::move(opened);
}

// What is in the pipe is read by the new reader.
void Children::change_reader(core::ProcessId id, std::size_t output, bool told) {
  Output& changed = children_[id].outputs[output];
  if (changed.told == told || !changed.pipe) {
    return;
  }
  const int before = changed.watched_by;
  changed.told = told;
  if (!watch_output(id, changed, output)) {
    events_.log(core::Level::error, "cannot read the output of '" + children_[id].name +
                                        "' promptly: " + error_text(errno));
  } else {
    ::epoll_ctl(before, EPOLL_CTL_DEL, changed.pipe.get(), nullptr);
  }
}

int Children::kill(core::ProcessId id, int pid, int signal, bool whole_group) const {
  // A pid that was reaped may be somebody else's by now.
  const auto found = by_pid_.find(pid);
  if (found == by_pid_.end() || found->second != id) {
    return ESRCH;
  }
  const Descriptor& pidfd = children_[id].pidfd;
  if (pidfd && !whole_group) {
    return ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0 ? 0 : errno;
  }
  return ::kill(whole_group ? -pid : pid, signal) == 0 ? 0 : errno;
}

bool Children::watch(int epoll, int descriptor, std::uint32_t events, core::ProcessId id,
                     std::uint64_t source) {
  return watch(epoll, descriptor, events, std::uint64_t{id} * sources + source);
}

bool Children::watch(int epoll, int descriptor, std::uint32_t events, std::uint64_t data) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = data;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 ||
         (errno == EEXIST && ::epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) == 0);
}

// One that is watched stays so where it cannot be watched otherwise.
bool Children::watch_output(core::ProcessId id, Output& output, std::uint64_t source) const {
  const int epoll = output.told ? prompt_.get() : bulk_.get();
  const bool watched = watch(epoll, output.pipe.get(), EPOLLIN, id, source);
  output.watched_by = watched ? epoll : output.watched_by;
  return watched;
}

// What was not possible before, or was never tried. False, with errno, if something is still not.
bool Children::watch_child(core::ProcessId id) {
  Child& child = children_[id];
  int error_number = 0;
  for (std::size_t i = 0; i < child.outputs.size(); ++i) {
    Output& output = child.outputs[i];
    if (output.pipe && output.watched_by < 0 && !watch_output(id, output, i)) {
      error_number = errno;
    }
  }
  if (child.pidfd && !child.exit_is_watched) {
    child.exit_is_watched = watch(prompt_.get(), child.pidfd.get(), EPOLLIN, id, exit_source);
    error_number = child.exit_is_watched ? error_number : errno;
  }
  lacks_watching_ = lacks_watching_ || error_number != 0;
  errno = error_number;
  return error_number == 0;
}

bool Children::watch_again() {
  lacks_watching_ = false;
  for (core::ProcessId id = 0; id < children_.size(); ++id) {
    watch_child(id);
    if (!children_[id].unsent.empty() && !children_[id].input_is_watched) {
      send_input(id);
    }
  }
  return !lacks_watching_;
}

bool Children::watch_other(int descriptor, bool writable) {
  return watch(
      prompt_.get(), descriptor,
      static_cast<std::uint32_t>(EPOLLIN) | (writable ? static_cast<std::uint32_t>(EPOLLOUT) : 0U),
      other_event);
}

std::size_t Children::serve(int epoll) {
  std::array<epoll_event, 1024> events;
  const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 0);
  std::size_t fullest = 0;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t data = events[static_cast<std::size_t>(i)].data.u64;
    if (data == other_event && events_.other) {
      events_.other();
      continue;
    }
    if (data == syslog_event) {
      syslog_.flush();
      watch_syslog();
      continue;
    }
    const auto id = static_cast<core::ProcessId>(data / sources);
    // What was done for an earlier event may have closed this one's pipe or even replaced it;
    // reading does not wait, so that does no harm.
    if (id >= children_.size()) {
      continue;
    }
    const std::uint64_t source = data % sources;
    if (source == input_source) {
      send_input(id);
    } else if (source == log_source) {
      send_logs(id);
    } else if (source == exit_source) {
      if (children_[id].pidfd && events_.adopted_ended) {
        events_.adopted_ended(children_[id].pid);
      }
    } else {
      fullest = std::max(fullest, read_round(id, static_cast<core::Channel>(source)));
    }
  }
  return fullest;
}

// Empties a pipe, or nearly: one that is filled as fast as it is read has to let the others go
// first. Gives how full it was, in eighths.
std::size_t Children::read_round(core::ProcessId id, core::Channel channel) {
  std::size_t total = 0;
  std::size_t got = 0;
  do {
    got = read_output(id, channel);
    total += got;
  } while (got == read_bytes && total < 2 * large_pipe_bytes);
  if (total == 0 || id >= children_.size()) {
    return 0;
  }
  Output& output = children_[id].outputs[index(channel)];
  if (output.pipe_bytes == 0) {
    return 0;  // it is another child's by now
  }
  const std::size_t eighths = total * 8 / output.pipe_bytes;
  if (eighths >= 7 && output.pipe_bytes < large_pipe_bytes) {
    // A child that writes much gets room for more, so that it waits less often for us. The kernel
    // may refuse.
    const int size = ::fcntl(output.pipe.get(), F_SETPIPE_SZ, static_cast<int>(large_pipe_bytes));
    output.pipe_bytes = size > 0 ? static_cast<std::size_t>(size) : output.pipe_bytes;
  }
  return eighths;
}

std::size_t Children::read_output(core::ProcessId id, core::Channel channel) {
  Output& output = children_[id].outputs[index(channel)];
  if (!output.pipe) {
    return 0;
  }
  if (memory_ != nullptr) {
    return read_announced(id, channel);
  }
  const ssize_t got = ::read(output.pipe.get(), buffer_.data(), buffer_.size());
  if (got <= 0) {
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      close_output(output);
    }
    return 0;
  }
  const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
  take_output(id, channel, bytes);
  return bytes.size();
}

// Closing is not enough: the keeper has a duplicate, so that the end of a pipe would be told for
// ever.
void Children::close_output(Output& output) {
  if (output.pipe && output.watched_by >= 0) {
    ::epoll_ctl(std::exchange(output.watched_by, -1), EPOLL_CTL_DEL, output.pipe.get(), nullptr);
  }
  output.pipe.reset();
}

// Likewise.
void Children::close_input(Child& child) {
  if (std::exchange(child.input_is_watched, false)) {
    ::epoll_ctl(prompt_.get(), EPOLL_CTL_DEL, child.input.get(), nullptr);
  }
  child.input.reset();
}

void Children::take_output(core::ProcessId id, core::Channel channel, std::string_view bytes) {
  if (children_[id].outputs[index(channel)].told) {
    events_.output(id, channel, bytes);
  } else {
    append(id, channel, bytes);
  }
}

// The same so that a daemon that comes after us knows what we had read, whenever we are killed: it
// is said before how much it will be. Nobody else reads, so that at least this is there.
std::size_t Children::read_announced(core::ProcessId id, core::Channel channel) {
  Output& output = children_[id].outputs[index(channel)];
  const std::size_t there = unread_bytes(output.pipe.get());
  if (there == 0) {
    pollfd state{.fd = output.pipe.get(), .events = POLLIN, .revents = 0};
    const bool ended = ::poll(&state, 1, 0) == 1 && (state.revents & POLLIN) == 0;
    if (ended) {
      close_output(output);
    }
    return 0;  // or something came meanwhile, which is told again
  }
  const std::size_t size = std::min(there, StateMemory::buffer_bytes);
  memory_->begin_read({.token = children_[id].token,
                       .channel = static_cast<std::uint32_t>(channel),
                       .log_file = output.file ? output.file->file() : 0,
                       .size = size,
                       .log_size = output.file ? output.file->size() : 0});
  const ssize_t got = ::read(output.pipe.get(), memory_->buffer(), size);
  if (got > 0) {
    take_output(id, channel, std::string_view(memory_->buffer(), static_cast<std::size_t>(got)));
  }
  memory_->end_read();
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

void Children::append(core::ProcessId id, core::Channel channel, std::string_view bytes) {
  Output& output = children_[id].outputs[index(channel)];
  if (output.file) {
    output.file->write(bytes);
    watch_log(id, *output.file);
  }
  if (output.to_syslog) {
    output.line += bytes;
    const std::size_t end =
        output.line.size() < longest_line ? output.line.rfind('\n') + 1 : output.line.size();
    if (end > 0) {
      send_to_syslog(children_[id].name, std::string_view(output.line).substr(0, end));
      output.line.erase(0, end);
    }
  }
}

// What a full pipe or terminal did not take is written when it can be.
void Children::watch_log(core::ProcessId id, const LogFile& log) {
  if (log.waits()) {
    watch(prompt_.get(), log.descriptor(),
          static_cast<std::uint32_t>(EPOLLOUT) | static_cast<std::uint32_t>(EPOLLONESHOT), id,
          log_source);
  }
}

void Children::send_to_syslog(const std::string& name, std::string_view bytes) {
  send_lines(syslog_, name, bytes);
  watch_syslog();
}

// What the system log did not take is sent when it can be; where that cannot be watched, with the
// next message.
void Children::watch_syslog() {
  if (syslog_.waits()) {
    watch(prompt_.get(), syslog_.descriptor(),
          static_cast<std::uint32_t>(EPOLLOUT) | static_cast<std::uint32_t>(EPOLLONESHOT),
          syslog_event);
  }
}

void Children::send_logs(core::ProcessId id) {
  for (Output& output : children_[id].outputs) {
    if (output.file && output.file->waits()) {
      output.file->flush();
      watch_log(id, *output.file);
    }
  }
}

void Children::finish_logs(Child& child) {
  for (Output& output : child.outputs) {
    if (!output.line.empty()) {
      send_to_syslog(child.name, std::exchange(output.line, {}));
    }
    if (output.file) {
      output.file->flush(log_patience_milliseconds);
    }
  }
}

void Children::append_log(core::ProcessId id, core::Channel channel, std::string_view bytes) {
  if (id < children_.size() && !children_[id].name.empty()) {
    append(id, channel, bytes);
  }
}

void Children::reopen_logs() {
  for (core::ProcessId id = 0; id < children_.size(); ++id) {
    for (Output& output : children_[id].outputs) {
      if (output.file) {
        static_cast<void>(output.file->reopen());
        watch_log(id, *output.file);
      }
    }
  }
}

schema::Status Children::clear_logs(core::ProcessId id) {
  schema::Status cleared = schema::Nothing{};
  if (id < children_.size()) {
    for (Output& output : children_[id].outputs) {
      if (output.file) {
        const schema::Status done = output.file->clear();
        cleared = done ? cleared : done;
        watch_log(id, *output.file);
      }
    }
  }
  return cleared;
}

bool Children::is_open_log(const struct stat& file) const {
  return std::ranges::any_of(children_, [&](const Child& child) {
    return std::ranges::any_of(child.outputs, [&](const Output& output) {
      return output.file && output.file->is_same(file);
    });
  });
}

bool Children::takes_input(core::ProcessId id) const {
  return id < children_.size() && children_[id].input;
}

std::size_t Children::input_room(core::ProcessId id) const {
  return takes_input(id)
             ? core::most_input - std::min(children_[id].unsent.size(), core::most_input)
             : 0;
}

void Children::write_input(core::ProcessId id, std::string_view bytes) {
  if (id >= children_.size() || !children_[id].input || bytes.empty()) {
    return;
  }
  Child& child = children_[id];
  if (bytes.size() > input_room(id)) {
    if (!std::exchange(child.input_overflowed, true)) {
      events_.log(core::Level::warn, "'" + child.name + "' does not read its standard input; " +
                                         std::to_string(child.unsent.size()) +
                                         " bytes wait for it and what comes now is dropped");
    }
    return;
  }
  child.unsent += bytes;
  if (!child.input_is_watched) {
    send_input(id);
  }
}

void Children::send_input(core::ProcessId id) {
  Child& child = children_[id];
  if (!child.input) {
    return;
  }
  if (!std::exchange(child.input_is_non_blocking, true)) {
    set_non_blocking(child.input.get());
  }
  std::size_t sent = 0;
  while (sent < child.unsent.size()) {
    const ssize_t written =
        ::write(child.input.get(), child.unsent.data() + sent, child.unsent.size() - sent);
    if (written >= 0) {
      sent += static_cast<std::size_t>(written);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      break_input(id);
      return;
    }
  }
  child.unsent.erase(0, sent);
  const bool complete = child.unsent.empty();
  child.input_overflowed = child.input_overflowed && !complete;
  if (complete && child.input_is_watched) {
    ::epoll_ctl(prompt_.get(), EPOLL_CTL_DEL, child.input.get(), nullptr);
  }
  child.input_is_watched =
      !complete && (child.input_is_watched ||
                    watch(prompt_.get(), child.input.get(), EPOLLOUT, id, input_source));
  lacks_watching_ = lacks_watching_ || (!complete && !child.input_is_watched);
}

void Children::break_input(core::ProcessId id) {
  Child& child = children_[id];
  close_input(child);
  child.unsent.clear();
  events_.stdin_broken(id);
}

std::optional<core::ProcessId> Children::ended(int pid) {
  const auto found = by_pid_.find(pid);
  if (found == by_pid_.end()) {
    return std::nullopt;
  }
  const core::ProcessId id = found->second;
  by_pid_.erase(found);
  children_[id].pid = 0;
  drain(id, core::Channel::standard_output);
  drain(id, core::Channel::standard_error);
  return id;
}

void Children::drain(core::ProcessId id, core::Channel channel) {
  if (id >= children_.size()) {
    return;
  }
  // No more than is there now: a grandchild may write for ever.
  const Descriptor& pipe = children_[id].outputs[index(channel)].pipe;
  std::size_t left = pipe ? unread_bytes(pipe.get()) : 0;
  while (left > 0 && id < children_.size()) {
    const std::size_t got = read_output(id, channel);
    if (got == 0) {
      return;
    }
    left -= std::min(left, got);
  }
}

void Children::release(core::ProcessId id) {
  if (id < children_.size() && children_[id].pid == 0) {
    forget(children_[id]);
  }
}

void Children::clear() {
  std::for_each(children_.begin(), children_.end(), [this](Child& child) { forget(child); });
  children_.clear();
  by_pid_.clear();
}

void Children::forget(Child& child) {
  finish_logs(child);
  if (child.token != 0 && events_.finished) {
    events_.finished(child.token);
  }
  std::for_each(child.outputs.begin(), child.outputs.end(),
                [this](Output& output) { close_output(output); });
  close_input(child);
  child = Child{};
}

}  // namespace sup::host
