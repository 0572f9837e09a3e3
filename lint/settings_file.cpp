#include "lint/settings_file.h"

// Header-only, so that supcheck needs no library at run time; in this file alone, as it is large.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <toml++/toml.h>

#include "lint/lint.h"
#include "schema/suggest.h"

namespace sup::lint {

const LintRule invalid_settings_file{
    .rule = {"SUP1611", "invalid-settings-file", Severity::error,
             "a settings file that is not TOML"},
};

const LintRule unknown_setting{
    .rule = {"SUP1612", "unknown-setting", Severity::error, "a key that is no setting"},
};

const LintRule invalid_setting{
    .rule = {"SUP1613", "invalid-setting", Severity::error, "a setting with a wrong value"},
};

namespace {

using compiler::Span;

constexpr std::size_t settings_maximum_bytes = std::size_t{1} << 20U;
// Tables are taken apart by recursion: so many dots in keys are enough for anybody.
constexpr std::size_t maximum_dots = 1000;

// Dots outside of quotes and comments. Follows TOML as far as there is no mistake, where the
// parser stops.
std::size_t count_dots(std::string_view text) {
  std::size_t dots = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') ++dots;
    if (c == '#') i = std::min(text.find('\n', i), text.size());
    if (c != '"' && c != '\'') continue;
    const std::string long_quote(3, c);
    const bool is_long = text.substr(i).starts_with(long_quote);
    i += is_long ? 3 : 1;
    for (; i < text.size(); ++i) {
      if (text[i] == '\\' && c == '"') {
        ++i;
      } else if (is_long ? text.substr(i).starts_with(long_quote)
                         : text[i] == c || text[i] == '\n') {
        break;
      }
    }
    if (is_long) i += 2;
  }
  return dots;
}

class Reader {
 public:
  Reader(const compiler::SourceMap& sources, compiler::SourceId source, const std::string& folder,
         const std::string& absolute_folder, compiler::Diagnostics& out)
      : sources_(sources),
        source_(source),
        folder_(folder),
        absolute_folder_(absolute_folder),
        out_(out) {}

  Settings read() {
    const std::string_view bytes = sources_[source_].bytes;
    if (bytes.size() > settings_maximum_bytes) {
      complain("the settings file is longer than 1 MB");
      return {};
    }
    if (count_dots(bytes) > maximum_dots) {
      complain("the keys of the settings file have more than " + std::to_string(maximum_dots) +
               " dots");
      return {};
    }
    const toml::parse_result parsed = toml::parse(bytes, sources_[source_].path);
    if (!parsed) {
      const toml::parse_error& error = parsed.error();
      std::string reason(error.description());
      if (!reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z')
        reason[0] = static_cast<char>(reason[0] - 'A' + 'a');
      out_.report(invalid_settings_file.rule, place(error.source()), "this is not TOML: " + reason);
      return {};
    }
    Settings settings;
    read_table(parsed.table(), settings, nullptr);
    return settings;
  }

 private:
  void complain(std::string message) {
    out_.report(invalid_settings_file.rule, {source_, 0, 0}, std::move(message));
  }

  // One look takes its time; nobody mends more at once.
  bool is_enough() const {
    constexpr std::size_t most = 100;
    return out_.all().size() >= most;
  }

  // Columns of the parser count characters.
  std::uint32_t offset(const toml::source_position& position) {
    const std::string_view bytes = sources_[source_].bytes;
    const auto size = static_cast<std::uint32_t>(bytes.size());
    if (line_starts_.empty()) {
      line_starts_.push_back(0);
      for (std::size_t i = bytes.find('\n'); i != std::string::npos; i = bytes.find('\n', i + 1))
        line_starts_.push_back(i + 1);
    }
    if (position.line == 0) return 0;
    if (position.line > line_starts_.size()) return size;
    std::size_t at = line_starts_[position.line - 1];
    for (std::uint32_t column = 1; column < position.column; ++column) {
      if (at >= size || bytes[at] == '\n') break;
      for (++at; at < size && (static_cast<unsigned char>(bytes[at]) & 0xC0U) == 0x80U;) ++at;
    }
    return static_cast<std::uint32_t>(std::min<std::size_t>(at, size));
  }

  // On its first line only.
  Span place(const toml::source_region& region) {
    const std::uint32_t begin = offset(region.begin);
    std::uint32_t end = std::max(begin, offset(region.end));
    const std::size_t line_end = sources_[source_].bytes.view().find_first_of("\r\n", begin);
    if (line_end < end) end = static_cast<std::uint32_t>(line_end);
    return {source_, begin, std::max(begin, end)};
  }

  void report_unknown(const toml::key& key, bool in_per_path) {
    if (is_enough()) return;
    std::vector<std::string_view> known{in_per_path ? "paths" : "per-path"};
    for (const SettingRow& row : setting_rows())
      if (row.in_per_path || !in_per_path) known.push_back(row.key);
    const std::string name(key.str());
    const bool is_misplaced = in_per_path && find_setting(name) != nullptr;
    auto& made = out_.report(unknown_setting.rule, place(key.source()),
                             is_misplaced ? "`" + name + "` cannot be set for some paths only"
                                          : "there is no setting `" + name + "`");
    const std::string_view near = is_misplaced ? "" : schema::nearest(name, known);
    if (!near.empty()) made.with_hint("did you mean `" + std::string(near) + "`?");
    if (is_misplaced) made.with_hint("write it above the first [[per-path]]");
  }

  void report_type(const toml::node& node, std::string_view key, std::string_view wanted) {
    if (is_enough()) return;
    out_.report(invalid_setting.rule, place(node.source()),
                "`" + std::string(key) + "` is " + std::string(wanted));
  }

  bool add(const SettingRow& row, Settings& settings, std::string_view word,
           const toml::source_region& at, const toml::source_region& key_at) {
    if (is_enough()) return false;
    const std::string& folder =
        row.key == "exclude" ? absolute_folder_ : folder_;  // patterns are of absolute paths
    const auto wrong = row.add(settings, word, folder);
    if (!wrong) return true;
    out_.report(invalid_setting.rule, place(wrong->is_about_key ? key_at : at), wrong->message)
        .with_hint(wrong->hint);
    return false;
  }

  // A wrong word sets nothing.
  void read_word(const SettingRow& row, const toml::node& node, std::string_view word,
                 Settings& settings) {
    Settings alone;
    row.start(alone);
    if (add(row, alone, word, node.source(), node.source())) row.merge(settings, alone);
  }

  void read_list(const SettingRow& row, const toml::node& node, Settings& settings) {
    const toml::array* list = node.as_array();
    if (list == nullptr) return report_type(node, row.key, "a list: [\"...\"]");
    row.start(settings);
    for (const toml::node& item : *list) {
      const auto text = item.value_exact<std::string_view>();
      if (text)
        add(row, settings, *text, item.source(), item.source());
      else
        report_type(item, row.key, "a list of texts in quotes");
    }
  }

  void read_levels(const SettingRow& row, const toml::node& node, Settings& settings) {
    const toml::table* table = node.as_table();
    if (table == nullptr) return report_type(node, row.key, "a table: RULE = \"LEVEL\"");
    row.start(settings);
    for (const auto& [key, value] : *table) {
      const auto text = value.value_exact<std::string_view>();
      if (text)
        add(row, settings, std::string(key.str()) + "=" + std::string(*text), value.source(),
            key.source());
      else
        report_type(value, key.str(), "a severity in quotes");
    }
  }

  void read_row(const SettingRow& row, const toml::node& node, Settings& settings) {
    switch (row.shape) {
      case SettingShape::list: return read_list(row, node, settings);
      case SettingShape::table: return read_levels(row, node, settings);
      case SettingShape::flag: {
        const auto flag = node.value_exact<bool>();
        if (!flag) return report_type(node, row.key, "true or false");
        return read_word(row, node, *flag ? "true" : "false", settings);
      }
      case SettingShape::number: {
        const auto number = node.value_exact<std::int64_t>();
        if (!number) return report_type(node, row.key, "a number");
        return read_word(row, node, std::to_string(*number), settings);
      }
      case SettingShape::text: {
        const auto text = node.value_exact<std::string_view>();
        if (!text) return report_type(node, row.key, "a text in quotes");
        return read_word(row, node, *text, settings);
      }
    }
  }

  void read_paths(const toml::node& node, PathPatterns& paths) {
    Settings holder;
    const SettingRow& row = *find_setting("exclude");
    const toml::array* list = node.as_array();
    if (list == nullptr) return report_type(node, "paths", "a list of patterns: [\"*.conf\"]");
    read_list(row, node, holder);
    if (holder.exclude) paths = *holder.exclude;
  }

  void read_per_path(const toml::node& node, Settings& settings) {
    const toml::array* list = node.as_array();
    if (list == nullptr) return report_type(node, "per-path", "written [[per-path]]");
    for (const toml::node& item : *list) {
      const toml::table* table = item.as_table();
      if (table == nullptr) {
        report_type(item, "per-path", "written [[per-path]]");
        continue;
      }
      PathSettings made;
      read_table(*table, made.settings, &made.paths);
      if (!table->contains("paths"))
        out_.report(invalid_setting.rule, place(table->source()),
                    "this [[per-path]] names no files")
            .with_hint("write paths = [\"*.conf\"] into it");
      settings.per_path.push_back(std::move(made));
    }
  }

  // `paths`: those of a [[per-path]]; null: the table is the whole file.
  void read_table(const toml::table& table, Settings& settings, PathPatterns* paths) {
    for (const auto& [key, node] : table) {
      const SettingRow* row = find_setting(key.str());
      const bool in_per_path = paths != nullptr;
      if (in_per_path && key == "paths") {
        read_paths(node, *paths);
      } else if (!in_per_path && key == "per-path") {
        read_per_path(node, settings);
      } else if (row == nullptr || (in_per_path && !row->in_per_path)) {
        report_unknown(key, in_per_path);
      } else {
        read_row(*row, node, settings);
      }
    }
  }

  const compiler::SourceMap& sources_;
  const compiler::SourceId source_;
  const std::string& folder_;
  const std::string& absolute_folder_;
  compiler::Diagnostics& out_;
  std::vector<std::size_t> line_starts_;
};

}  // namespace

Settings read_settings(const compiler::SourceMap& sources, compiler::SourceId source,
                       const std::string& folder, const std::string& absolute_folder,
                       compiler::Diagnostics& out) {
  return Reader(sources, source, folder, absolute_folder, out).read();
}

}  // namespace sup::lint
