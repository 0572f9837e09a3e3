#include "compiler/git_files.h"

#include <fnmatch.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <set>
#include <utility>

#include "compiler/child.h"
#include "compiler/source.h"
#include "schema/text.h"

namespace sup::compiler {
namespace {

constexpr std::string_view scheme = "git:";
constexpr std::size_t listing_limit = std::size_t{256} << 20U;
constexpr std::size_t line_limit = 4096;
constexpr int most_links = 40;  // as the kernel has it

schema::Error unreadable(const std::string& name, int number) {
  return {"cannot read " + name + ": " + std::strerror(number), number};
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// Where a match may lie: all files and their folders.
std::string parent(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string{} : path.substr(0, slash);
}

}  // namespace

// The contents of objects, from one git that is asked again and again.
class GitFileSystem::Objects {
 public:
  schema::Result<std::string> read(const std::string& object, const std::string& name) {
    if (!git_) {
      auto started = Conversation::start({"git", "cat-file", "--batch"});
      if (!started) return started.error();
      git_ = std::make_unique<Conversation>(std::move(*started));
    }
    // "<object> blob <size>", the bytes, a line feed.
    std::string header;
    if (!git_->say(object + "\n") || !git_->hear_line(header, line_limit)) return broken(name);
    const std::size_t at = header.rfind(' ');
    std::size_t size = 0;
    if (at == std::string::npos || header.find(" blob ") == std::string::npos) return broken(name);
    const char* end = header.data() + header.size();
    if (std::from_chars(header.data() + at + 1, end, size).ptr != end) return broken(name);
    if (size > source_maximum_bytes) {
      git_.reset();  // it would print all of it
      return unreadable(name, EFBIG);
    }
    std::string bytes;
    std::string line_feed;
    if (!git_->hear(bytes, size) || !git_->hear(line_feed, 1)) return broken(name);
    return bytes;
  }

 private:
  schema::Error broken(const std::string& name) {
    git_.reset();
    return {"cannot read " + name + ": git has no such object", EIO};
  }

  std::unique_ptr<Conversation> git_;
};

GitFileSystem::GitFileSystem() : objects_(std::make_unique<Objects>()) {}

GitFileSystem::~GitFileSystem() = default;

bool is_git_source(std::string_view argument) { return argument.starts_with(scheme); }

schema::Result<GitSource> parse_git_source(std::string_view argument) {
  const std::string all(argument);
  argument.remove_prefix(scheme.size());
  const std::size_t colon = argument.find(':');
  if (colon == std::string_view::npos)
    return schema::Error{all + ": expected git:REV:path, such as git:HEAD:supervisord.conf", 0};
  GitSource source{std::string(argument.substr(0, colon)), std::string(argument.substr(colon + 1))};
  if (source.revision.empty())
    return schema::Error{all + ": there is no revision; write git:HEAD:" + source.path, 0};
  if (source.revision.front() == '-')
    return schema::Error{all + ": a revision does not begin with -", 0};
  if (source.path.empty()) return schema::Error{all + ": there is no path behind the revision", 0};
  return source;
}

schema::Result<std::unique_ptr<GitFileSystem>> GitFileSystem::open(const std::string& revision,
                                                                   const std::string& root) {
  // The constructor is private, as a file system without a revision is none.
  std::unique_ptr<GitFileSystem> made(new GitFileSystem);
  made->prefix_ = revision + ":";
  const auto place =
      run_child({"git", "rev-parse", "--show-toplevel", "--show-prefix"}, line_limit);
  if (!place) return place.error();
  if (place->succeeded()) {
    made->top_ = first_line(place->output);
    made->folder_ = first_line(place->output.substr(made->top_.size() + 1));
    if (made->top_ == "/") made->top_.clear();
  } else {
    const auto bare = run_child({"git", "rev-parse", "--is-bare-repository"}, line_limit);
    if (!bare) return bare.error();
    if (!bare->output.starts_with("true")) return schema::Error{"git: " + place->complaint(), 0};
  }
  if (!root.empty()) {
    made->root_ = schema::normal_path("/" + root).substr(1);
    made->top_.clear();
  }
  const auto tree =
      run_child({"git", "rev-parse", "--verify", "--quiet", revision + "^{tree}"}, line_limit);
  if (!tree) return tree.error();
  if (!tree->succeeded())
    return schema::Error{"git knows no revision `" + revision + "` in this repository", 0};
  if (auto status = made->list(first_line(tree->output)); !status) return status.error();
  return made;
}

// Entries "mode type object\tpath", each with a NUL at its end.
schema::Status GitFileSystem::list(const std::string& tree) {
  const auto listing =
      run_child({"git", "ls-tree", "-r", "-z", "--full-tree", tree}, listing_limit);
  if (!listing) return listing.error();
  if (!listing->succeeded()) return schema::Error{"git: " + listing->complaint(), 0};
  std::string_view rest = listing->output;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    const std::string_view entry = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t tab = entry.find('\t');
    if (tab == std::string_view::npos) continue;
    const std::string_view head = entry.substr(0, tab);
    const std::size_t object = head.rfind(' ');
    if (object == std::string_view::npos || head.find(" blob ") == std::string_view::npos) continue;
    files_[std::string(entry.substr(tab + 1))] = {std::string(head.substr(object + 1)),
                                                  head.starts_with("120000")};
  }
  return schema::Nothing{};
}

std::string GitFileSystem::display(const std::string& path) const {
  if (path.starts_with(prefix_)) return path;
  const auto inside = in_tree(absolute(path));
  return prefix_ + inside.value_or(path);
}

std::string GitFileSystem::absolute(const std::string& path) const {
  std::string inside = path.starts_with(prefix_) ? path.substr(prefix_.size()) : path;
  if (inside.starts_with('/')) return schema::normal_path(inside);
  const bool from_folder = inside.starts_with("./") || inside.starts_with("../");
  return schema::normal_path(top_ + "/" + (from_folder ? folder_ : "") + inside);
}

// The path from the top of the repository; nothing outside of it.
std::optional<std::string> GitFileSystem::in_tree(const std::string& absolute_path) const {
  if (!root_.empty()) return root_ + absolute_path;
  if (absolute_path == top_ || absolute_path == "/") return std::string{};
  if (!absolute_path.starts_with(top_ + "/")) return std::nullopt;
  return absolute_path.substr(top_.size() + 1);
}

bool GitFileSystem::is_folder(const std::string& tree_path) const {
  if (tree_path.empty()) return true;
  const std::string below = tree_path + "/";
  const auto next = files_.lower_bound(below);
  return next != files_.end() && next->first.starts_with(below);
}

// The path of the file itself, behind all links. An Error has an errno and no words.
schema::Result<std::string> GitFileSystem::follow(std::string path) const {
  for (int links = 0; links <= most_links; ++links) {
    // The first part of the path that is a link.
    std::size_t end = 0;
    auto link = files_.end();
    while (end != std::string::npos && link == files_.end()) {
      end = path.find('/', end + 1);
      const auto found = files_.find(std::string_view(path).substr(0, end));
      if (found != files_.end() && found->second.is_link) link = found;
    }
    if (link == files_.end()) return path;
    const auto target = objects_->read(link->second.object, link->first);
    if (!target) return target.error();
    const std::string rest = end == std::string::npos ? std::string{} : path.substr(end);
    const std::string base = top_ + "/" + parent(link->first) + "/";
    const std::string moved =
        schema::normal_path((target->starts_with('/') ? *target : base + *target) + rest);
    const auto inside =
        target->starts_with('/') || root_.empty() ? in_tree(moved) : moved.substr(1);
    if (!inside) return schema::Error{{}, ENOENT};
    path = *inside;
  }
  return schema::Error{{}, ELOOP};
}

schema::Result<FileText> GitFileSystem::read(const std::string& path) const {
  const auto inside = in_tree(absolute(path));
  if (!inside) return unreadable(display(path), ENOENT);
  const auto real = follow(*inside);
  if (!real)
    return real.error().message.empty() ? unreadable(display(path), real.error().error_number)
                                        : real.error();
  const auto found = files_.find(*real);
  if (found != files_.end()) {
    auto text = objects_->read(found->second.object, display(path));
    if (!text) return text.error();
    return FileText(std::move(*text));
  }
  schema::Error error = unreadable(display(path), is_folder(*real) ? EISDIR : ENOENT);
  // A path from the current folder is the usual mistake.
  if (path.starts_with(prefix_) && !folder_.empty() && files_.contains(folder_ + *inside))
    error.message += "; did you mean git:" + prefix_ + "./" + *inside + "?";
  return error;
}

std::vector<std::string> GitFileSystem::glob(const std::string& pattern) const {
  const auto inside = in_tree(schema::normal_path(pattern));
  if (!inside) return {};
  const std::string base = root_.empty() ? top_ + "/" : "/";
  const std::size_t skipped = root_.empty() ? 0 : root_.size() + 1;
  std::set<std::string> found;
  const auto consider = [&](const std::string& path) {
    if (::fnmatch(inside->c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD | FNM_NOESCAPE) == 0)
      found.insert(base + path.substr(std::min(skipped, path.size())));
  };
  // Only what lies below the part without wildcards can match.
  const std::size_t wild = std::min(inside->find_first_of("*?["), inside->size());
  const std::string fixed = parent(inside->substr(0, wild) + "x");
  for (auto file = files_.lower_bound(fixed);
       file != files_.end() && file->first.starts_with(fixed); ++file) {
    consider(file->first);
    for (std::string folder = parent(file->first); folder.size() > fixed.size();
         folder = parent(folder))
      consider(folder);
  }
  return {found.begin(), found.end()};
}

bool GitFileSystem::is_directory(const std::string& path) const {
  const auto inside = in_tree(absolute(path));
  if (!inside) return false;
  const auto real = follow(*inside);
  return real && !files_.contains(*real) && is_folder(*real);
}

}  // namespace sup::compiler
