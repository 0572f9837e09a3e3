#include "compiler/unified_diff.h"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

namespace sup::compiler {
namespace {

constexpr std::size_t context = 3;
// Of lines between two that are found again; what differs more is told as wholly replaced. The time
// and memory that are spent grow with the square of this.
constexpr int longest_difference = 1000;

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

// Half-open ranges of lines of both texts.
struct Gap {
  std::size_t old_begin;
  std::size_t old_end;
  std::size_t new_begin;
  std::size_t new_end;
};

class Comparison {
 public:
  Comparison(std::string_view before, std::string_view after)
      : old_(lines_of(before)), new_(lines_of(after)) {}

  std::vector<DiffLine> run() {
    Gap gap{0, old_.size(), 0, new_.size()};
    put_common_head(gap);
    std::size_t tail = 0;
    while (gap.old_end > gap.old_begin && gap.new_end > gap.new_begin &&
           old_[gap.old_end - 1] == new_[gap.new_end - 1]) {
      --gap.old_end;
      --gap.new_end;
      ++tail;
    }
    for (const auto& [old_line, new_line] : anchors(gap)) {
      compare({gap.old_begin, old_line, gap.new_begin, new_line});
      put(' ', old_[old_line]);
      gap.old_begin = old_line + 1;
      gap.new_begin = new_line + 1;
    }
    compare(gap);
    for (std::size_t i = old_.size() - tail; i < old_.size(); ++i) put(' ', old_[i]);
    return std::move(out_);
  }

 private:
  using Pair = std::pair<std::size_t, std::size_t>;  // line of the old and of the new text

  void put(char sign, std::string_view line) { out_.push_back({sign, line}); }

  void put_common_head(Gap& gap) {
    while (gap.old_begin < gap.old_end && gap.new_begin < gap.new_end &&
           old_[gap.old_begin] == new_[gap.new_begin]) {
      put(' ', old_[gap.old_begin]);
      ++gap.old_begin;
      ++gap.new_begin;
    }
  }

  // Lines that stand once in both, as many as keep the order ("patience").
  std::vector<Pair> anchors(const Gap& gap) const {
    struct Places {
      std::size_t old_count = 0;
      std::size_t new_count = 0;
      std::size_t new_line = 0;
    };

    std::unordered_map<std::string_view, Places> places;
    for (std::size_t i = gap.old_begin; i < gap.old_end; ++i) ++places[old_[i]].old_count;
    for (std::size_t i = gap.new_begin; i < gap.new_end; ++i) {
      Places& row = places[new_[i]];
      ++row.new_count;
      row.new_line = i;
    }
    // The longest ascending run: the last pair of each length, and what comes before each pair.
    std::vector<Pair> pairs;
    std::vector<std::size_t> before;
    std::vector<std::size_t> last;
    for (std::size_t i = gap.old_begin; i < gap.old_end; ++i) {
      const Places& row = places[old_[i]];
      if (row.old_count != 1 || row.new_count != 1) continue;
      const auto at = std::lower_bound(
          last.begin(), last.end(), row.new_line,
          [&](std::size_t pair, std::size_t line) { return pairs[pair].second < line; });
      before.push_back(at == last.begin() ? 0 : *(at - 1) + 1);
      pairs.emplace_back(i, row.new_line);
      if (at == last.end())
        last.push_back(pairs.size() - 1);
      else
        *at = pairs.size() - 1;
    }
    std::vector<Pair> run;
    for (std::size_t next = last.empty() ? 0 : last.back() + 1; next != 0; next = before[next - 1])
      run.push_back(pairs[next - 1]);
    std::reverse(run.begin(), run.end());
    return run;
  }

  void replace(const Gap& gap) {
    for (std::size_t i = gap.old_begin; i < gap.old_end; ++i) put('-', old_[i]);
    for (std::size_t i = gap.new_begin; i < gap.new_end; ++i) put('+', new_[i]);
  }

  // The shortest difference, by Myers' greedy algorithm: for each number of changes the furthest
  // line of the old text that is reached on each diagonal (old line less new line).
  void compare(Gap gap) {
    put_common_head(gap);
    const auto old_size = static_cast<int>(gap.old_end - gap.old_begin);
    const auto new_size = static_cast<int>(gap.new_end - gap.new_begin);
    if (old_size == 0 || new_size == 0) return replace(gap);
    const int most = std::min(old_size + new_size, longest_difference);
    std::vector<std::vector<int>> steps;
    std::vector<int> furthest(2 * static_cast<std::size_t>(most) + 3, 0);
    const auto middle = static_cast<std::ptrdiff_t>(most) + 1;
    const auto at = [&](std::vector<int>& row, int diagonal) -> int& {
      return *(row.begin() + middle + diagonal);
    };
    for (int changes = 0; changes <= most; ++changes) {
      for (int diagonal = -changes; diagonal <= changes; diagonal += 2) {
        const bool down =
            diagonal == -changes ||
            (diagonal != changes && at(furthest, diagonal - 1) < at(furthest, diagonal + 1));
        int x = down ? at(furthest, diagonal + 1) : at(furthest, diagonal - 1) + 1;
        while (x < old_size && x - diagonal < new_size && same(gap, x, x - diagonal)) ++x;
        at(furthest, diagonal) = x;
        if (x >= old_size && x - diagonal >= new_size) return put_path(gap, steps, changes);
      }
      // Only the diagonals that were reached are needed to go back.
      const auto begin = furthest.begin() + (most + 1 - changes);
      steps.emplace_back(begin, begin + 2 * static_cast<std::ptrdiff_t>(changes) + 1);
    }
    replace(gap);
  }

  bool same(const Gap& gap, int x, int y) const {
    return old_[gap.old_begin + static_cast<std::size_t>(x)] ==
           new_[gap.new_begin + static_cast<std::size_t>(y)];
  }

  // Goes back from the ends of both texts. steps[n] has the diagonals -n to n after n changes.
  void put_path(const Gap& gap, const std::vector<std::vector<int>>& steps, int changes) {
    std::vector<DiffLine> path;
    auto x = static_cast<int>(gap.old_end - gap.old_begin);
    auto y = static_cast<int>(gap.new_end - gap.new_begin);
    const auto put_same = [&](int until) {
      for (; x > until; --x, --y)
        path.push_back({' ', old_[gap.old_begin + static_cast<std::size_t>(x) - 1]});
    };
    for (int left = changes; left > 0; --left) {
      const std::vector<int>& row = steps[static_cast<std::size_t>(left) - 1];
      const auto reached = [&](int diagonal) {
        return row[static_cast<std::size_t>(diagonal + left - 1)];
      };
      const int diagonal = x - y;
      const bool down =
          diagonal == -left || (diagonal != left && reached(diagonal - 1) < reached(diagonal + 1));
      const int from = down ? reached(diagonal + 1) : reached(diagonal - 1) + 1;
      put_same(from);
      if (down) {
        path.push_back({'+', new_[gap.new_begin + static_cast<std::size_t>(y) - 1]});
        --y;
      } else {
        path.push_back({'-', old_[gap.old_begin + static_cast<std::size_t>(x) - 1]});
        --x;
      }
    }
    put_same(0);
    std::reverse(path.begin(), path.end());
    // Of a changed block the old lines come first.
    for (auto begin = path.begin(); begin != path.end();) {
      const auto end =
          std::find_if(begin, path.end(), [](const auto& row) { return row.sign == ' '; });
      std::stable_partition(begin, end, [](const auto& row) { return row.sign == '-'; });
      begin = std::find_if(end, path.end(), [](const auto& row) { return row.sign != ' '; });
    }
    out_.insert(out_.end(), path.begin(), path.end());
  }

  Lines old_;
  Lines new_;
  std::vector<DiffLine> out_;
};

class HunkWriter {
 public:
  explicit HunkWriter(const std::vector<DiffLine>& lines) : lines_(lines) {}

  std::string run(std::string_view name) {
    std::string out;
    while ((at_ = next_change(at_)) != lines_.size()) {
      if (out.empty()) out = "--- " + std::string(name) + "\n+++ " + std::string(name) + "\n";
      write_hunk(out);
    }
    return out;
  }

 private:
  std::size_t next_change(std::size_t at) const {
    while (at < lines_.size() && lines_[at].sign == ' ') ++at;
    return at;
  }

  // Writes the hunk around the change at `at_` and goes behind it.
  void write_hunk(std::string& out) {
    std::size_t begin = at_;
    while (begin > 0 && at_ - begin < context && lines_[begin - 1].sign == ' ') --begin;
    std::size_t end = at_;
    for (std::size_t next = at_; next != lines_.size() && next - end <= 2 * context;) {
      end = next + 1;
      next = next_change(end);
    }
    end = std::min(end + context, lines_.size());
    count_until(begin);
    const std::size_t old_before = old_count_;
    const std::size_t new_before = new_count_;
    count_until(end);
    const auto range = [](std::size_t before, std::size_t count) {
      return std::to_string(before + (count == 0 ? 0 : 1)) + "," + std::to_string(count);
    };
    out += "@@ -" + range(old_before, old_count_ - old_before) + " +" +
           range(new_before, new_count_ - new_before) + " @@\n";
    for (std::size_t i = begin; i < end; ++i) {
      out += lines_[i].sign;
      out += lines_[i].line;
      if (lines_[i].line.ends_with('\n')) continue;
      out += lines_[i].line.ends_with('\r') ? "\n" : "\n\\ No newline at end of file\n";
    }
    at_ = end;
  }

  // Lines of each text before `end`.
  void count_until(std::size_t end) {
    for (; counted_ < end; ++counted_) {
      old_count_ += lines_[counted_].sign != '+' ? 1 : 0;
      new_count_ += lines_[counted_].sign != '-' ? 1 : 0;
    }
  }

  const std::vector<DiffLine>& lines_;
  std::size_t at_ = 0;
  std::size_t counted_ = 0;
  std::size_t old_count_ = 0;
  std::size_t new_count_ = 0;
};

}  // namespace

std::string unified_diff(std::string_view name, const std::vector<DiffLine>& lines) {
  return HunkWriter(lines).run(name);
}

std::vector<DiffLine> compare_lines(std::string_view before, std::string_view after) {
  return Comparison(before, after).run();
}

}  // namespace sup::compiler
