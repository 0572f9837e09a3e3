// Writes the machines of the core down and reads them back. Each names its fields once, in a
// function `fields(archive, machine)`, and both directions go through it:
//
//   template <class Archive> void fields(Archive& archive, EventPool& pool) {
//     archive(pool.buffer_size_, pool.events_);
//   }
//
// The bytes are CBOR. Reading trusts nothing but refuses with CborError: an enumeration says by
// is_known() which values it has, and ids are looked at by who has the tables.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "runtime/core/rare.h"
#include "runtime/core/types.h"
#include "schema/cbor.h"
#include "schema/events.h"
#include "schema/states.h"

namespace sup::core {

constexpr bool is_known(schema::ProcessState state) {
  using enum schema::ProcessState;
  return state == STOPPED || state == STARTING || state == RUNNING || state == BACKOFF ||
         state == STOPPING || state == EXITED || state == FATAL || state == UNKNOWN;
}

constexpr bool is_known(schema::SupervisorState state) {
  using enum schema::SupervisorState;
  return state == RUNNING || state == RESTARTING || state == SHUTDOWN;
}

inline bool is_known(schema::EventType type) {
  return static_cast<std::size_t>(type) < schema::event_rows().size();
}

template <class T>
concept Sequence = requires(T& list) {
  list.clear();
  list.emplace_back();
  list.size();
}

&&!std::same_as<T, std::string>;

class Saver {
 public:
  static constexpr bool is_reading = false;

  template <class... Values>
  void operator()(Values&... values) {
    (value(values), ...);
  }

  schema::CborWriter& cbor() { return out_; }

  std::string take() { return out_.take(); }

 private:
  template <class T>
  void value(T& it) {
    if constexpr (std::same_as<T, bool>) {
      out_.boolean(it);
    } else if constexpr (std::is_enum_v<T> || std::integral<T>) {
      out_.integer(static_cast<std::int64_t>(it));
    } else if constexpr (std::same_as<T, Instant>) {
      out_.integer(it.count());
    } else if constexpr (std::same_as<T, std::string>) {
      out_.text(it);
    } else if constexpr (Sequence<T>) {
      out_.array(it.size());
      for (auto& each : it) value(each);
    } else {
      compound(it);
    }
  }

  template <class T>
  void compound(Rare<T>& it) {
    out_.boolean(it.has_value());
    if (it) value(*it);
  }

  template <class T>
  void compound(std::optional<T>& it) {
    out_.boolean(it.has_value());
    if (it) value(*it);
  }

  template <class T>
  void compound(std::set<T>& it) {
    out_.array(it.size());
    for (T each : it) value(each);
  }

  template <class T, std::size_t count>
  void compound(std::array<T, count>& it) {
    for (T& each : it) value(each);
  }

  template <class T>
  void compound(T& it) {
    fields(*this, it);
  }

  schema::CborWriter out_;
};

class Loader {
 public:
  static constexpr bool is_reading = true;

  explicit Loader(std::string_view bytes) : in_(bytes) {}

  template <class... Values>
  void operator()(Values&... values) {
    (value(values), ...);
  }

  schema::CborReader& cbor() { return in_; }

 private:
  static constexpr const char* what = "a saved value";

  template <class T>
  void value(T& it) {
    if constexpr (std::same_as<T, bool>) {
      it = in_.boolean(what);
    } else if constexpr (std::is_enum_v<T>) {
      const std::int64_t number = in_.integer(what);
      it = static_cast<T>(number);
      if (static_cast<std::int64_t>(it) != number || !is_known(it)) {
        throw schema::CborError{"a saved value is unknown"};
      }
    } else if constexpr (std::same_as<T, std::uint64_t> || std::same_as<T, std::int64_t>) {
      it = static_cast<T>(in_.integer(what));
    } else if constexpr (std::integral<T>) {
      const std::int64_t number = in_.integer(what);
      it = static_cast<T>(number);
      if (static_cast<std::int64_t>(it) != number) {
        throw schema::CborError{"a saved number is too large"};
      }
    } else if constexpr (std::same_as<T, Instant>) {
      it = Instant(in_.integer(what));
    } else if constexpr (std::same_as<T, std::string>) {
      it = in_.text(what);
    } else if constexpr (Sequence<T>) {
      it.clear();
      for (std::size_t left = in_.array(what); left > 0; --left) value(it.emplace_back());
    } else {
      compound(it);
    }
  }

  template <class T>
  void compound(Rare<T>& it) {
    it.reset();
    if (in_.boolean(what)) value(it.emplace());
  }

  template <class T>
  void compound(std::optional<T>& it) {
    it.reset();
    if (in_.boolean(what)) value(it.emplace());
  }

  template <class T>
  void compound(std::set<T>& it) {
    it.clear();
    for (std::size_t left = in_.array(what); left > 0; --left) {
      T each{};
      value(each);
      it.insert(each);
    }
  }

  template <class T, std::size_t count>
  void compound(std::array<T, count>& it) {
    for (T& each : it) value(each);
  }

  template <class T>
  void compound(T& it) {
    fields(*this, it);
  }

  schema::CborReader in_;
};

}  // namespace sup::core
