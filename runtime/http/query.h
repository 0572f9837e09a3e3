// name=value pairs: what stands behind the ? of a path, and what forms send.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sup::http {

class Query {
 public:
  // "a=1&b=two%20words+or+so"
  explicit Query(std::string_view text);

  // The first of that name; empty if there is none.
  std::string_view value(std::string_view name) const;
  bool has(std::string_view name) const;

  const std::vector<std::pair<std::string, std::string>>& pairs() const { return pairs_; }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

// What may stand in a path or a query for these bytes.
std::string encode_percent(std::string_view text);

}  // namespace sup::http
