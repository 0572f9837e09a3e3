// Another image of this program takes the place of this one in the same process: its children stay
// its children. A child asks the new program first whether it understands what will be handed over.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "runtime/host/survival.h"
#include "runtime/host/system.h"
#include "schema/result.h"

namespace sup::host {

class Upgrade {
 public:
  // Asks the program that `arguments` name, as this one was started in `folder`.
  schema::Status begin(const std::vector<std::string>& arguments, const std::string& folder,
                       std::optional<UpgradeNotes> notes);

  bool is_checker(pid_t pid) const { return checker_ != 0 && checker_ == pid; }

  // Its wait status; the error is why the upgrade cannot be.
  schema::Status checked(int status);

  bool is_ready() const { return is_ready_; }

  const std::string& file() const { return file_; }

  // Does not return unless it fails; everything is as before then.
  schema::Error execute(const std::vector<std::string>& arguments, const std::string& folder,
                        const std::optional<UpgradeNotes>& notes);

 private:
  std::string file_;
  std::optional<UpgradeNotes> notes_;
  Descriptor words_;  // what the checker says
  pid_t checker_ = 0;
  bool is_ready_ = false;
};

}  // namespace sup::host
