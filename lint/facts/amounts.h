// Sums that stay in their bounds whatever is written, and values as far as they are known.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lint/context.h"

namespace sup::lint {

// No amount is larger; a sum that reaches it is not to be believed.
constexpr std::int64_t largest_amount = std::numeric_limits<std::int64_t>::max() / 4;

// Negative amounts count as none.
constexpr std::int64_t sum(std::int64_t a, std::int64_t b) {
  const auto part = [](std::int64_t value) {
    return std::clamp<std::int64_t>(value, 0, largest_amount);
  };
  return std::min(largest_amount, part(a) + part(b));
}

constexpr std::int64_t product(std::int64_t a, std::int64_t b) {
  if (a <= 0 || b <= 0) return 0;
  return a > largest_amount / b ? largest_amount : a * b;
}

// "1.1 GB", from 1024 on in the units of Supervisor's sizes.
std::string readable_size(std::int64_t bytes);

// The value of an option, and the entry that it is from, maybe inherited; null: the default.
template <class Value>
struct Known {
  std::optional<Value> value;  // nothing: it is not known
  const ConfigEntry* entry = nullptr;
};

using KnownNumber = Known<std::int64_t>;

template <class Type>
Known<typename Type::Storage> known(const Context& context, const ConfigSection& section,
                                    OptionName key, typename Type::Storage fallback) {
  const ConfigEntry* entry = section.find(key);
  if (entry == nullptr) return {std::move(fallback), nullptr};
  return {context.read<Type>(section, *entry), entry};
}

inline KnownNumber known_number(const Context& context, const ConfigSection& section,
                                OptionName key, std::int64_t fallback) {
  return known<schema::Integer>(context, section, key, fallback);
}

}  // namespace sup::lint
