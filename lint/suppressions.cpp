#include "lint/suppressions.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lint/context.h"
#include "lint/lint.h"
#include "schema/text.h"

namespace sup::lint {

const LintRule unknown_rule_in_suppression{
    .rule = {"SUP1601", "unknown-rule-in-suppression", Severity::warning,
             "a comment that silences a rule that does not exist"},
};

const LintRule unused_suppression{
    .rule = {"SUP1602", "unused-suppression", Severity::info, "a comment that silences nothing"},
};

const LintRule malformed_suppression{
    .rule = {"SUP1603", "malformed-suppression", Severity::warning,
             "a comment for supcheck that it does not understand"},
};

const LintRule suppression_without_reason{
    .rule = {"SUP1604", "suppression-without-reason", Severity::warning,
             "a comment that silences a rule and does not say why"},
    .is_optional = true,
};

namespace {

constexpr std::string_view mark = "supcheck:";
constexpr std::size_t most_hints = 50;  // looking for near names takes its time

using compiler::Document;
using compiler::Line;
using compiler::LineKind;

std::string_view without_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

// Reads the comments of one file, from its end to its start.
class Suppressions::Scanner {
 public:
  Scanner(Suppressions& out, const Document& document, std::string_view bytes)
      : out_(out), document_(document), bytes_(bytes) {}

  void run() {
    std::vector<std::uint32_t> lines;
    for (const std::uint32_t line : document_.lines_with_comments())
      if (text_of(line).find(mark) != std::string_view::npos) lines.push_back(line);
    std::vector<Next> next(lines.size());
    for (std::size_t i = lines.size(); i-- > 0;)
      next[i] = next_of(lines[i], i + 1 < lines.size() ? std::optional(lines[i + 1]) : std::nullopt,
                        i + 1 < lines.size() ? next[i + 1] : Next{});
    for (std::size_t i = 0; i < lines.size(); ++i) read(lines[i], next[i]);
  }

 private:
  std::string_view text_of(std::uint32_t line) const {
    const std::uint32_t begin = document_.line_begin(line);
    const bool is_last = line + 1 == document_.line_count();
    return bytes_.substr(begin,
                         is_last ? std::string_view::npos : document_.line_begin(line + 1) - begin);
  }

  // `known`: what comes after a later line, so that no line is looked at twice.
  Next next_of(std::uint32_t line, std::optional<std::uint32_t> known_line,
               const Next& known) const {
    Next next{line + 1, false};
    for (; next.line < document_.line_count(); ++next.line) {
      const LineKind kind = document_.line_kind(next.line);
      if (kind != LineKind::blank && kind != LineKind::comment) break;
      next.is_behind_blank = next.is_behind_blank || kind == LineKind::blank;
      if (next.line == known_line)
        return {known.line, next.is_behind_blank || known.is_behind_blank};
    }
    return next;
  }

  compiler::Span span(std::string_view part) const {
    const auto begin = static_cast<std::uint32_t>(part.data() - bytes_.data());
    return {document_.source, begin, begin + static_cast<std::uint32_t>(part.size())};
  }

  void read(std::uint32_t index, const Next& next) {
    const Line line = document_.line(index);
    const std::string_view whole =
        without_end(bytes_.substr(line.comment_begin, line.end - line.comment_begin));
    std::string_view text = whole;
    // A comment alone may be indented.
    text = schema::strip(text);
    while (!text.empty() && (text.front() == ';' || text.front() == '#')) text.remove_prefix(1);
    text = schema::strip(text);
    if (!text.starts_with(mark)) return;
    text = schema::strip(text.substr(mark.size()));

    Comment comment;
    comment.document = &document_;
    comment.line = index;
    comment.is_alone = line.kind == LineKind::comment;
    comment.place = span(schema::strip(whole));
    comment.first_item = out_.items_.size();
    read_text(text, comment);
    comment.item_count = out_.items_.size() - comment.first_item;
    if (comment.is_for_file && !is_before_sections(index)) {
      comment.complaint = "`disable-file` counts before the first section only";
      comment.wrong = comment.place;
    } else {
      cover(comment, next);
    }
    out_.comments_.push_back(comment);
  }

  // disable=RULE,RULE -- reason
  void read_text(std::string_view text, Comment& comment) {
    const std::size_t equals = text.find('=');
    const std::string_view word = schema::strip(text.substr(0, equals));
    comment.is_for_file = word == "disable-file";
    if (equals == std::string_view::npos || (word != "disable" && word != "disable-file")) {
      comment.complaint = "this is no instruction to supcheck";
      comment.wrong = span(word.empty() ? schema::strip(text) : word);
      if (text.empty()) comment.wrong = comment.place;
      return;
    }
    std::string_view list = text.substr(equals + 1);
    const std::size_t dashes = list.find("--");
    if (dashes != std::string_view::npos) {
      comment.has_reason = !schema::strip(list.substr(dashes + 2)).empty();
      list = list.substr(0, dashes);
    }
    for (const std::string_view part : schema::split_list(list)) {
      const std::string_view name = part.substr(0, part.find_first_of(" \t"));
      if (name.empty()) continue;
      out_.items_.push_back({span(name), RuleSelector::from_text(name), false});
      if (name.size() == part.size()) continue;
      comment.complaint = "`--` is missing before the reason";
      comment.wrong = span(schema::strip(part.substr(name.size())));
    }
    if (out_.items_.size() != comment.first_item) return;
    comment.complaint = "it names no rule";
    comment.wrong = comment.place;
  }

  bool is_before_sections(std::uint32_t line) const {
    return document_.sections.empty() || line < document_.sections.front().line;
  }

  void cover(const Comment& comment, const Next& next) {
    Places& places = out_.places_[document_.source];
    std::uint32_t line = comment.line;
    if (comment.is_alone) {
      const bool is_at_start = is_before_sections(comment.line);
      const bool is_parted = next.is_behind_blank || next.line >= document_.line_count();
      if (comment.is_for_file || (is_at_start && is_parted)) return add(places.file, comment);
      line = next.line;
      if (line >= document_.line_count()) return;
    }
    const std::uint32_t begin = document_.line_begin(line);
    switch (document_.line_kind(line)) {
      case LineKind::header: return add_section(places, line, comment);
      case LineKind::entry:
      case LineKind::continuation: {
        const std::uint32_t after = document_.entry_after(begin);
        if (after == 0) return;
        const compiler::Entry entry = document_.entry(after - 1);
        Target& target = places.lines[document_.line_begin(entry.line)];
        target.end = entry.value.end;
        if (entry.continuation_count != 0)
          target.end =
              document_.continuations[entry.first_continuation + entry.continuation_count - 1].end;
        return add(target, comment);
      }
      default: break;
    }
    Target& target = places.lines[begin];
    target.end = document_.line(line).end;
    add(target, comment);
  }

  void add_section(Places& places, std::uint32_t line, const Comment& comment) {
    const auto& sections = document_.sections;
    const auto after =
        std::upper_bound(sections.begin(), sections.end(), line,
                         [](std::uint32_t wanted, const auto& s) { return wanted < s.line; });
    Target& target = places.sections[document_.line_begin(line)];
    target.end = after == sections.end() ? static_cast<std::uint32_t>(bytes_.size())
                                         : document_.line_begin(after->line) - 1;
    add(target, comment);
  }

  void add(Target& target, const Comment& comment) {
    for (std::size_t i = comment.first_item; i < comment.first_item + comment.item_count; ++i) {
      const auto& selector = out_.items_[i].selector;
      if (!selector) continue;
      if (selector->rule() != nullptr)
        target.rules.emplace(selector->rule(), i);
      else
        target.families.emplace(schema::upper(selector->text()), i);
    }
  }

  Suppressions& out_;
  const Document& document_;
  std::string_view bytes_;
};

Suppressions::Suppressions(const compiler::Compilation& compilation) : compilation_(compilation) {
  std::vector<char> is_read(compilation.sources.size(), 0);
  for (const compiler::LoadedFile& file : compilation.files.files) {
    if (!file.document.has_comment_sign) continue;
    const std::string_view bytes = compilation.sources[file.source].bytes;
    if (std::exchange(is_read[file.source], 1) == 0) Scanner(*this, file.document, bytes).run();
  }
}

Suppressions::Target* Suppressions::at(Targets& targets, std::uint32_t offset) {
  auto found = targets.upper_bound(offset);
  if (found == targets.begin()) return nullptr;
  --found;
  return offset <= found->second.end ? &found->second : nullptr;
}

bool Suppressions::silence(Target& target, const compiler::Rule& rule) {
  if (const auto found = target.rules.find(&rule); found != target.rules.end())
    return items_[found->second].is_used = true;
  for (const auto& [text, index] : target.families)
    if (items_[index].selector->aim_at(rule) != Aim::none) return items_[index].is_used = true;
  return false;
}

bool Suppressions::silence(const compiler::Diagnostic& finding) {
  const auto places = places_.find(finding.span.source);
  if (places == places_.end()) return false;
  const compiler::Rule& rule = *finding.rule;
  Target* line = at(places->second.lines, finding.span.begin);
  if (line != nullptr && silence(*line, rule)) return true;
  Target* section = at(places->second.sections, finding.span.begin);
  if (section != nullptr && silence(*section, rule)) return true;
  return silence(places->second.file, rule);
}

void Suppressions::report(const MaySpeak& may_speak, compiler::Diagnostics& out) const {
  std::size_t hints = 0;
  for (const Comment& comment : comments_) {
    if (!comment.complaint.empty())
      out.report(malformed_suppression.rule, comment.wrong, std::string(comment.complaint))
          .with_hint("such as `; supcheck: disable=SUP801 -- reason`");
    if (!comment.has_reason && comment.item_count != 0)
      out.report(suppression_without_reason.rule, comment.place,
                 "the comment does not say why the rule is silenced")
          .with_hint("write `-- reason` behind it");
    for (std::size_t i = comment.first_item; i < comment.first_item + comment.item_count; ++i) {
      if (items_[i].selector) continue;
      const std::string_view name = compilation_.sources.text(items_[i].place);
      auto& made =
          out.report(unknown_rule_in_suppression.rule, items_[i].place,
                     "there is no rule " + in_backticks(name) + ", nothing is silenced by it");
      if (hints++ < most_hints) made.with_hint(hint_for_unknown_rule(name));
    }
    if (comment.complaint.empty()) report_items(comment, may_speak, out);
  }
}

void Suppressions::report_items(const Comment& comment, const MaySpeak& may_speak,
                                compiler::Diagnostics& out) const {
  std::vector<std::size_t> unused;
  for (std::size_t i = comment.first_item; i < comment.first_item + comment.item_count; ++i) {
    const Item& item = items_[i];
    if (item.selector && !item.is_used && may_speak(*item.selector, comment.document->source))
      unused.push_back(i);
  }
  for (const std::size_t index : unused) {
    auto& made = out.report(unused_suppression.rule, items_[index].place,
                            in_backticks(compilation_.sources.text(items_[index].place)) +
                                " is not reported here, the comment silences nothing");
    made.with_hint("remove it");
    made.fixes.push_back(unused.size() == comment.item_count ? removal(comment)
                                                             : removal(comment, index));
  }
}

compiler::Fix Suppressions::removal(const Comment& comment) const {
  const compiler::SourceId source = comment.document->source;
  const Line line = comment.document->line(comment.line);
  if (comment.is_alone) return {"remove the comment", {{{source, line.begin, line.end}, ""}}, true};
  // Without its comment a line may be cut at a ; that the comment kept from counting.
  const Document alone =
      compiler::parse(0, compilation_.sources.text({source, line.begin, line.content_end}));
  const bool stays = alone.line_count() == 1 && !alone.has_comment(0);
  return {"remove the comment", {{{source, line.content_end, comment.place.end}, ""}}, stays};
}

// Takes one name out of the list.
compiler::Fix Suppressions::removal(const Comment& comment, std::size_t index) const {
  compiler::Span place = items_[index].place;
  if (index + 1 < comment.first_item + comment.item_count)
    place.end = items_[index + 1].place.begin;
  else if (index > comment.first_item)
    place.begin = items_[index - 1].place.end;
  return {"remove it", {{place, ""}}, true};
}

}  // namespace sup::lint
