// Who of those that are connected gives way when there is no room for another. No socket is in
// here.
//
// Each connection is of a party: root and the daemon's own user at UNIX sockets, each other user
// there, each socket of TCP. Some places are kept for the first, as many again for all that come by
// UNIX sockets, and no other user has more than half of them. So a flood fills what is its own, and
// whoever floods TCP, or a UNIX socket as another user, never keeps root out.
//
// Within that, the party with the most connections gives way: of its own one that was never let in,
// of the source (an address of TCP) with the most of these and there the one that came first, then
// the one that was idle the longest, then half a request of somebody who was let in, at last an
// answer that its client does not take. One that is under way is never cut off for others.
//
// So streams, which end when their clients like, may only be some: of a party half of what it may
// have. Those that have a file open beside the connection (tails of logs) are an eighth of all
// places for a party, and a quarter for all but root and the daemon's user; whoever counts
// descriptors takes these from the places that there are.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <set>
#include <string>

namespace sup::http {

class Session;

struct Party {
  enum class Kind : std::uint8_t {
    owner,  // root or the daemon's user, at a UNIX socket
    user,   // another one there
    door    // a socket of TCP
  };

  Kind kind = Kind::owner;
  std::uint64_t number = 0;  // of the user or the socket

  auto operator<=>(const Party&) const = default;
};

// What a connection is doing; the first gives way first.
enum class Standing : std::uint8_t {
  stranger,  // nothing that it sent was let in yet, or it has had its last answer
  idle,
  partial,  // a request has come in part
  unread,   // its client does not take an answer that is there as fast as it is sent
  busy      // an answer is under way
};

struct Seat {
  Party party{};
  std::string source{};  // of a party of which many may be
  Standing standing = Standing::stranger;
  bool is_stream = false;
  bool has_file = false;
  Session* session = nullptr;
  std::list<Seat*>::iterator place{};
  std::uint64_t turn = 0;  // the larger, the later it took that place
};

class Seats {
 public:
  // Places that nobody but root and the daemon's user takes; as many again TCP leaves to UNIX
  // sockets.
  static std::size_t kept(std::size_t most);

  // Whether there is a place for one more of this party, of `most` in all.
  bool has_room(const Party& party, std::size_t most) const;

  // Who gives way to one of this party; null if nobody does, and the new one has to go.
  Seat* victim_for(const Party& party, std::size_t most) const;

  // Whether it may have an answer without an end, which `has_file` or not. It is one from then on.
  bool begins_stream(Seat& seat, bool has_file, std::size_t most);

  // That streams have open.
  std::size_t files() const { return files_; }

  void take(Seat& seat);
  void leave(Seat& seat);

  // What it does now. Also when that is the same: from now on it is the one that came last.
  void move(Seat& seat, Standing standing);

 private:
  static constexpr std::size_t standings = 5;

  // Of strangers: who of them goes first, is first here.
  struct Source {
    std::size_t count = 0;
    std::uint64_t oldest = 0;
    std::list<Seat*>* seats = nullptr;

    bool operator<(const Source& other) const {
      return count != other.count ? count > other.count : oldest < other.oldest;
    }
  };

  struct Row {
    std::map<std::string, std::list<Seat*>> strangers{};  // by their sources
    std::set<Source> sources{};
    // The others by what they do; the first row is empty.
    std::array<std::list<Seat*>, standings> seats{};
    std::size_t count = 0;
    std::size_t streams = 0;
    std::size_t files = 0;  // of these
  };

  static Seat* first_to_go(const Row& row);
  void put(Row& row, Seat& seat);
  static void take_out(Row& row, Seat& seat);
  static std::size_t most_of(Party::Kind kind, std::size_t most);

  std::size_t count_of(const Party& party) const;
  bool is_full_of(const Party& party, std::size_t most) const;

  std::map<Party, Row> rows_;
  std::uint64_t turns_ = 0;
  std::size_t all_ = 0;
  std::size_t files_ = 0;
  std::array<std::size_t, 3> by_kind_{};
};

}  // namespace sup::http
