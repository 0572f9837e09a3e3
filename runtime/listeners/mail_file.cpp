#include "runtime/listeners/mail_file.h"

#include <nlohmann/json.hpp>

namespace sup::listeners {

namespace {

using Json = nlohmann::ordered_json;

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
  if (mail.recipients) object["recipients"] = *mail.recipients;
  object["body"] = mail.body;
  return object.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

schema::Result<Mail> parse_mail_file(const std::string& text) {
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
    return schema::Error{"not a mail of this queue"};
  }
  Mail mail{.to = *member("to"),
            .recipients = member("recipients"),
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
