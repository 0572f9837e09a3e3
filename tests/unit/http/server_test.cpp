// The server with real sockets and a clock that stands still: what it does is played turn by turn.
#include "runtime/http/server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <boost/asio/io_context.hpp>

#include "tests/unit/http/site_test.h"

namespace sup::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view right = "Authorization: Basic bWU6c2VjcmV0\r\n";  // me:secret

std::string post(std::string_view body, std::string_view headers = "") {
  return core::concat("POST /RPC2 HTTP/1.1\r\n", headers, "Content-Length: ", body.size(),
                      "\r\n\r\n", body);
}

std::string call(std::string_view method) {
  return post(core::concat("<methodCall><methodName>", method, "</methodName></methodCall>"));
}

std::string calls(int count) {
  std::string list;
  for (int i = 0; i < count; ++i) {
    list +=
        "<value><struct><member><name>methodName</name><value>system.listMethods</value></member>"
        "</struct></value>";
  }
  return post(
      core::concat("<methodCall><methodName>system.multicall</methodName><params><param>"
                   "<value><array><data>",
                   list, "</data></array></value></param></params></methodCall>"));
}

// Of a process, as a whole.
std::string read_log(std::string_view headers = "") {
  return core::concat("GET /api/v1/processes/a/stdout?offset=0&length=0 HTTP/1.1\r\n", headers,
                      "\r\n");
}

class ServerTest : public SiteTest {
 protected:
  void SetUp() override {
    std::string folder = (std::filesystem::temp_directory_path() / "http.XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    machine_.time.steady = std::chrono::hours(1);
    serve({});
  }

  void TearDown() override {
    clients_.clear();
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  // A UNIX socket without a password, of which we are the owner, and one of TCP with one.
  void serve(ServerOptions options) {
    if (server_) server_->close();
    schema::Resolved plan;
    plan.http_servers.resize(2);
    plan.http_servers[0].section = "unix_http_server";
    plan.http_servers[0].is_unix = true;
    plan.http_servers[0].unix_options = schema::UnixHttpServerOptions::defaults();
    plan.http_servers[0].unix_options.file = (folder_ / "s").string();
    plan.http_servers[1].section = "inet_http_server";
    plan.http_servers[1].inet_options = schema::InetHttpServerOptions::defaults();
    plan.http_servers[1].inet_options.port = schema::InetAddressValue{.host = "127.0.0.1"};
    plan.http_servers[1].inet_options.username = "me";
    plan.http_servers[1].inet_options.password = "secret";
    server_ = std::make_unique<Server>(*site_, options, [this] {
      is_due_ = true;
      if (std::exchange(closes_when_due_, false)) server_->close();
    });
    ASSERT_TRUE(server_->open(plan));
    ASSERT_TRUE(server_->serve(context_));
  }

  class Client {
   public:
    explicit Client(int descriptor) : descriptor_(descriptor) {}

    ~Client() { ::close(descriptor_); }

    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // What of it is taken now.
    std::size_t send(std::string_view bytes) const {
      const ssize_t count =
          ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      return count < 0 ? 0 : static_cast<std::size_t>(count);
    }

    // What is there now, no more than so much.
    std::string take(std::size_t most = std::string::npos) {
      std::string all;
      std::array<char, 65536> piece;
      while (all.size() < most) {
        const std::size_t wanted = std::min(most - all.size(), piece.size());
        const ssize_t count = ::recv(descriptor_, piece.data(), wanted, MSG_DONTWAIT);
        is_ended_ = is_ended_ || count == 0 || (count < 0 && errno == ECONNRESET);
        if (count <= 0) break;
        all.append(piece.data(), static_cast<std::size_t>(count));
      }
      return all;
    }

    // The same, once there is something. The kernel may take its time.
    std::string wait_and_take(std::size_t most) {
      constexpr int a_while = 10;
      pollfd waited{.fd = descriptor_, .events = POLLIN, .revents = 0};
      ::poll(&waited, 1, a_while);
      return take(most);
    }

    // How much is there now.
    std::size_t there() const {
      int count = 0;
      EXPECT_EQ(::ioctl(descriptor_, FIONREAD, &count), 0);
      return static_cast<std::size_t>(count);
    }

    bool is_ended() const { return is_ended_; }

    int descriptor() const { return descriptor_; }

   private:
    int descriptor_;
    bool is_ended_ = false;
  };

  Client& come() {
    clients_.push_back(std::make_unique<Client>(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
    connect(clients_.back()->descriptor());
    go_on();
    return *clients_.back();
  }

  void connect(int descriptor) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder_ / "s").string().copy(&address.sun_path[0], sizeof address.sun_path - 1);
    const void* const untyped = &address;
    EXPECT_EQ(::connect(descriptor, static_cast<const sockaddr*>(untyped), sizeof address), 0);
  }

  Client& come_by_tcp(int room = 0) {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    auto* const untyped = static_cast<sockaddr*>(static_cast<void*>(&address));
    ::getsockname(server_->sockets().at(1).second, untyped, &length);
    clients_.push_back(std::make_unique<Client>(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
    if (room != 0) {
      ::setsockopt(clients_.back()->descriptor(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    }
    EXPECT_EQ(::connect(clients_.back()->descriptor(), untyped, length), 0);
    go_on();
    return *clients_.back();
  }

  void leave(const Client& client) {
    std::erase_if(clients_, [&](const auto& each) { return each.get() == &client; });
    go_on();
  }

  // As the loop of the daemon: until nothing is left to be done now.
  void go_on() {
    constexpr int enough = 10000;
    for (int turn = 0; turn < enough; ++turn) {
      const bool has_run = context_.poll() > 0;
      context_.restart();
      const bool is_due = std::exchange(is_due_, false) || due_ <= machine_.time.steady;
      if (!has_run && !is_due) return;
      if (!is_due) continue;
      interface_->look();
      due_ = server_->settled(machine_.time);
    }
    FAIL() << "it is never done";
  }

  void wait(core::Instant time) {
    machine_.time.steady += time;
    go_on();
  }

  void happens(std::string_view line) {
    machine_.write("/main.log", line);
    is_due_ = true;
    go_on();
  }

  // Everything that comes until nothing does any more.
  std::string all_of(Client& client) {
    std::string all;
    for (std::string piece = client.take(); !piece.empty(); piece = client.take()) {
      all += piece;
      go_on();
    }
    return all;
  }

  // Asks until an answer is not taken as a whole.
  void fill(Client& client) {
    machine_.put("/a.log", std::string(100'000, 'x'));
    client.send(read_log());
    go_on();
    const std::size_t size = all_of(client).size();
    ASSERT_GT(size, 100'000U);
    std::size_t asked = 0;
    for (; client.there() == asked * size; ++asked) {
      ASSERT_LT(asked, 1000U);
      client.send(read_log());
      go_on();
    }
  }

  std::filesystem::path folder_;
  boost::asio::io_context context_;
  std::unique_ptr<Server> server_;
  bool is_due_ = true;
  bool closes_when_due_ = false;
  core::Instant due_ = core::never;
  std::vector<std::unique_ptr<Client>> clients_;
};

TEST_F(ServerTest, AnswersOverBothSockets) {
  Client& local = come();
  local.send(call("supervisor.getPID"));
  go_on();
  EXPECT_NE(local.take().find("4711"), std::string::npos);
  Client& remote = come_by_tcp();
  remote.send(core::concat("GET /ok.html HTTP/1.1\r\n", right, "\r\n"));
  go_on();
  EXPECT_TRUE(remote.take().starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(server_->connections(), 2U);
}

TEST_F(ServerTest, TheEndOfAFollowerIsSeenBehindWhateverItSends) {
  machine_.put("/main.log", "x");
  for (const std::string_view path : {"/mainlogtail", "/api/v1/events"}) {
    Client& tail = come();
    tail.send(core::concat("GET ", path, " HTTP/1.1\r\n\r\n"));
    go_on();
    EXPECT_TRUE(tail.take().starts_with("HTTP/1.1 200 ")) << path;
    const std::string junk(100'000, 'z');
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(tail.send(junk), junk.size()) << path << i;
      go_on();
    }
    leave(tail);
    EXPECT_EQ(server_->connections(), 0U) << path;
  }
}

TEST_F(ServerTest, FilesOfFollowersTakePlaces) {
  machine_.put("/main.log", "x");
  serve({.most_connections = 32});
  const auto come_from_all = [&](std::string_view path, int count) {
    int begun = 0;
    for (int i = 0; i < count; ++i) {
      Client& one = come_by_tcp();
      one.send(core::concat("GET ", path, " HTTP/1.1\r\n", right, "\r\n"));
      go_on();
      const std::string answer = one.take();
      begun += answer.starts_with("HTTP/1.1 200 ") ? 1 : 0;
      if (!answer.starts_with("HTTP/1.1 200 ")) {
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
        EXPECT_NE(answer.find("Retry-After: "), std::string::npos);
      }
    }
    return begun;
  };
  EXPECT_EQ(come_from_all("/mainlogtail", 40), 4);
  EXPECT_EQ(server_->connections(), 28U - 2 * 3);  // for UNIX sockets these are kept
  EXPECT_EQ(come_from_all("/api/v1/events", 40), 8);
  EXPECT_EQ(come_from_all("/ok.html", 40), 40);
  Client& root = come();
  root.send("GET /mainlogtail HTTP/1.1\r\n\r\n");
  go_on();
  EXPECT_TRUE(root.take().starts_with("HTTP/1.1 200 "));
}

// What else the daemon has to do comes between.
TEST_F(ServerTest, ManyFollowersAreNotLookedAtInOneGo) {
  machine_.put("/main.log", "x");
  serve({.most_connections = 4000});
  constexpr int followers = 300;
  for (int i = 0; i < followers; ++i) {
    Client& one = come();
    one.send("GET /mainlogtail HTTP/1.1\r\n\r\n");
    go_on();
    EXPECT_TRUE(one.take().starts_with("HTTP/1.1 200 "));
  }
  machine_.time.steady += seconds(5);
  const int& asked = machine_.files["/main.log"]->asked;
  const int before = asked;
  EXPECT_EQ(server_->settled(machine_.time), machine_.time.steady);
  EXPECT_GT(asked, before);
  EXPECT_LT(asked, before + followers / 2);
  due_ = machine_.time.steady;
  go_on();
  EXPECT_EQ(asked, before + followers);
}

// Whoever starts a process anew does not wait until those have heard that it ended.
TEST_F(ServerTest, FollowersHearALittleLater) {
  machine_.put("/main.log", "x");
  Client& one = come();
  one.send("GET /mainlogtail HTTP/1.1\r\n\r\n");
  go_on();
  EXPECT_TRUE(one.take().ends_with("x\r\n"));
  wait(milliseconds(100));
  happens("y");
  wait(milliseconds(9));
  EXPECT_EQ(one.take(), "");
  EXPECT_EQ(due_, machine_.time.steady + milliseconds(1));
  wait(milliseconds(1));
  EXPECT_TRUE(one.take().ends_with("y\r\n"));
  // What comes at once after it, within its distance.
  happens("z");
  wait(milliseconds(49));
  EXPECT_EQ(one.take(), "");
  wait(milliseconds(1));
  EXPECT_TRUE(one.take().ends_with("z\r\n"));
}

TEST_F(ServerTest, FollowersAreNotLookedAtWhileNothingIsNew) {
  machine_.put("/main.log", "x");
  constexpr int followers = 3;
  for (int i = 0; i < followers; ++i) {
    Client& one = come();
    one.send("GET /mainlogtail HTTP/1.1\r\n\r\n");
    wait(milliseconds(7));
  }
  const int& asked = machine_.files["/main.log"]->asked;
  const int before = asked;
  wait(milliseconds(100));
  wait(milliseconds(100));
  EXPECT_EQ(asked, before);
  // Others may have written to it: once in a second all of them look, at the same time.
  const core::Instant begun = machine_.time.steady - machine_.time.steady % seconds(1);
  EXPECT_EQ(due_, begun + seconds(1));
  wait(seconds(1));
  EXPECT_EQ(asked, before + followers);
  EXPECT_EQ(due_, begun + seconds(2));
}

TEST_F(ServerTest, AnswersThatAreNotTakenHaveRoomTogether) {
  machine_.put("/a.log", std::string(24'000'000, 'x'));
  Client& root = come();
  root.send(read_log());
  go_on();
  for (int i = 0; i < 10; ++i) {
    come_by_tcp().send(read_log(right));
    go_on();
  }
  EXPECT_LE(server_->connections(), 4U);
  EXPECT_GE(server_->connections(), 2U);
  EXPECT_GT(all_of(root).size(), 23'000'000U);
  EXPECT_GT(all_of(*clients_.back()).size(), 23'000'000U);
  clients_.clear();
  go_on();
  // What is taken makes room again.
  for (int i = 0; i < 4; ++i) {
    Client& one = come_by_tcp();
    one.send(read_log(right));
    go_on();
    EXPECT_GT(all_of(one).size(), 23'000'000U);
  }
}

TEST_F(ServerTest, AnAnswerHasToBeTakenAtSomeSpeed) {
  machine_.put("/a.log", std::string(8'000'000, 'x'));
  // Neither end's kernel takes much.
  const int small = 4096;
  ::setsockopt(server_->sockets().at(1).second, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  const auto is_ended_taking = [&](std::size_t at_once, int times) {
    Client& one = come_by_tcp(small);
    one.send(read_log(right));
    go_on();
    for (int i = 0; i < times && server_->connections() > 0; ++i) {
      for (std::size_t taken = 0; taken < at_once && !one.is_ended();) {
        taken += one.wait_and_take(at_once - taken).size();
        go_on();
      }
      wait(seconds(40));
    }
    const bool is_ended = server_->connections() == 0;
    clients_.clear();
    go_on();
    return is_ended;
  };
  EXPECT_TRUE(is_ended_taking(10'000, 100));
  EXPECT_FALSE(is_ended_taking(150'000, 30));
}

TEST_F(ServerTest, WhatWaitsBehindAnAnswerIsNotAskedInVain) {
  Client& one = come();
  fill(one);
  const std::string long_call = calls(3000);
  std::size_t sent = 0;
  while (const std::size_t now = one.send(std::string_view(long_call).substr(sent))) {
    sent += now;
    go_on();  // fails if that has no end
  }
  EXPECT_GT(due_, machine_.time.steady);
  std::string got;
  while (sent < long_call.size()) {
    got += all_of(one);
    sent += one.send(std::string_view(long_call).substr(sent));
    go_on();
  }
  got += all_of(one);
  EXPECT_NE(got.find("</methodResponse>"), std::string::npos);
}

TEST_F(ServerTest, WhatIsDoneBehindAnAnswerIsToldWithoutAnyFurtherCause) {
  Client& one = come();
  fill(one);
  one.send(
      post("<methodCall><methodName>supervisor.startProcess</methodName><params><param><value>"
           "a</value></param></params></methodCall>"));
  go_on();
  core::Effects orders;
  supervisor_->handle(machine_.time, core::input::Spawned{.process = 0, .pid = 42}, orders);
  machine_.time.steady += seconds(5);
  supervisor_->handle(machine_.time, core::input::Tick{}, orders);
  is_due_ = true;
  go_on();
  EXPECT_NE(all_of(one).find("<boolean>1</boolean>"), std::string::npos);
}

TEST_F(ServerTest, AWrongPasswordOfAHeadHasNoBodyEither) {
  Client& wrong = come_by_tcp();
  wrong.send("HEAD / HTTP/1.1\r\nAuthorization: Basic bWU6Z3Vlc3M=\r\n\r\n");
  go_on();
  wait(seconds(3));
  const std::string answer = wrong.take();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 401 "));
  EXPECT_EQ(answer.find("\r\n\r\n"), answer.size() - 4);
}

TEST_F(ServerTest, ASocketMayBeReplacedWhenNoConnectionCanBeTaken) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP()
      << "to look at memory, the sanitizer makes a pipe, and there is no descriptor for it";
#endif
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  clients_.push_back(std::make_unique<Client>(descriptor));
  const rlimit none{.rlim_cur = static_cast<rlim_t>(descriptor), .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  closes_when_due_ = true;
  connect(descriptor);
  machine_.lines.clear();
  while (machine_.lines.empty() && context_.poll_one() > 0) {
  }
  ASSERT_EQ(machine_.lines.size(), 1U);
  EXPECT_TRUE(machine_.lines.front().starts_with("cannot take connections to "));
  EXPECT_TRUE(closes_when_due_) << "while it is at the socket";
  go_on();
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_FALSE(closes_when_due_) << "it was told";
  EXPECT_TRUE(server_->sockets().empty());
}

TEST_F(ServerTest, TheWordThatABodyMayComeIsSaidAlsoToWhoHadToWait) {
  Client& wrong = come_by_tcp();
  wrong.send("GET / HTTP/1.1\r\nAuthorization: Basic bWU6Z3Vlc3M=\r\n\r\n");
  go_on();
  Client& one = come_by_tcp();
  const std::string body = "<methodCall><methodName>supervisor.getPID</methodName></methodCall>";
  one.send(core::concat("POST /RPC2 HTTP/1.1\r\n", right, "Expect: 100-continue\r\n",
                        "Content-Length: ", body.size(), "\r\n\r\n"));
  go_on();
  EXPECT_EQ(one.take(), "");
  wait(seconds(3));
  EXPECT_EQ(one.take(), "HTTP/1.1 100 Continue\r\n\r\n");
  one.send(body);
  go_on();
  EXPECT_NE(one.take().find("4711"), std::string::npos);
}

}  // namespace
}  // namespace sup::http
