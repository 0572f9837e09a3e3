// What a configuration will take and do, computed and not measured: supcheck --facts. A fact is
// data; text and JSON are made of it in one place each (../render_facts.h).
//
// A fact is one function in lint/facts/fact_<name>.cpp and one row in facts.def. It says where
// each number comes from and how it was computed; what hangs on a variable that is not known is
// named in `unknown` and never guessed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lint/context.h"
#include "lint/facts/amounts.h"

namespace sup::lint {

struct FactOptions {
  // Seconds after which whoever stops the daemon kills what is left.
  std::optional<std::int64_t> stop_grace;
};

struct FactPlace {
  std::string file;
  std::uint32_t line = 0;
};

using FactValue =
    std::variant<std::nullptr_t, bool, std::int64_t, std::string, std::vector<std::string>>;

struct FactField {
  std::string_view name;  // in JSON
  FactValue value;
  std::string text;  // in a line of text; empty: it is not said there
};

struct FactRow {
  std::vector<FactField> fields;
  FactPlace place;
};

struct UnknownValue {
  std::string what;  // "`numprocs` of [program:web] is `%(ENV_WORKERS)s`"
  FactPlace place;
};

struct Fact {
  std::string_view id;  // stable
  std::string summary;  // one line
  std::vector<FactField> fields;
  std::string_view how;  // how it was computed
  std::vector<FactRow> rows;
  std::vector<UnknownValue> unknown;
};

// What facts are made of, and what all of them need.
class FactSource {
 public:
  FactSource(const Context& context, const FactOptions& options)
      : context_(context), options_(options) {}

  const Context& context() const { return context_; }

  const FactOptions& options() const { return options_; }

  FactPlace place(const Span& span) const;
  // Of the entry, or of the section where that is null.
  FactPlace place(const ConfigSection& section, const ConfigEntry* entry) const;

  // Notes that an option was needed and is not known.
  void add_unknown(Fact& fact, const ConfigSection& section, const ConfigEntry& entry) const;

  template <class Value>
  void need(Fact& fact, const ConfigSection& section, const Known<Value>& known) const {
    if (!known.value && known.entry != nullptr) add_unknown(fact, section, *known.entry);
  }

  // Notes the members of groups that are not known.
  void need_groups(Fact& fact) const;
  // The same, and the numbers of processes.
  void need_processes(Fact& fact) const;

 private:
  const Context& context_;
  const FactOptions& options_;
};

// Fields with their text as numbers and words are mostly shown.
FactField field(std::string_view name, std::int64_t value, std::string_view unit = {});
FactField field(std::string_view name, std::string value);
FactField hidden(std::string_view name, FactValue value);

// "1 process", "2 processes", "3 groups".
std::string counted(std::int64_t count, std::string_view noun);

#define FACT(name) Fact fact_##name(const FactSource& source);
#include "lint/facts/facts.def"
#undef FACT

// All facts, in the order of facts.def.
std::vector<Fact> all_facts(const Context& context, const FactOptions& options);

}  // namespace sup::lint
