// The files of a configuration, as load() read them.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ini/document.h"
#include "compiler/source.h"

namespace sup::compiler {

// One file that was read.
struct LoadedFile {
  SourceId source = 0;
  std::string directory;  // absolute
  Document document;
};

// Files in order, each where it was made: a thousand files of an [include] are taken apart by two
// threads, and what one of them has at hand is far away for the other.
class LoadedFileList {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = LoadedFile;
    using difference_type = std::ptrdiff_t;
    using pointer = const LoadedFile*;
    using reference = const LoadedFile&;

    Iterator() = default;

    explicit Iterator(const std::unique_ptr<LoadedFile>* at) : at_(at) {}

    reference operator*() const { return **at_; }

    pointer operator->() const { return at_->get(); }

    Iterator& operator++() {
      ++at_;
      return *this;
    }

    Iterator operator++(int) { return Iterator(at_++); }

    bool operator==(const Iterator&) const = default;

   private:
    const std::unique_ptr<LoadedFile>* at_ = nullptr;
  };

  std::size_t size() const { return files_.size(); }

  bool empty() const { return files_.empty(); }

  const LoadedFile& operator[](std::size_t index) const { return *files_[index]; }

  const LoadedFile& front() const { return *files_.front(); }

  const LoadedFile& back() const { return *files_.back(); }

  Iterator begin() const { return Iterator(files_.data()); }

  Iterator end() const { return Iterator(files_.data() + files_.size()); }

  void push_back(std::unique_ptr<LoadedFile> file) { files_.push_back(std::move(file)); }

 private:
  std::vector<std::unique_ptr<LoadedFile>> files_;
};

// What load() read: the main file first, then included ones in order.
struct LoadedFiles {
  LoadedFileList files;
  bool has_include = false;           // the main file has [include]
  std::vector<std::string> warnings;  // as Supervisor would log them
  std::vector<std::string> infos;
};

}  // namespace sup::compiler
