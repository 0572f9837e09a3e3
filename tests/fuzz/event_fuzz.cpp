// What a supervisor sends to suplance, or what calls itself one: any bytes are events or a mistake,
// whatever pieces they come in, and what is made of an event for people, programs and queues is
// sound whatever stands in it.
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "runtime/listeners/event.h"
#include "runtime/listeners/event_filter.h"
#include "runtime/listeners/event_record.h"
#include "runtime/listeners/event_text.h"
#include "runtime/listeners/message_format.h"
#include "tests/fuzz/in_pieces.h"
#include "tests/fuzz/target.h"

using namespace sup;
using namespace sup::listeners;

namespace {

const Origin origin{.host = "host", .plan = "plan"};

std::string shown(const Event& event) { return event.header + "\n" + event.payload; }

void check_event(const Event& event) {
  const EventRecord record{.event = event, .milliseconds = 1700000000123, .repeated = 2};
  fuzz::require(nlohmann::json::accept(event_json(record, origin)), "an event as JSON is JSON");
  for (const std::string& name : event_value_names()) {
    fuzz::require(event_value(record, origin, name).has_value(),
                  "names that are known have a value");
  }
  (void)event_sentence(record);
  (void)event_values(record, origin);
  (void)event.short_name();
  for (const EventField& field : event.fields()) {
    fuzz::require(event.field(field.key).has_value(), "a field is found by its key");
  }
  const auto back = parse_record(print_record(record));
  fuzz::require(back && shown(back->event) == shown(event) && back->event.name == event.name &&
                    back->milliseconds == record.milliseconds && back->repeated == record.repeated,
                "what is queued is what is read again");
  const EventFilter filter{
      .events = {"PROCESS_STATE"},
        .programs = {"a",             "g:*"},
        .groups = {"g"              },
        .expected = false
  };
  (void)filter.lets_through(event);
  for (const char* name : {"json", "slack", "discord", "teams", "dingtalk", "feishu", "wecom"}) {
    MessageSettings settings;
    settings.format = message_format(name);
    settings.origin = origin;
    const Message message = build_message(settings, {record, record});
    fuzz::require(message.count >= 1 && message.count <= 2, "a message has an event at least");
    fuzz::require(nlohmann::json::accept(message.body), "a message is JSON");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::as_text(data + 1, size - 1);
  const bool as_bytes = (data[0] & 1U) != 0;
  EventReader whole;
  EventReader pieces;
  if (as_bytes) {
    whole.take_as_bytes();
    pieces.take_as_bytes();
  }
  fuzz::read_in_pieces(
      text, std::move(whole), std::move(pieces),
      [&](std::size_t at) { return 1 + (at + data[0]) % 7; },
      [](const Event& one, const Event& other) {
        fuzz::require(shown(one) == shown(other), "pieces make equal events");
        check_event(one);
      });
  return 0;
}
