// A plan: a configuration that was read, merged and checked, ready to run on a machine that need
// not be the one that compiled it.
//
// It holds sections and their settings as templates, not processes: `%(ENV_X)s`, the host name and
// numprocs=%(ENV_WORKERS)s belong to the machine that runs, and instantiate.h binds them there. A
// setting without % is a constant. What the compiler knows (the folder %(here)s, merged duplicates,
// includes, [DEFAULT]) is already folded. Every setting keeps the place it came from.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "schema/memory.h"
#include "schema/options.h"

namespace sup::schema {

// File and line that something was written at. Line 0: nowhere, it is a default.
struct Origin {
  std::uint32_t file = 0;  // index into Plan::files
  std::uint32_t line = 0;
  bool operator==(const Origin&) const = default;
};

// Owns the texts that a plan's settings point to, or keeps alive who does. Copies of a plan share
// it.
class TextStore {
 public:
  // Two threads may bind one configuration.
  std::string_view keep(std::string text) {
    const std::scoped_lock lock(mutex_);
    return texts_.emplace_back(std::move(text));
  }

  void keep_alive(std::shared_ptr<const void> owner) { owners_.push_back(std::move(owner)); }

 private:
  std::mutex mutex_;
  std::deque<std::string> texts_;
  std::vector<std::shared_ptr<const void>> owners_;
};

struct Setting {
  OptionId option = 0;
  Origin origin;
  std::string_view text;  // after comments, continuation lines and %(here)s; otherwise as written
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
  std::string_view full_name;  // as in the header, "program:web"
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
  RegionVector<Section> sections;     // in order of first appearance
  std::vector<std::string> warnings;  // what Supervisor logs at its start about includes, WARN
  std::vector<std::string> infos;     // and INFO
  // Values of secret variables that were folded in, each once, sorted: what is not to be shown of
  // texts that no longer tell where they come from.
  std::vector<std::string> secrets;
  std::shared_ptr<TextStore> texts = std::make_shared<TextStore>();
  bool operator==(const Plan& other) const;  // by content

  // "conf.d/web.conf:12"
  std::string place(Origin origin) const;
};

}  // namespace sup::schema
