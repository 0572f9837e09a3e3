// /health and /metrics against a supervisor whose children are told of and never run.
#include "runtime/http/health.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "runtime/http/metrics.h"
#include "runtime/rpc/json.h"
#include "tests/unit/http/site_test.h"

namespace sup::http {
namespace {

class Health : public SiteTest {
 protected:
  Health() {
    autostart_ = true;
    restart();
  }

  void tell(const core::Input& input) {
    core::Effects orders;
    supervisor_->handle(machine_.time, input, orders);
  }

  void pass(std::chrono::seconds time) {
    machine_.time.steady += time;
    machine_.time.wall += time;
    tell(core::input::Tick{});
  }

  void run() {
    tell(core::input::Spawned{.process = 0, .pid = 42});
    pass(std::chrono::seconds(5));
  }
};

TEST_F(Health, TheDaemonIsThere) {
  const Response response = ask("GET", "/health");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"status":"ok","pid":4711,"version":")" SUP_VERSION R"("})");
  EXPECT_EQ(ask("POST", "/health").status, 405);
}

TEST_F(Health, ReadyWhenAllAreUp) {
  Response response = ask("GET", "/health/ready");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, R"({"status":"not ready","ready":0,"not_ready":1,"processes":)"
                           R"([{"name":"a","state":"STARTING","why":"is starting"}]})");
  run();
  response = ask("GET", "/health/ready");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"status":"ready","ready":1,"not_ready":0,"processes":[]})");
}

TEST_F(Health, AnExitCountsByItsStatus) {
  run();
  tell(core::input::Exited{.pid = 42, .status = {.number = 0}});
  ASSERT_EQ(supervisor_->status(0).state, schema::ProcessState::EXITED);
  EXPECT_EQ(why_not_ready(*supervisor_, 0), "");
  core::Effects orders;
  supervisor_->start_process(machine_.time, 0, orders);
  run();
  tell(core::input::Exited{.pid = 42, .status = {.number = 3}});
  EXPECT_NE(why_not_ready(*supervisor_, 0), "");
}

TEST_F(Health, WhatSomebodyStoppedIsAsItShouldBe) {
  run();
  core::Effects orders;
  supervisor_->stop_process(machine_.time, 0, orders);
  EXPECT_EQ(why_not_ready(*supervisor_, 0), "is stopping");
  tell(core::input::Exited{
      .pid = 42, .status = {.by_signal = true, .number = 15}
  });
  EXPECT_EQ(why_not_ready(*supervisor_, 0), "");
}

TEST_F(Health, AFailedStartIsToldOf) {
  tell(core::input::SpawnFailed{.process = 0, .reason = "can't find command '/no'"});
  EXPECT_EQ(why_not_ready(*supervisor_, 0), "can't find command '/no'");
}

TEST_F(Health, MetricsOfAProcess) {
  machine_.put("/a.log", "12345");
  run();
  ask("POST", "/RPC2", "<methodCall><methodName>suprun.getVersion</methodName></methodCall>");
  const std::string text = ask("GET", "/metrics").body;
  for (const char* line :
       {"supervisor_process_up{group=\"a\",name=\"a\"} 1",
        "supervisor_process_state{group=\"a\",name=\"a\"} 20",
        "supervisor_process_starts_total{group=\"a\",name=\"a\"} 1",
        "supervisor_process_cpu_seconds_total{group=\"a\",name=\"a\"} 1.5",
        "supervisor_process_resident_memory_bytes{group=\"a\",name=\"a\"} 4096",
        "supervisor_process_log_bytes{group=\"a\",name=\"a\",channel=\"stdout\"} 5",
        "supervisor_processes{state=\"RUNNING\"} 1", "supervisor_processes{state=\"FATAL\"} 0",
        "supervisor_events_total{type=\"PROCESS_STATE_RUNNING\"} 1",
        "supervisor_rpc_request_duration_seconds_count{method=\"suprun.getVersion\"} 1",
        "supervisor_rpc_request_duration_seconds_bucket{method=\"suprun.getVersion\",le=\"0.0001\"}"
        " "
        "1",
        "supervisor_rpc_faults_total{method=\"suprun.getVersion\"} 0"}) {
    EXPECT_NE(text.find(std::string("\n") + line + "\n"), std::string::npos) << line;
  }
}

TEST(MetricsText, LabelsAreEscaped) {
  std::string labels;
  append_label(labels, "a", "x\"\\\n\xC3\xA4\xFF");
  append_label(labels, "b", "");
  EXPECT_EQ(labels, "a=\"x\\\"\\\\\\n\xC3\xA4\xEF\xBF\xBD\",b=\"\"");
}

TEST(Json, Values) {
  std::string out;
  rpc::JsonWriter json(out);
  json.value(rpc::Struct{
      {"list",  rpc::Array{1, true, {}, 0.5, rpc::Array{}}},
      {"empty", rpc::Struct{}                             },
      {"text",  "\"\\\n\x01\x7F\xC3\xA4\xFF/"             },
      {"large", std::int64_t{1} << 40                     },
  });
  EXPECT_EQ(out,
            "{\"list\":[1,true,null,0.5,[]],\"empty\":{},"
            "\"text\":\"\\\"\\\\\\n\\u0001\\u007f\xC3\xA4\xEF\xBF\xBD/\",\"large\":1099511627776}");
}

}  // namespace
}  // namespace sup::http
