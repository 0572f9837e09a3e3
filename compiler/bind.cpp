#include "compiler/bind.h"

#include <algorithm>
#include <unordered_map>

#include "schema/text.h"

namespace sup::compiler {
namespace {

constexpr std::string_view default_section = "DEFAULT";

class Merger {
 public:
  Merger(const LoadedFiles& files, const SourceMap& sources, bool fragment)
      : files_(files), sources_(sources) {
    config_.files = &files;
    config_.fragment = fragment;
  }

  Config run() {
    for (std::uint32_t file = 0; file < files_.files.size(); ++file) add_file(file);
    mark_overridden();
    spread_defaults();
    return std::move(config_);
  }

 private:
  void add_file(std::uint32_t file) {
    const Document& document = files_.files[file].document;
    for (const SectionHeader& header : document.sections) {
      const std::string_view name = sources_.text(header.name);
      const auto [found, fresh] = index_.try_emplace(name, config_.sections.size());
      if (fresh) {
        ConfigSection& section = config_.sections.emplace_back();
        section.full_name = name;
        section.name = schema::classify_section(name);
        section.first_line = header.line + 1;
        section.entries.reserve(header.entry_count);
      }
      ConfigSection& section = config_.sections[found->second];
      section.headers.push_back(header.header);
      section.header_files.push_back(file);
      for (std::uint32_t i = 0; i < header.entry_count; ++i)
        section.entries.push_back(bind_entry(section, found->second, file, header.first_entry + i));
    }
  }

  ConfigEntry bind_entry(const ConfigSection& section, std::size_t index, std::uint32_t file,
                         std::uint32_t entry_index) {
    const Document& document = files_.files[file].document;
    const Entry& entry = document.entries[entry_index];
    ConfigEntry bound;
    bound.key_span = entry.key;
    bound.value_span = entry.value;
    bound.file = file;
    bound.entry = entry_index;
    bound.section_index = static_cast<std::uint32_t>(index);
    bound.key = sources_.text(entry.key);
    const bool plain = std::all_of(bound.key.begin(), bound.key.end(), [](char c) {
      return (c < 'A' || c > 'Z') && static_cast<unsigned char>(c) < 0x80;
    });
    if (!plain) bound.key = keep(schema::lower(bound.key));
    bound.value = entry.continuation_count == 0 ? sources_.text(entry.value)
                                                : keep(document.value(sources_, entry));
    if (section.name) bound.option = schema::find_option(section.name->kind, bound.key);
    return bound;
  }

  std::string_view keep(std::string text) { return config_.texts.emplace_back(std::move(text)); }

  // Sections are short: comparing each with the later ones is cheaper than any table.
  void mark_overridden() {
    for (ConfigSection& section : config_.sections) {
      if (section.entries.size() > 64) {
        mark_long(section);
        continue;
      }
      for (std::size_t i = 0; i < section.entries.size(); ++i)
        for (std::size_t j = i + 1; j < section.entries.size() && !section.entries[i].overridden;
             ++j)
          section.entries[i].overridden = section.entries[i].key == section.entries[j].key;
    }
  }

  static void mark_long(ConfigSection& section) {
    std::unordered_map<std::string_view, std::size_t> last;
    for (std::size_t i = 0; i < section.entries.size(); ++i) {
      const auto [found, fresh] = last.try_emplace(section.entries[i].key, i);
      if (fresh) continue;
      section.entries[found->second].overridden = true;
      found->second = i;
    }
  }

  // [DEFAULT] gives every section the keys that it does not set.
  void spread_defaults() {
    const auto found = index_.find(default_section);
    if (found == index_.end()) return;
    const std::vector<ConfigEntry> defaults = config_.sections[found->second].entries;
    for (std::size_t i = 0; i < config_.sections.size(); ++i) {
      ConfigSection& section = config_.sections[i];
      if (i == found->second || !section.name) continue;
      for (const ConfigEntry& entry : defaults) {
        if (entry.overridden || section.find(entry.key) != nullptr) continue;
        ConfigEntry copy = entry;
        copy.option = schema::find_option(section.name->kind, entry.key);
        if (copy.option == nullptr && !schema::takes_any_key(section.name->kind)) continue;
        copy.section_index = static_cast<std::uint32_t>(i);
        copy.from_default = true;
        section.entries.push_back(copy);
      }
    }
  }

  const LoadedFiles& files_;
  const SourceMap& sources_;
  Config config_;
  std::unordered_map<std::string_view, std::size_t> index_;
};

}  // namespace

const ConfigEntry* ConfigSection::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const ConfigEntry& e) {
    return !e.overridden && e.key == key;
  });
  return found == entries.end() ? nullptr : &*found;
}

std::string ConfigSection::display() const { return "[" + std::string(full_name) + "]"; }

bool ConfigSection::is_process() const {
  return name && (schema::section_row(name->kind).blocks & schema::block::process) != 0;
}

const ConfigSection* Config::find(std::string_view full_name) const {
  const auto found = std::find_if(sections.begin(), sections.end(),
                                  [&](const ConfigSection& s) { return s.full_name == full_name; });
  return found == sections.end() ? nullptr : &*found;
}

Config bind(const LoadedFiles& files, const SourceMap& sources, bool fragment) {
  return Merger(files, sources, fragment).run();
}

}  // namespace sup::compiler
