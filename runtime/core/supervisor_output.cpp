#include <algorithm>
#include <utility>

#include "runtime/core/concat.h"
#include "runtime/core/event_text.h"
#include "runtime/core/supervisor_implementation.h"
#include "schema/text.h"

namespace sup::core {

using schema::EventType;

namespace {

bool events_enabled(const schema::ProcessOptions& options, Channel channel) {
  return channel == Channel::standard_output ? options.stdout_events_enabled
                                             : options.stderr_events_enabled;
}

std::int64_t capture_maxbytes(const schema::ProcessOptions& options, Channel channel) {
  return channel == Channel::standard_output ? options.stdout_capture_maxbytes
                                             : options.stderr_capture_maxbytes;
}

// How much of what a listener said is kept to be shown.
constexpr std::size_t last_bytes = 100;

std::size_t index_of(Channel channel) { return channel == Channel::standard_output ? 0 : 1; }

}  // namespace

// Where the output of one channel goes.
class Supervisor::Implementation::OutputSink final : public ChannelSink {
 public:
  OutputSink(Implementation& owner, ProcessId process, Channel channel)
      : owner_(owner),
        process_(process),
        channel_(channel),
        is_protocol_(channel == Channel::standard_output && owner.is_listener(process)) {}

  void append_log(std::string_view bytes) override {
    owner_.emit(effect::AppendLog{process_, channel_, std::string(bytes)});
  }

  void show(std::string_view text) override {
    // What a listener says to us is shown by take_listener_output and is nobody else's business.
    if (is_protocol_) return;
    const schema::Process& spec = owner_.spec(process_);
    if (owner_.logs(Level::debug)) {
      owner_.log(Level::debug, concat(schema::python_repr(spec.name), " ", channel_name(channel_),
                                      " output:\n", readable(text)));
    }
    const EventType type = channel_ == Channel::standard_output ? EventType::PROCESS_LOG_STDOUT
                                                                : EventType::PROCESS_LOG_STDERR;
    if (events_enabled(spec.options, channel_) && owner_.wanted(type)) {
      const std::string shown = readable(text);
      owner_.publish(type, log_payload(spec, pid(), channel_, shown), &spec,
                     shown == text ? std::string{} : log_payload(spec, pid(), channel_, text));
    }
  }

  void communicate(std::string data) override {
    const schema::Process& spec = owner_.spec(process_);
    const EventType type = channel_ == Channel::standard_output
                               ? EventType::PROCESS_COMMUNICATION_STDOUT
                               : EventType::PROCESS_COMMUNICATION_STDERR;
    if (owner_.wanted(type)) {
      const std::string shown = readable(data);
      owner_.publish(type, communication_payload(spec, pid(), shown), &spec,
                     shown == data ? std::string{} : communication_payload(spec, pid(), data));
    }
    owner_.log(Level::debug, concat(schema::python_repr(spec.name), " ", channel_name(channel_),
                                    " emitted a comm event"));
  }

 private:
  int pid() const { return owner_.processes_[process_].record.pid; }

  Implementation& owner_;
  ProcessId process_;
  Channel channel_;
  bool is_protocol_;
};

bool Supervisor::Implementation::wants_output(ProcessId process, Channel channel) const {
  const schema::ProcessOptions& options = spec(process).options;
  if (channel == Channel::standard_output && is_listener(process)) return true;
  return settings_.strip_ansi || logs(Level::debug) || capture_maxbytes(options, channel) > 0 ||
         events_enabled(options, channel);
}

ChannelSettings Supervisor::Implementation::channel_settings(ProcessId process,
                                                             Channel channel) const {
  ChannelSettings settings;
  settings.strip_ansi = settings_.strip_ansi;
  if (channel == Channel::standard_error || !is_listener(process)) {
    settings.capture_maxbytes = capture_maxbytes(spec(process).options, channel);
  }
  return settings;
}

void Supervisor::Implementation::open_channels(ProcessId process) {
  ProcessEntry& entry = processes_[process];
  for (const Channel channel : {Channel::standard_output, Channel::standard_error}) {
    auto& state = entry.channels[index_of(channel)];
    state.reset();
    if (wants_output(process, channel)) state.emplace();
  }
  if (!entry.listener) return;
  entry.listener->protocol = {};
  entry.listener->stdin_broken = false;
  entry.listener->held.reset();
}

void Supervisor::Implementation::close_channels(ProcessId process) {
  for (const Channel channel : {Channel::standard_output, Channel::standard_error}) {
    auto& state = processes_[process].channels[index_of(channel)];
    if (!state) continue;
    OutputSink sink(*this, process, channel);
    state->finish(channel_settings(process, channel), sink);
    state.reset();
  }
}

bool Supervisor::Implementation::adjust_channel(ProcessId process, Channel channel,
                                                const ChannelSettings& before) {
  auto& state = processes_[process].channels[index_of(channel)];
  const ChannelSettings after = channel_settings(process, channel);
  const bool wants = wants_output(process, channel);
  const bool same = (before.capture_maxbytes > 0) == (after.capture_maxbytes > 0) &&
                    before.strip_ansi == after.strip_ansi;
  if (state.has_value() == wants && same) return false;
  // What it holds back comes before what is read from now on.
  if (state) {
    OutputSink sink(*this, process, channel);
    state->finish(before, sink);
    state.reset();
  }
  if (wants) state.emplace();
  return true;
}

void Supervisor::Implementation::on(const input::Output& input) {
  if (!knows(input.process, "output")) return;
  ProcessEntry& entry = processes_[input.process];
  auto& state = entry.channels[index_of(input.channel)];
  if (entry.record.pid == 0 || !state) {
    log(Level::debug, concat("ignored output of ", spec(input.process).name, ", which is ",
                             schema::state_name(entry.record.state)));
    return;
  }
  const bool is_protocol = entry.listener && input.channel == Channel::standard_output;
  if (is_protocol && logs(Level::debug)) {
    log(Level::debug, concat(schema::python_repr(spec(input.process).name), " stdout output:\n",
                             schema::python_bytes_repr(input.bytes)));
  }
  note(input.process);
  OutputSink sink(*this, input.process, input.channel);
  state->feed(input.bytes, channel_settings(input.process, input.channel), sink);
  if (is_protocol) take_listener_output(input.process, input.bytes);
}

void Supervisor::Implementation::take_listener_output(ProcessId process, std::string_view bytes) {
  std::string& last = processes_[process].listener->last_bytes;
  last += bytes.substr(bytes.size() - std::min(bytes.size(), last_bytes));
  last.erase(0, last.size() - std::min(last.size(), last_bytes));
  std::vector<ListenerMessage> messages;
  processes_[process].listener->protocol.feed(bytes, messages);
  for (const ListenerMessage& message : messages) obey(process, message);
  update_ready(process);
}

void Supervisor::Implementation::obey(ProcessId process, const ListenerMessage& message) {
  using Kind = ListenerMessage::Kind;
  const std::string& name = spec(process).name;
  switch (message.kind) {
    case Kind::ready:
    case Kind::violation: break;
    case Kind::processed: log(Level::debug, concat(name, ": event was processed")); break;
    case Kind::rejected: log(Level::warn, concat(name, ": event was rejected")); break;
    case Kind::bad_result:
      log(Level::warn, concat(name, ": bad result line: '", readable(message.line), "'"));
      break;
  }
  log(Level::debug, concat(name, ": ", listener_state_name(message.from), " -> ",
                           listener_state_name(message.to)));
  if (message.kind == Kind::violation) {
    log(Level::warn, concat(name, ": sent ", schema::python_bytes_repr(message.line),
                            " when it was ", listener_state_name(message.from)));
  }
  if (message.to == ListenerState::UNKNOWN) {
    log(Level::warn, concat(name,
                            ": has entered the UNKNOWN state and will no longer receive events, "
                            "this usually indicates the process violated the eventlistener "
                            "protocol"));
  }
  ProcessEntry& entry = processes_[process];
  if (message.kind == Kind::processed) {
    if (entry.listener->held) {
      QueuedEvent event = let_go(process);
      // Not before it came: what came with another daemon may be of another clock.
      const Instant lasted = std::max(now_.steady - event.accepted, Instant{});
      groups_[entry.group].pool->durations.add(std::chrono::duration<double>(lasted).count());
      event_is_done(entry.group, event);
    }
    ++entry.listener->delivered;
    ++groups_[entry.group].pool->delivered;
    groups_[entry.group].pool->delay_told = false;
  }
  if (message.kind == Kind::rejected || message.kind == Kind::bad_result) {
    return_event(process, true);
  }
  if (message.to != ListenerState::UNKNOWN) return;
  ++entry.listener->violations;
  if (compat_.unknown_listener || !schema::is_running(entry.record.state)) return;
  log(Level::warn, concat(name, ": is ended for that, autorestart decides what follows"));
  entry.record.misbehaved = true;
  end_listener(process, spec(process).options.stopsignal, spec(process).options.stopasgroup);
}

// Its state does not change: to its policy this is an end that it came to by itself.
void Supervisor::Implementation::end_listener(ProcessId process, int signal, bool whole_group) {
  ProcessEntry& entry = processes_[process];
  if (entry.record.pid == 0) return;
  emit(effect::Kill{process, entry.record.pid, signal, whole_group});
  const std::int64_t wait = std::max<std::int64_t>(spec(process).options.stopwaitsecs, 1);
  timers_.arm({TimerKind::answer, process}, entry.listener->armed,
              after_seconds(now_.steady, wait));
}

void Supervisor::Implementation::on(const input::StdinBroken& input) {
  if (!knows(input.process, "stdin broken")) return;
  ProcessEntry& entry = processes_[input.process];
  if (!entry.listener || entry.record.pid == 0) return;
  note(input.process);
  entry.listener->stdin_broken = true;
  if (entry.listener->held) {
    log(Level::debug,
        concat("epipe occurred while sending event ", entry.listener->held->serial, " to listener ",
               spec(input.process).name, ", listener state unchanged"));
    entry.listener->protocol.not_received();
    return_event(input.process, false);
  }
  update_ready(input.process);
}

}  // namespace sup::core
