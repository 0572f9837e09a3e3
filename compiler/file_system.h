// The files that the compiler may see: the real ones, or those of a test.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/file_text.h"
#include "schema/result.h"

namespace sup::compiler {

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual schema::Result<FileText> read(const std::string& path) const = 0;
  // The same for what nobody named, but a pattern or a folder brought in: a pipe is an Error there,
  // as nobody may ever write to it.
  virtual schema::Result<FileText> read_match(const std::string& path) const;

  // Whether two threads may read at once.
  virtual bool is_read_by_many() const { return false; }

  // Paths that match a pattern of *, ? and [...], sorted. Not while another thread reads. As
  // Python's glob: no **, leading dots only literally.
  virtual std::vector<std::string> glob(const std::string& pattern) const = 0;
  virtual bool is_directory(const std::string& path) const = 0;

  // Why the files of a folder cannot be listed, or nothing: it is no empty folder then.
  virtual std::optional<schema::Error> unlisted(const std::string& /*folder*/) const { return {}; }

  // A pipe with a name: reading it waits for somebody who writes.
  virtual bool is_pipe(const std::string& /*path*/) const { return false; }

  virtual std::string absolute(const std::string& path) const = 0;
};

// The files *.conf and *.ini of a folder, sorted.
std::vector<std::string> configurations_in(const std::string& folder, const FileSystem& files);

// Everything before the last slash; "/" for "/x", "" for "x".
std::string directory_name(const std::string& path);

// The machine's files. With a `root`, absolute paths are looked up below it, so that the
// configuration of an image is checked from outside. Relative ones are those of the working folder
// that the program had when it first asked for one.
class RealFileSystem final : public FileSystem {
 public:
  // How files of more than a megabyte are taken. Copying one makes a machine find as much memory
  // first, which takes longer than reading it. `held`: for a program that asks and ends, its own
  // pages are looked at, while a lease keeps everybody from writing to it (F_SETLEASE; who wants to
  // waits for that long). Where there is no lease to be had, it is copied.
  enum class LargeFiles : bool { copied, held };

  explicit RealFileSystem(std::string root = {}, LargeFiles large = LargeFiles::copied);
  RealFileSystem(const RealFileSystem&) = delete;
  RealFileSystem& operator=(const RealFileSystem&) = delete;
  ~RealFileSystem() override;

  schema::Result<FileText> read(const std::string& path) const override;
  schema::Result<FileText> read_match(const std::string& path) const override;

  bool is_read_by_many() const override { return true; }

  std::vector<std::string> glob(const std::string& pattern) const override;
  bool is_directory(const std::string& path) const override;
  std::optional<schema::Error> unlisted(const std::string& folder) const override;
  bool is_pipe(const std::string& path) const override;
  std::string absolute(const std::string& path) const override;

 private:
  class Folder;

  std::string real(const std::string& path) const;
  const std::string& working_folder() const;

  std::string root_;
  LargeFiles large_;
  mutable std::string working_folder_;
  mutable std::unique_ptr<const Folder> folder_;  // that the last glob() looked through, or none
};

// Files in memory, for tests and for text from standard input.
class MemoryFileSystem final : public FileSystem {
 public:
  std::map<std::string, std::string> files;  // by absolute path

  schema::Result<FileText> read(const std::string& path) const override;
  std::vector<std::string> glob(const std::string& pattern) const override;
  bool is_directory(const std::string& path) const override;
  std::string absolute(const std::string& path) const override;
};

// A file system some of whose files have other texts than they have there: text from standard input
// under the name that it would have, or what fixes would make of a file. `base` must outlive it.
class OverlayFileSystem final : public FileSystem {
 public:
  explicit OverlayFileSystem(const FileSystem& base) : base_(base) {}

  OverlayFileSystem(const FileSystem& base, const std::string& path, std::string text);

  void put(const std::string& path, std::string text);

  schema::Result<FileText> read(const std::string& path) const override;
  schema::Result<FileText> read_match(const std::string& path) const override;
  std::vector<std::string> glob(const std::string& pattern) const override;
  bool is_directory(const std::string& path) const override;
  std::optional<schema::Error> unlisted(const std::string& folder) const override;
  bool is_pipe(const std::string& path) const override;
  std::string absolute(const std::string& path) const override;

 private:
  const FileSystem& base_;
  std::map<std::string, std::string> texts_;  // by absolute path
};

}  // namespace sup::compiler
