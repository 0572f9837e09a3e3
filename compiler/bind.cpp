#include "compiler/bind.h"

#include <algorithm>
#include <bit>
#include <bitset>
#include <limits>
#include <unordered_map>

#include "schema/expand.h"
#include "schema/parallel.h"
#include "schema/text.h"

namespace sup::compiler {

namespace {

constexpr std::string_view default_section = "DEFAULT";

}  // namespace

class ConfigMerger {
 public:
  ConfigMerger(const LoadedFiles& files, const SourceMap& sources, bool fragment)
      : files_(files), sources_(sources) {
    config_.files = &files;
    config_.fragment = fragment;
    for (const LoadedFile& file : files.files)
      config_.texts->keep_alive(sources.owner(file.source));
  }

  Config run() {
    number_sections();
    gather_headers();
    bind_entries();
    spread_defaults();
    return std::move(config_);
  }

 private:
  // A header of some file and the section that it belongs to.
  struct Occurrence {
    std::uint32_t section;
    std::uint32_t file;
    const SectionHeader* header;
  };

  void number_sections() {
    std::size_t headers = 0;
    for (const LoadedFile& file : files_.files) headers += file.document.sections.size();
    occurrences_.reserve(headers);
    config_.sections.reserve(headers);
    slots_.assign(std::bit_ceil(2 * headers + 1), no_section);
    for (std::uint32_t file = 0; file < files_.files.size(); ++file) {
      for (const SectionHeader& header : files_.files[file].document.sections) {
        const std::string_view name = sources_.text(header.name);
        std::uint32_t& slot = slot_of(name);
        if (slot == no_section) {
          slot = static_cast<std::uint32_t>(config_.sections.size());
          ConfigSection& section = config_.sections.emplace_back();
          section.full_name = name;
          section.name = schema::classify_section(name);
          section.first_line = header.line + 1;
        }
        occurrences_.push_back({slot, file, &header});
      }
    }
    // Those of one section side by side, otherwise in order of reading; mostly they are already.
    const auto by_section = [](const Occurrence& a, const Occurrence& b) {
      return a.section < b.section;
    };
    if (!std::is_sorted(occurrences_.begin(), occurrences_.end(), by_section))
      std::stable_sort(occurrences_.begin(), occurrences_.end(), by_section);
  }

  // The slot of the section of that name, or a free one. There are as many sections as programs, so
  // they are held in one piece of memory.
  std::uint32_t& slot_of(std::string_view name) {
    std::size_t at = std::hash<std::string_view>()(name) & (slots_.size() - 1);
    while (slots_[at] != no_section && config_.sections[slots_[at]].full_name != name)
      at = (at + 1) & (slots_.size() - 1);
    return slots_[at];
  }

  void gather_headers() {
    config_.headers_.reserve(occurrences_.size());
    config_.header_files_.reserve(occurrences_.size());
    for (const Occurrence& occurrence : occurrences_) {
      config_.headers_.push_back(occurrence.header->header);
      config_.header_files_.push_back(occurrence.file);
    }
  }

  // Large ones by two threads: sections do not know of each other here.
  void bind_entries() {
    constexpr std::size_t many = 5000;
    const bool by_two = occurrences_.size() >= many && schema::has_second_processor();
    // Occurrences of one section stay together.
    std::size_t half = by_two ? occurrences_.size() / 2 : occurrences_.size();
    while (half < occurrences_.size() && half > 0 &&
           occurrences_[half].section == occurrences_[half - 1].section)
      ++half;
    const auto bind_first = [&] { bind_entries(0, half, config_.entries_[0]); };
    const auto bind_others = [&] { bind_entries(half, occurrences_.size(), config_.entries_[1]); };
    if (by_two) {
      schema::do_both(bind_first, bind_others);
    } else {
      bind_first();
    }
  }

  // Those of a range of occurrences, into `out`, which sections point into from then on.
  void bind_entries(std::size_t at, std::size_t end, std::vector<ConfigEntry>& out) {
    std::size_t total = 0;
    for (std::size_t i = at; i < end; ++i) total += occurrences_[i].header->entry_count;
    out.reserve(total);
    while (at < end) {
      const std::uint32_t index = occurrences_[at].section;
      ConfigSection& section = config_.sections[index];
      const std::size_t first_header = at;
      const std::size_t first_entry = out.size();
      for (; at < end && occurrences_[at].section == index; ++at)
        add_entries(section, occurrences_[at], out);
      section.headers = std::span(config_.headers_).subspan(first_header, at - first_header);
      section.header_files =
          std::span(config_.header_files_).subspan(first_header, at - first_header);
      const std::span entries = std::span(out).subspan(first_entry);
      section.entries = entries;
      mark_overridden(section, entries);
    }
  }

  void add_entries(ConfigSection& section, const Occurrence& occurrence,
                   std::vector<ConfigEntry>& out) {
    const Document& document = files_.files[occurrence.file].document;
    const SectionHeader& header = *occurrence.header;
    for (std::uint32_t i = header.first_entry; i < header.first_entry + header.entry_count; ++i) {
      ConfigEntry& bound = out.emplace_back();
      bound.file = occurrence.file & 0x1FFFFFFFU;  // the width of the field
      bound.entry = i;
      bound.key = sources_.text(document.key(i));
      if (section.name) bound.option = schema::find_option(section.name->kind, bound.key);
      if (bound.option == nullptr) bind_unknown(section, bound);
      const bool continues = document.has_continuation(i);
      bound.value = continues ? config_.texts->keep(document.value(sources_, document.entry(i)))
                              : sources_.text(document.value(i));
      bound.is_template = schema::is_template(bound.value);
      section.has_continuation |= continues;
      section.has_comment |= document.has_comment(document.entry_line(i));
    }
  }

  // Keys are lower case; nearly all are written so.
  void bind_unknown(const ConfigSection& section, ConfigEntry& bound) {
    std::string lowered = schema::lower(bound.key);
    if (lowered == bound.key) return;
    bound.key = config_.texts->keep(std::move(lowered));
    if (section.name) bound.option = schema::find_option(section.name->kind, bound.key);
  }

  // Of several entries the last one counts.
  static void set_position(ConfigSection& section, schema::OptionId option, std::size_t index) {
    section.positions[schema::option_slot(option)] =
        static_cast<std::uint8_t>(std::min<std::size_t>(index + 1, ConfigSection::far_back));
  }

  // Nearly all sections set each option once, which is seen at a glance.
  static void mark_overridden(ConfigSection& section, std::span<ConfigEntry> entries) {
    std::size_t unknown = 0;
    bool repeats = false;
    for (const ConfigEntry& entry : entries) {
      if (entry.option == nullptr) {
        ++unknown;
      } else {
        repeats |= section.options[entry.option->id];
        section.options[entry.option->id] = true;
        set_position(section, entry.option->id, static_cast<std::size_t>(&entry - entries.data()));
      }
    }
    section.has_unknown_key = unknown != 0;
    if (!repeats && unknown < 2) return;
    std::unordered_map<std::string_view, ConfigEntry*> last;
    for (ConfigEntry& entry : entries) {
      const auto [found, fresh] = last.try_emplace(entry.key, &entry);
      if (fresh) continue;
      section.has_overridden = true;
      found->second->overridden = true;
      found->second = &entry;
    }
  }

  // [DEFAULT] gives every section the keys that it does not set.
  void spread_defaults() {
    const std::uint32_t found = slot_of(default_section);
    if (found == no_section) return;
    const std::span<const ConfigEntry> defaults = config_.sections[found].entries;
    for (std::uint32_t i = 0; i < config_.sections.size(); ++i) {
      ConfigSection& section = config_.sections[i];
      if (i == found || !section.name) continue;
      std::vector<ConfigEntry> all(section.entries.begin(), section.entries.end());
      for (const ConfigEntry& entry : defaults) {
        if (entry.overridden || section.find(entry.key) != nullptr) continue;
        ConfigEntry copy = entry;
        copy.option = schema::find_option(section.name->kind, entry.key);
        if (copy.option == nullptr && !schema::takes_any_key(section.name->kind)) continue;
        copy.from_default = true;
        if (copy.option != nullptr) {
          section.options[copy.option->id] = true;
          set_position(section, copy.option->id, all.size());
        }
        all.push_back(copy);
      }
      if (all.size() == section.entries.size()) continue;
      section.entries = config_.with_defaults_.emplace_back(std::move(all));
    }
  }

  const LoadedFiles& files_;
  const SourceMap& sources_;
  Config config_;
  std::vector<Occurrence> occurrences_;
  static constexpr std::uint32_t no_section = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> slots_;  // sections by name, by the hash of it
};

const ConfigEntry* ConfigSection::search(std::string_view key) const {
  const schema::OptionRow* option = name ? schema::find_option(name->kind, key) : nullptr;
  if (option != nullptr) return at(option->id);
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const ConfigEntry& e) {
    return !e.overridden && e.key == key;
  });
  return found == entries.end() ? nullptr : &*found;
}

const ConfigEntry* ConfigSection::look_through(schema::OptionId option) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const ConfigEntry& e) {
    return !e.overridden && e.option != nullptr && e.option->id == option;
  });
  return found == entries.end() ? nullptr : &*found;
}

std::string ConfigSection::display() const { return "[" + std::string(full_name) + "]"; }

const ConfigSection* Config::find(std::string_view full_name) const {
  const auto found = std::find_if(sections.begin(), sections.end(),
                                  [&](const ConfigSection& s) { return s.full_name == full_name; });
  return found == sections.end() ? nullptr : &*found;
}

Config bind(const LoadedFiles& files, const SourceMap& sources, bool fragment) {
  return ConfigMerger(files, sources, fragment).run();
}

}  // namespace sup::compiler
