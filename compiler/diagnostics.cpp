#include "compiler/diagnostics.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

#include "compiler/compiler_rules.h"
#include "schema/result.h"

namespace sup::compiler {
namespace {

constexpr bool safe = true;
constexpr bool ask = false;

// What follows from a mistake.
constexpr bool refused = true;
constexpr bool said = false;

struct CompilerRule {
  Rule rule;
  bool fix_is_safe;
  bool is_refused;
  std::string_view advice;
};

constexpr CompilerRule row(std::string_view id, std::string_view name, Severity severity,
                           bool fix_is_safe, bool is_refused, std::string_view summary,
                           std::string_view advice) {
  return {
      {id, name, severity, summary},
      fix_is_safe, is_refused, advice
  };
}

constexpr std::array rules{
#define RULE(id, name, severity, fix, follows, summary, advice) \
  row(id, name, Severity::severity, fix, follows, summary, advice),
#include "compiler/errors.def"
#undef RULE
};

const CompilerRule& row_named(std::string_view name) {
  const auto* row = std::find_if(rules.begin(), rules.end(),
                                 [&](const CompilerRule& r) { return r.rule.name == name; });
  SUP_CHECK(row != rules.end(), "a mistake is reported under a name that errors.def does not list");
  return *row;
}

}  // namespace

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::style: return "style";
    case Severity::info: return "info";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
  }
  return "error";
}

Diagnostic& Diagnostic::with_hint(std::string text) {
  hint = std::move(text);
  return *this;
}

Diagnostic& Diagnostic::label(Span where, std::string text) {
  labels.push_back({where, std::move(text)});
  return *this;
}

Diagnostic& Diagnostic::note(std::string text) {
  notes.push_back(std::move(text));
  return *this;
}

Diagnostic& Diagnostic::fix(std::string title, Span where, std::string replacement, bool is_safe) {
  fixes.push_back({std::move(title), {{where, std::move(replacement)}}, is_safe});
  return *this;
}

Diagnostic& Diagnostics::report(const Rule& rule, Span span, std::string message) {
  return report(rule, rule.severity, span, std::move(message));
}

Diagnostic& Diagnostics::report(const Rule& rule, Severity severity, Span span,
                                std::string message) {
  Diagnostic& made = diagnostics_.emplace_back();
  made.rule = &rule;
  made.severity = severity;
  made.span = span;
  made.message = std::move(message);
  // A message is one line; a value that it quotes may have several.
  std::replace(made.message.begin(), made.message.end(), '\n', ' ');
  return made;
}

void Diagnostics::take(Diagnostics& other) {
  diagnostics_.insert(diagnostics_.end(), std::move_iterator(other.diagnostics_.begin()),
                      std::move_iterator(other.diagnostics_.end()));
  other.diagnostics_.clear();
}

void Diagnostics::sort() {
  const auto key = [](const Diagnostic& d) {
    return std::tuple(d.span.source, d.span.begin, d.span.end, d.rule->id);
  };
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
  const auto same = [&](const Diagnostic& a, const Diagnostic& b) {
    return key(a) == key(b) && a.message == b.message;
  };
  diagnostics_.erase(std::unique(diagnostics_.begin(), diagnostics_.end(), same),
                     diagnostics_.end());
}

std::size_t Diagnostics::count(Severity severity) const {
  return static_cast<std::size_t>(
      std::count_if(diagnostics_.begin(), diagnostics_.end(),
                    [&](const Diagnostic& d) { return d.severity == severity; }));
}

void conceal(const schema::Secrets& secrets, Diagnostics& diagnostics) {
  if (secrets.empty()) return;
  diagnostics.each([&](Diagnostic& diagnostic) {
    secrets.conceal_in(diagnostic.message);
    secrets.conceal_in(diagnostic.hint);
    secrets.conceal_in(diagnostic.notes);
    for (Label& label : diagnostic.labels) secrets.conceal_in(label.text);
    std::erase_if(diagnostic.fixes, [&](const Fix& fix) {
      return secrets.shows_in(fix.title) ||
             std::any_of(fix.edits.begin(), fix.edits.end(),
                         [&](const Edit& edit) { return secrets.shows_in(edit.text); });
    });
  });
}

const std::vector<const Rule*>& compiler_rules() {
  static const std::vector<const Rule*> all = [] {
    std::vector<const Rule*> list;
    list.reserve(rules.size());
    for (const CompilerRule& row : rules) list.push_back(&row.rule);
    return list;
  }();
  return all;
}

const Rule& compiler_rule(std::string_view name) { return row_named(name).rule; }

bool compiler_fix_is_safe(std::string_view name) { return row_named(name).fix_is_safe; }

std::string compiler_message(std::string_view name, std::string message, bool is_ours) {
  return row_named(name).is_refused && !is_ours ? message + "; Supervisor refuses it" : message;
}

std::string_view compiler_advice(std::string_view name) { return row_named(name).advice; }

}  // namespace sup::compiler
