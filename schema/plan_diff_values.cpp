#include "schema/plan_diff_values.h"

#include <algorithm>

#include "schema/environment_template.h"
#include "schema/expand.h"

namespace sup::schema {
namespace {

// Pairs of an environment= as it stands in the plan; a text that cannot be read is one pair.
EnvironmentValue written_pairs(const Setting* setting) {
  EnvironmentValue pairs;
  if (setting == nullptr) return pairs;
  if (!read_environment_template(setting->text, pairs))
    pairs = {
        {std::string{}, std::string(setting->text)}
    };
  return pairs;
}

const EnvironmentValue& environment_of(const OptionRow& option, const void* options) {
  if (option.block == SupervisordOptions::block)
    return static_cast<const SupervisordOptions*>(options)->environment;
  return static_cast<const ProcessOptions*>(options)->environment;
}

bool same(const DiffValue& a, const DiffValue& b) { return a.text == b.text && a.open == b.open; }

// Adds variables that differ, or exist on one side.
void compare_variables(const OptionRow& option, const std::map<std::string, DiffValue>& before,
                       const std::map<std::string, DiffValue>& after,
                       std::vector<ValueChange>& changes) {
  const auto add = [&](const std::string& variable, const DiffValue& a, const DiffValue& b) {
    ValueChange change;
    change.name = option.name;
    change.option = &option;
    change.variable = variable;
    change.before = a;
    change.after = b;
    change.restart = option.has(OptionFlags::restart);
    changes.push_back(std::move(change));
  };
  for (const auto& [name, value] : before) {
    const auto other = after.find(name);
    if (other == after.end()) {
      add(name, value, {});
    } else if (!same(value, other->second)) {
      add(name, value, other->second);
    }
  }
  for (const auto& [name, value] : after)
    if (!before.contains(name)) add(name, {}, value);
}

void compare_environments(const OptionRow& option, const BoundSection& before,
                          const BoundSection& after, std::vector<ValueChange>& changes) {
  const bool inherits = option.block == ProcessOptions::block;
  if (option.equal(before.options(option.block), after.options(option.block)) &&
      before.side->environment_is_bound(before.section, option, inherits) &&
      after.side->environment_is_bound(after.section, option, inherits))
    return;
  compare_variables(option, before.environment(option), after.environment(option), changes);
}

}  // namespace

DiffSide::DiffSide(const Plan& plan, const Resolved& resolved) : plan_(plan), resolved_(resolved) {
  for (std::size_t i = 0; i < plan.sections.size(); ++i)
    by_name_.emplace(plan.sections[i].full_name, i);
  for (const OpenSetting& open : resolved.open)
    (open.extra ? open_extras_ : open_).emplace(open.section, open.setting);
}

std::size_t DiffSide::section(std::string_view full_name) const {
  const auto found = by_name_.find(full_name);
  return found == by_name_.end() ? no_such_section : found->second;
}

Origin DiffSide::origin(std::size_t section) const {
  return section < plan_.sections.size() ? plan_.sections[section].origin : Origin{};
}

const Setting* DiffSide::setting(std::size_t section, OptionId option) const {
  return section < plan_.sections.size() ? plan_.sections[section].find(option) : nullptr;
}

bool DiffSide::is_open(std::size_t section, const Setting& setting) const {
  if (open_.empty()) return false;
  const auto index = static_cast<std::size_t>(&setting - plan_.sections[section].settings.data());
  return open_.contains({section, index});
}

bool DiffSide::is_open_extra(std::size_t section, std::size_t extra) const {
  return open_extras_.contains({section, extra});
}

const Setting* DiffSide::daemon_environment() const {
  const std::size_t daemon = section(section_row(SectionKind::supervisord).spelling);
  const OptionRow* row = find_option(SectionKind::supervisord, Environment::name);
  return setting(daemon, row->id);
}

bool DiffSide::environment_is_bound(std::size_t section, const OptionRow& option,
                                    bool inherits) const {
  const Setting* own = setting(section, option.id);
  if (own != nullptr && is_open(section, *own)) return false;
  const Setting* global = inherits ? daemon_environment() : nullptr;
  return global == nullptr ||
         !is_open(this->section(section_row(SectionKind::supervisord).spelling), *global);
}

std::map<std::string, DiffValue> DiffSide::environment(std::size_t section, const OptionRow& option,
                                                       const EnvironmentValue& bound,
                                                       bool inherits) const {
  std::map<std::string, DiffValue> variables;
  const auto add = [&](const std::string& name, std::string value, std::string written,
                       Origin origin, bool open) {
    DiffValue& made = variables[name];
    made.text = std::move(value);
    made.written = std::move(written);
    made.origin = origin;
    made.open = open;
  };
  const Setting* own = setting(section, option.id);
  const Setting* global = inherits ? daemon_environment() : nullptr;
  const std::size_t daemon = this->section(section_row(SectionKind::supervisord).spelling);
  // First what is written, outer before inner: it gives the places and what could not be bound.
  for (const auto& [setting, where] : {
           std::pair{global, daemon },
           std::pair{own,    section}
  }) {
    if (setting == nullptr) continue;
    const bool open = is_open(where, *setting);
    for (auto& [name, value] : written_pairs(setting))
      add(name, value, value, setting->origin, open && is_template(value));
  }
  for (const auto& [name, value] : bound) {
    const auto known = variables.find(name);
    if (known == variables.end()) {
      add(name, value, {}, own != nullptr ? own->origin : Origin{}, false);
    } else if (known->second.text != value) {
      // An own value that is open hides the inherited one.
      if (!known->second.open) known->second.text = value;
    }
  }
  // Names that are templates stand there as written and bound.
  if (environment_is_bound(section, option, inherits))
    std::erase_if(variables, [&](const auto& variable) {
      return std::none_of(bound.begin(), bound.end(),
                          [&](const auto& pair) { return pair.first == variable.first; });
    });
  return variables;
}

const void* BoundSection::options(block::Block block) const {
  for (const auto& [name, options] : blocks)
    if (name == block) return options;
  return nullptr;
}

DiffValue BoundSection::value(const OptionRow& option) const {
  DiffValue value;
  const Setting* setting = side->setting(section, option.id);
  if (setting != nullptr) {
    value.written = setting->text;
    value.origin = setting->origin;
    value.open = side->is_open(section, *setting);
  }
  value.text = value.open ? std::optional(value.written) : option.print(options(option.block));
  return value;
}

std::map<std::string, DiffValue> BoundSection::environment(const OptionRow& option) const {
  return side->environment(section, option, environment_of(option, options(option.block)),
                           option.block == ProcessOptions::block);
}

void compare_bound(const BoundSection& before, const BoundSection& after,
                   std::vector<ValueChange>& changes) {
  for (const OptionRow& row : option_rows()) {
    const void* a = before.options(row.block);
    const void* b = after.options(row.block);
    if (a == nullptr || b == nullptr) continue;
    if (row.type == Environment::name) {
      compare_environments(row, before, after, changes);
      continue;
    }
    const Setting* old_setting = before.side->setting(before.section, row.id);
    const Setting* new_setting = after.side->setting(after.section, row.id);
    const bool old_open =
        old_setting != nullptr && before.side->is_open(before.section, *old_setting);
    const bool new_open =
        new_setting != nullptr && after.side->is_open(after.section, *new_setting);
    if (old_open && new_open && old_setting->text == new_setting->text) continue;
    if (!old_open && !new_open && row.equal(a, b)) continue;
    ValueChange change;
    change.name = row.name;
    change.option = &row;
    change.before = before.value(row);
    change.after = after.value(row);
    change.restart = row.has(OptionFlags::restart);
    changes.push_back(std::move(change));
  }
}

namespace {

// What is written in a section, by key.
std::map<std::string, ValueChange> written_values(const DiffSide& side, std::size_t section) {
  std::map<std::string, ValueChange> values;
  if (section >= side.plan().sections.size()) return values;
  const Section& written = side.plan().sections[section];
  const auto add = [&](std::string_view key, const OptionRow* option, std::string_view text,
                       Origin origin) {
    ValueChange& made = values[std::string(key)];
    made.name = key;
    made.option = option;
    made.before = {std::string(text), std::string(text), origin, is_template(text)};
    made.restart = option == nullptr || option->has(OptionFlags::restart);
  };
  for (const Setting& setting : written.settings) {
    const OptionRow& row = option_row(setting.option);
    add(row.name, &row, setting.text, setting.origin);
  }
  for (const ExtraSetting& extra : written.extras)
    add(extra.key, nullptr, extra.text, extra.origin);
  return values;
}

}  // namespace

void compare_written(const DiffSide& before, std::size_t before_section, const DiffSide& after,
                     std::size_t after_section, std::vector<ValueChange>& changes) {
  std::map<std::string, ValueChange> all = written_values(before, before_section);
  for (auto& [key, value] : written_values(after, after_section)) {
    const auto known = all.find(key);
    if (known == all.end()) {
      value.after = std::exchange(value.before, {});
      all.emplace(key, std::move(value));
    } else if (same(known->second.before, value.before)) {
      all.erase(known);
    } else {
      known->second.after = std::move(value.before);
    }
  }
  for (auto& [key, value] : all) changes.push_back(std::move(value));
}

void list_written(const BoundSection& bound, bool added, std::vector<ValueChange>& changes) {
  const auto add = [&](const OptionRow& row, std::string variable, DiffValue value) {
    ValueChange change;
    change.name = row.name;
    change.option = &row;
    change.variable = std::move(variable);
    change.restart = row.has(OptionFlags::restart);
    auto& side = added ? change.after : change.before;
    side = std::move(value);
    changes.push_back(std::move(change));
  };
  for (const OptionRow& row : option_rows()) {
    if (bound.options(row.block) == nullptr) continue;
    const Setting* setting = bound.side->setting(bound.section, row.id);
    if (setting == nullptr) continue;
    if (row.type != Environment::name) {
      add(row, {}, bound.value(row));
      continue;
    }
    for (auto& [name, value] : bound.environment(row))
      if (value.origin == setting->origin) add(row, name, std::move(value));
  }
  const auto& sections = bound.side->plan().sections;
  if (bound.section >= sections.size()) return;
  for (const ExtraSetting& extra : sections[bound.section].extras) {
    ValueChange change;
    change.name = extra.key;
    change.restart = true;
    auto& side = added ? change.after : change.before;
    side = DiffValue{std::string(extra.text), std::string(extra.text), extra.origin,
                     is_template(extra.text)};
    changes.push_back(std::move(change));
  }
}

}  // namespace sup::schema
