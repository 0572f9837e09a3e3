#include "schema/redact.h"

#include <gtest/gtest.h>

namespace sup::schema {
namespace {

const OptionRow& option(SectionKind kind, std::string_view name) {
  return *find_option(kind, name);
}

TEST(Redact, NamesOfVariablesTellSecrets) {
  for (const std::string_view name : {"PASSWORD",        "DB_PASSWD",     "SECRET",
                                      "app-secret-key",  "GITHUB_TOKEN",  "AUTHTOKEN",
                                      "STRIPE_API_KEY",  "ApiKey",        "SSH_PRIVATE_KEY",
                                      "AWS_CREDENTIALS", "MYSQL_PWD",     "dbPassword",
                                      "DB_PASS",         "PGPASS",        "SIGNING_KEY",
                                      "SSH_KEY",         "JWT",           "GITHUB_PAT",
                                      "SESSION_COOKIE",  "PASSWORD_SALT", "SENTRY_DSN",
                                      "REDIS_AUTH",      "AUTH",          "HTTP_AUTHORIZATION",
                                      "TS_AUTHKEY"})
    EXPECT_TRUE(names_a_secret(name)) << name;
  for (const std::string_view name :
       {"PATH", "PWD", "OLDPWD", "TOKENIZERS_PARALLELISM", "KEYBOARD", "PASSENGER_APP_ENV",
        "BYPASS", "PATTERN", "CACHE_KEY", "AUTHOR", "AUTH_URL", "AUTHORS", "OAUTH_CLIENT_ID", ""})
    EXPECT_FALSE(names_a_secret(name)) << name;
}

TEST(Redact, OnlyThePasswordOfAUrlIsHidden) {
  const auto hide = [](std::string_view text) { return hide_url_passwords(text, TextForm::value); };
  EXPECT_EQ(hide("postgres://app:s3cret@db:5432/app"), "postgres://app:********@db:5432/app");
  EXPECT_EQ(hide("a redis://:x@h b amqp://u:p@h/v"),
            "a redis://:********@h b amqp://u:********@h/v");
  // Characters that nobody escaped.
  EXPECT_EQ(hide("mysql://u:p@ss/w@h/d"), "mysql://u:********@ss/w@h/d");
  EXPECT_EQ(hide("mysql://u:pa/ss@h/d"), "mysql://u:********@h/d");
  for (const std::string_view text : {"http://localhost:9001", "http://h:80/a@b",
                                      "unix:///run/x.sock", "https://user@h/", "://", "a://:"})
    EXPECT_EQ(hide(text), text);
}

TEST(Redact, AddressesThatAreKeysAreHidden) {
  const auto hide = [](std::string_view text) {
    return hide_url_passwords(text, TextForm::written);
  };
  EXPECT_EQ(hide("https://hooks.slack.com/services/T0/B0/x -v"),
            "https://hooks.slack.com/services/******** -v");
  EXPECT_EQ(hide("https://discord.com/api/webhooks/1/x"),
            "https://discord.com/api/webhooks/********");
  EXPECT_EQ(hide("https://h/x?a=1&access_token=abc&b=2#c"),
            "https://h/x?a=1&access_token=********&b=2#c");
  for (const char* text : {"https://hooks.slack.com/services/%(ENV_HOOK)s", "https://slack.com/x/y",
                           "https://h/x?tokens=4", "https://h/x?a=1"})
    EXPECT_EQ(hide(text), text);
}

TEST(Redact, HeadersAndShortOptionsOfKnownPrograms) {
  const auto shown = [](std::string_view text) {
    return hide_command_passwords(text, TextForm::written);
  };
  EXPECT_EQ(shown("curl -H 'Authorization: Bearer abc' http://h"),
            "curl -H 'Authorization: Bearer ********' http://h");
  EXPECT_EQ(shown("curl -H \"X-Api-Key: abc\" -u me:abc"),
            "curl -H \"X-Api-Key: ********\" -u me:********");
  EXPECT_EQ(shown("x -H Authorization:abc y"), "x -H Authorization:******** y");
  EXPECT_EQ(shown("/usr/bin/mysql -uroot -pabc db"), "/usr/bin/mysql -uroot -p******** db");
  EXPECT_EQ(shown("sh -c 'redis-cli -a abc ping; x -a b'"),
            "sh -c 'redis-cli -a ******** ping; x -a b'");
  EXPECT_EQ(shown("env DB_PASSWORD=abc java -Ddb.password=abc x"),
            "env DB_PASSWORD=******** java -Ddb.password=******** x");
  EXPECT_EQ(shown("sshpass -p abc ssh -p 22 h"), "sshpass -p ******** ssh -p 22 h");
  EXPECT_EQ(shown("agent -token abc -v"), "agent -token ******** -v");
  EXPECT_EQ(shown("mysql -p%(ENV_PW)s"), "mysql -p%(ENV_PW)s");
  for (const char* open : {"mysql -p db", "ssh -p 22 h", "app -p 80", "curl -u me h",
                           "gunicorn secrets:app", "x a:b", "-token", "x Author: me", "KEY=1 x"})
    EXPECT_EQ(shown(open), open);
}

TEST(Redact, ASwitchIsNoSecret) {
  EXPECT_EQ(redact_variable("ENABLE_AUTH", "true", TextForm::value), "true");
  EXPECT_EQ(redact_variable("REDIS_AUTH", "abc", TextForm::value), "********");
}

TEST(Redact, ArgumentsTellSecrets) {
  const auto shown = [](std::string_view text) {
    return hide_command_passwords(text, TextForm::written);
  };
  EXPECT_EQ(shown("db --password=abc -v"), "db --password=******** -v");
  EXPECT_EQ(shown("db --api-token abc"), "db --api-token ********");
  EXPECT_EQ(shown("db --password \"a b\" c"), "db --password \"********\" c");
  EXPECT_EQ(shown("sh -c 'db --password=abc'"), "sh -c 'db --password=********'");
  EXPECT_EQ(shown("db --requirepass abc --token="), "db --requirepass ******** --token=");
  EXPECT_EQ(shown("db --password %(ENV_DB_PASSWORD)s"), "db --password %(ENV_DB_PASSWORD)s");
  for (const char* open : {"db --password", "db --password --verbose", "db --max-tokens=4096", "--",
                           "db --password-file=/run/secrets/db", "a--password=b", ""}) {
    EXPECT_EQ(shown(open), open);
  }
  EXPECT_EQ(shown("db postgres://u:pw@h/ --token=x"),
            "db postgres://u:********@h/ --token=********");
}

TEST(Redact, TemplatesSayWhereASecretComesFrom) {
  const OptionRow& password = option(SectionKind::inet_http_server, "password");
  EXPECT_EQ(redact(password, "%(ENV_PASS)s", TextForm::written), "%(ENV_PASS)s");
  EXPECT_EQ(redact(password, "%(ENV_PASS)s", TextForm::value), "********");
  EXPECT_EQ(redact(password, "x%(ENV_PASS)s", TextForm::written), "********");
  EXPECT_EQ(redact(password, "", TextForm::value), "");
}

TEST(Redact, AnEnvironmentKeepsWhatIsNoSecret) {
  const OptionRow& environment = option(SectionKind::program, "environment");
  EXPECT_EQ(redact(environment, "A=1, B='2'", TextForm::written), "A=1, B='2'");
  const std::string shown = redact(environment,
                                   "A=1,DB_PASSWORD='x y',MAX_TOKENS=4096,"
                                   "DB_PASSWORD_FILE=/run/secrets/db",
                                   TextForm::written);
  EXPECT_EQ(shown.find("x y"), std::string::npos);
  EXPECT_NE(shown.find("********"), std::string::npos);
  EXPECT_NE(shown.find("4096"), std::string::npos);
  EXPECT_NE(shown.find("/run/secrets/db"), std::string::npos);
  // What cannot be read is not searched for the parts that may be shown.
  EXPECT_EQ(redact(environment, "A=1,PASSWORD=\"x", TextForm::written), "********");
}

TEST(Redact, AValueMadeOfASecretVariableIsShownAsItsTemplate) {
  const OptionRow& command = option(SectionKind::program, "command");
  EXPECT_EQ(redact_bound(command, "app --t %(ENV_API_TOKEN)s", "app --t hunter2"),
            "app --t %(ENV_API_TOKEN)s");
  EXPECT_EQ(redact_bound(command, "app %(ENV_PORT)s", "app 80"), "app 80");
  const EnvironmentValue shown = redact_bound_environment("A=%(ENV_API_TOKEN)s,B=%(ENV_PORT)s",
                                                          {
                                                              {"A", "hunter2"},
                                                              {"B", "80"     }
  });
  EXPECT_EQ(shown.at(0).second, "%(ENV_API_TOKEN)s");
  EXPECT_EQ(shown.at(1).second, "80");
}

}  // namespace
}  // namespace sup::schema
