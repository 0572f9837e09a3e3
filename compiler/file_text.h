// The text of a file: its own, or the file's pages where these are held.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sup::compiler {

class FileText {
 public:
  FileText() = default;

  // What makes a text is taken for one.
  FileText(std::string own) : own_(std::move(own)) {}  // NOLINT(google-explicit-constructor)

  FileText(const char* own) : own_(own) {}  // NOLINT(google-explicit-constructor)

  // Those pages, for as long as their holder lives. They must not change.
  FileText(std::shared_ptr<const void> holder, std::string_view pages)
      : holder_(std::move(holder)), pages_(pages) {}

  std::string_view view() const { return holder_ ? pages_ : std::string_view(own_); }

  operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)

  const char* data() const { return view().data(); }

  std::size_t size() const { return view().size(); }

  bool empty() const { return view().empty(); }

  friend bool operator==(const FileText& a, std::string_view b) { return a.view() == b; }

 private:
  std::string own_;
  std::shared_ptr<const void> holder_;
  std::string_view pages_;
};

}  // namespace sup::compiler
