#include "runtime/rpc/kept_answer.h"

#include <utility>

namespace sup::rpc {

namespace {

// The next answer is about as long: uptimes grow, programs come.
std::size_t with_spare(std::size_t length) { return length + length / 8; }

}  // namespace

std::string KeptAnswer::take_room() {
  std::string room;
  if (text_ && text_.use_count() == 1) {
    room = std::move(*text_);
    room.clear();
  } else if (text_) {
    room.reserve(with_spare(text_->size()));
  }
  text_.reset();
  return room;
}

void KeptAnswer::keep(const AnswerState& state, std::string text) {
  // The first one grew by doubling.
  if (text.capacity() > with_spare(with_spare(text.size()))) {
    std::string fitting;
    fitting.reserve(with_spare(text.size()));
    fitting = text;
    text.swap(fitting);
  }
  state_ = state;
  text_ = std::make_shared<std::string>(std::move(text));
}

}  // namespace sup::rpc
