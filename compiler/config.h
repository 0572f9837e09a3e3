// A configuration as written, merged: sections with their settings, each with the place where it
// was written. This is what lint rules look at. Made by bind() from the documents that load() read.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/ini/document.h"
#include "compiler/loaded_files.h"
#include "compiler/source.h"
#include "schema/memory.h"
#include "schema/option_names.h"
#include "schema/options.h"
#include "schema/plan.h"

namespace sup::compiler {

// key = value of one section, as written. Where it stands is asked of the Config. There are ten
// times as many as programs, so that each word here counts.
class ConfigEntry {
 public:
  std::string_view value;         // joined lines, as written
  std::uint32_t entry = 0;        // index into the document's entries
  std::uint32_t file : 28 = 0;    // index into Config::files
  bool is_template : 1 = false;   // has a %, so that its value hangs on names
  bool overridden : 1 = false;    // a later line of the same section sets the same key
  bool from_default : 1 = false;  // inherited from [DEFAULT]

  // Lower case.
  std::string_view key() const { return is_known_ ? option_->name : *unknown_key_; }

  // Of this section's kind; null: not known there.
  const schema::OptionRow* option() const { return is_known_ ? option_ : nullptr; }

  void set_option(const schema::OptionRow& option) {
    is_known_ = true;
    option_ = &option;
  }

  // The text has to stay where it is for as long as the entry is asked.
  void set_unknown_key(const std::string_view& key) {
    is_known_ = false;
    unknown_key_ = &key;
  }

 private:
  static constexpr std::string_view no_key{};

  bool is_known_ : 1 = false;

  union {
    const schema::OptionRow* option_;
    const std::string_view* unknown_key_ = &no_key;
  };
};

static_assert(sizeof(ConfigEntry) <= 32);

// A section, with all its occurrences merged.
struct ConfigSection {
  // By the slots of options: one more than the index of the entry that counts; 0: there is none.
  using Positions = std::array<std::uint8_t, schema::option_slots>;
  static constexpr std::uint8_t far_back = 255;  // it has to be looked for

  std::string_view full_name;
  std::optional<schema::SectionName> name;      // nothing: Supervisor ignores the section
  std::uint32_t first_line = 1;                 // of the first header
  std::span<const Span> headers;                // each occurrence; the brackets included
  std::span<const std::uint32_t> header_files;  // files of these
  std::span<const ConfigEntry> entries;         // of all occurrences, in order, overridden ones too
  schema::OptionSet options;                    // those that it sets or inherits
  bool has_unknown_key = false;                 // an entry without an option
  bool has_overridden = false;                  // an entry that does not count
  bool has_continuation = false;                // a value of several lines
  bool has_comment = false;                     // an option with a comment behind it
  Positions positions{};

  // The entry that counts, or null.
  const ConfigEntry* find(schema::OptionName option) const {
    const schema::OptionId id = name ? schema::option_id(name->kind, option) : schema::no_option;
    if (id == schema::no_option) return search(option);
    return find(id);
  }

  // The same for an option of this kind of section.
  const ConfigEntry* find(schema::OptionId option) const {
    const std::uint8_t position = positions[schema::option_slot(option)];
    if (position == far_back) return look_through(option);
    return position == 0 ? nullptr : &entries[position - 1U];
  }

  // The same for a key that is not known while compiling, an option or not.
  template <class Key>
  requires std::same_as<Key, std::string_view> || std::same_as<Key, std::string>

  const ConfigEntry* find(const Key& key) const { return search(key); }

  // The first header's name part, for messages: "[program:web]".
  std::string display() const;

  // Whether it runs processes: program, fcgi-program or eventlistener.
  bool is_process() const {
    return name && (name->kind == schema::SectionKind::program ||
                    name->kind == schema::SectionKind::fcgi_program ||
                    name->kind == schema::SectionKind::eventlistener);
  }

 private:
  const ConfigEntry* search(std::string_view key) const;
  const ConfigEntry* look_through(schema::OptionId option) const;
};

struct Config {
  const LoadedFiles* files = nullptr;
  schema::RegionVector<ConfigSection> sections;
  // Those that are no [program:x], in the same order: few, while programs may be many, so that who
  // looks for one of them need not go through all.
  std::vector<const ConfigSection*> besides_programs;
  bool fragment = false;  // a part of a configuration: no complaint about what other files hold
  // Owns joined values and lowered keys, and keeps the sources that all others point into.
  std::shared_ptr<schema::TextStore> texts = std::make_shared<schema::TextStore>();

  Config() = default;
  // Sections point into the members below.
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;
  Config(Config&&) = default;
  Config& operator=(Config&&) = default;
  ~Config() = default;

  const ConfigSection* find(std::string_view full_name) const;

  const Document& document(const ConfigEntry& entry) const {
    return files->files[entry.file].document;
  }

  Entry written(const ConfigEntry& entry) const { return document(entry).entry(entry.entry); }

  // The file (index) whose folder %(here)s is in the entry's value. Of what comes from [DEFAULT]
  // that need not be the file that it stands in.
  std::uint32_t here_file(const ConfigEntry& entry) const {
    if (!entry.from_default || here_files_.empty()) return entry.file;
    const auto other = here_files_.find(&entry);
    return other == here_files_.end() ? entry.file : other->second;
  }

  Span key_span(const ConfigEntry& entry) const { return document(entry).key(entry.entry); }

  // First line of the value; an empty value has the place after the delimiter.
  Span value_span(const ConfigEntry& entry) const { return document(entry).value(entry.entry); }

 private:
  friend class ConfigMerger;

  schema::RegionVector<Span> headers_;
  schema::RegionVector<std::uint32_t> header_files_;
  std::array<schema::RegionVector<ConfigEntry>, 2> entries_;  // of the first sections, of others
  std::array<std::deque<std::string_view>, 2> unknown_keys_;  // of these
  std::deque<std::vector<ConfigEntry>> with_defaults_;        // of sections that [DEFAULT] added to
  std::unordered_map<const ConfigEntry*, std::uint32_t> here_files_;  // of some of these
};

}  // namespace sup::compiler
