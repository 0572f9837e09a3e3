#include "lint/lsp/documents.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "lint/lsp/uri.h"

namespace sup::lint::lsp {

TextDocument::TextDocument(std::string uri, std::string path, std::int64_t version,
                           std::string text)
    : uri_(std::move(uri)),
      path_(std::move(path)),
      version_(version),
      text_(std::move(text)),
      lines_(text_) {}

bool TextDocument::apply(const std::vector<ContentChange>& changes, std::int64_t version,
                         Encoding encoding) {
  bool is_complete = true;
  for (const ContentChange& change : changes) {
    if (!change.range) {
      text_ = change.text;
    } else {
      const std::uint32_t begin = lines_.offset(text_, change.range->start, encoding);
      const std::uint32_t end = lines_.offset(text_, change.range->end, encoding);
      if (end < begin || text_.size() + change.text.size() > compiler::source_maximum_bytes) {
        is_complete = false;
        continue;
      }
      text_.replace(begin, end - begin, change.text);
    }
    lines_ = LineIndex(text_);
  }
  version_ = version;
  parsed_.reset();
  return is_complete;
}

const compiler::Document& TextDocument::parsed() const {
  if (!parsed_) parsed_ = compiler::parse(0, text_);
  return *parsed_;
}

TextDocument& Documents::open(std::string uri, std::int64_t version, std::string text) {
  std::string path = path_of_uri(uri);
  auto& document = documents_[path];
  document = std::make_unique<TextDocument>(std::move(uri), path, version, std::move(text));
  return *document;
}

void Documents::close(std::string_view uri) { documents_.erase(path_of_uri(uri)); }

TextDocument* Documents::find(std::string_view uri) {
  const auto found = documents_.find(path_of_uri(uri));
  return found == documents_.end() ? nullptr : found->second.get();
}

const TextDocument* Documents::find_path(std::string_view path) const {
  const auto found = documents_.find(path);
  return found == documents_.end() ? nullptr : found->second.get();
}

std::string Documents::uri(const std::string& path) const {
  const TextDocument* document = find_path(path);
  return document != nullptr ? document->uri() : uri_of_path(path);
}

schema::Result<compiler::FileText> Documents::read(const std::string& path) const {
  if (const TextDocument* document = find_path(path)) return compiler::FileText(document->text());
  if (const TextDocument* document = find_path(disk_.absolute(path)))
    return compiler::FileText(document->text());
  return disk_.read(path);
}

std::vector<std::string> Documents::glob(const std::string& pattern) const {
  std::vector<std::string> found = disk_.glob(pattern);
  const std::size_t on_disk = found.size();
  for (const auto& [path, document] : documents_) {
    if (::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD | FNM_NOESCAPE) == 0 &&
        !std::binary_search(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(on_disk),
                            path)) {
      found.push_back(path);
    }
  }
  if (found.size() != on_disk) std::sort(found.begin(), found.end());
  return found;
}

bool Documents::is_directory(const std::string& path) const {
  return find_path(path) == nullptr && disk_.is_directory(path);
}

std::string Documents::absolute(const std::string& path) const {
  return find_path(path) != nullptr ? path : disk_.absolute(path);
}

}  // namespace sup::lint::lsp
