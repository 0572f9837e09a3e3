#include "compiler/render_text.h"

#include <algorithm>

namespace sup::compiler {
namespace {

constexpr std::size_t widest_line = 180;    // columns of source shown around the marked part
constexpr std::size_t longest_line = 1024;  // bytes of a line that are looked at
constexpr std::size_t tab_stop = 8;

struct Colors {
  std::string_view bold, red, yellow, blue, green, off;
};

constexpr Colors no_colors{};
constexpr Colors ansi_colors{"\x1b[1m",    "\x1b[1;31m", "\x1b[1;33m",
                             "\x1b[1;34m", "\x1b[1;32m", "\x1b[0m"};

// Columns of one character on a terminal, and its length in bytes.
struct Glyph {
  std::size_t bytes = 1;
  std::size_t columns = 1;
};

Glyph glyph_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(at);
  if (first < 0x80) return {1, 1};
  std::size_t length = 1;
  while (at + length < text.size() && length < 4 && (byte(at + length) & 0xC0U) == 0x80U) ++length;
  if (length == 3) {
    const unsigned c =
        (first & 0x0FU) << 12U | (byte(at + 1) & 0x3FU) << 6U | (byte(at + 2) & 0x3FU);
    const bool combining =
        (c >= 0x200B && c <= 0x200F) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF;
    const bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
                      (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
                      (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                      (c >= 0xFFE0 && c <= 0xFFE6);
    return {length, combining ? 0U : wide ? 2U : 1U};
  }
  if (length == 2) {
    const unsigned c = (first & 0x1FU) << 6U | (byte(at + 1) & 0x3FU);
    return {length, c >= 0x0300 && c <= 0x036F ? 0U : 1U};
  }
  return {length, length == 4 ? 2U : 1U};
}

// A source line made printable, with the columns of byte offsets.
struct Printed {
  std::string text;
  std::vector<std::size_t> column;  // for each byte of the line and one behind it
};

constexpr bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x7F; }

Printed printable(std::string_view line) {
  Printed out;
  out.text.reserve(line.size());
  out.column.reserve(line.size() + 1);
  std::size_t column = 0;
  std::size_t i = 0;
  while (i < line.size()) {
    const auto c = static_cast<unsigned char>(line[i]);
    if (is_plain(c)) {
      out.column.push_back(column++);
      out.text += line[i++];
      continue;
    }
    const Glyph glyph = glyph_at(line, i);
    for (std::size_t k = 0; k < glyph.bytes; ++k) out.column.push_back(column);
    if (c == '\t') {
      const std::size_t width = tab_stop - column % tab_stop;
      out.text.append(width, ' ');
      column += width;
    } else if (c < 0x20 || c == 0x7F) {  // never let a file steer the terminal
      out.text += '?';
      column += 1;
    } else if (c >= 0x80 && glyph.bytes == 1) {  // not UTF-8
      out.text += "\xEF\xBF\xBD";
      column += 1;
    } else if (c == 0xC2 && glyph.bytes == 2 &&
               static_cast<unsigned char>(line[i + 1]) < 0xA0) {  // C1 controls
      out.text += '?';
      column += 1;
    } else {
      out.text += line.substr(i, glyph.bytes);
      column += glyph.columns;
    }
    i += glyph.bytes;
  }
  out.column.push_back(column);
  return out;
}

// The text alone.
std::string printable_text(std::string_view text) {
  const bool is_all_plain = std::all_of(
      text.begin(), text.end(), [](char c) { return is_plain(static_cast<unsigned char>(c)); });
  return is_all_plain ? std::string(text) : printable(text).text;
}

// Byte offset of a column in printed text.
std::size_t byte_of_column(std::string_view text, std::size_t column) {
  std::size_t at = 0;
  std::size_t seen = 0;
  while (at < text.size() && seen < column) {
    const Glyph glyph = glyph_at(text, at);
    seen += glyph.columns;
    at += glyph.bytes;
  }
  return at;
}

class Renderer {
 public:
  Renderer(const SourceMap& sources, const TextStyle& style)
      : sources_(sources), colors_(style.color ? ansi_colors : no_colors) {}

  std::string render(const Diagnostic& d) {
    const bool placed = d.span.source < sources_.size();
    if (placed) {
      out_ += colors_.bold;
      out_ += place(d.span);
      out_ += colors_.off;
      out_ += ": ";
    }
    out_ += color_of(d.severity);
    out_ += severity_name(d.severity);
    out_ += colors_.off;
    out_ += ": ";
    out_ += colors_.bold;
    out_ += printable_text(d.message);
    out_ += colors_.off;
    if (d.rule != nullptr)
      out_ += " [" + std::string(d.rule->id) + " " + std::string(d.rule->name) + "]";
    out_ += '\n';
    hidden_ = d.hidden;
    if (placed) excerpt(d.span, d.hint, color_of(d.severity), '^');
    for (const Label& label : d.labels) {
      if (label.span.source != d.span.source) out_ += "  at " + place(label.span) + ":\n";
      excerpt(label.span, label.text, colors_.blue, '-');
    }
    for (const std::string& note : d.notes) out_ += "  note: " + printable_text(note) + "\n";
    if (placed) include_chain(d.span.source);
    return std::move(out_);
  }

 private:
  std::string_view color_of(Severity severity) const {
    switch (severity) {
      case Severity::error: return colors_.red;
      case Severity::warning: return colors_.yellow;
      case Severity::info: return colors_.blue;
      case Severity::style: break;
    }
    return colors_.green;
  }

  std::string place(const Span& span) const {
    const Position position = sources_.position(span.source, span.begin);
    return printable_text(sources_[span.source].path) + ":" + std::to_string(position.line) + ":" +
           std::to_string(position.column);
  }

  void excerpt(const Span& span, const std::string& words, std::string_view color, char mark) {
    const Position position = sources_.position(span.source, span.begin);
    std::string_view shown = sources_.line(span.source, position.line);
    std::uint32_t shown_begin = span.begin - (position.column - 1);  // its offset in the source
    std::size_t begin = std::min<std::size_t>(position.column - 1, shown.size());
    std::size_t end = std::min<std::size_t>(begin + (span.end - span.begin), shown.size());
    bool cut = false;
    if (shown.size() > longest_line) {  // work on what is near; a line may be as long as the file
      std::size_t from = begin > longest_line / 4 ? begin - longest_line / 4 : 0;
      while (from < begin && (static_cast<unsigned char>(shown[from]) & 0xC0U) == 0x80U) ++from;
      shown = shown.substr(from, longest_line);
      shown_begin += static_cast<std::uint32_t>(from);
      begin -= from;
      end = std::min(end - from, shown.size());
      cut = from > 0;
    }
    std::string line(shown);
    if (hidden_ && hidden_->source == span.source)
      for (std::uint32_t i = std::max(hidden_->begin, shown_begin);
           i < hidden_->end && i - shown_begin < line.size(); ++i)
        line[i - shown_begin] = '*';
    const Printed printed = printable(line);
    std::size_t first = printed.column[begin];
    std::size_t last = std::max(printed.column[end], first + 1);
    std::string text = printed.text;
    // A very long line is shown around the marked part.
    if (printed.column.back() > widest_line) {
      const std::size_t from = first > widest_line / 3 ? first - widest_line / 3 : 0;
      const std::size_t from_byte = byte_of_column(text, from);
      text = text.substr(from_byte);
      text = text.substr(0, byte_of_column(text, widest_line));
      if (from > 0 || cut) text = "..." + text;
      const std::size_t shift = from > 0 || cut ? 3 : 0;
      last = std::min(last - from + shift, widest_line + 3);
      first = first - from + shift;
      last = std::max(last, first + 1);
    }
    const std::string number = std::to_string(position.line);
    const std::string gutter =
        number.size() < 4 ? std::string(4 - number.size(), ' ') : std::string{};
    out_ += gutter + number + " | " + text + "\n";
    out_ += std::string(gutter.size() + number.size(), ' ') + " | " + std::string(first, ' ');
    out_ += color;
    out_ += std::string(last - first, mark);
    if (!words.empty()) out_ += " " + printable(words).text;
    out_ += colors_.off;
    out_ += '\n';
  }

  void include_chain(SourceId source) {
    const auto& from = sources_[source].included_from;
    if (from) out_ += "  included from " + place(*from) + "\n";
  }

  const SourceMap& sources_;
  const Colors& colors_;
  std::optional<Span> hidden_;
  std::string out_;
};

}  // namespace

std::string render_text(const Diagnostic& diagnostic, const SourceMap& sources,
                        const TextStyle& style) {
  return Renderer(sources, style).render(diagnostic);
}

std::string render_text(const Diagnostics& diagnostics, const SourceMap& sources,
                        const TextStyle& style) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all())
    out += render_text(diagnostic, sources, style);
  return out;
}

}  // namespace sup::compiler
