// The values that are secret in a plan on a machine, and any text without them: an expanded
// %(ENV_DB_PASSWORD)s may stand in a command, in the name of a process, in the path of a socket and
// in what is said about either. redact.h decides by names and places what is a secret; here its
// value is hidden wherever else it went.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "schema/instantiate.h"
#include "schema/plan.h"

namespace sup::schema {

class Secrets {
 public:
  // A single character is no secret, and stands in every text. Values of fewer than four are hidden
  // where they are words of their own: they stand by chance in half of all others.
  static constexpr std::size_t least_length = 2;
  static constexpr std::size_t least_part_length = 4;

  void add(std::string_view value);
  void add(const Secrets& other);

  bool empty() const { return values_.empty(); }

  // The text with hidden_text in the place of each secret, as it is and as it stands in a template.
  std::string conceal(std::string_view text) const;
  void conceal_in(std::string& text) const;
  void conceal_in(std::optional<std::string>& text) const;
  void conceal_in(std::vector<std::string>& texts) const;

  bool shows_in(std::string_view text) const;

 private:
  struct Hash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  void insert(std::string value);
  std::size_t length_at(std::string_view text, std::size_t at) const;

  // Each program may have a secret of its own, so texts are gone through once for all.
  std::unordered_set<std::string, Hash, std::equal_to<>> values_;
  std::set<std::size_t, std::greater<>>
      lengths_;               // the longest first, as one may begin with another
  std::vector<bool> starts_;  // by their first two bytes; empty without any
};

// Names of variables, without ENV_, that the plan expands and that are secret: by their names, or
// because a secret option or a secret variable of an environment= is made of them.
std::set<std::string, std::less<>> secret_variables(const Plan& plan);

// Whether the value of such a variable is to be hidden: DB_PASSWORD_FILE=/run/secrets/db is not.
bool is_secret_value(std::string_view name, std::string_view value);

using Variables = std::function<std::optional<std::string>(std::string_view name)>;

// What of these variables, of the plan's own and of those that were folded into it is secret.
// `resolved` may be null.
Secrets secrets_of(const Plan& plan, const Resolved* resolved, const Variables& environment);

}  // namespace sup::schema
