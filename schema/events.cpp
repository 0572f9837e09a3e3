#include "schema/events.h"

#include <algorithm>
#include <array>

namespace sup::schema {
namespace {

constexpr bool abstract = true;
constexpr bool concrete = false;

constexpr std::array rows{
#define EVENT(name, parent, kind) EventRow{EventType::name, #name, EventType::parent, kind},
#include "schema/events.def"
#undef EVENT
};

}  // namespace

std::span<const EventRow> event_rows() { return rows; }

std::string_view event_name(EventType type) { return rows[static_cast<std::size_t>(type)].name; }

std::optional<EventType> event_from_name(std::string_view name) {
  const auto* row =
      std::find_if(rows.begin(), rows.end(), [&](const EventRow& r) { return r.name == name; });
  if (row == rows.end()) return std::nullopt;
  return row->type;
}

bool event_is_a(EventType type, EventType ancestor) {
  for (;;) {
    if (type == ancestor) return true;
    const EventType parent = rows[static_cast<std::size_t>(type)].parent;
    if (parent == type) return false;
    type = parent;
  }
}

}  // namespace sup::schema
