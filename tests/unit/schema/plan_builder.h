// Plans for tests of the schema.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "schema/instantiate.h"
#include "schema/plan.h"

namespace sup::schema {

// A plan by hand: sections with settings, line numbers counted up.
class PlanBuilder {
 public:
  PlanBuilder() { plan_.files = {"web.conf"}; }

  PlanBuilder& section(std::string name) {
    Section made;
    made.kind = classify_section(name)->kind;
    made.full_name = plan_.texts->keep(std::move(name));
    made.origin = {0, ++line_};
    plan_.sections.push_back(std::move(made));
    return *this;
  }

  PlanBuilder& set(std::string_view name, std::string text) {
    Section& section = plan_.sections.back();
    section.settings.push_back({
        find_option(section.kind, name)->id, {0, ++line_},
          plan_.texts->keep(std::move(text))
    });
    return *this;
  }

  // A key that only a factory knows.
  PlanBuilder& extra(std::string key, std::string text) {
    ExtraSetting made;
    made.key = std::move(key);
    made.origin = {0, ++line_};
    made.text = std::move(text);
    plan_.sections.back().extras.push_back(std::move(made));
    return *this;
  }

  operator const Plan&() const { return plan_; }

 private:
  Plan plan_;
  std::uint32_t line_ = 0;
};

inline Facts facts_with(std::string name, std::string value) {
  Facts facts;
  facts.environment = [name = std::move(name), value = std::move(value)](std::string_view wanted) {
    return wanted == name ? std::optional(value) : std::nullopt;
  };
  return facts;
}

}  // namespace sup::schema
