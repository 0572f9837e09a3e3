#include "runtime/listeners/checking.h"

#include <utility>

namespace sup::listeners {

namespace {

// Programs may take long to stop (stopwaitsecs) and to start, one after the other.
constexpr Seconds check_limit{3600};

}  // namespace

CheckingListener::CheckingListener(PostOffice& office, std::optional<std::string> address,
                                   Check check)
    : office_(office), address_(std::move(address)), check_(std::move(check)) {
  if (address_ == "") address_.reset();
}

void CheckingListener::report_rest() const {
  if (is_checking_) {
    log_line(office_.name,
             "the check is not done at the end: it goes on by itself, and mails nothing");
  }
}

bool CheckingListener::handle(const Event& event) {
  if (!event.name.starts_with("TICK")) return true;
  if (is_checking_) {
    log_line(office_.name, "the last check is not done, none is made for " + event.name);
    return true;
  }
  is_checking_ = office_.workers.start(
      [this] { return print_report(check_(state_)); }, check_limit,
      [this](const WorkResult& work) {
        is_checking_ = false;
        if (!work.is_complete) {
          log_line(office_.name, "the check was not completed; the next tick makes another");
          return;
        }
        CheckReport report = parse_report(work.output);
        state_ = std::move(report.state);
        for (CheckReport::Letter& letter : report.letters) {
          if (address_) {
            office_.mail(*address_, std::move(letter.subject), std::move(letter.body));
          }
        }
      });
  return true;
}

}  // namespace sup::listeners
