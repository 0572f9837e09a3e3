// Event types of Supervisor and how they descend from one another; the rows are in events.def.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sup::schema {

enum class EventType : std::uint8_t {
#define EVENT(name, parent, kind) name,
#include "schema/events.def"
#undef EVENT
};

struct EventRow {
  EventType type;
  std::string_view name;
  EventType parent;  // itself for EVENT, the root
  bool is_abstract;  // can be subscribed to, is never sent
};

// All event types in the order of EventType.
std::span<const EventRow> event_rows();

std::string_view event_name(EventType type);

// By exact upper-case name.
std::optional<EventType> event_from_name(std::string_view name);

// Whether `type` is `ancestor` or one of its descendants.
bool event_is_a(EventType type, EventType ancestor);

}  // namespace sup::schema
