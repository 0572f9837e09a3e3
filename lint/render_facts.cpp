#include "lint/render_facts.h"

#include <algorithm>
#include <variant>

#include <nlohmann/json.hpp>

#include "compiler/plain_text.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

using Json = nlohmann::ordered_json;

// Increased when a member changes its meaning or is gone; new ones may come without.
constexpr int format_version = 1;

void conceal_in(std::vector<FactField>& fields, const schema::Secrets& secrets) {
  for (FactField& field : fields) {
    secrets.conceal_in(field.text);
    if (auto* text = std::get_if<std::string>(&field.value)) secrets.conceal_in(*text);
  }
}

void conceal_in(std::vector<Fact>& facts, const schema::Secrets& secrets) {
  if (secrets.empty()) return;
  for (Fact& fact : facts) {
    secrets.conceal_in(fact.summary);
    conceal_in(fact.fields, secrets);
    for (FactRow& row : fact.rows) conceal_in(row.fields, secrets);
    for (UnknownValue& each : fact.unknown) secrets.conceal_in(each.what);
  }
}

// Calls `function(checked, name, facts)` for each configuration.
template <class Function>
void each_configuration(const CheckResult& result, const FactOptions& wanted, Function function) {
  for (const Checked& checked : result.checked) {
    const Context context(*checked.compilation, checked.options);
    std::vector<Fact> facts = all_facts(context, wanted);
    conceal_in(facts, compiler::given_secrets(checked.compilation->sources, checked.options));
    function(checked, checked.compilation->sources[0].path, facts);
  }
}

std::string shown(const FactPlace& place) {
  return place.line == 0 ? std::string()
                         : compiler::one_line(place.file) + ":" + std::to_string(place.line);
}

// One line for each row, its fields below those of the others.
std::string table(const std::vector<FactRow>& rows) {
  std::vector<std::vector<std::string>> cells;
  std::vector<std::size_t> widths;
  for (const FactRow& row : rows) {
    std::vector<std::string> line;
    for (const FactField& each : row.fields) line.push_back(compiler::one_line(each.text));
    widths.resize(std::max(widths.size(), line.size()));
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
    cells.push_back(std::move(line));
  }
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line = "   ";
    for (std::size_t i = 0; i < widths.size(); ++i) {
      // Columns that are in no row take no room.
      if (widths[i] == 0) continue;
      line += " " + compiler::padded(i < cells[r].size() ? cells[r][i] : "", widths[i]) + " ";
    }
    text += line + " " + shown(rows[r].place);
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

// In parentheses, in lines that fit a screen.
std::string explained(std::string_view how) {
  constexpr std::size_t width = 95;
  constexpr std::string_view indentation = "    ";
  std::string text = std::string(indentation) + "(";
  std::size_t line_begin = 0;
  for (const std::string_view word : schema::split_list(how, ' ')) {
    if (text.size() - line_begin + word.size() > width) {
      text.back() = '\n';
      line_begin = text.size();
      text += indentation;
    }
    text += word;
    text += ' ';
  }
  text.back() = ')';
  return text + '\n';
}

std::string text_of(const Fact& fact) {
  std::string text = std::string(fact.id) + ": " + compiler::one_line(fact.summary);
  if (!fact.unknown.empty()) text += "; without what is not known";
  text += '\n' + table(fact.rows);
  for (const UnknownValue& each : fact.unknown)
    text += "    not known: " + compiler::one_line(each.what) + "  " + shown(each.place) + '\n';
  return text + explained(fact.how);
}

Json json_of(const FactPlace& place) {
  return {
      {"file", place.file},
      {"line", place.line}
  };
}

void add_fields(Json& object, const std::vector<FactField>& fields) {
  for (const FactField& each : fields)
    std::visit([&](const auto& value) { object[std::string(each.name)] = value; }, each.value);
}

Json json_of(const Fact& fact) {
  Json object = {
      {"summary",  fact.summary        },
      {"complete", fact.unknown.empty()}
  };
  add_fields(object, fact.fields);
  object["rows"] = Json::array();
  for (const FactRow& row : fact.rows) {
    Json line = Json::object();
    add_fields(line, row.fields);
    line["place"] = row.place.line == 0 ? Json(nullptr) : json_of(row.place);
    object["rows"].push_back(std::move(line));
  }
  object["unknown"] = Json::array();
  for (const UnknownValue& each : fact.unknown)
    object["unknown"].push_back({
        {"what",  each.what          },
        {"place", json_of(each.place)}
    });
  object["how"] = fact.how;
  return object;
}

}  // namespace

std::string facts_text(const CheckResult& result, const FactOptions& facts) {
  std::string text;
  each_configuration(
      result, facts,
      [&](const Checked& checked, const std::string& name, const std::vector<Fact>& found) {
        if (!text.empty()) text += '\n';
        text += "== " + compiler::one_line(name);
        if (checked.compilation->config.fragment) text += " (a part of a configuration)";
        text += '\n';
        for (const Fact& fact : found) text += text_of(fact);
      });
  return text;
}

std::string facts_json(const CheckResult& result, const FactOptions& facts) {
  Json configurations = Json::array();
  each_configuration(
      result, facts,
      [&](const Checked& checked, const std::string& name, const std::vector<Fact>& found) {
        Json object = {
            {"file",     name                                                },
            {"fragment", checked.compilation->config.fragment                },
            {"errors",   checked.diagnostics.count(compiler::Severity::error)}
        };
        for (const Fact& fact : found) object[std::string(fact.id)] = json_of(fact);
        configurations.push_back(std::move(object));
      });
  const Json document = {
      {"format",         format_version           },
      {"configurations", std::move(configurations)}
  };
  // Texts may hold any bytes.
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sup::lint
