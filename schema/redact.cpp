#include "schema/redact.h"

#include <algorithm>
#include <array>

#include "schema/environment_template.h"
#include "schema/expand.h"
#include "schema/text.h"

namespace sup::schema {
namespace {

bool is_separator(char c) { return c == '_' || c == '-' || c == '.'; }

// Letters and digits with _ between words, as variables are written: "db-Password" is DB_PASSWORD.
std::string in_capitals(std::string_view name) {
  std::string out = upper(name);
  std::replace_if(out.begin(), out.end(), is_separator, '_');
  return out;
}

// Whether one of the words between _ ends so: AUTHTOKEN does end in TOKEN, TOKENIZERS does not.
bool has_word_ending(std::string_view name, std::string_view ending) {
  for (std::size_t at = 0; (at = name.find(ending, at)) != std::string_view::npos; ++at) {
    const std::size_t end = at + ending.size();
    if (end == name.size() || name[end] == '_') return true;
  }
  return false;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Whether a written text is made of expansions alone and so holds no secret itself.
bool is_only_expansions(std::string_view text) {
  if (!is_template(text)) return false;
  const Expanded rest = expand(
      text, [](std::string_view) -> std::optional<TemplateValue> { return std::string_view{}; });
  return rest.errors.empty() && rest.text.empty();
}

std::string hide(std::string_view text, TextForm form) {
  if (text.empty()) return {};
  if (form == TextForm::written && is_only_expansions(text)) return std::string(text);
  return std::string(hidden_text);
}

// How much of a URL behind :// is its authority, in which user and password stand. A password may
// hold a slash that nobody escaped: "u:pa/ss@host" is told from "host:80/a@b" by the port.
std::size_t user_part_length(std::string_view text) {
  const std::size_t whole = std::min(text.find_first_of(" \t\r\n\"'<>,"), text.size());
  const std::size_t end = std::min(text.find_first_of("/?#"), whole);
  const std::string_view authority = text.substr(0, end);
  const std::size_t colon = authority.find(':');
  const bool has_password = authority.find('@') == std::string_view::npos &&
                            colon != std::string_view::npos &&
                            !is_number(authority.substr(colon + 1));
  const std::size_t sign = text.substr(0, whole).rfind('@');
  return has_password && sign != std::string_view::npos ? sign + 1 : end;
}

std::string redact_environment(std::string_view text, TextForm form) {
  EnvironmentValue variables;
  if (!read_environment_template(text, variables)) {
    // What cannot be read is shown only if it cannot hold a secret.
    return names_a_secret(text) ? std::string(hidden_text) : hide_url_passwords(text, form);
  }
  bool changed = false;
  for (auto& [name, value] : variables) {
    std::string shown = redact_variable(name, value, form);
    changed |= shown != value;
    value = std::move(shown);
  }
  return changed ? Environment::print(variables) : std::string(text);
}

}  // namespace

bool names_a_secret(std::string_view name) {
  constexpr std::array<std::string_view, 14> parts{
      "PASSWORD",  "PASSWD",         "PASSPHRASE",  "SECRET",     "CREDENTIAL",
      "API_KEY",   "APIKEY",         "PRIVATE_KEY", "PRIVATEKEY", "ACCESS_KEY",
      "ACCESSKEY", "ENCRYPTION_KEY", "SSH_KEY",     "SIGNING_KEY"};
  constexpr std::array<std::string_view, 10> endings{
      "TOKEN", "TOKENS", "_PWD", "_PASS", "PGPASS", "JWT", "_PAT", "_COOKIE", "_SALT", "_DSN"};
  const std::string capitals = in_capitals(name);
  const auto contains = [&](std::string_view part) {
    return capitals.find(part) != std::string::npos;
  };
  const auto ends = [&](std::string_view ending) { return has_word_ending(capitals, ending); };
  return std::any_of(parts.begin(), parts.end(), contains) ||
         std::any_of(endings.begin(), endings.end(), ends);
}

std::string hide_url_passwords(std::string_view text, TextForm form) {
  constexpr std::string_view mark = "://";
  std::string out;
  for (;;) {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos) return out.append(text);
    const std::size_t begin = at + mark.size();
    const std::size_t end = begin + user_part_length(text.substr(begin));
    const std::string_view authority = text.substr(begin, end - begin);
    // Passwords may hold an @ that nobody escaped, so the last one counts.
    const std::size_t sign = authority.rfind('@');
    const std::size_t colon = authority.find(':');
    if (sign == std::string_view::npos || colon > sign) {
      out.append(text.substr(0, end));
    } else {
      out.append(text.substr(0, begin + colon + 1));
      out.append(hide(authority.substr(colon + 1, sign - colon - 1), form));
      out.append(text.substr(begin + sign, end - begin - sign));
    }
    text.remove_prefix(end);
  }
}

bool hides_argument(std::string_view name, std::string_view value) {
  if (name == "requirepass") return true;  // of redis-server
  return names_a_secret(name) && redact_variable(name, value, TextForm::value) != value;
}

std::string hide_command_passwords(std::string_view text, TextForm form) {
  constexpr std::string_view blanks = " \t\r\n";
  constexpr std::string_view quotes = "\"'";
  const auto is_any = [](char c, std::string_view of) { return of.find(c) != of.npos; };
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = text.find("--"); at != std::string_view::npos;
       at = text.find("--", at + 2)) {
    if (at < done || (at != 0 && !is_any(text[at - 1], blanks) && !is_any(text[at - 1], quotes)))
      continue;
    const std::size_t name = at + 2;
    std::size_t begin = std::min(text.find_first_of(" \t\r\n\"'=", name), text.size());
    if (begin == text.size() || is_any(text[begin], quotes)) continue;
    const bool has_sign = text[begin] == '=';
    const std::string_view argument = text.substr(name, begin - name);
    begin = has_sign ? begin + 1 : std::min(text.find_first_not_of(blanks, begin), text.size());
    if (begin == text.size() || (!has_sign && text[begin] == '-')) continue;
    const char quote = is_any(text[begin], quotes) ? text[begin] : '\0';
    if (quote != '\0') ++begin;
    const std::size_t end =
        std::min(quote == '\0' ? text.find_first_of(" \t\r\n\"'", begin) : text.find(quote, begin),
                 text.size());
    const std::string_view value = text.substr(begin, end - begin);
    if (!hides_argument(argument, value)) continue;
    out += text.substr(done, begin - done);
    out += hide(value, form);
    done = end;
  }
  out += text.substr(done);
  return hide_url_passwords(out, form);
}

std::string redact_variable(std::string_view name, std::string_view value, TextForm form) {
  if (!names_a_secret(name)) return hide_url_passwords(value, form);
  // MAX_TOKENS=4096 counts, DB_PASSWORD_FILE=/run/secrets/db says where to look.
  const std::string capitals = in_capitals(name);
  const bool counts = capitals.ends_with("TOKENS") && is_number(value);
  const bool names_file =
      (capitals.ends_with("_FILE") || capitals.ends_with("_PATH")) && value.starts_with('/');
  return counts || names_file ? std::string(value) : hide(value, form);
}

bool uses_secret_variable(std::string_view text) {
  constexpr std::string_view prefix = "ENV_";
  if (!is_template(text)) return false;
  const std::vector<std::string> names = names_in(text);
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return name.starts_with(prefix) && names_a_secret(name.substr(prefix.size()));
  });
}

std::string redact(const OptionRow& option, std::string_view text, TextForm form) {
  if (option.has(OptionFlags::secret)) return hide(text, form);
  if (option.type == Environment::name) return redact_environment(text, form);
  if (option.name == "command") return hide_command_passwords(text, form);
  return hide_url_passwords(text, form);
}

std::string redact_bound(const OptionRow& option, std::string_view written,
                         std::string_view value) {
  return uses_secret_variable(written) ? redact(option, written, TextForm::written)
                                       : redact(option, value, TextForm::value);
}

std::string redact_bound_variable(std::string_view name, std::string_view written,
                                  std::string_view value) {
  return uses_secret_variable(written) ? redact_variable(name, written, TextForm::written)
                                       : redact_variable(name, value, TextForm::value);
}

EnvironmentValue redact_bound_environment(std::string_view written, const EnvironmentValue& bound) {
  EnvironmentValue pairs;
  read_environment_template(written, pairs);
  EnvironmentValue shown = bound;
  for (auto& variable : shown) {
    const auto pair = std::find_if(pairs.begin(), pairs.end(), [&](const auto& known) {
      return known.first == variable.first;
    });
    variable.second = redact_bound_variable(
        variable.first, pair == pairs.end() ? std::string_view{} : pair->second, variable.second);
  }
  return shown;
}

}  // namespace sup::schema
