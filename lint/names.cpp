#include "lint/names.h"

#include <algorithm>
#include <set>
#include <vector>

#include "schema/suggest.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

// clang-format off
// Mistakes that are further from the option than its spelling.
struct Alias { std::string_view key; std::string_view option; };

constexpr Alias aliases[] = {
  {"autoreload",        "autorestart"},
  {"redirect_stdout",   "redirect_stderr"},
  {"cwd",               "directory"},
  {"dir",               "directory"},
  {"workdir",           "directory"},
  {"working_directory", "directory"},
  {"env",               "environment"},
  {"environ",           "environment"},
  {"instances",         "numprocs"},
  {"replicas",          "numprocs"},
  {"retries",           "startretries"},
  {"signal",            "stopsignal"},
  {"stdout",            "stdout_logfile"},
  {"stdout_log",        "stdout_logfile"},
  {"stdout_file",       "stdout_logfile"},
  {"stderr",            "stderr_logfile"},
  {"stderr_log",        "stderr_logfile"},
  {"stderr_file",       "stderr_logfile"},
  {"stdout_maxbytes",   "stdout_logfile_maxbytes"},
  {"stdout_backups",    "stdout_logfile_backups"},
  {"stderr_maxbytes",   "stderr_logfile_maxbytes"},
  {"stderr_backups",    "stderr_logfile_backups"},
  {"maxbytes",          "logfile_maxbytes"},
  {"backups",           "logfile_backups"},
};

// clang-format on

bool is_private(std::string_view name) { return name.starts_with("x-") || name.starts_with("x_"); }

bool is_configured(const Context& context, const schema::DialectKey& key) {
  const std::string_view word = schema::dialect_row(key.dialect).word;
  for (const ConfigSection& section : context.config().sections) {
    if (!section.name) continue;
    const SectionKind kind = section.name->kind;
    const ConfigEntry* entry = nullptr;
    if (kind == SectionKind::eventlistener) entry = section.find("command");
    if (kind == SectionKind::rpcinterface) entry = section.find("supervisor.rpcinterface_factory");
    if (entry != nullptr && entry->value.find(word) != std::string_view::npos) return true;
  }
  return false;
}

// The section that reads `key`. Programs stand for all that run processes.
const schema::SectionRow* find_home(std::string_view key) {
  constexpr SectionKind order[] = {
      SectionKind::program,          SectionKind::supervisord,   SectionKind::eventlistener,
      SectionKind::fcgi_program,     SectionKind::group,         SectionKind::inet_http_server,
      SectionKind::unix_http_server, SectionKind::supervisorctl, SectionKind::include,
      SectionKind::rpcinterface,     SectionKind::ctlplugin};
  for (const SectionKind kind : order) {
    if (schema::find_option(kind, key) != nullptr) return &schema::section_row(kind);
  }
  return nullptr;
}

}  // namespace

KeyJudge::KeyJudge(const Context& context, const ConfigSection& section)
    : context_(context), section_(section) {
  const unsigned blocks = schema::section_row(section.name->kind).blocks;
  std::set<std::string_view> written;
  for (const ConfigEntry& entry : section.entries) {
    if (entry.option() != nullptr) written.insert(entry.option()->name);
  }
  for (const schema::OptionRow& row : schema::option_rows()) {
    if ((row.block & blocks) == 0) continue;
    all_.push_back(row.name);
    if (!written.contains(row.name)) free_.push_back(row.name);
  }
  for (const ConfigEntry& entry : section.entries) {
    if (entry.from_default || !entry.key().starts_with('[')) continue;
    open_headers_.try_emplace({entry.file, context.written(entry).section}, entry.entry);
  }
}

bool KeyJudge::is_free(std::string_view option) const {
  return std::find(free_.begin(), free_.end(), option) != free_.end();
}

std::string_view KeyJudge::suggest(std::string_view key) const {
  for (const Alias& alias : aliases) {
    if (alias.key == key && std::find(all_.begin(), all_.end(), alias.option) != all_.end()) {
      return alias.option;
    }
  }
  const std::string_view found = schema::nearest(key, all_);
  return found.empty() ? schema::nearest(key, free_) : found;
}

KeyVerdict KeyJudge::judge(const ConfigEntry& entry) const {
  KeyVerdict verdict;
  const SectionKind kind = section_.name->kind;
  if (entry.option() != nullptr || is_private(entry.key())) return verdict;
  if (entry.key().starts_with('[')) {
    verdict.kind = KeyKind::open_header;
    return verdict;
  }
  if (schema::takes_any_key(kind)) return verdict;
  const auto open = open_headers_.find({entry.file, context_.written(entry).section});
  if (open != open_headers_.end() && open->second < entry.entry) return verdict;
  // [include] without files= is the compiler's error; it speaks of misspelt ones, too.
  if (kind == SectionKind::include && is_free("files") && suggest(entry.key()) == "files") {
    return verdict;
  }
  if (section_.is_process() && (verdict.row = schema::find_plugin_key(entry.key())) != nullptr) {
    const bool is_missing = !context_.config().fragment && !is_configured(context_, *verdict.row);
    verdict.kind = is_missing ? KeyKind::plugin : KeyKind::accepted;
    return verdict;
  }
  if ((verdict.row = schema::find_former(kind, entry.key())) != nullptr) {
    verdict.kind = KeyKind::former;
    return verdict;
  }
  // The one option that the command line has and files have not.
  if (kind == SectionKind::supervisord && entry.key() == "profile_options") {
    verdict.kind = KeyKind::command_line;
    return verdict;
  }
  verdict.row = schema::find_foreign(kind, entry.key());
  if (verdict.row != nullptr && !verdict.product().empty()) {
    verdict.kind = KeyKind::foreign;
    return verdict;
  }
  if ((verdict.home = find_home(entry.key())) != nullptr) {
    verdict.kind = KeyKind::misplaced;
    return verdict;
  }
  verdict.kind = KeyKind::unknown;
  return verdict;
}

bool is_missed_daemon(const Context& context, const HeaderVerdict& verdict) {
  return verdict.meant == "supervisord" && context.config().find("supervisord") == nullptr;
}

std::string section_form(const schema::SectionRow& row) {
  std::string form = "[";
  form += row.spelling;
  if (row.naming == schema::Naming::named) form += ":x";
  return form + "]";
}

HeaderVerdict judge_header(const ConfigSection& section) {
  HeaderVerdict verdict;
  const std::string_view full_name = section.full_name;
  if (section.name || full_name == "DEFAULT" || is_private(full_name)) return verdict;
  // Of [[program:a]] the outer brackets are the header's, the inner ones are what is meant.
  if (full_name.starts_with('[') && full_name.ends_with(']')) {
    const std::string_view inner = full_name.substr(1, full_name.size() - 2);
    if (schema::classify_section(inner)) return {HeaderKind::unknown, std::string(inner), {}};
  }

  const std::size_t colon = full_name.find(':');
  const bool has_name = colon != std::string_view::npos;
  const std::string word = schema::lower(schema::strip(full_name.substr(0, colon)));
  const std::string rest(has_name ? schema::strip_right(full_name.substr(colon)) : "");
  const std::string plain = word + rest;
  if (plain != full_name && schema::classify_section(plain)) {
    return {HeaderKind::case_or_space, plain, {}};
  }
  for (const schema::SectionRow& row : schema::section_rows()) {
    if (row.naming == schema::Naming::named && !has_name && word == row.spelling) {
      return {HeaderKind::nameless, "", {}};
    }
  }
  // [supervisor] without a name is [supervisord], misspelt.
  const schema::DialectMarker* marker = schema::find_marker(word);
  if (marker != nullptr && (has_name || word != "supervisor")) {
    return {HeaderKind::foreign, "", schema::dialect_row(marker->dialect).product};
  }
  // Sections of other products that do not show the product, as their names are common words.
  for (const schema::DialectKey& key : schema::dialect_keys())
    if (has_name && key.section == word && key.key == "*")
      return {HeaderKind::foreign, "", schema::dialect_row(key.dialect).product};

  verdict.kind = HeaderKind::unknown;
  std::vector<std::string_view> spellings;
  for (const schema::SectionRow& row : schema::section_rows()) spellings.push_back(row.spelling);
  const std::string_view near = schema::nearest(word, spellings);
  for (const schema::SectionRow& row : schema::section_rows()) {
    if (row.spelling != near) continue;
    verdict.meant = near;
    if (row.naming == schema::Naming::named) {
      verdict.meant += has_name ? rest : ":x";
    } else if (row.naming == schema::Naming::server) {
      verdict.meant += rest;
    }
  }
  return verdict;
}

}  // namespace sup::lint
