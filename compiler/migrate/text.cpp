#include "compiler/migrate/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "schema/text.h"
#include "schema/values.h"

namespace sup::compiler::migration {

namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_@%+=:,./-()^*[]{}?!~").find(c) != std::string_view::npos ||
         static_cast<signed char>(c) < 0;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

}  // namespace

std::string quote_argument(std::string_view argument) {
  if (!argument.empty() && std::all_of(argument.begin(), argument.end(), is_plain)) {
    return std::string(argument);
  }
  std::string text = "\"";
  for (std::size_t i = 0; i < argument.size(); ++i) {
    const char c = argument[i];
    if (c == '"' || c == '\\') text += '\\';
    // A comment begins behind white space: the quotes that end and begin again stand between.
    if ((c == ';' || c == '#') && i != 0 && schema::is_ascii_space(argument[i - 1])) text += "\"\"";
    text += c;
  }
  return text + '"';
}

std::string join_arguments(const std::vector<std::string>& arguments) {
  std::string text;
  for (const std::string& argument : arguments) {
    if (!text.empty()) text += ' ';
    text += quote_argument(argument);
  }
  return text;
}

std::string go_unescape(std::string_view text) {
  constexpr std::string_view letters = "ntr0abvf\\\"';#";
  constexpr std::string_view meanings("\n\t\r\0\a\b\v\f\\\"';#", 13);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t found =
        text[i] == '\\' && i + 1 < text.size() ? letters.find(text[i + 1]) : std::string_view::npos;
    if (found == std::string_view::npos) {
      out += text[i];
    } else {
      out += meanings[found];
      ++i;
    }
  }
  return out;
}

std::vector<std::string> go_split(std::string_view text) {
  std::vector<std::string> arguments;
  std::size_t at = 0;
  while (at < text.size()) {
    if (schema::is_ascii_space(text[at])) {
      ++at;
      continue;
    }
    const char first = text[at];
    const bool is_quoted = first == '"' || first == '\'';
    std::size_t end = at + 1;
    while (end < text.size() &&
           (is_quoted ? text[end] != first : !schema::is_ascii_space(text[end]))) {
      ++end;
    }
    arguments.emplace_back(text.substr(is_quoted ? at + 1 : at, end - at - (is_quoted ? 1 : 0)));
    at = is_quoted ? end + 1 : end;
  }
  return arguments;
}

std::optional<bool> go_boolean(std::string_view text) {
  constexpr std::array truths{"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::array falsehoods{"0", "f", "F", "false", "FALSE", "False"};
  if (std::find(truths.begin(), truths.end(), text) != truths.end()) return true;
  if (std::find(falsehoods.begin(), falsehoods.end(), text) != falsehoods.end()) return false;
  return std::nullopt;
}

bool is_go_byte_size(std::string_view text) {
  for (const std::string_view unit : {"KB", "MB", "GB"}) {
    if (text.ends_with(unit)) text.remove_suffix(unit.size());
  }
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::string go_template(std::string_view text) {
  constexpr std::array names{"here",       "program_name", "process_num",
                             "group_name", "numprocs",     "host_node_name"};
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] != '%') continue;
    const std::size_t close = text.substr(i).starts_with("%(") ? text.find(')', i) : text.npos;
    const std::string_view name =
        close == text.npos ? std::string_view{} : text.substr(i + 2, close - i - 2);
    const bool is_known =
        name.starts_with("ENV_") || std::find(names.begin(), names.end(), name) != names.end();
    if (!is_known) out += '%';
  }
  return out;
}

std::string expand_shell_names(std::string_view text, std::vector<std::string>& given_up) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::size_t end = i + 2;
    if (text.substr(i).starts_with("${")) {
      while (end < text.size() && is_name_character(text[end])) ++end;
    }
    const std::string_view name = end > i + 2 ? text.substr(i + 2, end - i - 2) : "";
    const std::size_t close = name.empty() ? text.npos : text.find('}', end);
    if (close == text.npos) {
      out += text[i];
    } else if (close == end) {
      out += "%(ENV_" + std::string(name) + ")s";
      i = close;
    } else if (text.substr(end).starts_with(":-")) {
      given_up.emplace_back(name);
      out += text.substr(end + 2, close - end - 2);
      i = close;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string join_go_lines(std::string_view text) {
  std::string out;
  bool joins = false;   // the line before ended with a backslash
  bool inside = false;  // of """
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    end = end == text.npos ? text.size() : end + 1;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    std::size_t length = line.size();
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r')) --length;
    std::string content(line.substr(0, length));
    const std::string_view stop = line.substr(length);
    const std::string_view stripped = schema::strip(content);
    const bool is_comment =
        !stripped.empty() && (stripped.front() == ';' || stripped.front() == '#');
    const bool is_part = joins || inside;
    const bool is_entry = content.find('=') != content.npos && !is_comment;
    joins = false;
    if (is_part || is_entry) {
      const std::size_t quotes = content.find("\"\"\"");
      if (inside && quotes != content.npos) {
        content.erase(quotes, 3);
        inside = false;
      } else if (!is_part && quotes != content.npos &&
                 schema::strip(
                     content.substr(content.find('=') + 1, quotes - content.find('=') - 1))
                     .empty()) {
        const std::size_t closing = content.find("\"\"\"", quotes + 3);
        if (closing != content.npos) {
          content.erase(closing, 3);
        } else {
          inside = true;
        }
        content.erase(quotes, 3);
      } else if (!inside && content.ends_with('\\') && !content.ends_with("\\\\")) {
        content.pop_back();
        joins = true;
      }
      const bool is_indented = !content.empty() && is_blank(content.front());
      if (is_part && !is_indented && !schema::strip(content).empty()) content.insert(0, "    ");
    }
    out += content;
    out += stop;
  }
  return out;
}

std::optional<std::vector<std::pair<std::string, std::string>>> go_environment(
    std::string_view text) {
  std::vector<std::pair<std::string, std::string>> variables;
  while (!(text = schema::strip(text)).empty()) {
    const std::size_t equals = text.find('=');
    if (equals == text.npos) return std::nullopt;
    const std::string key(schema::strip(text.substr(0, equals)));
    text = schema::strip_left(text.substr(equals + 1));
    std::string value;
    if (text.starts_with('"')) {
      const std::size_t close = text.find('"', 1);
      if (close == text.npos) return std::nullopt;
      value = text.substr(1, close - 1);
      text = schema::strip_left(text.substr(close + 1));
      if (!text.empty() && text.front() != ',') return std::nullopt;
      if (!text.empty()) text.remove_prefix(1);
    } else {
      const std::size_t comma = std::min(text.find(','), text.size());
      value = schema::strip(text.substr(0, comma));
      text.remove_prefix(std::min(comma + 1, text.size()));
    }
    variables.emplace_back(key, value);
  }
  return variables;
}

std::optional<std::string> write_environment(
    const std::vector<std::pair<std::string, std::string>>& variables) {
  std::string text;
  for (const auto& [key, value] : variables) {
    // Before 4.4 a value in quotes ends at the next one, so one with both kinds cannot be written.
    const char quote = value.find('"') == value.npos ? '"' : '\'';
    const bool is_name = !key.empty() && std::all_of(key.begin(), key.end(), is_name_character);
    if (!is_name || value.find(quote) != value.npos || value.find('\\') != value.npos) {
      return std::nullopt;
    }
    if (!text.empty()) text += ',';
    text += key + "=" + quote + value + quote;
  }
  return text;
}

std::optional<bool> circus_boolean(std::string_view text) {
  const std::string word = schema::lower(text);
  for (const std::string_view truth : {"yes", "true", "on", "1", "t", "y"}) {
    if (word == truth) return true;
  }
  for (const std::string_view falsehood : {"no", "false", "off", "0", "f", "n"}) {
    if (word == falsehood) return false;
  }
  return std::nullopt;
}

bool matches_glob(std::string_view pattern, std::string_view text) {
  // The last * is tried again at each further place: no more than pattern times text steps.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = pattern.npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string plain_name(std::string_view name) {
  std::string plain(name);
  for (char& c : plain) {
    if (c == ':' || c == '/' || schema::is_ascii_space(c)) c = '_';
  }
  return plain.empty() ? "_" : plain;
}

}  // namespace sup::compiler::migration
