#include "lint/include_patterns.h"

#include <algorithm>
#include <array>

#include "schema/text.h"

namespace sup::lint {

const ConfigEntry* include_entry(const Context& context) {
  const ConfigSection* section = context.config().find("include");
  if (section == nullptr) return nullptr;
  const ConfigEntry* found = nullptr;
  for (const ConfigEntry& entry : section->entries)
    if (entry.file == 0 && entry.key() == "files" && !entry.from_default) found = &entry;
  return found;
}

std::vector<IncludePattern> include_patterns(const Context& context) {
  std::vector<IncludePattern> patterns;
  const ConfigEntry* entry = include_entry(context);
  if (entry == nullptr) return patterns;
  const std::string_view value = entry->value;
  std::size_t at = 0;
  while (at < value.size()) {
    const std::size_t space = schema::leading_space(value.substr(at));
    if (space != 0) {
      at += space;
      continue;
    }
    std::size_t end = at;
    while (end < value.size() && schema::leading_space(value.substr(end)) == 0) ++end;
    patterns.push_back({value.substr(at, end - at), context.value_part(*entry, at, end - at)});
    at = end;
  }
  return patterns;
}

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool is_put_aside(std::string_view name) {
  constexpr std::array<std::string_view, 15> ends = {
      "~",         ".bak",      ".orig",      ".old",      ".save",
      ".rpmsave",  ".rpmnew",   ".rpmorig",   ".swp",      ".disabled",
      ".dpkg-old", ".dpkg-new", ".dpkg-dist", ".dpkg-bak", ".ucf-dist"};
  return std::any_of(ends.begin(), ends.end(),
                     [&](std::string_view end) { return name.ends_with(end); });
}

}  // namespace sup::lint
