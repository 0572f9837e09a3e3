// SUP706, SUP715: all logs of a configuration together.
#include <algorithm>
#include <memory>
#include <string>

#include "lint/facts/log_space.h"
#include "lint/lint.h"
#include "lint/paths.h"

namespace sup::lint {

namespace {

// Less than this is not worth a word unless a limit was given.
constexpr std::int64_t worth_mention = std::int64_t{10} << 30;

class Footprint final : public Tally {
 public:
  void look_at(const Context& context, const ConfigSection& section) override {
    if (log_channels(section.name->kind).empty()) return;
    const std::int64_t bytes = log_bytes(context, section);
    total_ = sum(total_, bytes);
    take(bytes, &section);
  }

  void add(Tally& other) override {
    const auto& more = static_cast<Footprint&>(other);
    total_ = sum(total_, more.total_);
    take(more.largest_, more.largest_section_);
  }

  void report(const Context& context, Diagnostics& out) override {
    const auto limit = context.options().log_limit;
    const bool is_above = limit && total_ > *limit;
    const ConfigSection* daemon = context.daemon();
    if (daemon == nullptr || largest_section_ == nullptr || (!is_above && total_ < worth_mention))
      return;
    std::string message = "all logs with their backups may take " + readable_size(total_);
    if (is_above) message += ", more than the limit of " + readable_size(*limit);
    out.report(log_footprint.rule, is_above ? Severity::warning : Severity::info,
               daemon->headers.front(), std::move(message))
        .with_hint(
            "lower `stdout_logfile_maxbytes` or `stdout_logfile_backups` and those of stderr")
        .label(largest_section_->headers.front(),
               "the most are of this section: " + readable_size(largest_));
  }

 private:
  // Of several that need as much, the first one.
  void take(std::int64_t bytes, const ConfigSection* section) {
    if (bytes < largest_ || (bytes == largest_ && largest_section_ < section)) return;
    largest_ = bytes;
    largest_section_ = section;
  }

  std::int64_t total_ = 0;
  std::int64_t largest_ = -1;
  const ConfigSection* largest_section_ = nullptr;
};

std::unique_ptr<Tally> count_footprint(const Context& context) {
  if (context.config().fragment) return nullptr;
  return std::make_unique<Footprint>();
}

bool has_automatic_log(const Context& context, const ConfigSection& section) {
  for (const LogChannel& channel : log_channels(section.name->kind)) {
    if (hint_of(section.find(channel.logfile)) == LogHint::file) continue;
    const auto log = read_log(context, section, channel);
    if (log && log->target.kind == schema::LogKind::automatic) return true;
  }
  return false;
}

void check_directory(const Context& context, Diagnostics& out) {
  const ConfigSection* daemon = context.daemon();
  // In the foreground it is most likely alone on its machine, a container. One of several has its
  // own log or pidfile.
  if (context.config().fragment || context.options().container || daemon == nullptr ||
      daemon->find("childlogdir") != nullptr || daemon->find("identifier") != nullptr ||
      daemon->find("nocleanup") != nullptr || daemon->find("nodaemon") != nullptr ||
      (daemon->find("logfile") == nullptr && daemon->find("pidfile") == nullptr)) {
    return;
  }
  const auto& sections = context.config().sections;
  const auto found = std::find_if(sections.begin(), sections.end(), [&](const auto& section) {
    return section.is_process() && has_automatic_log(context, section);
  });
  if (found == sections.end()) return;
  out.report(auto_logs_in_shared_directory.rule, daemon->headers.front(),
             "AUTO logs are in the folder for temporary files; another supervisord without "
             "`childlogdir` deletes them when it starts")
      .with_hint("set `childlogdir`, or name the logs")
      .label(found->headers.front(), "it has an AUTO log");
}

}  // namespace

const LintRule auto_logs_in_shared_directory = {
    .rule = {"SUP706", "auto-logs-in-shared-directory", Severity::info,
             "temporary logs that another supervisord deletes"},
    .check = check_directory,
    .looks_at_whole = true
};

const LintRule log_footprint = {
    .rule = {"SUP715", "log-footprint", Severity::info, "how much disk the logs may take"},
    .tally = count_footprint
};

}  // namespace sup::lint
