// What ends a command: a fault of the server, an answer that is none, a connection that fails.
//
// supctl's commands throw it and supctl itself catches it in one place (session.cpp), as a shell
// with errexit: a command of ten calls says what it does, not ten times what happens if it cannot.
// supervisorctl prints such an end as Python's exception with the line of code that raised it, on
// standard output; scripts see that text, so `python_class` and `place` are those of Debian 12.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/rpc/faults.h"

namespace sup::ctl {

// The status of HTTP for a name or password that is missing or wrong.
constexpr int unauthorised = 401;

struct Failure {
  enum class Kind : std::uint8_t {
    fault,       // of XML-RPC; `code` is the faultCode, `text` the faultString
    http,        // another status than 200; `code` is the status
    system,      // the connection; `code` is errno
    connection,  // the connection, too, but no error of the system: the address, the answer
    other
  };

  Kind kind = Kind::other;
  int code = 0;
  std::string text;
  std::string_view python_class;
  std::string_view place;  // "FILE line: NUMBER"
  std::string hint{};      // for people: what it may be, a line or none

  bool is_fault(rpc::FaultCode fault) const {
    return kind == Kind::fault && code == static_cast<int>(fault);
  }

  bool is_system(int number) const { return kind == Kind::system && code == number; }
};

// Ctrl-C, while something was waited for.
struct Interrupted {};

Failure fault(int code, std::string text);
Failure http_error(int status, const std::string& reason);
// `place` is that of the connection's kind.
Failure system_error(int number, std::string_view place);
Failure value_error(std::string text, std::string_view place);

// str() of the exception.
std::string exception_text(const Failure& failure);

// The line that supervisorctl prints.
std::string error_line(const Failure& failure);

// Lines of Python's code that raise what a user sees.
namespace place {
inline constexpr std::string_view tcp_connect = "/usr/lib/python3.11/socket.py line: 836";
inline constexpr std::string_view name_lookup = "/usr/lib/python3.11/socket.py line: 962";
inline constexpr std::string_view socket_read = "/usr/lib/python3.11/socket.py line: 706";
inline constexpr std::string_view no_answer = "/usr/lib/python3.11/http/client.py line: 287";
inline constexpr std::string_view bad_status = "/usr/lib/python3.11/http/client.py line: 300";
inline constexpr std::string_view bad_port = "/usr/lib/python3.11/urllib/parse.py line: 182";
inline constexpr std::string_view rpc_fault = "/usr/lib/python3.11/xmlrpc/client.py line: 668";
inline constexpr std::string_view bad_xml = "/usr/lib/python3.11/xmlrpc/client.py line: 451";
inline constexpr std::string_view unknown_protocol =
    "/usr/lib/python3/dist-packages/supervisor/xmlrpc.py line: 505";
inline constexpr std::string_view bad_answer =
    "/usr/lib/python3/dist-packages/supervisor/xmlrpc.py line: 539";
inline constexpr std::string_view unix_connect =
    "/usr/lib/python3/dist-packages/supervisor/xmlrpc.py line: 557";
inline constexpr std::string_view user_name =
    "/usr/lib/python3/dist-packages/supervisor/supervisorctl.py line: 212";
inline constexpr std::string_view start_result =
    "/usr/lib/python3/dist-packages/supervisor/supervisorctl.py line: 761";
inline constexpr std::string_view signal_result =
    "/usr/lib/python3/dist-packages/supervisor/supervisorctl.py line: 835";
inline constexpr std::string_view ask_shutdown =
    "/usr/lib/python3/dist-packages/supervisor/supervisorctl.py line: 987";
inline constexpr std::string_view ask_reload =
    "/usr/lib/python3/dist-packages/supervisor/supervisorctl.py line: 1027";
inline constexpr std::string_view clear_result =
    "/usr/lib/python3/dist-packages/supervisor/supervisorctl.py line: 1260";
}  // namespace place

}  // namespace sup::ctl
