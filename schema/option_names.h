// Names of options that stand in the code. They are looked up while compiling, so that asking a
// section for one of its options compares no text, and a name that no option has does not compile.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string_view>

#include "schema/options.h"

namespace sup::schema {

// Implicit: section.find("command").
class OptionName {
 public:
  // No option.
  constexpr OptionName() = default;

  template <std::size_t size>
  consteval OptionName(const char (&text)[size])  // NOLINT(google-explicit-constructor)
      : first_(look_up({text, size - 1})) {}

  constexpr bool empty() const { return first_ == option_count; }

  // NOLINTNEXTLINE(google-explicit-constructor)
  constexpr operator std::string_view() const { return empty() ? std::string_view{} : all[first_]; }

  friend constexpr bool operator==(OptionName, OptionName) = default;

  // The first option of that name in the table; option_count if it is none.
  constexpr OptionId first() const { return first_; }

 private:
  static constexpr std::array<std::string_view, option_count> all{
#define BLOCK(name, Struct)
#define END_BLOCK
#define OPTION(name, ...) #name,
#define OPTION_AS(member, name, ...) name,
#include "schema/options.def"
#undef BLOCK
#undef OPTION
#undef OPTION_AS
#undef END_BLOCK
  };

  static consteval OptionId look_up(std::string_view text) {
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i] == text) return static_cast<OptionId>(i);
    throw "no option has this name";
  }

  OptionId first_ = static_cast<OptionId>(option_count);
};

using OptionNames = std::initializer_list<OptionName>;

constexpr OptionId no_option = std::numeric_limits<OptionId>::max();

// Options by kind of section and the first option of their name.
using OptionIds = std::array<std::array<OptionId, option_count + 1>, section_kind_count>;
extern const OptionIds option_ids;

// The option of that name in sections of this kind; no_option if they have none.
inline OptionId option_id(SectionKind kind, OptionName name) {
  return option_ids[static_cast<std::size_t>(kind)][name.first()];
}

// The options of one kind of section have different slots.
constexpr std::size_t option_slots = 44;

constexpr std::size_t option_slot(OptionId option) { return option % option_slots; }

}  // namespace sup::schema
