// The variables of an environment= before it is bound: names and the templates of their values.
#pragma once

#include <string_view>

#include "schema/values.h"

namespace sup::schema {

// Reads `text` as Environment does, but %(name)s may stand where a bound text has a word: in
// A=%(ENV_X)s,B=1 the variable A is the template "%(ENV_X)s". False: it cannot be read.
bool read_environment_template(std::string_view text, EnvironmentValue& variables);

}  // namespace sup::schema
