#include "lint/settings.h"

#include <gtest/gtest.h>

#include "lint/lint.h"
#include "lint/path_pattern.h"
#include "lint/policy.h"
#include "lint/selection.h"
#include "lint/settings_file.h"

namespace sup::lint {
namespace {

Settings settings_from(const std::string& toml, std::size_t mistakes = 0) {
  compiler::SourceMap sources;
  const compiler::SourceId source = sources.add({".supcheck.toml", toml, {}});
  compiler::Diagnostics out;
  Settings settings = read_settings(sources, source, "conf/", "/srv/conf/", out);
  EXPECT_EQ(out.all().size(), mistakes) << toml;
  return settings;
}

const compiler::Rule& rule(std::string_view name) {
  const compiler::Rule* found = find_rule(name);
  EXPECT_NE(found, nullptr) << name;
  return *found;
}

TEST(RuleSelector, MeansRulesByIdNameFamilyOrAll) {
  const auto aim = [](std::string_view selector, std::string_view name) {
    return RuleSelector::from_text(selector)->aim_at(rule(name));
  };
  EXPECT_EQ(aim("sup202", "SUP202"), Aim::rule);
  EXPECT_EQ(aim("Unknown-Option", "SUP202"), Aim::rule);
  EXPECT_EQ(aim("SUP2", "SUP202"), Aim::family);
  EXPECT_EQ(aim("sup2xx", "SUP202"), Aim::family);
  EXPECT_EQ(aim("all", "SUP202"), Aim::all);
  EXPECT_EQ(aim("SUP12", "SUP1201"), Aim::family);
  EXPECT_EQ(aim("SUP12", "SUP123"), Aim::none) << "SUP1xx is family 1";
  EXPECT_EQ(aim("SUP1", "SUP1001"), Aim::none);
  for (const char* none : {"", "SUP", "SUP99", "SUP2021", "unknown", "2", "SUPSUPSUPSUPSUPSUPSUP"})
    EXPECT_FALSE(RuleSelector::from_text(none)) << none;
}

struct Chosen {
  std::string toml;
  std::string command_line;
  bool runs_202;   // on by default
  bool runs_1501;  // off by default
};

class Selections : public testing::TestWithParam<Chosen> {};

TEST_P(Selections, AreAsSaid) {
  const Settings file = settings_from(GetParam().toml);
  const Settings line = settings_from(GetParam().command_line);
  const std::array<const Settings*, 2> layers{&file, &line};
  const Selection selection(layers, false);
  EXPECT_EQ(selection.runs(rule("SUP202")), GetParam().runs_202);
  EXPECT_EQ(selection.runs(rule("SUP1501")), GetParam().runs_1501);
}

INSTANTIATE_TEST_SUITE_P(
    , Selections,
    testing::Values(Chosen{"", "", true, false}, Chosen{"select = ['ALL']", "", true, true},
                    Chosen{"select = []", "", false, false},
                    Chosen{"select = ['SUP15']", "", false, true},
                    Chosen{"extend-select = ['SUP15']", "", true, true},
                    Chosen{"ignore = ['SUP2']", "", false, false},
                    Chosen{"ignore = ['SUP2']", "extend-select = ['SUP202']", true, false},
                    Chosen{"ignore = ['SUP2']", "select = ['SUP1501']", false, true},
                    Chosen{"select = ['SUP202']\nignore = ['ALL']", "", true, false},
                    Chosen{"select = ['SUP2']\nignore = ['SUP2']", "", false, false},
                    Chosen{"extend-select = ['SUP1501']", "ignore = ['SUP15']", true, false},
                    Chosen{"severity.SUP202 = 'off'", "", false, false},
                    Chosen{"severity.SUP202 = 'off'\nseverity.ALL = 'error'", "", false, false},
                    Chosen{"severity.SUP1501 = 'warning'", "", true, true},
                    Chosen{"severity.SUP15 = 'warning'", "", true, false},
                    Chosen{"severity.SUP202 = 'style'", "", false, false}));

TEST(Selection, GivesSeverities) {
  const Settings settings =
      settings_from("severity = { SUP2 = 'info', unknown-option = 'error' }\n");
  const std::array<const Settings*, 1> layers{&settings};
  const Selection selection(layers, false);
  compiler::Diagnostic finding;
  finding.rule = &rule("SUP202");
  finding.severity = Severity::warning;
  EXPECT_EQ(selection.severity_of(finding), Severity::error);
  finding.rule = &rule("SUP204");
  EXPECT_EQ(selection.severity_of(finding), Severity::info);
  finding.rule = &rule("SUP107");
  EXPECT_EQ(selection.severity_of(finding), Severity::warning);
  finding.severity = Severity::style;
  EXPECT_EQ(selection.severity_of(finding), std::nullopt) << "nobody asked for style";
}

TEST(Settings, OfTheCommandLineAreReadAsThoseOfAFile) {
  const auto settings = settings_from_words({
      {"select",   {"SUP6,SUP801", "unknown-option"}},
      {"severity", {"SUP202=error"}                 },
      {"ignore",   {}                               }
  });
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->select->size(), 3U);
  EXPECT_EQ(settings->severity->size(), 1U);
  EXPECT_FALSE(settings->ignore);
  const auto wrong = [](std::string_view key, const std::string& word) {
    return settings_from_words({
                                   {key, {word}}
    })
        .error()
        .message;
  };
  EXPECT_EQ(wrong("ignore", "unknown-optoin"),
            "--ignore: there is no rule `unknown-optoin`; did you mean `unknown-option`?");
  EXPECT_EQ(wrong("severity", "SUP202"), "--severity: `SUP202` has no severity; write RULE=LEVEL");
  EXPECT_EQ(wrong("failure-threshold", "off"),
            "--failure-threshold: there is no severity `off`; error, warning, info or style");
}

TEST(Settings, ArePrintedAsTheyAreRead) {
  const Settings settings = settings_from(
      "select = [\"SUP2\", \"unknown-option\"]\nseverity = { SUP202 = \"off\" }\n"
      "target = \"4.3\"\ntemplate = \"jinja\"\ncontainer = true\nstop-timeout = 5\n"
      "log-limit = \"1KB\"\nexclude = [\"a\\\"b\"]\nbaseline = \"known.json\"\n"
      "env = [\"A=secret\"]\n[[per-path]]\npaths = [\"x\"]\nignore = [\"SUP2\"]\n");
  const std::string printed = print_settings(settings);
  EXPECT_EQ(printed.find("secret"), std::string::npos) << "values of variables are not shown";
  EXPECT_NE(printed.find("baseline = \"conf/known.json\""), std::string::npos) << printed;
  EXPECT_NE(printed.find("# failure-threshold = \"warning\"\n"), std::string::npos) << printed;
  const Settings again = settings_from(printed);
  EXPECT_EQ(again.exclude->front().text, "a\"b");
  EXPECT_EQ(again.log_limit->count, 1024);
  EXPECT_EQ(again.per_path.size(), 1U);
}

TEST(Settings, HostileTextIsRefusedInTime) {
  std::string dots = "a";
  for (int i = 0; i < 100'000; ++i) dots += ".a";
  settings_from(dots + " = 1", 1);
  settings_from("[" + dots + "]", 1);
  settings_from("a = " + std::string(200'000, '['), 1);
  settings_from("x = '''" + dots + "'''\n# " + dots, 1);  // an unknown setting, and no dots
  settings_from(std::string(std::size_t{2} << 20U, '#'), 1);
  settings_from(std::string("\0\xFF\x01", 3), 1);
  std::string many = "ignore = [";
  for (int i = 0; i < 50'000; ++i) many += "'no-rule-" + std::to_string(i) + "',";
  settings_from(many + "]", 100);
}

struct Match {
  const char* pattern;
  const char* path;
  bool matches;
};

class PathPatterns : public testing::TestWithParam<Match> {};

TEST_P(PathPatterns, Match) {
  const PathPattern pattern{"/srv/", GetParam().pattern};
  EXPECT_EQ(matches(pattern, GetParam().path), GetParam().matches)
      << GetParam().pattern << " " << GetParam().path;
}

INSTANTIATE_TEST_SUITE_P(
    , PathPatterns,
    testing::Values(
        Match{"*.conf", "/srv/a/b.conf", true}, Match{"*.conf", "/srv/b.ini", false},
        Match{"old", "/srv/old/a.conf", true}, Match{"old/", "/srv/old/a.conf", true},
        Match{"old", "/srv/older/a.conf", false}, Match{"a/*.conf", "/srv/a/b.conf", true},
        Match{"a/*.conf", "/srv/a/c/b.conf", false}, Match{"./a/*.conf", "/srv/a/b.conf", true},
        Match{"a/**", "/srv/a/c/b.conf", true}, Match{"a/**/b.conf", "/srv/a/b.conf", true},
        Match{"a/**/b.conf", "/srv/a/c/d/b.conf", true},
        Match{"a/**/b.conf", "/srv/a/xb.conf", false}, Match{"**/b.conf", "/srv/b.conf", true},
        Match{"a/b", "/srv/a/b/c.conf", true}, Match{"a/b", "/srv/x/a/b", false},
        Match{"/etc/*.conf", "/etc/a.conf", true}, Match{"*.conf", "/etc/a.conf", false},
        Match{"[ab].conf", "/srv/a.conf", true}, Match{"[!a-b].conf", "/srv/b.conf", false},
        Match{"?.conf", "/srv/.conf", false}, Match{"[a", "/srv/[a", true}));

TEST(PathPattern, ManyStarsTakeLittleTime) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  EXPECT_FALSE(matches_glob(pattern + "b", std::string(4000, 'a')));
}

class PoliciesOfFiles : public testing::Test {
 protected:
  Policies policies(PolicySources sources = {}) { return Policies(files_, std::move(sources)); }

  compiler::MemoryFileSystem files_;
};

TEST_F(PoliciesOfFiles, TheNearestSettingsFileCountsAlone) {
  files_.files["/srv/.supcheck.toml"] = "container = true\ntarget = '4.3'\n";
  files_.files["/srv/a/b/.supcheck.toml"] = "style = true\n";
  Policies found(files_, {});
  EXPECT_TRUE(found.of("/srv/a/x.conf").options.container);
  EXPECT_EQ(found.of("/srv/a/x.conf").file, "srv/.supcheck.toml");
  EXPECT_TRUE(found.of("/srv/a/x.conf").options.target_is_explicit);
  EXPECT_FALSE(found.of("/srv/a/b/x.conf").options.container);
  EXPECT_TRUE(found.of("/srv/a/b/x.conf").options.style);
  EXPECT_EQ(found.of("/x.conf").file, "");
  EXPECT_EQ(&found.of("/srv/a/x.conf"), &found.of("/srv/y.conf")) << "one for all alike";
}

TEST_F(PoliciesOfFiles, TheCommandLineWins) {
  files_.files["/srv/.supcheck.toml"] =
      "target = '4.3'\nignore = ['SUP202']\nexclude = ['old']\n"
      "[[per-path]]\npaths = ['a/*']\nignore = ['SUP204']\n";
  PolicySources sources;
  sources.command_line.target = schema::target_from_name("4.4");
  sources.command_line.extend_select = {*RuleSelector::from_text("SUP202")};
  Policies found(files_, sources);
  EXPECT_EQ(schema::target_name(found.of("/srv/x.conf").options.target), "4.4");
  EXPECT_TRUE(found.of("/srv/x.conf").selection.runs(rule("SUP202")));
  EXPECT_TRUE(found.of("/srv/x.conf").selection.runs(rule("SUP204")));
  EXPECT_FALSE(found.of("/srv/a/x.conf").selection.runs(rule("SUP204")));
  EXPECT_TRUE(found.excludes("/srv/old/x.conf"));
  EXPECT_FALSE(found.excludes("/srv/new/x.conf"));

  sources.isolated = true;
  Policies isolated(files_, sources);
  EXPECT_FALSE(isolated.excludes("/srv/old/x.conf"));

  sources.config_file = "/nowhere.toml";
  Policies missing(files_, sources);
  (void)missing.of("/srv/x.conf");
  EXPECT_EQ(missing.failures().size(), 1U);
}

}  // namespace
}  // namespace sup::lint
