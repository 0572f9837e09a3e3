// Whether a text is XML as its specification wants it, where the parser that reads it is lenient.
#pragma once

#include <optional>
#include <string_view>

namespace sup::rpc {

// What is wrong with it in a few words, or nothing. Looks at each byte once, whoever sent it: what
// comes here was sent by somebody whose rights are not known yet. That elements end in order is for
// the parser to say. Document types, with their entities that grow and grow, have no place here.
std::optional<std::string_view> xml_problem(std::string_view text);

}  // namespace sup::rpc
