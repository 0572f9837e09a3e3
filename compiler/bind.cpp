#include "compiler/bind.h"

#include <algorithm>
#include <array>
#include <bit>
#include <bitset>
#include <limits>
#include <unordered_map>

#include "schema/expand.h"
#include "schema/memory.h"
#include "schema/parallel.h"
#include "schema/text.h"

namespace sup::compiler {

namespace {

bool is_program(const std::optional<schema::SectionName>& name) {
  return name && name->kind == schema::SectionKind::program;
}

// Finds the options of one section after the other. Most sections of a kind set the same ones in
// the same order, so that the one which followed last time is tried first.
class OptionFinder {
 public:
  void begin(schema::SectionKind kind) {
    if (kind != kind_) after_.fill(nullptr);
    kind_ = kind;
    previous_ = 0;
  }

  // Null: the kind has no such option.
  const schema::OptionRow* find(std::string_view key) {
    const schema::OptionRow*& expected = after_[previous_];
    if (expected == nullptr || expected->name != key) {
      const schema::OptionRow* found = schema::find_option(kind_, key);
      if (found == nullptr) return nullptr;
      expected = found;
    }
    previous_ = expected->id + std::size_t{1};
    return expected;
  }

 private:
  schema::SectionKind kind_{};
  std::size_t previous_ = 0;  // one more than the last one's id; 0: none yet
  std::array<const schema::OptionRow*, schema::option_count + 1> after_{};
};

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
  static constexpr std::uint32_t no_section = std::numeric_limits<std::uint32_t>::max();

  // A header of some file and the section that it belongs to.
  struct Occurrence {
    std::uint32_t section;
    std::uint32_t file;
    const SectionHeader* header;
  };

  void number_sections() {
    constexpr std::size_t ahead = 16;
    std::size_t headers = 0;
    for (const LoadedFile& file : files_.files) headers += file.document.sections.size();
    occurrences_.reserve(headers);
    config_.sections.reserve(headers);
    slots_.assign(std::bit_ceil(2 * headers + 1), Slot{});
    for (std::uint32_t file = 0; file < files_.files.size(); ++file) {
      const Document& document = files_.files[file].document;
      const schema::RegionVector<SectionHeader>& all = document.sections;
      for (std::size_t i = 0; i < all.size(); ++i) {
        // Slots are everywhere in memory, and waiting for them is most of the work.
        if (i + ahead < all.size()) __builtin_prefetch(first_slot_of(all[i + ahead].name_hash));
        const SectionHeader& header = all[i];
        const std::string_view name = document.text(header.name);
        std::uint32_t& slot = slot_of(name, header.name_hash).section;
        if (slot == no_section) {
          slot = static_cast<std::uint32_t>(config_.sections.size());
          ConfigSection& section = config_.sections.emplace_back();
          section.full_name = name;
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

  // A section by its name.
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t section = no_section;
  };

  std::size_t place_of(std::uint32_t hash) const { return hash & (slots_.size() - 1); }

  const Slot* first_slot_of(std::uint32_t hash) const { return &slots_[place_of(hash)]; }

  // That of the section of that name, or a free one that has its hash. There are as many sections
  // as programs, so they are held in one piece of memory, and names that differ are told from
  // another without a look at the text.
  Slot& slot_of(std::string_view name, std::uint32_t hash) {
    std::size_t at = place_of(hash);
    while (slots_[at].section != no_section &&
           (slots_[at].hash != hash || config_.sections[slots_[at].section].full_name != name))
      at = (at + 1) & (slots_.size() - 1);
    slots_[at].hash = hash;
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
    constexpr std::size_t many = 500;
    const bool by_two = occurrences_.size() >= many && schema::has_second_processor();
    // Occurrences of one section stay together.
    std::size_t half = by_two ? occurrences_.size() / 2 : occurrences_.size();
    while (half < occurrences_.size() && half > 0 &&
           occurrences_[half].section == occurrences_[half - 1].section)
      ++half;
    const auto bind_first = [&] { bind_entries(0, half, 0); };
    const auto bind_others = [&] { bind_entries(half, occurrences_.size(), 1); };
    if (by_two) {
      schema::do_both(bind_first, bind_others);
    } else {
      bind_first();
    }
    for (const auto& part : besides_programs_)
      config_.besides_programs.insert(config_.besides_programs.end(), part.begin(), part.end());
  }

  // What the entries of a range of occurrences become.
  struct Target {
    schema::RegionVector<ConfigEntry>& entries;  // which sections point into from then on
    std::deque<std::string_view>& unknown_keys;
    OptionFinder options{};
    std::size_t first = 0;  // of the section at hand, into `entries`
    bool repeats = false;   // it sets an option a second time
    std::size_t unknown = 0;
  };

  // Those of a range of occurrences, into the first or second part.
  void bind_entries(std::size_t at, std::size_t end, std::size_t part) {
    Target target{config_.entries_[part], config_.unknown_keys_[part]};
    schema::RegionVector<ConfigEntry>& out = target.entries;
    std::size_t total = 0;
    for (std::size_t i = at; i < end; ++i) total += occurrences_[i].header->entry_count;
    out.reserve(total);
    while (at < end) {
      const std::uint32_t index = occurrences_[at].section;
      ConfigSection& section = config_.sections[index];
      section.name = schema::classify_section(section.full_name);
      if (!is_program(section.name)) besides_programs_[part].push_back(&section);
      const std::size_t first_header = at;
      target.first = out.size();
      target.repeats = false;
      target.unknown = 0;
      for (; at < end && occurrences_[at].section == index; ++at)
        add_entries(section, occurrences_[at], target);
      section.headers = std::span(config_.headers_).subspan(first_header, at - first_header);
      section.header_files =
          std::span(config_.header_files_).subspan(first_header, at - first_header);
      const std::span entries = std::span(out).subspan(target.first);
      section.entries = entries;
      section.has_unknown_key = target.unknown != 0;
      // Nearly all sections set each option once.
      if (target.repeats || target.unknown > 1) mark_overridden(section, entries);
    }
  }

  void add_entries(ConfigSection& section, const Occurrence& occurrence, Target& target) {
    const Document& document = files_.files[occurrence.file].document;
    const SectionHeader& header = *occurrence.header;
    if (section.name) target.options.begin(section.name->kind);
    for (std::uint32_t i = header.first_entry; i < header.first_entry + header.entry_count; ++i) {
      const Document::Glance written = document.glance(i);
      ConfigEntry& bound = target.entries.emplace_back();
      bound.file = occurrence.file & 0x0FFFFFFFU;  // the width of the field
      bound.entry = i;
      bind_key(section, bound, written.key, target);
      bound.value = written.is_continued
                        ? config_.texts->keep(document.value(sources_, document.entry(i)))
                        : written.value;
      bound.is_template = schema::is_template(bound.value);
      section.has_continuation |= written.is_continued;
      section.has_comment |= written.has_comment;
    }
  }

  // Keys are lower case; nearly all are written so.
  void bind_key(ConfigSection& section, ConfigEntry& bound, std::string_view key, Target& target) {
    const auto find = [&](std::string_view name) {
      return section.name ? target.options.find(name) : nullptr;
    };
    const schema::OptionRow* option = find(key);
    if (option == nullptr) {
      std::string lowered = schema::lower(key);
      if (lowered != key) {
        key = config_.texts->keep(std::move(lowered));
        option = find(key);
      }
    }
    if (option == nullptr) {
      bound.set_unknown_key(target.unknown_keys.emplace_back(key));
      ++target.unknown;
      return;
    }
    bound.set_option(*option);
    target.repeats |= section.options[option->id];
    section.options[option->id] = true;
    set_position(section, option->id, target.entries.size() - 1 - target.first);
  }

  // Of several entries the last one counts.
  static void set_position(ConfigSection& section, schema::OptionId option, std::size_t index) {
    section.positions[schema::option_slot(option)] =
        static_cast<std::uint8_t>(std::min<std::size_t>(index + 1, ConfigSection::far_back));
  }

  static void mark_overridden(ConfigSection& section, std::span<ConfigEntry> entries) {
    std::unordered_map<std::string_view, ConfigEntry*> last;
    for (ConfigEntry& entry : entries) {
      const auto [found, fresh] = last.try_emplace(entry.key(), &entry);
      if (fresh) continue;
      section.has_overridden = true;
      found->second->overridden = true;
      found->second = &entry;
    }
  }

  static bool is_about_here(const ConfigEntry& entry) {
    return entry.is_template && entry.value.find("%(here)s") != std::string_view::npos;
  }

  struct Inherited {
    const ConfigEntry* entry;
    std::uint32_t here_file;
  };

  // What a section has of a key of [DEFAULT], of which `last` is the last line. After each file
  // Supervisor replaces %(here)s by its folder in all sections that there are by then, and what
  // came of a [DEFAULT] is the section's own value from then on: later lines do not change it.
  static Inherited inherited_by(const ConfigSection& section, std::span<const ConfigEntry> defaults,
                                const ConfigEntry& last) {
    const std::uint32_t first = section.header_files.front();
    const ConfigEntry* current = nullptr;
    for (std::size_t i = 0; i < defaults.size(); ++i) {
      const ConfigEntry& entry = defaults[i];
      if (entry.key() != last.key()) continue;
      // Kept as it was after the files before this line?
      if (current != nullptr && entry.file > std::max(first, current->file) &&
          is_about_here(*current))
        return {current, std::max(first, current->file)};
      current = &entry;
    }
    return {current, is_about_here(*current) ? std::max(first, current->file) : current->file};
  }

  // [DEFAULT] gives every section the keys that it does not set.
  void spread_defaults() {
    const std::uint32_t found = slot_of(default_section, hash_of_name(default_section)).section;
    if (found == no_section) return;
    const std::span<const ConfigEntry> defaults = config_.sections[found].entries;
    const bool any_here =
        files_.has_include && std::any_of(defaults.begin(), defaults.end(), is_about_here);
    for (std::uint32_t i = 0; i < config_.sections.size(); ++i) {
      ConfigSection& section = config_.sections[i];
      if (i == found || !section.name) continue;
      std::vector<ConfigEntry> all(section.entries.begin(), section.entries.end());
      std::vector<std::pair<std::size_t, std::uint32_t>> here_files;  // index into `all`, file
      for (const ConfigEntry& entry : defaults) {
        if (entry.overridden || section.find(entry.key()) != nullptr) continue;
        const schema::OptionRow* option = schema::find_option(section.name->kind, entry.key());
        if (option == nullptr && !schema::takes_any_key(section.name->kind)) continue;
        ConfigEntry copy = entry;
        if (any_here) {
          const Inherited inherited = inherited_by(section, defaults, entry);
          copy = *inherited.entry;
          if (inherited.here_file != copy.file)
            here_files.emplace_back(all.size(), inherited.here_file);
        }
        copy.overridden = false;
        copy.from_default = true;
        if (option != nullptr) {
          copy.set_option(*option);
          section.options[option->id] = true;
          set_position(section, option->id, all.size());
        }
        all.push_back(copy);
      }
      if (all.size() == section.entries.size()) continue;
      section.entries = config_.with_defaults_.emplace_back(std::move(all));
      for (const auto& [index, file] : here_files)
        config_.here_files_.emplace(&section.entries[index], file);
    }
  }

  const LoadedFiles& files_;
  const SourceMap& sources_;
  Config config_;
  schema::RegionVector<Occurrence> occurrences_;
  schema::RegionVector<Slot> slots_;                                   // by the hash
  std::array<std::vector<const ConfigSection*>, 2> besides_programs_;  // of each part
};

const ConfigEntry* ConfigSection::search(std::string_view key) const {
  const schema::OptionRow* option = name ? schema::find_option(name->kind, key) : nullptr;
  if (option != nullptr) return find(option->id);
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const ConfigEntry& e) {
    return !e.overridden && e.key() == key;
  });
  return found == entries.end() ? nullptr : &*found;
}

const ConfigEntry* ConfigSection::look_through(schema::OptionId option) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const ConfigEntry& e) {
    return !e.overridden && e.option() != nullptr && e.option()->id == option;
  });
  return found == entries.end() ? nullptr : &*found;
}

std::string ConfigSection::display() const { return "[" + std::string(full_name) + "]"; }

const ConfigSection* Config::find(std::string_view full_name) const {
  const auto has_name = [&](const ConfigSection& s) { return s.full_name == full_name; };
  if (!is_program(schema::classify_section(full_name))) {
    const auto found = std::find_if(besides_programs.begin(), besides_programs.end(),
                                    [&](const ConfigSection* s) { return has_name(*s); });
    return found == besides_programs.end() ? nullptr : *found;
  }
  const auto found = std::find_if(sections.begin(), sections.end(), has_name);
  return found == sections.end() ? nullptr : &*found;
}

Config bind(const LoadedFiles& files, const SourceMap& sources, bool fragment) {
  return ConfigMerger(files, sources, fragment).run();
}

}  // namespace sup::compiler
