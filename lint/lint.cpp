#include "lint/lint.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "schema/expand.h"
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

std::span<const LintRule* const> lint_rules() { return rules; }

std::vector<const compiler::Rule*> all_rules() {
  std::vector<const compiler::Rule*> all = compiler::compiler_rules();
  for (const LintRule* rule : rules) all.push_back(&rule->rule);
  std::sort(all.begin(), all.end(), [](const compiler::Rule* a, const compiler::Rule* b) {
    return std::pair(a->id.size(), a->id) < std::pair(b->id.size(), b->id);
  });
  return all;
}

const compiler::Rule* find_rule(std::string_view id_or_name) {
  for (const compiler::Rule* rule : all_rules()) {
    if (schema::equals_ignoring_case(rule->id, id_or_name) ||
        schema::equals_ignoring_case(rule->name, id_or_name)) {
      return rule;
    }
  }
  return nullptr;
}

namespace {

schema::OptionSet options_of(const LintRule& rule) {
  schema::OptionSet set;
  for (const schema::OptionRow& row : schema::option_rows()) {
    const bool is_named =
        std::find(rule.options.begin(), rule.options.end(), row.name) != rule.options.end();
    set[row.id] = is_named || rule.type.contains(row.type);
  }
  return set;
}

// Rules by what they look at, so that a section is given to those alone that it concerns.
class Runner {
 public:
  Runner(Context& context, Diagnostics& out) : context_(context), out_(out) {
    for (const LintRule* rule : rules) {
      const bool is_optional = rule->is_optional || rule->rule.severity == Severity::style;
      if (is_optional && !context.options().style) continue;
      if (rule->looks_at_whole)
        whole_.push_back(rule);
      else if (rule->check != nullptr)
        some_.push_back(rule);
      else if (rule->check_section != nullptr)
        section_.push_back({rule, options_of(*rule)});
      else
        add_value_rule(rule);
    }
  }

  void run() {
    const std::span<const ConfigSection> all = context_.config().sections;
    for (const LintRule* rule : whole_) rule->check(context_, out_);
    constexpr std::size_t at_a_time = 64;
    for (std::size_t begin = 0; begin < all.size(); begin += at_a_time) {
      context_.set_sections(all.subspan(begin, std::min(at_a_time, all.size() - begin)));
      for (const LintRule* rule : some_) rule->check(context_, out_);
      for (const ConfigSection& section : context_.sections())
        if (section.name) look_at(section);
    }
    context_.set_sections(all);
  }

 private:
  struct SectionRule {
    const LintRule* rule;
    schema::OptionSet options;
  };

  void add_value_rule(const LintRule* rule) {
    const schema::OptionSet options = options_of(*rule);
    for (std::size_t id = 0; id < schema::option_count; ++id)
      if (options[id]) value_[id].push_back(rule);
    with_value_rules_ |= options;
  }

  void look_at(const ConfigSection& section) {
    for (const SectionRule& row : section_)
      if ((section.options & row.options).any()) row.rule->check_section(context_, out_, section);
    if ((section.options & with_value_rules_).none()) return;
    for (const ConfigEntry& entry : section.entries)
      if (entry.option != nullptr && !entry.overridden && !entry.from_default)
        look_at_value(section, entry);
  }

  void look_at_value(const ConfigSection& section, const ConfigEntry& entry) {
    const schema::OptionId id = entry.option->id;
    if (value_[id].empty()) return;
    std::string_view& clean = clean_[id];
    if (clean.data() != nullptr && clean == entry.value) return;
    const std::size_t before = out_.all().size();
    for (const LintRule* rule : value_[id]) rule->check_value(context_, out_, section, entry);
    const bool is_clean = out_.all().size() == before && !entry.is_template;
    clean = is_clean ? entry.value : std::string_view{};
  }

  Context& context_;
  Diagnostics& out_;
  std::vector<const LintRule*> whole_;
  std::vector<const LintRule*> some_;
  std::vector<SectionRule> section_;
  std::array<std::vector<const LintRule*>, schema::option_count> value_;
  schema::OptionSet with_value_rules_;
  // The last value of each option that no rule had a word about.
  std::array<std::string_view, schema::option_count> clean_{};
};

}  // namespace

Diagnostics lint(const compiler::Compilation& compilation, const LintOptions& options) {
  Diagnostics findings;
  if (compilation.failure) return findings;
  Context context(compilation, options);
  Runner(context, findings).run();

  const Explained explained = explained_by(context, findings);
  for (const Diagnostic& diagnostic : compilation.diagnostics.all()) {
    const std::string_view id = diagnostic.rule->id;
    const bool is_explained =
        (is_about_value(id) && contains(explained.values, diagnostic.span)) ||
        (is_about_missing_option(id) && contains(explained.headers, diagnostic.span)) ||
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
