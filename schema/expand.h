// Supervisor's %(name)s templates: Python's % formatting of a text with a dictionary.
//
// The full grammar is known: %(name)[flags][width][.precision][length]conversion and %%. Names are
// text or, for process_num and numprocs, integers. A conversion without a name would format the
// whole dictionary, environment and all, in Supervisor; here it is an error, as it cannot be meant.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sup::schema {

using TemplateValue = std::variant<std::string_view, std::int64_t>;

// What a name stands for; nothing when it is not defined.
using NameLookup = std::function<std::optional<TemplateValue>(std::string_view name)>;

struct ExpandError {
  // Slug of the diagnostic: unknown-expansion, bare-percent-conversion, bad-percent-format,
  // expansion-without-conversion, wrong-conversion.
  std::string_view rule;
  std::string message;
  std::string name;  // the undefined name, for unknown-expansion
  std::string fix;   // text for the marked part, or empty
  std::size_t begin = 0;
  std::size_t length = 0;
};

struct Expanded {
  std::string text;
  std::vector<ExpandError> errors;  // empty: text is complete
};

// Whether expansion could change the text at all.
inline bool is_template(std::string_view text) { return text.find('%') != std::string_view::npos; }

Expanded expand(std::string_view text, const NameLookup& lookup);

// Names in %(name), each once, in order. Malformed text gives those before the fault.
std::vector<std::string> names_in(std::string_view text);

// Replaces the names that `lookup` defines and leaves everything else, %% included, as it is.
// Replacements are escaped, so that a later expand gives the same as one expand with both lookups.
std::string fold(std::string_view text, const NameLookup& lookup);

// The text with each % doubled.
std::string escape_template(std::string_view text);

}  // namespace sup::schema
