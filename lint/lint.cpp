#include "lint/lint.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "schema/expand.h"
#include "schema/parallel.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

constexpr std::array<const LintRule*, 0
#define LINT_RULE(name) +1
#include "lint/rules.def"
#undef LINT_RULE
                     >
    rules = {
#define LINT_RULE(name) &name,
#include "lint/rules.def"
#undef LINT_RULE
};

bool is_any_of(std::string_view id, std::initializer_list<std::string_view> ids) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// Places whose errors a rule explains better, by source and first byte; the value is the end.
using Places = std::map<std::pair<compiler::SourceId, std::uint32_t>, std::uint32_t>;

void add(Places& places, const Span& span) {
  auto& end = places[{span.source, span.begin}];
  end = std::max(end, span.end);
}

bool contains(const Places& places, const Span& span) {
  auto next = places.upper_bound({span.source, span.begin});
  if (next == places.begin()) return false;
  --next;
  return next->first.first == span.source && span.begin <= next->second;
}

// All lines of the entry that `span` lies in; the span itself outside of entries.
Span entry_around(const Context& context, const Span& span) {
  const compiler::Document* document = context.document_of(span.source);
  if (document == nullptr) return span;
  const std::uint32_t after = document->entry_after(span.begin);
  if (after == 0) return span;
  return {span.source, document->line_begin(document->entry_line(after - 1)),
          std::max(span.end, document->value(after - 1).end)};
}

// What the findings of rules make superfluous among the compiler's errors.
struct Explained {
  Places values;               // errors about these values
  Places headers;              // options that are missing in these sections
  Places missing;              // options that these values need
  bool daemon = false;         // that there is no [supervisord]
  std::vector<Span> patterns;  // that these match nothing
};

Explained explained_by(const Context& context, const Diagnostics& findings) {
  Explained explained;
  std::set<std::pair<compiler::SourceId, std::uint32_t>> misspelt;
  for (const Diagnostic& finding : findings.all()) {
    const std::string_view id = finding.rule->id;
    if (id == indented_option_joins_previous.rule.id || id == invisible_indentation.rule.id ||
        (id == inline_comment_truncates_value.rule.id && finding.severity == Severity::error)) {
      add(explained.values, entry_around(context, finding.span));
    } else if (id == unknown_option.rule.id && finding.severity == Severity::error) {
      misspelt.emplace(finding.span.source, finding.span.begin);
    } else if ((id == unknown_section.rule.id || id == section_name_case_or_space.rule.id) &&
               finding.severity == Severity::error) {
      explained.daemon = true;
    } else if (id == include_comma_separated.rule.id || id == include_quoted_or_tilde.rule.id) {
      explained.patterns.push_back(finding.span);
    }
  }
  for (const ConfigSection& section : context.config().sections) {
    if (misspelt.empty()) break;
    for (const ConfigEntry& entry : section.entries) {
      if (!misspelt.contains({context.key_span(entry).source, context.key_span(entry).begin}))
        continue;
      for (const Span& header : section.headers) add(explained.headers, header);
      for (const ConfigEntry& other : section.entries)
        if (!other.from_default &&
            (other.key() == "numprocs" || other.key() == "username" || other.key() == "password"))
          add(explained.missing, context.value_span(other));
      break;
    }
  }
  return explained;
}

bool covers_any(const Span& span, const std::vector<Span>& places) {
  return std::any_of(places.begin(), places.end(), [&](const Span& place) {
    return place.source == span.source && span.begin <= place.begin && place.begin < span.end;
  });
}

// In a template, what stands twice may be alternatives of which one is left.
void drop_alternatives(const Context& context, Diagnostics& findings) {
  findings.remove_if([&](const Diagnostic& finding) {
    return context.sources()[finding.span.source].has_control &&
           is_any_of(finding.rule->id, {duplicate_section.rule.id, duplicate_option.rule.id});
  });
}

bool is_about_value(std::string_view id) {
  return id.starts_with("SUP3") || id.starts_with("SUP4") ||
         is_any_of(id, {"SUP110", "SUP507", "SUP509", "SUP602", "SUP603", "SUP607", "SUP910"});
}

}  // namespace

bool is_about_missing_option(std::string_view id) {
  return is_any_of(id, {"SUP111", "SUP321", "SUP326", "SUP601"});
}

bool is_about_all(const LintRule& rule) { return rule.looks_at_whole || rule.tally != nullptr; }

bool is_optional(const LintRule& rule) {
  return rule.is_optional || rule.rule.severity == Severity::style;
}

std::span<const LintRule* const> lint_rules() { return rules; }

std::vector<const compiler::Rule*> all_rules() {
  std::vector<const compiler::Rule*> all = compiler::compiler_rules();
  // Some say under an id of the compiler what Supervisor does not refuse.
  const auto is_known = [&](std::string_view id) {
    return std::any_of(all.begin(), all.end(),
                       [&](const compiler::Rule* rule) { return rule->id == id; });
  };
  for (const LintRule* rule : rules)
    if (!is_known(rule->rule.id)) all.push_back(&rule->rule);
  std::sort(all.begin(), all.end(), [](const compiler::Rule* a, const compiler::Rule* b) {
    return std::pair(a->id.size(), a->id) < std::pair(b->id.size(), b->id);
  });
  return all;
}

const compiler::Rule* find_rule(std::string_view id_or_name) {
  static const std::map<std::string, const compiler::Rule*, std::less<>> by_name = [] {
    std::map<std::string, const compiler::Rule*, std::less<>> made;
    for (const compiler::Rule* rule : all_rules()) {
      made.emplace(schema::lower(rule->id), rule);
      made.emplace(schema::lower(rule->name), rule);
    }
    return made;
  }();
  const auto found = by_name.find(schema::lower(id_or_name));
  return found == by_name.end() ? nullptr : found->second;
}

namespace {

schema::OptionSet options_of(const LintRule& rule) {
  schema::OptionSet set;
  for (const OptionName name : rule.options) {
    if (name.empty()) continue;
    for (const schema::SectionRow& section : schema::section_rows()) {
      const schema::OptionId id = schema::option_id(section.kind, name);
      if (id != schema::no_option) set[id] = true;
    }
  }
  if (rule.type.names.front().empty()) return set;
  for (const schema::OptionRow& row : schema::option_rows())
    if (rule.type.contains(row.type)) set[row.id] = true;
  return set;
}

// Rules by what they look at, so that a section is given to those alone that it concerns.
struct RuleTable {
  struct SectionRule {
    const LintRule* rule;
    schema::OptionSet options;
  };

  template <class Predicate>
  explicit RuleTable(Predicate is_asked) {
    for (const LintRule* rule : rules) {
      if (!is_asked(*rule)) continue;
      if (rule->tally != nullptr)
        tallies.push_back(rule);
      else if (rule->looks_at_whole)
        whole.push_back(rule);
      else if (rule->check != nullptr)
        some.push_back(rule);
      else if (rule->check_section != nullptr)
        section.push_back({rule, options_of(*rule)});
      else
        add_value_rule(rule);
    }
  }

  // The rules that are asked as a rule. Made when first asked for: many small files are checked in
  // one go.
  static const RuleTable& usual(bool has_style) {
    if (!has_style) {
      static const RuleTable without_style([](const LintRule& rule) { return !is_optional(rule); });
      return without_style;
    }
    static const RuleTable with_style([](const LintRule&) { return true; });
    return with_style;
  }

  void add_value_rule(const LintRule* rule) {
    const schema::OptionSet options = options_of(*rule);
    for (std::size_t id = 0; id < schema::option_count; ++id)
      if (options[id]) value[id].push_back(rule);
    with_value_rules |= options;
  }

  std::vector<const LintRule*> tallies;
  std::vector<const LintRule*> whole;
  std::vector<const LintRule*> some;
  std::vector<SectionRule> section;
  std::array<std::vector<const LintRule*>, schema::option_count> value;
  schema::OptionSet with_value_rules;
};

// What rules count, one tally for each of them, or none.
using Tallies = std::vector<std::unique_ptr<Tally>>;

Tallies tallies_of(const RuleTable& table, const Context& context) {
  Tallies made;
  made.reserve(table.tallies.size());
  for (const LintRule* rule : table.tallies) made.push_back(rule->tally(context));
  return made;
}

// Asks the rules that look at some sections at a time.
class Runner {
 public:
  Runner(const RuleTable& table, Context& context, Tallies& tallies)
      : table_(table), context_(context), tallies_(tallies) {}

  void run(std::span<const ConfigSection> sections, Diagnostics& out) {
    context_.set_sections(sections);
    for (const LintRule* rule : table_.some) rule->check(context_, out);
    for (std::span<const ConfigSection> rest = sections; !rest.empty();) {
      const std::size_t alike = alike_at_front(rest);
      if (rest.front().name) look_at(rest.first(alike), out);
      rest = rest.subspan(alike);
    }
    for (const auto& tally : tallies_) {
      if (!tally) continue;
      for (const ConfigSection& section : sections)
        if (section.name) tally->look_at(context_, section);
    }
  }

 private:
  // How many sections at the front set the same options, as many as are looked at together.
  static std::size_t alike_at_front(std::span<const ConfigSection> sections) {
    const ConfigSection& first = sections.front();
    std::size_t alike = 1;
    while (alike < std::min(sections.size(), Context::sections_at_hand) &&
           sections[alike].name.has_value() == first.name.has_value() &&
           sections[alike].options == first.options)
      ++alike;
    return alike;
  }

  // Each rule looks at all of the sections before the next one does: so many rules are more code
  // than a processor has at hand.
  void look_at(std::span<const ConfigSection> alike, Diagnostics& out) {
    const schema::OptionSet& options = alike.front().options;
    for (const LintRule* rule : rules_for(options))
      for (const ConfigSection& section : alike) rule->check_section(context_, out, section);
    const schema::OptionSet with_rules = options & table_.with_value_rules;
    if (with_rules.none()) return;
    for (std::size_t id = 0; id < schema::option_count; ++id) {
      if (!with_rules[id]) continue;
      for (const ConfigSection& section : alike) {
        const ConfigEntry* entry = section.find(static_cast<schema::OptionId>(id));
        if (entry != nullptr && !entry->from_default) look_at_value(section, *entry, out);
      }
    }
  }

  // Many sections in a row set the same options.
  const std::vector<const LintRule*>& rules_for(const schema::OptionSet& options) {
    if (options == concerned_by_) return concerned_;
    concerned_by_ = options;
    concerned_.clear();
    for (const RuleTable::SectionRule& row : table_.section)
      if ((options & row.options).any()) concerned_.push_back(row.rule);
    return concerned_;
  }

  void look_at_value(const ConfigSection& section, const ConfigEntry& entry, Diagnostics& out) {
    const schema::OptionId id = entry.option()->id;
    std::string_view& clean = clean_[id];
    if (clean.data() != nullptr && clean == entry.value) return;
    const std::size_t before = out.all().size();
    for (const LintRule* rule : table_.value[id]) rule->check_value(context_, out, section, entry);
    const bool is_clean = out.all().size() == before && !entry.is_template;
    clean = is_clean ? entry.value : std::string_view{};
  }

  const RuleTable& table_;
  Context& context_;
  Tallies& tallies_;
  schema::OptionSet concerned_by_;  // none at all concern no rule
  std::vector<const LintRule*> concerned_;
  // The last value of each option that no rule had a word about.
  std::array<std::string_view, schema::option_count> clean_{};
};

// All sections, a few at a time, for one thread or two. What is found does not depend on how many
// there are: it is kept apart for each few sections.
class Portions {
 public:
  Portions(const RuleTable& table, const compiler::Compilation& compilation,
           const LintOptions& options)
      : table_(table),
        compilation_(compilation),
        options_(options),
        found_((compilation.config.sections.size() + at_a_time - 1) / at_a_time) {}

  // Whether a second thread is worth its start. Questions to the machine are not for two.
  bool are_many() const {
    constexpr std::size_t many = 8;
    return found_.size() >= many && options_.machine == nullptr && schema::has_second_processor();
  }

  // Looks at portions that nobody has taken yet, until there are none.
  void work(Context& context, Tallies& tallies) {
    const std::span<const ConfigSection> all = compilation_.config.sections;
    Runner runner(table_, context, tallies);
    for (std::size_t i = next_++; i < found_.size(); i = next_++) {
      const std::size_t begin = i * at_a_time;
      runner.run(all.subspan(begin, std::min(at_a_time, all.size() - begin)), found_[i]);
    }
    context.set_sections(all);
  }

  void work_alone(Tallies& tallies) {
    Context context(compilation_, options_);
    tallies = tallies_of(table_, context);
    work(context, tallies);
  }

  void hand_over(Diagnostics& findings) {
    for (Diagnostics& found : found_) findings.take(found);
  }

 private:
  static constexpr std::size_t at_a_time = 64;

  const RuleTable& table_;
  const compiler::Compilation& compilation_;
  const LintOptions& options_;
  std::vector<Diagnostics> found_;
  std::atomic<std::size_t> next_{0};
};

// What all rules say, in the order in which one thread would find it.
void ask_rules(Context& context, Diagnostics& findings) {
  const LintOptions& options = context.options();
  std::optional<RuleTable> chosen;
  if (options.enabled)
    chosen.emplace([&](const LintRule& rule) { return options.enabled(rule.rule); });
  const RuleTable& table = chosen ? *chosen : RuleTable::usual(options.style);
  Portions portions(table, context.compilation(), options);
  Tallies tallies = tallies_of(table, context);
  Tallies others;  // of the second thread
  const auto ask = [&] {
    for (const LintRule* rule : table.whole) rule->check(context, findings);
    portions.work(context, tallies);
  };
  if (portions.are_many()) {
    schema::do_both(ask, [&] { portions.work_alone(others); });
  } else {
    ask();
  }
  portions.hand_over(findings);
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    if (!tallies[i]) continue;
    if (!others.empty()) tallies[i]->add(*others[i]);
    tallies[i]->report(context, findings);
  }
}

}  // namespace

Diagnostics lint(const compiler::Compilation& compilation, const LintOptions& options) {
  Diagnostics findings;
  if (compilation.failure) return findings;
  Context context(compilation, options);
  ask_rules(context, findings);
  if (options.keeps)
    findings.remove_if([&](const Diagnostic& finding) { return !options.keeps(finding); });

  const Explained explained = explained_by(context, findings);
  for (const Diagnostic& diagnostic : compilation.diagnostics.all()) {
    const std::string_view id = diagnostic.rule->id;
    const bool is_explained =
        (is_about_value(id) && contains(explained.values, diagnostic.span)) ||
        (is_about_missing_option(id) && contains(explained.headers, diagnostic.span)) ||
        (is_any_of(id, {"SUP317", "SUP325"}) && contains(explained.missing, diagnostic.span)) ||
        (id == "SUP103" && explained.daemon) ||
        (id == "SUP112" && covers_any(diagnostic.span, explained.patterns));
    if (!is_explained) findings.report(*diagnostic.rule, diagnostic.span, {}) = diagnostic;
  }
  drop_alternatives(context, findings);
  settle_template_findings(context.sources(), findings);
  findings.sort();
  return findings;
}

}  // namespace sup::lint
