#include "compiler/source.h"

#include <random>

#include <gtest/gtest.h>

namespace sup::compiler {
namespace {

// Where each line begins, found in the plainest way.
std::vector<std::uint32_t> line_starts(std::string_view text) {
  std::vector<std::uint32_t> starts{0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_alone = text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n');
    if (text[i] == '\n' || is_alone) starts.push_back(static_cast<std::uint32_t>(i + 1));
  }
  return starts;
}

void check_all(const std::string& text) {
  SourceMap sources;
  const SourceId id = sources.add({"/x.conf", text, std::nullopt});
  const auto starts = line_starts(text);
  for (std::uint32_t line = 1; line <= starts.size() + 2; ++line) {
    const std::size_t index = std::min<std::size_t>(line, starts.size()) - 1;
    ASSERT_EQ(sources.line_begin(id, line), starts[index]) << line;
    const std::size_t end = index + 1 < starts.size() ? starts[index + 1] : text.size();
    std::string_view whole = std::string_view(text).substr(starts[index], end - starts[index]);
    while (!whole.empty() && (whole.back() == '\n' || whole.back() == '\r')) whole.remove_suffix(1);
    ASSERT_EQ(sources.line(id, line), whole) << line;
  }
  std::uint32_t line = 0;
  for (std::uint32_t offset = 0; offset <= text.size(); ++offset) {
    while (line < starts.size() && starts[line] <= offset) ++line;
    const Position position = sources.position(id, offset);
    ASSERT_EQ(position.line, line) << offset;
    ASSERT_EQ(position.column, offset - starts[line - 1] + 1) << offset;
  }
}

TEST(SourceMap, CountsLinesOfAnyLengthAndEnding) {
  check_all("");
  check_all("\n");
  check_all("a");
  check_all("a\r\nb\rc\n");
  check_all(std::string(5000, 'x'));
  check_all(std::string(1023, 'x') + "\r\n" + std::string(1024, '\n') + std::string(3000, '\r'));
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < 20; ++round) {
    std::string text;
    while (text.size() < 4000) {
      text.append(random() % 200, 'x');
      text += random() % 3 == 0 ? "\r\n" : random() % 5 == 0 ? "\r" : "\n";
    }
    check_all(text);
  }
}

}  // namespace
}  // namespace sup::compiler
