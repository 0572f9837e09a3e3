#include "schema/environment_template.h"

#include <algorithm>
#include <string>
#include <vector>

namespace sup::schema {
namespace {

// A word that does not occur in the text, to stand for what is no word.
std::string unused_word(std::string_view text) {
  std::string word = "template_";
  while (text.find(word) != std::string_view::npos) word += '_';
  return word;
}

// Length of the %% or %(name)s at the start of the text, 0 if there is none.
std::size_t expansion_length(std::string_view text) {
  if (text.starts_with("%%")) return 2;
  if (!text.starts_with("%(")) return 0;
  const std::size_t close = text.find(')');
  if (close == std::string_view::npos) return 0;
  const std::size_t type = text.find_first_not_of("#0- +.123456789hlL", close + 1);
  return type == std::string_view::npos ? 0 : type + 1;
}

void put_back(std::string& text, const std::string& word,
              const std::vector<std::string_view>& parts) {
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos;) {
    const std::size_t end = text.find('z', at + word.size());
    if (end == std::string::npos) return;
    std::size_t index = 0;
    for (std::size_t i = at + word.size(); i < end; ++i)
      index = index * 10 + static_cast<std::size_t>(text[i] - '0');
    if (index >= parts.size()) return;
    text.replace(at, end + 1 - at, parts[index]);
    at += parts[index].size();
  }
}

}  // namespace

bool read_environment_template(std::string_view text, EnvironmentValue& variables) {
  variables.clear();
  const std::string word = unused_word(text);
  std::vector<std::string_view> parts;
  std::string words;
  while (!text.empty()) {
    const std::size_t length = expansion_length(text);
    if (length == 0) {
      words += text.front();
      text.remove_prefix(1);
      continue;
    }
    words += word + std::to_string(parts.size()) + "z";
    parts.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  if (Environment::read(words, ReadContext{}, variables)) {
    variables.clear();
    return false;
  }
  for (auto& [name, value] : variables) {
    put_back(name, word, parts);
    put_back(value, word, parts);
  }
  return true;
}

}  // namespace sup::schema
