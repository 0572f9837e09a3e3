#include "lint/facts/fact.h"

#include <algorithm>
#include <tuple>

#include "lint/facts/layout.h"

namespace sup::lint {

FactPlace FactSource::place(const Span& span) const {
  const compiler::SourceMap& sources = context_.sources();
  return {sources[span.source].path, sources.position(span.source, span.begin).line};
}

FactPlace FactSource::place(const ConfigSection& section, const ConfigEntry* entry) const {
  return place(entry != nullptr ? context_.key_span(*entry) : section.headers.front());
}

void FactSource::add_unknown(Fact& fact, const ConfigSection& section,
                             const ConfigEntry& entry) const {
  std::string what = in_backticks(entry.key()) + " of " + section.display();
  // A constant that is no value is an error of the compiler, and may be a secret.
  what += entry.is_template ? " is " + in_backticks(entry.value) : " is not valid";
  fact.unknown.push_back({std::move(what), place(section, &entry)});
}

void FactSource::need_groups(Fact& fact) const {
  for (const ConfigSection* group : context_.layout().unknown_groups())
    add_unknown(fact, *group, *group->find("programs"));
}

void FactSource::need_processes(Fact& fact) const {
  need_groups(fact);
  for (const GroupMember& member : context_.layout().members())
    need(fact, *member.section, member.processes);
}

FactField field(std::string_view name, std::int64_t value, std::string_view unit) {
  std::string text = std::to_string(value);
  if (!unit.empty()) text += " " + std::string(unit);
  return {name, value, std::move(text)};
}

FactField field(std::string_view name, std::string value) { return {name, value, value}; }

FactField hidden(std::string_view name, FactValue value) { return {name, std::move(value), {}}; }

std::string counted(std::int64_t count, std::string_view noun) {
  std::string text = std::to_string(count) + " " + std::string(noun);
  if (count != 1) text += noun.ends_with("s") ? "es" : "s";
  return text;
}

namespace {

// By place, and each once.
void settle(std::vector<UnknownValue>& unknown) {
  const auto key = [](const UnknownValue& each) {
    return std::tie(each.place.file, each.place.line, each.what);
  };
  std::sort(unknown.begin(), unknown.end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  unknown.erase(std::unique(unknown.begin(), unknown.end(),
                            [&](const auto& a, const auto& b) { return key(a) == key(b); }),
                unknown.end());
}

}  // namespace

std::vector<Fact> all_facts(const Context& context, const FactOptions& options) {
  const FactSource source(context, options);
  std::vector<Fact> facts;
#define FACT(name)                      \
  facts.push_back(fact_##name(source)); \
  facts.back().id = #name;
#include "lint/facts/facts.def"
#undef FACT
  for (Fact& fact : facts) settle(fact.unknown);
  return facts;
}

}  // namespace sup::lint
