// SUP1401, SUP1402: how many file descriptors the daemon needs and asks for.
#include "lint/facts/descriptors.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "lint/lint.h"

namespace sup::lint {

namespace {

// What minfds= is, as far as it is known.
std::optional<std::int64_t> asked_for(const Context& context, const ConfigSection& daemon) {
  const ConfigEntry* entry = daemon.find("minfds");
  return entry == nullptr ? std::optional(default_minfds())
                          : context.read<schema::Integer>(daemon, *entry);
}

void report_need(const Context& context, Diagnostics& out, const ConfigSection& daemon,
                 const DescriptorNeed& need) {
  const ConfigEntry* entry = daemon.find("minfds");
  const auto minfds = asked_for(context, daemon);
  if (!minfds || need.total() <= *minfds) return;
  const std::string wanted = std::to_string(enough_descriptors(need.total()));
  auto& diagnostic =
      out.report(descriptors_exceed_minfds.rule,
                 entry != nullptr ? context.value_place(*entry) : Span(daemon.headers.front()),
                 std::to_string(need.processes) + " processes need about " +
                     std::to_string(need.total()) + " file descriptors, and `minfds` asks for " +
                     std::to_string(*minfds) + (entry != nullptr ? "" : ", its default") +
                     "; Supervisor may run out of them and start no more");
  diagnostic.with_hint("write `minfds=" + wanted + "`");
  if (entry == nullptr) {
    const compiler::Document* document = context.document_of(daemon.headers.front().source);
    const std::string_view text = context.sources()[document->source].bytes;
    const std::size_t end = text.find_first_of("\r\n", daemon.headers.front().end);
    if (end == std::string_view::npos) return;
    const std::string_view rest = text.substr(end);
    const std::string line_end = rest.starts_with("\r\n") ? "\r\n" : std::string(rest.substr(0, 1));
    const auto at = static_cast<std::uint32_t>(end + line_end.size());
    diagnostic.fix("write `minfds=" + wanted + "`", {document->source, at, at},
                   "minfds=" + wanted + line_end, true);
  } else if (!entry->from_default && context.is_single_line(*entry)) {
    diagnostic.fix("write `" + wanted + "`", context.value_span(*entry), wanted, true);
  }
}

class Need final : public Tally {
 public:
  explicit Need(const ConfigSection& daemon) : daemon_(daemon) {}

  void look_at(const Context& context, const ConfigSection& section) override {
    need_.look_at(context, section);
  }

  void add(Tally& other) override { need_.add(static_cast<Need&>(other).need_); }

  void report(const Context& context, Diagnostics& out) override {
    report_need(context, out, daemon_, need_);
  }

 private:
  const ConfigSection& daemon_;
  DescriptorNeed need_;
};

std::unique_ptr<Tally> count_need(const Context& context) {
  const ConfigSection* daemon = context.daemon();
  if (context.config().fragment || daemon == nullptr || !asked_for(context, *daemon))
    return nullptr;
  return std::make_unique<Need>(*daemon);
}

void check_huge(const Context& context, Diagnostics& out, const ConfigSection& section,
                const ConfigEntry& entry) {
  // Supervisor closes about a million descriptors in a second.
  constexpr std::int64_t a_tenth_of_a_second = 100000;
  constexpr std::int64_t a_second = 1000000;
  const auto minfds = context.read<schema::Integer>(section, entry);
  if (!minfds || *minfds < a_tenth_of_a_second) return;
  const std::int64_t tenths = *minfds / a_tenth_of_a_second;
  const std::string seconds = *minfds >= a_second ? std::to_string(*minfds / a_second) + " s"
                                                  : "0." + std::to_string(tenths) + " s";
  auto& diagnostic = out.report(
      huge_minfds.rule, context.value_place(entry),
      "every start of a process takes about " + seconds +
          " longer, as Supervisor closes that many descriptors one by one; programs get the limit, "
          "too");
  if (context.config().fragment) return;
  const std::int64_t wanted =
      std::max(enough_descriptors(descriptor_need(context).total()), default_minfds());
  if (wanted < *minfds)
    diagnostic.with_hint("this configuration needs `minfds=" + std::to_string(wanted) + "`");
}

}  // namespace

const LintRule descriptors_exceed_minfds = {
    .rule = {"SUP1401", "descriptors-exceed-minfds", Severity::warning,
             "more processes than minfds= has file descriptors for"},
    .tally = count_need
};

const LintRule huge_minfds = {
    .rule = {"SUP1402",       "huge-minfds", Severity::info, "a minfds= that makes each start slow"},
    .check_value = check_huge,
    .options = {"minfds"}
};

}  // namespace sup::lint
