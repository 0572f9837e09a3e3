#include "lint/commands.h"

#include <gtest/gtest.h>

namespace sup::lint {
namespace {

CommandLine parse(std::string_view value) {
  return parse_command(value, [](std::string_view part) -> std::optional<std::string> {
    if (part == "%(here)s/run") return "/etc/run";
    return std::nullopt;
  });
}

std::string_view place(std::string_view value, const Word& word) {
  return value.substr(word.begin, word.end - word.begin);
}

TEST(Commands, WordsKeepTheirPlaces) {
  const std::string_view value = R"(/bin/a  "b c" d\ e '')";
  const CommandLine command = parse(value);
  ASSERT_EQ(command.words.size(), 4U);
  EXPECT_EQ(command.words[1].text, "b c");
  EXPECT_EQ(place(value, command.words[1]), "\"b c\"");
  EXPECT_EQ(command.words[2].text, "d e");
  EXPECT_EQ(command.words[3].text, "");
  EXPECT_EQ(command.program, "a");
}

TEST(Commands, NothingOfAnEarlierCommandIsLeft) {
  CommandLine command = parse("sudo -u app sh -c 'exec nice php -f /srv/run.php --help'");
  EXPECT_EQ(command.program, "run.php");
  EXPECT_TRUE(command.is_question());
  const auto expand = [](std::string_view) { return std::optional<std::string>(); };
  command.read("'open", expand);
  EXPECT_FALSE(command.error.empty());
  command.read("/bin/a b", expand);
  EXPECT_TRUE(command.error.empty());
  EXPECT_EQ(command.words.size(), 2U);
  EXPECT_EQ(command.argv.size(), 2U);
  EXPECT_EQ(command.program, "a");
  EXPECT_TRUE(command.interpreter.empty());
  EXPECT_TRUE(command.wrappers.empty());
  EXPECT_FALSE(command.script);
  EXPECT_EQ(command.script_word, 0U);
  EXPECT_FALSE(command.is_question());
}

TEST(Commands, TheLastWordOfAnErrorIsTheOpenOne) {
  const std::string_view value = "/bin/a 'b c";
  const CommandLine command = parse(value);
  EXPECT_EQ(command.error, "No closing quotation");
  ASSERT_EQ(command.words.size(), 2U);
  EXPECT_EQ(place(value, command.words[1]), "'b c");
  EXPECT_TRUE(command.argv.empty());
  EXPECT_EQ(parse("a\\").error, "No escaped character");
}

TEST(Commands, WrappersAreLookedThrough) {
  struct Case {
    std::string_view value;
    std::string_view program;
    std::size_t wrappers;
  };

  constexpr Case cases[] = {
      {"env -i -u X A=1 B=2 /bin/run x",               "run",        1},
      {"nice -n 5 ionice -c 2 -n 7 run",               "run",        2},
      {"nice -10 run",                                 "run",        1},
      {"sudo -E -u app A=1 run",                       "run",        1},
      {"gosu app run",                                 "run",        1},
      {"timeout -k 5 10 run",                          "run",        1},
      {"tini -g -- run",                               "run",        1},
      {"stdbuf -oL run",                               "run",        1},
      {"bundle exec puma -d",                          "puma",       1},
      {"bundle install",                               "bundle",     0},
      {"poetry run celery worker",                     "celery",     1},
      {"su app -c \"exec run\"",                       "run",        2},
      {"runuser -u app -- run",                        "run",        1},
      {"python3.11 -u -m gunicorn -D app",             "gunicorn",   0},
      {"php -d a=1 /srv/artisan queue:work",           "artisan",    0},
      {"php-fpm8.1 -F",                                "php-fpm8.1", 0},
      {"node app.js",                                  "app.js",     0},
      {"python -c 'import x'",                         "python",     0},
      {"sh /srv/run.sh start",                         "run.sh",     1},
      {"bash -lc \"cd /srv && exec run x | tee log\"", "run",        2},
      {"bash -o pipefail -c 'a || b'",                 "a",          1},
      {"sh -c \"while true; do a; done\"",             "",           1},
      {"sh -c \"A=1 B=2 run\"",                        "run",        1},
      {"sh",                                           "sh",         0},
      {"sh -c",                                        "",           0},
      {"%(ENV_RUN)s x",                                "",           0},
      {"%(here)s/run x",                               "run",        0},
      {"%(ENV_BIN)s/run x",                            "run",        0},
      {"env",                                          "env",        0}
  };
  for (const Case& each : cases) {
    const CommandLine command = parse(each.value);
    EXPECT_EQ(command.program, each.program) << each.value;
    EXPECT_EQ(command.wrappers.size(), each.wrappers) << each.value;
  }
}

TEST(Commands, WordsOfScriptsHavePlacesInTheValue) {
  const std::string_view value = "sh -c \"cd /srv && exec 'my run' --x\"";
  const CommandLine command = parse(value);
  ASSERT_EQ(command.argv.size(), 2U);
  EXPECT_EQ(command.argv[0].text, "my run");
  EXPECT_EQ(place(value, command.argv[0]), "'my run'");
  EXPECT_EQ(place(value, command.argv[1]), "--x");
  // With an escape inside, the bytes do not stand as they are read.
  const std::string_view escaped = R"(sh -c "echo \"a\"")";
  EXPECT_EQ(place(escaped, parse(escaped).argv[0]), R"("echo \"a\"")");
}

TEST(Commands, ScriptsAreCutAtTheirJoints) {
  const Script script = parse_script("A=1 a b 2>&1 >log; c && d || e | f & g", 0, 0, false);
  ASSERT_EQ(script.steps.size(), 6U);
  EXPECT_TRUE(script.steps[0].has_assignment);
  EXPECT_EQ(script.steps[0].words.size(), 2U);
  EXPECT_EQ(script.steps[0].next, Joint::sequence);
  EXPECT_EQ(script.steps[1].next, Joint::both);
  EXPECT_EQ(script.steps[2].next, Joint::either);
  EXPECT_EQ(script.steps[3].next, Joint::pipe);
  EXPECT_EQ(script.steps[4].next, Joint::background);
  EXPECT_EQ(script.steps[5].next, Joint::end);
  EXPECT_FALSE(script.is_compound);
  EXPECT_TRUE(parse_script("(a; b)", 0, 0, false).is_compound);
  EXPECT_TRUE(parse_script("cat <<E\nx\nE", 0, 0, false).is_compound);
  EXPECT_TRUE(parse_script("trap x TERM; a", 0, 0, false).has_trap);
  EXPECT_TRUE(parse_script("a; # c; d", 0, 0, false).steps.size() == 1);
}

TEST(Commands, NothingEndsBadly) {
  // Every cut of odd texts: neither a crash nor an endless loop.
  constexpr std::string_view text =
      "sh -c \"a 'b $(c ${d `e` %(ENV_F)s <<< 2>&1 && || | & ; ( ) { } \\\" \" sudo -u 'x";
  for (std::size_t end = 0; end <= text.size(); ++end) {
    for (std::size_t begin = 0; begin < end; begin += 3) {
      const std::string_view part = text.substr(begin, end - begin);
      const CommandLine command = parse(part);
      for (const Word& word : command.argv) EXPECT_LE(word.end, part.size());
      parse_script(part, 0, part.size(), true);
    }
  }
  std::string nested;
  for (int i = 0; i < 50; ++i) nested += "env nice ";
  EXPECT_TRUE(parse(nested + "run").program.empty());
}

TEST(Commands, OptionsAreFound) {
  const CommandLine command = parse("app serve --port=80 --bind 1.2.3.4 -d");
  EXPECT_EQ(command.value_of({"--port"}), "80");
  EXPECT_EQ(command.value_of({"--bind"}), "1.2.3.4");
  EXPECT_FALSE(command.value_of({"--por"}));
  EXPECT_TRUE(command.has({"-d"}));
  EXPECT_EQ(command.subcommand(), "serve");
}

}  // namespace
}  // namespace sup::lint
