// Which answers httpok takes for good.
#include "runtime/listeners/httpok.h"

#include <gtest/gtest.h>

namespace sup::listeners {
namespace {

const HttpAnswer good{.status = 200, .reason = "OK", .body = "all is well", .error = {}};
const HttpAnswer moved{.status = 302, .reason = "Found", .body = {}, .error = {}};
const HttpAnswer none{.reason = {}, .body = {}, .error = "Connection refused"};

HttpOkSettings settings() { return {.url = "http://x/"}; }

TEST(HttpOk, TellsGoodFromBad) {
  EXPECT_EQ(bad_answer_subject(settings(), good), "");
  EXPECT_EQ(bad_answer_subject(settings(), moved), "httpok: http://x/: bad status returned");
  EXPECT_EQ(bad_answer_subject(settings(), none), "httpok: http://x/: bad status returned");
}

TEST(HttpOk, ShowsNoPassword) {
  HttpOkSettings wanted = settings();
  wanted.url = "https://me:se@same@x:8/a@b?c=d@e";
  EXPECT_EQ(bad_answer_subject(wanted, moved),
            "httpok: https://me:********@x:8/a@b?c=d@e: bad status returned");
  for (const char* url : {"http://x/", "http://x/@", "http://x?@", "x"}) {
    EXPECT_EQ(shown_url(url), url);
  }
}

TEST(HttpOk, CodesReplaceTheDefault) {
  HttpOkSettings wanted = settings();
  wanted.good_codes = {302, 404};
  wanted.name = "shop";
  EXPECT_EQ(bad_answer_subject(wanted, moved), "");
  EXPECT_EQ(bad_answer_subject(wanted, good), "httpok [shop]: http://x/: bad status returned");
}

TEST(HttpOk, LooksForTextInTheBody) {
  HttpOkSettings wanted = settings();
  wanted.body = "is well";
  EXPECT_EQ(bad_answer_subject(wanted, good), "");
  wanted.body = "is bad";
  EXPECT_EQ(bad_answer_subject(wanted, good), "httpok: http://x/: bad body returned");
}

TEST(HttpOk, SaysWhatTheAnswerWas) {
  EXPECT_EQ(answer_message(moved), "status contacting URL: 302 Found");
  EXPECT_EQ(answer_message(none), "error contacting URL:\n\n Connection refused");
}

TEST(HttpOk, RestartsNoMoreThanItMay) {
  HttpOkSettings few = settings();
  HttpOkState state{
      .failures = 2, .last_restart = 100, .restarts = {40, 90, 100}
  };
  EXPECT_TRUE(may_restart(few, state, 101));
  state.restarts = {40, 90, 100};
  few.maximum_restarts = 3;
  few.restart_window_seconds = 60;
  EXPECT_FALSE(may_restart(few, state, 99));
  EXPECT_TRUE(may_restart(few, state, 100));
  EXPECT_EQ(state.restarts, (std::vector<std::int64_t>{90, 100}));
  EXPECT_EQ(print_httpok_state(state), "2 100 90 100");
  EXPECT_EQ(print_httpok_state(parse_httpok_state("2 100 90 100")), "2 100 90 100");
  EXPECT_EQ(print_httpok_state(parse_httpok_state("")), "0 0");
}

}  // namespace
}  // namespace sup::listeners
