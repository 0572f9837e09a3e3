// Diagnostics as text for people and terminals:
//
//   conf.d/web.conf:4:1: error: unknown option `autosart` in [program:web] [SUP202 unknown-option]
//      4 | autosart=true
//        | ^^^^^^^^ did you mean `autostart`?
//     included from supervisord.conf:12:9
#pragma once

#include <string>

#include "compiler/diagnostics.h"
#include "compiler/source.h"

namespace sup::compiler {

struct TextStyle {
  bool color = false;
};

std::string render_text(const Diagnostic& diagnostic, const SourceMap& sources,
                        const TextStyle& style);
std::string render_text(const Diagnostics& diagnostics, const SourceMap& sources,
                        const TextStyle& style);

}  // namespace sup::compiler
