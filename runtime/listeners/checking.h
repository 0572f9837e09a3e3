// A listener that checks something with every tick, in a child. While a check goes on, ticks start
// no other.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "runtime/listeners/check_report.h"
#include "runtime/listeners/post_office.h"

namespace sup::listeners {

class CheckingListener : public Listener {
 public:
  // Gets the state of the last check, empty at first.
  using Check = std::function<CheckReport(const std::string& state)>;

  // `address`: of the mails; without, none is sent.
  CheckingListener(PostOffice& office, std::optional<std::string> address, Check check);

  bool handle(const Event& event) override;

  // To be called at the end.
  void report_rest() const;

 private:
  PostOffice& office_;
  std::optional<std::string> address_;
  Check check_;
  std::string state_;
  bool is_checking_ = false;
};

}  // namespace sup::listeners
