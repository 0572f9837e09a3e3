#include "runtime/ctl/failure.h"

#include <cerrno>
#include <cstring>

#include "schema/text.h"

namespace sup::ctl {

namespace {

std::string_view class_of(int number) {
  switch (number) {
    case ECONNREFUSED: return "ConnectionRefusedError";
    case ENOENT: return "FileNotFoundError";
    case EACCES:
    case EPERM: return "PermissionError";
    case ETIMEDOUT: return "TimeoutError";
    case ECONNRESET: return "ConnectionResetError";
    case EPIPE: return "BrokenPipeError";
    default: return "OSError";
  }
}

}  // namespace

Failure fault(int code, std::string text) {
  return {.kind = Failure::Kind::fault,
          .code = code,
          .text = std::move(text),
          .python_class = "xmlrpc.client.Fault",
          .place = place::rpc_fault};
}

Failure http_error(int status, const std::string& reason) {
  return {
      .kind = Failure::Kind::http,
      .code = status,
      .text = "<ProtocolError for 127.0.0.1/RPC2: " + std::to_string(status) + " " + reason + ">",
      .python_class = "xmlrpc.client.ProtocolError",
      .place = place::bad_answer};
}

Failure system_error(int number, std::string_view where) {
  return {.kind = Failure::Kind::system,
          .code = number,
          .text = "[Errno " + std::to_string(number) + "] " + std::strerror(number),
          .python_class = class_of(number),
          .place = where};
}

Failure value_error(std::string text, std::string_view where) {
  return {.text = std::move(text), .python_class = "ValueError", .place = where};
}

std::string exception_text(const Failure& failure) {
  return failure.kind == Failure::Kind::fault ? "<Fault " + std::to_string(failure.code) + ": " +
                                                    schema::python_repr(failure.text) + ">"
                                              : failure.text;
}

std::string error_line(const Failure& failure) {
  return "error: <class '" + std::string(failure.python_class) + "'>, " + exception_text(failure) +
         ": file: " + std::string(failure.place);
}

}  // namespace sup::ctl
