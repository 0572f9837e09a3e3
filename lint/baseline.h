// Findings that are known already and not reported again. A finding is known by what it is about,
// the rule, the section, the option and its value, and not by its line; equal ones are counted.
//
// The file is JSON, sorted, one finding on a line. Of values it has a short hash: enough to see a
// change, too little to tell a password from it.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "compiler/compile.h"
#include "compiler/diagnostics.h"
#include "schema/result.h"

namespace sup::lint {

// What a finding is known by.
struct KnownFinding {
  std::string file;  // relative to the folder of the baseline
  std::string rule;
  std::string section;  // as between the brackets; empty: above all sections
  std::string key;      // lower case; empty: not about an option
  std::string value;    // hash of value, header or line

  auto operator<=>(const KnownFinding&) const = default;
};

class Baseline {
 public:
  // `path`: absolute. With `takes_all` each finding becomes a known one.
  Baseline(std::string path, bool takes_all) : path_(std::move(path)), takes_all_(takes_all) {}

  const std::string& path() const { return path_; }

  // Adds what the text of the file says. The Error says why it is no baseline.
  schema::Status read(std::string_view text);

  // Whether the finding is a known one, of which no more were met than the baseline has. `file`:
  // absolute path of its source.
  bool takes(const compiler::Diagnostic& finding, const compiler::Compilation& compilation,
             const std::string& file);

  // Remembers that a file was checked, so that what is not found there is gone.
  void add_checked(const std::string& file);

  // Forgets what was met and checked.
  void restart();

  // Findings of checked files that are there no more.
  std::size_t gone() const;

  // Findings that print(met) would have.
  std::size_t met() const;

  enum class Content { met, without_gone };

  // The text of the file.
  std::string print(Content content) const;

 private:
  struct Counts {
    std::size_t known = 0;
    std::size_t met = 0;
  };

  std::string relative(const std::string& file) const;
  std::size_t left(const KnownFinding& finding, const Counts& counts, Content content) const;

  std::string path_;
  bool takes_all_;
  std::map<KnownFinding, Counts> findings_;
  std::set<std::string, std::less<>> checked_;  // relative
};

}  // namespace sup::lint
