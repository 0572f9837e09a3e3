// Any bytes migrate, from any dialect: what was a line of a configuration stays one, and what comes
// of it is up to date.
#include <string>

#include "compiler/migrate/migrate.h"
#include "tests/fuzz/target.h"

using namespace sup;

namespace {

struct Result {
  std::string text;
  std::size_t junk = 0;  // of what was migrated
  compiler::Migration migration;
};

Result migrate(std::string_view text, const compiler::MigrateOptions& options) {
  compiler::SourceMap sources;
  const compiler::SourceId id = sources.add({"fuzz.conf", std::string(text), std::nullopt});
  const compiler::Document document = compiler::parse(id, sources[id].bytes);
  Result result;
  result.junk = document.junk.size() + document.junk_before_header.size();
  result.migration = compiler::migrate(sources, {&document}, options);
  fuzz::require(result.migration.texts.size() == 1, "a file makes a file");
  result.text = result.migration.texts.front();
  for (const compiler::MigrationNote& note : result.migration.notes) {
    fuzz::require(note.span.source < sources.size() && note.span.begin <= note.span.end &&
                      note.span.end <= sources[note.span.source].bytes.size(),
                  "notes lie in their files");
    fuzz::require(!note.message.empty(), "notes say something");
  }
  (void)compiler::render_report(result.migration, sources);
  return result;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  const Result result = migrate(text, {});
  // What is lost may be lost without a change: an extension that suprun does not run.
  const bool is_same = result.text == text;
  fuzz::require(!result.migration.is_current() || is_same, "what is current is not changed");
  fuzz::require(!is_same || result.migration.count(compiler::Fate::changed) == 0,
                "the report says what changed");
  const Result again = migrate(result.text, {});
  fuzz::require(again.text == result.text, "migrating again changes nothing");
  fuzz::require(again.junk <= result.junk, "no line becomes junk");
  for (const schema::DialectRow& row : schema::dialect_rows()) {
    if (!schema::is_file_dialect(row.dialect)) continue;
    (void)migrate(text, {row.dialect, schema::Target::v4_2, true});
  }
  return 0;
}
