#include "runtime/core/capture.h"

#include <algorithm>
#include <utility>

namespace sup::core {

namespace {

// Length of the longest proper prefix of `token` that `text` ends with.
std::size_t prefix_at_end(std::string_view text, std::string_view token) {
  std::size_t length = std::min(text.size(), token.size() - 1);
  while (length > 0 && !text.ends_with(token.substr(0, length))) --length;
  return length;
}

}  // namespace

void CaptureSplitter::feed(std::string_view chunk, std::vector<CapturePiece>& out) {
  std::string joined;
  if (!held_.empty()) {
    joined = std::exchange(held_, {});
    joined += chunk;
    chunk = joined;
  }
  while (true) {
    const std::string_view token = capturing_ ? end_token : begin_token;
    const auto kind = capturing_ ? CapturePiece::Kind::captured : CapturePiece::Kind::text;
    const std::size_t position = chunk.find(token);
    if (position == std::string_view::npos) {
      const std::size_t held = prefix_at_end(chunk, token);
      const std::string_view data = chunk.substr(0, chunk.size() - held);
      if (!data.empty()) out.push_back({kind, std::string(data)});
      held_ = chunk.substr(chunk.size() - held);
      return;
    }
    if (position > 0) out.push_back({kind, std::string(chunk.substr(0, position))});
    if (capturing_) out.push_back({CapturePiece::Kind::complete, {}});
    capturing_ = !capturing_;
    chunk.remove_prefix(position + token.size());
  }
}

void CaptureSplitter::finish(std::vector<CapturePiece>& out) {
  const auto kind = capturing_ ? CapturePiece::Kind::captured : CapturePiece::Kind::text;
  if (!held_.empty()) out.push_back({kind, std::exchange(held_, {})});
  capturing_ = false;
}

void CaptureBuffer::append(std::string_view bytes, std::int64_t maximum) {
  const std::size_t limit = maximum > 0 ? static_cast<std::size_t>(maximum) : 0;
  if (data_.size() + bytes.size() > limit) data_.erase(0, std::min(bytes.size(), data_.size()));
  data_ += bytes;
}

std::string CaptureBuffer::take() { return std::exchange(data_, {}); }

}  // namespace sup::core
