// Supervisor 2, Supervisor 3, supervice and rsupervisord.
#include <algorithm>

#include "compiler/migrate/text.h"
#include "compiler/migrate/translators.h"
#include "schema/expand.h"
#include "schema/options.h"
#include "schema/text.h"

namespace sup::compiler::migration {

namespace {

using schema::Dialect;
using schema::DialectKey;
using schema::SectionKind;
using schema::Treatment;

struct LaterUse {
  Span span;
  std::string name;
};

// What Supervisor 2 cannot have read as it is, because it came later; nothing if all is old.
// Otherwise its keys were leftovers, and its defaults are not what has been running.
std::optional<LaterUse> used_later(Draft& draft) {
  for (Part& part : draft.parts()) {
    const auto name = schema::classify_section(part.name);
    if (!name) continue;
    if (name->kind != SectionKind::supervisord && name->kind != SectionKind::supervisorctl &&
        name->kind != SectionKind::program) {
      return LaterUse{draft.header_span(part), bracketed(part.name)};
    }
    for (const Item& item : part.items) {
      const schema::OptionRow* row = schema::find_option(name->kind, item.key);
      if (row == nullptr && row_of(Dialect::supervisor2, part.word, item.key) == nullptr) continue;
      if (row != nullptr && row->since.starts_with("3."))
        return LaterUse{item.span, draft.name_of(part, item)};
      if (item.value.find("%(") != item.value.npos)
        return LaterUse{item.span, "the `%(` of " + draft.name_of(part, item)};
    }
  }
  return std::nullopt;
}

// The variables of an environment= as Supervisor 2 read it: no quotes, a comma ends a value.
// Nothing: it refused the text.
std::optional<std::vector<std::pair<std::string, std::string>>> old_environment(
    std::string_view text) {
  std::vector<std::pair<std::string, std::string>> variables;
  for (const std::string_view pair : schema::split_list(text)) {
    if (pair.empty()) continue;
    const std::size_t sign = pair.find('=');
    if (sign == std::string_view::npos) return std::nullopt;
    variables.emplace_back(schema::strip(pair.substr(0, sign)),
                           schema::strip(pair.substr(sign + 1)));
  }
  return variables;
}

class SupervisorTranslator {
 public:
  SupervisorTranslator(Draft& draft, Dialect dialect)
      : draft_(draft), dialect_(dialect), is_old_(dialect == Dialect::supervisor2) {}

  void run() {
    if (const auto later = is_old_ ? used_later(draft_) : std::nullopt) {
      is_old_ = false;
      draft_.note(Fate::kept, later->span,
                  later->name +
                      " shows that a later Supervisor has read this: the defaults of Supervisor 2 "
                      "are not written out, and no `%` is doubled");
    }
    // New names of sections come last: the look-ups go by the old ones.
    for (Part& part : draft_.parts()) {
      if (part.word == "supervisord" || part.word == "supervice") translate_daemon(part);
      if (is_process(part)) translate_program(part);
      if (dialect_ == Dialect::supervisor3) silence_later_options(part);
      if (is_old_) requote(part);
      if (is_old_) escape(part);
    }
    if (Part* part = draft_.find("supervice")) {
      draft_.rename_header(*part, "supervisord", "[supervice] is called [supervisord] today");
    }
  }

 private:
  void translate_daemon(Part& part) {
    Item* address = nullptr;
    for (Item& item : part.items) {
      const DialectKey* row = row_of(dialect_, part.word, item.key);
      if (row == nullptr || settle_plainly(draft_, part, item, *row)) continue;
      if (row->treatment == Treatment::server_address && !item.overridden) address = &item;
      if (row->treatment == Treatment::moved) move(part, item, *row);
      if (row->treatment == Treatment::log_level) lower_level(part, item);
    }
    open_server(part, address);
  }

  // What came after the old daemon had no effect there, and would have one now.
  void silence_later_options(Part& part) {
    const auto name = schema::classify_section(part.name);
    if (!name) return;
    for (Item& item : part.items) {
      const schema::OptionRow* row = schema::find_option(name->kind, item.key);
      if (item.settled || row == nullptr || row->is_read_by(schema::Target::v3_4)) continue;
      draft_.comment_out(part, item, Fate::changed,
                         draft_.name_of(part, item) +
                             " is not read by Supervisor 3 and would have an effect today; it is "
                             "now a comment");
    }
  }

  void lower_level(Part& part, Item& item) {
    std::string word = schema::lower(item.value);
    if (word == "warning") word = "warn";
    if (word != item.value) {
      draft_.rewrite(part, item, "loglevel", word,
                     draft_.name_of(part, item) + " is written " + in_backticks(word) + " today");
    }
  }

  // "section.option": opens that section with the setting.
  void move(Part& part, Item& item, const DialectKey& row) {
    const std::size_t dot = row.option.find('.');
    const std::string section(row.option.substr(0, dot));
    const std::string option(row.option.substr(dot + 1));
    const std::string message = draft_.name_of(part, item) + " is " + in_backticks(option) +
                                " of " + bracketed(section) + " today";
    if (item.overridden || draft_.find(section) != nullptr || !is_writable(item.value)) {
      draft_.comment_out(
          part, item, Fate::changed,
          draft_.name_of(part, item) + " has no effect beside " + bracketed(section));
      return;
    }
    const Span cause = item.span;
    const std::uint32_t file = item.file;
    const std::string value = item.value;
    const std::string comment = draft_.take(part, item, message);
    draft_.add_section(file, section,
                       {
                           {option, value, comment}
    },
                       cause, bracketed(section) + " is added");
    add_interface(draft_, file, cause);
  }

  // http_port and what belongs to it become a section of their own.
  void open_server(Part& part, Item* address) {
    const bool is_known =
        address != nullptr && !address->value.empty() && is_writable(address->value);
    const bool is_path =
        is_known &&
        (address->value.find('/') != std::string::npos ||
         (address->value.find(':') == std::string::npos && !whole_number(address->value)));
    const std::string section = is_path ? "unix_http_server" : "inet_http_server";
    const bool is_open = is_known && draft_.find(section) == nullptr;
    std::vector<Setting> settings;
    if (is_open) {
      const std::string option = is_path ? "file" : "port";
      const std::string message = draft_.name_of(part, *address) + " is " + in_backticks(option) +
                                  " of " + bracketed(section) + " today";
      const std::string value = is_old_ ? schema::escape_template(address->value) : address->value;
      settings.push_back({option, value, draft_.take(part, *address, message)});
    }
    for (Item& item : part.items) {
      const DialectKey* row = row_of(dialect_, part.word, item.key);
      if (row == nullptr || item.settled) continue;
      if (row->treatment == Treatment::server_address) {
        draft_.comment_out(
            part, item, Fate::changed,
            draft_.name_of(part, item) + " has no effect" +
                (is_known && !item.overridden ? ": there is " + bracketed(section) + " already"
                                              : ""));
      }
      if (row->treatment == Treatment::server_option) {
        move_server_option(part, item, *row, is_open, is_path, settings);
      }
    }
    if (!is_open) return;
    add_missing_half(settings, section, address->span);
    draft_.add_section(address->file, section, settings, address->span,
                       bracketed(section) + " is added");
    add_interface(draft_, address->file, address->span);
  }

  void move_server_option(Part& part, Item& item, const DialectKey& row, bool is_open, bool is_path,
                          std::vector<Setting>& settings) {
    const SectionKind kind =
        is_path ? SectionKind::unix_http_server : SectionKind::inet_http_server;
    std::string value = item.value;
    if (row.option == "chown") {
      const std::size_t dot = value.find('.');
      if (dot != value.npos && value.find(':') == value.npos) value[dot] = ':';
    }
    if (is_old_) value = schema::escape_template(value);
    const bool is_usable = is_open && !item.overridden && is_writable(value) &&
                           schema::find_option(kind, row.option) != nullptr &&
                           is_value_today(kind, row.option, value, draft_.options().target);
    if (!is_usable) {
      draft_.comment_out(part, item, Fate::changed,
                         draft_.name_of(part, item) + " has no effect" +
                             (is_open ? " on this server" : " without its server"));
      return;
    }
    const std::string message = draft_.name_of(part, item) + " is " + in_backticks(row.option) +
                                " of the server's own section today";
    settings.push_back({std::string(row.option), value, draft_.take(part, item, message)});
  }

  // A user name without a password, or the other way round, is refused today.
  void add_missing_half(std::vector<Setting>& settings, const std::string& section, Span cause) {
    const auto has = [&](std::string_view key) {
      return std::any_of(settings.begin(), settings.end(),
                         [&](const Setting& setting) { return setting.key == key; });
    };
    const bool has_name = has("username");
    if (has_name == has("password")) return;
    const std::string missing = has_name ? "password" : "username";
    settings.push_back({missing, "", ""});
    draft_.note(Fate::changed, cause,
                in_backticks(missing + "=") + " is written in " + bracketed(section) +
                    ", empty: it is refused today when only the other one is there");
  }

  void translate_program(Part& part) {
    if (dialect_ == Dialect::supervisor2) settle_switches(part);
    for (Item& item : part.items) {
      const DialectKey* row = row_of(dialect_, part.word, item.key);
      if (item.settled || row == nullptr || settle_plainly(draft_, part, item, *row)) continue;
      settle_value(part, item, *row);
    }
    if (dialect_ != Dialect::supervisor2 || is_old_) write_defaults(part);
    rename_program(part);
  }

  void settle_value(Part& part, Item& item, const DialectKey& row) {
    switch (row.treatment) {
      case Treatment::events:
        if (const auto events = rewrite_events(item.value)) {
          draft_.rewrite(part, item, "events", *events,
                         draft_.name_of(part, item) + " names event types that are called " +
                             in_backticks(*events) + " today");
        }
        return;
      case Treatment::capture_size: settle_capture(part, item, row); return;
      case Treatment::log_target: settle_syslog(part, item, row); return;
      case Treatment::exit_codes: settle_exit_codes(part, item); return;
      default: return;
    }
  }

  void settle_capture(Part& part, Item& item, const DialectKey& row) {
    if (item.overridden || part.sets(row.option)) {
      draft_.comment_out(part, item, Fate::changed,
                         draft_.name_of(part, item) +
                             " has no effect: " + in_backticks(row.option) + " is set, too");
      return;
    }
    // Captured output went to a file of any size; this is as much as Supervisor's own sample has.
    draft_.rewrite(part, item, row.option, "1MB",
                   draft_.name_of(part, item) + " named a file; " + in_backticks(row.option) +
                       " keeps 1MB in memory");
  }

  void settle_syslog(Part& part, Item& item, const DialectKey& row) {
    const std::string option = std::string(row.option.substr(0, row.option.find('_'))) + "_syslog";
    if (item.overridden || item.value != "syslog" || part.sets(option)) return;
    draft_.rewrite(part, item, row.option, "NONE",
                   draft_.name_of(part, item) + ": syslog has a switch of its own today");
    draft_.add(part, option, "true",
               in_backticks(option + "=true") + " is written in " + bracketed(part.name));
  }

  void settle_exit_codes(Part& part, Item& item) {
    std::string codes;
    for (const std::string_view code : schema::split_list(item.value)) {
      const auto number = whole_number(code);
      if (number && (*number < 0 || *number > 255)) continue;
      codes += (codes.empty() ? "" : ",") + std::string(code);
    }
    if (is_value_today(SectionKind::program, "exitcodes", item.value, draft_.options().target)) {
      return;
    }
    draft_.rewrite(part, item, "exitcodes", codes,
                   draft_.name_of(part, item) + " has statuses that no process can exit with");
  }

  // log_stdout and log_stderr say which streams went to the one log.
  void settle_switches(Part& part) {
    const auto is_on = [&](std::string_view key) {
      const DialectKey* row = schema::find_dialect_key(dialect_, "program", key);
      const Item* item = part.find(key);
      bool value = row->default_text == "true";
      if (item != nullptr)
        (void)schema::Boolean::read(item->value, {draft_.options().target}, value);
      return value;
    };
    const bool is_stdout = is_on("log_stdout");
    const bool is_stderr = is_on("log_stderr");
    const bool is_written =
        part.find("log_stdout") != nullptr || part.find("log_stderr") != nullptr;
    if (!is_written && !is_old_) return;
    for (Item& item : part.items) {
      const DialectKey* row = row_of(dialect_, part.word, item.key);
      if (row == nullptr || row->until.empty()) continue;
      if (row->treatment == Treatment::log_switch) {
        draft_.comment_out(part, item, Fate::changed,
                           draft_.name_of(part, item) + " (" + std::string(row->meaning) +
                               ") is said by other options today");
      } else if (!is_stdout && is_stderr && row->treatment == Treatment::renamed &&
                 !item.overridden) {
        // The log was that of standard error alone.
        const std::string option = "stderr" + std::string(row->option.substr(6));
        if (part.sets(option)) continue;
        draft_.rename(part, item, option,
                      draft_.name_of(part, item) + " is called " + in_backticks(option) +
                          " today: only standard error went there");
      }
    }
    if (!is_stdout) close(part, "stdout_logfile");
    if (is_stderr && is_stdout) {
      if (!is_set(draft_, part, "redirect_stderr") && part.word != "eventlistener") {
        draft_.add(part, "redirect_stderr", "true",
                   "`redirect_stderr=true` is written in " + bracketed(part.name) +
                       ": both streams went to one log");
      }
    } else if (!is_stderr && !is_set(draft_, part, "redirect_stderr")) {
      close(part, "stderr_logfile");
    }
  }

  void close(Part& part, const std::string& option) {
    if (is_set(draft_, part, option)) return;
    // What the log was called has no one to write to it.
    const bool is_stdout = option.starts_with("stdout");
    for (Item& item : part.items) {
      const DialectKey* row = row_of(dialect_, part.word, item.key);
      if (!is_stdout || item.settled || row == nullptr || row->treatment != Treatment::renamed) {
        continue;
      }
      draft_.comment_out(part, item, Fate::changed,
                         draft_.name_of(part, item) + " has no effect: nothing was written there");
    }
    draft_.add(part, option, "NONE",
               in_backticks(option + "=NONE") + " is written in " + bracketed(part.name) +
                   ": the stream was thrown away");
  }

  void write_defaults(Part& part) {
    for (const DialectKey& row : schema::dialect_keys()) {
      if (row.dialect != dialect_ || row.section != "program" || row.default_text.empty() ||
          row.option.empty()) {
        continue;
      }
      add_default(draft_, part, row.option, row.default_text, dialect_);
    }
    if (dialect_ == Dialect::supervice) name_processes(part);
  }

  // supervice numbers processes without being told.
  void name_processes(Part& part) {
    const Item* count = part.find("numprocs");
    const bool is_many = count != nullptr && whole_number(count->value).value_or(2) > 1;
    if (is_many)
      add_default(draft_, part, "process_name", "%(program_name)s_%(process_num)02d", dialect_);
  }

  // Names may hold neither blanks nor colons nor slashes today.
  void rename_program(Part& part) {
    const std::string plain = plain_name(part.label);
    if (plain == part.label || part.label.empty()) return;
    draft_.rename_header(part, part.word + ":" + plain,
                         bracketed(part.name) + " is called " + bracketed(part.word + ":" + plain) +
                             ": the name is refused today");
  }

  // Supervisor 2 knew no quotes.
  void requote(Part& part) {
    Item* item = part.find(schema::Environment::name);
    const auto name = schema::classify_section(part.name);
    if (item == nullptr || item->settled || !name) return;
    const schema::OptionRow* row = schema::find_option(name->kind, item->key);
    const auto old = old_environment(item->value);
    if (row == nullptr || !old) return;
    schema::EnvironmentValue today;
    const schema::ReadContext context{draft_.options().target};
    if (!schema::Environment::read(item->value, context, today) && today == *old) return;
    auto variables = *old;
    for (int i = 0; i < times(*row, name->kind); ++i)
      for (auto& variable : variables) variable.second = schema::escape_template(variable.second);
    const auto text = write_environment(variables);
    if (!text) {
      draft_.comment_out(part, *item, Fate::lost,
                         draft_.name_of(part, *item) + " has a value that cannot be written today");
      return;
    }
    // The values may be secret.
    draft_.rewrite(
        part, *item, item->key, *text,
        draft_.name_of(part, *item) + " has its values in quotes today: Supervisor 2 knew none");
  }

  // How often the value is expanded today.
  int times(const schema::OptionRow& row, SectionKind kind) const {
    const bool is_twice =
        row.has(schema::twice) ||
        (kind == SectionKind::supervisord && row.type == schema::Environment::name &&
         draft_.options().target != schema::Target::v4_4);
    return is_twice ? 2 : 1;
  }

  // Supervisor 2 knew no %(name)s: a % was a %.
  void escape(Part& part) {
    const auto name = schema::classify_section(part.name);
    if (!name) return;
    for (Item& item : part.items) {
      const std::size_t rename = item.settled ? 1 : 0;
      const DialectKey* former = row_of(dialect_, part.word, item.key);
      const bool is_renamed = former != nullptr && former->treatment == Treatment::renamed;
      const std::string_view key = is_renamed ? former->option : std::string_view(item.key);
      const schema::OptionRow* row = schema::find_option(name->kind, key);
      if (row == nullptr || (rename != 0 && !(is_renamed && part.sets(key)))) continue;
      draft_.escape_percent(part, item, static_cast<unsigned>(times(*row, name->kind)));
    }
  }

  Draft& draft_;
  Dialect dialect_;
  bool is_old_;  // no later Supervisor has read the files
};

}  // namespace

void translate_supervisor(Draft& draft, Dialect dialect) {
  SupervisorTranslator(draft, dialect).run();
}

}  // namespace sup::compiler::migration
