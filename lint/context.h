// What rules look at: a finished compilation, and answers to questions that several rules ask.
// Values come expanded as far as they are known; a value that hangs on an unknown variable is not
// there, so that rules stay silent rather than guess.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "compiler/compile.h"
#include "compiler/config.h"
#include "compiler/diagnostics.h"
#include "compiler/source.h"
#include "lint/commands.h"
#include "lint/environments.h"
#include "lint/options.h"
#include "schema/expand.h"
#include "schema/options.h"
#include "schema/text.h"
#include "schema/values.h"

namespace sup::lint {

using compiler::ConfigEntry;
using compiler::ConfigSection;
using compiler::Diagnostic;
using compiler::Diagnostics;
using compiler::Severity;
using compiler::Span;
using schema::OptionName;
using schema::OptionNames;
using schema::SectionKind;

class Layout;
class References;

class Context {
 public:
  Context(const compiler::Compilation& compilation, const LintOptions& options)
      : compilation_(compilation), options_(options), sections_(compilation.config.sections) {}

  const compiler::Compilation& compilation() const { return compilation_; }

  const compiler::Config& config() const { return compilation_.config; }

  // The sections that a rule is to look at now: all for a rule that looks at the whole, otherwise a
  // few at a time, so that what one rule has read is still at hand for the next.
  std::span<const ConfigSection> sections() const { return sections_; }

  void set_sections(std::span<const ConfigSection> sections) { sections_ = sections; }

  const compiler::SourceMap& sources() const { return compilation_.sources; }

  const LintOptions& options() const { return options_; }

  const compiler::Document& document(const ConfigEntry& entry) const;
  compiler::Entry written(const ConfigEntry& entry) const;

  Span key_span(const ConfigEntry& entry) const { return config().key_span(entry); }

  // First line of the value; an empty value has the place after the delimiter.
  Span value_span(const ConfigEntry& entry) const { return config().value_span(entry); }

  std::string_view source_text(const Span& span) const { return sources().text(span); }

  bool has_section(std::string_view full_name) const;

  // The section [supervisord], or null.
  const ConfigSection* daemon() const;

  // Whether environment= of [supervisord] sets a variable; true also when that is not known.
  bool daemon_may_set(std::string_view variable) const;

  // The event listeners, in order.
  std::span<const ConfigSection* const> listeners() const;

  // The group that a program is in: the last that names it, or its own of the same name.
  std::string_view group_of(std::string_view program) const;

  // Programs, groups and servers by what refers to them.
  const References& references() const;

  // Groups and what runs in them.
  const Layout& layout() const;

  // The file of a source, or null.
  const compiler::Document* document_of(compiler::SourceId source) const;

  // Whether the compiler reports an error in `place`.
  bool has_error_in(const Span& place) const;

  // The key as written, upper case and all.
  std::string_view key_text(const ConfigEntry& entry) const { return source_text(key_span(entry)); }

  // The entry's value after expansion; nothing when a name in it is not known.
  std::optional<std::string> text(const ConfigSection& section, const ConfigEntry& entry) const;

  // A part of the entry's value after expansion, in the same way.
  std::optional<std::string> expanded(const ConfigSection& section, const ConfigEntry& entry,
                                      std::string_view part) const;

  // So many sections in a row are given to a rule before the next rule: its code is at hand for all
  // but the first of them, and what was read of them is still at hand for the next rule.
  static constexpr std::size_t sections_at_hand = 16;

  // The entry's value as a command line. It is kept until one of another section is asked for that
  // is a multiple of `sections_at_hand` away, or another of the same section.
  const CommandLine& command(const ConfigSection& section, const ConfigEntry& entry) const;

  // The pairs of an environment=, see split_environment. Kept in the same way.
  const std::optional<std::vector<EnvironmentPair>>& environment_pairs(
      const ConfigSection& section, const ConfigEntry& entry) const;

  // Questions to the machine; null without --host.
  const schema::Facts* machine() const { return options_.ask_machine ? options_.machine : nullptr; }

  // The typed value of an entry; nothing when it is not known or is refused by the compiler.
  template <class Type>
  std::optional<typename Type::Storage> read(const ConfigSection& section,
                                             const ConfigEntry& entry) const {
    if constexpr (is_small<typename Type::Storage>)
      if (!entry.is_template && entry.option() != nullptr) return read_small<Type>(entry);
    typename Type::Storage value{};
    if (!entry.is_template) {
      if (Type::read(entry.value, {options_.target}, value)) return std::nullopt;
      return value;
    }
    const auto known = text(section, entry);
    if (!known || Type::read(*known, {options_.target}, value)) return std::nullopt;
    return value;
  }

  // The same for the entry of that key that counts; nothing, too, when there is none.
  template <class Type>
  std::optional<typename Type::Storage> read(const ConfigSection& section, OptionName key) const {
    const ConfigEntry* entry = section.find(key);
    if (entry == nullptr) return std::nullopt;
    return read<Type>(section, *entry);
  }

  // Whether a boolean option is known to be switched on.
  bool is_on(const ConfigSection& section, OptionName key) const {
    return read<schema::Boolean>(section, key).value_or(false);
  }

  // Whether one of the signs stands in the value.
  bool has_any(const ConfigEntry& entry, schema::Signs signs) const {
    HeldSigns& held = signs_[entry.option() != nullptr ? entry.option()->id : schema::option_count];
    if (held.entry != &entry) held = {&entry, schema::Signs::in(entry.value)};
    return held.signs.has_any_of(signs);
  }

  bool is_single_line(const ConfigEntry& entry) const;

  // All lines of an entry with their ends, for removal.
  Span whole_lines(const ConfigEntry& entry) const;

  // From the first to the last byte of the value, continuation lines included.
  Span whole_value(const ConfigEntry& entry) const;

  // "\n", or as the entry's line ends.
  std::string_view line_end(const ConfigEntry& entry) const;

  // The part of a value as a place, or as much of it as stands on the first of its lines.
  Span value_part(const ConfigEntry& entry, std::size_t begin, std::size_t length) const;

  Span place_of(const ConfigEntry& entry, const Word& word) const {
    return value_part(entry, word.begin, word.end - word.begin);
  }

  // Where to point for a value: the value, or the key if there is none on its line.
  Span value_place(const ConfigEntry& entry) const;

  // Calls `function(section, entry)` for each entry that counts and is written in its section.
  template <class Function>
  void each_entry(Function function) const {
    for (const ConfigSection& section : sections()) {
      if (!section.name) continue;
      for (const ConfigEntry& entry : section.entries) {
        if (!entry.overridden && !entry.from_default) function(section, entry);
      }
    }
  }

  template <class Function>
  void each_process_section(Function function) const {
    for (const ConfigSection& section : sections()) {
      if (section.is_process()) function(section);
    }
  }

 private:
  std::optional<std::string> environment(const ConfigSection& section, const ConfigEntry& entry,
                                         std::string_view name) const;
  std::optional<schema::EnvironmentValue> environment_of(const ConfigSection& section,
                                                         const ConfigEntry& reader) const;
  std::optional<std::string> expanded_by(const ConfigSection& section, const ConfigEntry& entry,
                                         std::string text) const;

  // Numbers and the like. Programs of one configuration have most of them in common, so the last
  // one that was read of each option is kept.
  template <class Storage>
  static constexpr bool is_small = std::is_trivially_copyable_v<Storage> &&
                                   sizeof(Storage) <= sizeof(std::int64_t);

  template <class Type>
  std::optional<typename Type::Storage> read_small(const ConfigEntry& entry) const {
    using Storage = typename Type::Storage;
    HeldValue& held = values_[entry.option()->id];
    Storage value{};
    if (held.type == Type::name.data() && held.text == entry.value) {
      std::memcpy(&value, held.bytes.data(), sizeof(Storage));
      return held.is_known ? std::optional(value) : std::nullopt;
    }
    held.type = Type::name.data();
    held.text = entry.value;
    held.is_known = !Type::read(entry.value, {options_.target}, value);
    std::memcpy(held.bytes.data(), &value, sizeof(Storage));
    return held.is_known ? std::optional(value) : std::nullopt;
  }

  struct HeldValue {
    const char* type = nullptr;  // name of the type that it was read as
    std::string_view text;
    std::array<std::byte, sizeof(std::int64_t)> bytes{};
    bool is_known = false;
  };

  struct HeldCommand {
    CommandLine command;
    std::string_view text;  // of a value that hangs on no names
    const ConfigEntry* entry = nullptr;
  };

  struct HeldPairs {
    std::optional<std::vector<EnvironmentPair>> pairs;
    const ConfigEntry* entry = nullptr;
  };

  // Where what was read of a section is held.
  std::size_t place_of(const ConfigSection& section) const {
    return static_cast<std::size_t>(&section - config().sections.data()) % sections_at_hand;
  }

  struct HeldSigns {
    const ConfigEntry* entry = nullptr;
    schema::Signs signs;
  };

  const compiler::Compilation& compilation_;
  const LintOptions& options_;
  std::span<const ConfigSection> sections_;
  // Answers to questions about all sections, found when first asked for.
  mutable std::optional<std::set<std::string_view>> section_names_;
  mutable std::optional<std::map<std::string_view, std::string_view>> groups_;
  mutable std::optional<const ConfigSection*> daemon_;
  mutable std::optional<std::vector<const ConfigSection*>> listeners_;
  mutable std::map<std::string, bool, std::less<>> daemon_variables_;
  mutable std::optional<schema::EnvironmentValue> global_environment_;
  mutable std::array<HeldCommand, sections_at_hand> commands_{};
  mutable std::array<HeldPairs, sections_at_hand> pairs_{};
  mutable std::shared_ptr<const References> references_;
  mutable std::shared_ptr<const Layout> layout_;
  mutable std::array<HeldValue, schema::option_count> values_{};
  mutable std::array<HeldSigns, schema::option_count + 1> signs_{};
};

using schema::in_backticks;

// Adds a fix that deletes an entry with all its lines.
void add_removal(const Context& context, Diagnostic& diagnostic, const ConfigEntry& entry,
                 bool safe);

// Adds a fix that puts the line "key=value" before that of an entry, indented as it is.
void add_line_before(const Context& context, Diagnostic& diagnostic, const ConfigEntry& entry,
                     std::string_view line, bool safe);

}  // namespace sup::lint
