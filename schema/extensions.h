// What [rpcinterface:x] and [ctlplugin:x] name: factories, written module:attribute in Python.
#pragma once

#include <string_view>

namespace sup::schema {

// The factory of Supervisor's own interface, which suprun has built in. Every other one is an
// extension in Python: Supervisor loads it, suprun and supctl do not.
inline constexpr std::string_view main_interface_factory =
    "supervisor.rpcinterface:make_main_rpcinterface";

}  // namespace sup::schema
