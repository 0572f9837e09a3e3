// The Go supervisord.
#include <algorithm>
#include <map>

#include "compiler/migrate/text.h"
#include "compiler/migrate/translators.h"
#include "schema/options.h"
#include "schema/text.h"

namespace sup::compiler::migration {

namespace {

using schema::Dialect;
using schema::DialectKey;
using schema::SectionKind;
using schema::Treatment;

// What a value becomes.
struct Outcome {
  std::string value;
  std::vector<Setting> more;  // further settings that it takes
  std::string why;            // in a message: what is different
  bool is_lost = false;       // as a whole
  std::string lost;           // what of it is lost, or empty
};

bool is_device(std::string_view path) {
  return path == "/dev/stdout" || path == "/dev/stderr" || path.starts_with("/dev/fd/") ||
         path.starts_with("/proc/self/fd/");
}

// The words of a list, which that daemon splits at commas.
std::vector<std::string> sinks_of(std::string_view list) {
  std::vector<std::string> sinks;
  for (const std::string_view sink : schema::split_list(list)) {
    if (!sink.empty()) sinks.emplace_back(sink);
  }
  return sinks;
}

class Translator {
 public:
  Translator(Draft& draft, Dialect dialect) : draft_(draft), dialect_(dialect) {}

  void run() {
    Part* defaults = draft_.find("program-default");
    for (Part& part : draft_.parts()) {
      if (part.name == "program-default") continue;
      if (is_process(part)) {
        translate_program(part, part.word == "program" ? defaults : nullptr);
      } else {
        translate_other(part);
      }
    }
    order_programs();
    if (defaults != nullptr) {
      draft_.comment_out(*defaults, Fate::changed,
                         "[program-default] is written out in each program");
    }
    Part* daemon = draft_.find("supervisord");
    if (daemon != nullptr) {
      write_defaults(*daemon, "supervisord");
    } else if (!draft_.options().fragment && !draft_.parts().empty()) {
      add_daemon();
    }
  }

 private:
  const DialectKey* row(const Part& part, std::string_view key) const {
    const DialectKey* found = row_of(dialect_, part.word, key);
    // rsupervisord reads what the Go supervisord reads.
    if (found == nullptr && dialect_ != Dialect::go) found = row_of(Dialect::go, part.word, key);
    return found;
  }

  void add_daemon() {
    const Span cause = draft_.header_span(draft_.parts().front());
    const DialectKey* nodaemon = schema::find_dialect_key(Dialect::go, "supervisord", "nodaemon");
    draft_.add_section(
        0, "supervisord",
        {
            {std::string(nodaemon->option), std::string(nodaemon->default_text), ""}
    },
        cause, "[supervisord] is added: it must be there");
  }

  // Supervisor writes the option or the section, too; what that daemon takes for granted is said.
  void write_defaults(Part& part, std::string_view word) {
    for (const DialectKey& each : schema::dialect_keys()) {
      if (each.dialect != Dialect::go || each.section != word || each.default_text.empty())
        continue;
      Outcome outcome = convert(each, part, std::string(each.default_text));
      add_default(draft_, part, each.option, outcome.value, dialect_);
    }
  }

  void translate_other(Part& part) {
    for (Item& item : part.items) {
      const DialectKey* found = row(part, item.key);
      if (found != nullptr) settle(part, item, *found);
    }
    if (part.word == "unix_http_server") write_defaults(part, "unix_http_server");
    // Sections that it does not read take effect.
    if (part.word == "rpcinterface" || part.word == "ctlplugin") {
      draft_.note(Fate::changed, draft_.header_span(part),
                  bracketed(part.name) + " is not read by " + product_of(dialect_) +
                      "; it takes effect now");
    }
  }

  void translate_program(Part& part, const Part* defaults) {
    if (part.word == "fcgi-program") {
      draft_.note(Fate::changed, draft_.header_span(part),
                  bracketed(part.name) + " is not read by " + product_of(dialect_) +
                      "; it takes effect now");
      return;
    }
    std::vector<std::string> own;
    for (const Item& item : part.items) own.push_back(item.key);
    for (Item& item : part.items) {
      if (item.key == "depends_on" && !item.overridden) {
        dependencies_.push_back({&part, &item, item.value});
        continue;
      }
      if (const DialectKey* found = row(part, item.key)) {
        settle(part, item, *found);
      } else {
        settle_text(part, item);
      }
    }
    if (defaults != nullptr) inherit(part, *defaults, own);
    write_defaults(part, "program");
    if (part.word == "eventlistener") write_defaults(part, "eventlistener");
    settle_numbers(part);
    settle_devices(part);
  }

  // A key that it writes in other letters is another key to that daemon.
  void settle(Part& part, Item& item, const DialectKey& found) {
    if (settle_plainly(draft_, part, item, found)) {
      if (found.treatment == Treatment::same) settle_text(part, item);
      return;
    }
    if (item.overridden) return;
    if (found.treatment == Treatment::foreground) {
      const bool is_on = go_boolean(item.value).value_or(true);
      item.settled = !is_on;
      if (!is_on) {
        draft_.note(Fate::changed, item.span,
                    draft_.name_of(part, item) + " is not read by " + product_of(dialect_) +
                        "; it takes effect now");
      }
      return;
    }
    apply(part, item, convert(found, part, item.value), found);
  }

  void settle_text(Part& part, Item& item) {
    const auto name = schema::classify_section(part.name);
    if (item.overridden || !name || schema::find_option(name->kind, item.key) == nullptr) return;
    Outcome outcome = text_of(item.value);
    DialectKey none{};
    apply(part, item, outcome, none);
  }

  void apply(Part& part, Item& item, const Outcome& outcome, const DialectKey& found) {
    const std::string name = draft_.name_of(part, item);
    if (outcome.is_lost) {
      lose(draft_, part, item, found);
      return;
    }
    if (!outcome.lost.empty()) draft_.note(Fate::lost, item.span, name + ": " + outcome.lost);
    if (outcome.value != item.value) {
      const std::string why = outcome.why.empty() ? "" : ": " + outcome.why;
      draft_.rewrite(part, item, item.key, outcome.value,
                     name + " is written " + quoted(outcome.value) + " today" + why);
    } else if (!outcome.why.empty()) {
      item.settled = true;
      draft_.note(Fate::changed, item.span, name + ": " + outcome.why);
    }
    add_more(part, outcome);
  }

  void add_more(Part& part, const Outcome& outcome) {
    for (const Setting& setting : outcome.more) {
      if (is_set(draft_, part, setting.key)) continue;
      draft_.add(
          part, setting.key, setting.value,
          quoted(setting.key + "=" + setting.value) + " is written in " + bracketed(part.name));
    }
  }

  // Copies what the program does not say itself.
  void inherit(Part& part, const Part& defaults, const std::vector<std::string>& own) {
    for (const Item& item : defaults.items) {
      if (item.overridden || std::find(own.begin(), own.end(), item.key) != own.end()) continue;
      const DialectKey* found = row(part, item.key);
      if (found != nullptr && found->treatment == Treatment::lost) continue;
      const std::string option =
          found != nullptr && !found->option.empty() ? std::string(found->option) : item.key;
      const Outcome outcome =
          found != nullptr ? convert(*found, part, item.value) : text_of(item.value);
      if (outcome.is_lost || is_set(draft_, part, option)) continue;
      draft_.add(part, option, outcome.value,
                 quoted(option + "=" + outcome.value) + " is written in " + bracketed(part.name) +
                     ": [program-default] says so");
      if (!outcome.lost.empty()) {
        draft_.note(Fate::lost, item.span, quoted(item.written) + ": " + outcome.lost);
      }
      add_more(part, outcome);
    }
  }

  // What that daemon makes of any value before it looks at it.
  static Outcome text_of(const std::string& raw) {
    Outcome outcome;
    std::vector<std::string> given_up;
    outcome.value = go_template(expand_shell_names(go_unescape(raw), given_up));
    for (const std::string& name : given_up) {
      outcome.lost += (outcome.lost.empty() ? "" : ", ") + quoted(name) +
                      " no longer changes it, its default is written instead";
    }
    if (outcome.value != raw) outcome.why = "escapes and names are written in another way";
    return outcome;
  }

  Outcome convert(const DialectKey& found, const Part& part, const std::string& raw) {
    Outcome outcome = text_of(raw);
    const std::string text = outcome.value;
    if (text.find("%(") != text.npos && found.treatment != Treatment::command_words &&
        found.treatment != Treatment::log_target) {
      return outcome;
    }
    switch (found.treatment) {
      case Treatment::command_words: convert_command(raw, outcome); break;
      case Treatment::exactly_true: outcome.value = raw == "true" ? "true" : "false"; break;
      case Treatment::restart_word: convert_restart(outcome); break;
      case Treatment::boolean: convert_boolean(found, outcome); break;
      case Treatment::number: convert_number(found, part, outcome); break;
      case Treatment::attempts: {
        // It counts the first attempt, Supervisor those that follow it.
        const auto number = whole_number(text).value_or(3);
        outcome.value = std::to_string(std::max<std::int64_t>(number - 1, 0));
        outcome.why = "Supervisor does not count the first attempt";
        break;
      }
      case Treatment::bytes: convert_bytes(found, outcome); break;
      case Treatment::exit_codes: convert_exit_codes(outcome); break;
      case Treatment::signals: convert_signals(outcome); break;
      case Treatment::user_only: {
        const std::size_t colon = text.find(':');
        if (colon == text.npos) break;
        outcome.value = text.substr(0, colon);
        outcome.lost =
            "the group " + quoted(text.substr(colon + 1)) + "; " + std::string(found.advice);
        break;
      }
      case Treatment::variables: convert_variables(outcome); break;
      case Treatment::log_target: convert_log(found, part, outcome); break;
      case Treatment::log_level: convert_level(outcome); break;
      default: break;
    }
    return outcome;
  }

  static void convert_command(const std::string& raw, Outcome& outcome) {
    if (outcome.value == raw) return;  // the same words, but for quotes inside of them
    std::string error;
    const auto words = go_split(outcome.value);
    const auto today = schema::split_command(outcome.value, error);
    if (!today || *today != words || !is_writable(outcome.value)) {
      outcome.value = join_arguments(words);
    }
  }

  static void convert_restart(Outcome& outcome) {
    if (outcome.value == "true" || outcome.value == "false" || outcome.value == "unexpected")
      return;
    outcome.value = "unexpected";
    outcome.why = "only `true` and `false` are read as such";
  }

  static void convert_boolean(const DialectKey& found, Outcome& outcome) {
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

  void convert_number(const DialectKey& found, const Part& part, Outcome& outcome) const {
    if (whole_number(outcome.value)) return;
    const auto name = schema::classify_section(part.name);
    const schema::OptionRow* option =
        name ? schema::find_option(name->kind, found.option) : nullptr;
    if (option == nullptr || !option->default_text) return;
    outcome.value = found.default_text.empty() ? *option->default_text : found.default_text;
    outcome.why = "it is no number there, the default is used";
  }

  static void convert_bytes(const DialectKey& found, Outcome& outcome) {
    if (!is_go_byte_size(outcome.value)) {
      outcome.value = found.option.ends_with("capture_maxbytes") ? "0" : "50MB";
      outcome.why = "it is no size there, the default is used";
    } else if (outcome.value == "0" && found.option.ends_with("logfile_maxbytes")) {
      outcome.why = "0 rotated at each line, it never rotates today";
    }
  }

  static void convert_exit_codes(Outcome& outcome) {
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

  void convert_signals(Outcome& outcome) const {
    std::vector<std::string> words;
    for (const std::string_view word : schema::split_list(outcome.value, ' ')) {
      if (!word.empty()) words.emplace_back(word);
    }
    const std::string first = words.empty() ? "TERM" : words.front();
    // Names in capitals are understood, everything else is SIGTERM.
    const bool is_name =
        !whole_number(first) && schema::upper(first) == first &&
        is_value_today(SectionKind::program, "stopsignal", first, draft_.options().target);
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

  void convert_variables(Outcome& outcome) const {
    const auto variables = go_environment(outcome.value);
    schema::EnvironmentValue today;
    const bool is_read =
        !schema::Environment::read(outcome.value, {draft_.options().target}, today);
    if (!variables || (is_read && today == *variables)) return;
    if (const auto text = write_environment(*variables)) outcome.value = *text;
  }

  static void convert_level(Outcome& outcome) {
    constexpr std::string_view known[] = {"critical", "error", "warn", "info"};
    const std::string word = schema::lower(outcome.value);
    if (std::find(std::begin(known), std::end(known), word) != std::end(known)) return;
    if (word == "debug") return;
    outcome.value = "debug";
    outcome.why = "every other word means debug there";
  }

  void convert_log(const DialectKey& found, const Part&, Outcome& outcome) {
    const std::vector<std::string> sinks = sinks_of(outcome.value);
    const std::string option(found.option);
    const std::string stream = option.substr(0, option.find('_'));
    std::string chosen;
    bool is_syslog = false;
    for (const std::string& sink : sinks) {
      const bool is_log_daemon = sink == "syslog" || sink.starts_with("syslog ");
      if (is_log_daemon && option != "logfile") {
        is_syslog = true;
        if (sink != "syslog") {
          outcome.lost = "the address " + quoted(schema::strip(sink.substr(6))) +
                         "; syslog of this machine is used";
        }
      } else if (chosen.empty()) {
        chosen = sink;
      } else {
        outcome.lost = "the output goes to one file, not to " + quoted(sink) + ", too";
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

  // Output that is no file cannot be rotated.
  void settle_devices(Part& part) {
    for (const std::string option : {"stdout_logfile", "stderr_logfile"}) {
      Item* log = part.find(option);
      const std::vector<std::string> sinks =
          log != nullptr ? sinks_of(log->value) : std::vector<std::string>{};
      if (sinks.empty() || !is_device(sinks.front())) continue;
      const std::string size = option + "_maxbytes";
      Item* item = part.find(size);
      if (item == nullptr) {
        if (!is_set(draft_, part, size)) {
          draft_.add(part, size, "0",
                     quoted(size + "=0") + " is written in " + bracketed(part.name) + ": " +
                         quoted(sinks.front()) + " cannot be rotated");
        }
      } else if (!item->settled && item->value != "0") {
        draft_.rewrite(part, *item, size, "0",
                       draft_.name_of(part, *item) + " is 0 today: " + quoted(sinks.front()) +
                           " cannot be rotated");
      }
    }
  }

  // Its processes are numbered from 1.
  void settle_numbers(Part& part) {
    const bool is_numbered = std::any_of(
        part.items.begin(), part.items.end(),
        [](const Item& item) { return item.value.find("%(process_num)") != item.value.npos; });
    if (!is_numbered || is_set(draft_, part, "numprocs_start")) return;
    draft_.add(part, "numprocs_start", "1",
               "`numprocs_start=1` is written in " + bracketed(part.name) +
                   ": processes were numbered from 1");
  }

  struct Dependency {
    Part* part;
    Item* item;
    std::string names;
  };

  // The order of start as priorities: each program behind those that it depends on.
  void order_programs() {
    std::map<std::string, std::vector<std::string>> needs;
    for (const Dependency& each : dependencies_) {
      for (const std::string_view name : schema::split_list(each.names)) {
        needs[each.part->label].emplace_back(name);
        needs[std::string(name)];
      }
    }
    const std::map<std::string, int> rank = ranks_of(needs);
    for (const Dependency& each : dependencies_) {
      const std::string name = draft_.name_of(*each.part, *each.item);
      const bool is_ranked = rank.count(each.part->label) != 0;
      draft_.comment_out(*each.part, *each.item, is_ranked ? Fate::changed : Fate::lost,
                         name + (is_ranked ? " is said by `priority` today"
                                           : " stands in a circle, there is no such order"));
    }
    for (Part& part : draft_.parts()) {
      const auto found = rank.find(part.label);
      if (part.word != "program" || found == rank.end()) continue;
      write_priority(part, std::to_string(found->second));
    }
  }

  // One more than the highest of those that each one needs; what stands in a circle has none.
  static std::map<std::string, int> ranks_of(
      const std::map<std::string, std::vector<std::string>>& needs) {
    std::map<std::string, std::vector<std::string>> needed_by;
    std::map<std::string, std::size_t> open;
    std::vector<std::string> ready;
    for (const auto& [name, others] : needs) {
      for (const std::string& other : others) needed_by[other].push_back(name);
      open[name] = others.size();
      if (others.empty()) ready.push_back(name);
    }
    std::map<std::string, int> rank;
    for (std::size_t i = 0; i < ready.size(); ++i) {
      const std::string name = ready[i];
      int& own = rank[name];
      own = std::max(own, 1);
      for (const std::string& dependent : needed_by[name]) {
        int& later = rank[dependent];
        later = std::max(later, own + 1);
        if (--open[dependent] == 0) ready.push_back(dependent);
      }
    }
    std::erase_if(rank, [&](const auto& each) { return open[each.first] != 0; });
    return rank;
  }

  void write_priority(Part& part, const std::string& priority) {
    Item* item = part.find("priority");
    const std::string why = ": the order of start is that of `depends_on`";
    if (item == nullptr) {
      if (part.sets("priority")) return;
      draft_.add(part, "priority", priority,
                 quoted("priority=" + priority) + " is written in " + bracketed(part.name) + why);
    } else if (!item->settled && item->value != priority) {
      draft_.rewrite(part, *item, "priority", priority,
                     draft_.name_of(part, *item) + " is " + priority + " today" + why);
    }
  }

  Draft& draft_;
  Dialect dialect_;
  std::vector<Dependency> dependencies_;
};

}  // namespace

void translate_go(Draft& draft, Dialect dialect) { Translator(draft, dialect).run(); }

}  // namespace sup::compiler::migration
