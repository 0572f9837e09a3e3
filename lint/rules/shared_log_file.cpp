// SUP702: several processes that write one log file.
#include <algorithm>
#include <bit>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lint/edits.h"
#include "lint/lint.h"
#include "lint/paths.h"

namespace sup::lint {

namespace {

// A log, or all logs of the processes of a section that are one file.
struct Writer {
  const ConfigSection* section;
  const ConfigEntry* entry;
  bool rotates;
};

bool is_comparable(const Log& log) {
  return log.entry != nullptr && log.target.kind == schema::LogKind::file &&
         !log.target.path.empty() && !is_device(log.target.path);
}

// Several processes of one section with one log.
void check_own(const Context& context, Diagnostics& out, const Writer& writer,
               std::int64_t numprocs) {
  const std::string_view value = writer.entry->value;
  if (value.find("%(process_num)") != std::string_view::npos) return;
  auto& diagnostic =
      out.report(shared_log_file.rule, writer.rotates ? Severity::error : Severity::warning,
                 context.value_place(*writer.entry),
                 "the " + std::to_string(numprocs) + " processes of " + writer.section->display() +
                     " write one log" +
                     (writer.rotates ? ", and its rotation by each of them loses lines" : ""));
  diagnostic.with_hint("put `%(process_num)02d` into the name");
  if (writer.entry->from_default || !context.is_single_line(*writer.entry)) return;
  const Span place = context.value_span(*writer.entry);
  std::string text(value);
  const std::size_t slash = text.rfind('/');
  std::size_t dot = text.rfind('.');
  if (dot == std::string::npos || (slash != std::string::npos && dot <= slash + 1)) {
    dot = text.size();
  }
  text.insert(dot, "_%(process_num)02d");
  diagnostic.fix("write " + in_backticks(text), place, text, true);
}

// Calls `function(channel, entry, path)` for each log of a section that may be shared.
template <class Function>
void each_writer(const Context& context, const ConfigSection& section, Function function) {
  for (const LogChannel& channel : log_channels(section.name->kind)) {
    const ConfigEntry* entry = section.find(channel.logfile);
    if (entry == nullptr) continue;
    if (hint_of(entry) == LogHint::file && !entry->is_template &&
        !(channel.is_stderr && redirects_stderr(context, section))) {
      function(channel, *entry, entry->value);
      continue;
    }
    if (is_constant_path(*entry) && is_device(entry->value)) continue;
    const auto log = read_log(context, section, channel);
    if (log && is_comparable(*log)) function(channel, *entry, log->target.path);
  }
}

// Whether plain_path() changes nothing.
bool is_plain(std::string_view path) {
  for (std::size_t at = path.find('/'); at != std::string_view::npos; at = path.find('/', at + 1)) {
    const std::string_view rest = path.substr(at + 1);
    if (rest.starts_with('/') || rest.starts_with("./")) return false;
  }
  return true;
}

// Hashes that were seen before. Kept side by side, as there are as many as there are logs.
class RepeatedHashes {
 public:
  explicit RepeatedHashes(std::size_t expected) : slots_(std::bit_ceil(2 * expected + 2)) {}

  void add(std::size_t hash) {
    if (2 * (count_ + 1) > slots_.size()) grow();
    hash += hash == 0 ? 1 : 0;
    std::size_t& slot = slot_of(hash);
    if (slot == hash) repeated_.insert(hash);
    if (slot != hash) ++count_;
    slot = hash;
  }

  bool contains(std::size_t hash) const { return repeated_.contains(hash + (hash == 0 ? 1 : 0)); }

  bool empty() const { return repeated_.empty(); }

 private:
  std::size_t& slot_of(std::size_t hash) {
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at] != 0 && slots_[at] != hash) at = (at + 1) & (slots_.size() - 1);
    return slots_[at];
  }

  void grow() {
    std::vector<std::size_t> before(slots_.size() * 2);
    before.swap(slots_);
    for (const std::size_t hash : before)
      if (hash != 0) slot_of(hash) = hash;
  }

  std::vector<std::size_t> slots_;  // 0: free; a power of two of them
  std::size_t count_ = 0;
  std::unordered_set<std::size_t> repeated_;
};

// Paths are compared by the bytes of their plain form, found by a hash: most are there only once.
std::size_t hash_of(std::string_view path) {
  return is_plain(path) ? std::hash<std::string_view>()(path)
                        : std::hash<std::string>()(plain_path(path));
}

void report_shared(const Context& context, Diagnostics& out, const Writer& first,
                   const Writer& writer) {
  const bool rotates = first.rotates || writer.rotates;
  auto& diagnostic =
      out.report(shared_log_file.rule, rotates ? Severity::error : Severity::warning,
                 context.value_place(*writer.entry),
                 writer.section->display() + " and " + first.section->display() + " write one log" +
                     (rotates ? "; when one of them rotates it, lines of both are lost" : ""));
  diagnostic.label(context.value_place(*first.entry), "the same file");
  diagnostic.with_hint(rotates ? "give each its own file, or switch rotation off for both"
                               : "give each its own file");
}

// Logs of several sections that are one file.
void check_others(const Context& context, Diagnostics& out, const RepeatedHashes& repeated) {
  std::unordered_map<std::string, Writer> writers;
  for (const ConfigSection& section : context.config().sections) {
    if (!section.name) continue;
    each_writer(context, section,
                [&](const LogChannel& channel, const ConfigEntry& entry, std::string_view path) {
                  if (!repeated.contains(hash_of(path))) return;
                  const Writer writer{&section, &entry,
                                      log_limit(context, section, channel).value_or(0) > 0};
                  const auto [known, fresh] = writers.emplace(plain_path(path), writer);
                  // Both logs of one program are SUP703.
                  if (!fresh && known->second.section != &section)
                    report_shared(context, out, known->second, writer);
                });
  }
}

// Several processes of one section with one log.
void check_processes(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const std::int64_t numprocs = context.read<schema::Integer>(section, "numprocs").value_or(1);
  if (numprocs < 2) return;
  each_log(context, section, [&](const Log& log) {
    if (!is_comparable(log)) return;
    const bool rotates = log_limit(context, section, *log.channel).value_or(0) > 0;
    check_own(context, out, {&section, log.entry, rotates}, numprocs);
  });
}

class SharedLogs final : public Tally {
 public:
  void look_at(const Context& context, const ConfigSection& section) override {
    if (section.is_process() && section.find("numprocs") != nullptr)
      check_processes(context, own_, section);
    if (context.config().fragment) return;
    each_writer(context, section,
                [&](const LogChannel&, const ConfigEntry&, std::string_view path) {
                  hashes_.push_back(hash_of(path));
                });
  }

  void add(Tally& other) override {
    auto& more = static_cast<SharedLogs&>(other);
    own_.take(more.own_);
    hashes_.insert(hashes_.end(), more.hashes_.begin(), more.hashes_.end());
  }

  void report(const Context& context, Diagnostics& out) override {
    out.take(own_);
    RepeatedHashes repeated(hashes_.size());
    for (const std::size_t hash : hashes_) repeated.add(hash);
    if (!repeated.empty()) check_others(context, out, repeated);
  }

 private:
  Diagnostics own_;                  // what is seen in one section alone
  std::vector<std::size_t> hashes_;  // of all paths
};

std::unique_ptr<Tally> count_shared_logs(const Context&) { return std::make_unique<SharedLogs>(); }

}  // namespace

const LintRule shared_log_file = {
    .rule = {"SUP702", "shared-log-file", Severity::warning, "several processes write one log"},
    .tally = count_shared_logs
};

}  // namespace sup::lint
