// Did you mean: the nearest of some known words.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace sup::schema {

// Edits (insert, delete, replace, swap of neighbours) from one word to the other; stops at `limit`
// and then returns limit + 1.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

// The candidate nearest to `word` within a third of its length, ignoring case and - against _;
// empty if there is none or if two are equally near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace sup::schema
