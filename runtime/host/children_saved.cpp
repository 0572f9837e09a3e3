// Children that go on under another daemon, or another image of this one.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "runtime/host/children.h"

namespace sup::host {

SavedChild Children::save(core::ProcessId id) const {
  SavedChild saved;
  if (id >= children_.size() || children_[id].token == 0) {
    return saved;
  }
  const Child& child = children_[id];
  saved.token = child.token;
  saved.pid = child.pid;
  saved.before = child.before;
  saved.after = child.after;
  saved.given = child.given;
  saved.lines = {child.outputs[0].line, child.outputs[1].line};
  saved.unsent = child.unsent;
  saved.overflowed = child.input_overflowed;
  saved.adopted = static_cast<bool>(child.pidfd);
  return saved;
}

std::array<int, 4> Children::descriptors(core::ProcessId id) const {
  if (id >= children_.size()) {
    return {-1, -1, -1, -1};
  }
  const Child& child = children_[id];
  return {child.input.get(), child.outputs[0].pipe.get(), child.outputs[1].pipe.get(),
          child.pidfd.get()};
}

bool Children::adopt(const StartOrder& order, const SavedChild& saved,
                     ChildDescriptors descriptors) {
  if (children_.size() <= order.id) {
    children_.resize(order.id + 1);
  }
  forget(children_[order.id]);  // one that has ended
  last_token_ = std::max(last_token_, saved.token);
  Child child;
  child.name = order.process->name;
  child.pid = saved.pid;
  child.token = saved.token;
  child.before = saved.before;
  child.after = saved.after;
  child.given = saved.given;
  const schema::Status opened = open_logs(child, order);
  if (!opened) {
    events_.log(core::Level::error, opened.error().message);
  }
  child.input = std::move(descriptors[0]);
  child.unsent = saved.unsent;
  child.input_overflowed = saved.overflowed;
  child.pidfd = std::move(descriptors[3]);
  for (std::size_t i = 0; i < child.outputs.size(); ++i) {
    Output& output = child.outputs[i];
    output.line = saved.lines[i];
    output.pipe = std::move(descriptors[i + 1]);
    if (!output.pipe) {
      continue;
    }
    const int size = ::fcntl(output.pipe.get(), F_GETPIPE_SZ);
    output.pipe_bytes = static_cast<std::size_t>(std::max(size, 1));
    set_non_blocking(output.pipe.get());
  }
  by_pid_[saved.pid] = order.id;
  children_[order.id] = std::move(child);
  const bool watched = watch_child(order.id);
  const int error_number = errno;
  if (!children_[order.id].unsent.empty()) {
    send_input(order.id);
  }
  errno = error_number;
  return watched;
}

bool Children::repeat(const StateMemory::Reading& reading, std::string_view bytes) {
  const auto found = std::find_if(children_.begin(), children_.end(), [&](const Child& child) {
    return child.token != 0 && child.token == reading.token;
  });
  if (found == children_.end() || reading.channel >= found->outputs.size()) {
    return false;
  }
  const auto id = static_cast<core::ProcessId>(found - children_.begin());
  const std::string copy(bytes);  // they stand where new output will
  const auto repeats = [&] {
    core::Rare<LogFile>& file = children_[id].outputs[reading.channel].file;
    return file ? &*file : nullptr;
  };
  if (LogFile* file = repeats()) {
    file->begin_repeat(reading.log_size, reading.log_file);
  }
  take_output(id, static_cast<core::Channel>(reading.channel), copy);
  if (LogFile* file = repeats()) {
    file->end_repeat();
  }
  return true;
}

bool Children::has_unread_input(core::ProcessId id) const {
  int unread = 0;
  return id < children_.size() && children_[id].input &&
         (!children_[id].unsent.empty() ||
          (::ioctl(children_[id].input.get(), FIONREAD, &unread) == 0 && unread > 0));
}

void Children::flush_logs() {
  constexpr int patience_milliseconds = 200;
  for (Child& child : children_) {
    for (Output& output : child.outputs) {
      if (output.file) {
        output.file->flush(patience_milliseconds);
      }
    }
  }
  syslog_.flush(patience_milliseconds);
}

std::size_t Children::adopted() const {
  return static_cast<std::size_t>(
      std::count_if(children_.begin(), children_.end(),
                    [](const Child& child) { return child.pidfd && child.pid != 0; }));
}

}  // namespace sup::host
