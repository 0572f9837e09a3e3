#include "lint/environments.h"

#include <algorithm>
#include <array>

#include "lint/shell_script.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

// The text with each %(name)s made a word of the same length.
std::string masked(std::string_view text) {
  std::string mask(text);
  for (std::size_t at = mask.find('%'); at != std::string::npos; at = mask.find('%', at + 1)) {
    std::size_t end = at + 1;
    if (end < mask.size() && mask[end] == '(') {
      end = mask.find(')', end);
      if (end == std::string::npos) return mask;
      end = mask.find_first_of("sd", end);
    }
    if (end == std::string::npos || end >= mask.size()) return mask;
    std::fill(mask.begin() + static_cast<std::ptrdiff_t>(at),
              mask.begin() + static_cast<std::ptrdiff_t>(end + 1), 'x');
    at = end;
  }
  return mask;
}

// The comma before the next NAME= from `at` on, outside of quotes, or the end.
std::size_t next_pair(std::string_view text, std::size_t at) {
  char open = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (open != 0) {
      if (c == open) open = 0;
    } else if (c == '"' || c == '\'') {
      open = c;
    } else if (c == ',' && is_assignment(schema::strip_left(text.substr(at + 1)))) {
      return at;
    }
  }
  return text.size();
}

constexpr std::array<bool, 256> words = [] {
  std::array<bool, 256> made{};
  for (unsigned c = 0; c < made.size(); ++c)
    made[c] = schema::is_environment_word(static_cast<char>(c));
  return made;
}();

constexpr bool is_word(char c) { return words[static_cast<unsigned char>(c)]; }

// The pairs of NAME="value",NAME=value as nearly all are written: no blanks, no quote in a value,
// no sign that could mean something. False, and `pairs` is of no use, for others.
bool split_plain(std::string_view text, std::vector<EnvironmentPair>& pairs) {
  std::size_t at = 0;
  while (at < text.size()) {
    EnvironmentPair& pair = pairs.emplace_back();
    pair.name_begin = at;
    while (at < text.size() && text[at] != '=' && is_word(text[at])) ++at;
    if (at == pair.name_begin || at + 1 >= text.size() || text[at] != '=') return false;
    pair.name = text.substr(pair.name_begin, at - pair.name_begin);
    pair.value_begin = ++at;
    if (text[at] == '"') {
      std::size_t end = at + 1;
      while (end < text.size() && text[end] != '"' && text[end] != '\'' && text[end] != '\\') ++end;
      if (end == text.size() || text[end] != '"') return false;
      at = end + 1;
    } else {
      while (at < text.size() && is_word(text[at])) ++at;
    }
    if (at == pair.value_begin) return false;
    pair.value = text.substr(pair.value_begin, at - pair.value_begin);
    pair.meant_end = at;
    if (at == text.size()) return true;
    if (text[at] != ',') return false;
    pair.separator = text.substr(at, 1);
    pair.separator_begin = at++;
  }
  return false;
}

// Whether what stands there is another sign for the comma, rather than a part of the value.
bool is_other_separator(std::string_view separator, const EnvironmentPair& pair,
                        std::string_view next_name) {
  if (separator != ";" && separator != "|" && separator != "&") return false;
  if (pair.is_quoted()) return true;
  if (pair.value.find("://") != std::string_view::npos) return false;
  return std::any_of(next_name.begin(), next_name.end(),
                     [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

std::optional<std::vector<EnvironmentPair>> split_environment(std::string_view text,
                                                              schema::Target target) {
  std::vector<EnvironmentPair> plain;
  constexpr std::size_t usual = 6;
  plain.reserve(usual);
  if (split_plain(text, plain)) return plain;
  const std::string mask = masked(text);
  schema::EnvironmentValue ignored;
  if (schema::Environment::read(mask, {target}, ignored)) return std::nullopt;
  std::vector<schema::EnvironmentToken> tokens;
  if (schema::lex_environment(mask, target, tokens)) return std::nullopt;
  std::vector<EnvironmentPair> pairs;
  std::size_t i = 0;
  while (i + 2 < tokens.size()) {
    EnvironmentPair pair;
    const schema::EnvironmentToken& value = tokens[i + 2];
    const bool has_next = i + 3 < tokens.size();
    pair.name = text.substr(tokens[i].begin, tokens[i].end - tokens[i].begin);
    pair.name_begin = tokens[i].begin;
    pair.value_begin = value.begin;
    pair.value = text.substr(value.begin, value.end - value.begin);
    pair.meant_end = value.end;
    const std::size_t until = has_next ? tokens[i + 3].begin : text.size();
    // A # outside of quotes hides the rest of its line.
    std::size_t hash = pair.is_quoted() ? std::string::npos : pair.value.find('#');
    if (hash != std::string::npos)
      pair.value = pair.value.substr(0, hash);
    else if (mask.substr(value.end, until - value.end).find('#') != std::string::npos)
      hash = 0;
    if (has_next) {
      pair.separator = text.substr(until, tokens[i + 3].end - until);
      pair.separator_begin = until;
    }
    const bool has_name = i + 4 < tokens.size();
    const bool goes_on =
        !has_next || pair.separator == "," ||
        (has_name && is_other_separator(pair.separator, pair,
                                        text.substr(tokens[i + 4].begin,
                                                    tokens[i + 4].end - tokens[i + 4].begin)));
    if (hash == std::string::npos && goes_on) {
      i += 4;
    } else {
      const std::size_t comma = next_pair(mask, pair.value_begin);
      pair.meant_end =
          pair.value_begin +
          schema::strip_right(text.substr(pair.value_begin, comma - pair.value_begin)).size();
      pair.separator = comma < text.size() ? text.substr(comma, 1) : std::string_view{};
      pair.separator_begin = comma;
      while (i < tokens.size() && tokens[i].begin <= comma) ++i;
    }
    pairs.push_back(pair);
  }
  return pairs;
}

bool is_secret_name(std::string_view name) {
  const std::string upper = schema::upper(name);
  constexpr std::array<std::string_view, 6> signs = {"PASS", "TOKEN",      "SECRET",
                                                     "KEY",  "CREDENTIAL", "PWD"};
  return std::any_of(signs.begin(), signs.end(),
                     [&](std::string_view sign) { return upper.find(sign) != std::string::npos; });
}

bool is_variable_name(std::string_view name) {
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

}  // namespace sup::lint
