// Files as they are in a revision of a git repository, for `git:REV:path`. They are asked of the
// program git, whose arguments never pass a shell; names of objects are resolved once, and after
// that only their numbers are used.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/file_system.h"

namespace sup::compiler {

// What `git:REV:path` names. The path is one from the top of the repository, as git takes it, or
// one from the current folder if it begins with ./ or ../
struct GitSource {
  std::string revision;
  std::string path;
};

// Whether an argument names a file in git at all.
bool is_git_source(std::string_view argument);

// Its parts, or what is wrong with it.
schema::Result<GitSource> parse_git_source(std::string_view argument);

// The files of one revision. Paths are "REV:path", or absolute paths where the files would lie if
// the revision were checked out, so that %(here)s is the same in all revisions; what lies outside
// of the repository does not exist. With a `root`, a folder of the repository, absolute paths are
// looked up below it. Symbolic links inside of the repository are followed.
class GitFileSystem final : public FileSystem {
 public:
  // Asks git about the revision. The repository is the one of the current folder.
  static schema::Result<std::unique_ptr<GitFileSystem>> open(const std::string& revision,
                                                             const std::string& root);
  ~GitFileSystem() override;

  // The name of a file in messages and in plans, "REV:path".
  std::string display(const std::string& path) const;

  schema::Result<FileText> read(const std::string& path) const override;
  std::vector<std::string> glob(const std::string& pattern) const override;
  bool is_directory(const std::string& path) const override;
  std::string absolute(const std::string& path) const override;

 private:
  class Objects;

  struct File {
    std::string object;
    bool is_link = false;
  };

  GitFileSystem();
  schema::Status list(const std::string& tree);
  std::optional<std::string> in_tree(const std::string& absolute_path) const;
  schema::Result<std::string> follow(std::string path) const;
  bool is_folder(const std::string& tree_path) const;

  std::string prefix_;  // "REV:"
  std::string top_;     // folder of the checked out files; empty: none, or a root
  std::string folder_;  // the current folder below it, with a slash at its end, or empty
  std::string root_;    // folder in the repository, without slashes around it
  std::map<std::string, File, std::less<>> files_;  // by path from the top
  std::unique_ptr<Objects> objects_;
};

}  // namespace sup::compiler
