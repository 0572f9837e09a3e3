#include "compiler/emit_explain.h"

#include "compiler/plain_text.h"
#include "schema/redact.h"

namespace sup::compiler {
namespace {

using namespace schema;

constexpr std::size_t origin_column = 48;

class ExplanationWriter {
 public:
  ExplanationWriter(const Plan& plan, const EmitExplainOptions& options)
      : plan_(plan), options_(options), paint_(paint(options.color)) {}

  void write(const ExplainedSection& section) {
    if (!out_.empty()) out_ += "\n";
    out_.append(paint_.bold).append("[" + one_line(section.name) + "]").append(paint_.off);
    remark(section.origin.line == 0 ? "" : "  ; " + one_line(plan_.place(section.origin)));
    if (!section.groups.empty() || !section.processes.empty())
      remark("; " + std::string(section.groups.size() > 1 ? "groups " : "group ") +
             listed(section.groups) + ", " +
             (section.processes.size() == 1 ? "process " : "processes ") +
             listed(section.processes));
    if (!section.files.empty()) remark("; reads " + listed(section.files));
    for (const ExplainedValue& value : section.values) write(value);
    if (section.contrasts.empty()) return;
    remark("; the first and the last process differ in");
    for (const ExplainedContrast& contrast : section.contrasts) {
      out_ += ";   " + one_line(contrast.name) +
              (contrast.variable.empty() ? "" : " " + one_line(contrast.variable)) + "\n";
      write_end(contrast, contrast.first);
      write_end(contrast, contrast.last);
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void remark(const std::string& text) {
    out_.append(paint_.dim).append(text).append(paint_.off).append("\n");
  }

  void write_end(const ExplainedContrast& contrast, const std::optional<std::string>& text) {
    out_ += ";     " +
            (text ? one_line(shown_explained(contrast.option, contrast.name, contrast.variable,
                                             contrast.in_plan, *text, options_.show_secrets))
                  : std::string("(none)")) +
            "\n";
  }

  std::string place(const ExplainedValue& value) const {
    std::string text;
    switch (value.source) {
      case ValueSource::built_in: text = "default"; break;
      case ValueSource::section: text = plan_.place(value.origin); break;
      case ValueSource::default_section:
        text = plan_.place(value.origin) + ", from [DEFAULT]";
        break;
      case ValueSource::inherited: text = plan_.place(value.origin) + ", from [supervisord]"; break;
    }
    if (!value.note.empty()) text += ", " + value.note;
    if (value.open) text += ", not known before boot";
    return one_line(text);
  }

  void write(const ExplainedValue& value) {
    std::string text = one_line(value.name) + "=";
    if (!value.variable.empty()) text += one_line(value.variable) + "=";
    const std::string shown =
        value.text ? one_line(shown_explained(value.option, value.name, value.variable,
                                              value.in_plan, *value.text, options_.show_secrets))
                   : std::string{};
    const bool by_default = value.source == ValueSource::built_in;
    std::string where = "; " + place(value);
    if (!value.text && by_default) where = "; not set";
    if (by_default) out_.append(paint_.dim);
    out_ += padded(text + shown, origin_column) + "  ";
    if (!by_default) out_.append(paint_.dim);
    out_.append(where).append(paint_.off).append("\n");
    write_template(value, shown);
  }

  // What stands in the file, if that is not what is shown already, and what it is made of.
  void write_template(const ExplainedValue& value, const std::string& shown) {
    const std::string& text = value.written.empty() ? value.in_plan : value.written;
    const std::string written = one_line(shown_written(value, text, options_.show_secrets));
    if (!written.empty() && written != shown) remark(";   written as " + written);
    for (const ExplainedVariable& variable : value.variables)
      remark(";   " + one_line(variable.name) + ": " + describe(variable));
  }

  std::string describe(const ExplainedVariable& variable) const {
    switch (variable.from) {
      case ExplainedVariable::From::section:
        return "from environment= of this section, " + one_line(plan_.place(variable.origin));
      case ExplainedVariable::From::daemon:
        return "from environment= of [supervisord], " + one_line(plan_.place(variable.origin));
      case ExplainedVariable::From::given:
        return "given, " +
               one_line(options_.show_secrets
                            ? variable.value
                            : redact_variable(variable.name, variable.value, TextForm::value));
      case ExplainedVariable::From::unknown: break;
    }
    return "of the machine that runs it; --env " + one_line(variable.name) + "=... assumes a value";
  }

  const Plan& plan_;
  const EmitExplainOptions& options_;
  const Paint& paint_;
  std::string out_;
};

}  // namespace

std::string shown_explained(const OptionRow* option, const std::string& name,
                            const std::string& variable, const std::string& in_plan,
                            const std::string& text, bool show_secrets) {
  if (show_secrets) return text;
  const bool is_written = text == in_plan;
  if (option != nullptr && variable.empty())
    return is_written ? redact(*option, text, TextForm::written)
                      : redact_bound(*option, in_plan, text);
  const std::string& key = variable.empty() ? name : variable;
  return is_written ? redact_variable(key, text, TextForm::written)
                    : redact_bound_variable(key, in_plan, text);
}

std::string shown_written(const ExplainedValue& value, const std::string& text, bool show_secrets) {
  if (show_secrets) return text;
  if (value.option != nullptr && value.variable.empty())
    return redact(*value.option, text, TextForm::written);
  return redact_variable(value.variable.empty() ? value.name : value.variable, text,
                         TextForm::written);
}

std::string emit_explain_text(const std::vector<ExplainedSection>& sections, const Plan& plan,
                              const EmitExplainOptions& options) {
  ExplanationWriter writer(plan, options);
  for (const ExplainedSection& section : sections) writer.write(section);
  return writer.take();
}

}  // namespace sup::compiler
