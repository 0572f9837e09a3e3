#include "runtime/listeners/mail_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <nlohmann/json.hpp>

namespace sup::listeners {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t file_maximum_bytes = std::size_t{16} << 20U;
constexpr int depth_maximum = 2;

}  // namespace

std::string print_mail_file(const Mail& mail) {
  Json object{
      {"created", mail.created},
      {"id",      mail.id     },
      {"to",      mail.to     },
      {"from",    mail.from   }
  };
  if (mail.subject) object["subject"] = *mail.subject;
  object["body"] = mail.body;
  return object.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

schema::Result<Mail> read_mail_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             std::fclose);
  if (file == nullptr) {
    const int number = errno;
    return schema::Error{path + ": " + std::strerror(number), number};
  }
  std::string text(file_maximum_bytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (text.size() > file_maximum_bytes) return schema::Error{path + ": too large for a mail"};
  // Nested too deep is not ours, and would be read by recursion.
  bool is_deep = false;
  const Json object = Json::parse(
      text,
      [&](int depth, Json::parse_event_t, Json&) {
        is_deep = is_deep || depth >= depth_maximum;
        return !is_deep;
      },
      false);
  const auto member = [&](const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string()
               ? std::optional<std::string>(found->get<std::string>())
               : std::nullopt;
  };
  if (is_deep || !object.is_object() || !member("to") || !member("body")) {
    return schema::Error{path + ": not a mail of this queue"};
  }
  Mail mail{.to = *member("to"),
            .from = member("from").value_or(""),
            .subject = member("subject"),
            .body = *member("body"),
            .id = member("id").value_or("")};
  if (const auto created = object.find("created");
      created != object.end() && created->is_number_integer()) {
    mail.created = created->get<std::int64_t>();
  }
  return mail;
}

}  // namespace sup::listeners
