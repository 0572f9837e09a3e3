// SUP627: arguments that a listener of superlance or suplance refuses.
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "lint/lint.h"
#include "lint/listener_arguments.h"
#include "lint/listener_speaker.h"
#include "lint/listeners.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

using Given = ListenerArguments::Given;
using Speaker = ListenerSpeaker;

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
  // `--url URL` is --url-file, too, written short.
  const Given* file = speaker.find("url-file");
  if (file != nullptr && file->value.find("://") != std::string::npos) {
    refuse(speaker, speaker.word_of(*file),
           "as " + in_backticks(file->value) + " is a URL and no file that has one",
           "write it into a file, or as the last word");
  } else if (const auto fault = fault_of_rest(speaker)) {
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

}  // namespace

const LintRule listener_arguments_refused = {
    .rule = {"SUP627",         "listener-arguments-refused", Severity::error,
             "a listener of superlance or suplance that refuses its arguments"},
    .check_section = check_refused,
    .options = {"command"}
};

}  // namespace sup::lint
