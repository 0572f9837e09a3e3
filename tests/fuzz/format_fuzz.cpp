// What can be formatted means the same afterwards, to the parser and in the plan; formatting again
// changes nothing; the diff leads from one text to the other.
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "compiler/format.h"
#include "schema/text.h"
#include "tests/fuzz/target.h"

using namespace sup;

namespace {

struct Parsed {
  compiler::SourceMap sources;
  compiler::Document document;

  explicit Parsed(std::string text) {
    sources.add({"fuzz.conf", std::move(text), std::nullopt});
    document = compiler::parse(0, sources[0].bytes);
  }

  std::string_view bytes() const { return sources[0].bytes; }
};

// Headers, keys and values, as one list.
std::vector<std::string> meaning(const Parsed& parsed) {
  std::vector<std::string> all;
  for (const compiler::SectionHeader& section : parsed.document.sections) {
    all.emplace_back(parsed.sources.text(section.header));
    for (std::uint32_t i = 0; i < section.entry_count; ++i) {
      const compiler::Entry entry = parsed.document.entry(section.first_entry + i);
      all.emplace_back(parsed.sources.text(entry.key));
      all.push_back(parsed.document.value(parsed.sources, entry));
    }
  }
  return all;
}

std::vector<std::string> comments(const Parsed& parsed) {
  std::vector<std::string> all;
  for (std::uint32_t i = 0; i < parsed.document.line_count(); ++i) {
    const compiler::Line line = parsed.document.line(i);
    const std::string_view text(parsed.bytes());
    const std::string_view comment =
        schema::strip(text.substr(line.comment_begin, line.end - line.comment_begin));
    if (!comment.empty()) all.emplace_back(comment);
  }
  return all;
}

// The plan without lines; nothing if there is none.
std::string plan_of(const std::string& text) {
  compiler::MemoryFileSystem files;
  files.files["/etc/fuzz.conf"] = text;
  compiler::CompileOptions options;
  options.fragment = true;
  const auto compilation = compiler::compile("/etc/fuzz.conf", files, options);
  if (compilation->diagnostics.has_errors()) return {};
  std::string out = "plan";
  for (const schema::Section& section : compilation->plan.sections) {
    out += "\n[";
    out += section.full_name;
    out += "]";
    for (const schema::Setting& setting : section.settings) {
      out += "\n" + std::to_string(setting.option) + "=";
      out += setting.text;
    }
    for (const schema::ExtraSetting& extra : section.extras) {
      out += "\n";
      out += extra.key;
      out += "=";
      out += extra.text;
    }
  }
  return out;
}

// The lines of a diff that have one of the signs, put together.
std::string apply(const Parsed& before, const std::string& diff) {
  std::string out;
  std::uint32_t old_line = 0;
  const auto copy_until = [&](std::uint32_t line) {
    for (; old_line < line; ++old_line) {
      const compiler::Line l = before.document.line(old_line);
      out += before.bytes().substr(l.begin, l.end - l.begin);
    }
  };
  std::size_t at = diff.find("\n@@");
  while (at != std::string::npos && at + 1 < diff.size()) {
    const std::size_t begin = at + 1;
    std::size_t end = diff.find('\n', begin);
    if (end == std::string::npos) end = diff.size() - 1;
    const std::string line = diff.substr(begin, end + 1 - begin);
    at = end;
    if (line.starts_with("@@ -")) {
      const auto first = static_cast<std::uint32_t>(std::stoul(line.substr(4)));
      copy_until(first == 0 || line.find(",0 +") != std::string::npos ? first : first - 1);
    } else if (line.starts_with('+')) {
      out += line.substr(1);
    } else if (line.starts_with('-')) {
      ++old_line;
    } else if (line.starts_with(' ')) {
      copy_until(old_line + 1);
    }
  }
  copy_until(before.document.line_count());
  return out;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Parsed before{std::string(fuzz::as_text(data, size))};
  const auto formatted = compiler::format(before.document, before.bytes());
  const bool has_junk =
      !before.document.junk.empty() || !before.document.junk_before_header.empty();
  fuzz::require(formatted.has_value() != has_junk, "what has no junk can be formatted");
  if (!formatted) return 0;
  const Parsed after{formatted->text};
  fuzz::require(meaning(after) == meaning(before), "sections, keys and values stay");
  fuzz::require(comments(after) == comments(before), "comments stay");
  fuzz::require(formatted->origins.size() == after.document.line_count(),
                "each line tells where it is from");
  const auto again = compiler::format(after.document, after.bytes());
  fuzz::require(again && again->text == formatted->text, "format(format(x)) == format(x)");
  fuzz::require(plan_of(std::string(after.bytes())) == plan_of(std::string(before.bytes())),
                "the plan stays");
  const std::string diff =
      compiler::format_diff("fuzz.conf", before.document, before.bytes(), *formatted);
  fuzz::require(diff.empty() == (after.bytes() == before.bytes()), "a diff tells of each change");
  // With lone returns, lines are not those of a diff.
  bool plain = true;
  for (std::size_t i = 0; i < size; ++i)
    if (data[i] == '\r' && (i + 1 == size || data[i + 1] != '\n')) plain = false;
  if (plain) fuzz::require(apply(before, diff) == after.bytes(), "the diff makes the new text");
  return 0;
}
