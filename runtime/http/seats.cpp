#include "runtime/http/seats.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace sup::http {

namespace {

using Kind = Party::Kind;

std::size_t index(Kind kind) { return static_cast<std::size_t>(kind); }

std::size_t index(Standing standing) { return static_cast<std::size_t>(standing); }

}  // namespace

Seat* Seats::first_to_go(const Row& row) {
  if (!row.sources.empty()) {
    return row.sources.begin()->seats->front();
  }
  for (std::size_t standing = 0; standing < index(Standing::busy); ++standing) {
    if (!row.seats.at(standing).empty()) {
      return row.seats.at(standing).front();
    }
  }
  return nullptr;
}

void Seats::put(Row& row, Seat& seat) {
  seat.turn = ++turns_;
  if (seat.standing != Standing::stranger) {
    auto& list = row.seats.at(index(seat.standing));
    seat.place = list.insert(list.end(), &seat);
    return;
  }
  std::list<Seat*>& list = row.strangers[seat.source];
  if (!list.empty()) {
    row.sources.erase({.count = list.size(), .oldest = list.front()->turn});
  }
  seat.place = list.insert(list.end(), &seat);
  row.sources.insert({.count = list.size(), .oldest = list.front()->turn, .seats = &list});
}

void Seats::take_out(Row& row, Seat& seat) {
  if (seat.standing != Standing::stranger) {
    row.seats.at(index(seat.standing)).erase(seat.place);
    return;
  }
  const auto found = row.strangers.find(seat.source);
  std::list<Seat*>& list = found->second;
  row.sources.erase({.count = list.size(), .oldest = list.front()->turn});
  list.erase(seat.place);
  if (list.empty()) {
    row.strangers.erase(found);
  } else {
    row.sources.insert({.count = list.size(), .oldest = list.front()->turn, .seats = &list});
  }
}

std::size_t Seats::kept(std::size_t most) {
  constexpr std::size_t share = 8;
  constexpr std::size_t least = 2;
  constexpr std::size_t enough = 64;
  return std::clamp(most / share, least, enough);
}

std::size_t Seats::count_of(const Party& party) const {
  const auto found = rows_.find(party);
  return found == rows_.end() ? 0 : found->second.count;
}

// What a party may have for itself; those of TCP together.
std::size_t Seats::most_of(Kind kind, std::size_t most) {
  switch (kind) {
    case Kind::owner: break;
    case Kind::user: return (most - kept(most)) / 2;
    case Kind::door: return most - 2 * kept(most);
  }
  return most;
}

// Whether it has all of that.
bool Seats::is_full_of(const Party& party, std::size_t most) const {
  return party.kind == Kind::user && count_of(party) >= most_of(party.kind, most);
}

bool Seats::begins_stream(Seat& seat, bool has_file, std::size_t most) {
  constexpr std::size_t share_of_streams = 2;
  constexpr std::size_t share_of_files = 8;
  constexpr std::size_t share_of_all_files = 4;
  Row& row = rows_.find(seat.party)->second;
  if (row.streams >= most_of(seat.party.kind, most) / share_of_streams) {
    return false;
  }
  if (has_file) {
    const auto owner = rows_.find({.kind = Kind::owner});
    const std::size_t of_owner = owner == rows_.end() ? 0 : owner->second.files;
    if (row.files >= std::max<std::size_t>(most / share_of_files, 1) ||
        (seat.party.kind != Kind::owner && files_ - of_owner >= most / share_of_all_files)) {
      return false;
    }
    ++row.files;
    ++files_;
  }
  ++row.streams;
  seat.is_stream = true;
  seat.has_file = has_file;
  return true;
}

bool Seats::has_room(const Party& party, std::size_t most) const {
  const std::size_t others = all_ - by_kind_.at(index(Kind::owner));
  const std::size_t doors = by_kind_.at(index(Kind::door));
  return all_ < most && (party.kind == Kind::owner || others < most - kept(most)) &&
         (party.kind != Kind::door || doors < most_of(Kind::door, most)) &&
         !is_full_of(party, most);
}

Seat* Seats::victim_for(const Party& party, std::size_t most) const {
  const std::size_t others = all_ - by_kind_.at(index(Kind::owner));
  const bool only_doors =
      party.kind == Kind::door && by_kind_.at(index(Kind::door)) >= most_of(Kind::door, most);
  const bool only_others = party.kind != Kind::owner && others >= most - kept(most);
  // What is kept for root does not count as its.
  const auto weight = [&](const Party& of, std::size_t count) {
    return of.kind != Kind::owner ? count : count - std::min(count, kept(most));
  };
  const std::size_t own = party.kind == Kind::owner ? 0 : weight(party, count_of(party));
  std::vector<std::pair<std::size_t, const Row*>> rows;
  for (const auto& [of, row] : rows_) {
    const bool may = (!only_doors || of.kind == Kind::door) &&
                     (!only_others || of.kind != Kind::owner) && !is_full_of(party, most);
    if (of != party && may && weight(of, row.count) > own) {
      rows.emplace_back(weight(of, row.count), &row);
    }
  }
  std::sort(rows.begin(), rows.end(), std::greater<>());
  if (const auto same = rows_.find(party); same != rows_.end()) {
    rows.emplace_back(0, &same->second);
  }
  for (const auto& [count, row] : rows) {
    if (Seat* seat = first_to_go(*row)) {
      return seat;
    }
  }
  return nullptr;
}

void Seats::take(Seat& seat) {
  Row& row = rows_[seat.party];
  put(row, seat);
  ++row.count;
  ++all_;
  ++by_kind_.at(index(seat.party.kind));
}

void Seats::leave(Seat& seat) {
  const auto row = rows_.find(seat.party);
  take_out(row->second, seat);
  --all_;
  --by_kind_.at(index(seat.party.kind));
  row->second.streams -= seat.is_stream ? 1 : 0;
  row->second.files -= seat.has_file ? 1 : 0;
  files_ -= seat.has_file ? 1 : 0;
  if (--row->second.count == 0) {
    rows_.erase(row);
  }
}

void Seats::move(Seat& seat, Standing standing) {
  Row& row = rows_.find(seat.party)->second;
  take_out(row, seat);
  seat.standing = standing;
  put(row, seat);
}

}  // namespace sup::http
