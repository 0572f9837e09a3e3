// The way of a child's output from pipe to log for a channel that the core must see: captured data
// is taken out, ANSI sequences are removed, the rest goes to the log; all of it, captured or not,
// is told as text for PROCESS_LOG events and the debug log.
//
// Reads cut the stream anywhere. Tokens, sequences and, in what is told as text, characters of more
// than one byte are put together again over chunks; what is incomplete waits for more output or for
// the end of the process, and is not lost then.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/core/ansi.h"
#include "runtime/core/capture.h"

namespace sup::core {

// Bytes at the end of `text` that begin a UTF-8 character and do not complete it.
std::size_t incomplete_character(std::string_view text);

// Joins chunks so that none ends within a character.
class CharacterJoiner {
 public:
  std::string feed(std::string_view chunk);
  std::string finish();

 private:
  // What is written down and read back; see archive.h.
  template <class Archive>
  friend void fields(Archive& archive, CharacterJoiner& joiner);

  std::string tail_;
};

struct ChannelSettings {
  std::int64_t capture_maxbytes = 0;  // 0: no capturing
  bool strip_ansi = false;
};

class ChannelSink {
 public:
  virtual ~ChannelSink() = default;
  virtual void append_log(std::string_view bytes) = 0;
  virtual void show(std::string_view text) = 0;  // events and debug log
  virtual void communicate(std::string data) = 0;
};

class OutputChannel {
 public:
  void feed(std::string_view chunk, const ChannelSettings& settings, ChannelSink& sink);

  // The process has ended. What was captured without an END goes to the log.
  void finish(const ChannelSettings& settings, ChannelSink& sink);

 private:
  // What is written down and read back; see archive.h.
  template <class Archive>
  friend void fields(Archive& archive, OutputChannel& channel);

  void take(const CapturePiece& piece, const ChannelSettings& settings, ChannelSink& sink);
  void take_data(CapturePiece::Kind kind, std::string_view bytes, const ChannelSettings& settings,
                 ChannelSink& sink);
  void show_rest(ChannelSink& sink);

  CaptureSplitter splitter_;
  CaptureBuffer captured_;
  AnsiStripper stripper_;
  CharacterJoiner joiner_;
  CapturePiece::Kind kind_ = CapturePiece::Kind::text;  // of what joiner_ holds
};

}  // namespace sup::core
