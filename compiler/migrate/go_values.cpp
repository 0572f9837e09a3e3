#include "compiler/migrate/go_values.h"

#include <algorithm>
#include <iterator>

#include "compiler/migrate/text.h"
#include "compiler/migrate/translators.h"
#include "schema/text.h"

namespace sup::compiler::migration {

namespace {

using schema::DialectKey;
using schema::SectionKind;
using schema::Treatment;

// Each %% again.
std::string double_percent(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (!text.substr(i).starts_with("%%")) continue;
    out += "%%%";
    ++i;
  }
  return out;
}

void convert_command(const std::string& raw, GoValue& outcome) {
  // Quotes inside of words are meant as today's Supervisor reads them. A backslash is a character
  // like any other there; what it does before a quote is anybody's guess.
  const auto is_lost_today = [&](std::size_t at) {
    return raw[at] == '\\' && (at + 1 == raw.size() || (raw[at + 1] != '"' && raw[at + 1] != '\''));
  };
  bool has_backslash = false;
  for (std::size_t i = 0; i < raw.size(); ++i) has_backslash |= is_lost_today(i);
  if (outcome.value == raw && !has_backslash) return;
  std::string error;
  const auto words = go_split(outcome.value);
  const auto today = schema::split_command(outcome.value, error);
  if (!today || *today != words || !is_writable(outcome.value)) {
    outcome.value = join_arguments(words);
  }
}

void convert_restart(GoValue& outcome) {
  if (outcome.value == "true" || outcome.value == "false" || outcome.value == "unexpected") return;
  outcome.value = "unexpected";
  outcome.why = "only `true` and `false` are read as such";
}

void convert_boolean(const DialectKey& found, GoValue& outcome) {
  const auto value = go_boolean(outcome.value);
  const schema::OptionRow* option = schema::find_option(SectionKind::program, found.option);
  if (value) {
    const bool is_word = outcome.value == "1" || outcome.value == "0" ||
                         schema::lower(outcome.value) == (*value ? "true" : "false");
    if (!is_word) outcome.value = *value ? "true" : "false";
    return;
  }
  outcome.value = option != nullptr && option->default_text ? *option->default_text : "false";
  outcome.why = "it is no word that is understood there, the default is used";
}

void convert_number(const DialectKey& found, SectionKind kind, GoValue& outcome) {
  if (whole_number(outcome.value)) return;
  const schema::OptionRow* option = schema::find_option(kind, found.option);
  if (option == nullptr || !option->default_text) return;
  outcome.value = found.default_text.empty() ? *option->default_text : found.default_text;
  outcome.why = "it is no number there, the default is used";
}

void convert_bytes(const DialectKey& found, GoValue& outcome) {
  if (!is_go_byte_size(outcome.value)) {
    outcome.value = found.option.ends_with("capture_maxbytes") ? "0" : "50MB";
    outcome.why = "it is no size there, the default is used";
  } else if (outcome.value == "0" && found.option.ends_with("logfile_maxbytes")) {
    outcome.why = "0 rotated at each line, it never rotates today";
  }
}

void convert_exit_codes(GoValue& outcome) {
  // Numbers behind blanks are not read.
  std::string codes;
  std::string_view rest = outcome.value;
  bool any_dropped = false;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const auto number = whole_number(rest.substr(0, comma));
    if (number && *number >= 0 && *number <= 255) {
      codes += (codes.empty() ? "" : ",") + std::to_string(*number);
    } else {
      any_dropped = true;
    }
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  if (!any_dropped) return;
  outcome.value = codes;
  outcome.why = "what is no number without blanks is not read there";
}

void convert_signals(schema::Target target, GoValue& outcome) {
  std::vector<std::string> words;
  for (const std::string_view word : schema::split_list(outcome.value, ' ')) {
    if (!word.empty()) words.emplace_back(word);
  }
  const std::string first = words.empty() ? "TERM" : words.front();
  // Names in capitals are understood, everything else is SIGTERM.
  const bool is_name = !whole_number(first) && schema::upper(first) == first &&
                       is_value_today(SectionKind::program, "stopsignal", first, target);
  if (words.size() > 1) {
    std::string others;
    for (std::size_t i = 1; i < words.size(); ++i) others += " " + words[i];
    outcome.lost = "Supervisor sends one signal, those that follow are not sent:" + others;
  }
  const std::string value = is_name ? first : "TERM";
  if (value == outcome.value) return;
  outcome.value = value;
  if (!is_name) outcome.why = "every other word means SIGTERM there";
}

void convert_variables(schema::Target target, GoValue& outcome) {
  const auto variables = go_environment(outcome.value);
  schema::EnvironmentValue today;
  const bool is_read = !schema::Environment::read(outcome.value, {target}, today);
  if (!variables || (is_read && today == *variables)) return;
  if (const auto text = write_environment(*variables)) outcome.value = *text;
}

void convert_level(GoValue& outcome) {
  constexpr std::string_view known[] = {"critical", "error", "warn", "info"};
  const std::string word = schema::lower(outcome.value);
  if (std::find(std::begin(known), std::end(known), word) != std::end(known)) return;
  if (word == "debug") return;
  outcome.value = "debug";
  outcome.why = "every other word means debug there";
}

void convert_log(const DialectKey& found, GoValue& outcome) {
  const std::vector<std::string> sinks = go_sinks(outcome.value);
  const std::string option(found.option);
  const std::string stream = option.substr(0, option.find('_'));
  std::string chosen;
  bool is_syslog = false;
  for (const std::string& sink : sinks) {
    const bool is_log_daemon = sink == "syslog" || sink.starts_with("syslog ");
    if (is_log_daemon && option != "logfile") {
      is_syslog = true;
      if (sink != "syslog") {
        outcome.lost = "the address " + in_backticks(schema::strip(sink.substr(6))) +
                       "; syslog of this machine is used";
      }
    } else if (chosen.empty()) {
      chosen = sink;
    } else {
      outcome.lost = "the output goes to one file, not to " + in_backticks(sink) + ", too";
    }
  }
  if (is_syslog) outcome.more.push_back({stream + "_syslog", "true", ""});
  if (chosen.empty() && is_syslog) chosen = "NONE";
  if (chosen == "memory" || chosen == "AUTO") {
    outcome.why = "the output is kept in a file, not in memory";
    chosen = "AUTO";
  } else if (schema::lower(chosen) == "none" || schema::lower(chosen) == "off") {
    if (!is_syslog) outcome.why = "it was the name of a file, it switches the log off today";
  }
  if (!chosen.empty()) outcome.value = chosen;
}

}  // namespace

std::vector<std::string> go_sinks(std::string_view list) {
  std::vector<std::string> sinks;
  for (const std::string_view sink : schema::split_list(list)) {
    if (!sink.empty()) sinks.emplace_back(sink);
  }
  return sinks;
}

GoValue read_go_text(const std::string& raw, const schema::OptionRow* option) {
  GoValue outcome;
  std::vector<std::string> given_up;
  outcome.value = go_template(expand_shell_names(go_unescape(raw), given_up));
  // A literal % is two, or four where the value is expanded twice.
  if (option != nullptr && option->has(schema::twice)) {
    outcome.value = double_percent(outcome.value);
  }
  for (const std::string& name : given_up) {
    outcome.lost += (outcome.lost.empty() ? "" : ", ") + in_backticks(name) +
                    " no longer changes it, its default is written instead";
  }
  if (outcome.value != raw) outcome.why = "escapes and names are written in another way";
  return outcome;
}

GoValue read_go_value(const DialectKey& found, SectionKind kind, schema::Target target,
                      const std::string& raw) {
  GoValue outcome = read_go_text(raw, schema::find_option(kind, found.option));
  const std::string text = outcome.value;
  const bool takes_names = found.treatment == Treatment::command_words ||
                           found.treatment == Treatment::log_target ||
                           found.treatment == Treatment::variables;
  if (!takes_names && text.find("%(") != text.npos) return outcome;
  switch (found.treatment) {
    case Treatment::command_words: convert_command(raw, outcome); break;
    case Treatment::exactly_true: outcome.value = raw == "true" ? "true" : "false"; break;
    case Treatment::restart_word: convert_restart(outcome); break;
    case Treatment::boolean: convert_boolean(found, outcome); break;
    case Treatment::number: convert_number(found, kind, outcome); break;
    case Treatment::attempts: {
      // It counts the first attempt, Supervisor those that follow it.
      const auto number = whole_number(text).value_or(3);
      outcome.value = std::to_string(std::max<std::int64_t>(number - 1, 0));
      outcome.why = "Supervisor does not count the first attempt";
      break;
    }
    case Treatment::bytes: convert_bytes(found, outcome); break;
    case Treatment::exit_codes: convert_exit_codes(outcome); break;
    case Treatment::signals: convert_signals(target, outcome); break;
    case Treatment::user_only: {
      const std::size_t colon = text.find(':');
      if (colon == text.npos) break;
      outcome.value = text.substr(0, colon);
      outcome.lost =
          "the group " + in_backticks(text.substr(colon + 1)) + "; " + std::string(found.advice);
      break;
    }
    case Treatment::variables: convert_variables(target, outcome); break;
    case Treatment::log_target: convert_log(found, outcome); break;
    case Treatment::log_level: convert_level(outcome); break;
    default: break;
  }
  return outcome;
}

}  // namespace sup::compiler::migration
