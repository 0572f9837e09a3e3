// Settings: what is reported, how strictly, and how configurations are read. They come from a
// settings file (settings_file.h) or a command line; the rows of settings.def say which there are.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics.h"
#include "compiler/template_markers.h"
#include "lint/rule_selector.h"
#include "schema/dialects.h"
#include "schema/result.h"
#include "schema/values.h"

namespace sup::lint {

using compiler::Severity;

using RuleSelectors = std::vector<RuleSelector>;

struct RuleSeverity {
  RuleSelector rules;
  std::optional<Severity> level;  // nothing: off
};

using RuleSeverities = std::vector<RuleSeverity>;

struct Seconds {
  std::int64_t count = 0;
};

struct ByteCount {
  std::int64_t count = 0;
};

// See path_pattern.h.
struct PathPattern {
  std::string folder;  // absolute; what the pattern is relative to
  std::string text;
};

using PathPatterns = std::vector<PathPattern>;

struct Variables {
  std::vector<std::string> values;  // KEY=value, or KEY
};

struct FileName {
  std::string path;  // relative to the working directory, or absolute
};

struct FileNames {
  std::vector<std::string> paths;
};

struct PathSettings;

struct Settings {
#define SETTING(member, type, ...) std::optional<type> member;
#include "lint/settings.def"
#undef SETTING
  std::vector<PathSettings> per_path;
};

// What [[per-path]] says of some files.
struct PathSettings {
  PathPatterns paths;
  Settings settings;  // of those rows that may stand there
};

// How a setting is written in TOML.
enum class SettingShape : std::uint8_t { flag, number, text, list, table };

// What is wrong with a word of a setting.
struct Complaint {
  std::string message;
  std::string hint;           // may be empty
  bool is_about_key = false;  // of KEY=VALUE in a table
};

// One row of settings.def.
struct SettingRow {
  std::string_view key;
  SettingShape shape;
  bool in_per_path;
  std::string_view argument;  // empty: a flag
  std::string_view fallback;  // as it is printed; empty: nothing
  std::string_view help;

  // Makes it set, with nothing in it as yet.
  void (*start)(Settings& settings);
  // Takes one word: the value, or one of a list; KEY=VALUE for a table. Paths are relative to
  // `folder`, which ends in a slash or is empty.
  std::optional<Complaint> (*add)(Settings& settings, std::string_view word,
                                  const std::string& folder);
  // Puts what `over` sets above what `under` sets: lists grow, values are replaced.
  void (*merge)(Settings& under, const Settings& over);
  // The value as TOML; empty when it is not set.
  std::string (*print)(const Settings& settings);
};

std::span<const SettingRow> setting_rows();

// Null if there is none.
const SettingRow* find_setting(std::string_view key);

// Words of a command line by the key of the setting.
using SettingWords = std::map<std::string_view, std::vector<std::string>>;

// The settings that a command line says; keys without words are not set. The Error says what is
// wrong, as in "--ignore: there is no rule `x`".
schema::Result<Settings> settings_from_words(const SettingWords& words);

// All of `under` with `over` above it; a `select` there takes the place of all that was selected or
// ignored. Without per-path, which belongs to one file of settings.
Settings merged(const Settings& under, const Settings& over);

// The settings as a settings file, one line each; what is not set stands as a comment with its
// default.
std::string print_settings(const Settings& settings);

// Rows as a table in Markdown, for docs/supcheck.md.
std::string settings_as_markdown();

}  // namespace sup::lint
