// Comments that silence rules:
//
//   ; supcheck: disable=SUP801,unknown-option -- the vendor reads it
//
// Behind an option or in a line above it, for that option with all its lines. Behind a section
// header or in a line above it, for the section. With disable-file=, or parted from the first
// header by a blank line, before the first section: for the file. # is as good as ;.
//
// What comments stand where is read once; each remembers whether it silenced something.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/compile.h"
#include "compiler/diagnostics.h"
#include "lint/rule_selector.h"

namespace sup::lint {

class Suppressions {
 public:
  // The compilation must outlive this.
  explicit Suppressions(const compiler::Compilation& compilation);

  bool empty() const { return comments_.empty(); }

  // Whether a comment silences the finding, which that comment remembers.
  bool silence(const compiler::Diagnostic& finding);

  // Whether a rule that a selector means would have spoken in a source; of others nothing is known.
  using MaySpeak = std::function<bool(const RuleSelector& selector, compiler::SourceId source)>;

  // Reports comments that are wrong, silence nothing or say no reason.
  void report(const MaySpeak& may_speak, compiler::Diagnostics& out) const;

 private:
  // One name in the list of a comment.
  struct Item {
    compiler::Span place;
    std::optional<RuleSelector> selector;  // nothing: no such rule
    bool is_used = false;
  };

  struct Comment {
    const compiler::Document* document = nullptr;
    std::uint32_t line = 0;  // index
    bool is_alone = false;   // nothing else on its line
    bool is_for_file = false;
    bool has_reason = false;
    compiler::Span place;        // of the comment
    compiler::Span wrong;        // what is malformed
    std::string_view complaint;  // what is wrong there; empty: nothing
    std::size_t first_item = 0;
    std::size_t item_count = 0;
  };

  // What comments silence: a file, a section, an option, a line.
  struct Target {
    std::uint32_t end = 0;  // of the place; the last byte behind it counts
    // Items by the rule that they mean, the first one of each.
    std::unordered_map<const compiler::Rule*, std::size_t> rules;
    std::map<std::string, std::size_t, std::less<>> families;
  };

  using Targets = std::map<std::uint32_t, Target>;  // by first byte

  // One file's.
  struct Places {
    Target file;
    Targets sections;
    Targets lines;
  };

  // The next line that says something.
  struct Next {
    std::uint32_t line = 0;
    bool is_behind_blank = false;
  };

  class Scanner;

  static Target* at(Targets& targets, std::uint32_t offset);
  bool silence(Target& target, const compiler::Rule& rule);
  void report_items(const Comment& comment, const MaySpeak& may_speak,
                    compiler::Diagnostics& out) const;
  compiler::Fix removal(const Comment& comment) const;
  compiler::Fix removal(const Comment& comment, std::size_t index) const;

  const compiler::Compilation& compilation_;
  std::vector<Comment> comments_;
  std::vector<Item> items_;
  std::map<compiler::SourceId, Places> places_;
};

}  // namespace sup::lint
