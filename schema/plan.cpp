#include "schema/plan.h"

#include <algorithm>
#include <tuple>

#include "schema/text.h"

namespace sup::schema {

std::string_view Section::name() const {
  const std::size_t colon = full_name.find(':');
  return colon == std::string_view::npos ? std::string_view{} : strip(full_name.substr(colon + 1));
}

const Setting* Section::find(OptionId option) const {
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [&](const Setting& s) { return s.option == option; });
  return found == settings.end() ? nullptr : &*found;
}

bool Plan::operator==(const Plan& other) const {
  const auto parts = [](const Plan& plan) {
    return std::tie(plan.target, plan.here, plan.relocatable, plan.files, plan.sections,
                    plan.warnings, plan.infos, plan.secrets);
  };
  return parts(*this) == parts(other);
}

std::string Plan::place(Origin origin) const {
  if (origin.line == 0 || origin.file >= files.size()) return "default";
  return files[origin.file] + ":" + std::to_string(origin.line);
}

}  // namespace sup::schema
