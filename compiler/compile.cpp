#include "compiler/compile.h"

#include "compiler/bind.h"
#include "compiler/check.h"
#include "compiler/compiler_rules.h"
#include "compiler/load.h"
#include "compiler/lower.h"
#include "schema/redact.h"

namespace sup::compiler {

namespace {

constexpr std::string_view template_rule = "template-file";

std::unique_ptr<Compilation> compile_as_told(const std::string& path, const FileSystem& files,
                                             const CompileOptions& options) {
  auto result = std::make_unique<Compilation>();
  result->files = load(path, files, options, result->sources, result->diagnostics, result->failure);
  if (result->failure) return result;
  // Files that Python cannot read at all end here: what follows would be guesses.
  const bool unreadable = result->diagnostics.has_errors();
  // What is missing may stand in lines that are junk, or come out of a template.
  const bool fragment = options.fragment || result->sources.has_markers();
  result->config = bind(result->files, result->sources, fragment);
  Lowering lowering(result->config, result->sources, options);
  CompileOptions assumed = options;
  assumed.fragment = fragment || unreadable;
  result->resolved = check(lowering, result->config, result->sources, assumed, result->diagnostics);
  result->plan = lowering.take_plan();
  settle_template_findings(result->sources, result->diagnostics);
  conceal(given_secrets(result->sources, options), result->diagnostics);
  result->diagnostics.sort();
  return result;
}

// Whether what is at fault in the file as it stands lies in one of its markers; then where.
std::optional<Span> fault_in_marker(const Compilation& as_it_stands, const Compilation& masked,
                                    SourceId id) {
  const SourceMap& sources = masked.sources;
  if (id >= as_it_stands.sources.size() || as_it_stands.sources[id].path != sources[id].path)
    return std::nullopt;
  for (const Diagnostic& diagnostic : as_it_stands.diagnostics.all())
    if (diagnostic.severity == Severity::error && diagnostic.span.source == id &&
        sources.touches_marker(diagnostic.span))
      return diagnostic.span;
  return std::nullopt;
}

void report_template(Compilation& compilation, Span span, Severity severity, TemplateKind kind) {
  const std::string consequence = severity == Severity::error
                                      ? "; Supervisor refuses it as it stands"
                                      : "; Supervisor takes its markers as they stand";
  compilation.diagnostics
      .report(compiler_rule(template_rule), severity, span,
              "the file looks like " + std::string(template_kind_title(kind)) + consequence)
      .with_hint("check what it is rendered to, or give --template=" +
                 std::string(template_kind_name(kind)));
}

// One diagnostic for each file that surely is a template.
void report_accepted_templates(Compilation& compilation) {
  for (SourceId id = 0; id < compilation.sources.size(); ++id) {
    const TemplateLook look = look_for_template(compilation.sources[id].bytes);
    if (look.is_sure)
      report_template(compilation, {id, look.marker.begin, look.marker.end}, Severity::info,
                      look.kind);
  }
  compilation.diagnostics.sort();
}

// One for each file that has markers, at the first mistake that they make or at the first of them.
void report_refused_templates(const Compilation& as_it_stands, Compilation& masked) {
  for (SourceId id = 0; id < masked.sources.size(); ++id) {
    const TemplateLook look = look_for_template(masked.sources.written(id));
    const auto fault = fault_in_marker(as_it_stands, masked, id);
    if (masked.sources[id].markers.empty() || (!look.is_sure && !fault)) continue;
    report_template(masked, fault.value_or(Span{id, look.marker.begin, look.marker.end}),
                    Severity::error, look.kind);
  }
  masked.diagnostics.sort();
}

// Whether ${X} is all that there is, and it may be meant for a shell.
bool is_shell_like(const Compilation& compilation) {
  for (SourceId id = 0; id < compilation.sources.size(); ++id) {
    const TemplateLook look = look_for_template(compilation.sources.written(id));
    if (look.is_sure || (look.kind != TemplateKind::none && look.kind != TemplateKind::envsubst))
      return false;
  }
  return true;
}

bool looks_like_template(const Compilation& compilation, bool must_be_sure) {
  for (const LoadedFile& file : compilation.files.files) {
    if (!file.document.has_marker_sign) continue;
    const std::string_view text = compilation.sources[file.source].bytes;
    if (must_be_sure ? is_surely_template(text)
                     : look_for_template(text).kind != TemplateKind::none)
      return true;
  }
  return false;
}

}  // namespace

schema::Secrets given_secrets(const SourceMap& sources, const CompileOptions& options) {
  schema::Secrets secrets;
  for (const auto& [name, value] : options.environment) {
    if (!schema::names_a_secret(name) || !schema::is_secret_value(name, value)) continue;
    const std::string use = "%(ENV_" + name + ")";
    for (SourceId id = 0; id < sources.size(); ++id)
      if (std::string_view(sources[id].bytes).find(use) != std::string_view::npos) {
        secrets.add(value);
        break;
      }
  }
  return secrets;
}

void settle_template_findings(const SourceMap& sources, Diagnostics& diagnostics) {
  if (!sources.has_markers()) return;
  // The notice itself stands at a marker.
  diagnostics.remove_if([&](const Diagnostic& diagnostic) {
    return diagnostic.rule->name != template_rule && sources.touches_marker(diagnostic.span);
  });
  diagnostics.each([](Diagnostic& diagnostic) {
    diagnostic.fixes.clear();
    unmask(diagnostic.message);
    unmask(diagnostic.hint);
    for (Label& label : diagnostic.labels) unmask(label.text);
    for (std::string& note : diagnostic.notes) unmask(note);
  });
}

std::unique_ptr<Compilation> compile(const std::string& path, const FileSystem& files,
                                     const CompileOptions& options) {
  if (options.templates != TemplateKind::automatic) return compile_as_told(path, files, options);
  CompileOptions plain = options;
  plain.templates = TemplateKind::none;
  auto as_it_stands = compile_as_told(path, files, plain);
  const std::size_t errors = as_it_stands->diagnostics.count(Severity::error);
  if (as_it_stands->failure || !looks_like_template(*as_it_stands, errors == 0))
    return as_it_stands;
  if (errors == 0) {
    report_accepted_templates(*as_it_stands);
    return as_it_stands;
  }
  auto masked = compile_as_told(path, files, options);
  // Mistakes that the markers have no part in are no reason to speak of them; and a single ${X}
  // that stands where none can is a mistake of its own.
  const std::size_t left = masked->diagnostics.count(Severity::error);
  if (left + (is_shell_like(*masked) ? 1 : 0) >= errors) return as_it_stands;
  report_refused_templates(*as_it_stands, *masked);
  // Whatever is refused as it stands is refused here.
  return masked->diagnostics.has_errors() ? std::move(masked) : std::move(as_it_stands);
}

}  // namespace sup::compiler
