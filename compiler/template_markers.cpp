#include "compiler/template_markers.h"

#include <algorithm>
#include <array>

#include "schema/text.h"

namespace sup::compiler {
namespace {

struct KindRow {
  TemplateKind kind;
  std::string_view name;
  std::string_view title;
};

constexpr std::array kinds{
    KindRow{TemplateKind::none,      "none",     "no template"        },
    KindRow{TemplateKind::jinja,     "jinja",    "a Jinja template"   },
    KindRow{TemplateKind::erb,       "erb",      "an ERB template"    },
    KindRow{TemplateKind::go,        "go",       "a Go template"      },
    KindRow{TemplateKind::envsubst,  "envsubst", "a text for envsubst"},
    KindRow{TemplateKind::automatic, "auto",     "a template"         },
};

// How a marker begins and ends.
struct Fence {
  TemplateKind kind;
  std::string_view open;
  std::string_view close;
  bool spans_lines;
  bool is_control;  // always; {{ and <% may be either
};

constexpr std::array fences{
    Fence{TemplateKind::jinja,    "{%", "%}", true,  true },
    Fence{TemplateKind::jinja,    "{#", "#}", true,  true },
    Fence{TemplateKind::jinja,    "{{", "}}", false, false},
    Fence{TemplateKind::go,       "{{", "}}", false, false},
    Fence{TemplateKind::erb,      "<%", "%>", true,  false},
    Fence{TemplateKind::envsubst, "${", "}",  false, false},
};

constexpr std::string_view line_ends = "\r\n";
constexpr std::string_view blanks = " \t";
// What no configuration has: a name of these is defined nowhere, and in a section's name they stand
// for what a name may not have.
constexpr char unknown = '\x1A';
constexpr std::string_view not_in_names = " :/";
constexpr std::string_view in_their_place = "\x1A\x1B\x19";

struct Marker {
  TextRange range;
  TemplateKind kind;
  bool is_control;
};

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

bool is_go_control(std::string_view inside) {
  inside = inside.substr(std::min(inside.find_first_not_of("- \t"), inside.size()));
  // Handlebars has its own.
  if (!inside.empty() && std::string_view("#/^!$").find(inside.front()) != std::string_view::npos)
    return inside.front() != '$' || inside.find(":=") != std::string_view::npos;
  std::size_t end = 0;
  while (end < inside.size() && is_name_start(inside[end])) ++end;
  const std::string_view word = inside.substr(0, end);
  constexpr std::array words{"if", "else", "end", "range", "with", "define", "break", "continue"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool looks_like_go(std::string_view inside) {
  inside = inside.substr(std::min(inside.find_first_not_of("- \t"), inside.size()));
  return inside.starts_with('.') || inside.starts_with('$') || is_go_control(inside);
}

// Finds markers from the start to the end of a text, in time that grows with its length.
class Scanner {
 public:
  Scanner(std::string_view text, TemplateKind kind) : text_(text), kind_(kind) {}

  std::optional<Marker> next() {
    for (;;) {
      at_ = next_opener();
      if (at_ == text_.size()) return std::nullopt;
      if (const auto found = bare_variable()) return found;
      for (std::size_t i = 0; i < fences.size(); ++i) {
        const bool wanted = kind_ == TemplateKind::automatic || fences[i].kind == kind_;
        if (!wanted) continue;
        if (const auto found = marker(fences[i], nothing_before_[i])) return found;
      }
      ++at_;
    }
  }

 private:
  // Where one of the characters that begin a marker stands next. Most texts have hardly any, so
  // each is looked for on its own: memchr is much faster than any search for several.
  std::size_t next_opener() {
    std::size_t nearest = text_.size();
    const std::string_view wanted = openers();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!is_known_[i] || opener_[i] < at_) {
        opener_[i] = std::min(text_.find(wanted[i], at_), text_.size());
        is_known_[i] = true;
      }
      nearest = std::min(nearest, opener_[i]);
    }
    return nearest;
  }

  // $X, which envsubst replaces, too. Only where it is asked for: a shell's script has many.
  std::optional<Marker> bare_variable() {
    if (kind_ != TemplateKind::envsubst) return std::nullopt;
    std::size_t end = at_ + 1;
    if (end == text_.size() || !is_name_start(text_[end])) return std::nullopt;
    while (end < text_.size() && is_name_part(text_[end])) ++end;
    const Marker found{
        {static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(end)},
        TemplateKind::envsubst,
        false
    };
    at_ = end;
    return found;
  }

  std::string_view openers() const {
    switch (kind_) {
      case TemplateKind::jinja:
      case TemplateKind::go: return "{";
      case TemplateKind::erb: return "<";
      case TemplateKind::envsubst: return "$";
      default: return "{<$";
    }
  }

  std::optional<Marker> marker(const Fence& fence, std::size_t& nothing_before) {
    if (!text_.substr(at_).starts_with(fence.open)) return std::nullopt;
    const std::size_t inside = at_ + fence.open.size();
    // ${#array} is a shell's, <%% is a way to write <%, ${X} needs a name.
    if (fence.open == "{#" && at_ > 0 && text_[at_ - 1] == '$') return std::nullopt;
    if (fence.open == "<%" && text_.substr(inside).starts_with('%')) return std::nullopt;
    if (fence.open == "${" && (inside == text_.size() || !is_name_start(text_[inside])))
      return std::nullopt;
    // A search without success is not made again for the same stretch of text.
    if (inside < nothing_before) return std::nullopt;
    const std::size_t stop = fence.spans_lines ? text_.size() : line_end(inside);
    const std::size_t close = text_.substr(0, stop).find(fence.close, inside);
    if (close == std::string_view::npos) {
      nothing_before = stop;
      return std::nullopt;
    }
    const std::string_view content = text_.substr(inside, close - inside);
    Marker found{
        {static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(close + fence.close.size())},
        fence.kind,
        fence.is_control
    };
    if (fence.open == "{{") {
      found.is_control = is_go_control(content);
      if (kind_ == TemplateKind::automatic && looks_like_go(content)) found.kind = TemplateKind::go;
    }
    if (fence.open == "<%") found.is_control = !content.starts_with('=');
    at_ = found.range.end;
    return found;
  }

  // Two searches for one character are faster than one for two.
  std::size_t line_end(std::size_t at) const {
    const std::size_t newline = std::min(text_.find('\n', at), text_.size());
    return std::min(text_.substr(0, newline).find('\r', at), newline);
  }

  std::string_view text_;
  TemplateKind kind_;
  std::size_t at_ = 0;
  std::array<std::size_t, 3> opener_{};  // by index in openers()
  std::array<bool, 3> is_known_{};
  std::array<std::size_t, fences.size()> nothing_before_{};  // no end of a marker up to there
};

std::size_t line_begin(std::string_view text, std::size_t at) {
  const std::size_t end = at == 0 ? std::string_view::npos : text.find_last_of(line_ends, at - 1);
  return end == std::string_view::npos ? 0 : end + 1;
}

// In quotes or a comment, as far as the marker's own line tells.
bool may_be_text(std::string_view text, const Marker& marker) {
  const std::size_t begin = line_begin(text, marker.range.begin);
  // Nobody means ${X} in the name of a section.
  if (marker.kind == TemplateKind::envsubst) return text[begin] != '[';
  const std::string_view before = text.substr(begin, marker.range.begin - begin);
  const std::string_view stripped = schema::strip_left(before);
  if (stripped.starts_with(';') || stripped.starts_with('#')) return true;
  const bool is_output = !marker.is_control && marker.kind != TemplateKind::erb;
  return is_output && (std::count(before.begin(), before.end(), '"') % 2 != 0 ||
                       std::count(before.begin(), before.end(), '\'') % 2 != 0);
}

class Masker {
 public:
  Masker(std::string_view text, TemplateKind kind) : original_(text) {
    made_.text = text;
    Scanner scanner(text, kind);
    while (const auto marker = scanner.next()) {
      markers_.push_back(*marker);
      made_.markers.push_back(marker->range);
      made_.has_control = made_.has_control || marker->is_control;
    }
  }

  MaskedText run() {
    std::size_t end = 0;  // of the lines that are done
    for (std::size_t i = 0; i < markers_.size(); ++i) {
      std::size_t begin = std::max(line_begin(original_, markers_[i].range.begin), end);
      while (begin < markers_[i].range.end) {
        end = std::min(original_.find_first_of(line_ends, begin), original_.size());
        mask_line(i, begin, end);
        begin = end + 1;
        if (end == original_.size()) break;
      }
      end = std::min(begin, original_.size());
    }
    return std::move(made_);
  }

 private:
  // A line that marker `first` touches, and perhaps further ones.
  void mask_line(std::size_t first, std::size_t begin, std::size_t end) {
    const bool is_tail = markers_[first].range.begin < begin;
    bool has_output = false;
    bool has_text = false;
    std::size_t at = begin;
    std::size_t i = first;
    for (; i < markers_.size() && markers_[i].range.begin < end; ++i) {
      const std::size_t marker = std::max<std::size_t>(markers_[i].range.begin, begin);
      has_text = has_text || !is_blank(at, marker);
      has_output = has_output || !markers_[i].is_control;
      at = std::min<std::size_t>(markers_[i].range.end, end);
    }
    has_text = has_text || !is_blank(at, end);
    const bool is_indented = begin < end && blanks.find(original_[begin]) != std::string_view::npos;
    // Behind the end of a marker that began above nothing is known; it is left out, too.
    if (is_tail || (!has_text && !(has_output && is_indented))) {
      comment_out(begin, end);
      return;
    }
    const bool is_header = original_[begin] == '[';
    for (std::size_t k = first; k < i; ++k) {
      const std::size_t stop = std::min<std::size_t>(markers_[k].range.end, end);
      if (is_header) {
        make_name(markers_[k].range.begin, stop);
      } else {
        put_unknown(markers_[k].range.begin, stop);
      }
    }
  }

  bool is_blank(std::size_t begin, std::size_t end) const {
    return schema::strip(original_.substr(begin, end - begin)).empty();
  }

  void comment_out(std::size_t begin, std::size_t end) {
    if (begin == end) return;
    std::fill(made_.text.begin() + static_cast<std::ptrdiff_t>(begin),
              made_.text.begin() + static_cast<std::ptrdiff_t>(end), ' ');
    made_.text[begin] = ';';
  }

  void make_name(std::size_t begin, std::size_t end) {
    for (std::size_t at = begin; at < end; ++at) {
      const std::size_t found = not_in_names.find(made_.text[at]);
      if (found != std::string_view::npos) made_.text[at] = in_their_place[found];
    }
  }

  void put_unknown(std::size_t begin, std::size_t end) {
    std::fill(made_.text.begin() + static_cast<std::ptrdiff_t>(begin),
              made_.text.begin() + static_cast<std::ptrdiff_t>(end), unknown);
    if (end - begin < 4) return;  // the start of a marker that goes on below
    made_.text[begin] = '%';
    made_.text[begin + 1] = '(';
    made_.text[end - 2] = ')';
    made_.text[end - 1] = 's';
  }

  std::string_view original_;
  std::vector<Marker> markers_;
  MaskedText made_;
};

}  // namespace

std::optional<TemplateKind> template_kind_from_name(std::string_view name) {
  const auto* row =
      std::find_if(kinds.begin(), kinds.end(), [&](const KindRow& r) { return r.name == name; });
  if (row == kinds.end()) return std::nullopt;
  return row->kind;
}

std::string_view template_kind_name(TemplateKind kind) {
  return kinds[static_cast<std::size_t>(kind)].name;
}

std::string template_kind_names() {
  std::string all;
  for (const KindRow& row : kinds) all += (all.empty() ? "" : ", ") + std::string(row.name);
  return all;
}

std::string_view template_kind_title(TemplateKind kind) {
  return kinds[static_cast<std::size_t>(kind)].title;
}

TemplateLook look_for_template(std::string_view text) {
  TemplateLook look;
  // Which engine: control markers tell more than {{, and anything more than ${.
  const auto rank = [](TemplateKind kind) {
    switch (kind) {
      case TemplateKind::erb: return 3;
      case TemplateKind::jinja:
      case TemplateKind::go: return 2;
      case TemplateKind::envsubst: return 1;
      default: return 0;
    }
  };
  Scanner scanner(text, TemplateKind::automatic);
  while (const auto marker = scanner.next()) {
    const bool is_sure = !may_be_text(text, *marker);
    const bool is_jinja_alone = text.substr(marker->range.begin).starts_with("{%");
    if (is_sure && is_jinja_alone) return {TemplateKind::jinja, true, marker->range};
    const bool is_better = is_sure != look.is_sure ? is_sure : rank(marker->kind) > rank(look.kind);
    if (is_better) look = {marker->kind, is_sure, marker->range};
  }
  return look;
}

void unmask(std::string& text) {
  for (char& c : text) {
    const std::size_t found = in_their_place.find(c);
    if (found != std::string_view::npos) c = not_in_names[found];
  }
}

bool is_surely_template(std::string_view text) {
  for (const TemplateKind kind : {TemplateKind::jinja, TemplateKind::erb}) {  // Go's are Jinja's
    Scanner scanner(text, kind);
    while (const auto marker = scanner.next())
      if (!may_be_text(text, *marker)) return true;
  }
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2))
    if (text[line_begin(text, at)] == '[') return true;
  return false;
}

MaskedText mask_template(std::string_view text, TemplateKind kind) {
  return Masker(text, kind).run();
}

}  // namespace sup::compiler
