// What a connection has yet to send: text of its own, and behind it maybe an answer that other
// connections send, too, which is not copied.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sup::http {

class Unsent {
 public:
  bool empty() const { return own_.empty() && !shared_; }

  // What it takes of memory. What others send as well is a part of each.
  std::size_t room() const {
    const auto sharing = static_cast<std::size_t>(std::max(shared_.use_count() - 1, 1L));
    return own_.capacity() + shared().size() / sharing;
  }

  // The bytes that are left.
  std::size_t size() const { return own_.size() + shared().size() - sent_; }

  // To append to. A text that was shared becomes its own.
  std::string& text() {
    if (shared_) {
      const std::string_view rest = parts()[1];
      own_.erase(0, sent_);
      own_ += rest;
      sent_ = 0;
      shared_.reset();
    }
    return own_;
  }

  void append(std::shared_ptr<const std::string> answer) {
    text();
    shared_ = std::move(answer);
  }

  // What is left, in order.
  std::array<std::string_view, 2> parts() const {
    const std::size_t of_own = sent_ - sent_of_shared();
    return {std::string_view(own_).substr(of_own), shared().substr(sent_of_shared())};
  }

  // Nothing is left, and its memory is free again.
  void drop() {
    std::string().swap(own_);
    shared_.reset();
    sent_ = 0;
  }

  // So many of them are sent.
  void sent(std::size_t count) {
    sent_ += count;
    if (size() == 0) {
      own_.clear();
      shared_.reset();
      sent_ = 0;
    }
  }

  bool is_partly_sent() const { return sent_ > 0; }

 private:
  std::string_view shared() const { return shared_ ? std::string_view(*shared_) : ""; }

  std::size_t sent_of_shared() const { return sent_ > own_.size() ? sent_ - own_.size() : 0; }

  std::string own_;
  std::shared_ptr<const std::string> shared_;
  std::size_t sent_ = 0;  // of both
};

}  // namespace sup::http
