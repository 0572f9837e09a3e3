#include "runtime/rpc/well_formed.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace sup::rpc {

namespace {

using Problem = std::optional<std::string_view>;

constexpr bool is_blank(char sign) {
  return sign == ' ' || sign == '\t' || sign == '\r' || sign == '\n';
}

// What ends a name. A table, as each request is looked through.
constexpr std::array<bool, 256> ends_name = [] {
  std::array<bool, 256> table{};
  for (const char sign : std::string_view(" \t\r\n/>=<\"'&")) {
    table[static_cast<unsigned char>(sign)] = true;
  }
  return table;
}();

// Bytes that stand nowhere in XML, not even in a comment. Without a branch, so that many are looked
// at together.
bool has_control(std::string_view text) {
  unsigned char found = 0;
  for (const char sign : text) {
    const auto byte = static_cast<unsigned char>(sign);
    const auto is_low = static_cast<unsigned char>(byte < ' ');
    const auto is_allowed =
        static_cast<unsigned char>((byte == '\t') | (byte == '\n') | (byte == '\r'));
    found =
        static_cast<unsigned char>(found | (is_low & static_cast<unsigned char>(is_allowed ^ 1U)));
  }
  return found != 0;
}

bool has_forbidden(std::string_view text) {
  return has_control(text) || text.find("\xEF\xBF\xBE") != std::string_view::npos ||
         text.find("\xEF\xBF\xBF") != std::string_view::npos;
}

int digit_of(char sign, int base) {
  if (sign >= '0' && sign <= '9') return sign - '0';
  if (base == 16 && sign >= 'a' && sign <= 'f') return sign - 'a' + 10;
  if (base == 16 && sign >= 'A' && sign <= 'F') return sign - 'A' + 10;
  return -1;
}

// Behind the #: a character that may stand in XML.
bool is_character_number(std::string_view digits) {
  const int base = digits.starts_with('x') ? 16 : 10;
  if (base == 16) digits.remove_prefix(1);
  std::uint32_t number = 0;
  for (const char sign : digits) {
    const int digit = digit_of(sign, base);
    if (digit < 0) return false;
    number = number * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
    if (number > 0x10FFFF) return false;
  }
  const bool is_control = number < ' ' && number != '\t' && number != '\n' && number != '\r';
  const bool is_surrogate = number >= 0xD800 && number < 0xE000;
  return !digits.empty() && !is_control && !is_surrogate && number != 0xFFFE && number != 0xFFFF;
}

// Goes through a text once; each step takes what it has looked at.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (rest_.starts_with(mark)) rest_.remove_prefix(mark.size());
  }

  Problem run() {
    if (has_forbidden(rest_)) return "a control character";
    Problem problem;
    while (!rest_.empty() && !problem) {
      problem = rest_.front() == '<' ? markup() : text();
    }
    return problem;
  }

 private:
  // Until `end`, which is taken as well.
  bool take_until(std::string_view end, std::string_view& content) {
    const std::size_t place = rest_.find(end);
    if (place == std::string_view::npos) return false;
    content = rest_.substr(0, place);
    rest_.remove_prefix(place + end.size());
    return true;
  }

  bool take(std::string_view begin) {
    if (!rest_.starts_with(begin)) return false;
    rest_.remove_prefix(begin.size());
    return true;
  }

  bool take_blanks() {
    std::size_t count = 0;
    while (count < rest_.size() && is_blank(rest_[count])) {
      ++count;
    }
    rest_.remove_prefix(count);
    return count > 0;
  }

  // In a text or an attribute.
  static Problem references(std::string_view text) {
    constexpr std::size_t longest = 32;  // zeros may stand before the digits
    for (std::size_t at = text.find('&'); at != std::string_view::npos;
         at = text.find('&', at + 1)) {
      const std::string_view near = text.substr(at + 1, longest);
      const std::size_t end = near.find(';');
      if (end == std::string_view::npos) return "an & without an entity";
      const std::string_view name = near.substr(0, end);
      const bool is_known = name.starts_with('#') ? is_character_number(name.substr(1))
                                                  : name == "amp" || name == "lt" || name == "gt" ||
                                                        name == "quot" || name == "apos";
      if (!is_known) return "an unknown entity";
    }
    return {};
  }

  Problem text() {
    const std::string_view content = rest_.substr(0, rest_.find('<'));
    rest_.remove_prefix(content.size());
    if (depth_ == 0) {
      return std::ranges::all_of(content, is_blank) ? Problem() : "text outside of the root";
    }
    if (content.find("]]>") != std::string_view::npos) return "]]> in a text";
    return references(content);
  }

  Problem markup() {
    // Nearly all of it begins or ends an element.
    const char sign = rest_.size() > 1 ? rest_[1] : '\0';
    if (sign == '/') return end_of_element();
    if (sign == '!' || sign == '?') return declaration();
    rest_.remove_prefix(1);
    return element();
  }

  Problem end_of_element() {
    std::string_view content;
    if (depth_ == 0 || !take_until(">", content)) return "an end without a beginning";
    --depth_;
    return {};
  }

  Problem declaration() {
    std::string_view content;
    if (take("<!--")) {
      return !take_until("--", content) || !take(">") ? Problem("a comment without end")
                                                      : Problem();
    }
    if (take("<![CDATA[")) {
      return depth_ == 0 || !take_until("]]>", content) ? Problem("CDATA out of place") : Problem();
    }
    if (take("<!")) return "a document type";
    rest_.remove_prefix(2);
    return take_until("?>", content) ? Problem() : "an instruction without end";
  }

  std::string_view take_name() {
    std::size_t size = 0;
    while (size < rest_.size() && !ends_name[static_cast<unsigned char>(rest_[size])]) {
      ++size;
    }
    const std::string_view name = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return name;
  }

  Problem element() {
    if (depth_ == 0 && has_root_) return "a second root";
    has_root_ = true;
    if (take_name().empty()) return "an element without a name";
    std::vector<std::string_view> names;
    for (bool blank = take_blanks(); !take(">"); blank = take_blanks()) {
      if (take("/>")) return unique(std::move(names));
      const std::string_view name = take_name();
      if (name.empty() || !blank) return "an attribute without a name";
      names.push_back(name);
      constexpr std::size_t most = 1000;  // XML-RPC has none at all
      if (names.size() > most) return "too many attributes";
      if (const Problem problem = attribute_value()) return problem;
    }
    ++depth_;
    return unique(std::move(names));
  }

  Problem attribute_value() {
    take_blanks();
    if (!take("=")) return "an attribute without value";
    take_blanks();
    const std::string_view quote = rest_.substr(0, 1);
    std::string_view value;
    if ((quote != "\"" && quote != "'") || !take(quote) || !take_until(quote, value)) {
      return "an attribute without quotes";
    }
    if (value.find('<') != std::string_view::npos) return "a < in an attribute";
    return references(value);
  }

  static Problem unique(std::vector<std::string_view> names) {
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) == names.end() ? Problem() : "an attribute twice";
  }

  std::string_view rest_;
  std::size_t depth_ = 0;  // elements that are open
  bool has_root_ = false;
};

}  // namespace

std::optional<std::string_view> xml_problem(std::string_view text) { return Scanner(text).run(); }

}  // namespace sup::rpc
