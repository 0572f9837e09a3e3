// What [rpcinterface:x] and [ctlplugin:x] name: factories, written module:attribute in Python.
#pragma once

#include <array>
#include <string_view>

#include "schema/text.h"

namespace sup::schema {

// The factory of Supervisor's own interface, which suprun has built in. Every other one is an
// extension in Python: Supervisor loads it, suprun and supctl do not.
inline constexpr std::string_view main_interface_factory =
    "supervisor.rpcinterface:make_main_rpcinterface";

// Supervisor reads the text as what stands behind "x=", so that more of these change nothing.
inline std::string_view without_name(std::string_view factory) {
  return strip(factory.substr(factory.rfind('=') + 1));
}

inline bool is_main_interface(std::string_view factory) {
  return without_name(factory) == main_interface_factory;
}

// All that are known, so that a misspelt one can be told from one that nobody knows.
inline constexpr std::array<std::string_view, 12> known_factories{
    main_interface_factory,
    "supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface",
    "supervisor_cache.rpcinterface:make_cache_rpcinterface",
    "mr.laforge.rpcinterface:make_laforge_rpcinterface",
    "supervisor_filemanager:make_filemanager_rpcinterface",
    "supvisors.plugin:make_supvisors_rpcinterface",
    "supervisor_cache.controllerplugin:make_cache_controllerplugin",
    "mr.laforge.controllerplugin:make_laforge_controllerplugin",
    "supervisor_quick:make_quick_controllerplugin",
    "supervisorserialrestart.controllerplugin:make_serialrestart_controllerplugin",
    "supervisorwildcards.controllerplugin:make_wildcards_controllerplugin",
    "supvisors.supvisorsctl:make_supvisors_controller_plugin"};

}  // namespace sup::schema
