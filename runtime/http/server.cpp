#include "runtime/http/server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <iostream>
#include <limits>
#include <list>
#include <optional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include "runtime/core/concat.h"
#include "runtime/http/gate.h"
#include "runtime/http/seats.h"
#include "runtime/http/server_session.h"
#include "runtime/http/stream_rounds.h"
#include "schema/process_diff.h"
#include "schema/text.h"

namespace sup::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// Deadlines of connections are looked at no more often than this.
constexpr core::Instant deadline_distance = std::chrono::seconds(1);
// When a socket that no connection could be taken of is looked at again.
constexpr core::Instant pause_of_door = std::chrono::seconds(1);
// What all bodies may take together that are not whole yet.
constexpr std::size_t most_bodies_room = std::size_t{64} << 20;
// And all answers that are not taken yet, but for those of root and the daemon's user.
constexpr std::size_t most_answers_room = std::size_t{64} << 20;
// Connections that are taken at one go.
constexpr int most_accepted = 64;

// Half of the descriptors that we may open, for connections and the files of their streams; the
// others are for children and their logs.
std::size_t connections_allowed() {
  constexpr std::size_t most = 16384;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return most;
  }
  return std::clamp<std::size_t>(limit.rlim_cur / 2, 16, most);
}

Party party_of(const Peer* peer) {
  if (peer != nullptr && peer->is_owner) {
    return {.kind = Party::Kind::owner};
  }
  // One that the kernel does not name is nobody in particular.
  return {.kind = Party::Kind::user,
          .number = peer != nullptr ? peer->user : std::numeric_limits<std::uint64_t>::max()};
}

struct Door {
  schema::HttpServer server;  // what it was made of
  Listening socket;
  std::shared_ptr<const Gate> gate;
  std::optional<asio::posix::stream_descriptor> waiter;
  std::uint64_t number = 0;
  bool is_paused = false;   // no connection could be taken
  bool is_failing = false;  // and that was told
};

}  // namespace

class Server::Implementation final : public SessionOwner,
                                     public std::enable_shared_from_this<Implementation> {
 public:
  Implementation(Site site, ServerOptions options, std::function<void()> settle)
      : site_(std::move(site)), options_(options), settle_(std::move(settle)) {}

  void inherit(std::vector<Listening> sockets) { inherited_ = std::move(sockets); }

  schema::Status open(const schema::Resolved& resolved);
  schema::Status serve(asio::io_context& context);
  schema::Status change(const schema::Resolved& resolved);
  core::Instant settled(core::Now now);
  void set_finishing(bool finishing);
  void close(bool keep_files);

  Site& site() override { return site_; }

  FailureDelay& failure_delay() override { return failures_; }

  FailedLogins& failed_logins() override { return failed_logins_; }

  std::string& scratch() override { return scratch_; }

  void worked(Session& session) override;
  void watch(Session& session) override;
  void moved(Session& session) override;
  void hold(Session& session, std::size_t bytes) override;
  void owe(Session& session, std::size_t bytes) override;
  void gone(Session& session) override;
  bool begins_stream(Session& session, bool has_file) override;

  std::list<Door> doors;
  Sessions sessions;

 private:
  schema::Status open_door(const schema::Resolved& resolved, const schema::HttpServer& server);
  schema::Result<Listening> listen(const schema::HttpServer& server);
  std::optional<Listening> take_inherited(const std::string& address);
  schema::Status serve_door(Door& door);
  void leave_door(Door& door);
  void wait_at(Door& door);
  void accept(Door& door);
  void not_accepted(Door& door, int error_number);
  bool make_room(const Party& party, std::size_t most);
  std::size_t most_places() const;
  std::size_t most_connections() const;
  void settle();
  void settle_later();
  static void put(Session& session, Sessions& list, std::optional<Sessions::iterator>& place);
  static void take(Sessions& list, std::optional<Sessions::iterator>& place);
  std::uint64_t news() const;
  core::Instant look_at_waiting(core::Now now);
  core::Instant look_at_deadlines(core::Now now);
  core::Instant look_at_doors(core::Now now);

  Site site_;
  ServerOptions options_;
  std::function<void()> settle_;
  std::vector<Listening> inherited_;
  asio::io_context* context_ = nullptr;
  FailureDelay failures_;
  FailedLogins failed_logins_;
  std::string scratch_;
  Sessions waiting_;                           // for an answer that takes its time, streams apart
  Sessions timed_;                             // those with a deadline
  core::Instant next_deadline_ = core::never;  // none of these is earlier
  Sessions bodied_;                            // those with a part of a body, the oldest first
  std::size_t bodies_room_ = 0;
  Sessions owing_;  // those with an answer that is not taken yet, the oldest first
  std::size_t answers_room_ = 0;
  Seats seats_;
  StreamRounds streams_;
  bool settling_ = false;
  bool finishing_ = false;
  core::Instant next_door_look_{};
  std::uint64_t next_door_ = 0;  // a number that no door has had
};

// ------------------------------------------------------------------------------------- sockets

std::optional<Listening> Server::Implementation::take_inherited(const std::string& address) {
  for (Listening& each : inherited_) {
    if (each.descriptor() >= 0 && each.address() == address) {
      return std::move(each);
    }
  }
  return std::nullopt;
}

schema::Result<Listening> Server::Implementation::listen(const schema::HttpServer& server) {
  if (std::optional<Listening> had = take_inherited(server_address(server))) {
    return std::move(*had);
  }
  if (!server.is_unix) {
    return listen_inet(server.inet_options.port.value_or(schema::InetAddressValue{}));
  }
  Owner owner;
  if (server.unix_options.chown) {
    const schema::Result<core::Machine::Owner> found =
        site_.machine.find_owner(*server.unix_options.chown);
    if (!found) {
      return found.error();
    }
    owner = {.user = found->user, .group = found->group};
  }
  schema::Result<Opened> opened = listen_unix(server.unix_options, owner);
  if (!opened) {
    if (opened.error().error_number == EPERM && server.unix_options.chown) {
      return schema::Error{
          .message = core::concat(
              "Not permitted to chown ", *server.unix_options.file, " to uid/gid (", owner.user,
              ", ", owner.group,
              "); adjust \"sockchown\" value in config file or on command line to values that the "
              "current user can successfully chown")};
    }
    return opened.error();
  }
  if (opened->removed_stale) {
    std::cerr << "Unlinking stale socket " << *server.unix_options.file << std::endl;
  }
  return std::move(opened->socket);
}

schema::Status Server::Implementation::open_door(const schema::Resolved& resolved,
                                                 const schema::HttpServer& server) {
  const std::optional<std::string>& user =
      server.is_unix ? server.unix_options.username : server.inet_options.username;
  const std::optional<std::string>& password =
      server.is_unix ? server.unix_options.password : server.inet_options.password;
  const schema::InetAddressValue address =
      server.inet_options.port.value_or(schema::InetAddressValue{});
  const std::optional<schema::RoleValue>& role =
      server.is_unix ? server.unix_options.role : server.inet_options.role;
  GateSettings gate{.is_local = server.is_unix,
                    .host = address.host,
                    .is_loopback = !server.is_unix && is_loopback(address)};
  if (role) {
    gate.role = rpc::role_of(*role);
  }
  if (user && !user->empty()) {
    gate.users.push_back({*user, password.value_or(""), gate.role.value_or(rpc::Role::admin)});
  }
  for (const schema::HttpUserValue& each :
       server.is_unix ? server.unix_options.users : server.inet_options.users) {
    gate.users.push_back({each.name, each.password, rpc::role_of(each.role)});
  }
  const bool has_empty_password =
      std::ranges::any_of(gate.users, [](const GateUser& each) { return each.password.empty(); });
  if (!server.is_unix && (gate.users.empty() || has_empty_password) && !is_loopback(address) &&
      !options_.insecure_http) {
    return schema::Error{
        .message = core::concat("[", server.section, "] port=", schema::InetAddress::print(address),
                                " lets everybody who reaches this machine control it: ",
                                has_empty_password ? "the password is empty; set one"
                                                   : "no username and password are set; set both",
                                ", or listen on 127.0.0.1, or give --insecure-http to have it so")};
  }
  schema::Result<Listening> made = listen(server);
  if (!made) {
    return made.error();
  }
  for (const schema::RpcInterface& interface : resolved.rpcinterfaces) {
    if (rpc::is_stock(interface)) {
      site_.machine.log(core::Level::info,
                        "RPC interface " + schema::python_repr(interface.name) + " initialized");
    }
  }
  if (gate.users.empty()) {
    site_.machine.log(core::Level::critical,
                      "Server " + schema::python_repr(server.section) +
                          " running without any HTTP authentication checking");
  }
  doors.push_back({.server = server,
                   .socket = std::move(*made),
                   .gate = std::make_shared<const Gate>(std::move(gate)),
                   .waiter = std::nullopt,
                   .number = next_door_++});
  return schema::Nothing{};
}

schema::Status Server::Implementation::open(const schema::Resolved& resolved) {
  for (const schema::HttpServer& server : resolved.http_servers) {
    const schema::Status opened = open_door(resolved, server);
    if (!opened) {
      close(false);
      return opened.error();
    }
  }
  inherited_.clear();
  return schema::Nothing{};
}

void Server::Implementation::close(bool keep_files) {
  for (Door& door : doors) {
    if (!keep_files && !door.socket.remove_file()) {
      site_.machine.log(core::Level::error, core::concat("cannot remove ", door.socket.address(),
                                                         ": ", std::strerror(errno)));
    }
  }
  doors.clear();
  while (!sessions.empty()) {
    sessions.front()->close();
  }
  streams_.clear();
  finishing_ = false;  // it may be opened again
}

// ----------------------------------------------------------------------------------- connections

schema::Status Server::Implementation::serve(asio::io_context& context) {
  context_ = &context;
  for (Door& door : doors) {
    const schema::Status served = serve_door(door);
    if (!served) {
      return served.error();
    }
  }
  return schema::Nothing{};
}

schema::Status Server::Implementation::serve_door(Door& door) {
  // A duplicate, so that the socket itself can be given away.
  const int duplicate = ::fcntl(door.socket.descriptor(), F_DUPFD_CLOEXEC, 3);
  error_code error(errno, boost::system::system_category());
  door.waiter.emplace(*context_);
  if (duplicate >= 0) {
    door.waiter->assign(duplicate, error);
  }
  if (error) {
    if (duplicate >= 0) {
      ::close(duplicate);
    }
    door.waiter.reset();
    return schema::Error{.message = core::concat("cannot wait for connections at ",
                                                 door.socket.address(), ": ", error.message()),
                         .error_number = error.value()};
  }
  wait_at(door);
  return schema::Nothing{};
}

// A port is kept for a server that listens there with other settings. A child that was made a
// moment ago has the socket, too, until it has executed its program, and a port that is closed and
// opened anew meanwhile is taken.
void Server::Implementation::leave_door(Door& door) {
  door.waiter.reset();
  if (!door.server.is_unix) {
    inherited_.push_back(std::move(door.socket));
  } else if (!door.socket.remove_file()) {
    site_.machine.log(core::Level::error, core::concat("cannot remove ", door.socket.address(),
                                                       ": ", std::strerror(errno)));
  }
  // One that ends leaves the list.
  const std::vector<std::shared_ptr<Session>> all(sessions.begin(), sessions.end());
  for (const std::shared_ptr<Session>& session : all) {
    if (session->gate() == door.gate.get()) {
      session->finish();
    }
  }
}

schema::Status Server::Implementation::change(const schema::Resolved& resolved) {
  const auto is_wanted = [&](const Door& door) {
    return door.waiter && std::ranges::any_of(resolved.http_servers, [&](const auto& server) {
             return schema::same_server(door.server, server);
           });
  };
  for (auto door = doors.begin(); door != doors.end();) {
    if (is_wanted(*door)) {
      ++door;
      continue;
    }
    leave_door(*door);
    door = doors.erase(door);
  }
  schema::Status changed = schema::Nothing{};
  for (const schema::HttpServer& server : resolved.http_servers) {
    const bool is_there = std::ranges::any_of(
        doors, [&](const Door& door) { return schema::same_server(door.server, server); });
    if (is_there) {
      continue;
    }
    changed = open_door(resolved, server);
    if (changed) {
      changed = serve_door(doors.back());
    }
    if (!changed) {
      break;
    }
  }
  inherited_.clear();
  return changed;
}

void Server::Implementation::wait_at(Door& door) {
  door.waiter->async_wait(
      asio::posix::stream_descriptor::wait_read,
      [this, self = weak_from_this(), &door](const error_code& error) {
        if (error || self.expired()) {
          return;  // the door is gone
        }
        try {
          accept(door);
        } catch (const std::exception& failure) {
          site_.machine.log(core::Level::critical,
                            std::string("internal error at a control socket: ") + failure.what());
        }
        if (!door.is_paused) {
          wait_at(door);
        }
      });
}

std::size_t Server::Implementation::most_places() const {
  return options_.most_connections != 0 ? options_.most_connections : connections_allowed();
}

// Those that are left by files, which are never more than three eighths (seats.h).
std::size_t Server::Implementation::most_connections() const {
  const std::size_t places = most_places();
  return places - std::min(seats_.files(), places / 2);
}

bool Server::Implementation::begins_stream(Session& session, bool has_file) {
  return seats_.begins_stream(session.seat, has_file, most_places());
}

// Closes a connection for one of this party. False if nobody gives way.
bool Server::Implementation::make_room(const Party& party, std::size_t most) {
  const Seat* victim = seats_.victim_for(party, most);
  if (victim == nullptr) {
    return false;
  }
  const std::shared_ptr<Session> session = victim->session->shared_from_this();
  session->close();
  return true;
}

void Server::Implementation::moved(Session& session) {
  if (session.is_closed()) {
    return;
  }
  if (const Standing now = session.standing(); now != session.seat.standing) {
    seats_.move(session.seat, now);
  }
}

void Server::Implementation::set_finishing(bool finishing) {
  if (std::exchange(finishing_, finishing) == finishing) {
    return;
  }
  if (!finishing) {
    for (Door& door : doors) {
      if (std::exchange(door.is_paused, false)) {
        wait_at(door);
      }
    }
    return;
  }
  // One that ends leaves the list.
  const std::vector<std::shared_ptr<Session>> all(sessions.begin(), sessions.end());
  for (const std::shared_ptr<Session>& session : all) {
    session->finish();
  }
}

void Server::Implementation::accept(Door& door) {
  if (finishing_) {
    door.is_paused = true;
    return;
  }
  const std::size_t most = most_connections();
  for (int i = 0; i < most_accepted; ++i) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    void* untyped = &address;
    const int accepted = ::accept4(door.socket.descriptor(), static_cast<sockaddr*>(untyped),
                                   &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    const int error_number = errno;
    if (accepted < 0 && error_number == EAGAIN) {
      return;  // that were all
    }
    if (accepted < 0 && (error_number == ECONNABORTED || error_number == EINTR)) {
      continue;  // somebody went away before we came
    }
    if (accepted < 0) {
      not_accepted(door, error_number);
      return;
    }
    const bool is_unix = address.ss_family == AF_UNIX;
    std::shared_ptr<const Peer> peer;
    if (is_unix) {
      peer = find_peer(accepted, rpc::has_control(site_.supervisor.resolved()));
    }
    const Party party =
        is_unix ? party_of(peer.get()) : Party{.kind = Party::Kind::door, .number = door.number};
    if (!seats_.has_room(party, most) && !make_room(party, most)) {
      ::close(accepted);
      continue;
    }
    if (!is_unix) {
      const int yes = 1;
      ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      ::setsockopt(accepted, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
    }
    error_code error;
    Socket socket(*context_);
    socket.assign(asio::generic::stream_protocol(address.ss_family, 0), accepted, error);
    if (error) {
      ::close(accepted);
      not_accepted(door, error.value());
      return;
    }
    if (std::exchange(door.is_failing, false)) {
      site_.machine.log(core::Level::warn,
                        core::concat("connections to ", door.socket.address(), " are taken again"));
    }
    socket.non_blocking(true, error);
    const auto session =
        std::make_shared<Session>(std::move(socket), *this, door.gate, std::move(peer), party);
    if (!is_unix) {
      session->seat.source = source_of_remote(accepted);
    }
    session->place = sessions.insert(sessions.end(), session);
    seats_.take(session->seat);
    session->start();
  }
}

void Server::Implementation::not_accepted(Door& door, int error_number) {
  // Who came is not known yet; at a UNIX socket it may be root.
  const bool is_unix = door.socket.address().starts_with("unix:");
  const Party party{.kind = is_unix ? Party::Kind::owner : Party::Kind::door,
                    .number = is_unix ? 0 : door.number};
  if ((error_number == EMFILE || error_number == ENFILE) && make_room(party, most_connections())) {
    return;
  }
  // Looked at again in a second; until then nobody is woken for it.
  door.is_paused = true;
  next_door_look_ = site_.machine.now().steady + pause_of_door;
  if (!std::exchange(door.is_failing, true)) {
    site_.machine.log(core::Level::error,
                      core::concat("cannot take connections to ", door.socket.address(), ": ",
                                   std::strerror(error_number), "; tried again every second"));
  }
  if (!settling_) {
    settle_later();  // so that there is a next look; it may replace the door that we stand at
  }
}

void Server::Implementation::worked(Session& session) {
  seats_.move(session.seat, session.standing());
  settle();
}

void Server::Implementation::settle() {
  if (!settling_ && site_.interface.take_changed()) {
    settle_();
  }
}

void Server::Implementation::put(Session& session, Sessions& list,
                                 std::optional<Sessions::iterator>& place) {
  if (!place) {
    place = list.insert(list.end(), session.shared_from_this());
  }
}

void Server::Implementation::take(Sessions& list, std::optional<Sessions::iterator>& place) {
  if (place) {
    list.erase(*std::exchange(place, std::nullopt));
  }
}

void Server::Implementation::watch(Session& session) {
  if (const LaterAnswer* later = session.later()) {
    if (later->is_stream()) {
      streams_.add(session);
    } else {
      put(session, waiting_, session.waiting);
    }
  }
  if (session.deadline() != core::never) {
    put(session, timed_, session.timed);
    next_deadline_ = std::min(next_deadline_, session.deadline());
  }
  // The look that it waits for has to be planned, also of one that was watched for something later.
  if (!settling_) {
    settle_();
  }
}

// Who sends quickly is done before others could fill the room: it is the slowest who gives way, and
// of those root and the daemon's user last.
void Server::Implementation::hold(Session& session, std::size_t bytes) {
  bodies_room_ += bytes;
  bodies_room_ -= std::exchange(session.held, bytes);
  if (bytes == 0) {
    take(bodied_, session.bodied);
    return;
  }
  put(session, bodied_, session.bodied);
  while (bodies_room_ > most_bodies_room && !bodied_.empty()) {
    const auto stranger =
        std::find_if(bodied_.begin(), bodied_.end(),
                     [](const std::shared_ptr<Session>& each) { return !each->is_of_owner(); });
    const std::shared_ptr<Session> slowest =
        stranger != bodied_.end() ? *stranger : bodied_.front();
    slowest->give_up_body();  // which is told here as well
  }
}

// One that is large is let through alone. It is the oldest who gives way, of those that take more
// than a fair share.
void Server::Implementation::owe(Session& session, std::size_t bytes) {
  if (session.is_of_owner()) {
    return;
  }
  answers_room_ += bytes;
  answers_room_ -= std::exchange(session.owed, bytes);
  if (bytes == 0) {
    take(owing_, session.owing);
    return;
  }
  put(session, owing_, session.owing);
  while (answers_room_ > most_answers_room && owing_.size() > 1) {
    const std::size_t share = answers_room_ / owing_.size();
    const auto found =
        std::find_if(owing_.begin(), owing_.end(),
                     [share](const std::shared_ptr<Session>& each) { return each->owed >= share; });
    const std::shared_ptr<Session> slowest = *found;
    slowest->close();  // which is told here as well
  }
}

void Server::Implementation::gone(Session& session) {
  take(waiting_, session.waiting);
  take(timed_, session.timed);
  take(bodied_, session.bodied);
  seats_.leave(session.seat);
  sessions.erase(session.place);
  if (finishing_) {
    settle_later();  // whoever waits for the last one; not from within what it does
  }
}

void Server::Implementation::settle_later() {
  asio::post(*context_, [this, self = weak_from_this()] {
    if (!self.expired()) {
      settle_();
    }
  });
}

core::Instant Server::Implementation::settled(core::Now now) {
  if (settling_) {
    return core::never;
  }
  settling_ = true;
  // Whatever happens: the next one must find its turn.
  const std::unique_ptr<bool, void (*)(bool*)> turn(&settling_, [](bool* flag) { *flag = false; });
  // What is asked may go on to its next request, which may be a stream, or have a deadline.
  core::Instant next = look_at_waiting(now);
  next = std::min(next, streams_.look(now, news()));
  next = std::min(next, look_at_deadlines(now));
  return std::min(next, look_at_doors(now));
}

// Each of them only grows.
std::uint64_t Server::Implementation::news() const {
  return site_.events.next() + site_.machine.log_changes() + site_.machine.table_generation();
}

core::Instant Server::Implementation::look_at_waiting(core::Now now) {
  core::Instant next = core::never;
  // What is asked may change the list.
  const std::vector<std::shared_ptr<Session>> asked(waiting_.begin(), waiting_.end());
  for (const std::shared_ptr<Session>& session : asked) {
    session->look(now);
    const LaterAnswer* still = session->later();
    if (still != nullptr && !still->is_stream()) {
      // While it cannot be sent it is not asked; it is when what is before it is taken.
      if (!session->is_sending()) {
        next = std::min(next, still->wake());
      }
    } else {
      take(waiting_, session->waiting);
    }
  }
  return next;
}

// Most connections never have a deadline, and of those that have one most lose it in time: they
// stay in the list until it is looked at, which is no earlier than the first of them is due.
core::Instant Server::Implementation::look_at_deadlines(core::Now now) {
  if (now.steady < next_deadline_) {
    return next_deadline_;
  }
  core::Instant next = core::never;
  const std::vector<std::shared_ptr<Session>> all(timed_.begin(), timed_.end());
  for (const std::shared_ptr<Session>& session : all) {
    if (session->deadline() <= now.steady) {
      session->close();
    } else if (session->deadline() == core::never) {
      take(timed_, session->timed);
    } else {
      next = std::min(next, session->deadline());
    }
  }
  next_deadline_ = std::max(next, now.steady + deadline_distance);
  if (next == core::never) {
    next_deadline_ = core::never;
  }
  return next_deadline_;
}

core::Instant Server::Implementation::look_at_doors(core::Now now) {
  core::Instant next = core::never;
  for (Door& door : doors) {
    if (!door.is_paused || finishing_) {
      continue;
    }
    if (now.steady >= next_door_look_) {
      door.is_paused = false;
      wait_at(door);
    } else {
      next = next_door_look_;
    }
  }
  return next;
}

// ----------------------------------------------------------------------------------------- outside

Server::Server(Site site, ServerOptions options, std::function<void()> settle)
    : implementation_(
          std::make_shared<Implementation>(std::move(site), options, std::move(settle))) {}

Server::~Server() { implementation_->close(true); }

void Server::inherit(std::vector<Listening> sockets) {
  implementation_->inherit(std::move(sockets));
}

schema::Status Server::open(const schema::Resolved& resolved) {
  return implementation_->open(resolved);
}

schema::Status Server::serve(asio::io_context& context) { return implementation_->serve(context); }

schema::Status Server::change(const schema::Resolved& resolved) {
  return implementation_->change(resolved);
}

std::vector<std::pair<std::string, int>> Server::sockets() const {
  std::vector<std::pair<std::string, int>> list;
  for (const Door& door : implementation_->doors) {
    list.emplace_back(door.socket.address(), door.socket.descriptor());
  }
  return list;
}

core::Instant Server::settled(core::Now now) { return implementation_->settled(now); }

void Server::set_finishing(bool finishing) { implementation_->set_finishing(finishing); }

void Server::close(bool keep_files) { implementation_->close(keep_files); }

std::size_t Server::connections() const { return implementation_->sessions.size(); }

}  // namespace sup::http
