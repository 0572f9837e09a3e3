// SUP805 to SUP810: how starts, retries and exits are counted.
#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lint/daemons.h"
#include "lint/lint.h"

namespace sup::lint {

namespace {

std::optional<schema::AutoRestartValue> autorestart_of(const Context& context,
                                                       const ConfigSection& section) {
  if (section.find("autorestart") == nullptr) return schema::AutoRestartValue::unexpected;
  return context.read<schema::AutoRestart>(section, "autorestart");
}

void offer_value(const Context& context, Diagnostic& diagnostic, const ConfigEntry& entry,
                 std::string value) {
  if (entry.from_default || !context.is_single_line(entry)) return;
  diagnostic.fix("write `" + std::string(entry.key()) + "=" + value + "`",
                 context.value_span(entry), value, false);
}

void check_crash_loop(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry& startsecs = *section.find("startsecs");
  const auto autorestart = autorestart_of(context, section);
  if (startsecs.from_default || context.read<schema::Integer>(section, startsecs) != 0 ||
      !autorestart || *autorestart == schema::AutoRestartValue::never)
    return;
  auto& diagnostic = out.report(startsecs_zero_crash_loop.rule, context.value_place(startsecs),
                                "every start of " + section.display() +
                                    " counts as a success; if it fails at once, it is started "
                                    "again each second for ever");
  diagnostic.with_hint("write `startsecs=1`, or `autorestart=false` for what is to run once");
  offer_value(context, diagnostic, startsecs, "1");
}

void check_retries(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry& retries = *section.find("startretries");
  const ConfigEntry* startsecs = section.find("startsecs");
  const auto count = context.read<schema::Integer>(section, retries);
  if (retries.from_default || startsecs == nullptr || !count || *count <= 0 ||
      context.read<schema::Integer>(section, *startsecs) != 0)
    return;
  auto& diagnostic =
      out.report(startretries_without_effect.rule, context.key_span(retries),
                 in_backticks(context.key_text(retries)) + " of " + section.display() +
                     " does not limit crashes, as with `startsecs=0` every start "
                     "counts as a success");
  diagnostic.with_hint("write `startsecs=1`");
  diagnostic.label(context.value_place(*startsecs), "no start can fail");
  offer_value(context, diagnostic, *startsecs, "1");
}

void check_negative(const Context& context, Diagnostics& out, const ConfigSection& section,
                    const ConfigEntry& entry) {
  const auto count = context.read<schema::Integer>(section, entry);
  if (!count || *count >= 0) return;
  auto& diagnostic = out.report(startretries_negative.rule, context.value_place(entry),
                                section.display() +
                                    " is given up after its first failed start; a "
                                    "negative number does not mean without end");
  diagnostic.with_hint("write a large number such as `1000000`, or `0` for no retry");
  offer_value(context, diagnostic, entry, "1000000");
}

// Commands that are done soon after they start.
bool is_short_task(const CommandLine& command) {
  constexpr std::array<std::string_view, 16> tasks = {
      "true", "echo", "printf", "mkdir", "chown", "chmod",    "cp",    "mv",
      "rm",   "ln",   "sed",    "touch", "cat",   "envsubst", "mount", "sysctl"};
  const auto is_task = [&](std::string_view name) {
    return std::find(tasks.begin(), tasks.end(), name) != tasks.end();
  };
  if (command.program == "cat" && command.argv.size() == 1) return false;
  if (is_task(command.program)) return true;
  if (command.program.starts_with("migrate") || command.subcommand() == "migrate" ||
      command.subcommand() == "collectstatic")
    return true;
  const bool waits = command.program == "wait-for-it" || command.program == "wait-for-it.sh";
  return waits && !command.has({"--"});
}

// Whether a program is not restarted and says nothing of its start.
bool may_be_oneshot(const Context& context, const ConfigSection& section) {
  const ConfigEntry* entry = section.is_process() ? section.find("autorestart") : nullptr;
  return entry != nullptr && !entry->from_default && section.find("startsecs") == nullptr &&
         section.find("startretries") == nullptr &&
         context.read<schema::AutoRestart>(section, *entry) == schema::AutoRestartValue::never;
}

void report_oneshot(const Context& context, Diagnostics& out, const ConfigSection& section,
                    bool is_task, std::size_t more) {
  const ConfigEntry& entry = *section.find("autorestart");
  auto& diagnostic = out.report(
      oneshot_is_retried.rule, is_task ? Severity::warning : Severity::info,
      context.value_place(entry),
      is_task ? section.display() + " ends at once, is therefore started 4 times, and is FATAL then"
              : "if " + section.display() +
                    (more == 0 ? "" : ", or one of " + std::to_string(more) + " more like it,") +
                    " ends within its first second, it is started 4 times all the same, and is "
                    "FATAL then");
  diagnostic.with_hint("write `startsecs=0` and `startretries=0` for what is to run once");
  const std::string lines = "startsecs=0" + std::string(context.line_end(entry)) + "startretries=0";
  const compiler::Line place = context.document(entry).line(context.written(entry).line);
  if (place.begin == place.content_begin) add_line_before(context, diagnostic, entry, lines, false);
}

// Of programs that may run for long the first is told, as it is a habit of the configuration.
void check_oneshot(const Context& context, Diagnostics& out) {
  const ConfigSection* first = nullptr;
  std::size_t count = 0;
  for (const ConfigSection& section : context.sections()) {
    if (!may_be_oneshot(context, section)) continue;
    if (const ConfigEntry* command_entry = section.find("command")) {
      const CommandLine& command = context.command(section, *command_entry);
      if (find_daemon(command.program) != nullptr) continue;
      if (is_short_task(command)) {
        report_oneshot(context, out, section, true, 0);
        continue;
      }
    }
    if (count++ == 0) first = &section;
  }
  if (first != nullptr) report_oneshot(context, out, *first, false, count - 1);
}

void check_autorestart_effect(const Context& context, Diagnostics& out,
                              const ConfigSection& section) {
  const ConfigEntry& entry = *section.find("exitcodes");
  const auto autorestart = autorestart_of(context, section);
  if (entry.from_default || !autorestart || *autorestart == schema::AutoRestartValue::unexpected)
    return;
  const bool always = *autorestart == schema::AutoRestartValue::always;
  out.report(exitcodes_without_effect.rule, context.key_span(entry),
             in_backticks(context.key_text(entry)) + " does not decide about restarts of " +
                 section.display() + (always ? ", which is always" : ", which is never") +
                 " started again; it only tells events and the log what was expected")
      .with_hint("write `autorestart=unexpected`, or remove it");
}

// The exit codes of programs, which mostly have the same ones, as far as 2 is concerned.
class CodesWith2 {
 public:
  // Whether 2 keeps the program from being started again.
  bool look_at(const Context& context, const ConfigSection& section) {
    const ConfigEntry* entry = section.is_process() ? section.find("exitcodes") : nullptr;
    if (entry == nullptr || entry->from_default ||
        autorestart_of(context, section) != schema::AutoRestartValue::unexpected)
      return false;
    if (!entry->is_template && text_.data() != nullptr && text_ == entry->value) return has_2_;
    const auto codes = context.read<schema::ExitCodes>(section, *entry);
    has_2_ = codes && std::find(codes->begin(), codes->end(), 2) != codes->end();
    rest_.clear();
    for (const int code : codes.value_or(std::vector<int>{}))
      if (code != 2) rest_ += (rest_.empty() ? "" : ",") + std::to_string(code);
    text_ = entry->is_template ? std::string_view{} : entry->value;
    return has_2_;
  }

  // The codes of the program without 2.
  const std::string& rest() const { return rest_; }

 private:
  std::string_view text_;  // the last value, if it is a constant
  bool has_2_ = false;
  std::string rest_;
};

// Where it stands in each of a hundred programs, it is one habit: told once.
class Exit2 final : public Tally {
 public:
  void look_at(const Context& context, const ConfigSection& section) override {
    if (!codes_.look_at(context, section)) return;
    if (first_ == nullptr || &section < first_) first_ = &section;
    ++count_;
    if (!edits_.empty() && !context.options().all_edits) return;
    const ConfigEntry& entry = *section.find("exitcodes");
    if (!codes_.rest().empty() && context.is_single_line(entry) && !entry.is_template)
      edits_.push_back({&section, context.value_span(entry), number_of(codes_.rest())});
  }

  void add(Tally& other) override {
    auto& more = static_cast<Exit2&>(other);
    if (first_ == nullptr || (more.first_ != nullptr && more.first_ < first_)) first_ = more.first_;
    count_ += more.count_;
    // Each has its own in the order of sections.
    for (EditOf& each : more.edits_) each.codes = number_of(more.codes_left_[each.codes]);
    std::vector<EditOf> all;
    all.reserve(edits_.size() + more.edits_.size());
    std::merge(edits_.begin(), edits_.end(), more.edits_.begin(), more.edits_.end(),
               std::back_inserter(all),
               [](const EditOf& a, const EditOf& b) { return a.section < b.section; });
    edits_ = std::move(all);
  }

  void report(const Context& context, Diagnostics& out) override {
    if (first_ == nullptr) return;
    const std::string more = std::to_string(count_ - 1);
    auto& diagnostic = out.report(
        exit_2_counts_as_expected.rule, context.value_place(*first_->find("exitcodes")),
        first_->display() + (count_ == 1 ? " is" : " and " + more + " more are") +
            " not started again after exit status 2, with which many programs say that they "
            "failed");
    diagnostic.with_hint("write `exitcodes=0`, unless 2 is a good end here");
    if (edits_.empty()) return;
    compiler::Fix& fix = diagnostic.fixes.emplace_back();
    fix.title = "take 2 out";
    fix.edits.reserve(edits_.size());
    for (const EditOf& each : edits_) fix.edits.push_back({each.place, codes_left_[each.codes]});
  }

 private:
  // The place alone does not tell the order: a section may go on in another file.
  struct EditOf {
    const ConfigSection* section;
    Span place;
    std::uint32_t codes;  // index into `codes_left_`
  };

  // Mostly those of the section before.
  std::uint32_t number_of(const std::string& codes) {
    if (codes_left_.empty() || codes_left_.back() != codes) codes_left_.push_back(codes);
    return static_cast<std::uint32_t>(codes_left_.size() - 1);
  }

  CodesWith2 codes_;
  const ConfigSection* first_ = nullptr;
  std::size_t count_ = 0;
  std::vector<EditOf> edits_;
  std::vector<std::string> codes_left_;
};

std::unique_ptr<Tally> count_exit_2(const Context&) { return std::make_unique<Exit2>(); }

}  // namespace

const LintRule startsecs_zero_crash_loop = {
    .rule = {"SUP805",           "startsecs-zero-crash-loop", Severity::warning, "startsecs=0 with restarts"},
    .check_section = check_crash_loop,
    .options = {"startsecs"}
};

const LintRule startretries_without_effect = {
    .rule = {"SUP806",           "startretries-without-effect", Severity::warning,
             "startretries with startsecs=0"},
    .check_section = check_retries,
    .options = {"startretries"}
};

const LintRule startretries_negative = {
    .rule = {"SUP807",           "startretries-negative", Severity::warning, "a negative startretries"},
    .check_value = check_negative,
    .options = {"startretries"}
};

const LintRule oneshot_is_retried = {
    .rule = {"SUP808", "oneshot-is-retried", Severity::info,
             "a command that runs once counts as failed"},
    .check = check_oneshot,
    .looks_at_whole = true
};

const LintRule exitcodes_without_effect = {
    .rule = {"SUP809",        "exitcodes-without-effect", Severity::info,
             "exitcodes where restarts do not ask for them"},
    .check_section = check_autorestart_effect,
    .options = {"exitcodes"}
};

const LintRule exit_2_counts_as_expected = {
    .rule = {"SUP810", "exit-2-counts-as-expected", Severity::info,
             "exit status 2 does not lead to a restart"},
    .tally = count_exit_2
};

}  // namespace sup::lint
