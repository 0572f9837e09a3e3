#include "compiler/explain.h"

#include <algorithm>
#include <unordered_map>

#include "schema/environment_template.h"
#include "schema/expand.h"
#include "schema/late_binding.h"
#include "schema/plan_diff.h"
#include "schema/plan_diff_values.h"
#include "schema/suggest.h"
#include "schema/text.h"

namespace sup::compiler {
namespace {

using namespace schema;

constexpr std::string_view variable_prefix = "ENV_";

// The keys of an environment= that can be read now.
bool defines(const Setting* setting, std::string_view variable) {
  EnvironmentValue pairs;
  if (setting == nullptr || !read_environment_template(setting->text, pairs)) return false;
  return std::any_of(pairs.begin(), pairs.end(),
                     [&](const auto& pair) { return pair.first == variable; });
}

// What of the bound plan belongs to which section.
struct Indexes {
  explicit Indexes(const ExplainInput& input) : groups(input.plan.sections.size()) {
    for (const Group& group : input.resolved.groups) {
      groups[group.section].push_back(&group);
      for (const Process& process : group.processes) {
        auto& known = groups[process.section];
        if (known.empty() || known.back() != &group) known.push_back(&group);
      }
    }
    if (input.config == nullptr) return;
    for (const ConfigSection& section : input.config->sections)
      written.emplace(section.full_name, &section);
  }

  std::vector<std::vector<const Group*>> groups;  // by section
  std::unordered_map<std::string_view, const ConfigSection*> written;
};

class Explainer {
 public:
  Explainer(const ExplainInput& input, const Indexes& indexes, const DiffSide& side,
            std::size_t index)
      : input_(input),
        indexes_(indexes),
        index_(index),
        section_(input.plan.sections[index]),
        side_(side) {
    const auto written = indexes.written.find(section_.full_name);
    if (written != indexes.written.end()) written_ = written->second;
    const std::size_t daemon = side_.section(section_row(SectionKind::supervisord).spelling);
    const OptionRow* row = find_option(SectionKind::supervisord, Environment::name);
    daemon_environment_ = side_.setting(daemon, row->id);
  }

  ExplainedSection run() {
    made_.name = section_.full_name;
    made_.origin = section_.origin;
    bind();
    const unsigned blocks = section_row(section_.kind).blocks;
    for (const OptionRow& row : option_rows()) {
      if ((blocks & row.block) == 0) continue;
      if (row.type == Environment::name && first_.options(row.block) != nullptr) {
        add_variables(row);
      } else {
        add_option(row);
      }
    }
    for (std::size_t i = 0; i < section_.extras.size(); ++i) add_extra(i);
    contrast();
    return std::move(made_);
  }

 private:
  // Finds the structs that the section was bound to.
  void bind() {
    first_ = {&side_, index_, {}};
    last_ = first_;
    const auto both = [&](block::Block block, const void* options) {
      first_.blocks.emplace_back(block, options);
      last_.blocks.emplace_back(block, options);
    };
    if (section_.kind == SectionKind::supervisord)
      both(SupervisordOptions::block, &input_.resolved.supervisord);
    for (const HttpServer& server : input_.resolved.http_servers) {
      if (server.section != section_.full_name) continue;
      if (server.is_unix) {
        both(UnixHttpServerOptions::block, &server.unix_options);
      } else {
        both(InetHttpServerOptions::block, &server.inet_options);
      }
    }
    for (const Group* group : indexes_.groups[index_]) {
      if (group->section == index_ && group->kind == GroupKind::fcgi_program)
        both(FcgiOptions::block, &group->fcgi);
      if (group->section == index_ && group->kind == GroupKind::eventlistener)
        both(EventListenerOptions::block, &group->listener);
      // A group has a section of its own, that runs nothing.
      if (section_.kind != SectionKind::group) bind_processes(*group);
    }
    if (first_process_ != nullptr) {
      first_.blocks.emplace_back(ProcessOptions::block, &first_process_->options);
      last_.blocks.emplace_back(ProcessOptions::block, &last_process_->options);
    }
  }

  void bind_processes(const Group& group) {
    for (const Process& process : group.processes) {
      if (process.section != index_) continue;
      // Of several groups that run the program the first one stands for all.
      if (first_process_ == nullptr) first_process_ = &process;
      if (process.group == first_process_->group) last_process_ = &process;
      if (made_.groups.empty() || made_.groups.back() != group.name)
        made_.groups.push_back(group.name);
      made_.processes.push_back(process_label(process));
    }
  }

  void add_option(const OptionRow& row) {
    ExplainedValue value;
    value.option = &row;
    value.name = row.name;
    const Setting* setting = section_.find(row.id);
    if (setting != nullptr) {
      value.in_plan = setting->text;
      value.open = side_.is_open(index_, *setting);
      locate(value, row.name, setting->origin);
      add_used(value, *setting);
    } else {
      value.note = about_default(row);
    }
    const void* options = first_.options(row.block);
    if (value.open || (options == nullptr && setting != nullptr)) {
      value.text = value.in_plan;
    } else if (options != nullptr) {
      value.text = row.print(options);
    } else if (const auto text = default_text(row, input_.plan.target)) {
      value.text = *text;
    }
    if (setting == nullptr && value.text && value.note.empty() && !is_template(*value.text) &&
        value.text != default_as_printed(row))
      value.note = "follows from other settings";
    made_.values.push_back(std::move(value));
  }

  // The default in canonical form.
  std::optional<std::string> default_as_printed(const OptionRow& row) const {
    if (row.block == ProcessOptions::block) {
      // Its default is a template that every process binds.
      if (row.default_text && is_template(*row.default_text))
        return row.print(first_.options(row.block));
      return row.print(&ProcessOptions::defaults());
    }
    if (row.block == SupervisordOptions::block) return row.print(&SupervisordOptions::defaults());
    const void* options = first_.options(row.block);
    if (options != nullptr) return row.print(options);
    return std::optional<std::string>(row.default_text);
  }

  std::string about_default(const OptionRow& row) const {
    const DefaultChangeRow* change = find_default_change(row);
    if (change == nullptr) return {};
    const std::string version(change->changed_in);
    return input_.plan.target < change->first_target
               ? "until " + version + ", `" + std::string(row.default_text.value_or("")) + "` since"
               : "since " + version + ", `" + std::string(change->old_default) + "` before";
  }

  // The place of something written, and how it stands in the file.
  void locate(ExplainedValue& value, std::string_view key, Origin origin) const {
    value.source = ValueSource::section;
    value.origin = origin;
    const ConfigEntry* entry = written_ != nullptr ? written_->find(key) : nullptr;
    if (entry == nullptr) return;
    value.written = entry->value;
    if (entry->from_default) value.source = ValueSource::default_section;
  }

  void add_variables(const OptionRow& row) {
    const Setting* own = section_.find(row.id);
    const auto variables = first_.environment(row);
    if (variables.empty()) {
      add_option(row);
      return;
    }
    for (const auto& [name, bound] : variables) {
      ExplainedValue value;
      value.option = &row;
      value.name = row.name;
      value.variable = name;
      value.text = bound.text;
      value.in_plan = bound.written;
      value.open = bound.open;
      const bool inherited = daemon_environment_ != nullptr && daemon_environment_ != own &&
                             !defines(own, name) && bound.origin == daemon_environment_->origin;
      locate(value, row.name, bound.origin);
      value.written = bound.written;
      if (inherited) value.source = ValueSource::inherited;
      const Setting* setting = inherited ? daemon_environment_ : own;
      if (setting != nullptr) add_used_names(value, bound.written, row, inherited);
      made_.values.push_back(std::move(value));
    }
  }

  void add_extra(std::size_t i) {
    const ExtraSetting& extra = section_.extras[i];
    ExplainedValue value;
    value.name = extra.key;
    value.in_plan = extra.text;
    value.text = std::string(extra.text);
    value.open = is_template(extra.text);
    locate(value, extra.key, extra.origin);
    for (const RpcInterface& interface : input_.resolved.rpcinterfaces) {
      if (section_.kind != SectionKind::rpcinterface || interface.origin != section_.origin)
        continue;
      value.open = side_.is_open_extra(index_, i);
      for (const auto& [key, text] : interface.options)
        if (key == extra.key && !value.open) value.text = text;
    }
    made_.values.push_back(std::move(value));
  }

  void add_used(ExplainedValue& value, const Setting& setting) const {
    add_used_names(value, setting.text, option_row(setting.option), false);
  }

  // The variables that a template uses, and who defines each.
  void add_used_names(ExplainedValue& value, std::string_view text, const OptionRow& row,
                      bool of_daemon) const {
    if (!is_template(text)) return;
    const Setting* own = nullptr;
    if (const OptionRow* environment = find_option(section_.kind, Environment::name))
      own = section_.find(environment->id);
    for (const std::string& name : names_in(text)) {
      if (!name.starts_with(variable_prefix)) continue;
      ExplainedVariable variable;
      variable.name = name.substr(variable_prefix.size());
      const auto given = input_.environment.find(variable.name);
      if (!of_daemon && row.scope == Scope::process && defines(own, variable.name)) {
        variable.from = ExplainedVariable::From::section;
        variable.origin = own->origin;
      } else if (!of_daemon && section_.kind != SectionKind::supervisord &&
                 defines(daemon_environment_, variable.name)) {
        variable.from = ExplainedVariable::From::daemon;
        variable.origin = daemon_environment_->origin;
      } else if (given != input_.environment.end()) {
        variable.from = ExplainedVariable::From::given;
        variable.value = given->second;
      }
      value.variables.push_back(std::move(variable));
    }
  }

  void contrast() {
    if (first_process_ == last_process_) return;
    std::vector<ValueChange> changes;
    compare_bound(first_, last_, changes);
    for (ValueChange& change : changes)
      made_.contrasts.push_back({change.option, std::move(change.name), std::move(change.variable),
                                 change.before.written, std::move(change.before.text),
                                 std::move(change.after.text)});
  }

  const ExplainInput& input_;
  const Indexes& indexes_;
  const std::size_t index_;
  const Section& section_;
  const DiffSide& side_;
  const ConfigSection* written_ = nullptr;
  const Setting* daemon_environment_ = nullptr;
  BoundSection first_;
  BoundSection last_;
  const Process* first_process_ = nullptr;
  const Process* last_process_ = nullptr;
  ExplainedSection made_;
};

}  // namespace

void conceal(const Secrets& secrets, std::vector<ExplainedSection>& sections) {
  if (secrets.empty()) return;
  for (ExplainedSection& section : sections) {
    secrets.conceal_in(section.groups);
    secrets.conceal_in(section.processes);
    for (ExplainedValue& value : section.values) {
      secrets.conceal_in(value.text);
      secrets.conceal_in(value.in_plan);
      secrets.conceal_in(value.written);
      for (ExplainedVariable& variable : value.variables) secrets.conceal_in(variable.value);
    }
    for (ExplainedContrast& contrast : section.contrasts) {
      secrets.conceal_in(contrast.in_plan);
      secrets.conceal_in(contrast.first);
      secrets.conceal_in(contrast.last);
    }
  }
}

std::vector<std::size_t> find_sections(const Plan& plan, std::string_view name) {
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < plan.sections.size(); ++i)
    if (plan.sections[i].full_name == name) found.push_back(i);
  if (!found.empty()) return found;
  for (std::size_t i = 0; i < plan.sections.size(); ++i)
    if (!name.empty() && plan.sections[i].name() == name) found.push_back(i);
  return found;
}

std::vector<std::size_t> find_sections_of_processes(const Plan& plan, const Resolved& resolved,
                                                    std::string_view name) {
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  std::vector<std::size_t> found;
  const auto is_meant = [&](const Group& group, const Process& process) {
    const auto is_of_group = [&](std::string_view member) {
      return name.size() == group.name.size() + 1 + member.size() && name.starts_with(group.name) &&
             name[group.name.size()] == ':' && name.ends_with(member);
    };
    return name == "group:" + group.name || is_of_group("*") || is_of_group(process.name) ||
           is_of_group(plan.sections[process.section].name());
  };
  for (const Group& group : resolved.groups)
    for (const Process& process : group.processes)
      if (is_meant(group, process) &&
          std::find(found.begin(), found.end(), process.section) == found.end())
        found.push_back(process.section);
  return found;
}

std::optional<ExplainedSection> explain_include(const ExplainInput& input) {
  ExplainedSection made;
  made.name = section_row(SectionKind::include).spelling;
  const std::vector<std::string>& files = input.plan.files;
  if (files.size() > 1) made.files.assign(files.begin() + 1, files.end());
  const ConfigSection* section = input.config != nullptr ? input.config->find(made.name) : nullptr;
  if (section == nullptr) {
    if (made.files.empty()) return std::nullopt;
    return made;
  }
  made.origin = {section->header_files.front(), section->first_line};
  for (const ConfigEntry& entry : section->entries) {
    if (entry.overridden || entry.option() == nullptr) continue;
    ExplainedValue value;
    value.option = entry.option();
    value.name = entry.option()->name;
    value.text = std::string(entry.value);
    value.in_plan = entry.value;
    value.source = entry.from_default ? ValueSource::default_section : ValueSource::section;
    value.origin = {entry.file, input.config->document(entry).entry_line(entry.entry) + 1};
    made.values.push_back(std::move(value));
  }
  return made;
}

std::string nearest_section(const Plan& plan, std::string_view name) {
  std::vector<std::string_view> candidates;
  for (const Section& section : plan.sections) {
    candidates.push_back(section.full_name);
    if (!section.name().empty()) candidates.push_back(section.name());
  }
  // The same name in two sections is one candidate.
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  return std::string(nearest(name, candidates));
}

std::vector<ExplainedSection> explain(const ExplainInput& input,
                                      const std::vector<std::size_t>& sections) {
  const Indexes indexes(input);
  const DiffSide side(input.plan, input.resolved);
  std::vector<ExplainedSection> explained;
  explained.reserve(sections.size());
  for (const std::size_t section : sections)
    explained.push_back(Explainer(input, indexes, side, section).run());
  return explained;
}

}  // namespace sup::compiler
