#include "runtime/listeners/tables.h"

#include <algorithm>

#include "schema/result.h"

namespace sup::listeners {

namespace {

using Table = std::vector<Argument>;

Table joined(std::initializer_list<Table> tables) {
  Table all;
  for (const Table& table : tables) all.insert(all.end(), table.begin(), table.end());
  return all;
}

// clang-format off

// Beyond superlance's. Their names begin with letters that no option of superlance begins with, so
// that abbreviations in existing configurations mean what they did.
Table mail_arguments() {
  return {
      {"mail-smtp",          0,   "HOST[:PORT]", "deliver to this SMTP server, not through sendmail"},
      {"mail-sendmail",      0,   "COMMAND",     "deliver through this command"},
      {"mail-from",          0,   "ADDRESS",     "sender"},
      {"mail-tls",           0,   "none|starttls|tls", "encryption: by STARTTLS, or from the first byte"},
      {"mail-user",          0,   "NAME",        "user name for the SMTP server"},
      {"mail-password-file", 0,   "FILE",        "its password; otherwise from $SMTP_PASSWORD"},
      {"mail-ca-file",       0,   "FILE",        "trust the authorities in this PEM file"},
      {"mail-insecure",      0,   "",            "do not verify the server's certificate"},
      {"mail-timeout",       0,   "SECONDS",     "for one attempt (30)"},
      {"queue",              0,   "DIR",         "keep mails there until they are delivered"},
      {"compat",             0,   "",            "do as superlance does, also where that is wrong"},
  };
}

Table crashmail_arguments() {
  return {
      {"help",               'h', "",            "print this and leave"},
      {"program",            'p', "NAME",        "only this one: NAME, GROUP:NAME or GROUP:*; repeatable"},
      {"any",                'a', "",            "all programs, as without -p"},
      {"optionalheader",     'o', "TEXT",        "begin the subject with TEXT"},
      {"sendmail_program",   's', "COMMAND",     "deliver through it (/usr/sbin/sendmail -t -i)"},
      {"email",              'm', "ADDRESS",     "send to it; without, nothing is sent"},
  };
}

Table batch_arguments() {
  return {
      {"help",               'h', "",            "print this and leave"},
      {"interval",           'i', "MINUTES",     "time between two mails, may be a fraction (1)"},
      {"toEmail",            't', "LIST",        "recipients, between commas"},
      {"fromEmail",          'f', "ADDRESS",     "sender"},
      {"subject",            's', "TEXT",        "subject"},
      {"smtpHost",           'H', "HOST[:PORT]", "SMTP server (localhost)"},
      {"tickEvent",          'e', "EVENT",       "the tick that time is counted by, must be in events= (TICK_60)"},
      {"userName",           'u', "NAME",        "user name for the SMTP server"},
      {"password",           'p', "TEXT",        "its password; rather by --mail-password-file or $SMTP_PASSWORD"},
      {"tls",                0,   "",            "STARTTLS"},
  };
}

Table httpok_arguments() {
  return {
      {"help",               'h', "",            "print this and leave"},
      {"program",            'p', "NAME",        "restart this one: NAME, GROUP:NAME or GROUP:*; repeatable"},
      {"any",                'a', "",            "restart all that run, except event listeners"},
      {"gcore",              'g', "COMMAND",     "makes core dumps (/usr/bin/gcore -o)"},
      {"coredir",            'd', "DIR",         "make core dumps there before a restart"},
      {"timeout",            't', "SECONDS",     "for the connection and each silence; also how long a refused one is tried (10)"},
      {"code",               'c', "NUMBER",      "a good status; repeatable (200)"},
      {"body",               'b', "TEXT",        "must be in the answer"},
      {"sendmail_program",   's', "COMMAND",     "deliver mails through it (/usr/sbin/sendmail -t -i)"},
      {"email",              'm', "ADDRESS",     "send mails to it; without, none"},
      {"eager",              'e', "",            "check always (the default)"},
      {"not-eager",          'E', "",            "check only while one of the programs runs"},
      {"name",               'n', "TEXT",        "stands in the subject"},
  };
}

Table httpok_more() {
  return {
      {"ca-file",            0,   "FILE",        "trust the authorities in this PEM file"},
      {"insecure",           0,   "",            "do not verify the server's certificate"},
      {"failures",           0,   "NUMBER",      "act after so many bad answers in a row (1)"},
      {"wait",               0,   "SECONDS",     "do not check for so long after a restart (0)"},
      {"max-restarts",       0,   "NUMBER/TIME", "restart no more than so often in a time, such as 3/1h; mail all the same"},
      {"include-listeners",  0,   "",            "-a restarts other listeners, too, as it does where supervisord cannot tell them"},
      {"dry-run",            0,   "",            "say what would be restarted, and mail it"},
  };
}

Table memmon_arguments() {
  return {
      {"help",               'h', "",            "print this and leave"},
      {"cumulative",         'c', "",            "count all that descends from a process, too"},
      {"program",            'p', "NAME=SIZE",   "limit of a process, NAME or GROUP:NAME; 1048576, 200MB; repeatable"},
      {"group",              'g', "GROUP=SIZE",  "limit of each process of a group; repeatable"},
      {"any",                'a', "SIZE",        "limit of each process, except this listener"},
      {"sendmail_program",   's', "COMMAND",     "deliver mails through it (/usr/sbin/sendmail -t -i)"},
      {"email",              'm', "ADDRESS",     "send mails to it; without, none"},
      {"uptime",             'u', "TIME",        "mail only if the process ran no longer: 90, 90s, 5m, 3h, 1d"},
      {"name",               'n', "TEXT",        "stands in the subject"},
  };
}

Table memmon_more() {
  return {
      {"measure",            0,   "rss|pss|cgroup", "what is measured: rss (the default), pss: shared memory in shares, cgroup: all of the process's control group"},
      {"dry-run",            0,   "",            "say what would be restarted"},
  };
}

Table filter_arguments() {
  return {
      {"event",              'e', "TYPE",        "only events of this type or one that descends from it; repeatable"},
      {"program",            'p', "NAME",        "only of this one: NAME, GROUP:NAME or GROUP:*; repeatable"},
      {"group",              'g', "NAME",        "only of this group; repeatable"},
      {"expected",           0,   "",            "of exits, only expected ones"},
      {"unexpected",         0,   "",            "of exits, only unexpected ones"},
  };
}

Table queue_arguments() {
  return {
      {"queue",              0,   "DIR",         "keep what waits there, so that it survives a restart"},
      {"queue-maximum",      0,   "NUMBER",      "so many wait at most, the oldest gives way"},
      {"expiry",             0,   "TIME",        "give up what could not be delivered for so long (3d)"},
  };
}

Table webhook_arguments() {
  return joined({
      {
      {"help",               'h', "",            "print this and leave"},
      {"format",             'f', "json|slack|discord|teams|dingtalk|feishu|wecom", "whose form messages have (json)"},
      {"url-file",           0,   "FILE",        "the URL is its first line; otherwise from $WEBHOOK_URL"},
      {"template",           't', "FILE",        "the body, with %(name)s and the like; see docs/suplance.md"},
      {"text",               0,   "TEXT",        "what is said of an event, with %(name)s and the like"},
      {"content-type",       0,   "TYPE",        "of the template (application/json)"},
      {"header",             0,   "TEXT",        "one more header, `Name: value`; repeatable"},
      {"header-file",        0,   "FILE",        "more headers, a line each: for passwords"},
      {"secret-file",        0,   "FILE",        "sign with its first line; otherwise from $WEBHOOK_SECRET"},
      {"secret",             0,   "TEXT",        "the same, seen by all users of the machine"},
      {"batch",              'b', "SECONDS",     "collect for so long, and send what came together"},
      {"batch-maximum",      0,   "NUMBER",      "but so many at most (100)"},
      {"deduplicate",        'd', "SECONDS",     "tell the same once in this time, and then how often it came"},
      {"rate",               'r', "NUMBER/SECONDS", "send no more messages than this (what the service allows; 0: as many as come); what waits goes together"},
      {"quiet",              'q', "HH:MM-HH:MM", "send nothing from this time of day until that one, but afterwards"},
      {"timeout",            0,   "SECONDS",     "for the connection and each silence (10)"},
      {"ca-file",            0,   "FILE",        "trust the authorities in this PEM file"},
      {"insecure",           0,   "",            "do not verify the server's certificate"},
      {"proxy",              0,   "URL",         "go through this proxy"},
      {"test",               0,   "",            "send a message now, say what came of it, and leave"},
      {"dry-run",            0,   "",            "write messages to standard error instead of sending them"},
      },
      filter_arguments(), queue_arguments()});
}

Table exec_arguments() {
  return joined({
      {
      {"help",               'h', "",            "print this and leave"},
      {"jobs",               'j', "NUMBER",      "so many commands at a time (1: in order)"},
      {"timeout",            't', "SECONDS",     "end a command, and what it started, after so long (60)"},
      {"waiting",            'w', "NUMBER",      "so many events wait at most, the oldest gives way (1000)"},
      {"json",               0,   "",            "standard input is one line of JSON, not the event as it came"},
      {"shell",              'c', "",            "COMMAND is one word for the shell"},
      },
      filter_arguments()});
}

Table log_arguments() {
  return joined({
      {
      {"help",               'h', "",            "print this and leave"},
      {"maxbytes",           'm', "SIZE",        "begin a new file after so much (50MB; 0: never)"},
      {"backups",            'b', "NUMBER",      "keep so many old files (10)"},
      {"syslog",             's', "FACILITY",    "to the system's log instead of a file: daemon, user, local0 …"},
      {"syslog-socket",      0,   "FILE",        "where that listens (/dev/log)"},
      {"tag",                0,   "TEXT",        "the name in front of lines in the system's log (suplance)"},
      },
      filter_arguments()});
}

Table relay_arguments() {
  return joined({
      {
      {"help",               'h', "",            "print this and leave"},
      {"url-file",           0,   "FILE",        "the URL is its first line"},
      {"user",               0,   "NAME",        "for the broker"},
      {"password-file",      0,   "FILE",        "its password; otherwise from $RELAY_PASSWORD"},
      {"maxlen",             0,   "NUMBER",      "keep about so many events in the stream (Redis)"},
      {"qos",                0,   "NUMBER",      "1 (the default) or 2 (MQTT)"},
      {"host",               0,   "NAME",        "the name of this machine, attached to each event"},
      {"plan",               0,   "FILE",        "attach the hash of this plan, not of the running one"},
      {"timeout",            0,   "SECONDS",     "for the connection and each answer (10)"},
      {"ca-file",            0,   "FILE",        "trust the authorities in this PEM file"},
      {"insecure",           0,   "",            "do not verify the server's certificate"},
      {"test",               0,   "",            "send an event now, say what came of it, and leave"},
      },
      filter_arguments(), queue_arguments()});
}

Table driver_arguments() {
  return {
      {"help",               'h', "",            "print this and leave"},
      {"timeout",            't', "SECONDS",     "how long an answer may take (5)"},
  };
}

// clang-format on

// A tool of superlance, with what ours knows beyond.
ToolTable superlance_table(std::string_view name, bool stops_at_word, const Table& own,
                           const Table& more) {
  return {name, stops_at_word, joined({own, more, mail_arguments()}), own.size()};
}

ToolTable own_table(std::string_view name, bool stops_at_word, Table arguments) {
  return {name, stops_at_word, std::move(arguments), 0};
}

const std::vector<ToolTable>& all_tables() {
  static const std::vector<ToolTable> all{
      superlance_table("crashmail", true, crashmail_arguments(), {}),
      superlance_table("crashmailbatch", false, batch_arguments(), {}),
      superlance_table("fatalmailbatch", false, batch_arguments(), {}),
      superlance_table("crashsms", false, batch_arguments(), {}),
      superlance_table("httpok", true, httpok_arguments(), httpok_more()),
      superlance_table("memmon", true, memmon_arguments(), memmon_more()),
      own_table("webhook", false, webhook_arguments()),
      own_table("exec", true, exec_arguments()),
      own_table("log", false, log_arguments()),
      own_table("relay", false, relay_arguments()),
      own_table("check", true, driver_arguments()),
      own_table("replay", true, driver_arguments()),
  };
  return all;
}

}  // namespace

const ToolTable* tool_table(std::string_view name) {
  const std::vector<ToolTable>& all = all_tables();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const ToolTable& table) { return table.name == name; });
  return found != all.end() ? &*found : nullptr;
}

const std::vector<Argument>& arguments_of(std::string_view name) {
  const ToolTable* table = tool_table(name);
  SUP_CHECK(table != nullptr, "a tool without a table");
  return table->arguments;
}

}  // namespace sup::listeners
