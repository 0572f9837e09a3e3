// The files of page/, made part of the program by CMake (page/embed.cmake).
#pragma once

#include <string_view>

namespace sup::http {

std::string_view page_css();
std::string_view page_js();

}  // namespace sup::http
