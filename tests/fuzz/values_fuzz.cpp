// Any text is a value of a type or is refused with a place in it; what a value prints is that value
// again.
#include <set>
#include <string>
#include <string_view>

#include "schema/options.h"
#include "tests/fuzz/target.h"

using namespace sup;

namespace {

// Each type once, by one of the options that have it.
template <class Struct>
void check(std::string_view text, schema::Target target, std::set<std::string_view>& seen) {
  for (const schema::OptionRow& row : schema::option_rows()) {
    if (row.block != Struct::block || !seen.insert(row.type).second) continue;
    Struct options;
    if (const auto error = row.read(&options, text, {target})) {
      fuzz::require(!error->rule.empty() && !error->message.empty(), "errors say something");
      fuzz::require(error->begin <= text.size() && error->length <= text.size() - error->begin,
                    "errors lie in the text");
      continue;
    }
    const auto printed = row.print(&options);
    fuzz::require(printed.has_value(), "a value that was read can be printed");
    // Before 4.4 quotes cannot be written in an environment.
    if (row.type == schema::Environment::name) continue;
    Struct again;
    fuzz::require(!row.read(&again, *printed, {target}), "what was printed can be read");
    fuzz::require(row.print(&again) == printed, "print(read(print(x))) == print(x)");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  for (const auto target : {schema::Target::v4_2, schema::Target::v4_4}) {
    std::set<std::string_view> seen;
#define BLOCK(name, Struct) check<schema::Struct>(text, target, seen);
#define OPTION(...)
#define OPTION_AS(...)
#define END_BLOCK
#include "schema/options.def"
#undef BLOCK
#undef OPTION
#undef OPTION_AS
#undef END_BLOCK
  }
  return 0;
}
