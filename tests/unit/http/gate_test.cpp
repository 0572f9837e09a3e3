#include "runtime/http/gate.h"

#include <gtest/gtest.h>

namespace sup::http {
namespace {

Request request_with(std::vector<Header> headers) {
  Request request;
  request.headers = std::move(headers);
  return request;
}

std::optional<int> refusal_of(const Gate& gate, const Request& request) {
  return gate.admit(request, nullptr, false).refusal;
}

std::optional<rpc::Role> role_of(const Gate& gate, std::string_view authorization) {
  const Admission admission = gate.admit(request_with({
                                             {"Authorization", authorization}
  }),
                                         nullptr, false);
  return admission.refusal ? std::nullopt : std::optional(admission.access.role());
}

TEST(Gate, EachUserHasARole) {
  const Gate gate({
      .users = {{.name = "ops", .password = "a", .role = rpc::Role::operate},
                {.name = "view", .password = "b", .role = rpc::Role::read}}
  });
  EXPECT_EQ(role_of(gate, "Basic b3BzOmE="), rpc::Role::operate);
  EXPECT_EQ(role_of(gate, "Basic dmlldzpi"), rpc::Role::read);
  EXPECT_EQ(role_of(gate, "Basic b3BzOmI="), std::nullopt);  // the password of another
  EXPECT_EQ(role_of(Gate({}), ""), rpc::Role::admin);
  EXPECT_EQ(role_of(Gate({.role = rpc::Role::read}), ""), rpc::Role::read);
}

TEST(Gate, WhoIsAtAUnixSocketIsKnown) {
  const Gate gate({.is_local = true});
  const Request request;
  const Peer root{.is_owner = true};
  const Peer other{
      .user = 1000, .names = {.name = "web", .number = "1000", .groups = {"ops"}}
  };
  EXPECT_EQ(gate.admit(request, &root, true).access.role(), rpc::Role::owner);
  // As with Supervisor, until a program says who may manage it.
  EXPECT_EQ(gate.admit(request, &other, false).access.role(), rpc::Role::admin);
  EXPECT_EQ(gate.admit(request, &other, true).access.role(), rpc::Role::none);
  EXPECT_EQ(gate.admit(request, nullptr, false).access.role(), rpc::Role::none);
  const Gate readers({.is_local = true, .role = rpc::Role::read});
  EXPECT_EQ(readers.admit(request, &other, true).access.role(), rpc::Role::read);
  EXPECT_EQ(readers.admit(request, &root, true).access.role(), rpc::Role::owner);

  const rpc::Access access = gate.admit(request, &other, true).access;
  schema::Process process;
  EXPECT_FALSE(access.may(rpc::Role::read, process));
  process.options.user = "web";
  EXPECT_FALSE(access.may(rpc::Role::read, process)) << "not without control=";
  process.options.control = {"somebody"};
  EXPECT_TRUE(access.may(rpc::Role::operate, process)) << "its own user";
  EXPECT_FALSE(access.may(rpc::Role::admin, process));
  process.options.user = "1000";
  EXPECT_TRUE(access.may(rpc::Role::operate, process)) << "its own user, by number";
  process.options.user = "root";
  EXPECT_FALSE(access.may(rpc::Role::read, process));
  process.options.control = {"somebody", "group:ops"};
  EXPECT_TRUE(access.may(rpc::Role::operate, process));
  process.options.control = {"web"};
  EXPECT_TRUE(access.may(rpc::Role::operate, process));
  process.options.control = {"ops", "group:web"};
  EXPECT_FALSE(access.may(rpc::Role::read, process));
}

TEST(Gate, OnlyThePasswordOpens) {
  const Gate gate({.users = {{.name = "me", .password = "se:cret"}}, .is_local = true});
  const auto refusal = [&](std::string_view authorization) {
    return refusal_of(gate, request_with({
                                {"authorization", authorization}
    }));
  };
  EXPECT_EQ(refusal("Basic bWU6c2U6Y3JldA=="), std::nullopt);
  EXPECT_EQ(refusal("basic   bWU6c2U6Y3JldA=="), std::nullopt);
  for (const std::string_view wrong :
       {"", "Basic", "Basic ", "Basic bWU6c2U6Y3Jl", "Basic bWU6", "Basic !!!",
        "Basic bWU=", "Digest bWU6c2U6Y3JldA==", "BasicbWU6c2U6Y3JldA=="}) {
    EXPECT_EQ(refusal(wrong), 401) << wrong;
  }
  EXPECT_EQ(refusal_of(gate, Request()), 401);
}

TEST(Gate, AHashIsAPasswordToo) {
  // SHA-1 of "password", as everybody computes it.
  EXPECT_EQ(sha1_hex("password"), "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8");
  EXPECT_EQ(sha1_hex(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_TRUE(password_matches("{SHA}5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8", "password"));
  EXPECT_FALSE(password_matches("{SHA}5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8", "passwor"));
  EXPECT_FALSE(password_matches("{SHA}5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8", "password"));
  EXPECT_FALSE(password_matches("{SHA}", ""));
  EXPECT_TRUE(password_matches("", ""));
}

TEST(Gate, LengthsAreCompared) {
  EXPECT_TRUE(equal_in_constant_time("ab", "ab"));
  EXPECT_FALSE(equal_in_constant_time("ab", "a"));
  EXPECT_FALSE(equal_in_constant_time("ab", "abc"));
  EXPECT_FALSE(equal_in_constant_time("ab", ""));
  EXPECT_FALSE(equal_in_constant_time("", "a"));
}

TEST(Gate, BrowsersMayComeFromOurOwnPageAlone) {
  const Gate open({.host = "ops.example"});
  EXPECT_EQ(refusal_of(open, request_with({
                                 {"Host", "any.name"}
  })),
            std::nullopt);
  EXPECT_EQ(refusal_of(open, request_with({
                                 {"Host",   "10.0.0.1:9001"       },
                                 {"Origin", "http://10.0.0.1:9001"}
  })),
            std::nullopt);
  EXPECT_EQ(refusal_of(open, request_with({
                                 {"Host",   "[::1]:9001"       },
                                 {"Origin", "http://[::1]:9001"}
  })),
            std::nullopt);
  EXPECT_EQ(refusal_of(open, request_with({
                                 {"Host",   "ops.example"       },
                                 {"Origin", "http://ops.example"}
  })),
            std::nullopt);
  EXPECT_EQ(refusal_of(open, request_with({
                                 {"Host",   "evil.example"       },
                                 {"Origin", "http://evil.example"}
  })),
            403);
  EXPECT_EQ(refusal_of(open, request_with({
                                 {"Host",   "localhost:9001"     },
                                 {"Origin", "http://localhost:80"}
  })),
            403);
  EXPECT_EQ(refusal_of(open, request_with({
                                 {"Host",           "localhost" },
                                 {"Sec-Fetch-Site", "cross-site"}
  })),
            403);
  // A link that somebody follows; a form or a frame is none.
  Request followed = request_with({
      {"Host",           "localhost" },
      {"Sec-Fetch-Site", "cross-site"},
      {"Sec-Fetch-Mode", "navigate"  },
      {"Sec-Fetch-Dest", "document"  }
  });
  followed.method = "GET";
  EXPECT_EQ(refusal_of(open, followed), std::nullopt);
  followed.method = "POST";
  EXPECT_EQ(refusal_of(open, followed), 403);
  followed.method = "GET";
  followed.headers.back().value = "iframe";
  EXPECT_EQ(refusal_of(open, followed), 403);
  followed.headers.back().value = "document";
  followed.headers.front().value = "evil.example";  // a name that a stranger points at us
  EXPECT_EQ(refusal_of(open, followed), 403);
  const Gate local({.is_local = true});
  // A browser behind a proxy, which serves it by a name that we do not know.
  EXPECT_EQ(refusal_of(local, request_with({
                                  {"Host",   "admin.example"      },
                                  {"Origin", "http://evil.example"}
  })),
            403);
  EXPECT_EQ(refusal_of(local, request_with({
                                  {"Host",           "admin.example"},
                                  {"Sec-Fetch-Site", "cross-site"   }
  })),
            403);
  EXPECT_EQ(refusal_of(local, request_with({
                                  {"Host",           "admin.example"        },
                                  {"Origin",         "https://admin.example"},
                                  {"Sec-Fetch-Site", "same-origin"          }
  })),
            std::nullopt);
  EXPECT_EQ(refusal_of(local, request_with({
                                  {"Host", "any.name"}
  })),
            std::nullopt);
}

TEST(Gate, AStrangersNameForThisMachineIsRefusedWhoeverAsks) {
  // As a page asks whose name was pointed at 127.0.0.1: it reads without Origin.
  Request rebound = request_with({
      {"Host", "evil.example:9001"}
  });
  rebound.method = "GET";
  const Request own = request_with({
      {"Host", "localhost:9001"}
  });
  const Gate open({.host = "127.0.0.1", .is_loopback = true});
  EXPECT_EQ(refusal_of(open, rebound), 403);
  EXPECT_EQ(refusal_of(open, own), std::nullopt);
  EXPECT_EQ(refusal_of(open, request_with({})), std::nullopt);  // no browser
  // It does not know the password.
  const Gate guarded({.users = {{.name = "me", .password = "secret"}}, .is_loopback = true});
  EXPECT_EQ(refusal_of(guarded, rebound), 401);
  rebound.method = "POST";  // a browser would say Origin
  EXPECT_EQ(refusal_of(open, rebound), std::nullopt);
}

TEST(Gate, SaysWhoWasRefused) {
  const Gate gate({.users = {{.name = "me", .password = "secret"}}});
  const auto wrong_user = [&](std::string_view authorization) {
    return gate
        .admit(request_with({
                   {"authorization", authorization}
    }),
               nullptr, false)
        .wrong_user;
  };
  EXPECT_EQ(wrong_user("Basic bWU6c2U6Y3JldA=="), "me");
  EXPECT_EQ(wrong_user("Basic bWU="), "me") << "no password";
  EXPECT_EQ(wrong_user("Digest x"), "");
  EXPECT_EQ(wrong_user("Basic bWU6c2VjcmV0"), std::nullopt) << "the right one";
  EXPECT_EQ(gate.admit(Request(), nullptr, false).wrong_user, std::nullopt)
      << "a browser's first question";
}

TEST(FailedLogins, AreToldOnceASecond) {
  FailedLogins logins;
  core::Instant now = std::chrono::hours(1);
  EXPECT_EQ(logins.add(now, "me\n", "127.0.0.1:5"),
            "denied login of 'me\\n' from 127.0.0.1:5: wrong user name or password");
  EXPECT_EQ(logins.add(now, "me", "127.0.0.1:5"), std::nullopt);
  EXPECT_EQ(logins.add(now + std::chrono::milliseconds(999), "me", "127.0.0.1:5"), std::nullopt);
  now += std::chrono::seconds(1);
  EXPECT_EQ(logins.add(now, std::string(1000, 'a'), "[::1]:5"),
            "denied login of '" + std::string(64, 'a') +
                "' from [::1]:5: wrong user name or password (2 more since the last such line)");
  now += std::chrono::seconds(1);
  EXPECT_EQ(logins.add(now, "", "[::1]:5"),
            "denied login of '' from [::1]:5: wrong user name or password");
}

}  // namespace
}  // namespace sup::http
