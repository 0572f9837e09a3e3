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

std::size_t start_of(std::string_view text) {
  return static_cast<std::size_t>(static_cast<unsigned char>(text[0])) << 8U |
         static_cast<unsigned char>(text[1]);
}

bool is_word(std::string_view text, std::size_t begin, std::size_t end) {
  return (begin == 0 || !is_letter_or_digit(text[begin - 1])) &&
         (end == text.size() || !is_letter_or_digit(text[end]));
}

void add_values(const EnvironmentValue& variables, const NameSet& names, Secrets& secrets) {
  for (const auto& [name, value] : variables)
    if (names.contains(name) && is_secret_value(name, value)) secrets.add(value);
}

}  // namespace

void Secrets::add(std::string_view value) {
  if (value.size() < least_length) return;
  insert(std::string(value));
  if (is_template(value)) insert(escape_template(value));  // as it stands in a template
}

void Secrets::insert(std::string value) {
  constexpr std::size_t pairs_of_bytes = 65536;
  if (starts_.empty()) starts_.resize(pairs_of_bytes);
  starts_[start_of(value)] = true;
  lengths_.insert(value.size());
  values_.insert(std::move(value));
}

void Secrets::add(const Secrets& other) {
  for (const std::string& value : other.values_) insert(value);
}

// Of the secret that begins there; 0: none does.
std::size_t Secrets::length_at(std::string_view text, std::size_t at) const {
  const std::string_view rest = text.substr(at);
  if (rest.size() < least_length || !starts_[start_of(rest)]) return 0;
  for (const std::size_t length : lengths_)
    if (length <= rest.size() && values_.contains(rest.substr(0, length)) &&
        (length >= least_part_length || is_word(text, at, at + length)))
      return length;
  return 0;
}

std::string Secrets::conceal(std::string_view text) const {
  if (empty()) return std::string(text);
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = length_at(text, at);
    if (length != 0) {
      out.append(text.substr(done, at - done)).append(hidden_text);
      done = at + length;
    }
    at += length == 0 ? 1 : length;
  }
  return out.append(text.substr(done));
}

void Secrets::conceal_in(std::string& text) const {
  if (shows_in(text)) text = conceal(text);
}

void Secrets::conceal_in(std::optional<std::string>& text) const {
  if (text) conceal_in(*text);
}

void Secrets::conceal_in(std::vector<std::string>& texts) const {
  if (empty()) return;
  for (std::string& text : texts) conceal_in(text);
}

bool Secrets::shows_in(std::string_view text) const {
  if (empty()) return false;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (length_at(text, at) != 0) return true;
  return false;
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
