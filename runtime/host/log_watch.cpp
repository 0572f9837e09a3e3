#include "runtime/host/log_watch.h"

#include <map>
#include <utility>

namespace sup::host {

namespace {

struct Watched {
  std::uint64_t changes = 0;
  std::size_t watches = 0;
};

// By the path. Logs are written by several parts of the daemon and are read by name.
std::map<std::string, Watched>& all_watched() {
  static std::map<std::string, Watched> all;
  return all;
}

std::uint64_t changes_of_all = 0;

}  // namespace

LogWatch::LogWatch(std::string path) : path_(std::move(path)) { ++all_watched()[path_].watches; }

LogWatch::~LogWatch() {
  const auto found = all_watched().find(path_);
  if (--found->second.watches == 0) {
    all_watched().erase(found);
  }
}

std::uint64_t LogWatch::changes() const { return all_watched().find(path_)->second.changes; }

void log_changed(const std::string& path) {
  std::map<std::string, Watched>& all = all_watched();
  if (all.empty()) {
    return;
  }
  const auto found = all.find(path);
  if (found != all.end()) {
    ++found->second.changes;
    ++changes_of_all;
  }
}

std::uint64_t all_log_changes() { return changes_of_all; }

}  // namespace sup::host
