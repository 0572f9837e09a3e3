#include "schema/descriptor.h"

#include <unistd.h>

namespace sup::schema {

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

}  // namespace sup::schema
