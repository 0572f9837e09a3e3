// What makes a text unreadable for Python's parser, as diagnostics.
#pragma once

#include "compiler/diagnostics.h"
#include "compiler/ini/document.h"
#include "compiler/source.h"

namespace sup::compiler {

// Reports a byte order mark, bytes that are not UTF-8 (which Python 2 and Supervisor 3 do not
// mind), and lines that are nothing.
void report_unreadable(const Document& document, const SourceMap& sources, schema::Target target,
                       Diagnostics& diagnostics);

}  // namespace sup::compiler
