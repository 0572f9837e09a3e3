// The documents that are open in the editor, as the files that the compiler sees: their texts stand
// above those of the disk.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/file_system.h"
#include "compiler/ini/document.h"
#include "lint/lsp/lines.h"
#include "lint/lsp/types.h"

namespace sup::lint::lsp {

class TextDocument {
 public:
  TextDocument(std::string uri, std::string path, std::int64_t version, std::string text);

  // False: the text would be too long, or the change is none; it stays as it was.
  bool apply(const std::vector<ContentChange>& changes, std::int64_t version, Encoding encoding);

  const std::string& uri() const { return uri_; }

  const std::string& path() const { return path_; }

  std::int64_t version() const { return version_; }

  const std::string& text() const { return text_; }

  const LineIndex& lines() const { return lines_; }

  // The text taken apart, as source 0; made when first asked for.
  const compiler::Document& parsed() const;

 private:
  std::string uri_;   // as the client spells it
  std::string path_;  // see path_of_uri
  std::int64_t version_;
  std::string text_;
  LineIndex lines_;
  mutable std::optional<compiler::Document> parsed_;
};

class Documents final : public compiler::FileSystem {
 public:
  // `disk` must outlive this.
  explicit Documents(const compiler::FileSystem& disk) : disk_(disk) {}

  // Replaces an open document of that URI.
  TextDocument& open(std::string uri, std::int64_t version, std::string text);
  void close(std::string_view uri);

  TextDocument* find(std::string_view uri);
  const TextDocument* find_path(std::string_view path) const;

  // By path.
  const std::map<std::string, std::unique_ptr<TextDocument>, std::less<>>& all() const {
    return documents_;
  }

  // The URI of a path, as the client spells it if the document is open.
  std::string uri(const std::string& path) const;

  schema::Result<compiler::FileText> read(const std::string& path) const override;
  // Documents that are not on the disk yet are found as well.
  std::vector<std::string> glob(const std::string& pattern) const override;
  bool is_directory(const std::string& path) const override;
  std::string absolute(const std::string& path) const override;

 private:
  const compiler::FileSystem& disk_;
  std::map<std::string, std::unique_ptr<TextDocument>, std::less<>> documents_;
};

}  // namespace sup::lint::lsp
