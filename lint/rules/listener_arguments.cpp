// SUP627, SUP628, SUP629, SUP634: command lines of the listeners of superlance and suplance.
#include "lint/listener_arguments.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "lint/lint.h"
#include "lint/listeners.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

using Given = ListenerArguments::Given;

// What a rule says of one command line.
class Speaker {
 public:
  Speaker(const Context& context, Diagnostics& out, const ConfigSection& section,
          const ListenerArguments& arguments, const compiler::Rule& rule)
      : context_(context), out_(out), section_(section), arguments_(arguments), rule_(rule) {}

  const ListenerArguments& arguments() const { return arguments_; }

  const ConfigEntry& entry() const { return *section_.find("command"); }

  Diagnostic& say(const Word& word, const std::string& text) {
    return say(rule_.severity, word, text);
  }

  Diagnostic& say(Severity severity, const Word& word, const std::string& text) {
    return out_.report(rule_, severity, context_.place_of(entry(), word),
                       section_.display() + " " + text);
  }

  // The same, of an option that was given.
  const Given* find(std::string_view name) const {
    const auto& given = arguments_.given();
    const auto found = std::find_if(given.rbegin(), given.rend(),
                                    [&](const Given& each) { return each.name == name; });
    return found != given.rend() ? &*found : nullptr;
  }

  const Word& word_of(const Given& given) const { return arguments_.word_of(given); }

  const Context& context() const { return context_; }

  const ConfigSection& section() const { return section_; }

 private:
  const Context& context_;
  Diagnostics& out_;
  const ConfigSection& section_;
  const ListenerArguments& arguments_;
  const compiler::Rule& rule_;
};

// Calls `judge` with a speaker for the listener's command line, if it is known.
template <class Judge>
void with_arguments(const Context& context, Diagnostics& out, const ConfigSection& section,
                    const compiler::Rule& rule, Judge judge) {
  if (!section.name || section.name->kind != SectionKind::eventlistener) return;
  const CommandLine* command = command_of(context, section);
  if (command == nullptr) return;
  const auto arguments = listener_arguments(*command);
  if (!arguments) return;
  Speaker speaker(context, out, section, *arguments, rule);
  judge(speaker);
}

// SUP627 -------------------------------------------------------------------------------------

void refuse(Speaker& speaker, const Word& word, const std::string& why, const std::string& hint) {
  speaker
      .say(word, "ends as soon as it is started: " + speaker.arguments().tool() +
                     " refuses its arguments, " + why)
      .with_hint(hint);
}

bool is_decimal(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && parsed == end;
}

bool is_tick(std::string_view text) {
  const auto type = schema::event_from_name(text);
  return type && *type != schema::EventType::TICK &&
         schema::event_is_a(*type, schema::EventType::TICK);
}

void judge_batch_tool(Speaker& speaker) {
  const ListenerArguments& arguments = speaker.arguments();
  for (const auto& [name, shown] : {
           std::pair{"toEmail",   "-t"},
           {"fromEmail", "-f"}
  }) {
    const std::string* value = arguments.value(name);
    if (value != nullptr && !value->empty()) continue;
    refuse(speaker, arguments.program(), "as there is no " + std::string(shown),
           "add `" + std::string(shown) + " ADDRESS`");
    return;
  }
  const Given* tick = speaker.find("tickEvent");
  if (tick != nullptr && !is_tick(tick->value)) {
    refuse(speaker, speaker.word_of(*tick), "as " + in_backticks(tick->value) + " is no tick",
           "write TICK_5, TICK_60 or TICK_3600");
  }
  const Given* interval = speaker.find("interval");
  if (interval != nullptr && !is_decimal(interval->value)) {
    refuse(speaker, speaker.word_of(*interval),
           "as " + in_backticks(interval->value) + " is no number of minutes", "write a number");
  }
}

void judge_httpok(Speaker& speaker) {
  const ListenerArguments& arguments = speaker.arguments();
  for (const Given& given : arguments.given()) {
    if ((given.name == "timeout" || given.name == "code") && !as_number(given.value)) {
      refuse(speaker, speaker.word_of(given), "as " + in_backticks(given.value) + " is no number",
             "write a number");
      return;
    }
  }
  const std::vector<std::string>& rest = arguments.rest();
  if (rest.empty()) {
    refuse(speaker, arguments.program(), "as there is no URL", "add the URL as the last word");
  } else if (rest.size() > 1 && rest[1].starts_with('-')) {
    refuse(speaker, arguments.word(rest[1]), "as options stand behind the URL",
           "write the URL as the last word");
  } else if (rest.size() > 1) {
    refuse(speaker, arguments.word(rest[1]), "as there is more than one URL", "name one URL");
  } else if (!rest[0].starts_with("http://") && !rest[0].starts_with("https://")) {
    refuse(speaker, arguments.word(rest[0]), "as its URL begins neither with http:// nor https://",
           "write the scheme");
  }
}

// "200M" is written for "200MB".
void offer_size(Speaker& speaker, Diagnostic& diagnostic, const Given& given) {
  const std::string last = schema::lower(given.value.substr(given.value.size() - 1));
  const std::string meant = given.value + "B";
  const std::size_t equals = given.value.find('=');
  const bool is_cut = last == "k" || last == "m" || last == "g";
  if (!is_cut || !is_byte_size(meant.substr(equals == std::string::npos ? 0 : equals + 1))) return;
  diagnostic.with_hint("write " + in_backticks(meant));
  const Word& word = speaker.word_of(given);
  if (word.is_quoted || !speaker.context().is_single_line(speaker.entry()) ||
      speaker.context().source_text(speaker.context().place_of(speaker.entry(), word)) !=
          word.text) {
    return;
  }
  diagnostic.fix("write " + in_backticks(meant), speaker.context().place_of(speaker.entry(), word),
                 word.text + "B", true);
}

void judge_memmon(Speaker& speaker) {
  if (speaker.arguments().given().empty() && speaker.arguments().rest().empty()) {
    refuse(speaker, speaker.arguments().program(), "as there are none",
           "add `-p NAME=SIZE`, `-g GROUP=SIZE` or `-a SIZE`");
    return;
  }
  for (const Given& given : speaker.arguments().given()) {
    const bool is_pair = given.name == "program" || given.name == "group";
    const std::size_t equals = given.value.find('=');
    if (is_pair && equals == std::string::npos) {
      refuse(speaker, speaker.word_of(given),
             "as a size is missing in " + in_backticks(given.value), "write `NAME=SIZE`");
    } else if ((is_pair || given.name == "any") &&
               !is_byte_size(is_pair ? given.value.substr(equals + 1) : given.value)) {
      auto& diagnostic =
          speaker.say(speaker.word_of(given),
                      "ends as soon as it is started: memmon refuses its arguments, as there is no "
                      "size in " +
                          in_backticks(given.value));
      diagnostic.with_hint("write a number, or one with KB, MB or GB");
      if (!given.value.empty()) offer_size(speaker, diagnostic, given);
    } else if (given.name == "uptime" && !is_duration(given.value)) {
      refuse(speaker, speaker.word_of(given), "as " + in_backticks(given.value) + " is no time",
             "write a number, or one with s, m, h or d");
    }
  }
}

// Values of options that superlance does not have, by the forms in the tools' tables.
bool judge_forms(Speaker& speaker) {
  for (const Given& given : speaker.arguments().given()) {
    if (!given.is_beyond) continue;
    const auto mistake = form_mistake(given.form, given.value);
    if (!mistake) continue;
    refuse(speaker, speaker.word_of(given), "as " + *mistake,
           "`suplance " + speaker.arguments().tool() + " --help` tells what it takes");
    return true;
  }
  return false;
}

void judge_mail(Speaker& speaker) {
  const Given* server = speaker.find("mail-smtp");
  if (server == nullptr || speaker.arguments().has("mail-from") ||
      speaker.arguments().is_batch_tool()) {
    return;
  }
  refuse(speaker, speaker.word_of(*server), "as mails by SMTP need a sender",
         "add `--mail-from ADDRESS`");
}

// The arguments behind the options of the tools that superlance does not have.
std::optional<std::string> fault_of_rest(Speaker& speaker) {
  const ListenerArguments& arguments = speaker.arguments();
  const std::vector<std::string>& rest = arguments.rest();
  const std::string& tool = arguments.tool();
  if (tool == "exec") return rest.empty() ? std::optional("as there is no command") : std::nullopt;
  if (tool == "log") {
    if (arguments.has("syslog")) {
      return rest.empty() ? std::nullopt : std::optional("as it cannot write to a file, too");
    }
    if (rest.empty()) return "as there is no file";
    return rest.size() > 1 ? std::optional("as there is more than one file") : std::nullopt;
  }
  const bool has_file = arguments.has("url-file");
  if (rest.size() + (has_file ? 1 : 0) > 1) return "as there is more than one URL";
  const auto begins = [&](std::string_view text) { return rest[0].starts_with(text); };
  if (tool == "relay") {
    if (has_file) return std::nullopt;
    if (rest.empty()) return "as there is no URL";
    return begins("redis") || begins("mqtt") ? std::nullopt
                                             : std::optional("as its URL is none of Redis or MQTT");
  }
  if (rest.empty()) {
    return has_file || may_have_variable(speaker.context(), speaker.section(), "WEBHOOK_URL")
               ? std::nullopt
               : std::optional("as there is no URL");
  }
  return begins("http://") || begins("https://")
             ? std::nullopt
             : std::optional("as its URL begins neither with http:// nor https://");
}

void judge_own_tool(Speaker& speaker) {
  const ListenerArguments& arguments = speaker.arguments();
  if (const auto fault = fault_of_rest(speaker)) {
    refuse(speaker, arguments.program(), *fault,
           "`suplance " + arguments.tool() + " --help` tells what it wants");
  }
}

// `suplance` with another word than one of its listeners.
void refuse_tool(const Context& context, Diagnostics& out, const ConfigSection& section,
                 const CommandLine& command, const std::string& why) {
  const Word& word = command.argv[command.argv.size() > 1 ? 1 : 0];
  out.report(listener_arguments_refused.rule, context.place_of(*section.find("command"), word),
             section.display() +
                 " ends as soon as it is started: suplance refuses its arguments, " + why)
      .with_hint("`suplance --help` tells the tools");
}

void check_refused(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const CommandLine* command = command_of(context, section);
  if (section.name && section.name->kind == SectionKind::eventlistener && command != nullptr) {
    if (const auto why = tool_mistake(*command)) {
      refuse_tool(context, out, section, *command, *why);
      return;
    }
  }
  with_arguments(context, out, section, listener_arguments_refused.rule, [](Speaker& speaker) {
    const ListenerArguments& arguments = speaker.arguments();
    if (arguments.mistake()) {
      refuse(speaker, arguments.program(), "as it says: " + *arguments.mistake(),
             "`" + std::string(arguments.is_ours() ? "suplance " : "") + arguments.tool() +
                 " --help` tells its options");
    } else if (const Given* help = speaker.find("help")) {
      speaker
          .say(speaker.word_of(*help), "ends as soon as it is started: " + arguments.tool() +
                                           " prints its help and does nothing else")
          .with_hint("leave out " + in_backticks(help->as_given));
      return;
    } else if (judge_forms(speaker)) {
      return;
    } else if (arguments.is_batch_tool()) {
      judge_batch_tool(speaker);
    } else if (arguments.tool() == "httpok") {
      judge_httpok(speaker);
    } else if (arguments.tool() == "memmon") {
      judge_memmon(speaker);
    } else if (arguments.tool() != "crashmail") {
      judge_own_tool(speaker);
    }
    if (!arguments.mistake()) judge_mail(speaker);
  });
}

// SUP628 -------------------------------------------------------------------------------------

void defect_of_crashmail(Speaker& speaker) {
  if (const Given* program = speaker.find("program")) {
    speaker
        .say(speaker.word_of(*program),
             "mails for every program: crashmail of superlance reads -p and does not use it")
        .with_hint("crashmail of suplance does");
  }
}

void defect_of_batch_tool(Speaker& speaker) {
  const Given* tls = speaker.find("tls");
  if (tls != nullptr &&
      (!speaker.arguments().has("userName") || !speaker.arguments().has("password"))) {
    speaker
        .say(speaker.word_of(*tls),
             "mails without TLS: superlance ignores --tls where there is no -u and no -p")
        .with_hint("add both, or take suplance");
  }
}

void defect_of_httpok(Speaker& speaker) {
  const ListenerArguments& arguments = speaker.arguments();
  if (const Given* body = speaker.find("body")) {
    speaker
        .say(Severity::error, speaker.word_of(*body),
             "ends with the first good answer: httpok of superlance cannot search for a text "
             "with Python 3")
        .with_hint("take suplance, or let the page answer with another status");
  }
  bool is_eager = true;
  bool has_bare_name = false;
  for (const Given& given : arguments.given()) {
    if (given.name == "eager") is_eager = true;
    if (given.name == "not-eager") is_eager = false;
    has_bare_name =
        has_bare_name || (given.name == "program" && given.value.find(':') == std::string::npos);
  }
  if (!is_eager && !has_bare_name) {
    speaker
        .say(Severity::error, speaker.word_of(*speaker.find("not-eager")),
             "never checks: with -E, httpok of superlance looks for programs by names without a "
             "group, and -p names none")
        .with_hint("name a program by -p without its group, or take suplance");
  }
  if (const Given* any = speaker.find("any")) {
    speaker
        .say(speaker.word_of(*any),
             "restarts itself and other listeners, too, and leaves the rest as it is when its "
             "own turn comes")
        .with_hint("name programs by -p, or take suplance");
  }
}

void defect_of_memmon(Speaker& speaker) {
  const std::vector<Given>& all = speaker.arguments().given();
  const auto has_limit = [&](std::string_view name) {
    return std::any_of(all.begin(), all.end(), [&](const Given& given) {
      return given.name == "program" &&
             std::string_view(given.value).substr(0, given.value.find('=')) == name;
    });
  };
  std::size_t last_limit = 0;
  std::size_t name_at = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].name == "name") name_at = i + 1;
    if (all[i].name != "program" && all[i].name != "group") continue;
    last_limit = i + 1;
    const std::string name = all[i].value.substr(0, all[i].value.find('='));
    const std::size_t colon = name.find(':');
    if (all[i].name == "program" && colon != std::string::npos &&
        !has_limit(name.substr(colon + 1))) {
      speaker
          .say(Severity::error, speaker.word_of(all[i]),
               "ends with the first tick: memmon of superlance fails with a limit for a name "
               "with its group")
          .with_hint("write " + in_backticks(name.substr(colon + 1)) + " alone, or take suplance");
    }
  }
  if (speaker.arguments().has("email") && name_at > 0 && name_at < last_limit) {
    const Given& given = all[name_at - 1];
    speaker
        .say(Severity::info, speaker.word_of(given),
             "mails under the name of a program: -p and -g behind -n take its place")
        .with_hint("write -n as the last option, or take suplance");
  }
}

void check_defects(const Context& context, Diagnostics& out, const ConfigSection& section) {
  with_arguments(context, out, section, superlance_defect.rule, [](Speaker& speaker) {
    const ListenerArguments& arguments = speaker.arguments();
    if (arguments.is_ours() || arguments.mistake()) return;
    if (arguments.tool() == "crashmail") defect_of_crashmail(speaker);
    if (arguments.is_batch_tool()) defect_of_batch_tool(speaker);
    if (arguments.tool() == "httpok") defect_of_httpok(speaker);
    if (arguments.tool() == "memmon") defect_of_memmon(speaker);
  });
}

// SUP629 -------------------------------------------------------------------------------------

// -p of the batch tools is no program.
void judge_password(Speaker& speaker) {
  const ListenerArguments& arguments = speaker.arguments();
  const Given* password = speaker.find("password");
  if (!arguments.is_batch_tool() || password == nullptr || arguments.has("userName") ||
      arguments.has("mail-user")) {
    return;
  }
  speaker
      .say(speaker.word_of(*password), "does not use " + in_backticks(password->as_given) + ": " +
                                           arguments.tool() +
                                           " takes it for the password of the SMTP server, and has "
                                           "no user name")
      .with_hint("leave it out: it chooses no programs");
}

// Whether a text is rather a subject than a command that takes a mail; nothing if it may be both.
std::optional<bool> is_prose(const std::string& text) {
  constexpr std::array<std::string_view, 12> mailers = {
      "sendmail", "msmtp", "ssmtp", "esmtp", "nullmailer-inject", "exim", "exim4", "opensmtpd",
      "dma",      "mailx", "mail",  "cat"};
  const std::string first = text.substr(0, text.find(' '));
  if (text.find_first_of("/|;&<>$=`\"'\\") != std::string::npos ||
      text.find(" -") != std::string::npos ||
      std::find(mailers.begin(), mailers.end(), first) != mailers.end()) {
    return false;
  }
  const bool is_loud = std::any_of(first.begin(), first.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || static_cast<signed char>(c) < 0;
  });
  if (is_loud || first.size() < text.size()) return true;
  return std::nullopt;
}

// -s of those that pipe their mails to a command.
void judge_mailer(Speaker& speaker) {
  const Given* mailer = speaker.find("sendmail_program");
  if (mailer == nullptr || mailer->value.empty()) return;
  const std::optional<bool> prose = is_prose(mailer->value);
  if (prose == false) return;
  const std::string& tool = speaker.arguments().tool();
  speaker
      .say(prose ? Severity::warning : Severity::info, speaker.word_of(*mailer),
           "runs " + in_backticks(mailer->value) + " for each mail" +
               (prose ? ", which is hardly a command" : "") + ": " +
               in_backticks(mailer->as_given) + " of " + tool +
               " is the command that delivers, not the subject")
      .with_hint(prose ? tool == "crashmail" ? "write `-o TEXT` for what stands before the subject"
                                             : "write `-n TEXT` for what stands in the subject"
                       : "write its path");
}

void check_purpose(const Context& context, Diagnostics& out, const ConfigSection& section) {
  with_arguments(context, out, section, listener_does_nothing.rule, [](Speaker& speaker) {
    const ListenerArguments& arguments = speaker.arguments();
    const auto has_any = [&](std::initializer_list<std::string_view> names) {
      return std::any_of(names.begin(), names.end(),
                         [&](std::string_view name) { return arguments.has(name); });
    };
    if (arguments.mistake() || arguments.has("help")) return;
    if (arguments.tool() == "crashmail" && !arguments.has("email")) {
      speaker.say(arguments.program(), "mails to nobody, as crashmail has no -m")
          .with_hint("add `-m ADDRESS`");
    }
    // Without any word it refuses to start.
    if (arguments.tool() == "memmon" && !(arguments.given().empty() && arguments.rest().empty()) &&
        !has_any({"program", "group", "any"})) {
      speaker.say(arguments.program(), "checks nothing, as memmon has no limit")
          .with_hint("add `-p NAME=SIZE`, `-g GROUP=SIZE` or `-a SIZE`");
    }
    if (arguments.tool() == "httpok" && !has_any({"program", "any", "email"})) {
      speaker
          .say(arguments.program(),
               "checks and does nothing then, as httpok has neither -p nor -a nor -m")
          .with_hint("name what to restart by `-p NAME`, or an address by `-m`");
    }
    const Given* subject = speaker.find("subject");
    if (arguments.is_batch_tool() && subject != nullptr &&
        subject->value.find("/sendmail") != std::string::npos) {
      speaker
          .say(speaker.word_of(*subject), "writes " + in_backticks(subject->value) +
                                              " over its mails: -s of " + arguments.tool() +
                                              " is the subject, and the server is -H")
          .with_hint("write `-H HOST`, or `--mail-sendmail COMMAND` of suplance");
    }
    judge_password(speaker);
    judge_mailer(speaker);
  });
}

// SUP634 -------------------------------------------------------------------------------------

// What every user of the machine can read in the process list.
void check_password(const Context& context, Diagnostics& out, const ConfigSection& section) {
  with_arguments(context, out, section, listener_password_visible.rule, [](Speaker& speaker) {
    const ListenerArguments& arguments = speaker.arguments();
    if (arguments.mistake()) return;
    const Given* given = nullptr;
    std::string hint;
    if (arguments.is_batch_tool() && arguments.has("userName")) {
      given = speaker.find("password");
      hint =
          "suplance takes it by `--mail-password-file`, or as SMTP_PASSWORD in its `environment`";
    } else if (arguments.tool() == "webhook") {
      given = speaker.find("secret");
      hint = "write `--secret-file FILE`, or WEBHOOK_SECRET in its `environment`";
    }
    if (given == nullptr || given->value.empty()) return;
    speaker
        .say(speaker.word_of(*given), "shows what it gets by " + in_backticks(given->as_given) +
                                          " to every user of the machine, in the process list")
        .with_hint(hint);
  });
}

}  // namespace

const LintRule listener_password_visible = {
    .rule = {"SUP634",           "listener-password-visible", Severity::warning,
             "a password in the command of a listener of superlance or suplance"},
    .check_section = check_password,
    .options = {"command"}
};

const LintRule listener_arguments_refused = {
    .rule = {"SUP627",         "listener-arguments-refused", Severity::error,
             "a listener of superlance or suplance that refuses its arguments"},
    .check_section = check_refused,
    .options = {"command"}
};

const LintRule superlance_defect = {
    .rule = {"SUP628",           "superlance-defect", Severity::warning,
             "arguments with which a listener of superlance does not do what it should"},
    .check_section = check_defects,
    .options = {"command"}
};

const LintRule listener_does_nothing = {
    .rule = {"SUP629",           "listener-does-nothing", Severity::warning,
             "a listener of superlance or suplance that is told to do nothing"},
    .check_section = check_purpose,
    .options = {"command"}
};

}  // namespace sup::lint
