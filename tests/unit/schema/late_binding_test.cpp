#include "schema/late_binding.h"

#include <gtest/gtest.h>

#include "schema/environment_template.h"
#include "tests/unit/schema/plan_builder.h"

namespace sup::schema {
namespace {

const auto no_value = [](std::string_view) -> std::optional<std::string> { return std::nullopt; };

TEST(LateBinding, UsesAreToldWithTheirPlace) {
  PlanBuilder builder;
  builder.section("supervisord").section("program:a").set("command", "x %(ENV_A)s %(ENV_B)s");
  builder.section("rpcinterface:r").extra("key", "%(ENV_C)s");
  builder.section("supervisorctl").set("prompt", "%(ENV_D)s");
  const Plan plan = builder;
  const auto uses = variable_uses(plan);
  ASSERT_EQ(uses.size(), 3U);
  EXPECT_EQ(uses[0].variable, "A");
  EXPECT_EQ(used_in(plan, uses[0]), "command");
  EXPECT_EQ(plan.place(used_at(plan, uses[0])), "web.conf:3");
  EXPECT_EQ(uses[2].variable, "C");
  EXPECT_EQ(used_in(plan, uses[2]), "key");
  EXPECT_EQ(required_environment(plan), (std::vector<std::string>{"A", "B", "C"}));
}

TEST(LateBinding, ABakedPlanMeansTheSameWithoutTheVariable) {
  PlanBuilder builder;
  builder.section("supervisord").set("environment", "G=\"%(ENV_A)s\"");
  builder.section("program:a").set("command", "x %(ENV_A)s %%d %(ENV_OWN)s %(ENV_G)s");
  builder.set("environment", "OWN=\"%(ENV_A)s\"").set("stdout_logfile", "/l/%(ENV_A)s");
  const Facts facts = facts_with("A", "50");
  const Plan open = builder;
  Plan baked = open;
  EXPECT_EQ(bake_environment(baked, facts.environment), std::vector<std::string>{"A"});
  EXPECT_TRUE(required_environment(baked).empty());
  const auto before = instantiate(open, facts);
  const auto after = instantiate(baked, Facts{});
  ASSERT_TRUE(before.faults.empty());
  ASSERT_TRUE(after.faults.empty());
  const ProcessOptions& a = before.resolved.groups.at(0).processes.at(0).options;
  const ProcessOptions& b = after.resolved.groups.at(0).processes.at(0).options;
  EXPECT_EQ(b.command, "x 50 %d 50 50");
  for (const OptionRow& row : option_rows()) {
    if (row.block == ProcessOptions::block) {
      EXPECT_TRUE(row.equal(&a, &b)) << row.name;
    }
  }
}

TEST(LateBinding, PercentSignsOfAValueSurvive) {
  PlanBuilder builder;
  builder.section("supervisord").section("program:a").set("command", "x %(ENV_A)s");
  Plan plan = builder;
  bake_environment(plan, facts_with("A", "100%(ENV_B)s").environment);
  EXPECT_TRUE(required_environment(plan).empty());
  EXPECT_EQ(instantiate(plan, Facts{}).resolved.groups.at(0).processes.at(0).options.command,
            "x 100%(ENV_B)s");
}

TEST(LateBinding, AnUnquotedTemplateDefinesItsVariable) {
  EnvironmentValue variables;
  ASSERT_TRUE(read_environment_template(
      "A=%(ENV_X)s,B=x%(process_num)02d,template_0z='%%',D=\"a,b\"", variables));
  const EnvironmentValue expected{
      {"A",           "%(ENV_X)s"         },
      {"B",           "x%(process_num)02d"},
      {"template_0z", "%%"                },
      {"D",           "a,b"               }
  };
  EXPECT_EQ(variables, expected);
  for (const std::string_view text : {"A=\"%(ENV_X", "A=", "%(ENV_X)s"})
    EXPECT_FALSE(read_environment_template(text, variables)) << text;
  PlanBuilder plan;
  plan.section("supervisord").section("program:a").set("command", "x %(ENV_PORT)s");
  plan.set("environment", "PORT=%(ENV_OUTER)s");
  EXPECT_EQ(required_environment(plan), std::vector<std::string>{"OUTER"});
}

TEST(LateBinding, WhatIsNotGivenStaysOpen) {
  PlanBuilder builder;
  builder.section("supervisord").section("program:a").set("command", "x %(ENV_A)s");
  Plan plan = builder;
  const Plan before = plan;
  EXPECT_TRUE(bake_environment(plan, no_value).empty());
  EXPECT_EQ(plan, before);
}

}  // namespace
}  // namespace sup::schema
