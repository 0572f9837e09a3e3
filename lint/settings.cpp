#include "lint/settings.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lint/setting_forms.h"

namespace sup::lint {

namespace {

template <class Type, std::optional<Type> Settings::*member>
constexpr SettingRow row(std::string_view key, bool in_per_path, std::string_view argument,
                         std::string_view fallback, std::string_view help) {
  return {key,
          Form<Type>::shape,
          in_per_path,
          argument,
          fallback,
          help,
          [](Settings& settings) { (settings.*member).emplace(); },
          [](Settings& settings, std::string_view word, const std::string& folder) {
            return Form<Type>::add(*(settings.*member), word, folder);
          },
          [](Settings& under, const Settings& over) {
            if (!(over.*member)) return;
            if (!(under.*member)) {
              under.*member = over.*member;
            } else {
              Form<Type>::merge(*(under.*member), *(over.*member));
            }
          },
          [](const Settings& settings) {
            return settings.*member ? Form<Type>::print(*(settings.*member)) : std::string{};
          }};
}

constexpr std::array rows{
#define SETTING(member, type, key, in_per_path, argument, fallback, help) \
  row<type, &Settings::member>(key, in_per_path, argument, fallback, help),
#include "lint/settings.def"
#undef SETTING
};

// The default as TOML; empty: there is none.
std::string fallback_in_toml(const SettingRow& row) {
  if (row.fallback.empty()) return {};
  return row.shape == SettingShape::text ? in_toml(row.fallback) : std::string(row.fallback);
}

void print_rows(const Settings& settings, bool only_set, std::string& out) {
  for (const SettingRow& setting : rows) {
    const std::string value = setting.print(settings);
    const std::string fallback = fallback_in_toml(setting);
    if (!value.empty())
      out += std::string(setting.key) + " = " + value + "\n";
    else if (!only_set)
      out += "# " + std::string(setting.key) + (fallback.empty() ? "" : " = " + fallback) + "\n";
  }
}

}  // namespace

std::span<const SettingRow> setting_rows() { return rows; }

const SettingRow* find_setting(std::string_view key) {
  const auto* found = std::find_if(rows.begin(), rows.end(),
                                   [&](const SettingRow& setting) { return setting.key == key; });
  return found == rows.end() ? nullptr : found;
}

schema::Result<Settings> settings_from_words(const SettingWords& words) {
  Settings settings;
  for (const auto& [key, values] : words) {
    if (values.empty()) continue;
    const SettingRow* setting = find_setting(key);
    if (setting == nullptr) return schema::Error{"there is no setting " + std::string(key)};
    setting->start(settings);
    for (const std::string& word : values)
      if (const auto wrong = setting->add(settings, word, {}))
        return schema::Error{"--" + std::string(key) + ": " + wrong->message +
                             (wrong->hint.empty() ? "" : "; " + wrong->hint)};
  }
  return settings;
}

Settings merged(const Settings& under, const Settings& over) {
  Settings result = under;
  result.per_path.clear();
  for (const SettingRow& setting : rows) setting.merge(result, over);
  if (over.select) {  // which starts anew
    result.select = over.select;
    result.ignore = over.ignore;
    result.extend_select = over.extend_select;
  }
  return result;
}

std::string print_settings(const Settings& settings) {
  std::string out;
  print_rows(settings, false, out);
  for (const PathSettings& entry : settings.per_path) {
    out += "\n[[per-path]]\npaths = " + Form<PathPatterns>::print(entry.paths) + "\n";
    print_rows(entry.settings, true, out);
  }
  return out;
}

std::string settings_as_markdown() {
  constexpr auto shape_name = [](SettingShape shape) -> std::string_view {
    switch (shape) {
      case SettingShape::flag: return "true or false";
      case SettingShape::number: return "number";
      case SettingShape::text: return "text";
      case SettingShape::list: return "list of texts";
      case SettingShape::table: return "table of texts";
    }
    return "";
  };
  std::string out = "| key | value | default | says |\n|---|---|---|---|\n";
  for (const SettingRow& setting : rows) {
    const std::string fallback = fallback_in_toml(setting);
    out += "| `" + std::string(setting.key) + "`" + (setting.in_per_path ? " \\*" : "") + " | " +
           std::string(shape_name(setting.shape)) + " | " +
           (fallback.empty() ? "" : "`" + fallback + "`") + " | " + std::string(setting.help) +
           " |\n";
  }
  return out;
}

}  // namespace sup::lint
