// SUP608: a listener that names an event type and one of its ancestors.
#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "lint/lint.h"
#include "schema/events.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

struct Item {
  std::string_view text;
  schema::EventType type;
};

using Types = std::set<schema::EventType>;

// The type of the list that contains `type`.
std::optional<schema::EventType> find_wider(const Types& types, schema::EventType type) {
  const auto found = std::find_if(types.begin(), types.end(), [&](schema::EventType other) {
    return other != type && schema::event_is_a(type, other);
  });
  return found == types.end() ? std::nullopt : std::optional(*found);
}

void check_overlap(const Context& context, Diagnostics& out, const ConfigSection& section,
                   const ConfigEntry& entry) {
  const auto text = context.text(section, entry);
  if (!text) return;
  std::vector<Item> items;
  Types types;
  for (const std::string_view name : schema::split_list(*text)) {
    const auto type = schema::event_from_name(schema::upper(name));
    if (!type) return;  // the compiler's error
    items.push_back({name, *type});
    types.insert(*type);
  }
  Diagnostic* diagnostic = nullptr;
  std::string rest;
  for (const Item& item : items) {
    const auto wider = find_wider(types, item.type);
    if (!wider) {
      rest += (rest.empty() ? "" : ",") + std::string(item.text);
      continue;
    }
    // Only the text of a constant is found again in the file.
    Span place = context.value_place(entry);
    if (*text == entry.value) {
      place = context.value_part(entry, static_cast<std::size_t>(item.text.data() - text->data()),
                                 item.text.size());
    }
    if (diagnostic != nullptr) {
      if (diagnostic->labels.size() < compiler::most_labels)
        diagnostic->label(place, "and this one");
      continue;
    }
    diagnostic =
        &out.report(overlapping_subscriptions.rule, place,
                    section.display() + " gets every " + std::string(item.text) + " twice, as " +
                        std::string(schema::event_name(*wider)) + " contains it");
    diagnostic->with_hint("remove the narrower type");
  }
  if (diagnostic != nullptr && context.is_single_line(entry) && *text == entry.value) {
    diagnostic->fix("write `" + rest + "`", context.value_span(entry), rest, true);
  }
}

}  // namespace

const LintRule overlapping_subscriptions = {
    .rule = {"SUP608", "overlapping-subscriptions", Severity::warning,
             "a listener that gets events twice"},
    .check_value = check_overlap,
    .type = schema::EventList::name
};

}  // namespace sup::lint
