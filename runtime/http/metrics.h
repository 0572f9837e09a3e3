// /metrics: figures in Prometheus' text format, written straight into the answer. Everything is
// read when it is asked for; nothing is counted for it that the daemon would not know otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/http/routes.h"

namespace sup::http {

void answer_metrics(Site& site, Request& request, Response& response);

// The format: a family, then its samples.
class MetricsText {
 public:
  explicit MetricsText(std::string& out) : out_(out) {}

  // `type` is gauge, counter or histogram.
  void family(std::string_view name, std::string_view type, std::string_view help);

  // `labels` is what stands between the braces.
  void sample(std::string_view labels, std::int64_t value, std::string_view suffix = {});
  void sample(std::string_view labels, double value, std::string_view suffix = {});

 private:
  void begin(std::string_view labels, std::string_view suffix);

  std::string& out_;
  std::string_view name_;
};

// `name="value"` with what has to be escaped; a comma comes before it if there is something.
void append_label(std::string& labels, std::string_view name, std::string_view value);

}  // namespace sup::http
