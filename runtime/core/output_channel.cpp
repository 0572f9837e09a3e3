#include "runtime/core/output_channel.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace sup::core {

namespace {

// Bytes of a character that starts with this byte; 0 if none does.
std::size_t character_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte >= 0xc2 && byte <= 0xdf) return 2;
  if (byte >= 0xe0 && byte <= 0xef) return 3;
  if (byte >= 0xf0 && byte <= 0xf4) return 4;
  return 0;
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

}  // namespace

std::size_t incomplete_character(std::string_view text) {
  const std::size_t reach = std::min<std::size_t>(text.size(), 3);
  for (std::size_t length = 1; length <= reach; ++length) {
    const char c = text[text.size() - length];
    if (continues_character(c)) continue;
    return character_length(c) > length ? length : 0;
  }
  return 0;
}

std::string CharacterJoiner::feed(std::string_view chunk) {
  std::string text = std::exchange(tail_, {});
  text += chunk;
  const std::size_t held = incomplete_character(text);
  tail_ = text.substr(text.size() - held);
  text.resize(text.size() - held);
  return text;
}

std::string CharacterJoiner::finish() { return std::exchange(tail_, {}); }

void OutputChannel::feed(std::string_view chunk, const ChannelSettings& settings,
                         ChannelSink& sink) {
  if (settings.capture_maxbytes <= 0) {
    take_data(CapturePiece::Kind::text, chunk, settings, sink);
    return;
  }
  std::vector<CapturePiece> pieces;
  splitter_.feed(chunk, pieces);
  for (const CapturePiece& piece : pieces) take(piece, settings, sink);
}

void OutputChannel::finish(const ChannelSettings& settings, ChannelSink& sink) {
  std::vector<CapturePiece> pieces;
  splitter_.finish(pieces);
  for (const CapturePiece& piece : pieces) take(piece, settings, sink);
  const std::string escape(stripper_.finish());
  if (!escape.empty()) {
    sink.append_log(escape);
    sink.show(escape);
  }
  show_rest(sink);
  if (!captured_.empty()) sink.append_log(captured_.take());
}

void OutputChannel::take(const CapturePiece& piece, const ChannelSettings& settings,
                         ChannelSink& sink) {
  if (piece.kind == CapturePiece::Kind::complete) {
    show_rest(sink);
    sink.communicate(captured_.take());
    return;
  }
  take_data(piece.kind, piece.bytes, settings, sink);
}

void OutputChannel::take_data(CapturePiece::Kind kind, std::string_view bytes,
                              const ChannelSettings& settings, ChannelSink& sink) {
  if (kind != kind_) {
    show_rest(sink);
    kind_ = kind;
  }
  if (settings.strip_ansi) bytes = stripper_.feed(bytes);
  if (bytes.empty()) return;
  if (kind == CapturePiece::Kind::captured) {
    captured_.append(bytes, settings.capture_maxbytes);
  } else {
    sink.append_log(bytes);
  }
  const std::string text = joiner_.feed(bytes);
  if (!text.empty()) sink.show(text);
}

void OutputChannel::show_rest(ChannelSink& sink) {
  const std::string rest = joiner_.finish();
  if (!rest.empty()) sink.show(rest);
}

}  // namespace sup::core
