// What the batch tools have collected and not yet mailed, in the folder of the queue: it survives a
// kill as the mails there do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"

namespace sup::listeners {

class BatchFile {
 public:
  // The folder of the queue, which may be empty: nothing is kept then.
  explicit BatchFile(const std::string& folder);

  // Messages of an earlier run. The last line is left out if it is not whole: its event was not
  // answered and comes again.
  std::vector<std::string> load() const;

  // On disk when it returns, or not at all.
  schema::Status append(std::string_view message) const;

  void clear() const;

 private:
  std::string path_;
};

}  // namespace sup::listeners
