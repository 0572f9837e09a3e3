// How many events wait for each listener while the daemon starts.
#include "lint/facts/boot_events.h"
#include "lint/facts/fact.h"

namespace sup::lint {

namespace {

void add_row(const FactSource& source, Fact& fact, const ConfigSection& listener,
             const BootEvents& events) {
  source.need(fact, listener, events.buffer_size);
  FactRow row;
  row.fields = {
      field("section", listener.display()),
      {"events", events.total, "up to " + counted(events.total, "event")}
  };
  std::vector<std::string> lost;
  if (events.buffer_size.value) {
    row.fields.push_back({"buffer_size", *events.buffer_size.value,
                          "buffer_size " + std::to_string(*events.buffer_size.value)});
    for (const schema::EventType type : events.lost()) lost.emplace_back(schema::event_name(type));
  } else {
    row.fields.push_back({"buffer_size", nullptr, "buffer_size unknown"});
  }
  std::string text;
  for (const std::string& name : lost) text += (text.empty() ? "lost: " : ", ") + name;
  row.fields.push_back({"lost", std::move(lost), std::move(text)});
  for (const QueuedEvents& each : events.queued)
    row.fields.push_back(hidden(schema::event_name(each.type), each.count));
  row.place = source.place(listener, events.buffer_size.entry);
  fact.rows.push_back(std::move(row));
}

}  // namespace

Fact fact_events(const FactSource& source) {
  const Context& context = source.context();
  Fact fact;
  fact.how =
      "each group that is added after the listener's, the daemon's own start, and each process "
      "that starts, and runs before the listener may count as running; suprun keeps them all until "
      "the listener was served once";
  if (context.listeners().empty()) {
    fact.summary = "there is no listener";
    return fact;
  }
  source.need_processes(fact);
  const Boot boot(context);
  std::int64_t losing = 0;
  for (const ConfigSection* listener : context.listeners()) {
    if (const ConfigEntry* events = listener->find("events");
        events != nullptr && !events_of(context, *listener))
      source.add_unknown(fact, *listener, *events);
    const auto waiting = boot.events_for(*listener);
    if (!waiting) continue;
    if (waiting->buffer_size.value && !waiting->lost().empty()) ++losing;
    add_row(source, fact, *listener, *waiting);
  }
  fact.fields = {hidden("losing", losing)};
  fact.summary = losing == 0 ? "what waits for listeners at the start fits into their buffers"
                             : counted(losing, "listener") + " may lose events at the start";
  return fact;
}

}  // namespace sup::lint
