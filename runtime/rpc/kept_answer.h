// The last answer to a question that many ask again and again, getAllProcessInfo: as long as
// nothing changed that it tells of, it is the same, and is sent again as it is. So what a thousand
// processes are asked by many dashboards at a time is written once, and stands in memory once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace sup::rpc {

// All that an answer depends on, so that two of the same state are equal byte for byte.
struct AnswerState {
  std::uint64_t revision = 0;    // of the supervisor
  std::uint64_t generation = 0;  // of the machine's tables
  std::int64_t second = 0;       // of the wall clock

  bool operator==(const AnswerState&) const = default;
};

class KeptAnswer {
 public:
  // Whether it is there; else it is about to be said.
  bool is_of(const AnswerState& state) const { return text_ && state_ == state; }

  // An empty text with room for the next answer: that of the last one, unless that is being sent.
  std::string take_room();

  // Takes over what was said.
  void keep(const AnswerState& state, std::string text);

  // Null, if there is none. It does not change as long as somebody has it.
  std::shared_ptr<const std::string> text() const { return text_; }

 private:
  AnswerState state_;
  std::shared_ptr<std::string> text_;
};

}  // namespace sup::rpc
