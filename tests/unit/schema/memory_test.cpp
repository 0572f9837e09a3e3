#include "schema/memory.h"

#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace sup::schema {
namespace {

constexpr std::size_t many = 200000;  // far more than what is taken from the heap

RegionVector<std::uint64_t> numbered(std::size_t count, std::uint64_t first) {
  RegionVector<std::uint64_t> made(count);
  std::iota(made.begin(), made.end(), first);
  return made;
}

bool is_numbered(const RegionVector<std::uint64_t>& numbers, std::uint64_t first) {
  for (const std::uint64_t number : numbers)
    if (number != first++) return false;
  return true;
}

TEST(Region, ArraysOfAllSizesKeepWhatIsInThem) {
  std::vector<RegionVector<std::uint64_t>> all;
  for (std::size_t size = 1; size < 4 * many; size *= 3) all.push_back(numbered(size, size));
  // Some go, and what comes takes no place of another one.
  for (std::size_t i = 0; i < all.size(); i += 2) all[i] = numbered(many, i);
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_TRUE(is_numbered(all[i], i % 2 == 0 ? i : all[i].size()));
}

TEST(Region, GrowsAndIsUsedAgain) {
  for (int round = 0; round < 50; ++round) {
    RegionVector<std::uint64_t> growing;
    for (std::uint64_t i = 0; i < many; ++i) growing.push_back(i);
    ASSERT_TRUE(is_numbered(growing, 0));
  }
}

TEST(Region, IsOfAllThreads) {
  std::vector<std::thread> threads;
  std::vector<int> good(4);
  for (std::size_t t = 0; t < good.size(); ++t)
    threads.emplace_back([&good, t] {
      for (std::uint64_t round = 0; round < 20; ++round)
        good[t] += is_numbered(numbered(many / 4, t + round), t + round) ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, std::vector<int>(4, 20));
}

TEST(Region, ArraysLargerThanARegionAreTakenToo) {
  RegionVector<char> large;
  large.reserve(std::size_t{100} << 20U);
  large.push_back('x');
  EXPECT_EQ(large.front(), 'x');
}

}  // namespace
}  // namespace sup::schema
