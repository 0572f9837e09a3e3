// The command wait.
#include <algorithm>
#include <charconv>
#include <chrono>

#include "runtime/ctl/command.h"
#include "runtime/ctl/commands.h"
#include "runtime/ctl/options.h"
#include "runtime/ctl/targets.h"
#include "schema/text.h"

namespace sup::ctl {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds between_looks(100);

enum class Verdict : std::uint8_t { not_yet, yes, never };

// `wanted` in upper case.
Verdict judge(const ProcessInfo& info, const std::string& wanted) {
  if (info.state_name == wanted || (wanted == "STOPPED" && is_down(info))) {
    return Verdict::yes;
  }
  // Nobody but a user takes a process out of FATAL.
  return info.state_name == "FATAL" ? Verdict::never : Verdict::not_yet;
}

void tell(Session& session, const ProcessInfo& info, Verdict verdict, const std::string& why) {
  if (verdict == Verdict::yes) {
    session.say(info.full_name() + ": " + info.state_name, record_of(info));
    return;
  }
  const std::string reason = info.description.empty() ? why : why + ": " + info.description;
  session.complain(info.full_name() + ": ERROR (" + reason + ")", info.full_name(), reason);
  session.exit_status = verdict == Verdict::never ? status::not_running : status::generic;
}

// Seconds as a user writes them, or nothing.
std::optional<Clock::duration> seconds(std::string_view text) {
  if (text.ends_with('s')) text.remove_suffix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr double longest = 1e8;
  if (error != std::errc() || end != text.data() + text.size() || !(number >= 0) ||
      number > longest) {
    return std::nullopt;
  }
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(number));
}

bool is_state(const std::string& name) {
  return std::ranges::find(wait_states(), name) != wait_states().end();
}

}  // namespace

bool run_wait(Session& session, const std::string& argument) {
  if (!session.is_up()) {
    return false;
  }
  std::vector<std::string> names = words_of(argument);
  const std::string wanted =
      schema::upper(take_option(names, OptionId::wait_for).value_or("running"));
  const std::optional<std::string> limit = take_option(names, OptionId::wait_timeout);
  const std::optional<Clock::duration> time = limit ? seconds(*limit) : std::nullopt;
  if (names.empty() || !is_state(wanted) || (limit && !time)) {
    session.misused(names.empty()       ? "Error: wait requires a process name"
                    : !is_state(wanted) ? "Error: no such state: " + wanted
                                        : "Error: --timeout takes seconds, not " + *limit,
                    "wait", status::invalid_arguments);
    return false;
  }
  const Clock::time_point deadline = time ? Clock::now() + *time : Clock::time_point::max();
  for (;;) {
    const std::vector<ProcessInfo> all = all_statuses(session);
    const std::vector<const ProcessInfo*> infos = named(session, all, names, status::generic);
    if (session.exit_status != status::success) {
      return false;  // a name is wrong
    }
    const bool is_late = Clock::now() >= deadline;
    const auto is = [&](Verdict verdict) {
      return [&, verdict](const ProcessInfo* info) { return judge(*info, wanted) == verdict; };
    };
    if (is_late || std::all_of(infos.begin(), infos.end(), is(Verdict::yes)) ||
        std::any_of(infos.begin(), infos.end(), is(Verdict::never))) {
      for (const ProcessInfo* info : infos) {
        const Verdict verdict = judge(*info, wanted);
        tell(session, *info, verdict,
             verdict == Verdict::never ? "FATAL" : "still " + info->state_name);
      }
      return false;
    }
    pause_for(std::min<std::chrono::milliseconds>(
        between_looks, std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now())));
  }
}

}  // namespace sup::ctl
