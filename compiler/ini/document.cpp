#include "compiler/ini/document.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "compiler/ini/grammar.h"
#include "compiler/ini/old_lines.h"
#include "schema/parallel.h"
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

// Which signs of a comment may be there at all; most texts have few of them.
struct CommentSigns {
  bool semicolon = true;
  bool hash = true;
};

// Where the inline comment of a line begins, or npos. Python looks at the k-th ; and the k-th # in
// round k; one counts at the start of the line or behind white space; the first round with a hit
// decides.
std::size_t inline_comment(std::string_view line, CommentSigns signs) {
  constexpr std::size_t none = std::string_view::npos;
  std::size_t semicolon = signs.semicolon ? line.find(';') : none;
  std::size_t hash = signs.hash ? line.find('#') : none;
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

// Neither white space nor a part of a character that could be some.
bool is_plain(char c) { return c > ' ' && c < '\x7F'; }

// What is told from a line by itself; the kind only as far as it is blank or a comment.
inline Line take_apart(std::string_view bytes, std::uint32_t begin, std::uint32_t end,
                       CommentSigns signs = {}) {
  Line line;
  line.begin = begin;
  line.end = end;
  std::string_view text = bytes.substr(begin, end - begin);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  if (!signs.semicolon && !signs.hash && !text.empty() && is_plain(text.front()) &&
      is_plain(text.back())) {
    // Most lines: no comment, and nothing to strip.
    line.content_begin = begin;
    line.content_end = begin + static_cast<std::uint32_t>(text.size());
    line.comment_begin = line.content_end;
    return line;
  }
  std::size_t comment = inline_comment(text, signs);
  const std::string_view stripped = schema::strip(text);
  if (!stripped.empty() && (stripped.front() == ';' || stripped.front() == '#')) comment = 0;
  const bool has_comment = comment != std::string_view::npos;
  line.comment_begin = begin + static_cast<std::uint32_t>(has_comment ? comment : text.size());
  const std::string_view content = has_comment ? schema::strip(text.substr(0, comment)) : stripped;
  line.content_begin = content.empty() ? line.comment_begin
                                       : static_cast<std::uint32_t>(content.data() - bytes.data());
  line.content_end = line.content_begin + static_cast<std::uint32_t>(content.size());
  if (content.empty()) line.kind = has_comment ? LineKind::comment : LineKind::blank;
  return line;
}

// Roughly how many lines and sections a text has.
struct Amounts {
  std::size_t lines = 0;
  std::size_t sections = 0;
};

// By its beginning: the rest of a large text is mostly like it.
Amounts estimate(std::string_view text) {
  constexpr std::size_t looked_at = std::size_t{32} * 1024;
  const std::string_view head = text.substr(0, looked_at);
  Amounts found{1, 1};
  for (std::size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at)) {
    ++found.lines;
    if (++at < head.size() && head[at] == '[') ++found.sections;
  }
  if (head.size() == text.size()) return found;
  const auto of_all = [&](std::size_t count) {
    constexpr std::size_t spare = 8;  // one more in eight
    const std::size_t all = count * (text.size() / head.size() + 1);
    return all + all / spare;
  };
  return {of_all(found.lines), of_all(found.sections)};
}

// Which signs are in the text. Without a branch in the loop, so that many bytes are looked at
// together.
struct RareSigns {
  bool control = false;  // of has_control_sign
  bool wide = false;     // no ASCII
};

RareSigns rare_signs_in(std::string_view text) {
  unsigned char found = 0;
  unsigned char highest = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const auto is_blank =
        static_cast<unsigned char>((byte == '\t') | (byte == '\n') | (byte == '\r'));
    const auto is_low = static_cast<unsigned char>((byte < 0x20) | (byte == 0x7F));
    found =
        static_cast<unsigned char>(found | (is_low & static_cast<unsigned char>(is_blank ^ 1U)));
    highest = static_cast<unsigned char>(highest | byte);
  }
  return {found != 0, highest >= 0x80};
}

std::uint32_t offset_in(std::string_view bytes, std::string_view part) {
  return static_cast<std::uint32_t>(part.data() - bytes.data());
}

Line as_line(std::string_view bytes, const OldLine& old, std::uint32_t begin, std::uint32_t end) {
  Line line;
  line.kind = old.kind;
  line.begin = begin;
  line.end = end;
  line.content_begin = offset_in(bytes, old.content);
  line.content_end = line.content_begin + static_cast<std::uint32_t>(old.content.size());
  line.comment_begin = offset_in(bytes, old.comment);
  return line;
}

}  // namespace

class DocumentBuilder {
 public:
  // `bytes` are those of the source, of which `text` will be added.
  DocumentBuilder(SourceId source, std::string_view bytes, std::string_view text, bool is_old)
      : bytes_(bytes) {
    document_.source = source;
    document_.bytes_ = bytes;
    document_.is_old_ = is_old;
    // Growing would touch it all twice.
    const Amounts amounts = estimate(text);
    document_.lines_.only().reserve(amounts.lines);
    document_.entries_.only().reserve(amounts.lines);
    document_.sections.reserve(amounts.sections);
  }

  // Lines of `text` come next: looks what may be in them.
  void expect(std::string_view text) {
    const auto has = [&](char sign) { return text.find(sign) != std::string_view::npos; };
    signs_ = {has(';'), has('#')};
    document_.has_comment_sign |= signs_.semicolon || signs_.hash;
    document_.has_marker_sign |= has('{') || has('<');
    const RareSigns rare = rare_signs_in(text);
    document_.has_control_sign |= rare.control;
    document_.has_wide_sign |= rare.wide;
  }

  // One line with its end.
  void add(std::string_view whole) {
    const std::uint32_t begin = offset(whole);
    const Line line =
        take_apart(bytes_, begin, begin + static_cast<std::uint32_t>(whole.size()), signs_);
    const std::string_view content =
        bytes_.substr(line.content_begin, line.content_end - line.content_begin);
    if (content.empty()) {
      // A blank line inside a value belongs to it, should the value go on.
      if (line.kind == LineKind::blank && open_) blank_.push_back(line.content_begin);
      store(line, line.kind);
      return;
    }
    const std::size_t indent = line.content_begin == begin ? 0 : indentation_of(line);
    if (open_ && indent > indent_) {
      continuation(line.content_begin, line.content_end);
      store(line, LineKind::continuation);
      return;
    }
    indent_ = indent;
    blank_.clear();
    store(line, classify(line, content));
  }

  // The same for Python 2.
  void add_old(std::string_view whole) {
    const OldLine old = read_old_line(whole, open_);
    const Line line = as_line(bytes_, old, offset(whole), offset_behind(whole));
    if (line.content_begin != line.begin) indentation_of(line);
    LineKind kind = old.kind;
    switch (kind) {
      case LineKind::continuation: continuation(line.content_begin, line.content_end); break;
      case LineKind::header: add_header(old.name, old.trailing, line.content_begin); break;
      case LineKind::entry:
        if (document_.sections.empty()) {
          kind = LineKind::junk;
        } else {
          add_entry(line.begin, old.value);
        }
        break;
      default: break;
    }
    if (kind == LineKind::junk) add_junk();
    store(line, kind, !old.comment.empty());
  }

  // Whether what was added begins with a header, so that it does not hang on what stands above.
  bool begins_with_header() const {
    return document_.line_count() != 0 && document_.line_kind(0) == LineKind::header;
  }

  // Adds what another one has, which begins with a header.
  void append(DocumentBuilder&& other) {
    Document& after = other.document_;
    document_.has_comment_sign |= after.has_comment_sign;
    document_.has_marker_sign |= after.has_marker_sign;
    document_.has_odd_header |= after.has_odd_header;
    document_.has_control_sign |= after.has_control_sign;
    document_.has_wide_sign |= after.has_wide_sign;
    document_.has_wide_indentation |= after.has_wide_indentation;
    const std::uint32_t lines = document_.line_count();
    const std::uint32_t entries = document_.entry_count();
    const auto continuations = static_cast<std::uint32_t>(document_.continuations.size());
    document_.lines_.append(std::move(after.lines_));
    document_.entries_.append(std::move(after.entries_));
    // The flag of continued ones is above all line numbers.
    for (Document::StoredEntry& entry : document_.entries_.appended()) entry.line += lines;
    for (SectionHeader section : after.sections) {
      section.line += lines;
      section.first_entry += entries;
      document_.sections.push_back(section);
    }
    for (const Document::Continued& each : after.continued_)
      document_.continued_.push_back({each.entry + entries, each.first + continuations});
    for (const Document::FarEntry& each : after.far_)
      document_.far_.push_back({each.entry + entries, each.value_begin, each.value_end});
    document_.continuations.insert(document_.continuations.end(), after.continuations.begin(),
                                   after.continuations.end());
    for (const std::uint32_t line : after.junk) document_.junk.push_back(line + lines);
  }

  Document finish() { return std::move(document_); }

 private:
  std::uint32_t offset(std::string_view part) const { return offset_in(bytes_, part); }

  std::uint32_t offset_behind(std::string_view part) const {
    return offset(part) + static_cast<std::uint32_t>(part.size());
  }

  Span span(std::string_view part) const {
    return {document_.source, offset(part), offset_behind(part)};
  }

  // In characters.
  std::size_t indentation_of(const Line& line) {
    const std::string_view blanks = bytes_.substr(line.begin, line.content_begin - line.begin);
    const std::size_t count = schema::character_count(blanks);
    document_.has_wide_indentation |= count != blanks.size();
    return count;
  }

  void store(const Line& line, LineKind kind) {
    store(line, kind,
          line.comment_begin < line.end &&
              (bytes_[line.comment_begin] == ';' || bytes_[line.comment_begin] == '#'));
  }

  void store(const Line& line, LineKind kind, bool has_comment) {
    document_.lines_.only().push_back(line.begin | (has_comment ? Document::comment_flag : 0U) |
                                      static_cast<std::uint32_t>(kind) << Document::kind_shift);
  }

  void continuation(std::uint32_t begin, std::uint32_t end) {
    Document::StoredEntry& entry = document_.entries_.only().back();
    if ((entry.line & Document::continued_flag) == 0) {
      entry.line |= Document::continued_flag;
      document_.continued_.push_back({static_cast<std::uint32_t>(document_.entries_.size() - 1),
                                      static_cast<std::uint32_t>(document_.continuations.size())});
    }
    for (const std::uint32_t blank : blank_)
      document_.continuations.push_back({document_.source, blank, blank});
    blank_.clear();
    document_.continuations.push_back({document_.source, begin, end});
  }

  LineKind classify(const Line& line, std::string_view content) {
    Content found;
    p::memory_input<p::tracking_mode::lazy, p::eol::lf_crlf, const char*> input(
        content.data(), content.data() + content.size(), "");
    p::parse<grammar::content, ContentAction>(input, found);
    switch (found.kind) {
      case LineKind::header:
        add_header(found.name, schema::strip(found.trailing), line.content_begin);
        return LineKind::header;
      case LineKind::entry: {
        const std::string_view key = schema::strip_right(found.key);
        if (key.empty() || document_.sections.empty()) break;
        add_entry(line.begin, schema::strip(found.value));
        return LineKind::entry;
      }
      default: break;
    }
    // Python keeps an option open over a line that it cannot read, but not over an empty key.
    if (content.front() == '=' || content.front() == ':') open_ = false;
    add_junk();
    return LineKind::junk;
  }

  // The index that the line at hand will have.
  std::uint32_t index() const { return static_cast<std::uint32_t>(document_.lines_.size()); }

  void add_header(std::string_view name, std::string_view trailing, std::uint32_t begin) {
    SectionHeader header;
    header.line = index();
    header.name = span(name);
    header.header = {document_.source, begin, header.name.end + 1};
    header.trailing = span(trailing);
    document_.has_odd_header |= !trailing.empty() || name.ends_with(']');
    header.first_entry = static_cast<std::uint32_t>(document_.entries_.size());
    header.name_hash = hash_of_name(name);
    document_.sections.push_back(header);
    open_ = false;
  }

  // Of the line that begins there. The key is what stands before the value.
  void add_entry(std::uint32_t line_begin, std::string_view value) {
    const std::uint32_t begin = offset(value) - line_begin;
    if (std::max<std::size_t>(begin, value.size()) >= Document::far_off) note_far_value(value);
    const auto fits = [](std::size_t number) {
      return static_cast<std::uint16_t>(std::min<std::size_t>(number, Document::far_off));
    };
    document_.entries_.only().push_back({index(), fits(begin), fits(value.size())});
    ++document_.sections.back().entry_count;
    open_ = true;
  }

  void note_far_value(std::string_view value) {
    document_.far_.push_back({document_.entry_count(), offset(value), offset_behind(value)});
  }

  void add_junk() {
    (document_.sections.empty() ? document_.junk_before_header : document_.junk).push_back(index());
  }

  std::string_view bytes_;
  Document document_;
  CommentSigns signs_;
  bool open_ = false;                 // an entry may be continued
  std::vector<std::uint32_t> blank_;  // blank lines since the last line of the open value
  std::size_t indent_ = 0;            // of the last line that was no continuation, in characters
};

namespace {

// For Python 2.
template <class Rule>
struct OldFileAction : p::nothing<Rule> {};

template <>
struct OldFileAction<grammar::plain_line> {
  template <class Input>
  static void apply(const Input& in, DocumentBuilder& builder) {
    builder.add_old(matched(in));
  }
};

template <>
struct OldFileAction<grammar::last_plain_line> : OldFileAction<grammar::plain_line> {};

template <>
struct FileAction<grammar::whole_line> {
  template <class Input>
  static void apply(const Input& in, DocumentBuilder& builder) {
    builder.add(matched(in));
  }
};

template <>
struct FileAction<grammar::last_line> : FileAction<grammar::whole_line> {};

template <>
struct FileAction<grammar::plain_line> : FileAction<grammar::whole_line> {};

template <>
struct FileAction<grammar::last_plain_line> : FileAction<grammar::whole_line> {};

}  // namespace

namespace {

enum class Reading : std::uint8_t { old, plain, any_line_end };

void add_piece(std::string_view lines, bool is_old, DocumentBuilder& builder) {
  // Most files have no carriage return, and none is then looked for in each line.
  const Reading reading = is_old                                       ? Reading::old
                          : lines.find('\r') == std::string_view::npos ? Reading::plain
                                                                       : Reading::any_line_end;
  builder.expect(lines);
  p::memory_input<p::tracking_mode::lazy, p::eol::lf_crlf, const char*> input(
      lines.data(), lines.data() + lines.size(), "");
  switch (reading) {
    case Reading::old: p::parse<grammar::plain_file, OldFileAction>(input, builder); break;
    case Reading::plain: p::parse<grammar::plain_file, FileAction>(input, builder); break;
    case Reading::any_line_end: p::parse<grammar::file, FileAction>(input, builder); break;
  }
}

// Whole lines, as many at a time as a processor keeps at hand, as they are looked through for some
// signs before they are read.
void add_lines(std::string_view lines, bool is_old, DocumentBuilder& builder) {
  constexpr std::size_t at_hand = std::size_t{128} * 1024;
  while (lines.size() > at_hand) {
    const std::size_t end = lines.rfind('\n', at_hand);
    if (end == std::string_view::npos) break;
    add_piece(lines.substr(0, end + 1), is_old, builder);
    lines.remove_prefix(end + 1);
  }
  add_piece(lines, is_old, builder);
}

// Where a text may be parted so that both halves are read for themselves: before a line that is
// likely to be a header. Nothing for small ones.
std::optional<std::size_t> middle(std::string_view bytes) {
  constexpr std::size_t large = std::size_t{2} * 1024 * 1024;
  if (bytes.size() < large || !schema::has_second_processor()) return std::nullopt;
  const std::size_t end_of_line = bytes.find("\n[", bytes.size() / 2);
  if (end_of_line == std::string_view::npos) return std::nullopt;
  return end_of_line + 1;
}

}  // namespace

Document parse(SourceId source, std::string_view bytes, schema::Target target) {
  const bool is_old = target == schema::Target::v3_4;
  const std::optional<std::size_t> parting = is_old ? std::nullopt : middle(bytes);
  DocumentBuilder builder(source, bytes, bytes.substr(0, parting.value_or(bytes.size())), is_old);
  if (!parting) {
    add_lines(bytes, is_old, builder);
    return builder.finish();
  }
  const std::string_view below = bytes.substr(*parting);
  DocumentBuilder second(source, bytes, below, is_old);
  schema::do_both([&] { add_lines(bytes.substr(0, *parting), is_old, builder); },
                  [&] { add_lines(below, is_old, second); });
  if (second.begins_with_header())
    builder.append(std::move(second));
  else
    add_lines(below, is_old, builder);
  return builder.finish();
}

std::vector<std::uint32_t> Document::lines_with_comments() const {
  std::vector<std::uint32_t> found;
  std::uint32_t first = 0;  // of the half
  const auto look_through = [&](const schema::RegionVector<std::uint32_t>& lines) {
    constexpr auto comment = static_cast<std::uint32_t>(LineKind::comment);
    for (std::uint32_t i = 0; i < lines.size(); ++i)
      if ((lines[i] & comment_flag) != 0 || lines[i] >> kind_shift == comment)
        found.push_back(first + i);
    first += static_cast<std::uint32_t>(lines.size());
  };
  look_through(lines_.first());
  look_through(lines_.second());
  return found;
}

Line Document::line(std::uint32_t index) const {
  const std::uint32_t end =
      index + 1 < lines_.size() ? line_begin(index + 1) : static_cast<std::uint32_t>(bytes_.size());
  if (is_old_) {
    const std::string_view whole = bytes_.substr(line_begin(index), end - line_begin(index));
    const OldLine old = read_old_line(whole, line_kind(index) == LineKind::continuation);
    Line line = as_line(bytes_, old, line_begin(index), end);
    line.kind = line_kind(index);
    return line;
  }
  Line line = take_apart(bytes_, line_begin(index), end);
  line.kind = line_kind(index);
  return line;
}

std::uint32_t Document::entry_after(std::uint32_t offset) const {
  const auto count = [&](const schema::RegionVector<StoredEntry>& some) {
    const auto found = std::upper_bound(some.begin(), some.end(), offset,
                                        [&](std::uint32_t wanted, const StoredEntry& entry) {
                                          return wanted < line_begin(entry.line & ~continued_flag);
                                        });
    return static_cast<std::size_t>(found - some.begin());
  };
  const std::size_t in_first = count(entries_.first());
  const bool is_behind = in_first == entries_.first().size();
  return static_cast<std::uint32_t>(in_first + (is_behind ? count(entries_.second()) : 0));
}

std::string_view Document::far_value(std::uint32_t index) const {
  const auto place = std::lower_bound(
      far_.begin(), far_.end(), index,
      [](const FarEntry& each, std::uint32_t wanted) { return each.entry < wanted; });
  return bytes_.substr(place->value_begin, place->value_end - place->value_begin);
}

Entry Document::entry(std::uint32_t index) const {
  Entry entry;
  entry.line = entry_line(index);
  const Glance written = glance(index);
  entry.key = span(written.key);
  entry.value = span(written.value);
  const std::uint32_t begin = line_begin(entry.line);
  const auto delimiter =
      begin + static_cast<std::uint32_t>(before_delimiter(begin, written.value).size());
  entry.delimiter = {source, delimiter, delimiter + 1};
  if (has_continuation(index)) {
    const auto place = std::lower_bound(
        continued_.begin(), continued_.end(), index,
        [](const Continued& each, std::uint32_t wanted) { return each.entry < wanted; });
    entry.first_continuation = place->first;
    entry.continuation_count =
        (place + 1 == continued_.end() ? static_cast<std::uint32_t>(continuations.size())
                                       : (place + 1)->first) -
        place->first;
  }
  // Sections without entries begin where the next one does.
  const auto after = std::upper_bound(
      sections.begin(), sections.end(), index,
      [](std::uint32_t wanted, const SectionHeader& s) { return wanted < s.first_entry; });
  entry.section = static_cast<std::uint32_t>(after - sections.begin() - 1);
  return entry;
}

std::string print(const Document& document, const SourceMap& sources) {
  std::string out;
  for (std::uint32_t i = 0; i < document.line_count(); ++i) {
    const Line line = document.line(i);
    out += sources.text({document.source, line.begin, line.end});
  }
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
