// The site as a fixture.
#pragma once

#include <gtest/gtest.h>

#include "tests/unit/http/fake_site.h"

namespace sup::http {

class SiteTest : public testing::Test, protected FakeSite {};

}  // namespace sup::http
