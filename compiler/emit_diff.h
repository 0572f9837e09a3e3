// The difference of two plans, for people and for programs.
#pragma once

#include <string>

#include "schema/plan_diff.h"
#include "schema/secrets.h"

namespace sup::compiler {

struct EmitDiffOptions {
  bool show_secrets = false;  // otherwise they are hidden, see schema/redact.h
  bool color = false;         // of the text
  schema::Secrets secrets;    // of both sides, unless they are to be shown
};

// What changes, each with its place on both sides, and in which order it happens; "" if nothing.
std::string emit_diff_text(const schema::PlanDiff& diff, const schema::Plan& before,
                           const schema::Plan& after, const EmitDiffOptions& options);

std::string emit_diff_json(const schema::PlanDiff& diff, const schema::Plan& before,
                           const schema::Plan& after, const EmitDiffOptions& options);

// A value as it may be shown.
std::string shown_value(const schema::ValueChange& change, const schema::DiffValue& value,
                        const EmitDiffOptions& options);

// Hides the secrets in names of processes.
void conceal_names(const schema::Secrets& secrets, schema::PlanDiff& diff);

}  // namespace sup::compiler
