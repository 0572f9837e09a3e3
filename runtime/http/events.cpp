#include "runtime/http/events.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "runtime/core/concat.h"
#include "runtime/http/chunks.h"
#include "runtime/http/problem.h"
#include "runtime/http/query.h"
#include "runtime/http/routes.h"
#include "runtime/rpc/json.h"
#include "schema/events.h"

namespace sup::http {

namespace {

constexpr core::Instant heartbeat = std::chrono::seconds(15);
// How long events are kept for somebody who may come back.
constexpr core::Instant remembrance = std::chrono::minutes(5);
// What is said to a client at one go.
constexpr std::size_t most_at_once = std::size_t{64} << 10;

bool is_number_field(std::string_view name) {
  return name == "pid" || name == "tries" || name == "expected" || name == "when";
}

void write_field(std::string_view name, std::string_view value, EventHub::Entry& entry,
                 rpc::Writer& out) {
  std::int64_t number = 0;
  const char* const end = value.data() + value.size();
  if (is_number_field(name) && std::from_chars(value.data(), end, number).ptr == end) {
    out.integer_member(name, number);
    return;
  }
  if (name == "processname") {
    entry.process = value;
  } else if (name == "groupname") {
    entry.group = value;
  }
  out.text_member(name, value);
}

// "name:value name:value". Names of processes have neither blanks nor colons.
void write_fields(std::string_view line, EventHub::Entry& entry, rpc::Writer& out) {
  while (!line.empty()) {
    const std::string_view one = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(one.size() + 1, line.size()));
    const std::size_t colon = one.find(':');
    if (colon != std::string_view::npos) {
      write_field(one.substr(0, colon), one.substr(colon + 1), entry, out);
    }
  }
}

struct Filter {
  std::vector<schema::EventType> types;  // none: all
  std::string group;
  std::string process;
  rpc::Access access{rpc::Role::none};

  bool takes(const EventHub::Entry& entry) const {
    return access.may(rpc::Role::read, entry.control, entry.user) &&
           (types.empty() || std::ranges::any_of(types,
                                                 [&](schema::EventType type) {
                                                   return schema::event_is_a(entry.type, type);
                                                 })) &&
           is_about(entry.group, entry.process);
  }

  bool is_about(std::string_view its_group, std::string_view its_name) const {
    return (group.empty() || group == its_group) &&
           (process.empty() || process == its_name ||
            process == core::concat(its_group, ":", its_name));
  }
};

class EventStream final : public LaterAnswer {
 public:
  EventStream(EventHub& hub, Filter filter, std::string_view last_id, core::Now now,
              const Request& request)
      : hub_(hub),
        filter_(std::move(filter)),
        client_(hub.enter(now)),
        version_(request.version),
        next_beat_(now.steady + heartbeat) {
    place_ = hub.next();
    if (!last_id.empty()) {
      find_place(last_id);
    }
  }

  bool is_stream() const override { return true; }

  bool holds_file() const override { return false; }

  core::Instant wake() const override { return next_beat_; }

  bool end(std::string& out) override {
    if (begun_) {
      out += end_of_stream(version_);
    }
    return true;
  }

  Progress resume(core::Now now, std::string& out) override {
    std::string text;
    if (!std::exchange(begun_, true)) {
      append_head(out, version_, 200, now.wall);
      out +=
          "Content-Type: text/event-stream\r\nCache-Control: no-store\r\n"
          "X-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\n";
      out += stream_end_of_head(version_);
      text += "retry: 2000\n\n";
    }
    if (lost_count_) {
      lost_count_ = false;
      text += "event: missed\ndata: {\"missed\":null}\n\n";
    }
    bool is_more = false;
    while (const EventHub::Entry* entry = hub_.from(place_)) {
      if (entry->number > place_) {
        text.append("event: missed\ndata: {\"missed\":");
        // Of whose processes they were is not known any more.
        text.append(filter_.access.may(rpc::Role::read) ? std::to_string(entry->number - place_)
                                                        : "null");
        text.append("}\n\n");
        place_ = entry->number;
      }
      if (text.size() >= most_at_once) {
        is_more = true;
        break;
      }
      ++place_;
      if (filter_.takes(*entry)) {
        append(*entry, text);
      }
    }
    if (text.empty() && now.steady >= next_beat_) {
      text += ":\n\n";
    }
    if (!text.empty()) {
      next_beat_ = now.steady + heartbeat;
      append_chunk(out, text, version_);
    }
    return is_more ? Progress::more : Progress::waiting;
  }

 private:
  void find_place(std::string_view last_id) {
    const std::string epoch = core::concat(hub_.epoch(), "-");
    std::uint64_t number = 0;
    if (last_id.starts_with(epoch)) {
      last_id.remove_prefix(epoch.size());
      const char* const end = last_id.data() + last_id.size();
      if (std::from_chars(last_id.data(), end, number).ptr == end && number < hub_.next()) {
        place_ = number + 1;
        return;
      }
    }
    lost_count_ = true;
    place_ = hub_.oldest();
  }

  void append(const EventHub::Entry& entry, std::string& text) const {
    text.append("id: ").append(core::concat(hub_.epoch(), "-", entry.number));
    text.append("\ndata: ").append(entry.json).append("\n\n");
  }

  EventHub& hub_;
  Filter filter_;
  std::shared_ptr<const int> client_;
  int version_;
  core::Instant next_beat_;
  std::uint64_t place_ = 0;
  bool begun_ = false;
  bool lost_count_ = false;
};

// Whether the client may see a process that the filter can be about.
bool sees_any(const Site& site, const Filter& filter) {
  return std::ranges::any_of(site.supervisor.processes(), [&](core::ProcessId id) {
    const schema::Process& process = site.supervisor.spec(id);
    return filter.is_about(process.group, process.name) &&
           filter.access.may(rpc::Role::read, process);
  });
}

}  // namespace

std::string event_json(const core::Supervisor::Observed& event, EventHub::Entry& entry) {
  const std::string_view payload = event.payload;
  const bool is_remote = event.type == schema::EventType::REMOTE_COMMUNICATION;
  const std::size_t line_end = payload.find('\n');
  const std::string_view line = payload.substr(0, line_end);
  std::string text;
  rpc::JsonWriter out(text);
  out.begin_struct();
  out.text_member("type", schema::event_name(event.type));
  out.member("time");
  out.real(std::chrono::duration<double>(event.wall).count());
  out.member("serial");
  if (event.serial >= 0) {
    out.integer(event.serial);
  } else {
    out.nil();
  }
  out.member("fields");
  out.begin_struct();
  if (is_remote) {
    out.text_member("type", line.substr(std::min<std::size_t>(line.find(':') + 1, line.size())));
  } else {
    write_fields(line, entry, out);
  }
  out.end_struct();
  if (line_end != std::string_view::npos) {
    out.text_member("data", payload.substr(line_end + 1));
  }
  out.end_struct();
  return text;
}

void EventHub::add(core::Supervisor::Observed&& event) {
  Entry entry{.number = event.number,
              .type = event.type,
              .group = {},
              .process = {},
              .json = {},
              .control = std::move(event.control),
              .user = std::move(event.user)};
  entry.json = event_json(event, entry);
  bytes_ += entry.json.size();
  next_ = event.number + 1;
  ring_.push_back(std::move(entry));
  while (ring_.size() > most_events || (bytes_ > most_bytes && ring_.size() > 1)) {
    bytes_ -= ring_.front().json.size();
    ring_.pop_front();
  }
}

void EventHub::collect(core::Now now) {
  if (!clients_) {
    return;
  }
  for (core::Supervisor::Observed& event : supervisor_.take_observed()) {
    add(std::move(event));
  }
  if (clients() > 0) {
    left_ = core::never;
  } else if (left_ == core::never) {
    left_ = now.steady;
  } else if (now.steady - left_ > remembrance) {
    supervisor_.observe_events(false);
    clients_.reset();
    ring_.clear();
    bytes_ = 0;
  }
}

std::shared_ptr<const int> EventHub::enter(core::Now now) {
  if (!clients_) {
    clients_ = std::make_shared<const int>(0);
    // Unlike any other one, of this daemon and of others.
    epoch_ = std::max(epoch_ + 1, static_cast<std::uint64_t>(
                                      std::max<std::int64_t>(now.wall.count() / 1'000'000, 0)));
    supervisor_.observe_events(true);
  }
  return clients_;
}

const EventHub::Entry* EventHub::from(std::uint64_t number) const {
  const auto found = std::ranges::lower_bound(ring_, number, {}, &Entry::number);
  return found != ring_.end() ? &*found : nullptr;
}

void answer_events(Site& site, Request& request, Response& response) {
  if (request.method != "GET") {
    refuse_method(response, "GET");
    return;
  }
  const Query query(request.query);
  Filter filter{.types = {},
                .group = std::string(query.value("group")),
                .process = std::string(query.value("process")),
                .access = request.access};
  if (!request.access.may(rpc::Role::read) && !sees_any(site, filter)) {
    refuse_with_problem(response, site.interface.deny(request.access, {.what = request.path,
                                                                       .is_of_process = true}));
    return;
  }
  for (std::string_view list = query.value("type"); !list.empty();) {
    const std::string_view name = list.substr(0, list.find(','));
    list.remove_prefix(std::min(name.size() + 1, list.size()));
    const std::optional<schema::EventType> type = schema::event_from_name(name);
    if (!type) {
      refuse_with_problem(response, 400, core::concat("there is no event type `", name, "`"));
      return;
    }
    filter.types.push_back(*type);
  }
  site.events.collect(site.machine.now());
  response.later = std::make_unique<EventStream>(
      site.events, std::move(filter), request.header("Last-Event-ID"), site.machine.now(), request);
}

}  // namespace sup::http
