#include "compiler/compile.h"

#include "compiler/bind.h"
#include "compiler/check.h"
#include "compiler/load.h"
#include "compiler/lower.h"

namespace sup::compiler {

std::unique_ptr<Compilation> compile(const std::string& path, const FileSystem& files,
                                     const CompileOptions& options) {
  auto result = std::make_unique<Compilation>();
  result->files = load(path, files, options, result->sources, result->diagnostics, result->failure);
  if (result->failure) return result;
  // Files that Python cannot read at all end here: what follows would be guesses.
  const bool unreadable = result->diagnostics.has_errors();
  result->config = bind(result->files, result->sources, options.fragment);
  Lowering lowering(result->config, result->sources, options);
  CompileOptions assumed = options;
  if (unreadable) assumed.fragment = true;  // what is missing may stand in the lines that are junk
  result->resolved = check(lowering, result->config, result->sources, assumed, result->diagnostics);
  result->plan = lowering.take_plan();
  result->diagnostics.sort();
  return result;
}

}  // namespace sup::compiler
