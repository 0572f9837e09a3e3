// The page against a supervisor that runs nothing.
#include "runtime/http/page.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/unit/http/site_test.h"

namespace sup::http {
namespace {

class Page : public SiteTest {
 protected:
  Response send(const std::string& form) {
    Request request;
    request.access = rpc::Access(rpc::Role::owner);
    request.method = "POST";
    request.path = "/index.html";
    request.body = form;
    request.has_length = true;
    Response response;
    http::answer(*site_, request, response);
    return response;
  }
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(Page, ListsProcessesWithForms) {
  const Response response = get("/");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(has(response.body, "<tr data-name=\"a\" data-state=\"stopped\""));
  EXPECT_TRUE(has(response.body, "name=\"token\" value=\"secret\""));
  EXPECT_TRUE(has(response.body, "tail.html?processname=a"));
  EXPECT_EQ(get("/index.html").status, 200);
}

TEST_F(Page, NothingComesFromElsewhereAndScriptsNeedTheNonce) {
  const Response response = get("/");
  const std::size_t begin = response.headers.find("'nonce-") + 7;
  const std::string nonce =
      response.headers.substr(begin, response.headers.find('\'', begin) - begin);
  EXPECT_EQ(nonce.size(), 32U);
  EXPECT_TRUE(has(response.body, "<script nonce=\"" + nonce + "\""));
  EXPECT_TRUE(has(response.headers, "default-src 'none'"));
  EXPECT_TRUE(has(response.headers, "frame-ancestors 'none'"));
  EXPECT_FALSE(has(response.headers, "unsafe"));
  EXPECT_FALSE(has(response.body, "http://"));
  EXPECT_FALSE(has(response.body, "style="));
  EXPECT_NE(get("/").headers, response.headers);  // another one each time
}

TEST_F(Page, AGetChangesNothingAndAsksBack) {
  const Response response = get("/index.html", "processname=a&action=start");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(has(response.body, "Start a?"));
  EXPECT_TRUE(has(response.body, "method=\"post\""));
  EXPECT_EQ(supervisor_->status(0).state, schema::ProcessState::STOPPED);
  EXPECT_TRUE(has(get("/", "action=stopall").body, "Stop all processes"));
  EXPECT_TRUE(has(get("/", "action=refresh").body, "<table>"));
}

TEST_F(Page, AnActionNeedsTheToken) {
  for (const char* form :
       {"action=start&processname=a", "action=start&processname=a&token=",
        "action=start&processname=a&token=secre", "action=start&processname=a&token=secrets"}) {
    EXPECT_EQ(send(form).status, 403) << form;
  }
  EXPECT_EQ(supervisor_->status(0).state, schema::ProcessState::STOPPED);
  const Response response = send("action=start&processname=a&token=secret");
  ASSERT_NE(response.later, nullptr);
  EXPECT_EQ(supervisor_->status(0).state, schema::ProcessState::STARTING);
  core::Effects orders;
  supervisor_->handle({}, core::input::Spawned{.process = 0, .pid = 42}, orders);
  supervisor_->handle({std::chrono::seconds(5), {}}, core::input::Tick{}, orders);
  const std::string answer = next(*response.later);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 303 See Other\r\n")) << answer;
  EXPECT_TRUE(has(answer, "Location: ./?message=a%20started\r\n")) << answer;
}

TEST_F(Page, WhatCannotBeDoneIsSaid) {
  Response response = send("action=stop&processname=a&token=secret");
  EXPECT_EQ(response.status, 303);
  EXPECT_TRUE(has(response.headers, "ERROR%3A%20a%3A%20NOT_RUNNING"));
  EXPECT_EQ(send("action=nosuch&processname=a&token=secret").status, 400);
  EXPECT_EQ(send("action=start&token=secret").status, 400);
}

TEST_F(Page, TextsAreEscaped) {
  const Response response = get("/", "message=%3Cscript%3E%22'");
  EXPECT_FALSE(has(response.body, "<script>"));
  EXPECT_TRUE(has(response.body, "&lt;script&gt;&quot;&#39;"));
  EXPECT_TRUE(has(get("/", "action=stop&processname=%3Cb%3E").body, "Stop &lt;b&gt;?"));
  machine_.put("/a.log", "<b>\x1B\xFF");
  EXPECT_TRUE(has(get("/tail.html", "processname=a").body, "&lt;b&gt;\xEF\xBF\xBD\xEF\xBF\xBD"));
  EXPECT_TRUE(has(get("/tail.html", "processname=%3Cb%3E").body, "no process &lt;b&gt;"));
}

TEST_F(Page, LogsAreCutToTheLimit) {
  machine_.put("/a.log", std::string(5000, 'x') + "END");
  const Response response = get("/tail.html", "processname=a&limit=1");
  EXPECT_TRUE(has(response.body, ">" + std::string(1021, 'x') + "END</pre>"));
}

TEST_F(Page, FilesComeWithATag) {
  const Response response = get("/stylesheets/supervisor.css");
  EXPECT_TRUE(has(response.headers, "text/css"));
  const std::size_t begin = response.headers.find("ETag: ") + 6;
  const std::string tag =
      response.headers.substr(begin, response.headers.find('\r', begin) - begin);
  Request request;
  request.access = rpc::Access(rpc::Role::owner);
  request.method = "GET";
  request.path = "/stylesheets/supervisor.css";
  request.headers.push_back({"If-None-Match", tag});
  Response again;
  http::answer(*site_, request, again);
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(has(get("/page.js").body, "EventSource"));
  EXPECT_EQ(get("/ok.html").body, "OK");
}

TEST_F(Page, EveryActionIsAMethod) {
  for (const char* name :
       {"start", "stop", "restart", "clearlog", "startall", "stopall", "restartall"}) {
    ASSERT_NE(find_action(name), nullptr);
    const std::string_view call = find_action(name)->call;
    EXPECT_NE(std::ranges::find_if(rpc::methods(),
                                   [&](const rpc::MethodRow& row) {
                                     return call ==
                                            std::string(row.space) + "." + std::string(row.name);
                                   }),
              rpc::methods().end());
  }
  EXPECT_EQ(find_action("refresh"), nullptr);
}

}  // namespace
}  // namespace sup::http
