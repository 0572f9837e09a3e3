// Any text expands or is refused with a place in it, and folding first changes nothing.
#include <algorithm>
#include <string>

#include "schema/expand.h"
#include "schema/text.h"
#include "schema/values.h"
#include "tests/fuzz/target.h"

using namespace sup;

namespace {

std::optional<schema::TemplateValue> known(std::string_view name) {
  if (name == "here") return std::string_view("/srv/100%/(x)s");
  if (name == "process_num") return std::int64_t{-7};
  return std::nullopt;
}

bool is_word(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::optional<schema::TemplateValue> all(std::string_view name) {
  if (auto value = known(name)) return value;
  if (name == "ENV_X") return std::string_view("caf\xC3\xA9 \xFF");
  return std::nullopt;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  const auto expanded = schema::expand(text, all);
  for (const schema::ExpandError& error : expanded.errors) {
    fuzz::require(error.begin <= text.size() && error.length <= text.size() - error.begin,
                  "errors lie in the text");
    fuzz::require(!error.rule.empty() && !error.message.empty(), "errors say something");
  }
  const std::string folded = schema::fold(text, known);
  const auto later = schema::expand(folded, all);
  if (expanded.errors.empty()) {
    fuzz::require(later.errors.empty() && later.text == expanded.text,
                  "expand(fold(x)) == expand(x)");
  }
  const auto escaped = schema::expand(schema::escape_template(text), all);
  fuzz::require(escaped.errors.empty() && escaped.text == text, "expand(escape(x)) == x");
  (void)schema::names_in(text);

  // The other readers of values, which share their input with it.
  std::string error;
  (void)schema::split_command(text, error);
  (void)schema::python_repr(text);
  (void)schema::invalid_utf8(text);
  for (const auto target : {schema::Target::v4_2, schema::Target::v4_4}) {
    schema::EnvironmentValue variables;
    if (schema::Environment::read(text, {target}, variables)) continue;
    // Before 4.4 quotes cannot be written in a value, and odd names never.
    if (target != schema::Target::v4_4 ||
        !std::all_of(variables.begin(), variables.end(),
                     [](const auto& v) { return is_word(v.first); })) {
      continue;
    }
    schema::EnvironmentValue again;
    fuzz::require(
        !schema::Environment::read(schema::Environment::print(variables), {target}, again),
        "what Environment prints can be read");
    fuzz::require(again == variables, "Environment reads what it printed as it was");
  }
  return 0;
}
