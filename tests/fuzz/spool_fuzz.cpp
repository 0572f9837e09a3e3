// Any bytes are records of a spool, their beginning, or damage; a record that was read is written
// as the same bytes.
#include "runtime/core/event_spool.h"
#include "tests/fuzz/target.h"

using namespace sup;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using State = core::SpoolReading::State;
  const core::Now now{std::chrono::hours(24 * 400), std::chrono::hours(24 * 20000)};
  std::string_view rest = fuzz::as_text(data, size);
  if (rest.starts_with(core::spool_header)) rest.remove_prefix(core::spool_header.size());
  core::SpoolScan scan;
  core::SpoolReading reading = core::read_spool_record(rest, now);
  for (; reading.state == State::complete; reading = core::read_spool_record(rest, now)) {
    fuzz::require(reading.size > 0 && reading.size <= rest.size(), "a record has a size");
    scan.take(reading.record);
    const std::string again = reading.record.is_done
                                  ? core::spool_done_record(reading.record.pool_serial)
                                  : core::spool_record(reading.record.event, now);
    const core::SpoolReading same = core::read_spool_record(again, now);
    fuzz::require(same.state == State::complete, "what was read can be written");
    fuzz::require(same.record.event.payload == reading.record.event.payload &&
                      same.record.pool_serial == reading.record.pool_serial &&
                      same.record.event.serial == reading.record.event.serial &&
                      same.record.event.accepted == reading.record.event.accepted,
                  "it is the same then");
    rest.remove_prefix(reading.size);
  }
  fuzz::require(reading.state == State::damaged || reading.size == 0 || reading.size > rest.size(),
                "what is cut is longer than what is there");
  core::SpoolBook book;
  book.open(scan.waiting(), {1, 2, 3}, 2);
  while (book.next()) book.loaded();
  if (const auto oldest = book.oldest()) book.drop_through(*oldest);
  return 0;
}
