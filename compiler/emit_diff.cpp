#include "compiler/emit_diff.h"

#include <algorithm>
#include <array>

#include "compiler/plain_text.h"
#include "schema/redact.h"

namespace sup::compiler {
namespace {

using namespace schema;

constexpr std::size_t place_column = 48;

class TextWriter {
 public:
  TextWriter(const PlanDiff& diff, const Plan& before, const Plan& after,
             const EmitDiffOptions& options)
      : diff_(diff),
        before_(before),
        after_(after),
        options_(options),
        paint_(paint(options.color)) {}

  std::string run() {
    if (diff_.same()) return {};
    for (const Difference& difference : diff_.differences) write(difference);
    write_order();
    write_summary();
    return std::move(out_);
  }

 private:
  std::string_view color_of(DiffAction action) const {
    switch (action) {
      case DiffAction::add: return paint_.green;
      case DiffAction::remove: return paint_.red;
      case DiffAction::restart: return paint_.yellow;
      case DiffAction::in_place:
      case DiffAction::unchanged: break;
    }
    return paint_.bold;
  }

  void line(std::string_view color, const std::string& text) {
    out_.append(color).append(text).append(paint_.off).append("\n");
  }

  void write(const Difference& difference) {
    line(color_of(difference.action), headline(difference));
    const std::array<std::pair<std::string_view, const std::vector<std::string>*>, 2> parts{
        std::pair{"stops",  &difference.removed},
        std::pair{"starts", &difference.added  }
    };
    const bool partial =
        difference.action != DiffAction::add && difference.action != DiffAction::remove;
    for (const auto& [word, processes] : parts)
      if (partial && !processes->empty())
        out_ += "  " + std::string(word) + " " + listed(*processes) + "\n";
    if (difference.action == DiffAction::remove) return;  // what it was is no news
    for (const ValueChange& value : difference.values) write(difference, value);
  }

  // Whether a variable comes from [supervisord], where its change is told.
  bool is_inherited(const Difference& difference, const ValueChange& change) const {
    const auto is_same = [&](const ValueChange& other) {
      return other.variable == change.variable && other.before.origin == change.before.origin &&
             other.after.origin == change.after.origin && other.before.text == change.before.text &&
             other.after.text == change.after.text;
    };
    if (change.variable.empty() || difference.subject == DiffSubject::daemon) return false;
    const Difference& daemon = diff_.differences.front();
    return daemon.subject == DiffSubject::daemon &&
           std::any_of(daemon.values.begin(), daemon.values.end(), is_same);
  }

  static std::string_view consequence(const Difference& difference) {
    switch (difference.subject) {
      case DiffSubject::daemon:
        return difference.action == DiffAction::restart ? "the daemon must be started anew"
                                                        : "in place";
      case DiffSubject::rpcinterface: return "the daemon must be started anew";
      case DiffSubject::http_server:
        return difference.action == DiffAction::restart    ? "listens anew"
               : difference.action == DiffAction::in_place ? "in place"
                                                           : "";
      case DiffSubject::client: return "read by the client only";
      case DiffSubject::group:
      case DiffSubject::program: break;
    }
    return difference.action == DiffAction::in_place ? "in place" : "";
  }

  std::string headline(const Difference& difference) const {
    const bool program = difference.subject == DiffSubject::program;
    // Only programs are restarted; what else would be is told by its consequence.
    const DiffAction action = difference.action == DiffAction::restart && !program
                                  ? DiffAction::in_place
                                  : difference.action;
    std::string text =
        padded(std::string(diff_action_name(action)), 8) + one_line(difference.section);
    if (program && difference.section.substr(difference.section.find(':') + 1) != difference.group)
      text += " in group " + one_line(difference.group);
    if (!difference.moved.empty())
      text += (action == DiffAction::add ? ", until now in group " : ", from now on in group ") +
              one_line(difference.moved);
    const std::vector<std::string>& processes = action == DiffAction::add      ? difference.added
                                                : action == DiffAction::remove ? difference.removed
                                                : action == DiffAction::restart
                                                    ? difference.restarted
                                                    : difference.in_place;
    if (processes.size() > 1) text += ": " + listed(processes);
    const std::string_view note = consequence(difference);
    if (!note.empty()) text += ", " + std::string(note);
    if (action == DiffAction::remove)
      text =
          padded(std::move(text), place_column) + "  " + one_line(before_.place(difference.before));
    return text;
  }

  void write(const Difference& difference, const ValueChange& value) {
    std::string name = "  " + one_line(value.name);
    if (!value.variable.empty()) name += " " + one_line(value.variable);
    const bool told = difference.action == DiffAction::restart && value.restart;
    if (told) name += " (restart)";
    if (difference.action == DiffAction::add) {
      write_value("  " + one_line(value.name) + "=" +
                      (value.variable.empty() ? "" : one_line(value.variable) + "="),
                  value, value.after, after_, "");
      return;
    }
    if (is_inherited(difference, value)) {
      out_ += name + ", see supervisord\n";
      return;
    }
    out_ += name + "\n";
    const std::string old_text = shown_value(value, value.before, options_);
    const bool hidden = value.before.text && value.after.text &&
                        value.before.text != value.after.text &&
                        old_text == shown_value(value, value.after, options_);
    write_value("    - ", value, value.before, before_, paint_.red);
    write_value("    + ", value, value.after, after_, paint_.green,
                hidden ? ", what is hidden differs" : "");
  }

  void write_value(const std::string& start, const ValueChange& change, const DiffValue& value,
                   const Plan& plan, std::string_view color, std::string_view note = "") {
    std::string text = start + (value.text ? one_line(shown_value(change, value, options_))
                                           : std::string("(none)"));
    std::string place;
    if (value.origin.line != 0) {
      place = one_line(plan.place(value.origin));
    } else if (value.text) {
      place = "default";
    }
    if (value.open && value.text) place += ", not known before boot";
    place += note;
    out_.append(color).append(padded(std::move(text), place.empty() ? 0 : place_column));
    out_.append(paint_.off);
    if (!place.empty()) out_.append("  ").append(paint_.dim).append(place).append(paint_.off);
    out_ += "\n";
  }

  // -- order --------------------------------------------------------------------------------------

  static std::string word_of(const DiffStep& step) {
    if (!step.start) return "stop";
    return step.added && !step.autostart ? "add" : "start";
  }

  static std::string_view condition_of(const DiffStep& step) {
    if (!step.start || step.autostart) return "";
    return step.added ? ", not started: autostart=false" : ", if it was running: autostart=false";
  }

  void write_order() {
    std::vector<std::string> changed;
    for (const Difference& difference : diff_.differences)
      if (difference.subject == DiffSubject::program && !difference.in_place.empty())
        changed.push_back(difference.section);
    if (diff_.steps.empty()) return;
    line(paint_.bold, "in this order");
    bool told = changed.empty();
    for (std::size_t i = 0; i < diff_.steps.size();) {
      const DiffStep& first = diff_.steps[i];
      if (first.start && !std::exchange(told, true)) out_ += "  change  " + listed(changed) + "\n";
      std::vector<std::string> names;
      const auto same = [&](const DiffStep& step) {
        return word_of(step) == word_of(first) && condition_of(step) == condition_of(first);
      };
      while (i < diff_.steps.size() && same(diff_.steps[i]) &&
             (names.empty() || diff_.steps[i].section == first.section))
        names.push_back(diff_.steps[i++].process);
      out_ += "  " + padded(word_of(first), 8) + listed(names) + std::string(condition_of(first)) +
              "\n";
    }
    if (!told) out_ += "  change  " + listed(changed) + "\n";
  }

  void write_summary() {
    std::array<std::size_t, 5> count{};
    std::size_t others = 0;
    for (const Difference& difference : diff_.differences) {
      if (difference.subject == DiffSubject::program) {
        ++count[static_cast<std::size_t>(difference.action)];
      } else {
        ++others;
      }
    }
    const auto of = [&](DiffAction action) {
      return std::to_string(count[static_cast<std::size_t>(action)]);
    };
    out_ += "programs: " + of(DiffAction::add) + " added, " + of(DiffAction::remove) +
            " removed, " + of(DiffAction::restart) + " restarted, " + of(DiffAction::in_place) +
            " changed in place, " + std::to_string(diff_.unchanged) + " unchanged";
    if (others != 0)
      out_ += "; " + std::to_string(others) + " other section" + (others == 1 ? "" : "s");
    out_ += "\n";
  }

  const PlanDiff& diff_;
  const Plan& before_;
  const Plan& after_;
  const EmitDiffOptions& options_;
  const Paint& paint_;
  std::string out_;
};

}  // namespace

namespace {

std::string redacted(const ValueChange& change, const DiffValue& value) {
  // A template is shown as such; what is bound may hold a secret that came out of one.
  const TextForm form =
      value.open || value.text == value.written ? TextForm::written : TextForm::value;
  const std::string key = change.variable.empty() ? change.name : change.variable;
  if (change.option == nullptr || !change.variable.empty())
    return form == TextForm::written ? redact_variable(key, *value.text, form)
                                     : redact_bound_variable(key, value.written, *value.text);
  return form == TextForm::written ? redact(*change.option, *value.text, form)
                                   : redact_bound(*change.option, value.written, *value.text);
}

}  // namespace

std::string shown_value(const ValueChange& change, const DiffValue& value,
                        const EmitDiffOptions& options) {
  if (!value.text) return {};
  if (options.show_secrets) return *value.text;
  return options.secrets.conceal(redacted(change, value));
}

void conceal_names(const Secrets& secrets, PlanDiff& diff) {
  if (secrets.empty()) return;
  for (Difference& difference : diff.differences)
    for (auto* names :
         {&difference.added, &difference.removed, &difference.restarted, &difference.in_place})
      secrets.conceal_in(*names);
  for (DiffStep& step : diff.steps) secrets.conceal_in(step.process);
}

std::string emit_diff_text(const PlanDiff& diff, const Plan& before, const Plan& after,
                           const EmitDiffOptions& options) {
  return TextWriter(diff, before, after, options).run();
}

}  // namespace sup::compiler
