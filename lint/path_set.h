// Which paths were there already. Those of a pattern come in order, a thousand of them behind the
// main file's: they are put side by side and are not looked up in a tree.
#pragma once

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <vector>

namespace sup::lint {

// The paths have to stay where they are.
class PathSet {
 public:
  // Whether it is a new one.
  bool insert(std::string_view path) {
    if (in_order_.size() == 1 && path < in_order_.back()) {
      others_.insert(in_order_.back());
      in_order_.clear();
    }
    if (in_order_.empty() || in_order_.back() < path) {
      if (others_.contains(path)) return false;
      in_order_.push_back(path);
      return true;
    }
    return !is_in_order(path) && others_.insert(path).second;
  }

  bool contains(std::string_view path) const { return is_in_order(path) || others_.contains(path); }

  std::size_t size() const { return in_order_.size() + others_.size(); }

 private:
  bool is_in_order(std::string_view path) const {
    return std::binary_search(in_order_.begin(), in_order_.end(), path);
  }

  std::vector<std::string_view> in_order_;  // each behind the last
  std::set<std::string_view> others_;
};

}  // namespace sup::lint
