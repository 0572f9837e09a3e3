// Plans as text that people and other programs read.
#pragma once

#include <map>
#include <string>

#include "schema/instantiate.h"
#include "schema/plan.h"
#include "schema/secrets.h"

namespace sup::compiler {

struct EmitOptions {
  bool show_secrets = false;  // otherwise they are hidden, see schema/redact.h
  // Variables that were given, to tell which of those that a plan needs are; null: none.
  const std::map<std::string, std::string, std::less<>>* environment = nullptr;

  bool gives(std::string_view variable) const {
    return environment != nullptr && environment->contains(variable);
  }

  // What is hidden wherever it stands.
  schema::Secrets secrets(const schema::Plan& plan, const schema::Resolved* resolved) const;
};

// One merged INI file that means the same as the plan.
std::string emit_ini(const schema::Plan& plan, const EmitOptions& options);

// The plan: sections, settings, origins, the variables it needs at boot.
std::string emit_plan_json(const schema::Plan& plan, const EmitOptions& options);

// Groups and processes with all their fields, as Supervisor would have them.
std::string emit_resolved_json(const schema::Plan& plan, const schema::Resolved& resolved,
                               const EmitOptions& options);

// The option table itself: all kinds of section, or one.
std::string emit_schema_json(const schema::SectionRow* only = nullptr);

// The same as a reference for people, in Markdown.
std::string emit_schema_markdown(const schema::SectionRow* only = nullptr);

// What the reference says of one option, for editors.
std::string describe_option(const schema::SectionRow& section, const schema::OptionRow& row);

// A first configuration to be edited: what a daemon needs that supervisorctl can talk to, and
// everything else in comments.
std::string emit_first_configuration();

}  // namespace sup::compiler
