#include <nlohmann/json.hpp>

#include "compiler/emit_diff.h"
#include "compiler/emit_place.h"

namespace sup::compiler {
namespace {

using Json = nlohmann::json;
using namespace schema;

std::string_view subject_name(DiffSubject subject) {
  switch (subject) {
    case DiffSubject::daemon: return "daemon";
    case DiffSubject::http_server: return "http_server";
    case DiffSubject::rpcinterface: return "rpcinterface";
    case DiffSubject::group: return "group";
    case DiffSubject::program: return "program";
    case DiffSubject::client: return "client";
  }
  return "program";
}

Json value_json(const ValueChange& change, const DiffValue& value, const Plan& plan,
                const EmitDiffOptions& options) {
  if (!value.text) return nullptr;
  const std::string shown = shown_value(change, value, options);
  Json out;
  out["value"] = shown;
  out["hidden"] = shown != *value.text;
  out["origin"] = place_json(plan, value.origin);
  out["open"] = value.open;
  return out;
}

Json difference_json(const Difference& difference, const Plan& before, const Plan& after,
                     const EmitDiffOptions& options) {
  Json values = Json::array();
  for (const ValueChange& change : difference.values) {
    Json made;
    made["name"] = change.name;
    made["before"] = value_json(change, change.before, before, options);
    made["after"] = value_json(change, change.after, after, options);
    made["restart"] = change.restart;
    made["per_process"] = change.per_process;
    if (!change.variable.empty()) made["variable"] = change.variable;
    values.push_back(std::move(made));
  }
  Json out;
  out["subject"] = subject_name(difference.subject);
  out["action"] = diff_action_name(difference.action);
  out["section"] = difference.section;
  out["before"] = place_json(before, difference.before);
  out["after"] = place_json(after, difference.after);
  out["values"] = std::move(values);
  if (difference.subject != DiffSubject::program) return out;
  out["group"] = difference.group;
  out["moved"] = difference.moved.empty() ? Json(nullptr) : Json(difference.moved);
  out["processes"] = {
      {"added",     difference.added    },
      {"removed",   difference.removed  },
      {"restarted", difference.restarted},
      {"in_place",  difference.in_place }
  };
  return out;
}

}  // namespace

std::string emit_diff_json(const PlanDiff& diff, const Plan& before, const Plan& after,
                           const EmitDiffOptions& options) {
  Json differences = Json::array();
  for (const Difference& difference : diff.differences)
    differences.push_back(difference_json(difference, before, after, options));
  Json steps = Json::array();
  for (const DiffStep& step : diff.steps)
    steps.push_back({
        {"step",           step.start ? "start" : "stop"},
        {"process",        step.process                 },
        {"section",        step.section                 },
        {"group_priority", step.group_priority          },
        {"priority",       step.priority                },
        {"autostart",      step.autostart               },
        {"added",          step.added                   }
    });
  const Json out = {
      {"same",           diff.same()           },
      {"daemon_restart", diff.daemon_restart   },
      {"unchanged",      diff.unchanged        },
      {"differences",    std::move(differences)},
      {"steps",          std::move(steps)      }
  };
  return out.dump(1, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace sup::compiler
