// Any bytes compile to a plan or to diagnostics, as a whole configuration and as a part of one;
// rules cope with what comes of it, places lie in their files, everything can be printed, and the
// plan survives being written and read.
#include <string>

#include "compiler/compile.h"
#include "compiler/render_text.h"
#include "lint/fix.h"
#include "lint/lint.h"
#include "schema/plan_io.h"
#include "tests/fuzz/target.h"

using namespace sup;

namespace {

void require_sound(const compiler::Span& span, const compiler::SourceMap& sources) {
  fuzz::require(span.source < sources.size() && span.begin <= span.end &&
                    span.end <= sources[span.source].bytes.size(),
                "places lie in their files");
}

void check(std::string_view text, bool fragment, schema::Target target) {
  compiler::MemoryFileSystem files;
  // A form feed on a line of its own starts an included file.
  const std::size_t cut = text.find("\n\f\n");
  files.files["/etc/fuzz.conf"] = text.substr(0, cut);
  if (cut != std::string_view::npos) files.files["/etc/conf.d/a.conf"] = text.substr(cut + 3);
  compiler::CompileOptions options;
  options.fragment = fragment;
  options.target = target;
  options.environment["HOME"] = "/root";
  const auto compilation = compiler::compile("/etc/fuzz.conf", files, options);
  if (compilation->failure) {
    fuzz::require(schema::looks_like_plan(files.files["/etc/fuzz.conf"]),
                  "a file that is there and no plan can be read");
    return;
  }
  const auto findings = lint::lint(*compilation, options);
  for (const compiler::Diagnostic& finding : findings.all()) {
    fuzz::require(finding.rule != nullptr && !finding.message.empty(), "findings say something");
    require_sound(finding.span, compilation->sources);
    for (const compiler::Label& label : finding.labels) {
      require_sound(label.span, compilation->sources);
    }
    for (const compiler::Fix& fix : finding.fixes) {
      for (const compiler::Edit& edit : fix.edits) require_sound(edit.span, compilation->sources);
    }
    (void)compiler::render_text(finding, compilation->sources, {true});
  }
  for (const lint::FixKinds kinds : {lint::FixKinds::safe, lint::FixKinds::all})
    (void)lint::apply_fixes(findings, compilation->sources, kinds);
  if (!compilation->diagnostics.has_errors()) {
    const auto read = schema::decode_plan(schema::encode_plan(compilation->plan));
    fuzz::require(static_cast<bool>(read), "a plan that was written can be read");
    fuzz::require(*read == compilation->plan, "a plan is read as it was written");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  check(text, false, schema::Target::v4_2);
  check(text, true, schema::Target::v4_4);
  check(text, false, schema::Target::v3_4);
  return 0;
}
