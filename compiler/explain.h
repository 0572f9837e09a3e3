// Where each effective value comes from: the question "why is it so?" answered for every option of
// a section. Pure; emit_explain.h prints it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/config.h"
#include "schema/instantiate.h"
#include "schema/plan.h"
#include "schema/secrets.h"

namespace sup::compiler {

enum class ValueSource : std::uint8_t {
  section,          // written in the section itself
  default_section,  // written in [DEFAULT]
  inherited,        // a variable that [supervisord] gives to all processes
  built_in          // the option's default
};

// A variable of the environment that a template uses.
struct ExplainedVariable {
  enum class From : std::uint8_t { given, section, daemon, unknown };

  std::string name;
  From from = From::unknown;
  std::string value;      // if given
  schema::Origin origin;  // of the environment= that defines it
};

struct ExplainedValue {
  const schema::OptionRow* option = nullptr;  // null for a key that only a factory knows
  std::string name;
  std::string variable;             // one variable of an environment=, else empty
  std::optional<std::string> text;  // effective; nothing: unset. Secrets are not hidden
  std::string in_plan;              // the template behind it; empty: not written
  std::string written;              // as it stands in the file, if that is known
  ValueSource source = ValueSource::built_in;
  schema::Origin origin;
  bool open = false;  // not known before boot: `text` is the template
  std::vector<ExplainedVariable> variables;
  std::string note;  // more about a default
};

// What the first and the last process of a program do not share.
struct ExplainedContrast {
  const schema::OptionRow* option = nullptr;
  std::string name;
  std::string variable;
  std::string in_plan;
  std::optional<std::string> first;
  std::optional<std::string> last;
};

struct ExplainedSection {
  std::string name;  // "program:web"
  schema::Origin origin;
  std::vector<std::string> groups;     // of programs: the groups that run it
  std::vector<std::string> processes;  // "group:name"
  std::vector<ExplainedValue> values;
  std::vector<ExplainedContrast> contrasts;
  std::vector<std::string> files;  // of [include]: what was read
};

struct ExplainInput {
  const schema::Plan& plan;
  const schema::Resolved& resolved;
  const Config* config = nullptr;  // null: the plan's source is not at hand
  const std::map<std::string, std::string, std::less<>>& environment;  // that was given
};

// Hides the secrets wherever they stand.
void conceal(const schema::Secrets& secrets, std::vector<ExplainedSection>& sections);

// Sections that a user can mean by "program:web", "[program:web]", "web" or "supervisord"; indexes
// into the plan.
std::vector<std::size_t> find_sections(const schema::Plan& plan, std::string_view name);

// Sections of the processes that a user can mean by "group:process", "group:program", "group:*", or
// "group:web" where the group has no section of its own.
std::vector<std::size_t> find_sections_of_processes(const schema::Plan& plan,
                                                    const schema::Resolved& resolved,
                                                    std::string_view name);

// [include]: its patterns, as far as the source is at hand, and the files that were read by it.
// Nothing if nothing is included.
std::optional<ExplainedSection> explain_include(const ExplainInput& input);

// The nearest name that there is, or empty.
std::string nearest_section(const schema::Plan& plan, std::string_view name);

// `sections` are indexes into the plan.
std::vector<ExplainedSection> explain(const ExplainInput& input,
                                      const std::vector<std::size_t>& sections);

}  // namespace sup::compiler
