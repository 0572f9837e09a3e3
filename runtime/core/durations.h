// How long things took, for histograms.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace sup::core {

struct Durations {
  // Upper ends in seconds; longer ones are in the last place.
  static constexpr std::array<double, 10> limits{0.0001, 0.0005, 0.001, 0.005, 0.01,
                                                 0.05,   0.1,    0.5,   1,     10};
  std::array<std::uint64_t, limits.size() + 1> counts{};
  double seconds = 0;  // of all together

  void add(double one) {
    const auto* const place = std::ranges::lower_bound(limits, one);
    ++counts[static_cast<std::size_t>(place - limits.begin())];
    seconds += one;
  }

  std::uint64_t count() const {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  }
};

}  // namespace sup::core
