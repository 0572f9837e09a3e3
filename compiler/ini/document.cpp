#include "compiler/ini/document.h"

#include <algorithm>
#include <limits>

#include "compiler/ini/grammar.h"
#include "schema/text.h"

namespace sup::compiler {
namespace {

namespace p = tao::pegtl;

// What the content of a line turned out to be. Filled by actions; those of an alternative that
// fails later leave their traces, so `kind` is set by the last one that succeeds as a whole.
struct Content {
  LineKind kind = LineKind::junk;
  std::string_view name;  // of a header
  std::string_view trailing;
  std::string_view key;
  std::string_view delimiter;
  std::string_view value;
};

template <class Input>
std::string_view matched(const Input& input) {
  return {input.begin(), input.size()};
}

template <class Rule>
struct ContentAction : p::nothing<Rule> {};

#define SUP_STORE(rule, member)                      \
  template <>                                        \
  struct ContentAction<grammar::rule> {              \
    template <class Input>                           \
    static void apply(const Input& in, Content& c) { \
      c.member = matched(in);                        \
    }                                                \
  }
SUP_STORE(section_name, name);
SUP_STORE(trailing, trailing);
SUP_STORE(key, key);
SUP_STORE(delimiter, delimiter);
SUP_STORE(value, value);
#undef SUP_STORE

template <>
struct ContentAction<grammar::header> {
  static void apply0(Content& c) { c.kind = LineKind::header; }
};

template <>
struct ContentAction<grammar::entry> {
  static void apply0(Content& c) { c.kind = LineKind::entry; }
};

template <class Rule>
struct FileAction : p::nothing<Rule> {};

// Where the inline comment of a line begins, or npos. Python looks at the k-th ; and the k-th # in
// round k; one counts at the start of the line or behind white space; the first round with a hit
// decides.
std::size_t inline_comment(std::string_view line) {
  constexpr std::size_t none = std::string_view::npos;
  std::size_t semicolon = line.find(';');
  std::size_t hash = line.find('#');
  const auto counts = [&](std::size_t at) {
    return at == 0 || schema::trailing_space(line.substr(0, at)) != 0;
  };
  while (semicolon != none || hash != none) {
    const std::size_t a = semicolon != none && counts(semicolon) ? semicolon : none;
    const std::size_t b = hash != none && counts(hash) ? hash : none;
    if (a != none || b != none) return std::min(a, b);
    if (semicolon != none) semicolon = line.find(';', semicolon + 1);
    if (hash != none) hash = line.find('#', hash + 1);
  }
  return none;
}

class Builder {
 public:
  Builder(SourceId source, std::string_view bytes) : bytes_(bytes) {
    document_.source = source;
    const auto lines = static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
    document_.lines.reserve(lines + 1);
    document_.entries.reserve(lines + 1);  // growing would touch it all twice
  }

  // One line with its end.
  void add(std::string_view whole) {
    Line line;
    line.begin = offset(whole);
    line.end = line.begin + static_cast<std::uint32_t>(whole.size());
    std::string_view text = whole;
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    std::size_t comment = inline_comment(text);
    const std::string_view stripped = schema::strip(text);
    if (!stripped.empty() && (stripped.front() == ';' || stripped.front() == '#')) comment = 0;
    const bool has_comment = comment != std::string_view::npos;
    line.comment_begin =
        line.begin + static_cast<std::uint32_t>(has_comment ? comment : text.size());
    const std::string_view content =
        has_comment ? schema::strip(text.substr(0, comment)) : stripped;
    line.content_begin = content.empty() ? line.comment_begin : offset(content);
    line.content_end = line.content_begin + static_cast<std::uint32_t>(content.size());
    if (content.empty()) {
      line.kind = has_comment ? LineKind::comment : LineKind::blank;
      // A blank line inside a value belongs to it, should the value go on.
      if (!has_comment && open_) continuation(line.content_begin, line.content_begin);
      document_.lines.push_back(line);
      return;
    }
    const std::size_t indent = schema::character_count(
        text.substr(0, static_cast<std::size_t>(content.data() - text.data())));
    if (open_ && indent > indent_) {
      line.kind = LineKind::continuation;
      continuation(line.content_begin, line.content_end);
      document_.lines.push_back(line);
      return;
    }
    indent_ = indent;
    classify(line, content);
    document_.lines.push_back(line);
  }

  Document finish() { return std::move(document_); }

 private:
  std::uint32_t offset(std::string_view part) const {
    return static_cast<std::uint32_t>(part.data() - bytes_.data());
  }

  Span span(std::string_view part) const {
    const std::uint32_t begin = offset(part);
    return {document_.source, begin, begin + static_cast<std::uint32_t>(part.size())};
  }

  void continuation(std::uint32_t begin, std::uint32_t end) {
    document_.continuations.push_back({document_.source, begin, end});
    ++document_.entries.back().continuation_count;
  }

  void classify(Line& line, std::string_view content) {
    Content found;
    p::memory_input<p::tracking_mode::lazy, p::eol::lf_crlf, const char*> input(
        content.data(), content.data() + content.size(), "");
    p::parse<grammar::content, ContentAction>(input, found);
    const auto index = static_cast<std::uint32_t>(document_.lines.size());
    line.kind = found.kind;
    switch (found.kind) {
      case LineKind::header: {
        SectionHeader header;
        header.line = index;
        header.name = span(found.name);
        header.header = {document_.source, line.content_begin, header.name.end + 1};
        header.trailing = span(schema::strip(found.trailing));
        header.first_entry = static_cast<std::uint32_t>(document_.entries.size());
        document_.sections.push_back(header);
        open_ = false;
        return;
      }
      case LineKind::entry: {
        const std::string_view key = schema::strip_right(found.key);
        if (key.empty() || document_.sections.empty()) break;
        Entry entry;
        entry.line = index;
        entry.key = span(key);
        entry.delimiter = span(found.delimiter);
        entry.value = span(schema::strip(found.value));
        entry.first_continuation = static_cast<std::uint32_t>(document_.continuations.size());
        entry.section = static_cast<std::uint32_t>(document_.sections.size() - 1);
        document_.entries.push_back(entry);
        ++document_.sections.back().entry_count;
        open_ = true;
        return;
      }
      default: break;
    }
    // Python keeps an option open over a line that it cannot read, but not over an empty key.
    if (content.front() == '=' || content.front() == ':') open_ = false;
    line.kind = LineKind::junk;
    (document_.sections.empty() ? document_.junk_before_header : document_.junk).push_back(index);
  }

  std::string_view bytes_;
  Document document_;
  bool open_ = false;       // an entry may be continued
  std::size_t indent_ = 0;  // of the last line that was no continuation, in characters
};

template <>
struct FileAction<grammar::whole_line> {
  template <class Input>
  static void apply(const Input& in, Builder& builder) {
    builder.add(matched(in));
  }
};

template <>
struct FileAction<grammar::last_line> : FileAction<grammar::whole_line> {};

}  // namespace

Document parse(SourceId source, std::string_view bytes) {
  Builder builder(source, bytes);
  p::memory_input<p::tracking_mode::lazy, p::eol::lf_crlf, const char*> input(
      bytes.data(), bytes.data() + bytes.size(), "");
  p::parse<grammar::file, FileAction>(input, builder);
  return builder.finish();
}

std::string print(const Document& document, const SourceMap& sources) {
  std::string out;
  for (const Line& line : document.lines)
    out += sources.text({document.source, line.begin, line.end});
  return out;
}

std::string Document::value(const SourceMap& sources, const Entry& entry) const {
  std::string out(sources.text(entry.value));
  for (std::uint32_t i = 0; i < entry.continuation_count; ++i) {
    out += '\n';
    out += sources.text(continuations[entry.first_continuation + i]);
  }
  out.resize(schema::strip_right(out).size());
  return out;
}

std::vector<Span> Document::spans(const Entry& entry, std::size_t begin, std::size_t length) const {
  std::vector<Span> found;
  const std::size_t end = begin + length;
  std::size_t at = 0;  // offset of the piece in the joined value
  for (std::uint32_t i = 0; i <= entry.continuation_count; ++i) {
    const Span& piece = i == 0 ? entry.value : continuations[entry.first_continuation + i - 1];
    const std::size_t size = piece.end - piece.begin;
    const std::size_t from = std::max(begin, at);
    const std::size_t to = std::min(end, at + size);
    if (from < to)
      found.push_back({source, piece.begin + static_cast<std::uint32_t>(from - at),
                       piece.begin + static_cast<std::uint32_t>(to - at)});
    at += size + 1;
  }
  return found;
}

}  // namespace sup::compiler
