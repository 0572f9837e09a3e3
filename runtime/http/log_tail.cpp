#include "runtime/http/log_tail.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/http/chunks.h"
#include "runtime/http/problem.h"
#include "runtime/rpc/methods.h"
#include "runtime/rpc/names.h"

namespace sup::http {

namespace {

// How often a log is looked at though we did nothing to it: others may have, and we under another
// name. All tails do it at the same times, so that it is one round for all.
constexpr core::Instant others_time = std::chrono::seconds(1);

// The log of a process, as it was found when somebody asked for it.
struct ProcessLog {
  rpc::Awaited process;
  core::Channel channel;
};

class LogTail final : public LaterAnswer {
 public:
  LogTail(const Site& site, std::string path, std::optional<ProcessLog> of,
          std::unique_ptr<core::LogReader> log, std::string_view headers, const Request& request)
      : supervisor_(site.supervisor),
        machine_(site.machine),
        path_(std::move(path)),
        of_(of),
        access_(request.access),
        log_(std::move(log)),
        headers_(headers),
        version_(request.version) {
    constexpr std::int64_t head = 1024;
    position_ = std::max<std::int64_t>(log_->size().value_or(0) - head, 0);
  }

  bool is_stream() const override { return true; }

  core::Instant wake() const override { return next_look_; }

  bool end(std::string& out) override {
    if (begun_) {
      out += end_of_stream(version_);
    }
    return true;
  }

  Progress resume(core::Now now, std::string& out) override {
    if (!std::exchange(begun_, true)) {
      append_head(out, version_, 200, now.wall);
      out.append("Last-Modified: ").append(http_date(log_->modified())).append("\r\n");
      out += headers_;
      out += stream_end_of_head(version_);
    }
    if (of_ && !is_still_theirs()) {
      return Progress::close;
    }
    const std::uint64_t changes = log_->changes();
    if (changes == seen_changes_ && now.steady < next_look_) {
      return Progress::waiting;
    }
    const Progress found = look(out);
    if (found == Progress::waiting) {
      seen_changes_ = changes;
      next_look_ = now.steady - now.steady % others_time + others_time;
    }
    return found;
  }

 private:
  // Asks the files.
  Progress look(std::string& out) {
    std::optional<std::int64_t> size = log_->size();
    if (size && *size == position_ && !log_->is_current()) {
      std::unique_ptr<core::LogReader> next = log_->next();
      if (!next) {
        return Progress::waiting;
      }
      log_ = std::move(next);
      position_ = 0;
      size = log_->size();
    }
    if (!size) {
      return Progress::close;
    }
    if (*size < position_) {
      position_ = 0;
      append(out, "==> File truncated <==\n");
      return Progress::more;
    }
    constexpr std::int64_t piece = std::int64_t{64} << 10;
    const std::int64_t there = std::min(*size - position_, piece);
    if (there == 0) {
      return Progress::waiting;
    }
    const std::optional<std::string> bytes = log_->read(position_, static_cast<std::size_t>(there));
    if (!bytes) {
      return Progress::close;
    }
    position_ += static_cast<std::int64_t>(bytes->size());
    append(out, *bytes);
    return bytes->empty() ? Progress::waiting : Progress::more;
  }

  // A configuration that was read meanwhile may have taken away the process, the right to read, or
  // have named another log.
  bool is_still_theirs() const {
    return of_->process.exists(supervisor_) &&
           machine_.log_path(of_->process.id, of_->channel) == path_ &&
           access_.may(rpc::Role::read, supervisor_.spec(of_->process.id));
  }

  void append(std::string& out, std::string_view bytes) const {
    append_chunk(out, bytes, version_);
  }

  const core::Supervisor& supervisor_;
  core::Machine& machine_;
  std::string path_;
  std::optional<ProcessLog> of_;  // nothing: it is the activity log
  rpc::Access access_;
  std::unique_ptr<core::LogReader> log_;
  std::string_view headers_;  // of a constant
  int version_;
  bool begun_ = false;
  std::int64_t position_ = 0;
  std::optional<std::uint64_t> seen_changes_;  // when there was nothing to send
  core::Instant next_look_{};                  // though we change nothing
};

void answer_with(Site& site, const std::string& path, std::optional<ProcessLog> of,
                 std::string_view headers, Request& request, Response& response) {
  std::unique_ptr<core::LogReader> log = path.empty() ? nullptr : site.machine.open_log(path);
  if (!log) {
    refuse(response, 404);
    return;
  }
  response.later = std::make_unique<LogTail>(site, path, of, std::move(log), headers, request);
}

// Of "NAME/CHANNEL".
struct Named {
  std::string log;  // its path; empty: there is none
  std::optional<ProcessLog> of = {};
  std::optional<rpc::Fault> denied = {};
};

Named find_log(const Site& site, const rpc::Access& access, std::string_view rest) {
  const std::size_t slash = rest.find('/');
  const std::string_view channel =
      slash == std::string_view::npos ? "stdout" : rest.substr(slash + 1);
  const rpc::ProcessName name = rpc::split_name(rest.substr(0, slash));
  if (!name.process || (channel != "stdout" && channel != "stderr")) {
    return {};
  }
  const std::optional<core::ProcessId> process = site.supervisor.find(name.group, *name.process);
  if (!process) {
    return {};
  }
  if (!access.may(rpc::Role::read, site.supervisor.spec(*process))) {
    return {.log = {},
            .denied = site.interface.deny(
                access, {.what = rest, .action = "logtail", .is_of_process = true})};
  }
  const core::Channel which =
      channel == "stdout" ? core::Channel::standard_output : core::Channel::standard_error;
  return {
      .log = site.machine.log_path(*process, which),
      .of = ProcessLog{rpc::Awaited(site.supervisor, *process), which}
  };
}

}  // namespace

void answer_log_tail(Site& site, Request& request, Response& response) {
  if (request.method != "GET") {
    refuse(response, 400);
    return;
  }
  const std::string_view path = request.path;
  const std::size_t slash = path.find('/', path.find_first_not_of('/'));
  const Named named = slash == std::string_view::npos
                          ? Named{}
                          : find_log(site, request.access, path.substr(slash + 1));
  if (named.denied) {
    refuse_with_problem(response, *named.denied);
    return;
  }
  answer_with(site, named.log, named.of,
              "Content-Type: text/plain;charset=utf-8\r\nX-Accel-Buffering: no\r\n", request,
              response);
}

void answer_main_log_tail(Site& site, Request& request, Response& response) {
  if (request.method != "GET") {
    refuse(response, 400);
    return;
  }
  answer_with(site, site.machine.activity_log_path(), std::nullopt,
              "Content-Type: text/plain;charset=utf-8\r\n", request, response);
}

}  // namespace sup::http
