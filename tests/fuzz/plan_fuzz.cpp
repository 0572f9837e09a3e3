// Any bytes are a plan or are refused; what is a plan has one form and can be bound to a machine.
#include "schema/instantiate.h"
#include "schema/plan_io.h"
#include "tests/fuzz/target.h"

using namespace sup;

namespace {

// The checksum keeps random bytes out; the target is interested in what is behind it. So the header
// is made right and the bytes are taken as payload, too.
std::string with_header(std::string_view payload) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char byte : payload) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
  }
  std::string bytes("SUPPLAN\0", 8);
  const auto append = [&](std::uint64_t value, int count) {
    for (int i = 0; i < count; ++i) {
      bytes += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
    }
  };
  append(schema::plan_format_version, 4);
  append(0, 4);
  append(payload.size(), 8);
  append(hash, 8);
  bytes += payload;
  return bytes;
}

void check(std::string_view bytes) {
  const auto plan = schema::decode_plan(bytes);
  if (!plan) {
    fuzz::require(!plan.error().message.empty(), "a refusal says why");
    return;
  }
  const std::string written = schema::encode_plan(*plan);
  const auto again = schema::decode_plan(written);
  fuzz::require(again && *again == *plan, "what was read can be written and read again");
  fuzz::require(schema::encode_plan(*again) == written, "same plan, same bytes");
  schema::Facts facts;
  facts.environment = [](std::string_view) { return std::optional<std::string>("x"); };
  facts.host_name = "host";
  facts.maximum_processes = 1000;
  const auto result = schema::instantiate(*plan, facts);
  for (const schema::Fault& fault : result.faults) (void)schema::describe_fault(*plan, fault);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::as_text(data, size);
  check(bytes);
  check(with_header(bytes));
  return 0;
}
