#include "lint/shell_script.h"

#include <algorithm>
#include <array>

namespace sup::lint {

namespace {

// More than anybody writes into a configuration; the rest of such a script is not looked at.
constexpr std::size_t maximum_steps = 1000;

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_name(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

class ScriptReader {
 public:
  ScriptReader(std::string_view text, std::size_t begin, std::size_t end, bool is_exact)
      : text_(text), begin_(begin), end_(end), is_exact_(is_exact) {}

  Script read() {
    while (at_ < text_.size() && script_.steps.size() < maximum_steps) {
      if (!read_operator()) read_word();
    }
    end_step(Joint::end);
    return std::move(script_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void end_step(Joint joint) {
    if (!step_.words.empty()) {
      note_word();
      step_.next = joint;
      script_.steps.push_back(std::move(step_));
    }
    step_ = {};
  }

  // What the first word of a step says about the script.
  void note_word() {
    constexpr std::array<std::string_view, 15> keywords = {
        "if", "then", "else", "elif", "fi",     "for", "while",   "until",
        "do", "done", "case", "esac", "select", "[[",  "function"};
    const Word& first = step_.words.front();
    if (first.is_quoted) return;
    if (first.text == "{" || first.text == "}" || first.text == "!" ||
        std::find(keywords.begin(), keywords.end(), first.text) != keywords.end())
      script_.is_compound = true;
    if (first.text == "trap" || first.text == "wait") script_.has_trap = true;
  }

  // Blanks, comments and operators; false at a word.
  bool read_operator() {
    const char c = peek();
    if (c == ' ' || c == '\t' || c == '\r') {
      ++at_;
    } else if (c == '#') {
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    } else if (c == ';' || c == '\n') {
      if (peek(1) == ';') script_.is_compound = true;
      ++at_;
      end_step(Joint::sequence);
    } else if (c == '&' && peek(1) != '>') {
      at_ += peek(1) == '&' ? 2 : 1;
      end_step(text_[at_ - 1] == '&' && at_ >= 2 && text_[at_ - 2] == '&' ? Joint::both
                                                                          : Joint::background);
    } else if (c == '|') {
      const char next = peek(1);
      at_ += next == '|' || next == '&' ? 2 : 1;
      end_step(next == '|' ? Joint::either : Joint::pipe);
    } else if (c == '(' || c == ')') {
      script_.is_compound = true;
      ++at_;
      end_step(Joint::sequence);
    } else {
      return read_redirection();
    }
    return true;
  }

  // "2>&1", "> file", "&>file", "<<< text": left out with its word.
  bool read_redirection() {
    std::size_t sign = at_;
    while (sign < text_.size() && text_[sign] >= '0' && text_[sign] <= '9') ++sign;
    if (sign < text_.size() && text_[sign] == '&') ++sign;
    if (sign >= text_.size() || (text_[sign] != '<' && text_[sign] != '>')) return false;
    if (text_.substr(sign, 2) == "<<" && text_.substr(sign, 3) != "<<<") {
      script_.is_compound = true;  // what follows is not all commands
    }
    while (sign < text_.size() &&
           (text_[sign] == '<' || text_[sign] == '>' || text_[sign] == '&' || text_[sign] == '|'))
      ++sign;
    at_ = sign;
    step_.has_redirection = true;
    while (peek() == ' ' || peek() == '\t') ++at_;
    if (at_ < text_.size() && !is_end(peek())) take_word();
    return true;
  }

  static bool is_end(char c) {
    return c == '\0' || c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';' || c == '&' ||
           c == '|' || c == '<' || c == '>' || c == '(' || c == ')';
  }

  // Up to the `close` that belongs to the opening sign at the place.
  void take_nested(Word& word, char open, char close) {
    int depth = 0;
    do {
      const char c = text_[at_];
      if (c == open)
        ++depth;
      else if (c == close)
        --depth;
      word.text += c;
      ++at_;
    } while (depth > 0 && at_ < text_.size());
  }

  void take_quoted(Word& word) {
    const char quote = text_[at_++];
    word.is_quoted = true;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (quote != '\'' && text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      word.text += text_[at_++];
    }
    if (at_ < text_.size()) ++at_;
  }

  Word take_word() {
    Word word;
    const std::size_t first = at_;
    while (at_ < text_.size()) {
      const char c = peek();
      if ((c == '%' || c == '$') && peek(1) == '(') {
        word.is_open = true;
        word.text += c;
        ++at_;
        take_nested(word, '(', ')');
      } else if (c == '$' && peek(1) == '{') {
        word.is_open = true;
        word.text += c;
        ++at_;
        take_nested(word, '{', '}');
      } else if (is_end(c)) {
        break;
      } else if (c == '\'' || c == '"' || c == '`') {
        if (c == '`') word.is_open = true;
        take_quoted(word);
      } else if (c == '\\' && at_ + 1 < text_.size()) {
        word.is_quoted = true;
        word.text += text_[at_ + 1];
        at_ += 2;
      } else {
        if (c == '$') word.is_open = true;
        word.text += c;
        ++at_;
      }
    }
    word.begin = is_exact_ ? begin_ + first : begin_;
    word.end = is_exact_ ? begin_ + at_ : end_;
    return word;
  }

  void read_word() {
    const std::size_t before = at_;
    Word word = take_word();
    if (at_ == before) ++at_;  // a NUL
    if (step_.words.empty() && !word.is_quoted && is_assignment(word.text)) {
      step_.has_assignment = true;
      return;
    }
    step_.words.push_back(std::move(word));
  }

  std::string_view text_;
  std::size_t begin_;
  std::size_t end_;
  bool is_exact_;
  std::size_t at_ = 0;
  ScriptStep step_;
  Script script_;
};

}  // namespace

bool is_assignment(std::string_view word) {
  std::size_t end = 0;
  while (end < word.size() && (end == 0 ? is_name_start(word[end]) : is_name(word[end]))) ++end;
  return end > 0 && end < word.size() && word[end] == '=';
}

const ScriptStep* Script::last() const {
  if (is_compound || steps.empty()) return nullptr;
  std::size_t last = steps.size() - 1;
  while (last > 0 && (steps[last - 1].next == Joint::pipe || steps[last - 1].next == Joint::either))
    --last;
  return &steps[last];
}

Script parse_script(std::string_view script, std::size_t begin, std::size_t end, bool is_exact) {
  return ScriptReader(script, begin, end, is_exact).read();
}

}  // namespace sup::lint
