#include "runtime/host/environment.h"

#include <unistd.h>

#include <algorithm>

namespace sup::host {

namespace {

bool has_name(std::string_view entry, std::string_view name) {
  return entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name);
}

}  // namespace

std::string default_server_url(const schema::Resolved& resolved) {
  const schema::HttpServer* inet = nullptr;
  for (const schema::HttpServer& server : resolved.http_servers) {
    if (server.is_unix) {
      return "unix://" + server.unix_options.file.value_or("");
    }
    if (inet == nullptr) {
      inet = &server;
    }
  }
  if (inet == nullptr || !inet->inet_options.port) {
    return {};
  }
  const schema::InetAddressValue& address = *inet->inet_options.port;
  return "http://" + (address.host.empty() ? "localhost" : address.host) + ":" +
         std::to_string(address.port);
}

std::vector<std::string> own_environment() {
  std::vector<std::string> copy;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    copy.emplace_back(*entry);
  }
  return copy;
}

ChildEnvironment::ChildEnvironment(const std::vector<std::string>& base,
                                   const schema::Process& process, const std::string& server_url) {
  entries_.reserve(base.size() + process.options.environment.size() + 4);
  for (const std::string& entry : base) {
    entries_.push_back(entry.c_str());
  }
  set("SUPERVISOR_ENABLED", "1");
  const std::string& url =
      process.options.serverurl == "AUTO" ? server_url : process.options.serverurl;
  if (!url.empty()) {
    set("SUPERVISOR_SERVER_URL", url);
  }
  set("SUPERVISOR_PROCESS_NAME", process.name);
  set("SUPERVISOR_GROUP_NAME", process.group);
  for (const auto& [name, value] : process.options.environment) {
    set(name, value);
  }
}

void ChildEnvironment::set(std::string_view name, std::string_view value) {
  std::string& text = texts_.emplace_back(name);
  text += '=';
  text += value;
  const auto same = std::find_if(entries_.begin(), entries_.end(),
                                 [&](const char* entry) { return has_name(entry, name); });
  if (same != entries_.end()) {
    *same = text.c_str();
  } else {
    entries_.push_back(text.c_str());
  }
}

std::string_view ChildEnvironment::search_path() const {
  for (const std::string_view entry : entries_) {
    if (has_name(entry, "PATH")) {
      const std::string_view value = entry.substr(5);
      if (!value.empty()) {
        return value;
      }
    }
  }
  return "/bin:/usr/bin:/usr/local/bin";
}

}  // namespace sup::host
