// A plan: a configuration that was read, merged and checked, ready to run on a machine that need
// not be the one that compiled it.
//
// It holds sections and their settings as templates, not processes: `%(ENV_X)s`, the host name and
// numprocs=%(ENV_WORKERS)s belong to the machine that runs, and instantiate.h binds them there. A
// setting without % is a constant. What the compiler knows (the folder %(here)s, merged duplicates,
// includes, [DEFAULT]) is already folded. Every setting keeps the place it came from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/options.h"

namespace sup::schema {

// File and line that something was written at. Line 0: nowhere, it is a default.
struct Origin {
  std::uint32_t file = 0;  // index into Plan::files
  std::uint32_t line = 0;
  bool operator==(const Origin&) const = default;
};

struct Setting {
  OptionId option = 0;
  Origin origin;
  std::string text;  // after comments, continuation lines and %(here)s; otherwise as written
  bool operator==(const Setting&) const = default;
};

// A key of [rpcinterface:x] or [ctlplugin:x] that only its factory knows.
struct ExtraSetting {
  std::string key;
  Origin origin;
  std::string text;
  bool operator==(const ExtraSetting&) const = default;
};

struct Section {
  SectionKind kind = SectionKind::program;
  std::string full_name;  // as in the header, "program:web"
  Origin origin;
  std::vector<Setting> settings;  // each option at most once, in order of first writing
  std::vector<ExtraSetting> extras;
  bool operator==(const Section&) const = default;

  // What stands after the first colon, stripped; "" for [supervisord].
  std::string_view name() const;
  const Setting* find(OptionId option) const;
};

struct Plan {
  Target target = default_target;
  std::string here;                   // folder of the main configuration, absolute
  bool relocatable = false;           // `here` is the folder of the plan, wherever it is read
  std::vector<std::string> files;     // main configuration first
  std::vector<Section> sections;      // in order of first appearance
  std::vector<std::string> warnings;  // what Supervisor logs at its start about includes, WARN
  std::vector<std::string> infos;     // and INFO
  bool operator==(const Plan&) const = default;

  // "conf.d/web.conf:12"
  std::string place(Origin origin) const;
};

// Names in ENV_ that the plan's templates use and that no environment= of its own defines, sorted:
// what the machine that runs it must have.
std::vector<std::string> required_environment(const Plan& plan);

}  // namespace sup::schema
