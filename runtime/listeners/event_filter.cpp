#include "runtime/listeners/event_filter.h"

#include <algorithm>
#include <utility>

#include "runtime/listeners/names.h"

namespace sup::listeners {

namespace {

// More different events than this are let through uncounted.
constexpr std::size_t windows_maximum = 10'000;

std::string key_of(const Event& event) {
  std::string key = event.name;
  for (const EventField& field : event.fields()) {
    if (field.key == "pid" || field.key == "tries" || field.key == "when") continue;
    key.append(1, '\0').append(field.key).append(1, ':').append(field.value);
  }
  return key.append(1, '\n').append(event.data());
}

}  // namespace

bool EventFilter::lets_through(const Event& event) const {
  if (!events.empty() && std::none_of(events.begin(), events.end(), [&](const std::string& type) {
        return is_a(event.name, type);
      })) {
    return false;
  }
  if (!programs.empty() && (!event.field("processname") ||
                            !any_names_process(programs, event.group(), event.process()))) {
    return false;
  }
  if (!groups.empty() && std::find(groups.begin(), groups.end(), event.group()) == groups.end()) {
    return false;
  }
  const auto is_expected = event.field("expected");
  return !expected || !is_expected || (*is_expected != "0") == *expected;
}

std::optional<EventRecord> Deduplicator::take(EventRecord record, Instant now) {
  if (window_.count() == 0) return record;
  std::string key = key_of(record.event);
  const auto found = windows_.find(key);
  if (found != windows_.end() && now < found->second.end) {
    found->second.last = std::move(record);
    ++found->second.count;
    return std::nullopt;
  }
  if (found == windows_.end() && windows_.size() >= windows_maximum) {
    std::erase_if(windows_,
                  [&](const auto& each) { return !each.second.last && now >= each.second.end; });
    if (windows_.size() >= windows_maximum) return record;
  }
  Window& window = windows_[std::move(key)];
  // due() was not called in time: what was left out is told with this one.
  record.repeated += window.count;
  window = {.end = now + window_, .last = std::nullopt};
  return record;
}

std::optional<Instant> Deduplicator::deadline() const {
  std::optional<Instant> first;
  for (const auto& [key, window] : windows_) {
    if (window.last && (!first || window.end < *first)) first = window.end;
  }
  return first;
}

std::vector<EventRecord> Deduplicator::due(Instant now) {
  std::vector<EventRecord> all;
  for (auto& [key, window] : windows_) {
    if (!window.last || now < window.end) continue;
    window.last->repeated += window.count - 1;
    all.push_back(std::move(*window.last));
    // What follows is still the same.
    window = {.end = now == Instant::max() ? now : now + window_, .last = std::nullopt};
  }
  std::sort(all.begin(), all.end(), [](const EventRecord& a, const EventRecord& b) {
    return a.milliseconds < b.milliseconds;
  });
  return all;
}

}  // namespace sup::listeners
