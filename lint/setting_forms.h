// How each type of settings.def is written: its shape, a word of it read, two of it merged, the
// whole printed. For settings.cpp.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "lint/settings.h"
#include "schema/suggest.h"
#include "schema/text.h"

namespace sup::lint {

using Wrong = std::optional<Complaint>;

inline constexpr std::array severities{Severity::error, Severity::warning, Severity::info,
                                       Severity::style};

inline std::string in_toml(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    constexpr std::string_view hex = "0123456789abcdef";
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7F) {
      out += "\\u00";
      out += hex[code / 16U];
      out += hex[code % 16U];
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

template <class Items, class Text>
std::string list_in_toml(const Items& items, Text text) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + in_toml(text(item));
  return "[" + out + "]";
}

inline std::string did_you_mean(std::string_view word, std::span<const std::string_view> known,
                                std::string_view otherwise) {
  const std::string_view near = schema::nearest(word, known);
  return near.empty() ? std::string(otherwise) : "did you mean `" + std::string(near) + "`?";
}

inline std::optional<Severity> severity_from_name(std::string_view name) {
  for (const Severity severity : severities)
    if (compiler::severity_name(severity) == name) return severity;
  return std::nullopt;
}

inline Wrong unknown_level(std::string_view word, bool with_off) {
  const std::array<std::string_view, 5> known{"error", "warning", "info", "style", "off"};
  const auto allowed = std::span(known).first(with_off ? 5 : 4);
  return Complaint{"there is no severity `" + std::string(word) + "`",
                   did_you_mean(word, allowed,
                                with_off ? "error, warning, info, style or off"
                                         : "error, warning, info or style")};
}

inline Wrong read_selector(std::string_view word, std::optional<RuleSelector>& out, bool is_key) {
  out = RuleSelector::from_text(word);
  if (out) return std::nullopt;
  return Complaint{"there is no rule `" + std::string(word) + "`", hint_for_unknown_rule(word),
                   is_key};
}

// A path that is relative to `folder`.
inline std::string in_folder(const std::string& folder, std::string_view path) {
  return path.starts_with('/') ? std::string(path) : folder + std::string(path);
}

// How each type is written: the shape, a word of it read and the whole printed.
template <class Type>
struct Form;

template <>
struct Form<RuleSelectors> {
  static constexpr auto shape = SettingShape::list;

  static Wrong add(RuleSelectors& value, std::string_view word, const std::string&) {
    for (const std::string_view part : schema::split_list(word)) {
      if (part.empty()) continue;
      std::optional<RuleSelector> selector;
      if (Wrong wrong = read_selector(part, selector, false)) return wrong;
      value.push_back(std::move(*selector));
    }
    return std::nullopt;
  }

  static void merge(RuleSelectors& under, const RuleSelectors& over) {
    under.insert(under.end(), over.begin(), over.end());
  }

  static std::string print(const RuleSelectors& value) {
    return list_in_toml(value, [](const RuleSelector& selector) { return selector.text(); });
  }
};

template <>
struct Form<RuleSeverities> {
  static constexpr auto shape = SettingShape::table;

  static Wrong add(RuleSeverities& value, std::string_view word, const std::string&) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos)
      return Complaint{"`" + std::string(word) + "` has no severity", "write RULE=LEVEL"};
    std::optional<RuleSelector> rules;
    if (Wrong wrong = read_selector(schema::strip(word.substr(0, equals)), rules, true))
      return wrong;
    const std::string_view level = schema::strip(word.substr(equals + 1));
    const auto severity = severity_from_name(level);
    if (!severity && level != "off") return unknown_level(level, true);
    value.push_back({std::move(*rules), severity});
    return std::nullopt;
  }

  static void merge(RuleSeverities& under, const RuleSeverities& over) {
    under.insert(under.end(), over.begin(), over.end());
  }

  static std::string print(const RuleSeverities& value) {
    std::string out;
    for (const RuleSeverity& row : value) {
      const std::string_view level = row.level ? compiler::severity_name(*row.level) : "off";
      out += (out.empty() ? " " : ", ") + in_toml(row.rules.text()) + " = " + in_toml(level);
    }
    return out.empty() ? "{}" : "{" + out + " }";
  }
};

// Those with one word, which a later one replaces.
template <class Type>
struct OneWord {
  static constexpr auto shape = SettingShape::text;

  static void merge(Type& under, const Type& over) { under = over; }
};

template <>
struct Form<Severity> : OneWord<Severity> {
  static Wrong add(Severity& value, std::string_view word, const std::string&) {
    const auto severity = severity_from_name(word);
    if (!severity) return unknown_level(word, false);
    value = *severity;
    return std::nullopt;
  }

  static std::string print(Severity value) { return in_toml(compiler::severity_name(value)); }
};

template <>
struct Form<schema::Target> : OneWord<schema::Target> {
  static Wrong add(schema::Target& value, std::string_view word, const std::string&) {
    const auto target = schema::target_from_name(word);
    if (!target)
      return Complaint{"there is no version `" + std::string(word) + "` of Supervisor to check for",
                       "3.4, 4.2, 4.3 or 4.4"};
    value = *target;
    return std::nullopt;
  }

  static std::string print(schema::Target value) { return in_toml(schema::target_name(value)); }
};

template <>
struct Form<schema::Dialect> : OneWord<schema::Dialect> {
  static Wrong add(schema::Dialect& value, std::string_view word, const std::string&) {
    const auto dialect = schema::dialect_from_name(word);
    if (!dialect)
      return Complaint{"unknown dialect `" + std::string(word) + "`",
                       "known are " + std::string(schema::dialect_names())};
    value = *dialect;
    return std::nullopt;
  }

  static std::string print(schema::Dialect value) {
    return in_toml(schema::dialect_row(value).name);
  }
};

template <>
struct Form<compiler::TemplateKind> : OneWord<compiler::TemplateKind> {
  static Wrong add(compiler::TemplateKind& value, std::string_view word, const std::string&) {
    const auto kind = compiler::template_kind_from_name(word);
    if (!kind)
      return Complaint{"unknown template `" + std::string(word) + "`",
                       "known are " + compiler::template_kind_names()};
    value = *kind;
    return std::nullopt;
  }

  static std::string print(compiler::TemplateKind value) {
    return in_toml(compiler::template_kind_name(value));
  }
};

template <>
struct Form<bool> : OneWord<bool> {
  static constexpr auto shape = SettingShape::flag;

  static Wrong add(bool& value, std::string_view word, const std::string&) {
    value = word == "true";
    return std::nullopt;
  }

  static std::string print(bool value) { return value ? "true" : "false"; }
};

template <>
struct Form<Seconds> : OneWord<Seconds> {
  static constexpr auto shape = SettingShape::number;

  static Wrong add(Seconds& value, std::string_view word, const std::string&) {
    if (schema::Integer::read(word, {}, value.count) || value.count < 0)
      return Complaint{"`" + std::string(word) + "` is no number of seconds", "such as 30"};
    return std::nullopt;
  }

  static std::string print(Seconds value) { return std::to_string(value.count); }
};

template <>
struct Form<ByteCount> : OneWord<ByteCount> {
  static Wrong add(ByteCount& value, std::string_view word, const std::string&) {
    if (schema::ByteSize::read(word, {}, value.count) || value.count < 0)
      return Complaint{"`" + std::string(word) + "` is no size", "such as 10GB"};
    return std::nullopt;
  }

  static std::string print(ByteCount value) { return in_toml(std::to_string(value.count)); }
};

template <>
struct Form<FileName> : OneWord<FileName> {
  static Wrong add(FileName& value, std::string_view word, const std::string& folder) {
    if (word.empty()) return Complaint{"the name of the file is empty", ""};
    value.path = in_folder(folder, word);
    return std::nullopt;
  }

  static std::string print(const FileName& value) { return in_toml(value.path); }
};

template <>
struct Form<FileNames> {
  static constexpr auto shape = SettingShape::list;

  static Wrong add(FileNames& value, std::string_view word, const std::string& folder) {
    FileName name;
    if (Wrong wrong = Form<FileName>::add(name, word, folder)) return wrong;
    value.paths.push_back(std::move(name.path));
    return std::nullopt;
  }

  static void merge(FileNames& under, const FileNames& over) {
    under.paths.insert(under.paths.end(), over.paths.begin(), over.paths.end());
  }

  static std::string print(const FileNames& value) {
    return list_in_toml(value.paths, [](const std::string& path) { return path; });
  }
};

template <>
struct Form<Variables> {
  static constexpr auto shape = SettingShape::list;

  static Wrong add(Variables& value, std::string_view word, const std::string&) {
    if (word.empty() || word.front() == '=')
      return Complaint{"the variable has no name", "write KEY=value"};
    value.values.emplace_back(word);
    return std::nullopt;
  }

  static void merge(Variables& under, const Variables& over) {
    under.values.insert(under.values.end(), over.values.begin(), over.values.end());
  }

  // Without the values, which may be secret.
  static std::string print(const Variables& value) {
    return list_in_toml(value.values,
                        [](const std::string& text) { return text.substr(0, text.find('=')); });
  }
};

template <>
struct Form<PathPatterns> {
  static constexpr auto shape = SettingShape::list;

  static Wrong add(PathPatterns& value, std::string_view word, const std::string& folder) {
    constexpr std::size_t longest = 4096;
    if (word.empty()) return Complaint{"the pattern is empty", ""};
    if (word.size() > longest) return Complaint{"the pattern is too long", ""};
    value.push_back({folder, std::string(word)});
    return std::nullopt;
  }

  static void merge(PathPatterns& under, const PathPatterns& over) {
    under.insert(under.end(), over.begin(), over.end());
  }

  static std::string print(const PathPatterns& value) {
    return list_in_toml(value, [](const PathPattern& pattern) { return pattern.text; });
  }
};

}  // namespace sup::lint
