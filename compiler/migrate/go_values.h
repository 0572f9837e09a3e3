// Values of the Go supervisord and what they become.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/migrate/draft.h"
#include "schema/dialects.h"
#include "schema/options.h"

namespace sup::compiler::migration {

struct GoValue {
  std::string value;
  std::vector<Setting> more;  // further settings that it takes
  std::string why;            // in a message: what is different
  std::string lost;           // in a message: what of it is lost, or empty
};

// The words of a list, which that daemon splits at commas.
std::vector<std::string> go_sinks(std::string_view list);

// What that daemon makes of any value before it looks at it, as a template of today's option; null:
// any.
GoValue read_go_text(const std::string& raw, const schema::OptionRow* option);

// What becomes of the value of a key in a section that is of this kind today.
GoValue read_go_value(const schema::DialectKey& found, schema::SectionKind kind,
                      schema::Target target, const std::string& raw);

}  // namespace sup::compiler::migration
