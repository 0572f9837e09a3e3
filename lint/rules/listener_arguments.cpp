// SUP628, SUP629, SUP634: command lines of the listeners of superlance and suplance.
#include "lint/listener_arguments.h"

#include <algorithm>
#include <array>
#include <string>

#include "lint/lint.h"
#include "lint/listener_speaker.h"
#include "lint/listeners.h"
#include "schema/redact.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

using Given = ListenerArguments::Given;
using Speaker = ListenerSpeaker;

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

void judge_url(Speaker& speaker) {
  const ListenerArguments& arguments = speaker.arguments();
  const std::string& tool = arguments.tool();
  if (arguments.rest().empty()) return;
  const std::string& url = arguments.rest()[0];
  if (schema::hide_url_passwords(url, schema::TextForm::written) == url) return;
  std::string hint;
  if (tool == "relay")
    hint = "write `--password-file FILE`, or RELAY_PASSWORD in its `environment`";
  if (tool == "webhook") hint = "write `--url-file FILE`, or WEBHOOK_URL in its `environment`";
  if (tool == "httpok") hint = "let the page answer this machine without a login";
  if (hint.empty()) return;
  speaker
      .say(arguments.word(url),
           "shows the password in its URL to every user of the machine, in the process list")
      .with_hint(hint);
}

// What every user of the machine can read in the process list.
void check_password(const Context& context, Diagnostics& out, const ConfigSection& section) {
  with_arguments(context, out, section, listener_password_visible.rule, [](Speaker& speaker) {
    const ListenerArguments& arguments = speaker.arguments();
    if (arguments.mistake()) return;
    judge_url(speaker);
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
