#include "schema/secrets.h"

#include <algorithm>
#include <utility>

#include "schema/environment_template.h"
#include "schema/expand.h"
#include "schema/redact.h"

namespace sup::schema {
namespace {

constexpr std::string_view prefix = "ENV_";

using NameSet = std::set<std::string, std::less<>>;

// `is_secret`: the value as a whole is one, whatever its variables are called.
void add_variables(std::string_view text, bool is_secret, NameSet& names) {
  if (!is_template(text)) return;
  for (const std::string& name : names_in(text)) {
    if (!name.starts_with(prefix)) continue;
    std::string variable = name.substr(prefix.size());
    if (is_secret || names_a_secret(variable)) names.insert(std::move(variable));
  }
}

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Where the secret is next; npos: nowhere.
std::size_t find_secret(std::string_view text, std::string_view secret, std::size_t from) {
  for (;;) {
    const std::size_t at = text.find(secret, from);
    if (at == std::string_view::npos || secret.size() >= Secrets::least_part_length) return at;
    const std::size_t end = at + secret.size();
    const bool is_word = (at == 0 || !is_letter_or_digit(text[at - 1])) &&
                         (end == text.size() || !is_letter_or_digit(text[end]));
    if (is_word) return at;
    from = at + 1;
  }
}

void replace_all(std::string& text, std::string_view secret) {
  std::size_t at = find_secret(text, secret, 0);
  if (at == std::string::npos) return;
  std::string out;
  std::size_t done = 0;
  for (; at != std::string::npos; at = find_secret(text, secret, done)) {
    out.append(text, done, at - done).append(hidden_text);
    done = at + secret.size();
  }
  text = out.append(text, done);
}

void add_values(const EnvironmentValue& variables, const NameSet& names, Secrets& secrets) {
  for (const auto& [name, value] : variables)
    if (names.contains(name) && is_secret_value(name, value)) secrets.add(value);
}

}  // namespace

void Secrets::add(std::string_view value) {
  if (value.size() < least_length) return;
  const auto insert = [this](std::string text) {
    const auto comes_first = [](const std::string& a, const std::string& b) {
      return a.size() != b.size() ? a.size() > b.size() : a < b;
    };
    const auto place = std::lower_bound(values_.begin(), values_.end(), text, comes_first);
    if (place == values_.end() || *place != text) values_.insert(place, std::move(text));
  };
  insert(std::string(value));
  if (is_template(value)) insert(escape_template(value));
}

void Secrets::add(const Secrets& other) {
  for (const std::string& value : other.values_) add(value);
}

std::string Secrets::conceal(std::string_view text) const {
  std::string out(text);
  conceal_in(out);
  return out;
}

void Secrets::conceal_in(std::string& text) const {
  for (const std::string& value : values_) replace_all(text, value);
}

void Secrets::conceal_in(std::optional<std::string>& text) const {
  if (text) conceal_in(*text);
}

void Secrets::conceal_in(std::vector<std::string>& texts) const {
  if (empty()) return;
  for (std::string& text : texts) conceal_in(text);
}

bool Secrets::shows_in(std::string_view text) const {
  return std::any_of(values_.begin(), values_.end(), [&](const std::string& value) {
    return find_secret(text, value, 0) != std::string_view::npos;
  });
}

NameSet secret_variables(const Plan& plan) {
  NameSet names;
  for (const Section& section : plan.sections) {
    for (const Setting& setting : section.settings) {
      const OptionRow& row = option_row(setting.option);
      add_variables(setting.text, row.has(OptionFlags::secret), names);
      EnvironmentValue pairs;
      if (row.type != Environment::name || !is_template(setting.text) ||
          !read_environment_template(setting.text, pairs))
        continue;
      for (const auto& [name, value] : pairs) add_variables(value, names_a_secret(name), names);
    }
    for (const ExtraSetting& extra : section.extras)
      add_variables(extra.text, names_a_secret(extra.key), names);
  }
  return names;
}

bool is_secret_value(std::string_view name, std::string_view value) {
  return !names_a_secret(name) || redact_variable(name, value, TextForm::value) == hidden_text;
}

Secrets secrets_of(const Plan& plan, const Resolved* resolved, const Variables& environment) {
  Secrets secrets;
  for (const std::string& value : plan.secrets) secrets.add(value);
  const NameSet names = secret_variables(plan);
  if (names.empty()) return secrets;
  for (const std::string& name : names) {
    const auto value = environment ? environment(name) : std::nullopt;
    if (value && is_secret_value(name, *value)) secrets.add(*value);
  }
  if (resolved == nullptr) return secrets;
  add_values(resolved->supervisord.environment, names, secrets);
  for (const Group& group : resolved->groups)
    for (const Process& process : group.processes)
      add_values(process.options.environment, names, secrets);
  return secrets;
}

}  // namespace sup::schema
