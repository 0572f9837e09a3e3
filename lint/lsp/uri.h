// URIs of files.
#pragma once

#include <string>
#include <string_view>

namespace sup::lint::lsp {

// The absolute path that a file: URI names. Any other URI ("untitled:1") is returned as it is: it
// names a document that only the editor has.
std::string path_of_uri(std::string_view uri);

// "file:///etc/supervisor/a%20b.conf"; what is no absolute path is a URI already.
std::string uri_of_path(std::string_view path);

}  // namespace sup::lint::lsp
