#include "schema/secrets.h"

#include <gtest/gtest.h>

#include "schema/late_binding.h"
#include "schema/plan_io.h"
#include "tests/unit/schema/plan_builder.h"

namespace sup::schema {
namespace {

TEST(Secrets, AreHiddenWhereverTheyStand) {
  Secrets secrets;
  EXPECT_TRUE(secrets.empty());
  secrets.add("hunter2");
  secrets.add("hunter2-long");
  secrets.add("100%");
  secrets.add("abc");
  secrets.add("x");  // too short to be told from other texts
  EXPECT_EQ(secrets.conceal("web-hunter2:hunter2-long x"), "web-********:******** x");
  EXPECT_EQ(secrets.conceal("abc abcd _abc xabc=abc"), "******** abcd _******** xabc=********");
  EXPECT_EQ(secrets.conceal("100% 100%%"), "******** ********");
  EXPECT_TRUE(secrets.shows_in("x hunter2"));
  EXPECT_FALSE(secrets.shows_in("x hunter"));
}

TEST(Secrets, AreKnownByNamesAndByWhatIsMadeOfThem) {
  PlanBuilder builder;
  builder.section("supervisord");
  builder.section("inet_http_server").set("port", "%(ENV_PORT)s").set("password", "%(ENV_ADMIN)s");
  builder.section("program:a").set("command", "x %(ENV_API_TOKEN)s %(ENV_HOME)s");
  builder.set("environment", "DB_PASSWORD=\"%(ENV_DB)s\",A=\"%(ENV_A)s\"");
  builder.section("rpcinterface:r").extra("secret", "%(ENV_R)s");
  EXPECT_EQ(secret_variables(builder),
            (std::set<std::string, std::less<>>{"ADMIN", "API_TOKEN", "DB", "R"}));
}

TEST(Secrets, ComeFromTheMachineAndFromThePlan) {
  PlanBuilder builder;
  builder.section("supervisord").set("environment", "OWN_TOKEN=\"hunter3\",X_TOKEN=\"unused\"");
  builder.section("program:a").set("command", "x %(ENV_API_TOKEN)s %(ENV_OWN_TOKEN)s");
  const Facts facts = facts_with("API_TOKEN", "hunter2");
  const Plan& plan = builder;
  const auto bound = instantiate(plan, facts);
  const Secrets secrets = secrets_of(plan, &bound.resolved, facts.environment);
  EXPECT_EQ(secrets.conceal("hunter2 hunter3 unused"), "******** ******** unused");
  EXPECT_TRUE(secrets_of(plan, nullptr, {}).empty());
  // Says where to look.
  PlanBuilder other;
  other.section("program:a").set("command", "x %(ENV_API_TOKEN_FILE)s");
  EXPECT_TRUE(
      secrets_of(other, nullptr, facts_with("API_TOKEN_FILE", "/run/token").environment).empty());
}

TEST(Secrets, ABakedPlanRemembersItsOwn) {
  PlanBuilder builder;
  builder.section("supervisord");
  builder.section("program:a").set("command", "x %(ENV_API_TOKEN)s");
  Plan plan = builder;
  bake_environment(plan, facts_with("API_TOKEN", "hunter%2").environment);
  EXPECT_EQ(plan.secrets, std::vector<std::string>{"hunter%2"});
  const auto read = decode_plan(encode_plan(plan));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, plan);
  EXPECT_EQ(secrets_of(*read, nullptr, {}).conceal(read->sections[1].settings[0].text),
            "x ********");
  Plan open = builder;
  bake_environment(open, facts_with("PORT", "8000").environment);
  EXPECT_TRUE(open.secrets.empty());
}

}  // namespace
}  // namespace sup::schema
