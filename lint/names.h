// Names that Supervisor does not know: what they are instead. The rules about names share these
// verdicts, so that each name gets one message.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lint/context.h"
#include "schema/dialects.h"

namespace sup::lint {

enum class KeyKind : std::uint8_t {
  accepted,      // read by the section, a plug-in's, private (x_), or reported by the compiler
  open_header,   // "[program" of a header that lacks its bracket
  plugin,        // of a plug-in that is not configured
  former,        // read by an earlier version
  foreign,       // of another product
  command_line,  // of supervisord's command line only
  misplaced,     // of another kind of section
  unknown
};

struct KeyVerdict {
  KeyKind kind = KeyKind::accepted;
  const schema::DialectKey* row = nullptr;   // of a former, foreign or plug-in's key, or of a wish
  const schema::SectionRow* home = nullptr;  // section that reads a misplaced option

  // Of `row`, as messages speak of it.
  std::string_view product() const { return schema::dialect_row(row->dialect).product; }
};

// Judges the keys of one section.
class KeyJudge {
 public:
  KeyJudge(const Context& context, const ConfigSection& section);

  KeyVerdict judge(const ConfigEntry& entry) const;

  // Whether the section knows the option and does not set it.
  bool is_free(std::string_view option) const;

  // The option that an unknown key probably means, set or not; empty if there is none.
  std::string_view suggest(std::string_view key) const;

 private:
  const Context& context_;
  const ConfigSection& section_;
  std::vector<std::string_view> all_;   // options of the section
  std::vector<std::string_view> free_;  // those that it does not set
  // Where a header lacks its bracket, by file and header: all that follows belongs to it.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> open_headers_;
};

// Calls `function(section, entry, verdict, judge)` for each written key of that kind.
template <class Function>
void each_key(const Context& context, KeyKind kind, Function function) {
  for (const ConfigSection& section : context.sections()) {
    if (!section.name || !section.has_unknown_key) continue;
    const KeyJudge judge(context, section);
    for (const ConfigEntry& entry : section.entries) {
      if (entry.from_default) continue;
      const KeyVerdict verdict = judge.judge(entry);
      if (verdict.kind == kind) function(section, entry, verdict, judge);
    }
  }
}

enum class HeaderKind : std::uint8_t {
  accepted,  // read by Supervisor, [DEFAULT], or private (x-)
  case_or_space,
  nameless,
  foreign,
  unknown
};

struct HeaderVerdict {
  HeaderKind kind = HeaderKind::accepted;
  std::string meant;         // the full name that was meant, or empty
  std::string_view product;  // of a foreign section
};

HeaderVerdict judge_header(const ConfigSection& section);

// Whether the header was to be [supervisord], and there is none.
bool is_missed_daemon(const Context& context, const HeaderVerdict& verdict);

// Calls `function(section, header, verdict)` for each header of that kind; `header` is the place of
// the name between the brackets.
template <class Function>
void each_header(const Context& context, HeaderKind kind, Function function) {
  for (const ConfigSection& section : context.sections()) {
    if (section.name) continue;
    const HeaderVerdict verdict = judge_header(section);
    if (verdict.kind != kind) continue;
    for (const Span& header : section.headers) {
      function(section, Span{header.source, header.begin + 1, header.end - 1}, verdict);
    }
  }
}

// "[program:x]", "[supervisord]": how a section of the kind is written.
std::string section_form(const schema::SectionRow& row);

}  // namespace sup::lint
