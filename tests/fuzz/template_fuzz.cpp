// Masking keeps length and lines, and recognising a template changes neither whether a
// configuration is refused nor its plan.
#include <string>

#include "compiler/compile.h"
#include "compiler/render_text.h"
#include "compiler/template_markers.h"
#include "lint/lint.h"
#include "tests/fuzz/target.h"

using namespace sup;

namespace {

constexpr std::string_view line_ends = "\r\n";

void check_masking(std::string_view text, compiler::TemplateKind kind) {
  const compiler::MaskedText masked = compiler::mask_template(text, kind);
  fuzz::require(masked.text.size() == text.size(), "a masked text is as long as before");
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_end = line_ends.find(text[i]) != std::string_view::npos;
    const bool was_end = line_ends.find(masked.text[i]) != std::string_view::npos;
    fuzz::require(is_end == was_end && (!is_end || text[i] == masked.text[i]), "lines stay");
  }
  std::uint32_t end = 0;
  for (const compiler::TextRange& marker : masked.markers) {
    fuzz::require(end <= marker.begin && marker.begin < marker.end && marker.end <= text.size(),
                  "markers follow one another");
    end = marker.end;
  }
  if (masked.markers.empty()) fuzz::require(masked.text == text, "only markers are masked");
}

std::unique_ptr<compiler::Compilation> compile(std::string_view text, compiler::TemplateKind kind) {
  compiler::MemoryFileSystem files;
  files.files["/etc/fuzz.conf"] = text;
  compiler::CompileOptions options;
  options.fragment = true;
  options.templates = kind;
  auto compilation = compiler::compile("/etc/fuzz.conf", files, options);
  const compiler::Diagnostics findings = lint::lint(*compilation, options);
  for (const compiler::Diagnostic& finding : findings.all())
    (void)compiler::render_text(finding, compilation->sources, {});
  return compilation;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using compiler::TemplateKind;
  const std::string_view text = fuzz::as_text(data, size);
  const compiler::TemplateLook look = compiler::look_for_template(text);
  fuzz::require(look.marker.begin <= look.marker.end && look.marker.end <= size,
                "a marker lies in its text");
  for (const TemplateKind kind :
       {TemplateKind::jinja, TemplateKind::erb, TemplateKind::go, TemplateKind::envsubst}) {
    check_masking(text, kind);
    const auto told = compile(text, kind);
    for (const compiler::Diagnostic& diagnostic : told->diagnostics.all())
      fuzz::require(!told->sources.touches_marker(diagnostic.span),
                    "nothing is said of what a marker stands for");
  }
  const auto plain = compile(text, TemplateKind::none);
  const auto automatic = compile(text, TemplateKind::automatic);
  fuzz::require(plain->diagnostics.has_errors() == automatic->diagnostics.has_errors(),
                "what is refused is refused, what is accepted is accepted");
  if (!plain->diagnostics.has_errors())
    fuzz::require(plain->plan == automatic->plan, "the plan is that of the text as it stands");
  return 0;
}
