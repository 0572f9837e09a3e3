// Configurations that are not one yet: sources of Jinja, ERB, Go templates or envsubst. What their
// markers will become is not known, so they are masked: the text keeps its length and its lines,
//
//   a line of nothing but markers      becomes a comment, as if it were not there
//   a marker in a value or in a key    becomes %(...)s with a name that nobody defines, so that the
//                                      value is not read and the key is no option
//   a marker in a section header       becomes a part of the name
//
// What is still reported of places that touch a marker is to be dropped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/source.h"

namespace sup::compiler {

enum class TemplateKind : std::uint8_t {
  none,       // markers are text
  jinja,      // {{ x }}, {% if x %}, {# comment #}
  erb,        // <%= x %>, <% if x %>
  go,         // {{ .x }}, {{ if .x }}
  envsubst,   // ${X}, and $X where it is asked for
  automatic,  // each file as its markers look
};

// "jinja" and so on; "auto".
std::optional<TemplateKind> template_kind_from_name(std::string_view name);
std::string_view template_kind_name(TemplateKind kind);
// All of them, for messages: "jinja, erb...".
std::string template_kind_names();
// For messages: "a Jinja template".
std::string_view template_kind_title(TemplateKind kind);

struct TemplateLook {
  TemplateKind kind = TemplateKind::none;
  // Whether the markers cannot be meant for a program: they stand outside of quotes and comments.
  bool is_sure = false;
  TextRange marker;  // the first one
};

// What a text looks like. ${X} is seen only where there is nothing else; it is sure in a header
// only.
TemplateLook look_for_template(std::string_view text);

// Whether that is sure; faster.
bool is_surely_template(std::string_view text);

struct MaskedText {
  std::string text;  // as long as the original
  std::vector<TextRange> markers;
  bool has_control = false;  // conditions or loops: what stands twice may be alternatives
};

// `kind` is one of the engines.
MaskedText mask_template(std::string_view text, TemplateKind kind);

// Puts back what was masked in names, in texts that speak of them.
void unmask(std::string& text);

}  // namespace sup::compiler
