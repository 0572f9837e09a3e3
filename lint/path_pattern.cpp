#include "lint/path_pattern.h"

#include <algorithm>
#include <vector>

namespace sup::lint {

namespace {

struct Piece {
  enum class Kind {
    character,
    any_in_name,
    any,
    folders,  // any number of names, each with a slash behind it
    one_in_name,
    one_of
  } kind = Kind::character;
  char character = 0;
  std::string_view set;  // between the brackets
};

bool is_in(std::string_view set, char c) {
  const bool negated = set.starts_with('!') || set.starts_with('^');
  if (negated) set.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < set.size() && !found; ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      found = set[i] <= c && c <= set[i + 2];
      i += 2;
    } else {
      found = set[i] == c;
    }
  }
  return found != negated;
}

std::vector<Piece> pieces_of(std::string_view pattern) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern.substr(i).starts_with("**")) {
      const bool begins_name = i == 0 || pattern[i - 1] == '/';
      while (i + 1 < pattern.size() && pattern[i + 1] == '*') ++i;
      const bool is_name = begins_name && i + 1 < pattern.size() && pattern[i + 1] == '/';
      pieces.push_back({is_name ? Piece::Kind::folders : Piece::Kind::any, 0, {}});
      if (is_name) ++i;
    } else if (pattern[i] == '*') {
      pieces.push_back({Piece::Kind::any_in_name, 0, {}});
    } else if (pattern[i] == '?') {
      pieces.push_back({Piece::Kind::one_in_name, 0, {}});
    } else if (const std::size_t end =
                   pattern[i] == '[' ? pattern.find(']', i + 2) : std::string_view::npos;
               end != std::string_view::npos) {
      pieces.push_back({Piece::Kind::one_of, 0, pattern.substr(i + 1, end - i - 1)});
      i = end;
    } else {
      pieces.push_back({Piece::Kind::character, pattern[i], {}});
    }
  }
  return pieces;
}

bool takes(const Piece& piece, char c) {
  switch (piece.kind) {
    case Piece::Kind::character: return piece.character == c;
    case Piece::Kind::any:
    case Piece::Kind::folders: return true;
    case Piece::Kind::any_in_name:
    case Piece::Kind::one_in_name: return c != '/';
    case Piece::Kind::one_of: return c != '/' && is_in(piece.set, c);
  }
  return false;
}

bool is_repeated(const Piece& piece) {
  return piece.kind == Piece::Kind::any || piece.kind == Piece::Kind::folders ||
         piece.kind == Piece::Kind::any_in_name;
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text) {
  const std::vector<Piece> pieces = pieces_of(pattern);
  // reached[i]: the first i pieces can stand for the text so far.
  std::vector<char> reached(pieces.size() + 1, 0);
  const auto leave_repeated = [&](bool begins_name) {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const bool may_leave = pieces[i].kind != Piece::Kind::folders || begins_name;
      if (reached[i] != 0 && is_repeated(pieces[i]) && may_leave) reached[i + 1] = 1;
    }
  };
  reached[0] = 1;
  leave_repeated(true);
  for (const char c : text) {
    for (std::size_t i = pieces.size() + 1; i-- > 0;) {
      const bool stays =
          i < pieces.size() && reached[i] != 0 && is_repeated(pieces[i]) && takes(pieces[i], c);
      const bool comes =
          i > 0 && reached[i - 1] != 0 && !is_repeated(pieces[i - 1]) && takes(pieces[i - 1], c);
      reached[i] = stays || comes ? 1 : 0;
    }
    leave_repeated(c == '/');
  }
  return reached.back() != 0;
}

bool matches(const PathPattern& pattern, std::string_view path) {
  std::string_view text = pattern.text;
  while (text.size() > 1 && text.ends_with('/')) text.remove_suffix(1);
  if (!text.starts_with('/')) {
    if (!path.starts_with(pattern.folder)) return false;
    path.remove_prefix(pattern.folder.size());
  }
  if (text.find('/') == std::string_view::npos) {
    for (std::size_t begin = 0; begin <= path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      if (matches_glob(text, path.substr(begin, end - begin))) return true;
      begin = end + 1;
    }
    return false;
  }
  if (text.starts_with("./")) text.remove_prefix(2);
  if (matches_glob(text, path)) return true;
  return matches_glob(std::string(text) + "/**", path);
}

bool matches_any(const PathPatterns& patterns, std::string_view path) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const PathPattern& pattern) { return matches(pattern, path); });
}

}  // namespace sup::lint
