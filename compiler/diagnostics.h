// Diagnostics: what is wrong in the user's text, as data. Rendering is elsewhere (render_text.h).
//
// A Rule is one row of compiler/errors.def or one object of lint/rules/, listed once, so that
// documentation and coverage can be checked.
// Messages start in lower case, have no final stop, put names in backticks, say what was seen and
// what follows from it; the hint says what to write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/source.h"
#include "schema/secrets.h"

namespace sup::compiler {

enum class Severity : std::uint8_t { style, info, warning, error };

std::string_view severity_name(Severity severity);

struct Rule {
  std::string_view id;    // "SUP202"
  std::string_view name;  // "unknown-option"
  Severity severity;
  std::string_view summary;  // one line for lists
};

// Words that belong to a place.
struct Label {
  Span span;
  std::string text;
};

struct Edit {
  Span span;
  std::string text;  // replaces the span
};

struct Fix {
  std::string title;  // "write `autostart`"
  std::vector<Edit> edits;
  bool safe = false;  // may be applied unasked
};

// Further places that a finding names; of more than so many nobody reads all.
constexpr std::size_t most_labels = 5;

struct Diagnostic {
  const Rule* rule = nullptr;
  Severity severity = Severity::error;
  Span span;
  std::string message;
  std::string hint;           // printed beside the carets, may be empty
  std::vector<Label> labels;  // further places
  std::vector<std::string> notes;
  std::vector<Fix> fixes;
  std::optional<Span> hidden;  // a secret: not shown where the source is

  // Cold, as is all that tells of mistakes: what leads to these calls is then kept apart from what
  // runs for every file, and a start touches half as much code.
  [[gnu::cold]] Diagnostic& with_hint(std::string text);
  [[gnu::cold]] Diagnostic& label(Span where, std::string text);
  [[gnu::cold]] Diagnostic& note(std::string text);
  [[gnu::cold]] Diagnostic& fix(std::string title, Span where, std::string replacement,
                                bool is_safe);
};

// The sink.
class Diagnostics {
 public:
  [[gnu::cold]] Diagnostic& report(const Rule& rule, Span span, std::string message);
  [[gnu::cold]] Diagnostic& report(const Rule& rule, Severity severity, Span span,
                                   std::string message);

  // Takes over all that another one has.
  void take(Diagnostics& other);

  // Takes out those that the function is true for.
  template <class Predicate>
  void remove_if(Predicate predicate) {
    std::erase_if(diagnostics_, predicate);
  }

  template <class Function>
  void each(Function function) {
    for (Diagnostic& diagnostic : diagnostics_) function(diagnostic);
  }

  // Order by source, place and rule, exact duplicates removed. Call once before reading.
  void sort();

  const std::vector<Diagnostic>& all() const { return diagnostics_; }

  std::size_t count(Severity severity) const;

  bool has_errors() const { return count(Severity::error) != 0; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

// Hides the secrets in what is said; a fix that would write one into a file is taken back.
void conceal(const schema::Secrets& secrets, Diagnostics& diagnostics);

// All rules of compiler/errors.def.
const std::vector<const Rule*>& compiler_rules();

}  // namespace sup::compiler
