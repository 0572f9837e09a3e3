#include "compiler/format.h"

#include <algorithm>

#include "compiler/template_markers.h"
#include "compiler/unified_diff.h"
#include "schema/text.h"

namespace sup::compiler {
namespace {

constexpr std::string_view continuation_indent = "    ";
constexpr std::size_t tab_width = 8;
// A comment that stands further right than this moves to its text.
constexpr std::size_t furthest_comment = 1000;

std::string_view slice(std::string_view bytes, std::uint32_t begin, std::uint32_t end) {
  return bytes.substr(begin, end - begin);
}

// Columns of a screen that the text takes from the left edge.
std::size_t width(std::string_view text) {
  std::size_t columns = 0;
  for (;;) {
    const std::size_t tab = text.find('\t');
    columns += schema::character_count(text.substr(0, tab));
    if (tab == std::string_view::npos) return columns;
    columns += tab_width - columns % tab_width;
    text.remove_prefix(tab + 1);
  }
}

// CRLF if every line has it, else LF.
std::string_view line_end(std::string_view bytes) {
  const std::size_t returns =
      static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\r'));
  if (returns == 0) return "\n";
  std::size_t newlines = 0;
  for (std::size_t at = 0; (at = bytes.find('\n', at)) != std::string_view::npos; ++at) {
    if (at == 0 || bytes[at - 1] != '\r') return "\n";
    ++newlines;
  }
  return newlines == returns ? "\r\n" : "\n";
}

class Formatter {
 public:
  Formatter(const Document& document, std::string_view bytes, std::span<const TextRange> markers)
      : document_(document), bytes_(bytes), markers_(markers), line_end_(line_end(bytes)) {}

  Formatted run() {
    find_values();
    made_.text.reserve(bytes_.size() + bytes_.size() / 16);
    made_.origins.reserve(document_.line_count());
    for (std::uint32_t i = 0; i < document_.line_count(); ++i) add(i);
    return std::move(made_);
  }

 private:
  // Blank and comment lines between the lines of a value: there a blank line means something.
  void find_values() {
    in_value_.assign(document_.line_count(), false);
    bool inside = false;
    for (std::uint32_t i = document_.line_count(); i-- > 0;) {
      const LineKind kind = document_.line(i).kind;
      const bool between = kind == LineKind::blank || kind == LineKind::comment;
      in_value_[i] = between && inside;
      if (!between) inside = kind == LineKind::continuation;
    }
  }

  void add(std::uint32_t index) {
    const Line line = document_.line(index);
    if (is_of_template(line)) {
      keep(index, line);
      return;
    }
    switch (line.kind) {
      case LineKind::blank:
        if (in_value_[index]) {
          emit(index, {});
        } else if (!made_.origins.empty()) {
          blank_ = index;
        }
        return;
      case LineKind::comment: add_comment(index, line); return;
      case LineKind::header:
        add_blank(!above_is_its_comment_);
        emit(index, text_of(line), line);
        break;
      case LineKind::entry:
        add_blank(false);
        emit(index, entry_text(), line);
        break;
      case LineKind::continuation:
        emit(index, std::string(continuation_indent) += text_of(line), line);
        break;
      case LineKind::junk: break;  // format() refuses these
    }
    above_is_its_comment_ = false;
    last_is_comment_ = false;
  }

  // Whether the line is nothing but markers of a template, or a part of one: how much blank there
  // is may matter to what renders it.
  bool is_of_template(const Line& line) {
    if (line.kind != LineKind::blank && line.kind != LineKind::comment) return false;
    while (next_marker_ < markers_.size() && markers_[next_marker_].end <= line.begin)
      ++next_marker_;
    return next_marker_ < markers_.size() && markers_[next_marker_].begin < line.end;
  }

  void keep(std::uint32_t index, const Line& line) {
    if (!in_value_[index]) {
      if (!last_is_comment_ || blank_) {
        above_is_its_comment_ = leads_to_header(index);
        add_blank(above_is_its_comment_);
      }
      last_is_comment_ = true;
    }
    std::string_view text = slice(bytes_, line.begin, line.end);
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    emit(index, text);
  }

  void add_comment(std::uint32_t index, const Line& line) {
    const std::string_view text = schema::strip(slice(bytes_, line.begin, line.end));
    if (in_value_[index]) {
      emit(index, std::string(continuation_indent) += text);
      return;
    }
    if (!last_is_comment_ || blank_) {
      above_is_its_comment_ = leads_to_header(index);
      add_blank(above_is_its_comment_);
    }
    emit(index, text);
    last_is_comment_ = true;
  }

  // Whether nothing but comments stands between this line and the next header.
  bool leads_to_header(std::uint32_t index) const {
    while (index < document_.line_count() && document_.line(index).kind == LineKind::comment)
      ++index;
    return index < document_.line_count() && document_.line(index).kind == LineKind::header;
  }

  // Writes the blank line that stood here, or one that is wanted and did not.
  void add_blank(bool is_wanted) {
    if (blank_) {
      emit(*blank_, {});
    } else if (is_wanted && !made_.origins.empty()) {
      emit(Formatted::inserted, {});
    }
    blank_.reset();
  }

  std::string_view text_of(const Line& line) const {
    return slice(bytes_, line.content_begin, line.content_end);
  }

  std::string entry_text() {
    const Entry entry = document_.entry(next_entry_++);
    std::string text(slice(bytes_, entry.key.begin, entry.key.end));
    text += '=';
    text += slice(bytes_, entry.value.begin, entry.value.end);
    return text;
  }

  void emit(std::uint32_t index, std::string_view text) {
    made_.text += text;
    made_.text += line_end_;
    made_.origins.push_back(index);
  }

  // With the line's inline comment.
  void emit(std::uint32_t index, std::string_view text, const Line& line) {
    const std::string_view comment =
        schema::strip_right(slice(bytes_, line.comment_begin, line.end));
    if (comment.empty()) {
      emit(index, text);
      return;
    }
    // What stood right behind the text goes with it; what was set apart stays in its column.
    const std::size_t written = width(text);
    const std::size_t column = width(slice(bytes_, line.begin, line.comment_begin));
    const bool is_apart = column > width(slice(bytes_, line.begin, line.content_end)) + 1;
    const bool keeps_column = is_apart && column > written && column <= furthest_comment;
    made_.text += text;
    made_.text.append(keeps_column ? column - written : 1, ' ');
    emit(index, comment);
  }

  const Document& document_;
  std::string_view bytes_;
  std::span<const TextRange> markers_;
  std::size_t next_marker_ = 0;  // the first that ends behind the line
  std::string_view line_end_;
  Formatted made_;
  std::vector<bool> in_value_;  // by line
  std::uint32_t next_entry_ = 0;
  std::optional<std::uint32_t> blank_;  // a blank line that waits for what follows it
  bool last_is_comment_ = false;        // the last line that was written, outside of values
  bool above_is_its_comment_ = false;   // the comment above goes with the header that follows
};

// A diff, line by line, from what became of each line.
class DiffWriter {
 public:
  DiffWriter(const Document& document, std::string_view before, const Formatted& after)
      : document_(document), before_(before), after_(after) {}

  std::string run(std::string_view name) {
    collect();
    return unified_diff(name, lines_);
  }

 private:
  void collect() {
    std::uint32_t old_line = 0;
    std::string_view rest = after_.text;
    // Added lines wait for the removed ones beside them, so that both stand in blocks.
    std::vector<std::string_view> added;
    const auto put = [&](char sign, std::string_view line) {
      lines_.push_back({sign, line});
      old_line += sign != '+' ? 1 : 0;
    };
    const auto put_added = [&] {
      for (const std::string_view line : added) put('+', line);
      added.clear();
    };
    for (const std::uint32_t origin : after_.origins) {
      const std::string_view line = rest.substr(0, rest.find('\n') + 1);
      rest.remove_prefix(line.size());
      if (origin == Formatted::inserted) {
        added.push_back(line);
        continue;
      }
      while (old_line < origin) put('-', old_text(old_line));
      if (old_text(origin) == line) {
        put_added();
        put(' ', line);
      } else {
        put('-', old_text(origin));
        added.push_back(line);
      }
    }
    while (old_line < document_.line_count()) put('-', old_text(old_line));
    put_added();
  }

  std::string_view old_text(std::uint32_t index) const {
    const Line line = document_.line(index);
    return slice(before_, line.begin, line.end);
  }

  const Document& document_;
  std::string_view before_;
  const Formatted& after_;
  std::vector<DiffLine> lines_;
};

}  // namespace

Source formattable(std::string path, FileText bytes) {
  const TemplateLook look = look_for_template(bytes);
  if (!look.is_sure) return {std::move(path), std::move(bytes), std::nullopt};
  MaskedText masked = mask_template(bytes, look.kind);
  return {std::move(path),  std::move(masked.text),    std::nullopt,
          std::move(bytes), std::move(masked.markers), masked.has_control};
}

std::optional<Formatted> format(const Document& document, std::string_view bytes,
                                std::span<const TextRange> markers) {
  if (!document.junk.empty() || !document.junk_before_header.empty()) return std::nullopt;
  return Formatter(document, bytes, markers).run();
}

std::string format_diff(std::string_view name, const Document& document, std::string_view bytes,
                        const Formatted& formatted) {
  if (formatted.text == bytes) return {};
  return DiffWriter(document, bytes, formatted).run(name);
}

}  // namespace sup::compiler
