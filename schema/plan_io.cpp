#include "schema/plan_io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <new>
#include <vector>

#include "schema/cbor.h"
#include "schema/checksum.h"
#include "schema/descriptor.h"
#include "schema/text.h"
#include "schema/write_file.h"

namespace sup::schema {
namespace {

constexpr std::array<char, 8> magic{'S', 'U', 'P', 'P', 'L', 'A', 'N', 0};
constexpr std::size_t header_bytes = 32;

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i)
    out += static_cast<char>((value >> (8U * static_cast<unsigned>(i))) & 0xFFU);
}

std::uint64_t get(std::string_view bytes, std::size_t at, int count) {
  std::uint64_t value = 0;
  for (int i = count - 1; i >= 0; --i)
    value = value << 8U | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
  return value;
}

// A constant boolean or integer travels as such; what is not a value of its type, as text.
void encode_value(CborWriter& out, const Setting& setting, const ReadContext& context) {
  const OptionRow& row = option_row(setting.option);
  if (row.wire == Wire::boolean) {
    bool value = false;
    if (!Boolean::read(setting.text, context, value) && Boolean::print(value) == setting.text)
      return out.boolean(value);
  }
  if (row.wire == Wire::integer) {
    std::int64_t value = 0;
    bool overflow = false;
    if (read_python_int(setting.text, 10, value, overflow) && std::to_string(value) == setting.text)
      return out.integer(value);
  }
  out.text(setting.text);
}

void encode_origin(CborWriter& out, Origin origin) {
  out.integer(origin.file);
  out.integer(origin.line);
}

void encode_texts(CborWriter& out, const std::vector<std::string>& texts) {
  out.array(texts.size());
  for (const std::string& text : texts) out.text(text);
}

// Keys in alphabetical order.
void encode_section(CborWriter& out, const Section& section, const ReadContext& context) {
  out.map(section.extras.empty() ? 3 : 4);
  if (!section.extras.empty()) {
    out.text("extras");
    out.array(section.extras.size());
    for (const ExtraSetting& extra : section.extras) {
      out.array(4);
      out.text(extra.key);
      out.text(extra.text);
      encode_origin(out, extra.origin);
    }
  }
  out.text("name");
  out.text(section.full_name);
  out.text("origin");
  out.array(2);
  encode_origin(out, section.origin);
  out.text("settings");
  out.array(section.settings.size());
  for (const Setting& setting : section.settings) {
    out.array(4);
    out.text(option_row(setting.option).name);
    encode_value(out, setting, context);
    encode_origin(out, setting.origin);
  }
}

std::string encode_payload(const Plan& plan) {
  const ReadContext context{plan.target};
  CborWriter out;
  out.map(plan.secrets.empty() ? 7 : 8);
  out.text("files");
  encode_texts(out, plan.files);
  out.text("here");
  out.text(plan.relocatable ? std::string_view{} : plan.here);
  out.text("infos");
  encode_texts(out, plan.infos);
  out.text("relocatable");
  out.boolean(plan.relocatable);
  if (!plan.secrets.empty()) {
    out.text("secrets");
    encode_texts(out, plan.secrets);
  }
  out.text("sections");
  out.array(plan.sections.size());
  for (const Section& section : plan.sections) encode_section(out, section, context);
  out.text("target");
  out.text(target_name(plan.target));
  out.text("warnings");
  encode_texts(out, plan.warnings);
  return out.take();
}

// Reads what encode_payload wrote, or another program with its keys in another order; anything
// else ends in a CborError. Texts of settings stay where they are in `payload`.
class PayloadReader {
 public:
  PayloadReader(std::string_view payload, Plan& plan)
      : in_(payload), payload_bytes_(payload.size()), plan_(plan) {}

  void read() {
    // Values are read when all keys are known: origins are checked against the files.
    const Places places =
        keys("the payload",
             {"files", "here", "infos", "relocatable", "secrets", "sections", "target", "warnings"},
             [](std::string_view key) { return "unknown key " + in_backticks(key); });
    if (!in_.at_end()) throw CborError{"something follows its content"};
    if (go_to(places, 0)) plan_.files = texts("files");
    if (go_to(places, 1)) plan_.here = in_.text("here");
    if (go_to(places, 2)) plan_.infos = texts("infos");
    if (go_to(places, 3)) plan_.relocatable = in_.boolean("relocatable");
    if (go_to(places, 4)) plan_.secrets = texts("secrets");
    if (go_to(places, 5)) read_sections();
    if (go_to(places, 6)) read_target();
    if (go_to(places, 7)) plan_.warnings = texts("warnings");
  }

 private:
  using Places = std::vector<std::optional<std::size_t>>;

  // Where the values of a map's keys are; the map is passed over.
  template <class Unknown>
  Places keys(const char* what, std::initializer_list<std::string_view> known, Unknown unknown) {
    Places places(known.size());
    for (std::size_t left = in_.map(what); left > 0; --left) {
      const std::string_view key = in_.text("a key");
      const auto found = std::find(known.begin(), known.end(), key);
      if (found == known.end()) throw CborError{unknown(key)};
      auto& place = places[static_cast<std::size_t>(found - known.begin())];
      if (place) throw CborError{"key " + in_backticks(key) + " stands twice"};
      place = in_.position();
      in_.skip();
    }
    return places;
  }

  bool go_to(const Places& places, std::size_t index) {
    if (places[index]) in_.go_to(*places[index]);
    return places[index].has_value();
  }

  std::vector<std::string> texts(const char* what) {
    std::vector<std::string> out;
    for (std::size_t left = in_.array(what); left > 0; --left) out.emplace_back(in_.text(what));
    return out;
  }

  void read_target() {
    const std::string_view name = in_.text("target");
    const auto target = target_from_name(name);
    if (!target) throw CborError{"unknown target version " + in_backticks(name)};
    plan_.target = *target;
  }

  Origin origin() {
    const std::uint32_t file = in_.number("origin");
    const Origin origin{file, in_.number("origin")};
    if (origin.file >= plan_.files.size() && origin.line != 0)
      throw CborError{"an origin names no file of the plan"};
    return origin;
  }

  std::string_view value() {
    switch (in_.next_kind()) {
      case CborReader::Kind::boolean: return in_.boolean("a value") ? "true" : "false";
      case CborReader::Kind::integer:
        return plan_.texts->keep(std::to_string(in_.integer("a value")));
      default: return in_.text("a value");
    }
  }

  void read_sections() {
    std::size_t left = in_.array("sections");
    constexpr std::size_t least_bytes = 16;  // of a section
    plan_.sections.reserve(std::min(left, payload_bytes_ / least_bytes));
    for (; left > 0; --left) {
      const Places places =
          keys("a section", {"extras", "name", "origin", "settings"}, [](std::string_view key) {
            return "unknown key " + in_backticks(key) + " in a section";
          });
      const std::size_t next = in_.position();
      Section& section = plan_.sections.emplace_back();
      if (go_to(places, 1)) section.full_name = in_.text("section name");
      const auto name = classify_section(section.full_name);
      if (!name) throw CborError{"unknown section " + header(section)};
      section.kind = name->kind;
      if (go_to(places, 2)) {
        in_.array("origin", 2);
        section.origin = origin();
      }
      if (go_to(places, 3)) read_settings(section);
      if (go_to(places, 0)) read_extras(section);
      in_.go_to(next);
    }
  }

  static std::string header(const Section& section) {
    return "[" + std::string(section.full_name) + "]";
  }

  void read_settings(Section& section) {
    OptionSet seen;
    std::size_t left = in_.array("settings");
    section.settings.reserve(std::min(left, option_count));
    for (; left > 0; --left) {
      in_.array("setting", 4);
      const std::string_view option_name = in_.text("option name");
      const OptionRow* option = find_option(section.kind, option_name);
      if (option == nullptr)
        throw CborError{"unknown option " + in_backticks(option_name) + " in " + header(section)};
      if (seen[option->id])
        throw CborError{"option " + in_backticks(option_name) + " stands twice in " +
                        header(section)};
      seen[option->id] = true;
      const std::string_view text = value();
      section.settings.push_back({option->id, origin(), text});
    }
  }

  void read_extras(Section& section) {
    if (!takes_any_key(section.kind)) throw CborError{"unknown key in " + header(section)};
    for (std::size_t left = in_.array("extras"); left > 0; --left) {
      in_.array("extra setting", 4);
      std::string key(in_.text("key"));
      std::string text(in_.text("value"));
      section.extras.push_back({std::move(key), origin(), std::move(text)});
    }
  }

  CborReader in_;
  std::size_t payload_bytes_;
  Plan& plan_;
};

Error bad_plan(const std::string& why) { return {"not a usable plan: " + why, 0}; }

Error world(const std::string& what, const std::string& path) {
  const int number = errno;
  return {what + " " + path + ": " + std::strerror(number), number};
}

}  // namespace

std::string encode_plan(const Plan& plan) {
  const std::string payload = encode_payload(plan);
  std::string out(magic.begin(), magic.end());
  put(out, plan_format_version, 4);
  put(out, 0, 4);
  put(out, payload.size(), 8);
  put(out, fnv1a(payload), 8);
  return out + payload;
}

bool looks_like_plan(std::string_view bytes) {
  // Damaged or cut off at its very beginning it is still a plan, and no configuration.
  const std::size_t size = std::min(bytes.size(), magic.size());
  std::size_t same = 0;
  for (std::size_t i = 0; i < size; ++i) same += bytes[i] == magic[i] ? 1 : 0;
  return size > 3 && same + 2 >= size;
}

Result<Plan> decode_plan(std::string_view bytes) {
  if (!looks_like_plan(bytes)) return bad_plan("it does not begin like one");
  if (!std::string_view(magic.data(), magic.size()).starts_with(bytes.substr(0, magic.size())))
    return bad_plan("its first bytes are damaged");
  if (bytes.size() < header_bytes) return bad_plan("it is cut off in its header");
  const std::uint64_t version = get(bytes, 8, 4);
  if (version != plan_format_version)
    return bad_plan("it has format " + std::to_string(version) + ", this program reads format " +
                    std::to_string(plan_format_version) + "; build it again");
  if (get(bytes, 12, 4) != 0) return bad_plan("its header is damaged");
  const std::uint64_t length = get(bytes, 16, 8);
  const std::string_view payload = bytes.substr(header_bytes);
  if (length > plan_maximum_bytes) return bad_plan("it claims to be larger than any plan");
  if (payload.size() < length)
    return bad_plan("it is cut off after " + std::to_string(bytes.size()) + " of " +
                    std::to_string(length + header_bytes) + " bytes");
  if (payload.size() > length) return bad_plan("something was appended to it");
  if (fnv1a(payload) != get(bytes, 24, 8))
    return bad_plan("its checksum is wrong, the file is damaged");
  try {
    Plan plan;
    PayloadReader(plan.texts->keep(std::string(payload)), plan).read();
    return plan;
  } catch (const CborError& error) {
    return bad_plan(error.message);
  } catch (const std::bad_alloc&) {
    return bad_plan("it does not fit into the memory");
  }
}

std::string plan_hash(const Plan& plan) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::uint64_t hash = fnv1a(encode_plan(plan));
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4)
    out += digits[(hash >> static_cast<unsigned>(shift)) & 0xFU];
  return out;
}

Status write_plan_file(const Plan& plan, const std::string& path) {
  return write_file(encode_plan(plan), path, Existing::replaced);
}

Result<Plan> read_plan_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return world("cannot read", path);
  std::string bytes;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t n = ::read(file.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return world("cannot read", path);
    if (n == 0) break;
    bytes.append(buffer.data(), static_cast<std::size_t>(n));
    if (bytes.size() > plan_maximum_bytes + header_bytes)
      return Error{path + ": larger than any plan", 0};
  }
  auto plan = decode_plan(bytes);
  if (!plan) return Error{path + ": " + plan.error().message, 0};
  if (plan->relocatable) {
    const std::string whole = resolved_path(path);
    const std::size_t slash = whole.rfind('/');
    plan->here = slash == 0 || slash == std::string::npos ? "/" : whole.substr(0, slash);
  }
  return plan;
}

}  // namespace sup::schema
