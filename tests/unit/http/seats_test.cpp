#include "runtime/http/seats.h"

#include <deque>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sup::http {
namespace {

constexpr Party root{.kind = Party::Kind::owner};
constexpr Party alice{.kind = Party::Kind::user, .number = 1000};
constexpr Party bob{.kind = Party::Kind::user, .number = 1001};
constexpr Party tcp{.kind = Party::Kind::door, .number = 1};
constexpr Party other_tcp{.kind = Party::Kind::door, .number = 2};
constexpr std::size_t most = 80;
constexpr std::size_t kept = 10;

// As a server does it.
class Hall {
 public:
  // The seat, or null if there was no place.
  Seat* come(const Party& party, Standing standing = Standing::stranger,
             const std::string& source = "") {
    if (!seats.has_room(party, most)) {
      Seat* victim = seats.victim_for(party, most);
      if (victim == nullptr) return nullptr;
      seats.leave(*victim);
      gone.push_back(victim);
    }
    Seat& seat = all.emplace_back(Seat{.party = party, .source = source});
    seats.take(seat);
    seats.move(seat, standing);
    return &seat;
  }

  int come(int count, const Party& party, Standing standing = Standing::stranger) {
    int came = 0;
    for (int i = 0; i < count; ++i) came += come(party, standing) != nullptr ? 1 : 0;
    return came;
  }

  Seats seats;
  std::deque<Seat> all;
  std::deque<Seat*> gone;
};

TEST(Seats, SomeAreKeptForRootAndForUnixSockets) {
  EXPECT_EQ(Seats::kept(most), kept);
  EXPECT_EQ(Seats::kept(16), 2U);
  EXPECT_EQ(Seats::kept(16384), 64U);
  Hall hall;
  // Answers that are under way are not cut off, and still they are not in the way.
  EXPECT_EQ(hall.come(1000, tcp, Standing::busy), 60);
  EXPECT_EQ(hall.come(1000, alice, Standing::busy), 10);
  EXPECT_EQ(hall.come(1000, root, Standing::busy), 10);
  EXPECT_TRUE(hall.gone.empty());
}

TEST(Seats, AnotherUserHasHalfOfThemAtMost) {
  Hall hall;
  EXPECT_EQ(hall.come(1000, alice, Standing::busy), 35);
  EXPECT_EQ(hall.come(1000, bob, Standing::busy), 35);
  EXPECT_EQ(hall.come(1, root), 1);
}

TEST(Seats, AFloodGivesWayToAll) {
  Hall hall;
  Seat* const first = hall.come(tcp);
  EXPECT_EQ(hall.come(1000, tcp), 1000);  // each pushes out the first of its own
  EXPECT_EQ(hall.gone.front(), first);
  const std::size_t before = hall.gone.size();
  EXPECT_EQ(hall.come(20, other_tcp), 20);
  EXPECT_EQ(hall.come(20, alice), 20);
  EXPECT_EQ(hall.come(20, root), 20);
  for (std::size_t i = before; i < hall.gone.size(); ++i) {
    EXPECT_EQ(hall.gone[i]->party, tcp);
  }
  EXPECT_GT(hall.gone.size(), before);
}

TEST(Seats, AFloodFromOneSourceGivesWayToOthersThere) {
  Hall hall;
  std::vector<Seat*> slow;
  for (int i = 0; i < 5; ++i) {
    slow.push_back(hall.come(tcp, Standing::stranger, "10.0.0." + std::to_string(i)));
  }
  slow.push_back(hall.come(tcp, Standing::stranger, "10.0.0.4"));
  for (int i = 0; i < 1000; ++i) hall.come(tcp, Standing::stranger, "192.0.2.1");
  EXPECT_EQ(hall.gone.size(), 1006U - 60U);
  for (const Seat* seat : hall.gone) EXPECT_EQ(seat->source, "192.0.2.1");
  // Nobody has more than others: the one that came first.
  Hall many;
  Seat* const first = many.come(tcp, Standing::stranger, "z");
  Seat* const second = many.come(tcp, Standing::stranger, "a");
  for (int i = 0; i < 60; ++i) many.come(tcp, Standing::stranger, std::to_string(i));
  ASSERT_EQ(many.gone.size(), 2U);
  EXPECT_EQ(many.gone[0], first);
  EXPECT_EQ(many.gone[1], second);
}

TEST(Seats, WhoWasLetInStaysLongest) {
  Hall hall;
  Seat* const partial = hall.come(tcp, Standing::partial);
  Seat* const idle = hall.come(tcp, Standing::idle);
  Seat* const later = hall.come(tcp, Standing::idle);
  Seat* const busy = hall.come(tcp, Standing::busy);
  hall.come(56, tcp, Standing::busy);
  EXPECT_FALSE(hall.seats.has_room(tcp, most));
  Seat* const half = hall.come(tcp);
  ASSERT_NE(half, nullptr);
  EXPECT_EQ(hall.gone.back(), idle);
  hall.seats.move(*later, Standing::idle);  // it had another answer
  hall.come(tcp, Standing::idle);
  EXPECT_EQ(hall.gone.back(), half);
  hall.come(tcp, Standing::busy);
  EXPECT_EQ(hall.gone.back(), later);
  hall.come(tcp, Standing::busy);
  hall.come(tcp, Standing::busy);
  EXPECT_EQ(hall.gone.back(), partial);
  EXPECT_EQ(hall.come(tcp), nullptr);
  hall.seats.move(*busy, Standing::unread);
  Seat* const last = hall.come(tcp, Standing::busy);
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(hall.gone.back(), busy);
  hall.seats.move(*last, Standing::idle);
  EXPECT_NE(hall.come(tcp), nullptr);
  EXPECT_EQ(hall.gone.back(), last);
}

TEST(Seats, StreamsLeaveRoomForOthers) {
  Hall hall;
  const auto streams = [&](int count, const Party& party, bool has_file) {
    int begun = 0;
    for (int i = 0; i < count; ++i) {
      Seat* const seat = hall.come(party);
      if (seat == nullptr) continue;
      begun += hall.seats.begins_stream(*seat, has_file, most) ? 1 : 0;
      hall.seats.move(*seat, seat->is_stream ? Standing::busy : Standing::idle);
    }
    return begun;
  };
  EXPECT_EQ(streams(100, tcp, true), 10);
  EXPECT_EQ(streams(10, other_tcp, true), 10);
  EXPECT_EQ(streams(5, alice, true), 0) << "all files but those of root";
  EXPECT_EQ(streams(5, root, true), 5);
  EXPECT_EQ(hall.seats.files(), 25U);
  EXPECT_EQ(streams(100, tcp, false), 20);
  EXPECT_EQ(streams(20, alice, false), 17);
  EXPECT_NE(hall.come(tcp), nullptr);
  EXPECT_NE(hall.come(bob), nullptr);
  EXPECT_NE(hall.come(root), nullptr);
  int ended = 0;
  for (Seat& seat : hall.all) {
    if (!seat.has_file || seat.party != tcp) continue;
    hall.seats.leave(seat);
    ++ended;
  }
  EXPECT_EQ(ended, 10);
  EXPECT_EQ(hall.seats.files(), 15U);
  EXPECT_EQ(streams(100, alice, true), 0) << "that it has streams enough";
  EXPECT_EQ(streams(100, tcp, true), 10);
}

TEST(Seats, RootAloneGivesWayLikeOthers) {
  Hall hall;
  Seat* const first = hall.come(root);
  EXPECT_EQ(hall.come(1000, root), 1000);
  EXPECT_EQ(hall.gone.front(), first);
  EXPECT_EQ(hall.come(5, tcp), 5);
  EXPECT_EQ(hall.gone.back()->party, root);
  Hall busy;
  EXPECT_EQ(busy.come(1000, root, Standing::busy), 80);
  EXPECT_EQ(busy.come(1, tcp), 0);
}

}  // namespace
}  // namespace sup::http
