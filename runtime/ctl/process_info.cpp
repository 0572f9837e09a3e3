#include "runtime/ctl/process_info.h"

#include <algorithm>

#include "runtime/rpc/status_table.h"
#include "schema/states.h"
#include "schema/text.h"

namespace sup::ctl {

std::string text_member(const rpc::Value& value, std::string_view name) {
  const rpc::Value* member = value.member(name);
  const std::string* text = member != nullptr ? member->get<std::string>() : nullptr;
  return text != nullptr ? *text : std::string();
}

std::int64_t number_member(const rpc::Value& value, std::string_view name) {
  const rpc::Value* member = value.member(name);
  const std::int64_t* number = member != nullptr ? member->get<std::int64_t>() : nullptr;
  return number != nullptr ? *number : 0;
}

bool flag_member(const rpc::Value& value, std::string_view name) {
  const rpc::Value* member = value.member(name);
  const bool* flag = member != nullptr ? member->get<bool>() : nullptr;
  return flag != nullptr && *flag;
}

ProcessInfo process_info(const rpc::Value& value) {
  return {.group = text_member(value, "group"),
          .name = text_member(value, "name"),
          .state = number_member(value, "state"),
          .state_name = text_member(value, "statename"),
          .description = text_member(value, "description"),
          .spawn_error = text_member(value, "spawnerr"),
          .stdout_logfile = text_member(value, "stdout_logfile"),
          .stderr_logfile = text_member(value, "stderr_logfile"),
          .pid = number_member(value, "pid"),
          .exit_status = number_member(value, "exitstatus"),
          .start = number_member(value, "start"),
          .stop = number_member(value, "stop"),
          .now = number_member(value, "now")};
}

std::vector<ProcessInfo> process_infos(const rpc::Value& array) {
  std::vector<ProcessInfo> infos;
  if (const rpc::Array* items = array.get<rpc::Array>()) {
    infos.reserve(items->size());
    for (const rpc::Value& item : *items) {
      infos.push_back(process_info(item));
    }
  }
  return infos;
}

std::vector<ProcessInfo> process_statuses(std::string_view table) {
  std::vector<ProcessInfo> infos;
  infos.reserve(static_cast<std::size_t>(std::ranges::count(table, '\n')));
  while (std::optional<rpc::StatusRow> row = rpc::take_status_row(table)) {
    ProcessInfo& info = infos.emplace_back();
    info.group = std::move(row->group);
    info.name = std::move(row->name);
    info.state = row->state;
    info.state_name = std::move(row->state_name);
    info.pid = row->pid;
    info.description = std::move(row->description);
  }
  return infos;
}

std::string full_name(std::string_view group, std::string_view name) {
  return group == name ? std::string(name) : std::string(group) + ":" + std::string(name);
}

std::string ProcessInfo::full_name() const { return ctl::full_name(group, name); }

rpc::Struct record_of(const ProcessInfo& info) {
  rpc::Struct record;
  const auto add = [&](const char* name, rpc::Value value) {
    record.push_back({name, std::move(value)});
  };
  add("name", info.full_name());
  add("group", info.group);
  add("process", info.name);
  add("state", info.state_name);
  add("description", info.description);
  add("pid", info.pid);
  add("start", info.start);
  add("stop", info.stop);
  add("uptime", info.pid != 0 ? info.now - info.start : 0);
  add("exitstatus", info.exit_status);
  add("spawnerr", info.spawn_error);
  add("stdout_logfile", info.stdout_logfile);
  add("stderr_logfile", info.stderr_logfile);
  return record;
}

NamedTarget parse_target(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return {std::string(text), std::string(text)};
  }
  const std::string_view process = text.substr(colon + 1);
  NamedTarget target{std::string(text.substr(0, colon)), std::nullopt};
  if (!process.empty() && process != "*") {
    target.process = process;
  }
  return target;
}

std::vector<const ProcessInfo*> matching(const std::vector<ProcessInfo>& all,
                                         const NamedTarget& target) {
  std::vector<const ProcessInfo*> found;
  for (const ProcessInfo& info : all) {
    if (info.group == target.group && (!target.process || info.name == *target.process)) {
      found.push_back(&info);
    }
  }
  return found;
}

bool is_down(const ProcessInfo& info) {
  return schema::is_stopped(static_cast<schema::ProcessState>(info.state));
}

std::string padded(std::string_view text, std::size_t width) {
  std::string result(text);
  const std::size_t length = schema::character_count(text);
  if (length < width) {
    result.append(width - length, ' ');
  }
  return result;
}

std::string status_lines(const std::vector<const ProcessInfo*>& infos,
                         const std::vector<std::string>& extra) {
  constexpr std::size_t narrowest = 30;
  std::size_t widest = narrowest;
  for (const ProcessInfo* info : infos) {
    widest = std::max(widest, schema::character_count(info->full_name()));
  }
  std::string text;
  text.reserve(infos.size() * (widest + 50));
  for (std::size_t i = 0; i < infos.size(); ++i) {
    text += padded(infos[i]->full_name(), widest + 3);
    text += padded(infos[i]->state_name, 10);
    if (!extra.empty()) {
      text += extra[i];
    }
    text += infos[i]->description;
    text += '\n';
  }
  return text;
}

namespace {

// Widths of the columns with `rows` rows; nothing if they are wider than `width` together.
std::optional<std::vector<std::size_t>> column_widths(const std::vector<std::string>& texts,
                                                      std::size_t rows, std::size_t width) {
  std::vector<std::size_t> widths;
  std::size_t total = 0;
  for (std::size_t begin = 0; begin < texts.size(); begin += rows) {
    std::size_t widest = 0;
    for (std::size_t i = begin; i < std::min(begin + rows, texts.size()); ++i) {
      widest = std::max(widest, texts[i].size());
    }
    widths.push_back(widest);
    total += widest + 2;
  }
  return total <= width + 2 ? std::optional(widths) : std::nullopt;
}

}  // namespace

std::string in_columns(const std::vector<std::string>& texts, std::size_t width) {
  std::size_t rows = 1;
  std::optional<std::vector<std::size_t>> widths;
  while (rows < texts.size() && !(widths = column_widths(texts, rows, width))) {
    ++rows;
  }
  if (!widths) {
    widths.emplace(1, 0);
  }
  std::string result;
  for (std::size_t row = 0; row < rows; ++row) {
    std::string line;
    for (std::size_t column = 0; column < widths->size(); ++column) {
      const std::size_t i = row + column * rows;
      if (i >= texts.size()) break;
      line += (column > 0 ? "  " : "") + padded(texts[i], (*widths)[column]);
    }
    result += line + "\n";
  }
  return result;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (;;) {
    text = schema::strip_left(text);
    if (text.empty()) return words;
    std::size_t end = 0;
    while (end < text.size() && schema::leading_space(text.substr(end)) == 0 &&
           !schema::is_ascii_space(text[end])) {
      ++end;
    }
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

}  // namespace sup::ctl
