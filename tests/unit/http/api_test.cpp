// /api/v1 and its events against a supervisor that runs nothing.
#include "runtime/http/api.h"

#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/http/json_body.h"
#include "runtime/http/query.h"
#include "tests/unit/http/site_test.h"

namespace sup::http {
namespace {

using Json = nlohmann::json;

class Api : public SiteTest {
 protected:
  Response send(const std::string& path, const std::string& body = "",
                const char* type = "application/json") {
    Request request;
    request.access = rpc::Access(rpc::Role::owner);
    request.method = "POST";
    request.path = path;
    request.body = body;
    request.has_length = true;
    request.headers.push_back({"Content-Type", type});
    Response response;
    http::answer(*site_, request, response);
    return response;
  }
};

// Of eight million bytes, the most that a server takes; what compares each with all takes hours.
TEST(JsonBody, LargeOnesAreReadInOneGo) {
  constexpr std::size_t large = std::size_t{8} << 20;
  std::string body = "{";
  for (std::size_t i = 0; body.size() < large; ++i) {
    body += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + "\":1";
  }
  EXPECT_TRUE(std::holds_alternative<std::string>(read_json_body(body + "}")));
  const auto one = read_json_body("{\"m\":\"" + std::string(large, 'x') + "\"}");
  ASSERT_TRUE(std::holds_alternative<rpc::Struct>(one));
  EXPECT_EQ(std::get<rpc::Struct>(one).front().value, rpc::Value(std::string(large, 'x')));
  EXPECT_TRUE(std::holds_alternative<std::string>(read_json_body(std::string(large, '['))));
  const Query form(std::string(large, '&') + "a=b");
  EXPECT_EQ(form.value("a"), "b");
}

TEST(JsonBody, OneObjectMayBeInAnother) {
  const auto read = read_json_body(R"({"a":{"b":1,"c":"d"},"e":{},"f":2})");
  ASSERT_TRUE(std::holds_alternative<rpc::Struct>(read)) << std::get<std::string>(read);
  rpc::Struct inner;
  inner.push_back({"b", 1});
  inner.push_back({"c", "d"});
  rpc::Struct expected;
  expected.push_back({"a", inner});
  expected.push_back({"e", rpc::Struct()});
  expected.push_back({"f", 2});
  EXPECT_EQ(rpc::Value(std::get<rpc::Struct>(read)), rpc::Value(expected));
  for (const char* wrong : {R"({"a":{"b":{}}})", R"({"a":[]})", R"({"a":{"b":[]}})",
                            R"({"a":{}},{})", R"({"a":{"b":1,"b":2}})", R"({"a":{}}})"}) {
    EXPECT_TRUE(std::holds_alternative<std::string>(read_json_body(wrong))) << wrong;
  }
}

TEST_F(Api, EveryOperationHasAMethodAndItsArguments) {
  std::set<std::pair<std::string_view, bool>> seen;
  for (const Operation& operation : operations()) {
    const rpc::MethodRow& row = method_of(operation);
    EXPECT_EQ(std::string(row.space) + "." + std::string(row.name), operation.call);
    EXPECT_TRUE(seen.insert({operation.path, operation.is_order}).second) << operation.path;
    // A question can be asked without a query.
    const rpc::Shape shape = rpc::read_shape(row.shape);
    for (const rpc::Parameter& parameter : shape.parameters) {
      const bool in_path =
          parameter.name == "name" && operation.path.find("{name}") != std::string_view::npos;
      EXPECT_TRUE(operation.is_order || in_path || parameter.optional ||
                  Query(operation.defaults).has(parameter.name))
          << operation.path;
    }
  }
}

TEST_F(Api, QuestionsAreAnswered) {
  const Response response = get("/api/v1/processes");
  EXPECT_EQ(response.status, 200);
  const Json list = Json::parse(response.body);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["name"], "a");
  EXPECT_EQ(list[0]["statename"], "STOPPED");
  EXPECT_EQ(Json::parse(get("/api/v1/processes/a").body)["group"], "a");
  EXPECT_EQ(Json::parse(get("/api/v1/groups").body)[0]["place"], "s.conf:7");
  EXPECT_EQ(Json::parse(get("/api/v1/daemon").body)["pid"], 4711);
  EXPECT_EQ(Json::parse(get("/api/v1/processes/a/history").body)["starts"], 0);
}

TEST_F(Api, LogsAreReadInPieces) {
  machine_.put("/a.log", "0123456789");
  EXPECT_EQ(get("/api/v1/processes/a/stdout").body, "\"0123456789\"\n");
  EXPECT_EQ(get("/api/v1/processes/a/stdout", "offset=2&length=3").body, "\"234\"\n");
  EXPECT_EQ(get("/api/v1/processes/a/stdout/tail", "offset=8&length=2").body,
            "[\"89\",10,false]\n");
  EXPECT_EQ(get("/api/v1/processes/a/stdout", "offset=x").status, 400);
}

TEST_F(Api, FaultsAreProblems) {
  const Response response = get("/api/v1/processes/b");
  EXPECT_EQ(response.status, 404);
  EXPECT_NE(response.headers.find("application/problem+json"), std::string::npos);
  const Json problem = Json::parse(response.body);
  EXPECT_EQ(problem["fault"], "BAD_NAME");
  EXPECT_EQ(problem["code"], 10);
  EXPECT_EQ(problem["status"], 404);
  EXPECT_EQ(problem["detail"], "BAD_NAME: b");
  EXPECT_EQ(send("/api/v1/processes/a/stop").status, 409);
  EXPECT_EQ(get("/api/v1/nosuch").status, 404);
  EXPECT_EQ(get("/api/v1/processes/a/stop").status, 405);
  EXPECT_EQ(send("/api/v1/processes/a").status, 405);
  EXPECT_EQ(get("/api/v1/plan").status, 422);
}

TEST_F(Api, TheNumbersOfProgramsAreAnObject) {
  for (const char* wrong : {"{}", R"({"programs":3})", R"({"programs":{}})",
                            R"({"programs":{"a":"x"}})", R"({"programs":{"a":0}})"}) {
    EXPECT_EQ(send("/api/v1/plan/scale", wrong).status, 400) << wrong;
  }
  EXPECT_EQ(send("/api/v1/plan/scale", R"({"programs":{"a":2}})").status, 422);  // it is gone
}

TEST_F(Api, OrdersAreJson) {
  EXPECT_EQ(send("/api/v1/processes/a/stop", "", "text/plain").status, 415);
  EXPECT_EQ(send("/api/v1/processes/a/stop", "", "application/x-www-form-urlencoded").status, 415);
  for (const char* body :
       {"[", "[]", "{\"wait\":1}", "{\"other\":true}", "{\"name\":\"a\"}", "{\"wait\":[]}",
        "{\"wait\":true,\"wait\":true}", "\"x\"", "{\"wait\":{}}"}) {
    EXPECT_EQ(send("/api/v1/processes/a/start", body).status, 400) << body;
  }
  EXPECT_EQ(send("/api/v1/processes/a/signal", "{}").status, 400);  // which?
  EXPECT_EQ(send("/api/v1/processes/a/signal", "{\"signal\":\"NOSUCH\"}").status, 400);
  EXPECT_EQ(send("/api/v1/processes/a/signal", "{\"signal\":1}").status, 409);
  const Response started =
      send("/api/v1/processes/a/start", "{\"wait\":false}", "application/json; charset=utf-8");
  EXPECT_EQ(started.status, 200);
  EXPECT_EQ(started.body, "true\n");
  EXPECT_EQ(supervisor_->status(0).state, schema::ProcessState::STARTING);
}

TEST_F(Api, ThePlanIsChangedAsBySupctl) {
  EXPECT_EQ(Json::parse(get("/api/v1/plan/trial").body)["state"], "none");
  EXPECT_EQ(send("/api/v1/plan/apply", "{}").status, 400);  // which file?
  const Response applied = send("/api/v1/plan/apply", "{\"file\":\"/a.conf\",\"confirm\":5}");
  EXPECT_EQ(applied.status, 422);
  EXPECT_NE(applied.body.find("it is gone"), std::string::npos) << applied.body;
}

TEST_F(Api, WhatWaitsIsAnsweredLater) {
  const Response response = send("/api/v1/processes/a/restart");
  ASSERT_NE(response.later, nullptr);
  EXPECT_EQ(next(*response.later), "");
  core::Effects orders;
  supervisor_->handle({}, core::input::Spawned{.process = 0, .pid = 42}, orders);
  supervisor_->handle({std::chrono::seconds(5), {}}, core::input::Tick{}, orders);
  const std::string answer = next(*response.later);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\ntrue\n")) << answer;
}

TEST_F(Api, TheDocumentListsEveryOperationOnce) {
  const Response response = get("/api/v1/openapi.json");
  std::set<std::string> names;
  const auto no_twins = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::key && depth == 2) {
      EXPECT_TRUE(names.insert(parsed.get<std::string>()).second) << parsed;
    }
    return true;
  };
  const Json document = Json::parse(response.body, no_twins);
  EXPECT_EQ(document["openapi"], "3.1.0");
  for (const Operation& operation : operations()) {
    const Json& path = document["paths"]["/api/v1" + std::string(operation.path)];
    EXPECT_TRUE(path.contains(operation.is_order ? "post" : "get")) << operation.path;
  }
  EXPECT_TRUE(document["paths"].contains("/api/v1/events"));
}

TEST_F(Api, DeepBodiesAreRefused) {
  const std::string deep = "{\"wait\":" + std::string(100000, '[');
  EXPECT_EQ(send("/api/v1/processes/a/start", deep).status, 400);
}

TEST_F(Api, EventsAreToldAsTheyHappen) {
  const Response response = get("/api/v1/events");
  ASSERT_NE(response.later, nullptr);
  EXPECT_NE(next(*response.later).find("Content-Type: text/event-stream"), std::string::npos);
  send("/api/v1/processes/a/start", "{\"wait\":false}");
  events_->collect({});
  const std::string text = next(*response.later);
  EXPECT_NE(text.find("\ndata: {\"type\":\"PROCESS_STATE_STARTING\",\"time\":0,\"serial\":null,"
                      "\"fields\":{\"processname\":\"a\",\"groupname\":\"a\","
                      "\"from_state\":\"STOPPED\",\"tries\":0}}\n\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(get("/api/v1/events", "type=NOSUCH").status, 400);
}

TEST_F(Api, EventsAreFiltered) {
  const Response others = get("/api/v1/events", "process=b");
  const Response types = get("/api/v1/events", "type=TICK,REMOTE_COMMUNICATION");
  const Response matching = get("/api/v1/events", "type=PROCESS_STATE&group=a&process=a:a");
  for (const Response* each : {&others, &types, &matching}) next(*each->later);
  send("/api/v1/processes/a/start", "{\"wait\":false}");
  send("/api/v1/events/emit", "{\"type\":\"x y:z\",\"data\":\"l1\\nl2\"}");
  events_->collect({});
  EXPECT_EQ(next(*others.later), "");
  EXPECT_NE(next(*matching.later).find("STARTING"), std::string::npos);
  const std::string remote = next(*types.later);
  EXPECT_EQ(remote.find("STARTING"), std::string::npos);
  EXPECT_NE(remote.find("\"fields\":{\"type\":\"x y:z\"},\"data\":\"l1\\nl2\"}"), std::string::npos)
      << remote;
}

TEST_F(Api, ASlowClientIsToldWhatItMissed) {
  const Response response = get("/api/v1/events");
  next(*response.later);
  constexpr int count = 3000;
  for (int i = 0; i < count; ++i) {
    send("/api/v1/events/emit", "{\"type\":\"t\",\"data\":\"\"}");
    if (i % 100 == 0) events_->collect({});
  }
  events_->collect({});
  const std::string text = next(*response.later);
  EXPECT_NE(text.find("event: missed\ndata: {\"missed\":" +
                      std::to_string(count - EventHub::most_events) + "}\n\n"),
            std::string::npos);
}

TEST_F(Api, WhoComesBackGetsWhatHappenedMeanwhile) {
  const Response first = get("/api/v1/events");
  next(*first.later);
  const auto emit = [&](const std::string& type) {
    send("/api/v1/events/emit", R"({"type":")" + type + R"(","data":""})");
    events_->collect({});
  };
  emit("one");
  const std::string text = next(*first.later);
  const std::size_t begin = text.find("id: ") + 4;
  const std::string id = text.substr(begin, text.find('\n', begin) - begin);
  emit("two");
  const auto come_back = [&](const std::string& with) {
    Request request;
    request.access = rpc::Access(rpc::Role::owner);
    request.method = "GET";
    request.path = "/api/v1/events";
    request.headers.push_back({"Last-Event-ID", with});
    Response response;
    http::answer(*site_, request, response);
    return next(*response.later);
  };
  const std::string again = come_back(id);
  EXPECT_EQ(again.find("\"one\""), std::string::npos);
  EXPECT_NE(again.find("\"two\""), std::string::npos);
  EXPECT_EQ(again.find("missed"), std::string::npos);
  const std::string stranger = come_back("7-1");
  EXPECT_NE(stranger.find("{\"missed\":null}"), std::string::npos);
  EXPECT_NE(stranger.find("\"one\""), std::string::npos);
}

TEST_F(Api, NothingIsKeptWhenNobodyHasListenedForLong) {
  get("/api/v1/events");
  EXPECT_EQ(events_->clients(), 0U);
  send("/api/v1/events/emit", "{\"type\":\"t\",\"data\":\"\"}");
  events_->collect({});
  EXPECT_NE(events_->from(0), nullptr);
  events_->collect({std::chrono::minutes(6), {}});
  EXPECT_EQ(events_->from(0), nullptr);
  send("/api/v1/events/emit", "{\"type\":\"t\",\"data\":\"\"}");
  EXPECT_TRUE(supervisor_->take_observed().empty());
}

TEST(Paths, Match) {
  EXPECT_EQ(match("/a/{name}/b", "/a/x:y/b"), "x:y");
  EXPECT_EQ(match("/a/{name}", "/a/"), std::nullopt);
  EXPECT_EQ(match("/a/{name}/b", "/a/x/y/b"), std::nullopt);
  EXPECT_EQ(match("/a", "/a"), "");
  EXPECT_EQ(match("/a", "/a/"), std::nullopt);
}

TEST(Queries, AreDecoded) {
  const Query query("a=1&b=two%20words+or+so&&c&a=2");
  EXPECT_EQ(query.value("a"), "1");
  EXPECT_EQ(query.value("b"), "two words or so");
  EXPECT_TRUE(query.has("c"));
  EXPECT_FALSE(query.has("d"));
  EXPECT_EQ(encode_percent("a b&\xC3\xA4/~"), "a%20b%26%C3%A4%2F~");
}

}  // namespace
}  // namespace sup::http
