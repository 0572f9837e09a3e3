#include "schema/plan_io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <nlohmann/json.hpp>

namespace sup::schema {
namespace {

using Json = nlohmann::json;

constexpr std::array<char, 8> magic{'S', 'U', 'P', 'P', 'L', 'A', 'N', 0};
constexpr std::size_t header_bytes = 32;
constexpr std::size_t deepest = 8;  // the payload is at most five levels deep

std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3U;
  }
  return hash;
}

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
Json encode_setting(const Setting& setting, const ReadContext& context) {
  const OptionRow& row = option_row(setting.option);
  if (row.wire == Wire::boolean) {
    bool value = false;
    if (!Boolean::read(setting.text, context, value) && Boolean::print(value) == setting.text)
      return value;
  }
  if (row.wire == Wire::integer) {
    std::int64_t value = 0;
    bool overflow = false;
    if (read_python_int(setting.text, 10, value, overflow) && std::to_string(value) == setting.text)
      return value;
  }
  return setting.text;
}

Json encode_origin(Origin origin) { return Json::array({origin.file, origin.line}); }

Json encode_section(const Section& section, const ReadContext& context) {
  Json settings = Json::array();
  for (const Setting& setting : section.settings)
    settings.push_back(
        Json::array({option_row(setting.option).name, encode_setting(setting, context),
                     setting.origin.file, setting.origin.line}));
  Json out = {
      {"name",     section.full_name            },
      {"origin",   encode_origin(section.origin)},
      {"settings", std::move(settings)          }
  };
  if (!section.extras.empty()) {
    Json extras = Json::array();
    for (const ExtraSetting& extra : section.extras)
      extras.push_back(Json::array({extra.key, extra.text, extra.origin.file, extra.origin.line}));
    out["extras"] = std::move(extras);
  }
  return out;
}

// Refuses depth before a tree is built from it: the DOM reader recurses as deep as the input says.
class DepthCheck final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }

  bool boolean(bool) override { return true; }

  bool number_integer(number_integer_t) override { return true; }

  bool number_unsigned(number_unsigned_t) override { return true; }

  bool number_float(number_float_t, const string_t&) override { return true; }

  bool string(string_t&) override { return true; }

  bool binary(binary_t&) override { return true; }

  bool start_object(std::size_t) override { return ++depth_ <= deepest; }

  bool key(string_t&) override { return true; }

  bool end_object() override { return --depth_, true; }

  bool start_array(std::size_t) override { return ++depth_ <= deepest; }

  bool end_array() override { return --depth_, true; }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  std::size_t depth_ = 0;
};

// Readers: a payload that is not as encode_plan writes it ends in a message.
struct Malformed {
  std::string message;
};

const std::string& text_of(const Json& json, const char* what) {
  const auto* text = json.get_ptr<const std::string*>();
  if (text == nullptr) throw Malformed{std::string(what) + " is not text"};
  return *text;
}

std::uint32_t number_of(const Json& json, const char* what) {
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() > 0xFFFFFFFFU)
    throw Malformed{std::string(what) + " is not a number"};
  return json.get<std::uint32_t>();
}

const Json::array_t& array_of(const Json& json, const char* what, std::size_t size = 0) {
  const auto* array = json.get_ptr<const Json::array_t*>();
  if (array == nullptr || (size != 0 && array->size() != size))
    throw Malformed{std::string(what) + " is not a list as expected"};
  return *array;
}

Origin read_origin(const Json& file, const Json& line, const Plan& plan) {
  const Origin origin{number_of(file, "origin"), number_of(line, "origin")};
  if (origin.file >= plan.files.size() && origin.line != 0)
    throw Malformed{"an origin names no file of the plan"};
  return origin;
}

std::string read_value(const Json& json) {
  if (json.is_boolean()) return Boolean::print(json.get<bool>());
  if (json.is_number_unsigned()) return std::to_string(json.get<std::uint64_t>());
  if (json.is_number_integer()) return std::to_string(json.get<std::int64_t>());
  return text_of(json, "a value");
}

std::vector<std::string> read_texts(const Json& json, const char* what) {
  std::vector<std::string> out;
  for (const Json& item : array_of(json, what)) out.push_back(text_of(item, what));
  return out;
}

Section read_section(const Json& json, const Plan& plan) {
  Section section;
  if (!json.is_object()) throw Malformed{"a section is not a map"};
  for (const auto& [key, value] : json.items()) {
    if (key == "name") {
      section.full_name = plan.texts->keep(text_of(value, "section name"));
    } else if (key == "origin") {
      const auto& pair = array_of(value, "origin", 2);
      section.origin = read_origin(pair[0], pair[1], plan);
    } else if (key != "settings" && key != "extras") {
      throw Malformed{"unknown key `" + key + "` in a section"};
    }
  }
  const std::string header = "[" + std::string(section.full_name) + "]";
  const auto name = classify_section(section.full_name);
  if (!name) throw Malformed{"unknown section " + header};
  section.kind = name->kind;
  if (const auto found = json.find("settings"); found != json.end()) {
    for (const Json& item : array_of(*found, "settings")) {
      const auto& row = array_of(item, "setting", 4);
      const std::string& option_name = text_of(row[0], "option name");
      const OptionRow* option = find_option(section.kind, option_name);
      if (option == nullptr) throw Malformed{"unknown option `" + option_name + "` in " + header};
      if (section.find(option->id) != nullptr)
        throw Malformed{"option `" + option_name + "` stands twice in " + header};
      section.settings.push_back(
          {option->id, read_origin(row[2], row[3], plan), plan.texts->keep(read_value(row[1]))});
    }
  }
  if (const auto found = json.find("extras"); found != json.end()) {
    if (!takes_any_key(section.kind)) throw Malformed{"unknown key in " + header};
    for (const Json& item : array_of(*found, "extras")) {
      const auto& row = array_of(item, "extra setting", 4);
      section.extras.push_back(
          {text_of(row[0], "key"), read_origin(row[2], row[3], plan), text_of(row[1], "value")});
    }
  }
  return section;
}

Plan read_payload(const Json& json) {
  Plan plan;
  if (!json.is_object()) throw Malformed{"the payload is not a map"};
  // Files come first: origins are checked against them.
  if (const auto found = json.find("files"); found != json.end())
    plan.files = read_texts(*found, "files");
  for (const auto& [key, value] : json.items()) {
    if (key == "here") {
      plan.here = text_of(value, "here");
    } else if (key == "relocatable") {
      if (!value.is_boolean()) throw Malformed{"relocatable is not true or false"};
      plan.relocatable = value.get<bool>();
    } else if (key == "target") {
      const auto target = target_from_name(text_of(value, "target"));
      if (!target) throw Malformed{"unknown target version `" + value.get<std::string>() + "`"};
      plan.target = *target;
    } else if (key == "warnings") {
      plan.warnings = read_texts(value, "warnings");
    } else if (key == "infos") {
      plan.infos = read_texts(value, "infos");
    } else if (key == "sections") {
      for (const Json& section : array_of(value, "sections"))
        plan.sections.push_back(read_section(section, plan));
    } else if (key != "files") {
      throw Malformed{"unknown key `" + key + "`"};
    }
  }
  return plan;
}

Error bad_plan(const std::string& why) { return {"not a usable plan: " + why, 0}; }

struct CloseFile {
  int descriptor;

  explicit CloseFile(int fd) : descriptor(fd) {}

  CloseFile(const CloseFile&) = delete;
  CloseFile& operator=(const CloseFile&) = delete;

  ~CloseFile() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

Error world(const std::string& what, const std::string& path) {
  const int number = errno;
  return {what + " " + path + ": " + std::strerror(number), number};
}

}  // namespace

std::string encode_plan(const Plan& plan) {
  const ReadContext context{plan.target};
  Json sections = Json::array();
  for (const Section& section : plan.sections) sections.push_back(encode_section(section, context));
  const Json json = {
      {"target",      target_name(plan.target)                    },
      {"here",        plan.relocatable ? std::string{} : plan.here},
      {"relocatable", plan.relocatable                            },
      {"files",       plan.files                                  },
      {"sections",    std::move(sections)                         },
      {"warnings",    plan.warnings                               },
      {"infos",       plan.infos                                  }
  };
  std::string payload;
  Json::to_cbor(json, payload);
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
    DepthCheck check;
    if (!Json::sax_parse(payload, &check, Json::input_format_t::cbor))
      return bad_plan("its content is not CBOR");
    const Json json = Json::from_cbor(payload);
    return read_payload(json);
  } catch (const Malformed& malformed) {
    return bad_plan(malformed.message);
  } catch (const std::exception&) {  // nlohmann's own, bad_alloc
    return bad_plan("its content is not CBOR");
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

namespace {

// False with errno set when not everything could be written.
bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// What a path names once symbolic links are followed; the path itself when there is nothing yet.
std::string resolved_path(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string out(real);
  std::free(real);
  return out;
}

// A device or pipe is written to; it is not ours to replace.
Status write_in_place(std::string_view bytes, const std::string& path) {
  const CloseFile file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.descriptor < 0 || !write_all(file.descriptor, bytes)) return world("cannot write", path);
  return Nothing{};
}

}  // namespace

Status write_file(std::string_view bytes, const std::string& path, std::optional<unsigned> mode) {
  struct stat info {};

  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
    return write_in_place(bytes, path);
  const std::string target = resolved_path(path);
  std::string temporary = target + ".XXXXXX";
  const CloseFile file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.descriptor < 0) return world("cannot write", path);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  const mode_t wanted = mode ? static_cast<mode_t>(*mode & 07777U) : 0666 & ~mask;
  if (write_all(file.descriptor, bytes) && ::fchmod(file.descriptor, wanted) == 0 &&
      ::fsync(file.descriptor) == 0 && ::rename(temporary.c_str(), target.c_str()) == 0)
    return Nothing{};
  Error error = world("cannot write", path);
  ::unlink(temporary.c_str());
  return error;
}

Status write_plan_file(const Plan& plan, const std::string& path) {
  return write_file(encode_plan(plan), path, std::nullopt);
}

Result<Plan> read_plan_file(const std::string& path) {
  const CloseFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.descriptor < 0) return world("cannot read", path);
  std::string bytes;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t n = ::read(file.descriptor, buffer.data(), buffer.size());
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
